//! Excel workbooks of data, for people: written, not read.
//!
//! What lives here: one sheet with a row for each observation, and one that says what it is. What must not:
//! questionnaires and their marks; the workbook room has them.

mod about;
mod sheet;
mod write;

pub use write::XlsxWriter;

/// Rows of a sheet, with its header: Excel has no more.
pub const SHEET_ROWS_MAX: u32 = 1_048_576;
/// Characters of a cell: Excel has no more. What is longer is cut.
pub const CELL_CHARACTERS_MAX: usize = 32_767;
