//! Columns row by row, for writers: stretches of observations of one series whose attributes stay the same,
//! so that all but period and value is made into text once per stretch.

use std::ops::Range;

use crate::columns::{AttributeColumn, AttributeValue, Columns};
use crate::structure::{AttributeLevel, AttributeUse, DataDefinition};

/// An attribute to be written.
#[derive(Clone, Debug)]
pub(crate) struct Written<'d> {
    /// What it is.
    pub(crate) attribute: &'d AttributeUse,
    /// Its place among those of its level in the shape; meaningless for attributes of the dataset.
    pub(crate) place: usize,
}

impl<'d> Written<'d> {
    /// The attributes of a definition that `is_wanted` wants, in order.
    pub(crate) fn of(definition: &'d DataDefinition, is_wanted: impl Fn(&AttributeUse) -> bool) -> Vec<Self> {
        let shape = &definition.shape;
        let written = |attribute: &'d AttributeUse| {
            let id = &attribute.component.id;
            let place = match attribute.level {
                AttributeLevel::Observation => shape.observation_attribute(id)?,
                AttributeLevel::Series => shape.series_attribute(id)?,
                AttributeLevel::Dataset => 0,
            };
            Some(Self { attribute, place })
        };
        definition.attributes.iter().filter(|attribute| is_wanted(attribute)).filter_map(written).collect()
    }
}

/// Where an attribute's values lie in columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The same for all rows.
    Fixed,
    /// By place in the shape.
    Series(usize),
    Observation(usize),
}

impl Source {
    pub(crate) fn new(written: &Written<'_>) -> Self {
        match written.attribute.level {
            AttributeLevel::Dataset => Self::Fixed,
            AttributeLevel::Series => Self::Series(written.place),
            AttributeLevel::Observation => Self::Observation(written.place),
        }
    }

    /// The column of its values; nothing if they are the same for all rows.
    pub(crate) fn column(self, columns: &Columns) -> Option<&AttributeColumn> {
        match self {
            Self::Fixed => None,
            Self::Series(place) => columns.series_attributes.get(place),
            Self::Observation(place) => columns.observation_attributes.get(place),
        }
    }

    /// The distinct values in columns; the code of each is its place and one.
    pub(crate) fn values(self, columns: &Columns) -> &[AttributeValue] {
        self.column(columns).map_or(&[], |column| &column.values)
    }
}

/// Observations next to each other with the same series and the same attributes; none of a series that has none.
pub(crate) struct Stretch {
    pub(crate) series: usize,
    pub(crate) is_new_series: bool,
    pub(crate) observations: Range<usize>,
}

/// Walks through columns stretch by stretch.
pub(crate) struct Stretches<'c> {
    columns: &'c Columns,
    cursors: Vec<Cursor<'c>>,
    series: usize,
    /// Whether a stretch of the series was given.
    is_open: bool,
    at: usize,
}

impl<'c> Stretches<'c> {
    pub(crate) fn new(columns: &'c Columns, sources: impl Iterator<Item = Source>) -> Self {
        let cursors = sources.map(|source| Cursor::new(source, columns)).collect();
        Self { columns, cursors, series: 0, is_open: false, at: 0 }
    }

    /// The next stretch, and the code of each attribute in it (0 is absent).
    pub(crate) fn next(&mut self) -> Option<(Stretch, impl Iterator<Item = usize>)> {
        while *self.columns.ends.get(self.series)? as usize <= self.at && self.is_open {
            self.series += 1;
            self.is_open = false;
        }
        let is_new_series = !std::mem::replace(&mut self.is_open, true);
        let mut end = self.columns.ends[self.series] as usize;
        let is_empty = end <= self.at;
        for cursor in &mut self.cursors {
            if cursor.by_series || !is_empty {
                end = end.min(cursor.advance(self.series, self.at));
            }
        }
        let stretch = Stretch { series: self.series, is_new_series, observations: self.at..end };
        self.at = end;
        let code = move |cursor: &Cursor<'_>| match is_empty && !cursor.by_series {
            true => 0,
            false => cursor.code as usize,
        };
        Some((stretch, self.cursors.iter().map(code)))
    }
}

/// Walks along the runs of one attribute.
struct Cursor<'c> {
    runs: Box<dyn Iterator<Item = (u32, Range<usize>)> + 'c>,
    by_series: bool,
    code: u32,
    end: usize,
}

impl<'c> Cursor<'c> {
    fn new(source: Source, columns: &'c Columns) -> Self {
        let by_series = matches!(source, Source::Series(_));
        match source.column(columns) {
            Some(column) => Self { runs: Box::new(column.runs.runs()), by_series, code: 0, end: 0 },
            None => Self { runs: Box::new(std::iter::empty()), by_series, code: 0, end: usize::MAX },
        }
    }

    /// Brings the cursor to an observation; the observation with which its run ends, at the latest.
    #[inline]
    fn advance(&mut self, series: usize, observation: usize) -> usize {
        let entry = if self.by_series { series } else { observation };
        while entry >= self.end {
            (self.code, self.end) = match self.runs.next() {
                Some((code, range)) => (code, range.end),
                None => (0, usize::MAX),
            };
        }
        if self.by_series { usize::MAX } else { self.end }
    }
}
