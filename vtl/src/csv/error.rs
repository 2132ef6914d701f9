//! What is wrong with a CSV file, where, and what to do.

use crate::ast::Span;
use crate::diagnostic::{Diagnostic, Phase};
use crate::value::ScalarType;

/// Longest piece of a field that is repeated, in characters.
const SHOWN_MAX: usize = 60;

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", place(*line, column.as_deref()))]
pub struct CsvError {
    /// Line of the file, from 1; nothing: the file as a whole.
    pub line: Option<u64>,
    /// Name of the column.
    pub column: Option<String>,
    /// What is wrong.
    pub problem: CsvProblem,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvProblem {
    /// Not even a header.
    #[error("the file is empty: its first line must name the columns")]
    Empty,
    /// A component has no column.
    #[error("the column is missing: add it, or take the component out of the structure")]
    MissingColumn,
    /// A column is no component.
    #[error("the structure has no such component: remove the column, or correct its name")]
    UnknownColumn,
    /// Two columns have one name.
    #[error("two columns have this name: remove one")]
    TwiceInHeader,
    /// More columns than anybody can mean.
    #[error("there are more than {} columns: is the separator right?", super::COLUMNS_MAX)]
    TooManyColumns,
    /// A row of another length.
    #[error(
        "the row has {found} fields, the header {wanted}: is there a separator too many, or a quotation mark?"
    )]
    RowLength {
        /// Fields of the row.
        found: usize,
        /// Fields of the header.
        wanted: usize,
    },
    /// A quotation mark that nothing ends, or with something behind it.
    #[error(
        "a quoted field must end with a quotation mark before the next separator; double those within it"
    )]
    Quote,
    /// Bytes that are no text.
    #[error("the field is no UTF-8: save the file as UTF-8")]
    NotUtf8,
    /// A null where none may be.
    #[error("the field is empty, and this component may not be null: fill it in")]
    Null,
    /// A value of another type.
    #[error("`{found}` is no {}: write it like {}", .wanted.name(), example(*.wanted))]
    NotOfType {
        /// The field, or its start.
        found: String,
        /// Type of the component.
        wanted: ScalarType,
    },
    /// Two rows with one key.
    #[error("two rows have the key {key}: each key may occur once")]
    DuplicateKey {
        /// The key as `NAME=value` pairs.
        key: String,
    },
    /// More rows than a data set can have.
    #[error("there are more than {} rows: split the file", crate::dataset::ROWS_MAX)]
    TooManyRows,
}

impl CsvError {
    pub(super) fn of_file(column: Option<&str>, problem: CsvProblem) -> Self {
        Self { line: None, column: column.map(str::to_owned), problem }
    }

    /// As a diagnostic of phase [`Phase::Input`]; it has no place in a script.
    pub fn to_diagnostic(&self) -> Diagnostic {
        Diagnostic::new(Phase::Input, "INP-CSV", Span::default(), self.to_string())
    }
}

impl CsvProblem {
    pub(super) fn not_of_type(content: &[u8], wanted: ScalarType) -> Self {
        let found = String::from_utf8_lossy(content).chars().take(SHOWN_MAX).collect();
        Self::NotOfType { found, wanted }
    }
}

fn place(line: Option<u64>, column: Option<&str>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}: "),
        (Some(line), None) => format!("line {line}: "),
        (None, Some(column)) => format!("column {column}: "),
        (None, None) => String::new(),
    }
}

fn example(scalar_type: ScalarType) -> &'static str {
    match scalar_type {
        ScalarType::Integer => "1250",
        ScalarType::Number => "1250.75",
        ScalarType::String | ScalarType::Null => "text",
        ScalarType::Boolean => "true or false",
        ScalarType::Date => "2024-12-31",
        ScalarType::TimePeriod => "2024, 2024-Q4, 2024-12 or 2024-W52",
        ScalarType::Time => "2024-01-01/2024-12-31",
        ScalarType::Duration => "A, S, Q, M, W or D",
    }
}
