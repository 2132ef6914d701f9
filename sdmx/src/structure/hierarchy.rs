//! Hierarchies: groupings of codes of one or several code lists; one code may stand in several of them.
//!
//! SDMX 2.1 has no hierarchy of its own: there, each is a HierarchicalCodelist of the same id and version with one
//! hierarchy in it, and a message with several hierarchies in one HierarchicalCodelist is read as several.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::annotation::Annotation;
use super::artefact::Identity;
use super::id::CodeId;
use super::instant;
use super::names::Names;
use super::reference::Reference;

/// A grouping of codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hierarchy {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// Whether codes of one depth are of one kind, which the levels then name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_formal_levels: bool,
    /// The topmost level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The topmost codes, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hierarchical_codes: Vec<HierarchicalCode>,
}

/// What the codes of one depth are: regions, countries. The levels of a hierarchy lie within each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Id.
    pub id: CodeId,
    /// Names and descriptions.
    #[serde(flatten)]
    pub names: Names,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
    /// The level below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Box<Level>>,
}

/// A code at one place of a hierarchy. Its URN names all above it: `H_AREA(1.0.0).AFR.MAR`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HierarchicalCode {
    /// Id; one among those with the same parent.
    pub id: CodeId,
    /// The code that stands here.
    pub code: Reference,
    /// Id of its level, where there are formal ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<CodeId>,
    /// Since when it stands here.
    #[serde(default, with = "instant::optional", skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Until when it stands here.
    #[serde(default, with = "instant::optional", skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
    /// Codes within it, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hierarchical_codes: Vec<HierarchicalCode>,
}

/// Where a hierarchy is used: with which artefact, and in the context of which other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HierarchyAssociation {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The hierarchy.
    pub linked_hierarchy: Reference,
    /// What it is used with, such as a code list.
    pub linked_object: Reference,
    /// Where it is used so, such as a dataflow; everywhere if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_object: Option<Reference>,
}

impl Hierarchy {
    /// The code of a path of ids with points between: `AFR.MAR`.
    pub fn code(&self, path: &str) -> Option<&HierarchicalCode> {
        let mut ids = path.split('.');
        let find = |codes: &'_ [HierarchicalCode], id: &str| codes.iter().position(|code| &*code.id == id);
        let mut found = self.hierarchical_codes.get(find(&self.hierarchical_codes, ids.next()?)?)?;
        for id in ids {
            found = found.hierarchical_codes.get(find(&found.hierarchical_codes, id)?)?;
        }
        Some(found)
    }

    /// All codes at all depths; those within a code come after it.
    pub fn all_codes(&self) -> impl Iterator<Item = &HierarchicalCode> {
        let mut open: Vec<&HierarchicalCode> = self.hierarchical_codes.iter().rev().collect();
        std::iter::from_fn(move || {
            let next = open.pop()?;
            open.extend(next.hierarchical_codes.iter().rev());
            Some(next)
        })
    }

    /// All levels, the topmost first.
    pub fn levels(&self) -> impl Iterator<Item = &Level> {
        std::iter::successors(self.level.as_ref(), |level| level.level.as_deref())
    }
}
