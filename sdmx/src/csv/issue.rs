//! What could not be read, cell by cell.

use super::{CLIP_CHARACTERS, CODE_BYTES_MAX, STRUCTURES_MAX, TEXT_BYTES_MAX};
use crate::decimal::DecimalError;
use crate::period::PeriodError;

/// A cell that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct CellIssue {
    /// Row, from 1 below the header.
    pub row: u64,
    /// Column of the file, from 0; [`super::Header::columns`] has its name.
    pub column: usize,
    /// What is wrong.
    pub problem: CellProblem,
    /// Its content, clipped.
    pub content: String,
}

/// Why a cell could not be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CellProblem {
    /// The row has more or fewer cells than the header. It is not read.
    #[error(
        "the row has {found} cells, the header {expected}: a text with the separator in it must stand in quotation marks"
    )]
    CellCount {
        /// Cells of the row.
        found: usize,
        /// Columns of the header.
        expected: usize,
    },
    /// No such dataflow. Its rows are not read, and only the first is reported.
    #[error("there is no such dataflow here: `mighub structure list` shows those there are")]
    UnknownStructure,
    /// More spellings of references than a file may have. Rows of further ones are not read.
    #[error("the file names more than {STRUCTURES_MAX} structures: send each dataflow in a file of its own")]
    TooManyStructures,
    /// The header lacks a dimension. Rows of that dataflow are not read, and only the first is reported.
    #[error("the dataflow needs the columns {missing}, which the header does not have")]
    MissingColumns {
        /// Their ids, joined by commas.
        missing: String,
    },
    /// The header has a component twice. Rows of that dataflow are not read, and only the first is reported.
    #[error("the header has {repeated} in more than one column: keep one of each")]
    RepeatedColumns {
        /// Their ids, joined by commas.
        repeated: String,
    },
    /// None of I, A, M, R, D. The row is read as if it said M.
    #[error("not an action: write M to insert or update, R to replace, D to delete")]
    UnknownAction,
    /// A dimension without code where one is needed.
    #[error("the dimension has no code; only rows with ACTION D may leave one empty")]
    EmptyDimension,
    /// A row without period where one is needed.
    #[error("the row has no period; only rows with ACTION D may leave it empty")]
    EmptyPeriod,
    /// `~` in some dimensions but not in all or only in the last.
    #[error("~ may stand in TIME_PERIOD alone (the row is about its series), or in every dimension")]
    SwitchedOff,
    /// Not a period.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// Not a number.
    #[error(transparent)]
    Number(#[from] DecimalError),
    /// Not UTF-8.
    #[error("not UTF-8 text: save the file with the encoding UTF-8")]
    NotUtf8,
    /// Text behind the closing quotation mark.
    #[error("text follows the closing quotation mark: double the marks that belong to the text")]
    StrayQuote,
    /// An attribute's text is too long.
    #[error("longer than {TEXT_BYTES_MAX} bytes: shorten the text, or send it as a document")]
    TextTooLong,
    /// A code is too long.
    #[error("longer than {CODE_BYTES_MAX} bytes: no code is, so the cells of this row may have moved")]
    CodeTooLong,
    /// `#N/A`.
    #[error(
        "#N/A is not a value: leave the cell empty to leave the attribute as it is, delete it with ACTION D"
    )]
    NotAvailable,
    /// A component stands twice in one part of a message, with different contents. The last one is taken.
    #[error("the component stands here twice, with different contents: keep one of them")]
    RepeatedComponent,
    /// A deletion names something that is no component of the dataflow. It is not read: without what it names it
    /// would delete more.
    #[error(
        "the dataflow has no component of this name, so that nobody knows what is to be deleted: correct it"
    )]
    UnknownInDeletion,
    /// A group of which no series follows. Its attributes stand in no batch.
    #[error(
        "no series of this group follows in its dataset, so that what it says would be lost: send its series behind it; without observations they will do"
    )]
    GroupWithoutSeries,
    /// A dataset of another provider than those before it. Its rows are read all the same.
    #[error(
        "the figures before it are of another data provider: send those of each provider in a message of its own"
    )]
    SeveralProviders,
    /// Another row says otherwise.
    #[error("row {first_row} gives this attribute of the dataset another value")]
    DatasetConflict {
        /// The row that gave it first.
        first_row: u64,
    },
}

/// Text of a file, short enough for a message.
pub(crate) fn clip(content: &[u8]) -> String {
    // No character has more than four bytes.
    let first = &content[..content.len().min(4 * CLIP_CHARACTERS)];
    String::from_utf8_lossy(first).chars().take(CLIP_CHARACTERS).collect()
}
