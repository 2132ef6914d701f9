//! Rows and cells of a CSV file (RFC 4180): quotes, doubled quotes, separators and line breaks in quotes.

use std::io::{self, Read};

use super::ROW_BYTES_MAX;

const BUFFER_BYTES: usize = 256 * 1024;

/// Reads rows out of a byte stream through one buffer.
pub(super) struct Rows<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    /// Bytes before `start` since the beginning of the stream.
    pub(super) offset: u64,
    /// Physical lines before the next row, from 1.
    pub(super) line: u64,
}

/// Where a row lies in the buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowSpan {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
    /// Byte offset in the stream.
    pub(super) offset: u64,
    /// Physical line on which it begins, from 1.
    pub(super) line: u64,
}

/// A row that cannot be split.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// Reading failed.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Longer than the limit: most often a quote that is never closed.
    #[error(
        "line {line}: a row has more than {ROW_BYTES_MAX} bytes; most often a quotation mark is not closed"
    )]
    TooLong {
        /// The line on which it begins.
        line: u64,
    },
    /// The file ends within quotes.
    #[error(
        "line {line}: the file ends within a cell that a quotation mark opened: close it, or double it if it belongs to the text"
    )]
    OpenQuote {
        /// The line on which the row begins.
        line: u64,
    },
}

impl<R: Read> Rows<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, buffer: vec![0; BUFFER_BYTES], start: 0, end: 0, at_end: false, offset: 0, line: 1 }
    }

    pub(super) fn bytes(&self, start: usize, end: usize) -> &[u8] {
        &self.buffer[start..end]
    }

    /// The first bytes of the stream, before any row was read.
    pub(super) fn peek(&mut self) -> io::Result<&[u8]> {
        while self.end < BUFFER_BYTES && !self.at_end {
            self.fill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// The next row without its line break; empty lines are passed over. Earlier spans end with this call.
    pub(super) fn next(&mut self) -> Result<Option<RowSpan>, RowError> {
        loop {
            let Some(row) = self.next_line()? else { return Ok(None) };
            if row.start < row.end {
                return Ok(Some(row));
            }
        }
    }

    fn next_line(&mut self) -> Result<Option<RowSpan>, RowError> {
        let (mut scanned, mut quoted, mut in_quotes, mut lines) = (0, false, false, 0);
        loop {
            let window = &self.buffer[self.start..self.end];
            let mut found = None;
            while scanned < window.len() {
                let rest = &window[scanned..];
                let next = if in_quotes {
                    memchr::memchr2(b'"', b'\n', rest)
                } else {
                    memchr::memchr2(b'\n', b'"', rest)
                };
                let Some(at) = next else {
                    scanned = window.len();
                    break;
                };
                scanned += at + 1;
                match (rest[at], in_quotes) {
                    (b'"', _) => {
                        in_quotes = !in_quotes;
                        quoted = true;
                    }
                    (_, true) => lines += 1,
                    (_, false) => {
                        found = Some(scanned);
                        break;
                    }
                }
            }
            if let Some(length) = found {
                return Ok(Some(self.row(length, 1, quoted, lines + 1)));
            }
            if self.at_end {
                if in_quotes {
                    return Err(RowError::OpenQuote { line: self.line });
                }
                if self.start == self.end {
                    return Ok(None);
                }
                let length = self.end - self.start;
                return Ok(Some(self.row(length, 0, quoted, lines + 1)));
            }
            if self.end - self.start > ROW_BYTES_MAX {
                return Err(RowError::TooLong { line: self.line });
            }
            self.fill()?;
        }
    }

    fn row(&mut self, length: usize, break_bytes: usize, quoted: bool, lines: u64) -> RowSpan {
        let (start, mut end) = (self.start, self.start + length - break_bytes);
        if end > start && self.buffer[end - 1] == b'\r' {
            end -= 1;
        }
        let span = RowSpan { start, end, quoted, offset: self.offset, line: self.line };
        self.start += length;
        self.offset += length as u64;
        self.line += lines;
        span
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

/// Splits a row into cells: (start, end) within the row, still quoted where they were.
pub(super) fn split(row: &[u8], quoted: bool, separator: u8, cells: &mut Vec<(u32, u32)>) {
    cells.clear();
    let mut start = 0;
    if !quoted {
        for at in memchr::memchr_iter(separator, row) {
            cells.push((start, at as u32));
            start = at as u32 + 1;
        }
    } else {
        let mut in_quotes = false;
        for (at, byte) in row.iter().enumerate() {
            match *byte {
                b'"' => in_quotes = !in_quotes,
                byte if byte == separator && !in_quotes => {
                    cells.push((start, at as u32));
                    start = at as u32 + 1;
                }
                _ => {}
            }
        }
    }
    cells.push((start, row.len() as u32));
}

/// The content of a cell: without its quotes, doubled quotes single.
pub(super) fn unquote(cell: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    let [b'"', inner @ .., b'"'] = cell else { return cell.into() };
    if memchr::memchr(b'"', inner).is_none() {
        return inner.into();
    }
    let mut content = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        content.push(*byte);
        if *byte == b'"' && bytes.as_slice().first() == Some(&b'"') {
            bytes.next();
        }
    }
    content.into()
}
