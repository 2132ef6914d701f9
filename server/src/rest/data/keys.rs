//! Keys of a query, joined where that says the same, so that few are left to be compared with every series.
//!
//! Each block of figures is compared with each key, and every code that is asked for beside a key is kept with each
//! of them: thousands of both would cost a hub minutes and gigabytes for one line of a request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mighub_sdmx::key::{CodeSet, KeyPattern, Selection};

use super::fault::Fault;

/// Keys that are left of a query once all that differ in one dimension alone are joined: real queries have one.
const KEYS_LEFT_MAX: usize = 500;
/// Codes of all keys of a selection together: some 10 MB.
const SELECTED_CODES_MAX: usize = 200_000;

/// Joins keys that differ in one dimension alone, as in `A.SWE.F,A.NOR.F`. What they select stays the same.
pub(super) fn join(keys: &mut Vec<KeyPattern>) -> Result<(), Fault> {
    let dimensions = keys.iter().map(|key| key.sets.len()).max().unwrap_or(0);
    for key in keys.iter_mut() {
        key.sets.resize(dimensions, None);
    }
    for dimension in 0..dimensions {
        if keys.len() < 2 {
            break;
        }
        // By what a key says of all other dimensions, what they say of this one.
        let mut joined: BTreeMap<Vec<CodeSet>, CodeSet> = BTreeMap::new();
        for mut key in keys.drain(..) {
            let codes = key.sets.remove(dimension);
            match joined.entry(key.sets) {
                std::collections::btree_map::Entry::Vacant(new) => drop(new.insert(codes)),
                std::collections::btree_map::Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    *known = known.take().zip(codes).map(|(mut known, codes)| {
                        known.extend(codes);
                        known
                    });
                }
            }
        }
        keys.extend(joined.into_iter().map(|(mut sets, codes)| {
            sets.insert(dimension, codes);
            KeyPattern { sets }
        }));
    }
    if keys.len() > KEYS_LEFT_MAX {
        let rule = format!(
            "{} keys are left after all that differ in one dimension alone are joined, and {KEYS_LEFT_MAX} are \
             compared at a time: ask in parts, or with c[DIMENSION]=...",
            keys.len()
        );
        return Err(Fault::too_much("the key", rule));
    }
    Ok(())
}

/// Leaves of every key only what has one of these codes in a dimension. Does nothing and says no, if all keys
/// together would have too many codes.
pub(super) fn narrow(selection: &mut Selection, dimension: usize, codes: &BTreeSet<Arc<str>>) -> bool {
    let keys = &mut selection.keys;
    let known: usize = keys.iter().flat_map(|key| key.sets.iter().flatten()).map(BTreeSet::len).sum();
    if known.saturating_add(keys.len().max(1).saturating_mul(codes.len())) > SELECTED_CODES_MAX {
        return false;
    }
    if keys.is_empty() {
        keys.push(KeyPattern::default());
    }
    for key in keys {
        if key.sets.len() <= dimension {
            key.sets.resize(dimension + 1, None);
        }
        let set = &mut key.sets[dimension];
        *set = Some(match set.take() {
            None => codes.clone(),
            Some(set) => set.intersection(codes).cloned().collect(),
        });
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dimensions() -> Vec<Arc<str>> {
        ["X", "Y", "Z"].map(Arc::from).to_vec()
    }

    fn parsed(keys: &str) -> Selection {
        Selection::parse(keys, None, None, &dimensions()).expect(keys)
    }

    fn codes(count: usize) -> BTreeSet<Arc<str>> {
        (0..count).map(|code| Arc::from(format!("C{code}"))).collect()
    }

    #[test]
    fn ten_thousand_keys_that_differ_in_one_dimension_are_one() {
        let text: Vec<String> = (0..10_000).map(|code| format!("A.{code}.B")).collect();
        let mut keys = parsed(&text.join(",")).keys;
        join(&mut keys).expect("one key");
        assert_eq!((keys.len(), keys[0].set(1).map(BTreeSet::len)), (1, Some(10_000)));
        let text: Vec<String> = (0..1_000).map(|code| format!("A{code}.B{code}")).collect();
        let fault = join(&mut parsed(&text.join(",")).keys).expect_err("a thousand keys");
        assert!(fault.text.contains("1000 keys") && fault.text.contains("ask in parts"), "{fault}");
    }

    #[test]
    fn codes_times_keys_stay_few() {
        let text: Vec<String> = (0..400).map(|code| format!("A{code}.B{code}")).collect();
        let mut selection = parsed(&text.join(","));
        let before = selection.clone();
        assert!(!narrow(&mut selection, 2, &codes(8_000)), "that would be 3.2 million");
        assert_eq!(selection, before, "what is not handed down is judged elsewhere");
        assert!(narrow(&mut selection, 2, &codes(300)));
        assert!(!narrow(&mut selection, 2, &codes(300)), "codes of earlier conditions count, too");
    }

    fn a_key() -> impl Strategy<Value = String> {
        let part = proptest::collection::btree_set(proptest::sample::select(&["A", "B", "C"][..]), 0..3);
        proptest::collection::vec(part, 1..4).prop_map(|parts| {
            let text = |part: BTreeSet<&str>| part.into_iter().collect::<Vec<_>>().join("+");
            parts.into_iter().map(text).collect::<Vec<_>>().join(".")
        })
    }

    proptest! {
        #[test]
        fn joined_keys_select_what_they_selected(keys in proptest::collection::vec(a_key(), 1..12)) {
            let before = parsed(&keys.join(","));
            let mut after = before.clone();
            join(&mut after.keys).expect("few keys");
            prop_assert!(after.keys.len() <= before.keys.len());
            for x in ["A", "B", "C"] {
                for y in ["A", "B", "C"] {
                    for z in ["A", "B", "C"] {
                        let codes = [x, y, z].map(Arc::from);
                        prop_assert_eq!(
                            before.matches_codes(|| codes.iter()),
                            after.matches_codes(|| codes.iter()),
                            "{} at {}.{}.{}", keys.join(","), x, y, z
                        );
                    }
                }
            }
        }
    }
}
