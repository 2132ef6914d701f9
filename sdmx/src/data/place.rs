//! Where a cell stands in its message, so that a finding can show it.

use std::fmt;
use std::io::{Read, Seek};
use std::sync::Arc;

use crate::csv::{CellPlace, RowError, RowPlaces};

/// A file that can be read again.
pub trait SourceText: Read + Seek {}

impl<T: Read + Seek> SourceText for T {}

/// Finds cells of a message by reading it again.
pub trait Locate: fmt::Debug + Send + Sync {
    /// Finds the cell of column `column` (from 0, as the reader's header counts them) in row `row` (from 1).
    /// Nothing if there is no such row.
    fn locate(
        &self,
        file: &mut dyn SourceText,
        row: u64,
        column: usize,
    ) -> Result<Option<CellPlace>, RowError>;
}

/// Where the rows of a message stand, remembered sparsely.
#[derive(Clone, Debug)]
pub struct Places(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Rows(RowPlaces),
    Other(Arc<dyn Locate>),
}

impl Places {
    pub(crate) fn of_rows(rows: RowPlaces) -> Self {
        Self(Kind::Rows(rows))
    }

    /// Places that a format of its own finds again.
    pub fn new(locate: impl Locate + 'static) -> Self {
        Self(Kind::Other(Arc::new(locate)))
    }

    /// Finds the cell of column `column` (from 0) in row `row` (from 1) by reading the file again. Nothing if
    /// there is no such row.
    pub fn locate(
        &self,
        file: &mut (impl Read + Seek),
        row: u64,
        column: usize,
    ) -> Result<Option<CellPlace>, RowError> {
        match &self.0 {
            Kind::Rows(rows) => rows.locate(file, row, column),
            Kind::Other(other) => other.locate(file, row, column),
        }
    }
}
