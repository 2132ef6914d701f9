//! Observations in columns: series first, and within each series its observations.
//!
//! What lives here: the one in-memory form on which readers, writers, validation, VTL and consolidation
//! work. What must not: rules about what data ought to be, and the bytes of the block format.

mod attribute;
mod builder;
mod fill;
mod join;
mod runs;
mod series;

use std::collections::HashMap;
use std::sync::Arc;

pub use attribute::{AttributeBuilder, AttributeColumn, AttributeValue, LocalText};
pub use builder::{ColumnsBuilder, SourceMap};
pub use join::ColumnsJoin;
pub use runs::Runs;
pub use series::{ObservationRange, SeriesKey};

use crate::decimal::Decimal;
use crate::period::Period;

/// In [`Columns::scales`]: the observation has no value.
pub const NO_VALUE: u8 = u8::MAX;

/// Which columns a dataset of one data structure has, in the order of its DSD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Dimensions without the time dimension.
    pub dimensions: Vec<Arc<str>>,
    /// Attributes that may differ between observations of a series, and measures beyond the first.
    pub observation_attributes: Vec<Arc<str>>,
    /// Attributes that hold for a whole series.
    pub series_attributes: Vec<Arc<str>>,
    /// Whether there is no time dimension, so that each series has one observation, of [`Period::ANY`].
    pub timeless: bool,
}

impl Shape {
    /// Place of an observation attribute among its kind.
    pub fn observation_attribute(&self, id: &str) -> Option<usize> {
        self.observation_attributes.iter().position(|attribute| &**attribute == id)
    }

    /// Place of a series attribute among its kind.
    pub fn series_attribute(&self, id: &str) -> Option<usize> {
        self.series_attributes.iter().position(|attribute| &**attribute == id)
    }
}

/// One dimension: its distinct codes, and one index into them per series. The empty code is the wildcard of
/// a deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DimensionColumn {
    /// Distinct codes; in canonical columns exactly the used ones in byte order.
    pub codes: Vec<Arc<str>>,
    /// Per series, an index into `codes`.
    pub index: Vec<u32>,
}

/// A batch of observations. All vectors of one level have the same length; [`Columns::check`] proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Names and order of the columns.
    pub shape: Arc<Shape>,
    /// One per dimension of the shape.
    pub dimensions: Vec<DimensionColumn>,
    /// Per series, the place after its last observation; the first series begins at 0.
    pub ends: Vec<u32>,
    /// Per observation.
    pub periods: Vec<Period>,
    /// Per observation, the digits of its value; 0 where there is none.
    pub unscaled: Vec<i64>,
    /// Per observation, the scale of its value, or [`NO_VALUE`].
    pub scales: Vec<u8>,
    /// One per observation attribute of the shape.
    pub observation_attributes: Vec<AttributeColumn>,
    /// One per series attribute of the shape.
    pub series_attributes: Vec<AttributeColumn>,
    /// Per observation, the number of the row it came from (1 is the first below the header); empty if the
    /// batch did not come from a file.
    pub rows: Vec<u64>,
}

impl Columns {
    /// No observations.
    pub fn new(shape: Arc<Shape>) -> Self {
        Self {
            dimensions: vec![DimensionColumn::default(); shape.dimensions.len()],
            observation_attributes: vec![AttributeColumn::default(); shape.observation_attributes.len()],
            series_attributes: vec![AttributeColumn::default(); shape.series_attributes.len()],
            shape,
            ends: Vec::new(),
            periods: Vec::new(),
            unscaled: Vec::new(),
            scales: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// No observations, and room for as many as these have: the next batch is about as large.
    fn alike(&self) -> Self {
        let dimension = |column: &DimensionColumn| DimensionColumn {
            codes: Vec::new(),
            index: Vec::with_capacity(column.index.len()),
        };
        Self {
            dimensions: self.dimensions.iter().map(dimension).collect(),
            ends: Vec::with_capacity(self.ends.len()),
            periods: Vec::with_capacity(self.periods.len()),
            unscaled: Vec::with_capacity(self.unscaled.len()),
            scales: Vec::with_capacity(self.scales.len()),
            rows: Vec::with_capacity(self.rows.len()),
            ..Self::new(self.shape.clone())
        }
    }

    /// Number of series. A key may stand in several series of columns that were not sorted yet.
    pub fn series_count(&self) -> usize {
        self.ends.len()
    }

    /// Number of observations.
    pub fn len(&self) -> usize {
        self.periods.len()
    }

    /// Whether there are no observations.
    pub fn is_empty(&self) -> bool {
        self.periods.is_empty()
    }

    /// The observations of a series.
    pub fn observations(&self, series: usize) -> std::ops::Range<usize> {
        let start = if series == 0 { 0 } else { self.ends[series - 1] as usize };
        start..self.ends[series] as usize
    }

    /// The series of an observation.
    pub fn series_of(&self, observation: usize) -> usize {
        self.ends.partition_point(|end| *end as usize <= observation)
    }

    /// The value of an observation, if it has one.
    pub fn value(&self, observation: usize) -> Option<Decimal> {
        let scale = self.scales[observation];
        (scale != NO_VALUE).then(|| Decimal { unscaled: self.unscaled[observation], scale })
    }

    /// The code of a dimension in a series.
    pub fn code(&self, series: usize, dimension: usize) -> &Arc<str> {
        let column = &self.dimensions[dimension];
        &column.codes[column.index[series] as usize]
    }

    /// The key of a series.
    pub fn key(&self, series: usize) -> SeriesKey<'_> {
        SeriesKey::new(self, series)
    }

    /// Whether all columns of one level are of one length and no index points outside its dictionary.
    pub fn check(&self) -> bool {
        let (series, observations) = (self.series_count(), self.len());
        let dimension = |column: &DimensionColumn| {
            column.index.len() == series
                && column.index.iter().all(|index| (*index as usize) < column.codes.len())
        };
        self.dimensions.len() == self.shape.dimensions.len()
            && self.observation_attributes.len() == self.shape.observation_attributes.len()
            && self.series_attributes.len() == self.shape.series_attributes.len()
            && self.unscaled.len() == observations
            && self.scales.len() == observations
            && (self.rows.is_empty() || self.rows.len() == observations)
            && self.ends.last().is_none_or(|end| *end as usize == observations)
            && self.ends.is_sorted()
            && self.dimensions.iter().all(dimension)
            && self.observation_attributes.iter().all(|column| column.check(observations))
            && self.series_attributes.iter().all(|column| column.check(series))
    }
}

/// Distinct codes in the order in which they were first seen, with their lookup.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    codes: Vec<Arc<str>>,
    lookup: HashMap<Arc<str>, u32>,
}

impl Interner {
    /// The index of `code`, which is added if it is new.
    pub fn intern(&mut self, code: &str) -> u32 {
        if let Some(index) = self.lookup.get(code) {
            return *index;
        }
        self.insert(Arc::from(code))
    }

    /// Like [`Interner::intern`] for a code that is already shared.
    pub fn intern_shared(&mut self, code: &Arc<str>) -> u32 {
        match self.lookup.get(code) {
            Some(index) => *index,
            None => self.insert(code.clone()),
        }
    }

    fn insert(&mut self, code: Arc<str>) -> u32 {
        let index = self.codes.len() as u32;
        self.codes.push(code.clone());
        self.lookup.insert(code, index);
        index
    }

    /// All codes, by index.
    pub fn codes(&self) -> &[Arc<str>] {
        &self.codes
    }

    /// Per index, the place of its code in byte order.
    pub fn ranks(&self) -> Vec<u32> {
        ranks(&self.codes)
    }
}

/// Per item, its place in sorted order.
pub fn ranks<T: Ord>(items: &[T]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..items.len() as u32).collect();
    order.sort_unstable_by(|a, b| items[*a as usize].cmp(&items[*b as usize]));
    let mut ranks = vec![0; items.len()];
    for (rank, item) in order.into_iter().enumerate() {
        ranks[item as usize] = rank as u32;
    }
    ranks
}
