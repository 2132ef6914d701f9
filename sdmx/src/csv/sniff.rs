//! What stands before the header of a file, and what is no text at all.

use super::header::HeaderError;
use crate::sniff::Signature;

/// Bytes looked at for what no text has.
const TEXT_LOOKED_AT: usize = 4096;

/// What has a reader of its own, or none, by its first bytes.
const KINDS: &[(&[u8], &str, &str)] = &[
    (&[0xFF, 0xFE], "UTF-16 text", "save it with the encoding UTF-8"),
    (&[0xFE, 0xFF], "UTF-16 text", "save it with the encoding UTF-8"),
    (b"PK\x03\x04", "an Excel workbook or a zip archive", "save the sheet as CSV (UTF-8), or unpack it"),
    (b"PAR1", "a Parquet file", "write the data as SDMX-CSV"),
];
const OTHER_KINDS: &[(&[u8], &str, &str)] = &[
    (b"<", "XML", "write the data as SDMX-CSV"),
    (b"{", "JSON", "write the data as SDMX-CSV"),
    (b"[", "JSON", "write the data as SDMX-CSV"),
];

/// Refuses what is no text. Gives how many bytes stand before the header: a byte order mark, and the line
/// `sep=;` that Excel writes.
pub(crate) fn text_begins(first: &[u8]) -> Result<usize, HeaderError> {
    if first.is_empty() {
        return Err(HeaderError::Empty);
    }
    let mark = if first.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let text = first[mark..].trim_ascii_start();
    if let Some((looks_like, remedy)) = other_kind(text) {
        return Err(HeaderError::OtherKind { looks_like, remedy });
    }
    if text.is_empty() {
        return Err(HeaderError::Empty);
    }
    let before = first.len() - text.len();
    let excel_line = match text {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', _, rest @ ..] => {
            let end = memchr::memchr(b'\n', rest).filter(|end| *end <= 1);
            end.map_or(0, |end| 5 + end + 1)
        }
        _ => 0,
    };
    Ok(before + excel_line)
}

/// What a file looks like that is no text in columns, and what to do.
fn other_kind(text: &[u8]) -> Option<(&'static str, &'static str)> {
    let among = |kinds: &[(&[u8], &'static str, &'static str)]| {
        let known = kinds.iter().find(|(begins, ..)| text.starts_with(begins));
        known.map(|(_, looks_like, remedy)| (*looks_like, *remedy))
    };
    let by_signature = || Signature::of(text).map(|known| (known.looks_like, known.remedy));
    if let Some(known) = among(KINDS).or_else(by_signature).or_else(|| among(OTHER_KINDS)) {
        return Some(known);
    }
    let looked_at = &text[..text.len().min(TEXT_LOOKED_AT)];
    let nul = memchr::memchr(0, looked_at)?;
    // Plain letters in UTF-16 are every second byte NUL.
    let wide = looked_at.get(nul + 2) == Some(&0);
    Some(if wide {
        ("UTF-16 text", "save it with the encoding UTF-8")
    } else {
        ("a binary file", "send the figures as SDMX-CSV")
    })
}
