//! The judge, set up with what is known of a lane.

use mighub::convert;
use mighub::v1::{self, AttributeDefaultOrigin};
use mighub_sdmx::csv::Action;
use mighub_sdmx::sort::SortedBatch;
use mighub_sdmx::structure::DefaultSource;
use mighub_validation::{Checker, Findings, Stage, Terms};

use super::pass::Pass;
use super::{Complete, DatasetAttribute, ReadOptions};
use crate::error::Error;
use crate::lane::LaneInfo;

/// Judges the rows of one lane.
pub(super) struct Judge {
    checker: Checker,
    /// Rows meet nothing that is there already or stays, and no rows of another part.
    rows_are_result: bool,
}

impl Judge {
    pub(super) fn new(lane: &LaneInfo, pass: Pass, options: &ReadOptions) -> Result<Self, Error> {
        let malformed =
            |error: convert::FieldError| Error::Contract(format!("the answer to GetLane: {error}"));
        let of_agreement =
            lane.defaults.iter().filter(|default| default.origin() == AttributeDefaultOrigin::Agreement);
        let terms = Terms {
            permitted: convert::region(&lane.permitted_region).map_err(malformed)?,
            defaults: of_agreement
                .map(convert::attribute_default)
                .collect::<Result<_, _>>()
                .map_err(malformed)?,
            // The hub tells of lanes only under agreements that are in force.
            ..Terms::default()
        };
        Ok(Self {
            checker: Checker::new(lane.definition.clone(), terms),
            // Beside the key of a complete file its rows may meet what is there.
            rows_are_result: !pass.several_parts
                && (lane.head.is_none() || options.complete == Some(Complete::Lane)),
        })
    }

    /// Whether rows are judged as what the lane holds in the end.
    pub(super) fn takes_rows_for_result(&self) -> bool {
        self.rows_are_result
    }

    /// Judges rows in canonical order.
    pub(super) fn check(&mut self, batch: &SortedBatch, action: Action, findings: &mut Findings) {
        let stage = self.stage(action);
        self.checker.check(&batch.columns, stage, findings);
    }

    /// Judges attributes of the dataset, once all are known.
    pub(super) fn check_dataset(&mut self, given: &[DatasetAttribute], findings: &mut Findings) {
        let stage = self.stage(Action::Merge);
        self.checker.check_dataset_attributes(given, stage, findings);
    }

    /// Defaults that stood for an absent attribute.
    pub(super) fn defaults_applied(&self) -> Vec<v1::AttributeDefault> {
        let message = |(default, source)| {
            let origin = match source {
                DefaultSource::Agreement => AttributeDefaultOrigin::Agreement,
                DefaultSource::Dataflow => AttributeDefaultOrigin::Dataflow,
            };
            convert::attribute_default_message(default, origin)
        };
        self.checker.defaults_applied().map(message).collect()
    }

    fn stage(&self, action: Action) -> Stage {
        match action {
            Action::Merge | Action::Replace if self.rows_are_result => Stage::Inserted,
            action => Stage::Submitted(action),
        }
    }
}
