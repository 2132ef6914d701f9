//! Keys of series and stretches of observations, borrowed from columns.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::Columns;

/// The key of one series, as it stands in its columns. Orders by code, dimension by dimension, in bytes.
#[derive(Clone, Copy)]
pub struct SeriesKey<'a> {
    columns: &'a Columns,
    series: usize,
}

/// A stretch of observations of one series.
#[derive(Clone, Copy)]
pub struct ObservationRange<'a> {
    /// Where they stand.
    pub columns: &'a Columns,
    /// Their series.
    pub series: usize,
    /// The first of them.
    pub start: usize,
    /// After the last of them.
    pub end: usize,
}

impl<'a> SeriesKey<'a> {
    pub(super) fn new(columns: &'a Columns, series: usize) -> Self {
        Self { columns, series }
    }

    /// The codes in the order of the dimensions.
    pub fn codes(self) -> impl Iterator<Item = &'a Arc<str>> {
        self.columns.dimensions.iter().map(move |column| &column.codes[column.index[self.series] as usize])
    }

    /// The codes, to be kept beyond the columns.
    pub fn to_vec(self) -> Vec<Arc<str>> {
        self.codes().cloned().collect()
    }

    /// Compares with codes in the order of the dimensions.
    pub fn cmp_codes(self, codes: &[Arc<str>]) -> Ordering {
        self.codes().cmp(codes.iter())
    }
}

impl PartialEq for SeriesKey<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for SeriesKey<'_> {}

impl PartialOrd for SeriesKey<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SeriesKey<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.codes().cmp(other.codes())
    }
}

impl fmt::Display for SeriesKey<'_> {
    /// As SDMX writes it: codes joined by points, a wildcard as nothing between two points.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, code) in self.codes().enumerate() {
            if place > 0 {
                f.write_str(".")?;
            }
            f.write_str(code)?;
        }
        Ok(())
    }
}

impl<'a> ObservationRange<'a> {
    /// All observations of a series.
    pub fn whole(columns: &'a Columns, series: usize) -> Self {
        let range = columns.observations(series);
        Self { columns, series, start: range.start, end: range.end }
    }

    /// The key of the series.
    pub fn key(self) -> SeriesKey<'a> {
        self.columns.key(self.series)
    }

    /// Number of observations.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// A part of them, counted from their first.
    pub fn part(self, start: usize, end: usize) -> Self {
        Self { start: self.start + start, end: self.start + end, ..self }
    }
}
