//! A bit per row.
//!
//! What lives here: truth and validity of whole columns, 64 rows a word. What must not: what a bit means.

/// A bit per row; the bits behind the last row are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    /// All bits alike.
    pub fn filled(len: usize, bit: bool) -> Self {
        let mut map = Self { words: vec![if bit { u64::MAX } else { 0 }; len.div_ceil(64)], len };
        map.trim();
        map
    }

    /// A bit for each row, asked in order.
    pub fn from_fn(len: usize, mut bit: impl FnMut(usize) -> bool) -> Self {
        let mut words = Vec::with_capacity(len.div_ceil(64));
        let mut row = 0;
        while row < len {
            let end = (row + 64).min(len);
            let mut word = 0u64;
            for (place, row) in (row..end).enumerate() {
                word |= u64::from(bit(row)) << place;
            }
            words.push(word);
            row = end;
        }
        Self { words, len }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bit of a row.
    #[inline]
    pub fn get(&self, row: usize) -> bool {
        self.words[row / 64] >> (row % 64) & 1 == 1
    }

    /// Sets the bit of a row.
    #[inline]
    pub fn set(&mut self, row: usize, bit: bool) {
        let (word, mask) = (&mut self.words[row / 64], 1u64 << (row % 64));
        if bit {
            *word |= mask;
        } else {
            *word &= !mask;
        }
    }

    /// Number of bits that are 1.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether all bits are 1.
    pub fn is_full(&self) -> bool {
        self.count() == self.len
    }

    /// The words, 64 rows each, the first row lowest.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Combines two maps of the same rows word by word.
    pub fn zip(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        assert_eq!(self.len, other.len, "columns of one data set have the same rows");
        let words = self.words.iter().zip(&other.words).map(|(a, b)| combine(*a, *b)).collect();
        let mut map = Self { words, len: self.len };
        map.trim();
        map
    }

    /// Both.
    pub fn and(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// Either.
    pub fn or(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// The first without the second.
    pub fn and_not(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// The opposite of each.
    pub fn not(&self) -> Self {
        let mut map = Self { words: self.words.iter().map(|word| !word).collect(), len: self.len };
        map.trim();
        map
    }

    /// Rows whose bit is 1, ascending.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(place, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    place * 64 + bit
                })
            })
        })
    }

    /// The bits of these rows; [`super::NO_ROW`] gives 0.
    pub fn take(&self, rows: &[u32]) -> Self {
        Self::from_fn(rows.len(), |place| {
            let row = rows[place];
            row != super::NO_ROW && self.get(row as usize)
        })
    }

    fn trim(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.len % 64) {
            *last &= (1 << rest) - 1;
        }
    }
}

impl FromIterator<bool> for Bitmap {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        let mut map = Self::default();
        for bit in bits {
            if map.len.is_multiple_of(64) {
                map.words.push(0);
            }
            map.len += 1;
            map.set(map.len - 1, bit);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_bitmap_is_a_list_of_bits(bits in proptest::collection::vec(any::<bool>(), 0..200)) {
            let map: Bitmap = bits.iter().copied().collect();
            prop_assert_eq!(&map, &Bitmap::from_fn(bits.len(), |row| bits[row]));
            prop_assert_eq!(map.count(), bits.iter().filter(|bit| **bit).count());
            prop_assert_eq!(map.not().not(), map.clone());
            prop_assert_eq!(map.or(&map.not()), Bitmap::filled(bits.len(), true));
            let ones: Vec<usize> = (0..bits.len()).filter(|row| bits[*row]).collect();
            prop_assert_eq!(map.ones().collect::<Vec<_>>(), ones);
        }
    }
}
