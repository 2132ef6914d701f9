//! How a file is sent.

use jiff::Timestamp;
use mighub::v1;

use mighub_intake::{Complete, ReadOptions, TableReading};

/// How a file is sent. The default is a routine submission of the own agency, released at once.
#[derive(Clone, Debug, Default)]
pub struct PushOptions {
    /// Data provider in whose name is sent; the own agency if none is given.
    pub provider: Option<String>,
    /// Why it is sent.
    pub kind: Kind,
    /// The same in words; asked for with every kind but routine.
    pub reason: String,
    /// Run everything and store nothing.
    pub test: bool,
    /// Until then only the office and those it agreed with see what changes. A time in the file counts if none
    /// is given here.
    pub embargo: Option<Timestamp>,
    /// Label of the edition that results, and the day its publisher says it was published (may be empty).
    pub edition: Option<(String, String)>,
    /// The file is all there is within this part of the lane: what it lacks is withdrawn.
    pub complete: Option<Complete>,
    /// Of a file with several dataflows send only this one.
    pub only: Option<String>,
    /// How a table that is not SDMX-CSV is read.
    pub table: TableReading,
    /// Person who sends; the one in the configuration if none is given.
    pub person: Option<String>,
    /// The vintage that the sender built on.
    pub base: Base,
}

/// Why figures are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// New figures in the usual course.
    #[default]
    Routine,
    /// Something that was sent was wrong.
    Correction,
    /// The method or a definition changed; breaks are expected.
    MethodChange,
    /// Figures were estimated anew, as after a census.
    ReEstimation,
    /// A trial of the way there; always a test.
    Test,
}

/// The vintage that a sender built on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// The newest when the file was prepared. If somebody else changes the same figures in between, the hub
    /// refuses.
    #[default]
    Newest,
    /// Whatever holds when the file arrives.
    Any,
    /// This one, by its journal position.
    Position(u64),
}

impl PushOptions {
    pub(crate) fn read_options(&self) -> ReadOptions {
        ReadOptions { only: self.only.clone(), complete: self.complete.clone(), table: self.table.clone() }
    }
}

impl From<Kind> for v1::SubmissionKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Routine => Self::Routine,
            Kind::Correction => Self::Correction,
            Kind::MethodChange => Self::MethodChange,
            Kind::ReEstimation => Self::ReEstimation,
            Kind::Test => Self::Test,
        }
    }
}
