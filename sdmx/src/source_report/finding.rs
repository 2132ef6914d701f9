//! What is wrong with reports, so that an office can correct them.

use std::fmt;

/// Findings that are listed; what is beyond is counted. Whoever has so many has one mistake in all rows.
pub const FINDINGS_MAX: usize = 1_000;
/// Characters of what was found that are told.
const FOUND_CHARACTERS: usize = 200;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFinding {
    /// Row of the file without its header, or place in the message, from 1; 0 if it is about the whole.
    pub row: u64,
    /// Column, or concept.
    pub concept: String,
    /// What stands there; clipped to 200 characters.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
    /// What to do, one sentence.
    pub remedy: String,
}

impl SourceFinding {
    /// A finding; `found` is clipped.
    pub fn new(row: u64, concept: &str, found: &str, allowed: impl ToString, remedy: &str) -> Self {
        Self {
            row,
            concept: concept.to_owned(),
            found: found.chars().take(FOUND_CHARACTERS).collect(),
            allowed: allowed.to_string(),
            remedy: remedy.to_owned(),
        }
    }
}

impl fmt::Display for SourceFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            0 => write!(f, "file")?,
            row => write!(f, "row {row}")?,
        }
        let Self { concept, found, allowed, remedy, .. } = self;
        write!(f, ", {concept}: found {found:?}, allowed: {allowed}; {remedy}")
    }
}

/// Findings, in bounded memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFindings {
    listed: Vec<SourceFinding>,
    left_out: u64,
}

impl SourceFindings {
    /// Adds one.
    pub fn add(&mut self, finding: SourceFinding) {
        if self.listed.len() < FINDINGS_MAX {
            self.listed.push(finding);
        } else {
            self.left_out += 1;
        }
    }

    /// Those that are listed.
    pub fn listed(&self) -> &[SourceFinding] {
        &self.listed
    }

    /// How many there are beyond.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}
