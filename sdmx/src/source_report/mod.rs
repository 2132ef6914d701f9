//! Reports about sources: what an office says of the register or survey behind its figures (MDF_MIG_SOURCE).
//!
//! A report is about one area, one direction and one range of periods of a dataflow. What can be coded is coded,
//! because rules of consolidation read it: above all the two grades that make a [`SourceRank`].
//!
//! What lives here: the concepts with their allowed values, checks with findings, the rank, and the two forms of file,
//! CSV and SDMX-JSON 2.0. What must not: who may report, which codes a dataflow has, and storage.

mod concept;
mod csv;
mod draft;
mod finding;
mod json;
mod periods;
mod rank;
mod report;

use std::io::{self, Read};

pub use concept::{Concept, Values};
pub use csv::{read_csv, write_csv};
pub use draft::{Draft, DraftAnswer, Drafts, check};
pub use finding::{FINDINGS_MAX, SourceFinding, SourceFindings};
pub use json::{MessageAbout, read_json, write_json};
pub use periods::PeriodRange;
pub use rank::{Accuracy, SourceRank, Undercount};
pub use report::{Answer, SourceReport};

/// The metadataflow of these reports, as AGENCY:ID(VERSION).
pub const METADATAFLOW: &str = "MIGHUB:MDF_MIG_SOURCE(1.0.0)";
/// Area or direction of a dataflow without that dimension (MIG_STOCK has no direction), as SDMX says "does not apply".
pub const NOT_APPLICABLE: &str = "_Z";
/// Reports sent at once: an office has two directions and some decades, and a record of the journal names each.
pub const REPORTS_MAX: usize = 1_000;
/// Characters of one text in one language: a page.
pub const TEXT_CHARACTERS_MAX: usize = 4_000;
/// Languages of one text.
pub const LANGUAGES_MAX: usize = 10;
/// Bytes of a file of reports: [`REPORTS_MAX`] reports with a paragraph each fit easily.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Why a file holds no reports at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceFileError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// Too long.
    #[error("the file has more than {FILE_BYTES_MAX} bytes: send the reports in several files")]
    TooLong,
    /// No table.
    #[error("{0}")]
    Table(#[from] crate::table::TableError),
    /// No JSON.
    #[error("this is no JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON of another kind.
    #[error("this JSON has no data.metadataSets: send an SDMX-JSON 2.0 metadata message, or CSV")]
    NoMetadataSets,
}

/// Reads a file of either form: what begins with a brace is JSON.
pub fn read(input: impl Read) -> Result<Drafts, SourceFileError> {
    let mut bytes = Vec::new();
    input.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(SourceFileError::TooLong);
    }
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    if text.trim_ascii_start().starts_with(b"{") { read_json(text) } else { read_csv(&bytes[..]) }
}
