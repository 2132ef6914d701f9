//! Where the checks of one batch put what they find. Neighbouring observations of a series with the same
//! mistake are one finding.

use std::sync::Arc;

use mighub_sdmx::columns::Columns;
use mighub_sdmx::period::Period;

use crate::findings::{Entry, Findings, clip};
use crate::rule::Rule;

/// What a finding says beside its rule and its place.
#[derive(Clone, Debug, Default)]
pub(super) struct Details {
    pub(super) found: String,
    pub(super) expected: String,
    pub(super) remedy: Option<String>,
    pub(super) suggestions: Vec<Arc<str>>,
}

/// Collects the findings of one batch.
pub(super) struct Collector<'a> {
    pub(super) columns: &'a Columns,
    pub(super) findings: &'a mut Findings,
    open: Option<Open>,
}

/// A finding to which the next observation may belong.
struct Open {
    entry: Entry,
    series: usize,
    next: usize,
    mark: i64,
}

impl<'a> Collector<'a> {
    pub(super) fn new(columns: &'a Columns, findings: &'a mut Findings) -> Self {
        Self { columns, findings, open: None }
    }

    /// Whether an observation is only the carrier of attributes of its series, or has an unreadable period.
    pub(super) fn is_about_series(&self, observation: usize) -> bool {
        self.columns.periods[observation] == Period::ANY && !self.columns.shape.timeless
    }

    /// Something about a whole series.
    pub(super) fn series(
        &mut self,
        rule: &'static Rule,
        component: &Arc<str>,
        series: usize,
        details: Details,
    ) {
        self.close();
        let mut entry = self.entry(rule, component, series, details);
        for observation in self.columns.observations(series) {
            entry.observed(None, self.row(observation));
        }
        self.findings.add(entry);
    }

    /// Something about an observation. Neighbours with the same rule, component and `mark` are one finding;
    /// then `details` are those of the first.
    pub(super) fn observation(
        &mut self,
        rule: &'static Rule,
        component: &Arc<str>,
        (series, observation): (usize, usize),
        mark: i64,
        details: impl FnOnce() -> Details,
    ) {
        let row = self.row(observation);
        if self.findings.is_unreadable(row, component) {
            return;
        }
        let period = Some(self.columns.periods[observation]).filter(|period| *period != Period::ANY);
        if let Some(open) = &mut self.open {
            let goes_on = (open.series, open.next, open.mark) == (series, observation, mark)
                && open.entry.rule.is(rule)
                && open.entry.component == *component;
            if goes_on {
                open.entry.observed(period, row);
                open.next += 1;
                return;
            }
        }
        self.close();
        let mut entry = self.entry(rule, component, series, details());
        entry.observed(period, row);
        self.open = Some(Open { entry, series, next: observation + 1, mark });
    }

    /// Puts down what is open; at the end of the batch.
    pub(super) fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.findings.add(open.entry);
        }
    }

    fn entry(&self, rule: &'static Rule, component: &Arc<str>, series: usize, details: Details) -> Entry {
        Entry {
            key: Some(self.columns.key(series).codes().cloned().collect()),
            component: component.clone(),
            found: clip(&details.found),
            expected: details.expected,
            remedy: details.remedy,
            suggestions: details.suggestions,
            ..Entry::new(rule)
        }
    }

    fn row(&self, observation: usize) -> Option<u64> {
        self.columns.rows.get(observation).copied()
    }
}

/// The series of observations that come in ascending order.
pub(super) struct SeriesCursor<'c> {
    ends: &'c [u32],
    series: usize,
}

impl<'c> SeriesCursor<'c> {
    pub(super) fn new(columns: &'c Columns) -> Self {
        Self { ends: &columns.ends, series: 0 }
    }

    /// The series of an observation, which comes after those asked for before.
    pub(super) fn series_of(&mut self, observation: usize) -> usize {
        while self.ends.get(self.series).is_some_and(|end| *end as usize <= observation) {
            self.series += 1;
        }
        self.series
    }
}

/// `IMM, EMI or NET`; of many only the first.
pub(super) fn one_of<T: AsRef<str>>(values: impl ExactSizeIterator<Item = T>) -> String {
    const LISTED: usize = 10;
    let count = values.len();
    let mut text = String::new();
    for (place, value) in values.take(LISTED).enumerate() {
        match place {
            0 => {}
            _ if place + 1 == count => text.push_str(" or "),
            _ => text.push_str(", "),
        }
        text.push_str(value.as_ref());
    }
    if count > LISTED {
        text.push_str(&format!(" and so on, {count} in all"));
    }
    text
}
