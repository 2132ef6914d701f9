//! From bytes to fields, eight bytes at a time.
//!
//! The first eight bytes of a field are one integer. Where a separator or a line's end is among them, a few
//! operations tell how long the field is, and the integer, cut to that length, is a key that equal fields
//! share: codes and years are found in dictionaries without a byte of them being looked at again.

/// The bytes of a field with its length, if it is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShortKey(u64);

impl ShortKey {
    /// Of fields that are too long.
    pub(super) const NONE: Self = Self(u64::MAX);
    /// Longest field with a key: the eighth byte holds the length.
    const BYTES_MAX: usize = 7;

    /// The key of a field that was not read from its place.
    pub(super) fn of(content: &[u8]) -> Self {
        if content.len() > Self::BYTES_MAX {
            return Self::NONE;
        }
        let mut word = [0; 8];
        word[..content.len()].copy_from_slice(content);
        Self::cut(u64::from_le_bytes(word), content.len())
    }

    /// The first `len` bytes of a word, at most [`Self::BYTES_MAX`].
    #[inline]
    fn cut(word: u64, len: usize) -> Self {
        let kept = (1 << (8 * len)) - 1;
        Self((word & kept) | (len as u64) << 56)
    }

    /// As an integer, unless the field is too long.
    #[inline]
    pub(super) fn get(self) -> Option<u64> {
        (self != Self::NONE).then_some(self.0)
    }
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'d> {
    /// Without the quotation marks around it.
    pub(super) content: &'d [u8],
    /// Equal for equal contents.
    pub(super) key: ShortKey,
    /// Whether quotation marks stood around it.
    pub(super) is_quoted: bool,
    /// Whether quotation marks within it are doubled.
    pub(super) has_doubled: bool,
    /// Whether the row ends behind it.
    pub(super) ends_row: bool,
}

/// A quoted field without an end.
#[derive(Debug)]
pub(super) struct BadQuote;

/// Goes over the fields of a file.
pub(super) struct Splitter<'d> {
    data: &'d [u8],
    at: usize,
    separators: u64,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const LINE_ENDS: u64 = ONES * b'\n' as u64;

/// The highest bit of each zero byte; above the lowest such byte there may be false ones.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

impl<'d> Splitter<'d> {
    pub(super) fn new(data: &'d [u8], separator: u8) -> Self {
        Self { data, at: 0, separators: ONES * u64::from(separator) }
    }

    /// Where the next field starts.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes on at the start of a field.
    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.data.len()
    }

    /// Passes over empty lines.
    #[inline]
    pub(super) fn skip_empty_lines(&mut self) {
        while matches!(self.data.get(self.at), Some(b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next field; at the end of the file an empty one.
    #[inline]
    pub(super) fn field(&mut self) -> Result<Field<'d>, BadQuote> {
        let rest = &self.data[self.at.min(self.data.len())..];
        let Some(word) = rest.first_chunk::<8>() else { return self.last_bytes(rest) };
        if word[0] == b'"' {
            return self.quoted(rest);
        }
        let word = u64::from_le_bytes(*word);
        let ends = zero_bytes(word ^ self.separators) | zero_bytes(word ^ LINE_ENDS);
        if ends == 0 {
            return Ok(self.long(rest, 8));
        }
        let len = ends.trailing_zeros() as usize / 8;
        let ends_row = rest[len] == b'\n';
        self.at += len + 1;
        if ends_row && len > 0 && rest[len - 1] == b'\r' {
            return Ok(plain(&rest[..len - 1], ShortKey::cut(word, len - 1), true));
        }
        Ok(plain(&rest[..len], ShortKey::cut(word, len), ends_row))
    }

    /// A field whose end is not among its first bytes.
    fn long(&mut self, rest: &'d [u8], known: usize) -> Field<'d> {
        let separator = self.separators as u8;
        let len = memchr::memchr2(separator, b'\n', &rest[known..]).map_or(rest.len(), |more| known + more);
        let ends_row = rest.get(len).is_none_or(|end| *end == b'\n');
        self.at += len + 1;
        let mut content = &rest[..len];
        if ends_row {
            content = content.strip_suffix(b"\r").unwrap_or(content);
        }
        plain(content, ShortKey::of(content), ends_row)
    }

    /// The last bytes of a file are too few for a word.
    #[cold]
    fn last_bytes(&mut self, rest: &'d [u8]) -> Result<Field<'d>, BadQuote> {
        if rest.first() == Some(&b'"') { self.quoted(rest) } else { Ok(self.long(rest, 0)) }
    }

    fn quoted(&mut self, rest: &'d [u8]) -> Result<Field<'d>, BadQuote> {
        let mut has_doubled = false;
        let mut end = 1;
        loop {
            end += memchr::memchr(b'"', &rest[end..]).ok_or(BadQuote)?;
            if rest.get(end + 1) != Some(&b'"') {
                break;
            }
            has_doubled = true;
            end += 2;
        }
        let content = &rest[1..end];
        // Blanks behind the mark are the work of people who align columns.
        let blanks = rest[end + 1..].iter().take_while(|byte| matches!(byte, b' ' | b'\r')).count();
        let behind = end + 1 + blanks;
        let ends_row = match rest.get(behind) {
            None | Some(b'\n') => true,
            Some(byte) if *byte == self.separators as u8 => false,
            Some(_) => return Err(BadQuote),
        };
        self.at += behind + 1;
        Ok(Field { content, key: ShortKey::of(content), is_quoted: true, has_doubled, ends_row })
    }
}

#[inline]
fn plain(content: &[u8], key: ShortKey, ends_row: bool) -> Field<'_> {
    Field { content, key, is_quoted: false, has_doubled: false, ends_row }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(data: &[u8]) -> Vec<(Vec<u8>, bool)> {
        let mut splitter = Splitter::new(data, b',');
        let mut fields = Vec::new();
        while !splitter.is_at_end() {
            let field = splitter.field().expect("the test has no open quotes");
            assert_eq!(field.key, ShortKey::of(field.content));
            fields.push((field.content.to_vec(), field.ends_row));
        }
        fields
    }

    proptest! {
        #[test]
        fn fields_are_what_stands_between_separators(rows in proptest::collection::vec(
            proptest::collection::vec("[a-cé\"]{0,12}", 1..5), 1..8,
        )) {
            let quoted = |field: &String| match field.starts_with('"') {
                true => format!("\"{}\"", field.replace('"', "\"\"")),
                false => field.clone(),
            };
            let lines: Vec<String> = rows.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
            let wanted: Vec<(Vec<u8>, bool)> = rows
                .iter()
                .flat_map(|row| {
                    row.iter().enumerate().map(|(place, field)| {
                        let doubled = if field.starts_with('"') { field.replace('"', "\"\"") } else { field.clone() };
                        (doubled.into_bytes(), place + 1 == row.len())
                    })
                })
                .collect();
            for line_end in ["\n", "\r\n"] {
                let text = lines.join(line_end) + line_end;
                prop_assert_eq!(&fields(text.as_bytes()), &wanted);
            }
        }
    }
}
