//! Run-length columns of small codes: statuses and attributes, which rarely change from one to the next.

use std::ops::Range;

/// Codes in runs. Code 0 means absent. Runs are maximal: two neighbours never have the same code, so equal
/// contents are equal runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    ends: Vec<u32>,
    codes: Vec<u32>,
}

impl Runs {
    /// `count` times the same code.
    pub fn filled(code: u32, count: usize) -> Self {
        let mut runs = Self::default();
        runs.push(code, count);
        runs
    }

    /// Number of entries, not of runs.
    pub fn len(&self) -> usize {
        self.ends.last().map_or(0, |end| *end as usize)
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Number of runs.
    pub fn run_count(&self) -> usize {
        self.ends.len()
    }

    /// Whether every entry is absent.
    pub fn all_absent(&self) -> bool {
        self.codes.iter().all(|code| *code == 0)
    }

    /// Appends `count` entries of `code`.
    pub fn push(&mut self, code: u32, count: usize) {
        if count == 0 {
            return;
        }
        let end = self.len() as u32 + count as u32;
        match (self.codes.last(), self.ends.last_mut()) {
            (Some(last), Some(last_end)) if *last == code => *last_end = end,
            _ => {
                self.codes.push(code);
                self.ends.push(end);
            }
        }
    }

    /// The code of one entry. For many entries in order use [`Runs::iter`] or [`Runs::range`].
    pub fn get(&self, entry: usize) -> u32 {
        self.codes.get(self.run_of(entry)).copied().unwrap_or(0)
    }

    /// The runs, as (code, entries they hold).
    pub fn runs(&self) -> impl Iterator<Item = (u32, Range<usize>)> + Clone + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        self.codes
            .iter()
            .zip(starts)
            .zip(&self.ends)
            .map(|((code, start), end)| (*code, start as usize..*end as usize))
    }

    /// The runs within `range`, cut to it, as (code, number of entries).
    pub fn range(&self, range: Range<usize>) -> impl Iterator<Item = (u32, usize)> + '_ {
        self.range_from(self.run_of(range.start), range)
    }

    /// The same; `cursor` remembers the run from call to call, so that ranges in order are found at once.
    pub(crate) fn range_at(
        &self,
        cursor: &mut usize,
        range: Range<usize>,
    ) -> impl Iterator<Item = (u32, usize)> + '_ {
        *cursor = self.run_near(*cursor, range.start);
        self.range_from(*cursor, range)
    }

    /// The code of one entry, with a cursor as in [`Runs::range_at`].
    pub(crate) fn get_at(&self, cursor: &mut usize, entry: usize) -> u32 {
        *cursor = self.run_near(*cursor, entry);
        self.codes.get(*cursor).copied().unwrap_or(0)
    }

    fn range_from(&self, mut run: usize, range: Range<usize>) -> impl Iterator<Item = (u32, usize)> + '_ {
        let mut at = range.start;
        std::iter::from_fn(move || {
            if at >= range.end || run >= self.codes.len() {
                return None;
            }
            let end = (self.ends[run] as usize).min(range.end);
            let item = (self.codes[run], end - at);
            at = end;
            run += 1;
            Some(item)
        })
    }

    /// Every entry's code in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.runs().flat_map(|(code, range)| std::iter::repeat_n(code, range.len()))
    }

    /// The run of an entry, tried first at `near` and the few behind it.
    #[inline]
    fn run_near(&self, near: usize, entry: usize) -> usize {
        const TRIED: usize = 4;
        let starts_before = near == 0 || self.ends.get(near - 1).is_some_and(|end| *end as usize <= entry);
        let tried = self.ends.get(near..).unwrap_or_default().iter().take(TRIED);
        match tried.into_iter().position(|end| entry < *end as usize) {
            Some(place) if starts_before => near + place,
            _ => self.run_of(entry),
        }
    }

    fn run_of(&self, entry: usize) -> usize {
        if self.ends.len() <= 1 {
            return usize::from(entry >= self.len() && !self.ends.is_empty());
        }
        self.ends.partition_point(|end| *end as usize <= entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_hold_what_was_pushed(codes in proptest::collection::vec(0u32..3, 0..50), cut in 0usize..50) {
            let mut runs = Runs::default();
            codes.iter().for_each(|code| runs.push(*code, 1));
            prop_assert_eq!(runs.iter().collect::<Vec<_>>(), codes.clone());
            prop_assert_eq!(runs.len(), codes.len());
            let cut = cut.min(codes.len());
            let tail: Vec<u32> =
                runs.range(cut..codes.len()).flat_map(|(code, count)| vec![code; count]).collect();
            prop_assert_eq!(&tail[..], &codes[cut..]);
            let (mut forwards, mut anywhere) = (0, 0);
            for (entry, code) in codes.iter().enumerate() {
                prop_assert_eq!(runs.get(entry), *code);
                prop_assert_eq!(runs.get_at(&mut forwards, entry), *code);
                let other = entry * 7 % codes.len();
                prop_assert_eq!(runs.get_at(&mut anywhere, other), codes[other]);
            }
        }
    }
}
