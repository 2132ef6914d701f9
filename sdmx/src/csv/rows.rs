//! Rows of a CSV file (RFC 4180): line breaks within quotes belong to the row.

use std::io::{self, Read};

use super::ROW_BYTES_MAX;

const BUFFER_BYTES: usize = 256 * 1024;
/// Bytes that may be read behind the end of a row, so that cells can be read eight bytes at a time.
pub(crate) const SLACK: usize = 8;

/// Reads rows out of a byte stream through one buffer.
pub(crate) struct Rows<R> {
    input: R,
    /// The bytes from `start` to `end` are read and not yet used; [`SLACK`] bytes more always follow.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    /// Bytes before `start` since the beginning of the stream.
    offset: u64,
    /// The physical line that begins at `start`, from 1.
    line: u64,
    /// Between cells; nothing until it is known. A quotation mark opens a quoted cell only behind it.
    separator: Option<u8>,
}

/// Where a row lies in the buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowSpan {
    start: usize,
    end: usize,
    /// Whether there are quotation marks in it.
    pub(crate) quoted: bool,
    /// Byte offset in the stream.
    pub(crate) offset: u64,
    /// Physical line on which it begins, from 1.
    pub(crate) line: u64,
}

impl RowSpan {
    /// Bytes of the row without its line break.
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }
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
    pub(crate) fn new(input: R) -> Self {
        let buffer = vec![0; BUFFER_BYTES + SLACK];
        Self { input, buffer, start: 0, end: 0, at_end: false, offset: 0, line: 1, separator: None }
    }

    /// Rows of a stream that begins somewhere within a file.
    pub(crate) fn resume(input: R, line: u64, separator: u8) -> Self {
        Self { line, separator: Some(separator), ..Self::new(input) }
    }

    pub(crate) fn set_separator(&mut self, separator: u8) {
        self.separator = Some(separator);
    }

    /// The bytes of a row, until the next row is read.
    pub(crate) fn row(&self, span: RowSpan) -> &[u8] {
        &self.buffer[span.start..span.end]
    }

    /// The same, with [`SLACK`] meaningless bytes behind.
    pub(crate) fn row_with_slack(&self, span: RowSpan) -> &[u8] {
        &self.buffer[span.start..span.end + SLACK]
    }

    /// The first bytes of the stream, before any row was read.
    pub(crate) fn peek(&mut self) -> io::Result<&[u8]> {
        while self.end < BUFFER_BYTES && !self.at_end {
            self.fill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Passes over bytes that [`Rows::peek`] showed, counting their lines.
    pub(crate) fn pass_over(&mut self, bytes: usize) {
        let passed = &self.buffer[self.start..self.start + bytes];
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.skip(bytes);
    }

    fn skip(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// The next row without its line break; empty lines are passed over. Earlier spans end with this call.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<RowSpan>, RowError> {
        loop {
            // Nearly every row is one line without quotes that lies in the buffer as a whole.
            let window = &self.buffer[self.start..self.end];
            let row = match memchr::memchr2(b'\n', b'"', window) {
                Some(at) if window[at] == b'\n' => self.row_at(at, 1, false, 1),
                _ => match self.next_slowly()? {
                    Some(row) => row,
                    None => return Ok(None),
                },
            };
            if row.len() > ROW_BYTES_MAX {
                return Err(RowError::TooLong { line: row.line });
            }
            if row.len() > 0 {
                return Ok(Some(row));
            }
        }
    }

    fn next_slowly(&mut self) -> Result<Option<RowSpan>, RowError> {
        let (mut scanned, mut quoted, mut in_quotes, mut lines) = (0, false, false, 0);
        loop {
            let window = &self.buffer[self.start..self.end];
            let Some(at) = memchr::memchr2(b'\n', b'"', &window[scanned..]).map(|at| at + scanned) else {
                scanned = window.len();
                if self.at_end {
                    return self.last_row(quoted, in_quotes, lines);
                }
                self.fill_for_row()?;
                continue;
            };
            if window[at] == b'\n' {
                lines += 1;
                scanned = at + 1;
                if !in_quotes {
                    return Ok(Some(self.row_at(at, 1, quoted, lines)));
                }
                continue;
            }
            quoted = true;
            if !in_quotes {
                in_quotes = at == 0 || self.separates(window[at - 1]);
                scanned = at + 1;
            } else if at + 1 < window.len() || self.at_end {
                let doubled = window.get(at + 1) == Some(&b'"');
                in_quotes = doubled;
                scanned = at + 1 + usize::from(doubled);
            } else {
                // Whether the mark is doubled stands in the next bytes of the file.
                scanned = at;
                self.fill_for_row()?;
            }
        }
    }

    fn separates(&self, byte: u8) -> bool {
        self.separator.map_or(matches!(byte, b',' | b';' | b'\t'), |separator| separator == byte)
    }

    fn last_row(&mut self, quoted: bool, in_quotes: bool, lines: u64) -> Result<Option<RowSpan>, RowError> {
        if in_quotes {
            return Err(RowError::OpenQuote { line: self.line });
        }
        let length = self.end - self.start;
        Ok((length > 0).then(|| self.row_at(length, 0, quoted, lines + 1)))
    }

    #[inline]
    fn row_at(&mut self, length: usize, break_bytes: usize, quoted: bool, lines: u64) -> RowSpan {
        let (start, mut end) = (self.start, self.start + length);
        if end > start && self.buffer[end - 1] == b'\r' {
            end -= 1;
        }
        let span = RowSpan { start, end, quoted, offset: self.offset, line: self.line };
        self.skip(length + break_bytes);
        self.line += lines;
        span
    }

    fn fill_for_row(&mut self) -> Result<(), RowError> {
        if self.end - self.start > ROW_BYTES_MAX {
            return Err(RowError::TooLong { line: self.line });
        }
        Ok(self.fill()?)
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end + SLACK == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let space = self.end..self.buffer.len() - SLACK;
        loop {
            match self.input.read(&mut self.buffer[space.clone()]) {
                Ok(0) => self.at_end = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}
