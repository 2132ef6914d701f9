//! What passed, short enough to be committed.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;

use serde::{Deserialize, Serialize};

use super::case::{Case, Outcome};

/// Hexadecimal digits that stand for a case or a list of them.
const DIGEST_DIGITS: usize = 16;

/// Of one group.
#[derive(Default, Serialize, Deserialize)]
struct Group {
    cases: usize,
    passed: usize,
    /// Digests of the cases that do not pass.
    failing: BTreeSet<String>,
}

/// Of all cases.
#[derive(Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Digest of the sorted list of cases: results of different lists cannot be compared.
    pub(crate) case_list: String,
    groups: BTreeMap<String, Group>,
}

impl Summary {
    /// Where it is kept.
    pub(crate) const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance.json");

    pub(crate) fn of(cases: &[Case], outcomes: &[Outcome]) -> Self {
        let ids: Vec<String> = cases.iter().map(Case::id).collect();
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for (case, outcome) in cases.iter().zip(outcomes) {
            let group = groups.entry(case.group.clone()).or_default();
            group.cases += 1;
            if matches!(outcome, Outcome::Passed) {
                group.passed += 1;
            } else {
                group.failing.insert(digest(&case.id()));
            }
        }
        Self { case_list: digest(&ids.join("\n")), groups }
    }

    pub(crate) fn read() -> Result<Self, Box<dyn Error>> {
        let text = fs::read(Self::FILE)
            .map_err(|error| format!("{}: {error}: make it with --write-summary", Self::FILE))?;
        Ok(serde_json::from_slice(&text)?)
    }

    pub(crate) fn write(&self) -> Result<(), Box<dyn Error>> {
        Ok(fs::write(Self::FILE, serde_json::to_string_pretty(self)? + "\n")?)
    }

    /// What passed here and does not pass now, in sentences.
    pub(crate) fn worse_than(&self, now: &Self, cases: &[Case], outcomes: &[Outcome]) -> Vec<String> {
        if self.case_list != now.case_list {
            println!("this is another list of cases than {} tells of; nothing is compared", self.case_list);
            return Vec::new();
        }
        let passed_before = |case: &Case| {
            self.groups.get(&case.group).is_some_and(|group| !group.failing.contains(&digest(&case.id())))
        };
        cases
            .iter()
            .zip(outcomes)
            .filter(|(case, outcome)| !matches!(outcome, Outcome::Passed) && passed_before(case))
            .map(|(case, outcome)| format!("{}: {}", case.id(), outcome.reason()))
            .collect()
    }
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..DIGEST_DIGITS].to_owned()
}
