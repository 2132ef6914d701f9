//! The rows of a delimited text, whatever separates its cells.

use std::io::Read;

use super::problem::TableError;
use crate::csv::{COLUMNS_MAX, RowPlaces};
use crate::csv::{Cell, RowSpan, Rows, header_names, split, text_begins, unquote};

/// Separators, the rarest in texts first: of several that fit all rows, the first is meant.
const SEPARATORS: [u8; 4] = [b'\t', b';', b'|', b','];
/// Rows by which a separator is told.
const ROWS_LOOKED_AT: usize = 50;

/// The header of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceHeader {
    /// Names of its columns, trimmed.
    pub columns: Vec<String>,
    /// Between cells.
    pub separator: u8,
}

/// Reads the header of a text in UTF-8, and tells the separator unless it is given.
pub fn read_header(text: impl Read, separator: Option<u8>) -> Result<SourceHeader, TableError> {
    Ok(SourceRows::new(text, separator)?.header)
}

/// Reads a text row by row.
pub(crate) struct SourceRows<R> {
    rows: Rows<R>,
    pub(crate) header: SourceHeader,
    pub(super) places: RowPlaces,
    cells: Vec<Cell>,
    /// Rows read so far.
    pub(crate) row: u64,
}

impl<R: Read> SourceRows<R> {
    pub(crate) fn new(text: R, separator: Option<u8>) -> Result<Self, TableError> {
        let mut rows = Rows::new(text);
        let first = rows.peek().map_err(crate::csv::RowError::from)?;
        // What is no text at all is refused by whoever read it as SDMX-CSV before.
        let before = text_begins(first).map_err(|_| TableError::Empty)?;
        let separator = separator.unwrap_or_else(|| tell_separator(&first[before..]));
        rows.pass_over(before);
        rows.set_separator(separator);
        let span = rows.next()?.ok_or(TableError::Empty)?;
        let bytes = rows.row(span);
        // A text that does not end is told by its rows.
        let names = header_names(bytes, separator).unwrap_or_default();
        if names.len() > COLUMNS_MAX || bytes.len() > crate::csv::HEADER_BYTES_MAX {
            return Err(TableError::TooManyColumns(names.len()));
        }
        let columns: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
        if columns.is_empty() {
            return Err(TableError::Empty);
        }
        let places = RowPlaces::new(bytes, separator);
        Ok(Self { rows, header: SourceHeader { columns, separator }, places, cells: Vec::new(), row: 0 })
    }

    /// The next row that is not blank, as texts. `texts` are used again.
    pub(crate) fn next(&mut self, texts: &mut Vec<String>) -> Result<bool, TableError> {
        loop {
            let Some(span) = self.rows.next()? else { return Ok(false) };
            self.row += 1;
            self.places.note(self.row, span.offset, span.line);
            if self.take(span, texts) {
                return Ok(true);
            }
        }
    }

    fn take(&mut self, span: RowSpan, texts: &mut Vec<String>) -> bool {
        self.cells.clear();
        let padded = self.rows.row_with_slack(span);
        split(padded, span.len(), 0, span.quoted, self.header.separator, &mut self.cells);
        let row = self.rows.row(span);
        texts.resize_with(self.cells.len(), String::new);
        let mut is_blank = true;
        for (cell, text) in self.cells.iter().zip(texts) {
            let raw = cell.raw(row);
            let content = unquote(raw).unwrap_or(raw.into());
            text.clear();
            text.push_str(&String::from_utf8_lossy(&content));
            is_blank &= text.trim().is_empty();
        }
        !is_blank
    }
}

/// The separator that divides header and first rows into the same number of cells.
fn tell_separator(text: &[u8]) -> u8 {
    let mut best = (0, 0, b',');
    for separator in SEPARATORS {
        let mut rows = Rows::new(text);
        rows.set_separator(separator);
        let mut counts = Vec::new();
        while counts.len() < ROWS_LOOKED_AT {
            let Ok(Some(span)) = rows.next() else { break };
            let mut cells = Vec::new();
            split(rows.row_with_slack(span), span.len(), 0, span.quoted, separator, &mut cells);
            counts.push(cells.len());
        }
        let Some(columns) = counts.first().copied().filter(|columns| *columns > 1) else { continue };
        let same = counts.iter().filter(|count| **count == columns).count();
        // The last row may be cut off by the end of what is looked at.
        let consistent = if same + 1 >= counts.len() { ROWS_LOOKED_AT } else { same };
        if consistent > best.0 {
            best = (consistent, columns, separator);
        }
    }
    best.2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_is_the_one_that_divides_all_rows_alike() {
        for (text, separator, columns) in [
            ("a,b,c\n1,2,3\n", b',', 3),
            ("a;b;c\n1;2,5;3\n4;5,5;6\n7;8;9\n", b';', 3),
            ("a,b\\t\t2010\t2011\nx,y\t1\t2\n", b'\t', 3),
            ("a|b\n1|2\n", b'|', 2),
            ("a,b\n\"x;y\",2\n\"u;v\",3\n", b',', 2),
            ("sep=;\na;b\n1;2\n", b';', 2),
        ] {
            let header = read_header(text.as_bytes(), None).expect("a table");
            assert_eq!((header.separator, header.columns.len()), (separator, columns), "{text}");
        }
        let given = read_header(&b"a;b,c\n"[..], Some(b',')).expect("a table");
        assert_eq!(given.columns, ["a;b", "c"]);
    }
}
