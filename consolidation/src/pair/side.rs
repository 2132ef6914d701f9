//! One side of a cell, and a cell.

use mighub_sdmx::{Decimal, Period};

/// Who speaks of a corridor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reporter {
    /// The area that people leave.
    Origin,
    /// The area that people come to.
    Destination,
}

impl Reporter {
    /// The FLOW_DIR that it reports a flow under.
    pub fn direction(self) -> &'static str {
        match self {
            Self::Origin => "EMI",
            Self::Destination => "IMM",
        }
    }
}

/// By which definition of duration a side counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Definition {
    /// By the one that the cell's DURATION names.
    Named,
    /// By a national one, which stands in for long-term and is flagged D.
    National,
}

/// What one side says of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// The figure in units of one, if one may be seen.
    pub value: Option<Decimal>,
    /// The letter of OBS_STATUS, `A` where none was given.
    pub status: u8,
    /// The letter of CONF_STATUS, if the figure may not be seen.
    pub restricted: Option<u8>,
    /// By which definition it counts.
    pub definition: Definition,
    /// The reported series, as a number within [`super::Paired`].
    pub(crate) series: u32,
    /// The observation in its batch.
    pub(crate) observation: u32,
}

impl Side {
    /// The figure, if it can be a count of people: a negative one is a correction of something else.
    pub fn count(&self) -> Option<Decimal> {
        self.value.filter(|value| value.unscaled >= 0)
    }

    /// Whether the series breaks here: what went before was counted otherwise.
    pub fn breaks(&self) -> bool {
        self.status == b'B'
    }

    /// Whether it has something to say: a figure, or one that is hidden.
    pub(crate) fn speaks(&self) -> bool {
        self.value.is_some() || self.restricted.is_some()
    }
}

/// Both sides of one corridor, sex, age, duration and period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The period.
    pub period: Period,
    /// What the origin reports.
    pub origin: Option<Side>,
    /// What the destination reports.
    pub destination: Option<Side>,
    /// Of stocks: refugees that the destination says are not in its figure.
    pub refugees: Option<Side>,
}

impl Cell {
    /// What one side reports.
    pub fn side(&self, reporter: Reporter) -> Option<&Side> {
        match reporter {
            Reporter::Origin => self.origin.as_ref(),
            Reporter::Destination => self.destination.as_ref(),
        }
    }

    /// The strictest CONF_STATUS of what enters, if any of it may not be seen.
    pub fn restricted(&self) -> Option<u8> {
        let sides = [&self.origin, &self.destination, &self.refugees];
        let letters = sides.into_iter().flatten().filter_map(|side| side.restricted);
        letters.max_by_key(|letter| strictness(*letter))
    }
}

/// Letters of CONF_STATUS, the strictest last: what may be shown to fewer people is stricter. One that is not known is
/// the strictest of all.
const STRICTNESS: &[u8] = b"FESDATGOMNC";

fn strictness(letter: u8) -> usize {
    STRICTNESS.iter().position(|known| *known == letter).unwrap_or(STRICTNESS.len())
}
