//! What is wrong with artefacts, as it is told to those who sent them.

use std::fmt;

/// Something wrong in one artefact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The artefact.
    pub artefact: String,
    /// What is wrong, and what to do.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.artefact, self.text)
    }
}
