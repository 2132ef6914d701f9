//! Looks observations up in a data set by key and period.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use mighub_vtl::dataset::Column;
use mighub_vtl::{Dataset, Scalar};

/// An index over the identifiers of a data set whose first columns are dimensions and then time. It is made
/// only when something was found.
pub(super) struct Cells<'d> {
    dataset: &'d Dataset,
    dimensions: usize,
    codes: Vec<HashMap<&'d str, u32>>,
    /// Hash and row, by hash.
    rows: Vec<(u64, u32)>,
}

impl<'d> Cells<'d> {
    pub(super) fn new(dataset: &'d Dataset, dimensions: usize) -> Self {
        let codes = dataset.columns()[..dimensions].iter().map(|column| match column {
            Column::Strings(strings) => {
                strings.dictionary.iter().enumerate().map(|(code, text)| (&**text, code as u32)).collect()
            }
            _ => HashMap::new(),
        });
        let mut cells = Self { dataset, dimensions, codes: codes.collect(), rows: Vec::new() };
        cells.rows = (0..dataset.rows()).map(|row| (cells.hash_of(row), row as u32)).collect();
        cells.rows.sort_unstable();
        cells
    }

    /// The row of an observation.
    pub(super) fn find(&self, key: &[Arc<str>], period: i64) -> Option<usize> {
        let codes: Vec<u32> = key
            .iter()
            .zip(&self.codes)
            .map(|(code, known)| known.get(&**code).copied())
            .collect::<Option<_>>()?;
        let hash = hash(codes.iter().copied(), period);
        let first = self.rows.partition_point(|(known, _)| *known < hash);
        let same = self.rows[first..].iter().take_while(|(known, _)| *known == hash);
        same.map(|(_, row)| *row as usize).find(|row| {
            self.period(*row) == period
                && (0..self.dimensions).all(|place| self.code(*row, place) == codes[place])
        })
    }

    /// A value of a row.
    pub(super) fn value(&self, row: usize, component: &str) -> Scalar {
        self.dataset
            .structure()
            .position(component)
            .map_or(Scalar::Null, |column| self.dataset.value(row, column))
    }

    fn hash_of(&self, row: usize) -> u64 {
        hash((0..self.dimensions).map(|place| self.code(row, place)), self.period(row))
    }

    fn code(&self, row: usize, place: usize) -> u32 {
        match &self.dataset.columns()[place] {
            Column::Strings(strings) => strings.codes[row],
            _ => 0,
        }
    }

    fn period(&self, row: usize) -> i64 {
        match self.dataset.columns().get(self.dimensions) {
            Some(Column::Fixed(periods)) => periods.values[row],
            _ => 0,
        }
    }
}

fn hash(codes: impl Iterator<Item = u32>, period: i64) -> u64 {
    let mut hasher = DefaultHasher::new();
    codes.for_each(|code| code.hash(&mut hasher));
    period.hash(&mut hasher);
    hasher.finish()
}
