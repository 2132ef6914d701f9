//! Keys as integers that order as their codes do, so that comparing two keys is comparing two integers.

use std::collections::HashMap;
use std::sync::Arc;

use super::SortError;
use crate::columns::Columns;

/// Words of a wide key. Nearly all keys have one word, and sort the faster.
pub(super) const WIDE: usize = 8;

/// A key: the ranks of its codes, packed from the first dimension down.
pub(super) type Key<const WORDS: usize> = [u64; WORDS];

/// Per dimension, the rank of every code that may occur.
pub(super) struct Ranks {
    dimensions: Vec<Dimension>,
}

struct Dimension {
    ranks: HashMap<Arc<str>, u32>,
    bits: u32,
    word: usize,
}

impl Ranks {
    /// Ranks of codes that come in order, dimension by dimension, and the words that a key needs.
    pub(super) fn new<'c>(
        codes: impl Iterator<Item = Vec<&'c Arc<str>>>,
    ) -> Result<(Self, usize), SortError> {
        let (mut word, mut bits_left) = (0, u64::BITS);
        let mut dimensions = Vec::new();
        for codes in codes {
            let bits = usize::BITS - codes.len().saturating_sub(1).leading_zeros();
            if bits > bits_left {
                word += 1;
                bits_left = u64::BITS;
            }
            bits_left -= bits;
            let ranks = codes.into_iter().enumerate().map(|(rank, code)| (code.clone(), rank as u32));
            dimensions.push(Dimension { ranks: ranks.collect(), bits, word });
        }
        if word >= WIDE {
            return Err(SortError::KeyTooWide);
        }
        Ok((Self { dimensions }, word + 1))
    }

    /// Per series, its key.
    pub(super) fn keys<const WORDS: usize>(&self, columns: &Columns) -> Vec<Key<WORDS>> {
        let mut keys: Vec<Key<WORDS>> = vec![[0; WORDS]; columns.series_count()];
        for (dimension, column) in self.dimensions.iter().zip(&columns.dimensions) {
            let rank = |code: &Arc<str>| u64::from(dimension.ranks.get(code).copied().unwrap_or(0));
            let table: Vec<u64> = column.codes.iter().map(rank).collect();
            for (key, index) in keys.iter_mut().zip(&column.index) {
                let word = &mut key[dimension.word];
                *word = *word << dimension.bits | table[*index as usize];
            }
        }
        keys
    }
}
