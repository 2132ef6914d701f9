//! The bytes of a message, with line, column and a limit on how much one tag or text may have.

use std::io::{self, BufRead, Read};

use super::decode::Decoded;
use crate::data::Mark;

const BUFFER_BYTES: usize = 64 * 1024;
/// Longest tag or text in bytes: an observation with some footnotes is far below it. It is kept in memory.
pub(super) const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// A stream that knows where it is.
pub(super) struct Input<R> {
    input: Decoded<R>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    mark: Mark,
    /// Bytes since the tag or text at hand began.
    since: usize,
}

/// Why a stream is not read further although there is more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InputError {
    #[error("too long")]
    TooLong,
    #[error("U+{:04X}", .0)]
    NotACharacter(u8),
}

impl<R: Read> Input<R> {
    pub(super) fn new(input: R, mark: Mark) -> io::Result<Self> {
        let input = Decoded::new(input)?;
        Ok(Self { input, buffer: vec![0; BUFFER_BYTES], start: 0, end: 0, mark, since: 0 })
    }

    /// Where it is.
    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    /// A tag or a text begins.
    pub(super) fn begin(&mut self) {
        self.since = 0;
    }

    pub(super) fn is_verbatim(&self) -> bool {
        self.input.is_verbatim()
    }

    /// Moves the mark over bytes that were used.
    fn pass(&mut self, from: usize) {
        let bytes = &self.buffer[from..self.start];
        self.mark.offset += bytes.len() as u64;
        let last_line = match memchr::memrchr(b'\n', bytes) {
            None => bytes,
            Some(last) => {
                self.mark.line += memchr::memchr_iter(b'\n', &bytes[..=last]).count() as u64;
                self.mark.column = 1;
                &bytes[last + 1..]
            }
        };
        // Bytes that go on a character have the form 10xxxxxx.
        let characters = last_line.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        self.mark.column += characters as u64;
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(out.len());
        out[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Input<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > EVENT_BYTES_MAX {
            return Err(io::Error::other(InputError::TooLong));
        }
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.end = loop {
                match self.input.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read?,
                }
            };
            // What XML forbids; U+001F must not come through, for it has a meaning in records.
            let forbidden = |byte: &&u8| **byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
            if self.buffer[..self.end].iter().fold(false, |any, byte| any | forbidden(&byte)) {
                let at = self.buffer[..self.end].iter().position(|byte| forbidden(&byte)).unwrap_or(0);
                let byte = self.buffer[at];
                self.start = at;
                self.pass(0);
                self.end = at;
                return Err(io::Error::other(InputError::NotACharacter(byte)));
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    #[inline]
    fn consume(&mut self, count: usize) {
        let from = self.start;
        self.start = (self.start + count).min(self.end);
        self.since += count;
        self.pass(from);
    }
}
