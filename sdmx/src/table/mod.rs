//! Foreign tables: other layouts, other codes, other encodings, made into SDMX-CSV.
//!
//! [`Encoding`] brings a text into UTF-8; a [`Mapping`] says what the columns of a table mean; [`translate`] writes
//! SDMX-CSV 2.0 for [`crate::csv::CsvReader`], and its [`Origin`] tells where every cell of it came from.
//!
//! What lives here: encodings, separators, mappings, numbers as offices write them. What must not: file names,
//! workbooks, and whether a code is right for the dataflow (but for codes that a mapping looks up); that is for
//! the judge.

mod areas;
mod bind;
mod encoding;
mod lookup;
mod mapping;
mod number;
mod origin;
mod problem;
mod source;
mod translate;

pub use areas::AREA_SCHEMES;
pub use encoding::{Encoding, EncodingError, Guess};
pub use mapping::{
    Across, AcrossColumns, Censored, Flags, KnownMappings, Mapping, MappingError, Numbers, Part, RowRule,
    Source, Values,
};
pub use origin::{Origin, OriginWriter};
pub use problem::{AreaReading, CellTrouble, TableError, TableIssue};
pub(crate) use source::SourceRows;
pub use source::{SourceHeader, read_header};
pub use translate::{TableOptions, Translated, translate};
