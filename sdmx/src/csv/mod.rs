//! SDMX-CSV 1.0, 2.0 and 2.1: rows to columns and columns to rows.
//!
//! What lives here: splitting of rows, headers, cells to typed columns, the place of every cell, writing.
//! What must not: whether a code exists or a row makes sense; that is for the judge.

mod assembler;
mod attributes;
mod batch;
mod cell;
mod count;
mod dictionary;
mod header;
mod issue;
mod place;
mod plan;
mod reader;
mod rows;
mod sniff;
mod split;
mod writer;
mod written;

pub use crate::data::Places;
pub(crate) use assembler::Row;
pub(crate) use batch::Batch;
pub(crate) use cell::{DIVIDED, simplest, write_divided, write_value};
pub(crate) use count::count_rows;
pub(crate) use header::names as header_names;
pub use header::{Column, Header, HeaderError, Role, Version};
pub(crate) use issue::clip;
pub use issue::{CellIssue, CellProblem};
pub use place::CellPlace;
pub(crate) use place::{RowPlaces, Window};
pub(crate) use plan::{CellForm, Plan, SUB_SEPARATOR, Use};
pub use reader::{Action, CsvReader, ReadError, ReadSummary, RowBatch};
pub use rows::RowError;
pub(crate) use rows::{RowSpan, Rows};
pub(crate) use sniff::text_begins;
pub(crate) use split::{Cell, Packed, split, unquote};
pub use writer::{CsvVersion, CsvWriter, WriteOptions};

/// Longest row in bytes. A row holds one observation; its footnotes may have some thousand characters.
pub const ROW_BYTES_MAX: usize = 1024 * 1024;
/// Longest header in bytes: [`COLUMNS_MAX`] ids with their labels fit easily.
pub const HEADER_BYTES_MAX: usize = 128 * 1024;
/// Longest attribute text in bytes, so that a single observation never outweighs a block.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Longest code in bytes with its label; ids of SDMX codes have at most 255 characters.
pub const CODE_BYTES_MAX: usize = 1024;
/// Most columns of a file; data structures have some dozens.
pub const COLUMNS_MAX: usize = 1_000;
/// Most distinct codes of one dimension in a file: more is a column of figures in the wrong place. They
/// are kept in memory while the file is read.
pub const CODES_MAX: usize = 200_000;
/// Most spellings of references to structures in one file; a message has one or two.
pub const STRUCTURES_MAX: usize = 256;
/// Rows of one batch: its columns fit in the second-level cache.
pub const BATCH_ROWS: usize = 16 * 1024;
/// A batch ends early when its rows have so many bytes, so that long texts do not pile up in memory.
pub const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// A batch ends early when so many cells could not be read, so that issues do not pile up in memory.
pub const BATCH_ISSUES: usize = 16 * 1024;
/// Longest piece of a file's text that a message repeats, in characters.
pub const CLIP_CHARACTERS: usize = 60;
