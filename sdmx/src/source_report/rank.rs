//! How good a source is said to be: two grades, and the rank that the quality rule of consolidation compares.

use std::fmt;

/// How many migrants a source misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Undercount {
    /// Few.
    Low,
    /// Some.
    Medium,
    /// Many.
    High,
}

/// How exact figures are, apart from whom the source misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Accuracy {
    /// A complete register, or figures adjusted by a published model.
    High,
    /// A survey with wide intervals, or a register with known delays.
    Medium,
    /// Counts that are known to be rough.
    Low,
}

impl Undercount {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
        }
    }

    /// The grade with a code.
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High].into_iter().find(|grade| grade.code() == code)
    }
}

impl Accuracy {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
        }
    }

    /// The grade with a code.
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::High, Self::Medium, Self::Low].into_iter().find(|grade| grade.code() == code)
    }
}

/// The place of a source among others, 0 (best) to 4 (worst): a smaller rank is a better source.
///
/// The rank is the sum of two penalties, one for each grade:
///
/// | penalty | undercount | accuracy |
/// |---|---|---|
/// | 0 | LOW | HIGH |
/// | 1 | MEDIUM | MEDIUM |
/// | 2 | HIGH | LOW |
/// | 2 | not graded | not graded |
///
/// Both grades weigh the same, and who does not say how good a source is gains nothing by it: a missing grade counts as
/// the worst. So an office without any report has rank 4, as one that reports the worst of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceRank(u8);

impl SourceRank {
    /// The rank of a source of which nothing is said.
    pub const UNGRADED: Self = Self(MISSING + MISSING);

    /// The rank that two grades make.
    pub fn of(undercount: Option<Undercount>, accuracy: Option<Accuracy>) -> Self {
        let undercount = match undercount {
            Some(Undercount::Low) => 0,
            Some(Undercount::Medium) => 1,
            Some(Undercount::High) => 2,
            None => MISSING,
        };
        let accuracy = match accuracy {
            Some(Accuracy::High) => 0,
            Some(Accuracy::Medium) => 1,
            Some(Accuracy::Low) => 2,
            None => MISSING,
        };
        Self(undercount + accuracy)
    }

    /// The number, 0 to 4.
    pub fn get(self) -> u8 {
        self.0
    }
}

/// The penalty of a grade that is not there.
const MISSING: u8 = 2;

impl fmt::Display for SourceRank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
