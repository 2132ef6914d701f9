//! What a file is, from its first bytes, before anything is read as text.

use super::header::HeaderError;

/// Bytes looked at for what no text has.
const TEXT_LOOKED_AT: usize = 4096;

/// Archives and documents by their first bytes.
const KINDS: &[(&[u8], &str, &str)] = &[
    (&[0xFF, 0xFE], "UTF-16 text", "save it with the encoding UTF-8"),
    (&[0xFE, 0xFF], "UTF-16 text", "save it with the encoding UTF-8"),
    (b"PK\x03\x04", "an Excel workbook or a zip archive", "save the sheet as CSV (UTF-8), or unpack it"),
    (&[0xD0, 0xCF, 0x11, 0xE0], "an old Excel workbook", "save the sheet as CSV (UTF-8)"),
    (&[0x1F, 0x8B], "a gzip archive", "unpack it first"),
    (&[0x28, 0xB5, 0x2F, 0xFD], "a zstd archive", "unpack it first"),
    (b"BZh", "a bzip2 archive", "unpack it first"),
    (b"7z\xBC\xAF", "a 7-Zip archive", "unpack it first"),
    (b"PAR1", "a Parquet file", "write the data as SDMX-CSV"),
    (b"SQLite format 3", "a database", "write the data as SDMX-CSV"),
    (b"%PDF", "a PDF", "send the figures themselves as SDMX-CSV"),
    (b"<!DOCTYPE html", "a web page", "most often a login page was saved in place of the file"),
    (b"<html", "a web page", "most often a login page was saved in place of the file"),
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
    for (begins, looks_like, remedy) in KINDS {
        if text.get(..begins.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(begins)) {
            return Err(HeaderError::OtherKind { looks_like, remedy });
        }
    }
    let looked_at = &text[..text.len().min(TEXT_LOOKED_AT)];
    if let Some(nul) = memchr::memchr(0, looked_at) {
        // Plain letters in UTF-16 are every second byte NUL.
        let wide = looked_at.get(nul + 2) == Some(&0);
        let (looks_like, remedy) = if wide {
            ("UTF-16 text", "save it with the encoding UTF-8")
        } else {
            ("a binary file", "send the figures as SDMX-CSV")
        };
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
