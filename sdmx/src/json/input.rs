//! A byte stream through one buffer, with line and column counted as it goes.

use std::io::{self, Read, Seek, SeekFrom};

use super::problem::{JsonError, Malformed};
use crate::data::Mark as Place;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// Bytes `start..end` of the buffer are read and not yet used.
pub(super) struct Input<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Byte of the document at which the buffer begins.
    base: u64,
    at_end: bool,
    /// Byte of the document at which the token at hand begins.
    token: u64,
    /// Its place, where more than it was counted.
    token_place: Place,
    /// Line and column of a byte in the buffer; counting goes on from there.
    counted: Place,
}

impl<R: Read> Input<R> {
    pub(super) fn new(inner: R) -> Self {
        let counted = Place { offset: 0, line: 1, column: 1 };
        let buffer = vec![0; BUFFER_BYTES];
        let token_place = counted;
        Self { inner, buffer, start: 0, end: 0, base: 0, at_end: false, token: 0, token_place, counted }
    }

    /// Passes over the byte order mark of UTF-8; other encodings are refused.
    pub(super) fn pass_over_mark(&mut self) -> Result<(), JsonError> {
        let begin = self.window(4)?;
        match begin {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] => {
                Err(JsonError::malformed(self.counted, Malformed::NotUtf8))
            }
            [0xEF, 0xBB, 0xBF, ..] => {
                self.pass(3);
                self.counted.offset = 3;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The unused bytes in the buffer.
    #[inline]
    pub(super) fn buffered(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Bytes of the buffer by their places in it.
    #[inline]
    pub(super) fn slice(&self, start: usize, end: usize) -> &[u8] {
        &self.buffer[start..end]
    }

    /// Where the next byte lies in the buffer; holds until more is read.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.start
    }

    /// The next byte of the document.
    #[inline]
    pub(super) fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Whether nothing follows what is buffered.
    pub(super) fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// The next byte, if it is buffered.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.buffered().first().copied()
    }

    #[inline]
    pub(super) fn pass(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Passes over white space; the byte behind it, nothing at the end.
    #[inline]
    pub(super) fn next_visible(&mut self) -> Result<Option<u8>, JsonError> {
        loop {
            match self.peek() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.start += 1,
                Some(byte) => return Ok(Some(byte)),
                None => {
                    if self.fill()? == 0 {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// The unused bytes, at least `bytes` of them unless the document ends before.
    #[inline]
    pub(super) fn window(&mut self, bytes: usize) -> Result<&[u8], JsonError> {
        while self.end - self.start < bytes {
            if self.fill()? == 0 {
                break;
            }
        }
        Ok(self.buffered())
    }

    /// Reads more behind what is unused; the number of bytes, 0 at the end.
    pub(super) fn fill(&mut self) -> Result<usize, JsonError> {
        if self.at_end {
            return Ok(0);
        }
        if self.start > 0 {
            self.count_on();
            self.buffer.copy_within(self.start..self.end, 0);
            self.base += self.start as u64;
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            // Nobody asks for a window as large as the buffer.
            return Ok(0);
        }
        loop {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.at_end = count == 0;
                    self.end += count;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next byte begins a token.
    #[inline]
    pub(super) fn begin_token(&mut self) {
        self.token = self.offset();
    }

    /// Byte of the document at which the token at hand begins.
    pub(super) fn token(&self) -> u64 {
        self.token
    }

    /// Where the token at hand begins.
    pub(super) fn token_place(&mut self) -> Place {
        if self.token < self.counted.offset {
            return self.token_place;
        }
        self.count_to((self.token - self.base) as usize);
        self.counted
    }

    /// Where the next byte is.
    pub(super) fn place(&mut self) -> Place {
        self.count_on();
        self.counted
    }

    /// Counts up to the next byte, and remembers the token's place on the way.
    fn count_on(&mut self) {
        self.token_place = self.token_place();
        self.count_to(self.start);
    }

    /// Counts on, up to a place in the buffer.
    fn count_to(&mut self, at: usize) {
        let from = self.counted.offset.saturating_sub(self.base) as usize;
        let Some(bytes) = self.buffer.get(from..at) else { return };
        let line_start = memchr::memrchr(b'\n', bytes).map_or(0, |last| last + 1);
        if line_start > 0 {
            self.counted.line += memchr::memchr_iter(b'\n', bytes).count() as u64;
            self.counted.column = 1;
        }
        // Bytes of UTF-8 that do not continue a character.
        let begins = |byte: &&u8| (**byte as i8) >= -0x40;
        self.counted.column += bytes[line_start..].iter().filter(begins).count() as u64;
        self.counted.offset = self.base + at as u64;
    }
}

impl<R: Read + Seek> Input<R> {
    /// Goes to a place that [`Input::place`] gave.
    pub(super) fn jump(&mut self, place: Place) -> io::Result<()> {
        let within = self.base..=self.base + self.end as u64;
        if within.contains(&place.offset) {
            self.start = (place.offset - self.base) as usize;
        } else {
            self.inner.seek(SeekFrom::Start(place.offset))?;
            (self.start, self.end, self.base) = (0, 0, place.offset);
            self.at_end = false;
        }
        (self.counted, self.token, self.token_place) = (place, place.offset, place);
        Ok(())
    }
}
