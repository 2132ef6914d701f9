//! Text in columns: SDMX-CSV and its versions, or a table of another kind.

use super::Kind;
use crate::csv::{CsvVersion, header_names};
use crate::data::DataFormat;

/// Rows looked at for actions that only version 2.1 has.
const ROWS_LOOKED_AT: usize = 32;

/// What a text in columns is.
pub(super) fn kind(text: &[u8]) -> Kind {
    let mut lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut header = lines.next().unwrap_or_default();
    // Excel writes which separator follows.
    if header.len() <= 6 && header.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case(b"sep=")) {
        header = lines.next().unwrap_or_default();
    }
    let quoted = header.strip_prefix(b"\"").unwrap_or(header);
    let name_end = quoted.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    let (first, behind) = quoted.split_at(name_end.unwrap_or(quoted.len()));
    let version = match first {
        b"DATAFLOW" => Some(CsvVersion::V1_0),
        b"STRUCTURE" => Some(CsvVersion::V2_0),
        _ => None,
    };
    let behind = match behind {
        [b'[', rest @ ..] => rest.iter().position(|byte| *byte == b']').map_or(rest, |end| &rest[end + 1..]),
        behind => behind,
    };
    let separator = match behind.strip_prefix(b"\"").unwrap_or(behind).first() {
        Some(separator @ (b',' | b';' | b'\t')) => *separator,
        _ => most_frequent(header),
    };
    match version {
        Some(CsvVersion::V2_0) if merges(header, lines, separator) => {
            Kind::Data(DataFormat::Csv(CsvVersion::V2_1))
        }
        Some(version) => Kind::Data(DataFormat::Csv(version)),
        None => Kind::Table(separator),
    }
}

fn most_frequent(header: &[u8]) -> u8 {
    let count = |separator: &u8| memchr::memchr_iter(*separator, header).count();
    b";\t,".iter().copied().max_by_key(|separator| count(separator)).unwrap_or(b',')
}

/// Whether some row says Merge, which version 2.0 does not know. Otherwise the versions look the same.
fn merges<'t>(header: &[u8], lines: impl Iterator<Item = &'t [u8]>, separator: u8) -> bool {
    let names = header_names(header, separator).unwrap_or_default();
    let Some(action) = names.iter().position(|name| name == "ACTION") else { return false };
    let mut actions =
        lines.take(ROWS_LOOKED_AT).filter_map(|line| line.split(|byte| *byte == separator).nth(action));
    actions.any(|cell| cell == b"M")
}
