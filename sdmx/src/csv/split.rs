//! A row to its cells. Short cells are packed into integers on the way, by which they are looked up.

use std::borrow::Cow;

use super::rows::SLACK;

/// Longest cell that is packed: eight bytes less the one for its length.
const PACKED_MAX: usize = 7;
const LOWS: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// A cell's bytes and length in one integer, or what else it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed(pub(super) u64);

impl Packed {
    /// Nothing in it.
    pub(crate) const EMPTY: Self = Self(0);
    /// Too long to be packed.
    pub(crate) const LONG: Self = Self(u64::MAX);
    /// In quotes, so that its content must be taken out first.
    pub(crate) const QUOTED: Self = Self(u64::MAX - 1);

    /// Packs the content of a cell.
    pub(crate) fn of(content: &[u8]) -> Self {
        if content.len() > PACKED_MAX {
            return Self::LONG;
        }
        let mut word = [0; 8];
        word[..content.len()].copy_from_slice(content);
        Self(u64::from_le_bytes(word) | (content.len() as u64) << 56)
    }

    #[inline]
    fn of_word(word: u64, length: usize) -> Self {
        if length > PACKED_MAX {
            return Self::LONG;
        }
        Self(word & ((1 << (8 * length)) - 1) | (length as u64) << 56)
    }

    /// Whether the integer is the whole content.
    #[inline]
    pub(crate) fn is_whole(self) -> bool {
        self.0 < Self::QUOTED.0
    }
}

/// Where a cell stands in its row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) packed: Packed,
}

impl Cell {
    /// The cell as it stands in the row, with its quotes.
    #[inline]
    pub(crate) fn raw<'r>(&self, row: &'r [u8]) -> &'r [u8] {
        &row[self.start as usize..self.end as usize]
    }
}

/// Splits what follows `from` in a row of `length` bytes. `row` has [`SLACK`] bytes more; cells are added
/// to `cells`.
#[inline]
pub(crate) fn split(
    row: &[u8],
    length: usize,
    from: usize,
    quoted: bool,
    separator: u8,
    cells: &mut Vec<Cell>,
) {
    if quoted && memchr::memchr(b'"', &row[from..length]).is_some() {
        split_quoted(&row[..length], from, separator, cells);
    } else {
        split_plain(row, length, from, separator, cells);
    }
}

fn split_plain(row: &[u8], length: usize, from: usize, separator: u8, cells: &mut Vec<Cell>) {
    let cell = |start: usize, end: usize| {
        let packed = Packed::of_word(word_at(row, start), end - start);
        Cell { start: start as u32, end: end as u32, packed }
    };
    let pattern = u64::from(separator) * LOWS;
    let (mut start, mut block) = (from, from);
    while block < length {
        // One bit per byte of the block: no step waits for the one before.
        let mut separators = 0;
        let block_length = (length - block).min(64);
        for word in 0..block_length.div_ceil(SLACK) {
            let differs = word_at(row, block + word * SLACK) ^ pattern;
            separators |= zero_bytes(differs) << (word * SLACK);
        }
        separators &= u64::MAX >> (64 - block_length);
        while separators != 0 {
            let end = block + separators.trailing_zeros() as usize;
            cells.push(cell(start, end));
            start = end + 1;
            separators &= separators - 1;
        }
        block += block_length;
    }
    cells.push(cell(start, length));
}

/// Eight bytes; there always are as many, for rows have slack.
#[inline]
fn word_at(row: &[u8], at: usize) -> u64 {
    row.get(at..at + SLACK).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// Bit `n` is set where byte `n` is zero.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    let zeros = !((word & !HIGHS).wrapping_add(!HIGHS) | word | !HIGHS);
    // Brings the highest bit of byte `n` to bit 56 + `n`.
    (zeros >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

fn split_quoted(row: &[u8], from: usize, separator: u8, cells: &mut Vec<Cell>) {
    let mut at = from;
    loop {
        let quoted = row.get(at) == Some(&b'"');
        let behind = if quoted { closing_quote(row, at) + 1 } else { at };
        let rest = row.get(behind..).unwrap_or_default();
        let end = row.len().min(behind + memchr::memchr(separator, rest).unwrap_or(rest.len()));
        let packed = if quoted { Packed::QUOTED } else { Packed::of(&row[at..end]) };
        cells.push(Cell { start: at as u32, end: end as u32, packed });
        if end == row.len() {
            return;
        }
        at = end + 1;
    }
}

/// Place of the quotation mark that closes the one at `open`; the row's end if none does.
fn closing_quote(row: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while let Some(next) = row.get(at..).and_then(|rest| memchr::memchr(b'"', rest)) {
        if row.get(at + next + 1) != Some(&b'"') {
            return at + next;
        }
        at += next + 2;
    }
    row.len()
}

/// The content of a quoted cell: doubled quotes single. Nothing if text follows the closing one.
pub(crate) fn unquote(cell: &[u8]) -> Option<Cow<'_, [u8]>> {
    let inner = match cell {
        [b'"', inner @ .., b'"'] if closing_quote(cell, 0) == cell.len() - 1 => inner,
        [b'"', ..] => return None,
        plain => return Some(plain.into()),
    };
    if memchr::memchr(b'"', inner).is_none() {
        return Some(inner.into());
    }
    let mut content = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        content.push(*byte);
        if *byte == b'"' {
            // The second of two.
            bytes.next();
        }
    }
    Some(content.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(row: &str) -> Vec<String> {
        let mut padded = row.as_bytes().to_vec();
        padded.extend_from_slice(b",\"\n,,,x,");
        let mut cells = Vec::new();
        split(&padded, row.len(), 0, row.contains('"'), b',', &mut cells);
        cells
            .iter()
            .map(|cell| {
                let content = unquote(cell.raw(row.as_bytes())).unwrap_or(b"(malformed)".into());
                if cell.packed != Packed::QUOTED {
                    assert_eq!(cell.packed, Packed::of(&content));
                }
                String::from_utf8_lossy(&content).into_owned()
            })
            .collect()
    }

    #[test]
    fn quotes_count_only_at_the_ends_of_a_cell() {
        assert_eq!(cells("a,b"), ["a", "b"]);
        assert_eq!(cells(","), ["", ""]);
        assert_eq!(cells("\"a,\"\"b\"\"\",,\"\""), ["a,\"b\"", "", ""]);
        assert_eq!(cells("12\" pipe,b"), ["12\" pipe", "b"]);
        assert_eq!(cells("\"a\"b,c"), ["(malformed)", "c"]);
        assert_eq!(cells("\"a,b"), ["(malformed)"]);
        assert_eq!(cells("12345678,1234567,123456789,"), ["12345678", "1234567", "123456789", ""]);
    }

    proptest! {
        #[test]
        fn plain_rows_split_as_the_library_splits(row in "[a-c,é]{1,40}") {
            prop_assert_eq!(cells(&row), row.split(',').collect::<Vec<_>>());
        }

        #[test]
        fn quoted_cells_come_out_as_they_went_in(texts in prop::collection::vec("[a\",\n é]{0,12}", 1..6)) {
            let row: Vec<_> = texts.iter().map(|text| format!("\"{}\"", text.replace('"', "\"\""))).collect();
            prop_assert_eq!(cells(&row.join(",")), texts);
        }
    }
}
