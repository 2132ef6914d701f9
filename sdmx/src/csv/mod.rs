//! SDMX-CSV 1.0, 2.0 and 2.1: rows to columns and columns to rows.
//!
//! What lives here: splitting of rows, headers, cells to typed columns, the place of every cell, writing.
//! What must not: whether a code exists or a row makes sense; that is for the judge.

mod cell;
mod header;
mod place;
mod reader;
mod rows;
mod writer;

pub use header::{Header, HeaderError, Version};
pub use place::{CellPlace, Places};
pub use reader::{Action, CellIssue, CellProblem, CsvReader, ReadError, RowBatch};
pub use writer::{CsvWriter, WriteOptions};

/// Longest row in bytes. A row holds one observation; its footnotes may have some thousand characters.
pub const ROW_BYTES_MAX: usize = 1024 * 1024;
/// Longest attribute text in bytes, so that a single observation never outweighs a block.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Most columns of a file; data structures have some dozens.
pub const COLUMNS_MAX: usize = 1_000;
/// Most distinct codes of one dimension in a file: more is a column of figures in the wrong place.
pub const CODES_MAX: usize = 4_000_000;
/// Observations of one batch, about.
pub const BATCH_ROWS: usize = 16 * 1024;
/// Longest piece of a file's text that a message repeats.
pub const CLIP_CHARACTERS: usize = 60;
