//! Data sets in columns.
//!
//! What lives here: the physical form of data sets, values in and out of it, bytes it takes. What must not:
//! operators.
//!
//! | scalar type | column |
//! |---|---|
//! | string | [`Column::Strings`]: dictionary and code per row |
//! | boolean | [`Column::Booleans`]: two bitmaps, true and known |
//! | integer, date, time_period, time, duration | [`Column::Fixed`]: one 64-bit integer per row |
//! | number | [`Column::Decimals`] (64 bits, one scale), [`Column::Wide`] (128 bits, one scale) or [`Column::Floats`] |
//!
//! Columns share what they hold: cloning one is cheap. A row that is null holds 0 beside its bit.

mod bitmap;
mod column;
mod of_columns;

use std::sync::Arc;

pub use bitmap::Bitmap;
pub use column::{Booleans, Column, Decimals, Fixed, Floats, Strings, Validity, Wide};
pub(crate) use of_columns::ScalarsBuilder;
pub use of_columns::{BuildError, DatasetBuilder, structure_of};

use crate::value::{Scalar, Structure};

/// Most digits after the point that an exact number keeps; what has more goes on as a float.
pub const SCALE_MAX: u8 = 18;
/// In a list of rows: none, which gives null.
pub const NO_ROW: u32 = u32::MAX;
/// In [`Strings::codes`]: null.
pub const NULL_CODE: u32 = u32::MAX;
/// Most rows of a data set, so that a row number fits in 32 bits.
pub const ROWS_MAX: usize = (u32::MAX - 1) as usize;

/// A data set: a structure and one column for each of its components, in their order.
#[derive(Clone, Debug)]
pub struct Dataset {
    structure: Arc<Structure>,
    columns: Vec<Column>,
    rows: usize,
}

impl Dataset {
    /// A data set of these columns. `rows` says how many rows there are, as there may be no column at all.
    ///
    /// # Panics
    ///
    /// If a column has another number of rows, or if columns and components differ in number: the caller has
    /// mixed up two data sets.
    pub fn new(structure: Arc<Structure>, columns: Vec<Column>, rows: usize) -> Self {
        assert_eq!(structure.components().len(), columns.len(), "one column a component");
        assert!(columns.iter().all(|column| column.len() == rows), "all columns have {rows} rows");
        Self { structure, columns, rows }
    }

    /// No rows.
    pub fn empty(structure: Arc<Structure>) -> Self {
        let columns =
            structure.components().iter().map(|component| Column::nulls(component.scalar_type, 0)).collect();
        Self { structure, columns, rows: 0 }
    }

    /// What its columns are.
    pub fn structure(&self) -> &Arc<Structure> {
        &self.structure
    }

    /// Its columns, one a component.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of a component.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.structure.position(name).map(|place| &self.columns[place])
    }

    /// Number of data points.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// One value.
    pub fn value(&self, row: usize, column: usize) -> Scalar {
        self.columns[column].value(row, self.structure.components()[column].scalar_type)
    }

    /// These rows, in this order.
    pub fn take(&self, rows: &[u32]) -> Self {
        let columns = self.columns.iter().map(|column| column.take(rows)).collect();
        Self { structure: self.structure.clone(), columns, rows: rows.len() }
    }

    /// The same columns under another structure.
    pub fn with_structure(self, structure: Arc<Structure>) -> Self {
        Self::new(structure, self.columns, self.rows)
    }

    /// Bytes its columns take, shared ones counted.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(Column::bytes).sum()
    }
}
