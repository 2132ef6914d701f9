//! Who is concerned by damaged objects: lanes, submissions and vintages, found in what records name.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use mighub_store::Name;

use crate::hub::Refusal;
use crate::hub::named::{Contents, ObjectKind, Unreadable, each_named};

/// What is concerned by damage in one lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneConcerned {
    /// What is damaged, and how many of it.
    pub objects: BTreeMap<ObjectKind, u64>,
    /// Ids of the submissions whose content, report or result is damaged.
    pub submissions: BTreeSet<String>,
    /// Positions of the records whose vintages cannot be read whole.
    pub vintages: BTreeSet<u64>,
}

/// What is concerned by damaged objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerned {
    /// By lane, as `DATAFLOW/PROVIDER`; what belongs to no lane stands under an empty name.
    pub lanes: BTreeMap<String, LaneConcerned>,
    /// Damaged objects that no record names: what was uploaded and never sealed. Nothing is lost with them.
    pub unnamed: u64,
}

/// Who is concerned if these objects cannot be read.
pub fn concerned(contents: &impl Contents, damaged: &[Name]) -> Result<Concerned, Refusal> {
    let mut concerned = Concerned::default();
    let damaged: HashSet<Name> = damaged.iter().copied().collect();
    let mut seen: HashSet<Name> = HashSet::new();
    each_named(contents, Unreadable::LeftOut, &mut |named| {
        if !damaged.contains(&named.name) {
            return;
        }
        let lane = named.lane.map(|lane| lane.to_string()).unwrap_or_default();
        let lane = concerned.lanes.entry(lane).or_default();
        if seen.insert(named.name) {
            *lane.objects.entry(named.kind).or_default() += 1;
        }
        if !named.submission.is_empty() {
            lane.submissions.insert(named.submission.to_string());
        }
        if matches!(named.kind, ObjectKind::Manifest | ObjectKind::ManifestPage | ObjectKind::Block) {
            lane.vintages.insert(named.position);
        }
    })?;
    concerned.unnamed = (damaged.len() - seen.len()) as u64;
    Ok(concerned)
}
