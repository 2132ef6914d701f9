//! Parquet: one row for an observation, one column for a component, as data frames and databases want it.
//!
//! What lives here: columns to Parquet, and Parquet to columns, be it written here or by anybody else. What must
//! not: what data ought to be; rules of SDMX-CSV about cells, which hold here as well (`csv`).
//!
//! A file that is written here has these columns:
//!
//! | column | type | what it holds |
//! |---|---|---|
//! | `ACTION` | text | `R`, `M` or `D`, as in SDMX-CSV 2.1 |
//! | a dimension | text | the code; nothing where a deletion means any code |
//! | the time dimension | text | the period as SDMX writes it; nothing in rows about a series |
//! | `TIME_PERIOD_START` | date | the day on which the period begins, for those who compute with dates |
//! | the measure | double | the number nearest to the figure; nothing where there is no value |
//! | `OBS_VALUE_EXACT` | text | the figure digit by digit, only where the double does not give it back: `2.00`, or more than fifteen digits |
//! | an attribute | text | its value; several values and languages as SDMX-CSV 2 writes them: `en:Text;fr:Texte` |
//! | a custom column | text | what the caller says |
//!
//! The names of the third and the fifth follow those of the time dimension and the measure. The file's metadata
//! say what it is: the keys of [`key`].

mod cells;
mod file;
mod footer;
mod header;
mod layout;
mod pages;
mod places;
mod read;
mod thrift;
mod write;

pub use read::ParquetReader;
pub(crate) use read::count_rows;
pub use write::ParquetWriter;

/// Keys of a file's metadata.
pub mod key {
    /// URN of the dataflow.
    pub const DATAFLOW: &str = "sdmx.dataflow";
    /// URN of its data structure.
    pub const DATA_STRUCTURE: &str = "sdmx.data_structure";
    /// Version of this layout: 1.
    pub const LAYOUT: &str = "sdmx.layout";
    /// Columns whose cells are divided, with their brackets: `NOTE[en;fr],SOURCE[]`.
    pub const DIVIDED: &str = "sdmx.divided";
    /// Id of the message.
    pub const ID: &str = "sdmx.id";
    /// When it was prepared.
    pub const PREPARED: &str = "sdmx.prepared";
    /// Who sent it.
    pub const SENDER: &str = "sdmx.sender";
}

/// Rows of a row group: what databases read at once.
pub const ROW_GROUP_ROWS: usize = 256 * 1024;
/// A row group ends early when its texts have so many bytes.
pub const ROW_GROUP_BYTES: usize = 32 * 1024 * 1024;
/// Largest column of a row group that is read, in bytes as they stand in the file and unpacked: it is held in
/// memory.
pub const CHUNK_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Most memory for the columns of a row group, in bytes as they stand in the file and with what is unpacked of them at
/// once: all of them are read side by side.
pub const GROUP_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Most rows of a file: each is looked at, whatever the file takes to say it.
pub const ROWS_MAX: u64 = 1 << 32;
/// Most rows for each byte of a file. Columns of one value are packed well, but not to nothing.
pub const ROWS_PER_BYTE_MAX: u64 = 10_000;
/// Most digits behind the point of a decimal: what sixteen bytes hold.
pub const DECIMAL_SCALE_MAX: u32 = 38;
/// Largest metadata that are read: those of a file with thousands of row groups fit.
pub const METADATA_BYTES_MAX: u32 = 64 * 1024 * 1024;
