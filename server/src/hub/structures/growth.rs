//! How a data structure may change under the figures that are stored by it.

use mighub::v1::{self, ErrorReason};
use mighub_sdmx::columns::Shape;

use super::Definitions;
use crate::hub::Hub;
use crate::hub::refusal::Refusal;

/// Whether blocks of an older shape are read by a newer one as they lie: the same dimensions, and no attribute
/// gone or moved.
pub(in crate::hub) fn has_grown_from(new: &Shape, old: &Shape) -> bool {
    let holds = |new: &[std::sync::Arc<str>], old: &[std::sync::Arc<str>]| {
        let mut rest = new.iter();
        old.iter().all(|id| rest.any(|other| other == id))
    };
    new.dimensions == old.dimensions
        && new.timeless == old.timeless
        && holds(&new.observation_attributes, &old.observation_attributes)
        && holds(&new.series_attributes, &old.series_attributes)
}

impl Hub {
    /// Dataflows with figures that could not be read, or not be used at all, after a change of structures that are
    /// not stable.
    pub(super) fn broken_lanes(&self, after: &Definitions) -> Result<Vec<v1::StructureProblem>, Refusal> {
        let registry = self.registry();
        let mut problems = Vec::new();
        for (dataflow, before) in &registry.definitions {
            let now = after.get(dataflow);
            let is_read = |now: &super::Definition| has_grown_from(&now.data.shape, &before.data.shape);
            if now.is_some_and(is_read) || (now.is_some() && self.lanes(dataflow)?.is_empty()) {
                continue;
            }
            let text = "figures are stored by this dataflow, and with these structures they could not be read: leave \
                        its dimensions and attributes as they are, or make a new version of the dataflow";
            problems.push(v1::StructureProblem {
                artefact: dataflow.to_string(),
                reason: ErrorReason::StructureConflict.into(),
                text: text.to_owned(),
            });
        }
        Ok(problems)
    }
}
