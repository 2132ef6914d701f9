//! For which periods a report holds.

use std::fmt;

use crate::Period;

/// From the beginning of one period to the end of another, or until further notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodRange {
    first: Period,
    last: Option<Period>,
}

impl PeriodRange {
    /// The range, unless it ends before it begins.
    pub fn new(first: Period, last: Option<Period>) -> Option<Self> {
        let range = Self { first, last };
        let is_sound = first != Period::ANY && last != Some(Period::ANY) && range.start() < range.end();
        is_sound.then_some(range)
    }

    /// Its first period.
    pub fn first(&self) -> Period {
        self.first
    }

    /// Its last period; nothing: until further notice.
    pub fn last(&self) -> Option<Period> {
        self.last
    }

    /// First second in it, counted from 1970-01-01T00:00:00.
    pub fn start(&self) -> i64 {
        self.first.start()
    }

    /// First second after it; the last there is, if it has no end.
    pub fn end(&self) -> i64 {
        self.last.map_or(i64::MAX, Period::end)
    }

    /// Whether a period lies wholly within.
    pub fn covers(&self, period: Period) -> bool {
        self.start() <= period.start() && period.end() <= self.end()
    }

    /// Whether another range lies wholly within.
    pub fn contains(&self, other: &Self) -> bool {
        self.start() <= other.start() && other.end() <= self.end()
    }

    /// Whether the two have an instant in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start() < other.end() && other.start() < self.end()
    }
}

impl fmt::Display for PeriodRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            Some(last) if last == self.first => self.first.fmt(f),
            Some(last) => write!(f, "{} to {last}", self.first),
            None => write!(f, "since {}", self.first),
        }
    }
}
