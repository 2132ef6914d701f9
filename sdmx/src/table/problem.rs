//! What cannot be translated: single cells, and tables as a whole.

use serde::{Deserialize, Serialize};

use crate::csv::{COLUMNS_MAX, RowError};

/// A cell of the office's table that has no meaning by its mapping. Its row is left out of the translation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableIssue {
    /// The component for which it was read.
    pub component: String,
    /// What is wrong.
    pub trouble: CellTrouble,
    /// Its content, clipped.
    pub content: String,
}

/// Why a cell has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum CellTrouble {
    /// Neither a value map nor a scheme knows it.
    #[error("the mapping has no code for it: {known}")]
    NoCode {
        /// What the mapping would take.
        known: String,
    },
    /// Several codes of the list have it.
    #[error("it stands for {first} and for {second}: name the code in the mapping's values")]
    TwoCodes {
        /// One code.
        first: String,
        /// Another.
        second: String,
    },
    /// A number that can be read in two ways.
    #[error(
        "it is {as_thousands} if the sign separates thousands, {as_decimal} if it is the decimal sign: say which in the mapping, or with --decimal"
    )]
    TwoNumbers {
        /// Read as a whole number.
        as_thousands: String,
        /// Read as a fraction.
        as_decimal: String,
    },
    /// No number.
    #[error(
        "not a number: digits, one decimal sign, groups of three digits between thousands separators; a sign for missing figures must be declared in the mapping"
    )]
    NoNumber,
    /// A flag that the mapping does not know.
    #[error("the flag {0:?} has no meaning by the mapping: add it to the mapping's flags")]
    NoFlag(String),
    /// More or fewer cells than the header.
    #[error("the row has {found} cells, the header {expected}")]
    CellCount {
        /// Cells of the row.
        found: usize,
        /// Columns of the header.
        expected: usize,
    },
    /// A cell in parts that has fewer of them.
    #[error("the cell has no part {0}")]
    NoPart(usize),
}

/// Why a table cannot be translated.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// A row cannot be split, or reading failed.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The scratch files of a translation cannot be written.
    #[error("the translation of the table cannot be written to the folder for temporary files: {0}")]
    Scratch(#[source] std::io::Error),
    /// No header.
    #[error("the table is empty: its first row must name the columns")]
    Empty,
    /// More columns than are read.
    #[error("the table has {0} columns; at most {COLUMNS_MAX} are read")]
    TooManyColumns(usize),
    /// The header lacks what the mapping reads.
    #[error(
        "the mapping {mapping} needs the column {column:?}, which the header does not have; its columns are {header}"
    )]
    NoColumn {
        /// The mapping.
        mapping: String,
        /// The missing column.
        column: String,
        /// What there is.
        header: String,
    },
    /// A column that the mapping reads stands twice.
    #[error("the header has the column {0:?} twice: rename one of them")]
    TwoColumns(String),
    /// The mapping does not fit the dataflow.
    #[error("the mapping {mapping} does not fit {dataflow}: {reason}")]
    Misfit {
        /// The mapping.
        mapping: String,
        /// The dataflow.
        dataflow: String,
        /// Why.
        reason: String,
    },
    /// Nothing says in which scheme areas are written, and the schemes disagree.
    #[error(
        "the area codes of the column {column:?} can be read in several ways: {code} is {first} and {second}; say which with \"scheme\" in the mapping, or with --areas {} or --areas {}", first.scheme, second.scheme
    )]
    AmbiguousAreas {
        /// The column.
        column: String,
        /// A code on which two schemes disagree.
        code: String,
        /// What it means by one.
        first: Box<AreaReading>,
        /// What it means by another.
        second: Box<AreaReading>,
    },
    /// No scheme knows all area codes.
    #[error(
        "the area codes of the column {column:?} are of no one scheme: {unknown}; say which with \"scheme\" in the mapping, or with --areas, and add the others to its values"
    )]
    NoAreaScheme {
        /// The column.
        column: String,
        /// Per scheme, a code it does not know.
        unknown: String,
    },
}

/// What a code means by one scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaReading {
    /// The scheme.
    pub scheme: &'static str,
    /// The area's code in the code list.
    pub area: String,
    /// Its name.
    pub name: String,
}

impl std::fmt::Display for AreaReading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}) by {}", self.name, self.area, self.scheme)
    }
}

impl From<std::io::Error> for TableError {
    fn from(error: std::io::Error) -> Self {
        Self::Row(error.into())
    }
}

/// Text of a file, short enough for a message.
pub(super) fn clip(content: &str) -> String {
    content.chars().take(crate::csv::CLIP_CHARACTERS).collect()
}
