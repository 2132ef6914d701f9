//! Data sets from plain CSV and back: a header with the names of components, a row for each data point.
//!
//! What lives here: reading into columns with strict checks, writing. What must not: SDMX-CSV with its
//! structures and actions (the SDMX model reads that), and files: whoever calls has the bytes.
//!
//! An empty field is null. `true`, `True`, `1` and their opposites are truth values. Dates, periods,
//! intervals and durations have any spelling of [`crate::time::text`]. Blanks around values that are no texts
//! mean nothing.

mod cells;
mod error;
mod number;
mod quick;
mod read;
mod split;
mod write;

pub use error::{CsvError, CsvProblem};
pub use read::read;
pub use write::write;

/// Most columns of a file: data sets of statistics have some 30.
pub const COLUMNS_MAX: usize = 1_000;

/// How strict reading is.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// What stands between fields: `b','`, `b';'` or `b'\t'`.
    pub separator: u8,
    /// Whether components that may be null may be missing, whole columns or fields at the end of rows.
    pub may_omit_nulls: bool,
    /// Whether `""` is null and not the empty text: programs that work with data frames cannot tell them
    /// apart.
    pub empty_text_is_null: bool,
}

impl Default for ReadOptions {
    /// Commas, and nothing may be missing.
    fn default() -> Self {
        Self { separator: b',', may_omit_nulls: false, empty_text_is_null: false }
    }
}
