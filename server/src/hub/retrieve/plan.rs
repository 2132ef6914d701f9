//! Which blocks of a lane may hold what is asked for, found without looking at all of them: blocks ascend by
//! key, so a key that fixes leading dimensions leads to its blocks as a name leads to its page.

use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

use mighub::manifest::BlockInfo;
use mighub_sdmx::key::KeyPattern;

use super::sieve::Sieve;

/// Places of the blocks that may hold observations that pass, ascending.
pub(super) fn candidates(blocks: &[Arc<BlockInfo>], sieve: &Sieve) -> Vec<u32> {
    let selection = sieve.selection();
    let places = match &selection.keys[..] {
        [] => (0..blocks.len() as u32).collect(),
        [key] => of_key(blocks, key),
        keys => {
            let mut places: Vec<u32> = keys.iter().flat_map(|key| of_key(blocks, key)).collect();
            places.sort_unstable();
            places.dedup();
            places
        }
    };
    let may_pass = |place: &u32| {
        let block = &blocks[*place as usize];
        block.is_near(selection) && sieve.may_pass(block)
    };
    places.into_iter().filter(may_pass).collect()
}

fn of_key(blocks: &[Arc<BlockInfo>], key: &KeyPattern) -> Vec<u32> {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(block) = blocks.get(at) {
        let Some(target) = Target::first_from(&block.first_key, key) else { break };
        if target.comes_after(&block.last_key) {
            at += 1 + blocks[at + 1..].partition_point(|block| target.comes_after(&block.last_key));
            continue;
        }
        if block.may_match_key(key) {
            places.push(at as u32);
        }
        at += 1;
    }
    places
}

/// No key of a block that matches comes before it.
struct Target<'k> {
    codes: Vec<&'k str>,
    /// The last of the codes must be exceeded.
    beyond: bool,
}

impl<'k> Target<'k> {
    /// The first key from `from` on that may match; nothing if all that match come before.
    fn first_from(from: &'k [Arc<str>], key: &'k KeyPattern) -> Option<Self> {
        let mut codes: Vec<&str> = Vec::with_capacity(from.len());
        for (place, code) in from.iter().enumerate() {
            let next = match key.set(place) {
                None => Some(&**code),
                Some(set) => set
                    .range::<str, _>((Bound::Included(&**code), Bound::Unbounded))
                    .next()
                    .map(|next| &**next),
            };
            match next {
                Some(next) if *next == **code => codes.push(next),
                Some(next) => {
                    codes.push(next);
                    // What follows may be the least there is.
                    let least = |place| key.set(place).and_then(|set| set.first()).map_or("", |code| &**code);
                    codes.extend((place + 1..from.len()).map(least));
                    return Some(Self { codes, beyond: false });
                }
                None => return Self::beyond(from, place, key),
            }
        }
        Some(Self { codes, beyond: false })
    }

    /// Nothing matches with the first `length` codes as they are: one of them must grow.
    fn beyond(from: &'k [Arc<str>], length: usize, key: &'k KeyPattern) -> Option<Self> {
        let may_grow = |place: &usize| key.set(*place).is_none_or(|set| set.last() > Some(&from[*place]));
        let place = (0..length).rev().find(may_grow)?;
        Some(Self { codes: from[..=place].iter().map(|code| &**code).collect(), beyond: true })
    }

    /// Whether a key comes before this.
    fn comes_after(&self, key: &[Arc<str>]) -> bool {
        let codes = key.iter().map(|code| &**code).take(self.codes.len());
        match codes.cmp(self.codes.iter().copied()) {
            Ordering::Less => true,
            Ordering::Equal => self.beyond,
            Ordering::Greater => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mighub::block::Digest;
    use mighub_sdmx::Period;
    use mighub_sdmx::key::Selection;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    type Key = [u8; 3];

    /// Blocks of up to `length` keys, named by the place of their first key.
    fn blocks(keys: &BTreeSet<Key>, length: usize) -> Vec<Arc<BlockInfo>> {
        let keys: Vec<_> = keys.iter().collect();
        let codes = |key: &Key| key.iter().map(|code| Arc::from(code.to_string())).collect::<Vec<Arc<str>>>();
        let block = |keys: &[&Key]| BlockInfo {
            digest: Digest([0; 32]),
            keyed: false,
            raw_bytes: 1,
            series: keys.len() as u32,
            observations: keys.len() as u32,
            first_key: codes(keys[0]),
            last_key: codes(keys[keys.len() - 1]),
            codes: (0..3)
                .map(|place| keys.iter().map(|key| key[place]).collect::<BTreeSet<_>>())
                .map(|set| set.into_iter().map(|code| Arc::from(code.to_string())).collect())
                .collect(),
            first_period: Period::year(2000),
            last_period: Period::year(2010),
            restricted: false,
            unmarked: false,
        };
        keys.chunks(length).map(|keys| Arc::new(block(keys))).collect()
    }

    proptest! {
        #[test]
        fn no_block_with_a_matching_series_is_missed(
            keys in proptest::collection::btree_set([0u8..5, 0u8..5, 0u8..5], 1..60),
            length in 1usize..7,
            patterns in proptest::collection::vec(
                proptest::collection::vec(proptest::option::of(proptest::collection::btree_set(0u8..6, 1..3)), 0..4),
                0..3,
            ),
        ) {
            let blocks = blocks(&keys, length);
            let set = |set: &Option<BTreeSet<u8>>| {
                set.as_ref().map(|set| set.iter().map(|code| Arc::from(code.to_string())).collect())
            };
            let keys_asked = patterns.iter().map(|sets| KeyPattern { sets: sets.iter().map(set).collect() });
            let selection = Arc::new(Selection { keys: keys_asked.collect(), start: None, end: None });
            let sieve = Sieve::new(selection.clone(), Arc::default(), None);
            let found = candidates(&blocks, &sieve);
            let matches = |key: &Key| {
                let codes: Vec<Arc<str>> = key.iter().map(|code| Arc::from(code.to_string())).collect();
                selection.matches_codes(|| codes.iter())
            };
            let sorted: Vec<_> = keys.iter().collect();
            for (place, chunk) in sorted.chunks(length).enumerate() {
                let expected = chunk.iter().any(|key| matches(key));
                let is_found = found.contains(&(place as u32));
                prop_assert!(is_found || !expected, "block {place} is missing");
                prop_assert!(!is_found || blocks[place].may_match(&selection), "block {place} is idle");
            }
            prop_assert!(found.is_sorted());
        }
    }

    #[test]
    fn a_key_behind_a_wildcard_is_found_by_few_looks() {
        let key = KeyPattern { sets: vec![None, Some(BTreeSet::from([Arc::from("3")]))] };
        let from: Vec<Arc<str>> = ["2", "4", "0"].map(Arc::from).to_vec();
        let target = Target::first_from(&from, &key).expect("more may come");
        assert_eq!((target.codes, target.beyond), (vec!["2"], true));
        let from: Vec<Arc<str>> = ["2", "1", "9"].map(Arc::from).to_vec();
        let target = Target::first_from(&from, &key).expect("more may come");
        assert_eq!((target.codes, target.beyond), (vec!["2", "3", ""], false));
    }
}
