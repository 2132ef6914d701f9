//! Protobuf fields straight to bytes and back: every observation passes here on each of its ways, so no message
//! is built of it. Reading takes fields in the order of canonical form alone, and allocates nothing.

use prost::Message;

use super::BlockError;

/// The wire types that blocks have.
const VARINT: u32 = 0;
const DELIMITED: u32 = 2;

/// Writes the fields of a message.
#[derive(Debug, Default)]
pub(super) struct FieldWriter {
    bytes: Vec<u8>,
}

impl FieldWriter {
    /// Room for about `bytes`.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A number; it must not be 0, which protobuf leaves out.
    pub(super) fn number(&mut self, field: u32, number: u64) {
        self.varint(u64::from(field << 3 | VARINT));
        self.varint(number);
    }

    /// One element of a repeated text.
    pub(super) fn text(&mut self, field: u32, text: &str) {
        self.delimited(field, |fields| fields.bytes.extend_from_slice(text.as_bytes()));
    }

    /// One element of a repeated message that the library writes.
    pub(super) fn encoded(&mut self, field: u32, message: &impl Message) {
        self.delimited(field, |fields| fields.bytes.extend_from_slice(&message.encode_to_vec()));
    }

    /// All elements of a repeated number; nothing if there are none.
    pub(super) fn packed(&mut self, field: u32, numbers: impl Iterator<Item = u64>) {
        let mut numbers = numbers.peekable();
        if numbers.peek().is_some() {
            self.delimited(field, |fields| numbers.for_each(|number| fields.varint(number)));
        }
    }

    /// Something with its length before it, such as one element of a repeated message.
    pub(super) fn delimited(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        self.varint(u64::from(field << 3 | DELIMITED));
        let start = self.bytes.len();
        write(self);
        let end = self.bytes.len();
        // How many bytes the length takes is known only now: it goes behind, then to the front.
        self.varint((end - start) as u64);
        let length_bytes = self.bytes.len() - end;
        self.bytes[start..].rotate_right(length_bytes);
    }

    #[inline]
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
}

/// Reads the fields of a message, each where canonical form has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldReader<'b> {
    rest: Numbers<'b>,
}

impl<'b> FieldReader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: Numbers(bytes) }
    }

    /// The number in this field, if it comes next; 0 if it does not.
    pub(super) fn number(&mut self, field: u32) -> Result<u64, BlockError> {
        if !self.takes(field << 3 | VARINT) {
            return Ok(0);
        }
        self.rest.next().ok_or_else(cut_off)
    }

    /// The content of this field, if it comes next: a text, a message, or packed numbers.
    pub(super) fn delimited(&mut self, field: u32) -> Result<Option<&'b [u8]>, BlockError> {
        if !self.takes(field << 3 | DELIMITED) {
            return Ok(None);
        }
        let length = self.rest.next().and_then(|length| usize::try_from(length).ok());
        let (content, rest) =
            length.and_then(|length| self.rest.0.split_at_checked(length)).ok_or_else(cut_off)?;
        self.rest = Numbers(rest);
        Ok(Some(content))
    }

    /// The text in this field, if it comes next.
    pub(super) fn text(&mut self, field: u32) -> Result<Option<&'b str>, BlockError> {
        let Some(content) = self.delimited(field)? else { return Ok(None) };
        let text = std::str::from_utf8(content);
        text.map(Some).map_err(|_| BlockError::Message("a text is not UTF-8".to_owned()))
    }

    /// All elements of a repeated number; none if it does not come next.
    pub(super) fn packed(&mut self, field: u32) -> Result<Numbers<'b>, BlockError> {
        Ok(Numbers(self.delimited(field)?.unwrap_or_default()))
    }

    /// Ends reading; nothing may be left.
    pub(super) fn finish(self) -> Result<(), BlockError> {
        match self.rest.0 {
            [] => Ok(()),
            _ => Err(BlockError::NotCanonical("a field is unknown, or not in its place")),
        }
    }

    fn takes(&mut self, tag: u32) -> bool {
        let mut rest = self.rest;
        let found = rest.next() == Some(u64::from(tag));
        if found {
            self.rest = rest;
        }
        found
    }
}

fn cut_off() -> BlockError {
    BlockError::Message("it ends within a field".to_owned())
}

/// Packed numbers. Ends early where the bytes are none: then not all are used up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers<'b>(&'b [u8]);

impl Numbers<'_> {
    /// No more numbers than this many are left.
    pub(super) fn count_max(&self) -> usize {
        self.0.len()
    }

    /// Whether all bytes were used up.
    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// The next number, if it has at most 32 bits; else it stays.
    #[inline]
    pub(super) fn next_u32(&mut self) -> Option<u32> {
        let mut rest = *self;
        let number = rest.next().and_then(|number| u32::try_from(number).ok())?;
        *self = rest;
        Some(number)
    }

    /// Passes over so many numbers; false if there are not as many.
    pub(super) fn pass_over(&mut self, count: usize) -> bool {
        const LAST_BYTES: u64 = 0x8080_8080_8080_8080;
        let mut left = count;
        // Eight bytes at a time: a number ends with a byte below 0x80.
        while let Some((bytes, rest)) = self.0.split_first_chunk::<8>() {
            let ended = (!u64::from_le_bytes(*bytes) & LAST_BYTES).count_ones() as usize;
            if ended >= left {
                break;
            }
            left -= ended;
            self.0 = rest;
        }
        // At least one number is left: if the eight bytes ended within one, its end counts for it.
        while left > 0 {
            let Some((byte, rest)) = self.0.split_first() else { return false };
            left -= usize::from(*byte < 0x80);
            self.0 = rest;
        }
        true
    }

    #[cold]
    fn next_long(&mut self) -> Option<u64> {
        const BYTES_MAX: usize = 10;
        let mut number = 0u64;
        for (place, byte) in self.0.iter().take(BYTES_MAX).enumerate() {
            number |= u64::from(byte & 0x7F) << (7 * place);
            if *byte < 0x80 {
                self.0 = &self.0[place + 1..];
                return Some(number);
            }
        }
        None
    }
}

impl Iterator for Numbers<'_> {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        match *self.0 {
            [byte, ref rest @ ..] if byte < 0x80 => {
                self.0 = rest;
                Some(u64::from(byte))
            }
            [low, high, ref rest @ ..] if high < 0x80 => {
                self.0 = rest;
                Some(u64::from(low & 0x7F) | u64::from(high) << 7)
            }
            _ => self.next_long(),
        }
    }
}
