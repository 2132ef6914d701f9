//! What a provision agreement says about data, and at which stage data are judged.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use mighub_sdmx::csv::Action;
use mighub_sdmx::structure::{AgreementTerms, AttributeDefault, CodeId, Id, Validity};

/// The part of a provision agreement by which data are judged. The default sets no limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The permitted region: codes by dimension; a dimension that is not named may have any.
    pub permitted: BTreeMap<Id, BTreeSet<CodeId>>,
    /// What absent attributes stand for by agreement. They count before the dataflow's own, which the
    /// checker takes from the definition: do not repeat those here.
    pub defaults: Vec<AttributeDefault>,
    /// Days on which the agreement is in force.
    pub validity: Validity,
    /// The day on which the data are sent; without it, nobody asks whether the agreement is in force.
    pub day: Option<Date>,
}

impl Terms {
    /// The terms of an agreement, on the day on which data are sent.
    pub fn of(agreement: &AgreementTerms, day: Date) -> Self {
        Self {
            permitted: agreement.permitted.clone(),
            defaults: agreement.defaults.clone(),
            validity: agreement.validity,
            day: Some(day),
        }
    }
}

/// What the rows are that a checker sees, and so which rules can be applied to them.
///
/// | stage | codes, periods, types, constraints, rights | value and OBS_STATUS together | what is missing |
/// |---|---|---|---|
/// | submitted, Merge | yes | where a row gives both | no: an empty cell leaves what is there |
/// | submitted, Replace | yes | yes | of the observation; attributes of the series stay |
/// | submitted, Delete | only codes and rights, only where given | no | no |
/// | inserted | yes | yes | yes |
/// | resulting | no: they were judged when they were sent | yes | yes |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Rows as they are sent to a lane that has figures, or by several actions.
    Submitted(Action),
    /// Rows that meet nothing: the first of a lane, or those of a file that is complete for its scope. They
    /// are their own result, so that everything can be judged.
    Inserted,
    /// What a lane holds once the rows are in: the touched blocks of the next vintage.
    Resulting,
}

impl From<Action> for Stage {
    fn from(action: Action) -> Self {
        Self::Submitted(action)
    }
}

impl Stage {
    /// Whether rows only say what is to be deleted.
    pub(crate) fn deletes(self) -> bool {
        self == Self::Submitted(Action::Delete)
    }

    /// Whether the sender's own rows are seen.
    pub(crate) fn is_sent(self) -> bool {
        self != Self::Resulting
    }

    /// Whether what an observation lacks here is missing for good.
    pub(crate) fn has_whole_observations(self) -> bool {
        matches!(self, Self::Submitted(Action::Replace) | Self::Inserted | Self::Resulting)
    }

    /// Whether what a series lacks here is missing for good.
    pub(crate) fn has_whole_series(self) -> bool {
        matches!(self, Self::Inserted | Self::Resulting)
    }
}
