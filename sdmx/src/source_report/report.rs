//! A report whose values are all allowed.

use std::collections::BTreeMap;

use super::{Accuracy, Concept, PeriodRange, SourceRank, Undercount};

/// What an office says of its source, for an area, a direction and a range of periods. Only
/// [`check`](super::check()) makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceReport {
    pub(super) area: String,
    pub(super) direction: String,
    pub(super) periods: PeriodRange,
    pub(super) answers: BTreeMap<Concept, Answer>,
}

/// What a report says about one concept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A code.
    Code(String),
    /// A number.
    Number(u32),
    /// Texts by language (BCP 47); at least one.
    Texts(BTreeMap<String, String>),
}

impl SourceReport {
    /// Whose figures it is about: a code of the dataflow's REF_AREA, or
    /// [`NOT_APPLICABLE`](super::NOT_APPLICABLE).
    pub fn area(&self) -> &str {
        &self.area
    }

    /// Which way: a code of the dataflow's FLOW_DIR, or [`NOT_APPLICABLE`](super::NOT_APPLICABLE).
    pub fn direction(&self) -> &str {
        &self.direction
    }

    /// For which periods it holds.
    pub fn periods(&self) -> &PeriodRange {
        &self.periods
    }

    /// What it says, by concept; what it says nothing about is not there.
    pub fn answers(&self) -> &BTreeMap<Concept, Answer> {
        &self.answers
    }

    /// The code that it gives for a concept.
    pub fn code(&self, concept: Concept) -> Option<&str> {
        match self.answers.get(&concept) {
            Some(Answer::Code(code)) => Some(code),
            _ => None,
        }
    }

    /// How many the source misses.
    pub fn undercount(&self) -> Option<Undercount> {
        self.code(Concept::Undercount).and_then(Undercount::of_code)
    }

    /// How exact it is.
    pub fn accuracy(&self) -> Option<Accuracy> {
        self.code(Concept::Accuracy).and_then(Accuracy::of_code)
    }

    /// Its place among other sources.
    pub fn rank(&self) -> SourceRank {
        SourceRank::of(self.undercount(), self.accuracy())
    }
}
