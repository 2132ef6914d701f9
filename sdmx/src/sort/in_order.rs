//! Rows that already stand in canonical order pass without being sorted.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{BATCH_OBSERVATIONS, BATCH_TEXT_BYTES, SERIES_ROWS_MAX, SERIES_TEXT_BYTES_MAX};
use crate::columns::{AttributeValue, Columns, ColumnsBuilder, ObservationRange, Shape, SourceMap, ranks};
use crate::period::Period;

/// Lets rows pass while each comes after the one before it.
pub struct InOrder {
    builder: ColumnsBuilder,
    open: Option<Open>,
    series_attributes: usize,
}

/// The series that may go on in the next batch.
struct Open {
    key: Vec<Arc<str>>,
    last: Period,
    rows: usize,
    attributes: Vec<Option<AttributeValue>>,
}

/// A row does not come after the one before it, contradicts it, or belongs to a series that is too long: the
/// sorter must look at the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOrder {
    /// The row.
    pub row: u64,
}

impl InOrder {
    /// Nothing yet.
    pub fn new(shape: Arc<Shape>) -> Self {
        let series_attributes = shape.series_attributes.len();
        Self { builder: ColumnsBuilder::new(shape).keep_rows(), open: None, series_attributes }
    }

    /// Takes rows with row numbers; gives those whose series are complete, in batches of canonical form.
    pub fn push(&mut self, columns: &Columns) -> Result<Vec<Columns>, OutOfOrder> {
        let mut complete = Vec::new();
        let mut map = SourceMap::default();
        let ranks: Vec<Vec<u32>> = columns.dimensions.iter().map(|column| ranks(&column.codes)).collect();
        let mut before = None;
        for series in 0..columns.series_count() {
            let range = ObservationRange::whole(columns, series);
            if range.is_empty() {
                continue;
            }
            let out_of_order = OutOfOrder { row: columns.rows[range.start] };
            let order = match (before, &self.open) {
                (Some(before), _) => compare(columns, &ranks, series, before),
                (None, Some(open)) => columns.key(series).cmp_codes(&open.key),
                (None, None) => Ordering::Greater,
            };
            before = Some(series);
            let ascends = columns.periods[range.start..range.end].windows(2).all(|pair| pair[0] < pair[1]);
            if order == Ordering::Less || !ascends {
                return Err(out_of_order);
            }
            if order == Ordering::Greater {
                let attributes = self.close();
                if self.builder.len() >= BATCH_OBSERVATIONS || self.builder.text_bytes() >= BATCH_TEXT_BYTES {
                    complete.push(self.builder.take());
                }
                self.builder.start_series(columns, series, &mut map);
                self.open = Some(Open { key: Vec::new(), last: Period::ANY, rows: 0, attributes });
            }
            let Some(open) = &mut self.open else { continue };
            let follows = open.rows == 0 || open.last < columns.periods[range.start];
            open.rows += range.len();
            if !follows || open.rows > SERIES_ROWS_MAX || !open.agrees(columns, series) {
                return Err(out_of_order);
            }
            open.last = columns.periods[range.end - 1];
            self.builder.observations(range, &mut map);
            if self.builder.text_bytes() > BATCH_TEXT_BYTES + SERIES_TEXT_BYTES_MAX {
                return Err(out_of_order);
            }
        }
        if let (Some(open), Some(last)) = (&mut self.open, before) {
            open.key = columns.key(last).to_vec();
        }
        Ok(complete)
    }

    /// The rows that are left.
    pub fn finish(mut self) -> Option<Columns> {
        self.close();
        (!self.builder.is_empty()).then(|| self.builder.take())
    }

    /// Ends the series that is open. Gives room for the attributes of the next.
    fn close(&mut self) -> Vec<Option<AttributeValue>> {
        let Some(mut open) = self.open.take() else { return vec![None; self.series_attributes] };
        for (place, value) in open.attributes.iter_mut().enumerate() {
            self.builder.series_attribute(place, value.take().as_ref());
        }
        self.builder.end_series();
        open.attributes
    }
}

impl Open {
    /// Takes over attributes that the series does not have yet; false if it has another value.
    fn agrees(&mut self, columns: &Columns, series: usize) -> bool {
        self.attributes.iter_mut().zip(&columns.series_attributes).all(|(known, column)| {
            match (known.as_ref(), column.get(series)) {
                (_, None) => true,
                (Some(known), Some(value)) => known == value,
                (None, Some(value)) => {
                    *known = Some(value.clone());
                    true
                }
            }
        })
    }
}

fn compare(columns: &Columns, ranks: &[Vec<u32>], a: usize, b: usize) -> Ordering {
    let rank = |series: usize| {
        let dimensions = columns.dimensions.iter().zip(ranks);
        dimensions.map(move |(column, ranks)| ranks[column.index[series] as usize])
    };
    rank(a).cmp(rank(b))
}
