//! How many rows a file has, without any structure.

use std::io::Read;

use super::header::{Header, HeaderError, Version};
use super::reader::ReadError;
use super::rows::{RowError, Rows};
use super::sniff;

/// Counts the rows below the header, without those that are empty or hold nothing but separators.
pub(crate) fn count_rows(input: impl Read) -> Result<(Version, u64), ReadError> {
    let mut rows = Rows::new(input);
    let before = sniff::text_begins(rows.peek().map_err(RowError::from)?)?;
    rows.pass_over(before);
    let span = rows.next()?.ok_or(HeaderError::Empty)?;
    let header = Header::parse(rows.row(span))?;
    rows.set_separator(header.separator);
    let mut count = 0;
    while let Some(span) = rows.next()? {
        count += u64::from(rows.row(span).iter().any(|byte| *byte != header.separator));
    }
    Ok((header.version, count))
}
