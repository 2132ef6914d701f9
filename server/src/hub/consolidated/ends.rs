//! Ends of corridors: areas, groups, the world, and members of groups by themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use mighub_consolidation::{End, Groups};
use mighub_sdmx::key::CodeSet;
use mighub_sdmx::structure::{Artefact, Class};

use crate::hub::{Hub, Refusal};

/// Codes of ends that one request may name, and ends that come of them.
pub(super) const ENDS_MAX: usize = 1_000;
/// What stands behind a group whose members are meant one by one.
const MEMBERS: char = '+';

impl Hub {
    /// The groups of areas, of all hierarchies there are today.
    pub(super) fn area_groups(&self) -> Result<Groups, Refusal> {
        let structures = self.known_structures();
        let hierarchies =
            structures.of_class(Class::Hierarchy).filter_map(|(_, artefact)| match &**artefact {
                Artefact::Hierarchy(hierarchy) => Some(hierarchy),
                _ => None,
            });
        Groups::read(hierarchies)
            .map_err(|error| Refusal::internal(format!("the hierarchies of areas are no groups: {error}")))
    }
}

/// The ends that codes name on a day; none if no code is given.
pub(super) fn ends(
    field: &'static str,
    codes: &[String],
    groups: &Groups,
    day: Date,
) -> Result<Vec<End>, Refusal> {
    let too_many = |found: usize| {
        let text = format!("{field}: at most {ENDS_MAX} areas and groups: name fewer");
        Err(Refusal::limit(ENDS_MAX as u64, found as u64, text))
    };
    if codes.len() > ENDS_MAX {
        return too_many(codes.len());
    }
    let mut ends = Vec::new();
    for code in codes {
        match code.strip_suffix(MEMBERS) {
            None if code.is_empty() => {
                return Err(Refusal::malformed(field, "an empty code names no area"));
            }
            None => ends.push(End::of(groups, code, day)),
            Some(group) => {
                let members = groups.members_on(group, day).map_err(|_| {
                    let text = format!("{group:?} is no group: `mighub groups` shows those there are");
                    Refusal::malformed(field, text)
                })?;
                ends.extend(members.iter().map(area));
            }
        }
        if ends.len() > ENDS_MAX {
            return too_many(ends.len());
        }
    }
    Ok(ends)
}

/// An area by itself.
pub(super) fn area(code: &Arc<str>) -> End {
    End::Region { code: code.clone(), areas: BTreeSet::from([code.clone()]) }
}

/// All areas of some ends; nothing if the world is among them, or if there are none.
pub(super) fn areas_of(ends: &[End]) -> CodeSet {
    let mut all = BTreeSet::new();
    for end in ends {
        match end {
            End::World => return None,
            End::Region { areas, .. } => all.extend(areas.iter().cloned()),
        }
    }
    (!ends.is_empty()).then_some(all)
}
