//! What a rule is.

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Must be corrected; the submission is not accepted.
    Error,
    /// Must be corrected or answered.
    Warning,
    /// For information.
    Note,
}

impl Severity {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What the judge asks of data. One table holds all rules: [`crate::rules`].
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable name; never used again for another rule.
    pub id: &'static str,
    /// Validation level: 0 file, 1 structure; later 2 dataset, 3 previous vintages, 4 other dataflows,
    /// 5 partners.
    pub level: u8,
    /// What its findings weigh.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// What the rule asks and why, for the page of rules.
    pub explanation: &'static str,
    /// What to do, one sentence.
    pub remedy: &'static str,
}
