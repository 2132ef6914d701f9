//! What an office wants of the figures of a dataflow before anybody else sees them.
//!
//! What lives here: the policy and its JSON. What must not: figures, and the secret that rounding is keyed by.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Longest policy in bytes; real ones have some hundred.
pub const POLICY_BYTES_MAX: usize = 64 * 1024;
/// Largest minimum cell: beyond it a table would be hidden rather than protected.
pub const MINIMUM_CELL_MAX: u64 = 1_000_000;
/// Largest share that an interval can be asked to have of the figure, in per cent.
pub const PERCENT_MAX: u32 = 1_000;

/// The terms on which figures of one dataflow, or of one office in it, are published.
///
/// ```
/// let policy = mighub_disclosure::Policy::read(br#"{ "minimum_cell": 5, "width": { "at_least": 3 } }"#)?;
/// assert_eq!(policy.minimum_cell, 5);
/// # Ok::<(), mighub_disclosure::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Which figures it concerns: by dimension or series attribute the codes, such as
    /// `{"UNIT_MEASURE": ["PS"]}`. A figure that lacks the component is concerned. None at all: every figure.
    pub concerns: Codes,
    /// Figures from 1 to less than this are hidden; 0 and 1 hide nothing. In units of the figures.
    pub minimum_cell: u64,
    /// Whether a 0 is a small figure, too, and is hidden.
    pub zeros_count: bool,
    /// Whether other cells are hidden, too, until what is hidden cannot be had from what is shown.
    pub suppression: bool,
    /// Figures are rounded to a multiple of this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounding: Option<RoundingBase>,
    /// How wide the interval must stay in which a hidden figure can be said to lie.
    pub width: Width,
    /// Whether readers know `minimum_cell`, so that a figure hidden because it is small is known to be small.
    /// To say no is to trust that nobody finds out.
    pub rule_is_public: bool,
    /// The codes that hidden cells get as CONF_STATUS.
    pub conf_status: ConfStatus,
    /// Whether small figures say between which bounds they lie, as CENSOR_LOWER and CENSOR_UPPER. Only where the
    /// rule is public and small cells can be told from others anyway.
    pub bounds: bool,
    /// Figures that may be less than 0, by dimension and code: net flows.
    pub may_be_negative: Codes,
    /// Whether a part of a sum that was not sent counts as 0. Otherwise nothing is known of it, and the sum
    /// only says that the total is not less than its other parts.
    pub absent_is_zero: bool,
    /// Whether months and quarters add up to quarters and years, as flows do and stocks do not.
    pub adds_over_time: bool,
}

/// Codes by component.
pub type Codes = BTreeMap<String, BTreeSet<String>>;

/// The base that figures are rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum RoundingBase {
    /// Multiples of three.
    Three,
    /// Multiples of five.
    Five,
}

/// How wide an interval must stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Width {
    /// In units of the figures: the greatest value that remains possible less the smallest. At least 1, which
    /// asks only that the figure is not known exactly.
    pub at_least: u64,
    /// In per cent of the greatest value that remains possible.
    pub percent: u32,
}

/// CONF_STATUS of cells that this policy hides. Where the two differ, readers can tell cells that were hidden for
/// their own sake from the others, and the audit reckons with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfStatus {
    /// Of small figures: `A` (primary confidentiality, small counts).
    pub primary: String,
    /// Of those hidden for others' sake: `S` (secondary confidentiality set and managed by the receiver), `D`
    /// where the office says so itself.
    pub secondary: String,
}

/// Why a policy cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Too long.
    #[error("the policy has more than {POLICY_BYTES_MAX} bytes")]
    TooLong,
    /// Not the JSON of a policy.
    #[error("the policy is not what one looks like: {0}")]
    Json(#[from] serde_json::Error),
    /// A number out of bounds.
    #[error("{field} is {given}: at most {most} makes sense")]
    TooLarge {
        /// The field.
        field: &'static str,
        /// What it says.
        given: u64,
        /// What it may say.
        most: u64,
    },
    /// A code that hides nothing.
    #[error("conf_status: {0:?} does not hide a cell; write A, C, D, N or S")]
    NotHiding(String),
    /// Bounds would tell what the policy keeps to itself.
    #[error(
        "bounds: they tell readers the minimum cell, and which cells are small: leave rule_is_public true and let the \
         two codes of conf_status differ, or give no bounds"
    )]
    BoundsTell,
}

impl Policy {
    /// Reads and checks a policy.
    pub fn read(json: &[u8]) -> Result<Self, PolicyError> {
        if json.len() > POLICY_BYTES_MAX {
            return Err(PolicyError::TooLong);
        }
        let policy: Self = serde_json::from_slice(json)?;
        let width = policy.width;
        for (field, given, most) in [
            ("minimum_cell", policy.minimum_cell, MINIMUM_CELL_MAX),
            ("width.at_least", width.at_least, MINIMUM_CELL_MAX),
            ("width.percent", width.percent.into(), PERCENT_MAX.into()),
        ] {
            if given > most {
                return Err(PolicyError::TooLarge { field, given, most });
            }
        }
        let codes = &policy.conf_status;
        for code in [&codes.primary, &codes.secondary] {
            if !["A", "C", "D", "N", "S"].contains(&code.as_str()) {
                return Err(PolicyError::NotHiding(code.clone()));
            }
        }
        if policy.bounds && (!policy.rule_is_public || codes.primary == codes.secondary) {
            return Err(PolicyError::BoundsTell);
        }
        Ok(policy)
    }

    /// Whether a figure is hidden because it is small; in whole units.
    pub fn is_small(&self, figure: i128) -> bool {
        let from = i128::from(!self.zeros_count);
        (from..i128::from(self.minimum_cell)).contains(&figure)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            concerns: Codes::new(),
            minimum_cell: 5,
            zeros_count: false,
            suppression: true,
            rounding: None,
            width: Width::default(),
            rule_is_public: true,
            conf_status: ConfStatus::default(),
            bounds: false,
            may_be_negative: Codes::new(),
            absent_is_zero: false,
            adds_over_time: false,
        }
    }
}

impl Default for Width {
    fn default() -> Self {
        Self { at_least: 1, percent: 0 }
    }
}

impl Default for ConfStatus {
    fn default() -> Self {
        Self { primary: "A".to_owned(), secondary: "S".to_owned() }
    }
}

impl RoundingBase {
    /// As a number.
    pub const fn number(self) -> i128 {
        match self {
            Self::Three => 3,
            Self::Five => 5,
        }
    }
}

impl TryFrom<u8> for RoundingBase {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match number {
            3 => Ok(Self::Three),
            5 => Ok(Self::Five),
            other => Err(format!("figures are rounded to 3 or 5, not to {other}")),
        }
    }
}

impl From<RoundingBase> for u8 {
    fn from(base: RoundingBase) -> Self {
        base.number() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_and_written() {
        let json = br#"{"minimum_cell": 10, "zeros_count": true, "rounding": 3, "width": {"percent": 20}}"#;
        let policy = Policy::read(json).expect("a policy");
        let written = serde_json::to_vec(&policy).expect("a policy is JSON");
        assert_eq!(Policy::read(&written).expect("a policy"), policy);
        assert_eq!((policy.rounding, policy.width.at_least), (Some(RoundingBase::Three), 1));
        assert!(policy.is_small(0) && policy.is_small(9) && !policy.is_small(10));
    }

    #[test]
    fn what_no_policy_says_is_refused() {
        for (json, says) in [
            (r#"{"minimum_cells": 5}"#, "unknown field"),
            (r#"{"rounding": 4}"#, "3 or 5"),
            (r#"{"width": {"percent": 5000}}"#, "at most 1000"),
            (r#"{"conf_status": {"primary": "F"}}"#, "does not hide"),
            (r#"{"bounds": true, "rule_is_public": false}"#, "bounds"),
            (r#"{"bounds": true, "conf_status": {"primary": "N", "secondary": "N"}}"#, "bounds"),
        ] {
            let error = Policy::read(json.as_bytes()).expect_err(json).to_string();
            assert!(error.contains(says), "{json}: {error}");
        }
    }
}
