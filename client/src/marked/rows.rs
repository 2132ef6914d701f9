//! Rows of a text with separators, as plain cells.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use mighub_sdmx::csv::{HEADER_BYTES_MAX, ROW_BYTES_MAX};

/// One row.
#[derive(Debug)]
pub(super) struct RawRow {
    /// From 1 below the header, which is 0.
    pub(super) number: u64,
    /// First line of it, from 1.
    pub(super) line: u64,
    pub(super) last_line: u64,
    pub(super) cells: Vec<String>,
}

/// Reads rows one by one. The separator is the one behind the first heading.
pub(super) struct RawRows {
    reader: BufReader<File>,
    separator: Option<char>,
    line: u64,
    number: u64,
}

impl RawRows {
    pub(super) fn new(file: File) -> Self {
        Self { reader: BufReader::new(file), separator: None, line: 0, number: 0 }
    }

    /// The next row that is not empty. What is too long to be a row of figures is an error.
    pub(super) fn next(&mut self) -> io::Result<Option<RawRow>> {
        loop {
            let first = self.line + 1;
            let mut bytes = Vec::new();
            loop {
                let before = bytes.len();
                let room = (ROW_BYTES_MAX.max(HEADER_BYTES_MAX) + 1 - before) as u64;
                let count = io::Read::take(&mut self.reader, room).read_until(b'\n', &mut bytes)?;
                if bytes.len() > ROW_BYTES_MAX {
                    return Err(io::Error::other(format!(
                        "line {} is longer than a row may be",
                        self.line + 1
                    )));
                }
                self.line += u64::from(count > 0);
                // An odd number of quotation marks: a text goes on in the next line.
                let is_open = bytes.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
                if count == 0 || !is_open {
                    break;
                }
            }
            if bytes.is_empty() {
                return Ok(None);
            }
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_start_matches('\u{FEFF}').trim_end_matches(['\n', '\r']);
            if text.is_empty() {
                continue;
            }
            let separator = *self.separator.get_or_insert_with(|| separator(text));
            let row = RawRow {
                number: self.number,
                line: first,
                last_line: self.line,
                cells: split(text, separator),
            };
            self.number += 1;
            return Ok(Some(row));
        }
    }
}

/// The first separator that stands outside brackets, which may hold one: `STRUCTURE[;]`.
fn separator(header: &str) -> char {
    let mut in_brackets = false;
    for character in header.chars() {
        match character {
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            ',' | ';' | '\t' if !in_brackets => return character,
            _ => {}
        }
    }
    ','
}

fn split(row: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut in_quotes = false;
    let mut characters = row.chars().peekable();
    while let Some(character) = characters.next() {
        let cell = cells.len() - 1;
        match character {
            '"' if in_quotes && characters.next_if_eq(&'"').is_some() => cells[cell].push('"'),
            '"' => in_quotes = !in_quotes,
            character if character == separator && !in_quotes => cells.push(String::new()),
            character => cells[cell].push(character),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    #[test]
    fn rows_keep_their_lines_and_their_cells() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all("STRUCTURE[;],\"B\"\r\n1,\"a \"\"b\"\", c\nd\"\n\n,x".as_bytes()).expect("text");
        file.rewind().expect("the beginning");
        let mut rows = RawRows::new(file);
        let mut all = Vec::new();
        while let Some(row) = rows.next().expect("a row") {
            all.push((row.number, row.line, row.last_line, row.cells.join("|")));
        }
        let expected = [
            (0, 1, 1, "STRUCTURE[;]|B".to_owned()),
            (1, 2, 3, "1|a \"b\", c\nd".to_owned()),
            (2, 5, 5, "|x".to_owned()),
        ];
        assert_eq!(all, expected);
    }
}
