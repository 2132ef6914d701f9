//! The table of rules, from which the page of rules is made.
//!
//! Numbers are given once and for ever. A rule that goes leaves a gap; a rule that comes takes a new number
//! near its kin.

pub mod file;
pub mod hub;
mod page;
pub mod rulebook;
pub mod structure;

use std::sync::LazyLock;

pub use page::page;

use crate::rule::Rule;

/// All rules, by id.
pub fn all() -> &'static [&'static Rule] {
    static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
        let mut all: Vec<_> = file::RULES.iter().chain(structure::RULES).chain(hub::RULES).copied().collect();
        all.sort_unstable_by_key(|rule| rule.id);
        all
    });
    &ALL
}

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    let place = all().binary_search_by_key(&id, |rule| rule.id).ok()?;
    Some(all()[place])
}
