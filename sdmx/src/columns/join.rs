//! Joins batches in canonical order whose neighbours may share a series.

use std::sync::Arc;

use super::{Columns, ColumnsBuilder, ObservationRange, Shape, SourceMap};

/// Puts canonical batches one after the other; a series that goes on from one to the next becomes one.
#[derive(Debug)]
pub struct ColumnsJoin {
    builder: ColumnsBuilder,
    open: Option<Vec<Arc<str>>>,
}

impl ColumnsJoin {
    /// Nothing yet.
    pub fn new(shape: Arc<Shape>) -> Self {
        Self { builder: ColumnsBuilder::new(shape), open: None }
    }

    /// Appends a batch that follows in canonical order.
    pub fn push(&mut self, columns: &Columns) {
        let mut map = SourceMap::default();
        for series in 0..columns.series_count() {
            let key = columns.key(series);
            let goes_on = self.open.as_ref().is_some_and(|open| key.cmp_codes(open).is_eq());
            if !goes_on {
                if self.open.is_some() {
                    self.builder.end_series();
                }
                self.builder.start_series(columns, series, &mut map);
                self.builder.series_attributes_of(columns, series, &mut map);
                self.open = Some(key.to_vec());
            }
            self.builder.observations(ObservationRange::whole(columns, series), &mut map);
        }
    }

    /// All batches as one.
    pub fn finish(mut self) -> Columns {
        if self.open.is_some() {
            self.builder.end_series();
        }
        self.builder.take()
    }
}
