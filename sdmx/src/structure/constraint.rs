//! Constraints: which values a dataflow may have.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::artefact::Identity;
use super::id::Id;
use super::key_set::DataKeySet;
use super::qualified::{KeyValuesJson, Qualifiers};
use super::reference::Reference;
use super::time_range::TimeRange;
use crate::period::Period;

/// Whether a constraint says what is allowed or what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConstraintRole {
    /// Allowed.
    #[default]
    Allowed,
    /// There.
    Actual,
}

/// What a constraint is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// A data provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_provider: Option<Reference>,
    /// Data structures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_structures: Vec<Reference>,
    /// Dataflows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dataflows: Vec<Reference>,
    /// Provision agreements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provision_agreements: Vec<Reference>,
}

/// Values of one component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "KeyValuesJson", into = "KeyValuesJson")]
pub struct KeyValues {
    /// Id of the component.
    pub id: Id,
    /// Whether the region has these values, or all others.
    pub include: bool,
    /// The values.
    pub values: Vec<Arc<str>>,
    /// Periods, for the time dimension.
    pub time_range: Option<TimeRange>,
    /// Which of the values mean more or less than themselves.
    pub qualifiers: Qualifiers,
}

/// A region of the cube that the dimensions span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CubeRegion {
    /// Whether what lies in the region is allowed, or all else is.
    #[serde(default = "yes")]
    pub include: bool,
    /// Values by dimension; a dimension that is not named may have any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_values: Vec<KeyValues>,
    /// Values by attribute or measure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<KeyValues>,
}

/// A constraint on the values of dataflows. Each of several constraints holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataConstraint {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// What it says.
    #[serde(default)]
    pub role: ConstraintRole,
    /// What it is about.
    #[serde(default)]
    pub constraint_attachment: Attachment,
    /// At most two regions: one of what is allowed, one of what is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cube_regions: Vec<CubeRegion>,
    /// Whole keys that are allowed or excluded; those of all sets that are included count together.
    #[serde(default, rename = "dataKeySets", skip_serializing_if = "Vec::is_empty")]
    pub key_sets: Vec<DataKeySet>,
}

impl KeyValues {
    /// Whether a value or, for the time dimension, a period is one of these; nothing if neither is known.
    /// No values at all stand for all there are. Where values are qualified, only what is among the others is known.
    fn cover(&self, value: Option<&str>, period: Option<Period>) -> Option<bool> {
        if !self.qualifiers.is_none() {
            let is_plain = |known: &&Arc<str>| Some(&***known) == value && self.qualifiers.is_plain(known);
            return self.values.iter().find(is_plain).map(|_| self.include);
        }
        let among = match &self.time_range {
            Some(range) => range.contains(period?),
            None => self.values.is_empty() || self.values.iter().any(|known| Some(&**known) == value),
        };
        (self.time_range.is_some() || self.values.is_empty() || value.is_some())
            .then_some(among == self.include)
    }
}

impl CubeRegion {
    /// All values of the region, of whatever kind of component.
    pub fn all_values(&self) -> impl Iterator<Item = &KeyValues> {
        self.key_values.iter().chain(&self.components)
    }

    /// Whether the region allows an observation. Where `value_of` has no answer, it does not forbid it.
    pub fn allows<'v>(&self, value_of: impl Fn(&str) -> Option<&'v str>, period: Option<Period>) -> bool {
        let covers = |values: &KeyValues| values.cover(value_of(&values.id), period).unwrap_or(self.include);
        self.all_values().all(covers) == self.include
    }
}

impl DataConstraint {
    /// Whether an observation lies in the region and among the keys that are allowed, if there are any, and
    /// outside the others.
    /// Where `value_of` has no answer, the constraint does not forbid it.
    pub fn allows<'v>(&self, value_of: impl Fn(&str) -> Option<&'v str>, period: Option<Period>) -> bool {
        let of_role = |included: bool| self.key_sets.iter().filter(move |set| set.is_included == included);
        self.cube_regions.iter().all(|region| region.allows(&value_of, period))
            && of_role(false).all(|set| set.allows(&value_of))
            && (of_role(true).next().is_none() || of_role(true).any(|set| set.allows(&value_of)))
    }
}

fn yes() -> bool {
    true
}
