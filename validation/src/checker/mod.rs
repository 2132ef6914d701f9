//! Judges columns of one dataflow, batch by batch.
//!
//! What lives here: the rules of level 1, each applied to distinct codes and values where it can be, and to
//! observations only where it must. What must not: the texts of rules, and where findings go.

mod attributes;
mod codes;
mod collector;
mod periods;
mod presence;
mod regions;
mod text_form;
mod values;

use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, Columns};
use mighub_sdmx::period::Period;
use mighub_sdmx::structure::{AttributeDefault, DataDefinition, DefaultSource};

use crate::findings::{Entry, Findings};
use crate::rules::structure;
use crate::terms::{Stage, Terms};
use attributes::Attributes;
use codes::Codes;
use collector::{Collector, Details};
use periods::Periods;
use presence::Presence;
use regions::Regions;
use values::Values;

/// Judges data of one dataflow under the terms of one agreement.
pub struct Checker {
    definition: Arc<DataDefinition>,
    terms: Terms,
    codes: Codes,
    periods: Periods,
    values: Values,
    attributes: Attributes,
    presence: Presence,
    regions: Regions,
    /// Whether what does not depend on data was said.
    has_begun: bool,
}

impl Checker {
    /// A judge for a dataflow.
    pub fn new(definition: Arc<DataDefinition>, terms: Terms) -> Self {
        Self {
            codes: Codes::new(&definition, &terms),
            periods: Periods::new(&definition),
            values: Values::new(&definition),
            attributes: Attributes::new(&definition),
            presence: Presence::new(&definition, &terms),
            regions: Regions::new(&definition),
            definition,
            terms,
            has_begun: false,
        }
    }

    /// The dataflow.
    pub fn definition(&self) -> &Arc<DataDefinition> {
        &self.definition
    }

    /// Judges a batch: one series per key, with ascending periods, as the sorter gives it and blocks have
    /// it. A series that is divided between batches is judged in parts.
    pub fn check(&mut self, columns: &Columns, stage: impl Into<Stage>, findings: &mut Findings) {
        let stage = stage.into();
        self.begin(findings);
        if columns.is_empty() {
            return;
        }
        let mut collector = Collector::new(columns, findings);
        if stage.is_sent() {
            let found = self.codes.look_at(columns, stage);
            if found.has_bad {
                self.codes.report(&mut collector);
            }
            if !stage.deletes() {
                self.periods.judge_forms(&self.definition, &mut collector);
                if found.has_dated {
                    self.periods.judge_validity(&self.definition, &mut collector);
                }
                self.values.judge(&mut collector);
                self.attributes.judge(&mut collector);
                self.regions.judge(&self.codes, &mut collector);
            }
        }
        if !stage.deletes() {
            self.presence.judge_values(stage, &mut collector);
            self.presence.judge_attributes(stage, &mut collector);
        }
        if stage == Stage::Inserted && !columns.shape.timeless {
            let is_lonely = |series: &usize| columns.periods[columns.observations(*series)] == [Period::ANY];
            self.leave_out((0..columns.series_count()).filter(is_lonely), &mut collector);
        }
        collector.close();
    }

    /// Says of rows without period that what they give is left out: `series` are those of which the lane has no
    /// observations.
    pub fn series_left_out(
        &mut self,
        columns: &Columns,
        series: impl IntoIterator<Item = usize>,
        findings: &mut Findings,
    ) {
        self.begin(findings);
        let mut collector = Collector::new(columns, findings);
        self.leave_out(series.into_iter(), &mut collector);
        collector.close();
    }

    fn leave_out(&self, series: impl Iterator<Item = usize>, collector: &mut Collector<'_>) {
        let Some(time) = &self.definition.time else { return };
        for series in series {
            let first = collector.columns.observations(series).start;
            let details =
                || Details { found: "no observation of the series".to_owned(), ..Details::default() };
            collector.observation(&structure::SERIES_LEFT_OUT, time, (series, first), 0, details);
        }
    }

    /// Judges attributes of the dataset: those that are given, and where nothing else can give them, those
    /// that are missing.
    pub fn check_dataset_attributes(
        &mut self,
        given: &[(Arc<str>, Option<AttributeValue>)],
        stage: impl Into<Stage>,
        findings: &mut Findings,
    ) {
        let stage = stage.into();
        self.begin(findings);
        if stage.is_sent() {
            self.attributes.judge_dataset(given, findings);
        }
        self.presence.judge_dataset(given, stage, findings);
    }

    /// Defaults that stood for an absent attribute of at least one observation so far, the agreement's
    /// first. An absent attribute of a row that is merged may also stay what it was: once the checker has
    /// seen [`Stage::Inserted`] or [`Stage::Resulting`], only these count.
    pub fn defaults_applied(&self) -> impl Iterator<Item = (&AttributeDefault, DefaultSource)> {
        self.presence.applied()
    }

    /// Says what does not depend on data, once.
    fn begin(&mut self, findings: &mut Findings) {
        findings.is_about(&self.definition);
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        for (id, reason) in self.attributes.not_run() {
            findings.add_not_run(&structure::TEXT_FORM, format!("{id}: {reason}"));
        }
        let validity = self.terms.validity;
        if let Some(day) = self.terms.day.filter(|day| !validity.contains(*day)) {
            let from = validity.from.map(|day| format!("from {day}"));
            let to = validity.to.map(|day| format!("to {day}"));
            findings.add(Entry {
                found: day.to_string(),
                expected: [from, to].into_iter().flatten().collect::<Vec<_>>().join(" "),
                ..Entry::new(&structure::NOT_IN_FORCE)
            });
        }
    }
}
