//! Groups of areas: regions, commissions, unions, with members that come and go.
//!
//! What lives here: groups read from hierarchies, and who was in them on a day. What must not: the groups themselves;
//! they are data, each membership with its source.
//!
//! A group is any code of a hierarchy that has codes below it; an area is one that has none. Days are whole days, both
//! ends included. Groups overlap as they like; what no group may do is contain itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use mighub_sdmx::structure::{Annotation, HierarchicalCode, Hierarchy};

/// How deep groups may lie in groups; the M49 has five levels.
pub const DEPTH_MAX: usize = 32;
/// Most members of all groups together.
pub const MEMBERS_MAX: usize = 100_000;
/// Groups that say which State's territory became whose: the former State and its successors.
const TERRITORY: &str = "G_TERR_";

/// One membership.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The area or group.
    pub code: Arc<str>,
    /// First day; nothing if it always was.
    pub from: Option<Date>,
    /// Last day; nothing if it still is.
    pub to: Option<Date>,
    /// Who says so.
    pub source: Option<Arc<str>>,
    /// The first day is only the first that a source tells of: membership may have begun before.
    pub at_latest: bool,
}

impl Member {
    /// Whether it is a member on a day.
    pub fn on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// Groups with their members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    members: BTreeMap<Arc<str>, Vec<Member>>,
}

/// Why hierarchies are no groups, or a group cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// A group would contain itself.
    #[error("the group {} contains itself: {}; take one of these memberships out", .0[0], .0.join(" contains "))]
    Cycle(Vec<String>),
    /// Too deep.
    #[error("groups lie more than {DEPTH_MAX} deep below {0}")]
    TooDeep(String),
    /// Too many.
    #[error("more than {MEMBERS_MAX} memberships")]
    TooMany,
    /// No such group.
    #[error("there is no group {0:?}; an area stands for itself")]
    Unknown(String),
    /// A code that names no item of a code list.
    #[error("the code at {0} of a hierarchy names no code of a list")]
    NoCode(String),
}

impl Groups {
    /// Reads hierarchies. A group that stands in several of them, or in several places, has the members of all.
    pub fn read<'h>(hierarchies: impl IntoIterator<Item = &'h Hierarchy>) -> Result<Self, GroupError> {
        let mut groups = Self::default();
        let mut count = 0;
        for hierarchy in hierarchies {
            for code in hierarchy.all_codes().filter(|code| !code.hierarchical_codes.is_empty()) {
                let members = groups.members.entry(item(code)?).or_default();
                for below in &code.hierarchical_codes {
                    count += 1;
                    if count > MEMBERS_MAX {
                        return Err(GroupError::TooMany);
                    }
                    members.push(member(below)?);
                }
            }
        }
        for members in groups.members.values_mut() {
            members.sort();
            members.dedup();
        }
        groups.refuse_cycles()?;
        Ok(groups)
    }

    /// Codes of all groups.
    pub fn ids(&self) -> impl Iterator<Item = &Arc<str>> {
        self.members.keys()
    }

    /// Whether a code is a group.
    pub fn contains(&self, group: &str) -> bool {
        self.members.contains_key(group)
    }

    /// The memberships of a group, of areas and groups, at all times.
    pub fn memberships(&self, group: &str) -> Option<&[Member]> {
        self.members.get(group).map(Vec::as_slice)
    }

    /// The areas that were in a group on a day, through whatever groups between.
    pub fn members_on(&self, group: &str, day: Date) -> Result<BTreeSet<Arc<str>>, GroupError> {
        let direct = self.members.get(group).ok_or_else(|| GroupError::Unknown(group.to_owned()))?;
        let mut areas = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<&Member> = direct.iter().filter(|member| member.on(day)).collect();
        while let Some(member) = open.pop() {
            match self.members.get(&member.code) {
                None => {
                    areas.insert(member.code.clone());
                }
                Some(below) if seen.insert(&member.code) => {
                    open.extend(below.iter().filter(|member| member.on(day)));
                }
                Some(_) => {}
            }
        }
        Ok(areas)
    }

    /// The areas a code stands for on a day: itself, or the members of the group that it is.
    pub fn areas_on(&self, code: &str, day: Date) -> BTreeSet<Arc<str>> {
        self.members_on(code, day).unwrap_or_else(|_| [Arc::from(code)].into())
    }

    /// The areas that follow a code which ended: those that joined its territory's group the day after it left.
    pub fn successors(&self, code: &str) -> BTreeSet<Arc<str>> {
        let mut successors = BTreeSet::new();
        for (group, members) in self.members.iter().filter(|(group, _)| group.starts_with(TERRITORY)) {
            let named = members.iter().filter(|member| &*member.code == code);
            for next in named.filter_map(|member| member.to?.tomorrow().ok()) {
                let joined =
                    members.iter().filter(|member| member.from == Some(next) && **group != *member.code);
                successors.extend(joined.map(|member| member.code.clone()));
            }
        }
        successors
    }

    /// Looks for a group below itself, going down each path once. Days do not excuse a cycle: a group that contained
    /// itself in turns would have members that depend on where one begins.
    fn refuse_cycles(&self) -> Result<(), GroupError> {
        let mut done = BTreeSet::new();
        for start in self.members.keys() {
            // A path of groups, each with the place of the member that is looked at next.
            let mut path: Vec<(&Arc<str>, usize)> = vec![(start, 0)];
            while let Some((group, place)) = path.last_mut() {
                let members = self.members.get(*group).map(Vec::as_slice).unwrap_or_default();
                let Some(member) = members.get(*place) else {
                    done.insert(*group);
                    path.pop();
                    continue;
                };
                *place += 1;
                if !self.members.contains_key(&member.code) || done.contains(&member.code) {
                    continue;
                }
                if let Some(at) = path.iter().position(|(above, _)| **above == member.code) {
                    let cycle = path[at..].iter().map(|(group, _)| group.to_string());
                    return Err(GroupError::Cycle(cycle.chain([member.code.to_string()]).collect()));
                }
                if path.len() >= DEPTH_MAX {
                    return Err(GroupError::TooDeep(start.to_string()));
                }
                path.push((&member.code, 0));
            }
        }
        Ok(())
    }
}

fn member(code: &HierarchicalCode) -> Result<Member, GroupError> {
    let note = |id: &str| Annotation::find(&code.annotations, id);
    Ok(Member {
        code: item(code)?,
        from: code.valid_from.map(day_of),
        to: code.valid_to.map(day_of),
        source: note("SOURCE").map(Arc::from),
        at_latest: note("PRECISION") == Some("AT_LATEST"),
    })
}

/// The code itself, not the id of its place: a member that left and came back has two places.
fn item(code: &HierarchicalCode) -> Result<Arc<str>, GroupError> {
    let item = code.code.item.as_ref().ok_or_else(|| GroupError::NoCode(code.id.to_string()))?;
    Ok(Arc::from(&**item))
}

fn day_of(instant: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(instant).date()
}
