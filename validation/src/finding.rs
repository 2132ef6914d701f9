//! Findings and what sums them up, as the contract has them (`finding.proto`).
//!
//! Plain data: whoever prints, pages or sends findings works on these types, wherever they were found.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::rule::{AnyRule, Severity};

/// Most observations that one finding lists.
pub const OBSERVATIONS_LISTED: usize = 100;
/// Most values that a finding suggests.
pub const SUGGESTIONS_MAX: usize = 10;
/// Longest piece of the data that a finding repeats, in characters.
pub const FOUND_CHARACTERS: usize = 200;

/// One thing that validation says about a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Digest of rule, observations and component, as 26 characters of Crockford base32: the same wherever it
    /// is found. What names no observation is told apart by what was found and its row.
    pub finding_id: String,
    /// Stable name of the rule.
    pub rule_id: String,
    /// What it means for the submission.
    pub severity: Severity,
    /// Validation level, 0 to 5.
    pub level: u8,
    /// What is wrong in one line, the same for all findings of the rule.
    pub title: String,
    /// The observations concerned, the one to look at first; at most [`OBSERVATIONS_LISTED`]. None if the
    /// finding is about the whole file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observations: Vec<ObservationRef>,
    /// How many observations it concerns, listed or not.
    pub occurrences: u64,
    /// Where it stands in the file, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Rows of the observations, ascending and the one of `place` among them; empty if there is no file. At
    /// most [`OBSERVATIONS_LISTED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<u64>,
    /// What stands there, as it was sent; clipped to [`FOUND_CHARACTERS`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub found: String,
    /// What the rule expects; empty if that cannot be said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// The sum in words and figures; empty if nothing was computed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arithmetic: String,
    /// What to do, one sentence.
    pub remedy: String,
    /// Values that would be valid, the likeliest first; at most [`SUGGESTIONS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Arc<str>>,
}

/// Names an observation, a series, or a component of either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationRef {
    /// Codes of the series key in the order of the data structure, without the time dimension. Empty: all
    /// series.
    pub series_key: Arc<[Arc<str>]>,
    /// SDMX text of the period. Empty: the whole series.
    pub period: String,
    /// Component id; empty: the observation as a whole.
    pub component: Arc<str>,
}

/// A place in the sender's file, as far as it is known without reading the file again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Row of data, from 1 below the header; 0: the header itself, or not known.
    pub row: u64,
    /// Physical line of the file, from 1, where it is known: [`crate::SourceFile::locate`] looks it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column of the table, from 0, where it is known; otherwise the header tells it by `component`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Component id of that column; empty if it has none.
    pub component: Arc<str>,
    /// Cell of the workbook in which it stands, such as `Data!F412`; nothing if the file is no workbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The findings of one rule, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingGroup {
    /// The rule.
    pub rule_id: String,
    /// Its severity.
    pub severity: Severity,
    /// Its title.
    pub title: String,
    /// Number of findings.
    pub count: u64,
    /// Number of observations they concern.
    pub occurrences: u64,
    /// Where they concentrate: the components they are about with what was found there, the most frequent
    /// first; then dimensions of which one code has most of them.
    pub components: Vec<ComponentSample>,
}

/// The values of one component among the findings of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentSample {
    /// Component id.
    pub component: Arc<str>,
    /// Most frequent values first; at most [`crate::SAMPLE_VALUES`].
    pub values: Vec<ValueCount>,
    /// Number of distinct values, listed or not. Beyond [`crate::VALUES_COUNTED`] there may be more.
    pub distinct: u64,
}

/// How often a value occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueCount {
    /// The value.
    pub value: Arc<str>,
    /// Number of findings with it.
    pub count: u64,
}

/// Number of findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCounts {
    /// Errors.
    pub errors: u64,
    /// Warnings.
    pub warnings: u64,
    /// Notes.
    pub notes: u64,
}

impl FindingCounts {
    /// Counts one more.
    pub fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => self.notes += 1,
        }
    }

    /// All of them.
    pub fn total(self) -> u64 {
        self.errors + self.warnings + self.notes
    }
}

/// A rule that could not be applied: not run is not the same as passed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleNotRun {
    /// The rule.
    pub rule_id: String,
    /// Why.
    pub reason: String,
}

/// All findings in short.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Number of findings.
    pub counts: FindingCounts,
    /// One per rule that found something: errors first, then by rule id.
    pub groups: Vec<FindingGroup>,
    /// Rules that did not run.
    pub not_run: Vec<RuleNotRun>,
    /// What each rule of the rulebook did, by rule id; empty where none judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleCount>,
}

/// What one rule of a rulebook did.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleCount {
    /// The rule.
    pub rule_id: String,
    /// What it looked at: observations, sums or pairs.
    pub items: u64,
    /// For which it holds.
    pub passed: u64,
    /// For which it does not.
    pub failed: u64,
    /// For which it could not be decided, as a value is missing.
    pub undecided: u64,
    /// Why it did not run, or not on everything; empty: it ran.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub not_run: String,
}

impl Finding {
    /// The component it is about; empty if it is about a whole observation or the file.
    pub fn component(&self) -> &str {
        let of_place = self.place.as_ref().map(|place| &*place.component);
        of_place.or_else(|| self.observations.first().map(|first| &*first.component)).unwrap_or_default()
    }
}

impl FindingGroup {
    pub(crate) fn new(rule: &AnyRule) -> Self {
        Self {
            rule_id: rule.id().to_owned(),
            severity: rule.severity(),
            title: rule.title().to_owned(),
            count: 0,
            occurrences: 0,
            components: Vec::new(),
        }
    }
}
