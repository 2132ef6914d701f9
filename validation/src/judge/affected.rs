//! Which groups of series a correction touches.
//!
//! A rule compares series that differ only in the dimensions it crosses: they are one group. A series whose
//! group did not change in any rule need not be looked at again, and what a rule says of a group that did not
//! change is what it said before.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use mighub_sdmx::Columns;

use crate::rulebook::Prepared;

/// The groups that a change touches.
#[derive(Clone, Debug)]
pub struct Affected {
    /// For each distinct set of crossed dimensions: the others, and hashes of their codes. Two groups with one
    /// hash only mean that more is judged than must be.
    groups: Vec<(Vec<usize>, HashSet<u64>)>,
    /// By rule, its place in `groups`.
    of_rule: Vec<usize>,
}

impl Affected {
    /// Nothing has changed so far.
    pub fn none(prepared: &Prepared) -> Self {
        let dimensions = prepared.definition().dimensions.len();
        let mut groups: Vec<(Vec<usize>, HashSet<u64>)> = Vec::new();
        let mut of_rule = Vec::with_capacity(prepared.rules().len());
        for rule in prepared.rules() {
            let kept: Vec<usize> = (0..dimensions).filter(|place| !rule.crosses.contains(place)).collect();
            let known = groups.iter().position(|(known, _)| *known == kept);
            of_rule.push(known.unwrap_or_else(|| {
                groups.push((kept, HashSet::new()));
                groups.len() - 1
            }));
        }
        Self { groups, of_rule }
    }

    /// These series have changed, came, or are gone.
    pub fn add(&mut self, changed: &Columns) {
        for series in 0..changed.series_count() {
            let key: Vec<&Arc<str>> = changed.key(series).codes().collect();
            self.add_key(&key);
        }
    }

    /// The same for one series key, its codes in the order of the dimensions.
    pub fn add_key(&mut self, key: &[&Arc<str>]) {
        for (kept, hashes) in &mut self.groups {
            hashes.insert(hash(key, kept));
        }
    }

    /// Whether any rule must see a series.
    pub(super) fn needs(&self, key: &[&Arc<str>]) -> bool {
        self.groups.iter().any(|(kept, hashes)| hashes.contains(&hash(key, kept)))
    }

    /// Whether a rule must judge the group of a series.
    pub(super) fn concerns(&self, rule: usize, key: &[&Arc<str>]) -> bool {
        let Some((kept, hashes)) = self.of_rule.get(rule).and_then(|place| self.groups.get(*place)) else {
            return true;
        };
        hashes.contains(&hash(key, kept))
    }
}

/// Hash of the codes at some places of a key.
pub(super) fn hash(key: &[&Arc<str>], places: &[usize]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for code in places.iter().filter_map(|place| key.get(*place)) {
        code.hash(&mut hasher);
    }
    hasher.finish()
}
