//! What an audit found, and how sure it is.

use crate::table::Bounds;

/// The outcome of an audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many of what.
    pub counts: Counts,
    /// Secrets that can be recovered, or are left too little room, in the order of cells; at most
    /// [`FINDINGS_MAX`](super::FINDINGS_MAX).
    pub findings: Vec<Finding>,
    /// All secrets with their intervals, in the order of cells.
    pub intervals: Vec<(u32, Bounds, Proof)>,
    /// Relations that the published figures do not fulfil, in words: they were left out.
    pub contradictions: Vec<String>,
}

/// How many of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cells of the table.
    pub cells: usize,
    /// Published ones.
    pub shown: usize,
    /// Not published, and no secret.
    pub missing: usize,
    /// Hidden for others' sake.
    pub helpers: usize,
    /// Of them, those that can be recovered: they help nobody.
    pub helpers_recovered: usize,
    /// Hidden for their own sake.
    pub secrets: usize,
    /// Secrets that can be recovered.
    pub recovered: usize,
    /// Secrets that are left too little room.
    pub too_narrow: usize,
    /// Secrets that are proven to have room enough.
    pub proven: usize,
    /// Secrets of which nothing was found, but in a part of the table that is too large to be sure.
    pub unproven: usize,
    /// Relations.
    pub relations: usize,
    /// Relations that published figures contradict.
    pub contradicted: usize,
    /// Parts of the table that hidden figures tie together.
    pub components: usize,
}

/// A secret that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The cell, as a place in its table.
    pub cell: u32,
    /// Its key and period.
    pub name: String,
    /// What can be known.
    pub exposure: Exposure,
    /// How sure it is.
    pub proof: Proof,
    /// How it can be known, in words, step by step.
    pub derivation: Vec<String>,
    /// Published cells that the derivation uses, step by step: without one of the first step's, all others fail.
    pub leans_on: Vec<Vec<u32>>,
    /// The earlier vintage that tells it, if one does.
    pub vintage: Option<String>,
}

/// What can be known of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Everything.
    Recovered {
        /// The figure, in the table's units.
        figure: i128,
    },
    /// Too much.
    TooNarrow {
        /// Where it lies.
        bounds: Bounds,
        /// How wide that should be.
        required: i128,
    },
}

/// How sure an interval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// Whole figures that fit all relations reach both of its ends.
    Whole,
    /// Figures that fit all relations reach both of its ends, but they may be fractions.
    Fractions,
    /// Two solutions lie far enough apart; the interval may be wider than they, and narrower than stated.
    Wide,
    /// The figure lies within; the interval may be narrower than stated. The part of the table is too large.
    Outer,
}

impl Counts {
    /// Whether nothing was found. What is unproven was not found either.
    pub fn is_clean(&self) -> bool {
        self.recovered == 0 && self.too_narrow == 0
    }

    pub(super) fn count(&mut self, proof: Proof, exposure: Option<&Exposure>) {
        match (exposure, proof) {
            (Some(Exposure::Recovered { .. }), _) => self.recovered += 1,
            (Some(Exposure::TooNarrow { .. }), _) => self.too_narrow += 1,
            (None, Proof::Outer) => self.unproven += 1,
            (None, _) => self.proven += 1,
        }
    }
}
