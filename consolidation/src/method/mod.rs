//! The published methods: which figure stands for a corridor when two, one or none are reported.
//!
//! What lives here: the methods as artefacts (parameters, digest, readable text) and the decision about one cell. What
//! must not: where figures come from, and the rows they end in.

mod artefact;
mod decide;
pub(crate) mod fit;
mod text;

use std::sync::Arc;

use mighub_sdmx::{Decimal, Period};
use serde::{Deserialize, Serialize};

pub use artefact::{METHOD_BYTES_MAX, MethodError};
pub(crate) use decide::{Sides, agree};
pub use fit::{Fitting, ITERATIONS_MAX, MARGINS_MAX, Margin};

use crate::exact;
use crate::pair::Reporter;

/// A method with its parameters. It is an artefact: the same parameters are the same bytes and the same digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", deny_unknown_fields)]
pub enum Method {
    /// The receiving area first; the other side where it says nothing.
    M0 {},
    /// One side; both within a tolerance: their mean; else the better declared quality, a tie to the receiver.
    M1(QualityRule),
    /// The larger of two.
    M2 {},
    /// Figures times published factors.
    M3(Correction),
    /// Another method's figures, fitted to published margins. Never used unless somebody turns it on.
    M4(Fitting),
}

/// Parameters of M1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityRule {
    /// Up to which gap, as a share of the larger figure, two figures are taken to agree.
    #[serde(with = "exact::text")]
    pub tolerance: Decimal,
    /// Whether figures that agree give their mean; if not, quality decides at once.
    pub mean: bool,
    /// For how many years the last figure stands in where both sides say that they have none; 0: never.
    pub carry_years: u8,
}

/// Parameters of M3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Digits behind the point that corrected figures keep.
    pub digits: u8,
    /// The factors.
    pub factors: Vec<Factor>,
}

/// A published correction factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// The reporting area.
    pub area: Arc<str>,
    /// `IMM` or `EMI`: which of its figures; `_Z` for stocks.
    pub direction: Arc<str>,
    /// First year.
    pub from: u16,
    /// Last year.
    pub to: u16,
    /// What figures are multiplied by; above 0.
    #[serde(with = "exact::text")]
    pub factor: Decimal,
    /// Who published it.
    pub source: Arc<str>,
}

/// The rule that gave a figure: CL_CONS_RULE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Only one side reported.
    Single,
    /// The receiving area goes first.
    Receiver,
    /// The larger of two.
    Larger,
    /// The better declared quality.
    Quality,
    /// Both agree: their mean.
    Agree,
    /// Times a published factor.
    Scaled,
    /// Fitted to published margins.
    Fitted,
    /// Carried from an earlier period.
    Carried,
    /// An agency's own estimate.
    Agency,
}

/// Number of rules.
pub(crate) const RULES: usize = CODES.len();

const CODES: [(Rule, &str); 9] = [
    (Rule::Single, "R0_SINGLE"),
    (Rule::Receiver, "R1_RECEIVER"),
    (Rule::Larger, "R2_LARGER"),
    (Rule::Quality, "R3_QUALITY"),
    (Rule::Agree, "R4_AGREE"),
    (Rule::Scaled, "R5_SCALED"),
    (Rule::Fitted, "R6_IPF"),
    (Rule::Carried, "R7_CARRY"),
    (Rule::Agency, "R9_AGENCY"),
];

impl Rule {
    /// Its code of CL_CONS_RULE.
    pub fn code(self) -> &'static str {
        CODES[self as usize].1
    }

    /// The rule with a code.
    pub fn of_code(code: &str) -> Option<Self> {
        CODES.into_iter().find(|(_, known)| *known == code).map(|(rule, _)| rule)
    }

    /// Whether its figures are imputed by the receiving agency (OBS_STATUS I): nobody reported them.
    pub fn imputes(self) -> bool {
        matches!(self, Self::Agree | Self::Scaled | Self::Fitted | Self::Carried)
    }
}

/// A consolidated figure and how it came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The figure.
    pub value: Decimal,
    /// The rule.
    pub rule: Rule,
    /// Whose figure was taken; of a mean, the destination's name stands for both.
    pub taken: Reporter,
    /// The period it was carried from.
    pub carried_from: Option<Period>,
}

impl Method {
    /// The receiving area first.
    pub fn m0() -> Self {
        Self::M0 {}
    }

    /// Agreement within a tenth, then quality; nothing is carried.
    pub fn m1() -> Self {
        Self::M1(QualityRule { tolerance: TENTH, mean: true, carry_years: 0 })
    }

    /// Quality alone: no mean is taken.
    pub fn m1_without_mean() -> Self {
        Self::M1(QualityRule { tolerance: Decimal::integer(0), mean: false, carry_years: 0 })
    }

    /// The larger of two.
    pub fn m2() -> Self {
        Self::M2 {}
    }

    /// What a hub starts with: nothing in it models, carries or corrects.
    pub fn defaults() -> Vec<Self> {
        vec![Self::m0(), Self::m1(), Self::m2()]
    }

    /// Its code of CL_CONS_METHOD.
    pub fn code(&self) -> &'static str {
        match self {
            Self::M0 {} => "M0",
            Self::M1(_) => "M1",
            Self::M2 {} => "M2",
            Self::M3(_) => "M3",
            Self::M4(_) => "M4",
        }
    }

    /// Whether a figure rests on its own corridor alone. Where not, a change of one corridor may move all others.
    pub fn is_local(&self) -> bool {
        !matches!(self, Self::M4(_))
    }

    /// The years for which a figure may be carried.
    pub fn carry_years(&self) -> u8 {
        match self {
            Self::M1(quality) => quality.carry_years,
            _ => 0,
        }
    }
}

/// The tolerance that is published: a tenth.
const TENTH: Decimal = Decimal { unscaled: 10, scale: 2 };
