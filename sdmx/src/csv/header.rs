//! Which column is what, from the first row of a file.

use super::plan::Plan;
use super::split::{split, unquote};
use super::{CLIP_CHARACTERS, COLUMNS_MAX, HEADER_BYTES_MAX, rows};
use crate::structure::DataDefinition;

/// Version of SDMX-CSV, as far as a file shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 1.0: begins with DATAFLOW.
    V1,
    /// 2.0 and 2.1: begins with STRUCTURE.
    V2,
}

/// Why a file is not SDMX-CSV.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// Another kind of file.
    #[error("the file is not SDMX-CSV: it looks like {looks_like}; {remedy}")]
    OtherKind {
        /// What it looks like.
        looks_like: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Text, but not beginning as SDMX-CSV does.
    #[error(
        "the file is not SDMX-CSV: its first column is {first:?}; it must be STRUCTURE (SDMX-CSV 2) or DATAFLOW (1.0), and name the dataflow in every row"
    )]
    FirstColumn {
        /// The first column's name, clipped.
        first: String,
    },
    /// Not UTF-8.
    #[error("the header is not UTF-8 text: save the file with the encoding UTF-8")]
    NotUtf8,
    /// Too long.
    #[error("the header has more than {HEADER_BYTES_MAX} bytes: most often its line break is missing")]
    TooLong,
    /// Too many columns.
    #[error("the header has {0} columns; at most {COLUMNS_MAX} are read")]
    TooManyColumns(usize),
    /// STRUCTURE_ID is missing.
    #[error("the header has no column STRUCTURE_ID: it must be the second, with AGENCY:ID(VERSION) below")]
    NoStructureId,
    /// STRUCTURE_ID or ACTION stands in two columns.
    #[error("the header has the column {0} twice: remove one of them")]
    Twice(String),
    /// A text in quotation marks does not end.
    #[error("column {0} of the header: text follows the closing quotation mark")]
    StrayQuote(usize),
    /// A header alone.
    #[error("the file has a header and no rows")]
    NoRows,
}

/// The header of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Version of SDMX-CSV.
    pub version: Version,
    /// Between cells: a comma, a semicolon or a tab.
    pub separator: u8,
    /// Between the values of one cell, as `STRUCTURE[;]` declares it.
    pub sub_separator: Option<char>,
    /// The columns, in order.
    pub columns: Vec<Column>,
}

/// One column of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name without brackets and label.
    pub name: String,
    /// Whether brackets mark its cells as divided: `ATTR[]` into values, `ATTR[en;fr]` into languages.
    pub divided: bool,
    /// Languages in its brackets.
    pub languages: Vec<String>,
    /// Whether its cells have a name behind their code: `A: Annual`.
    pub labelled: bool,
    /// What it is for.
    pub role: Role,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// STRUCTURE: which kind of reference follows.
    Structure,
    /// STRUCTURE_ID, or DATAFLOW in version 1.
    StructureId,
    /// ACTION.
    Action,
    /// Names and keys that repeat what other columns say.
    Repeats,
    /// Anything else: a component, or a column of the sender's own.
    Other,
    /// A component that never occurs, in a format without a header.
    Absent,
}

impl Header {
    /// Reads the header row.
    pub(super) fn parse(row: &[u8]) -> Result<Self, HeaderError> {
        if row.len() > HEADER_BYTES_MAX {
            return Err(HeaderError::TooLong);
        }
        let text = std::str::from_utf8(row).map_err(|_| HeaderError::NotUtf8)?;
        let first = text.split([',', ';', '\t', '[', '"']).find(|part| !part.is_empty()).unwrap_or(text);
        let version = match first.trim() {
            "DATAFLOW" => Version::V1,
            "STRUCTURE" => Version::V2,
            first => {
                let first = first.chars().take(CLIP_CHARACTERS).collect();
                return Err(HeaderError::FirstColumn { first });
            }
        };
        let separator = sniff_separator(text);
        let names = names(row, separator)?;
        let mut sub_separator = None;
        let mut columns: Vec<Column> = Vec::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            let column = Column::parse(name.trim(), version, place);
            if place == 0 {
                let bracket = name.split_once('[').and_then(|(_, rest)| rest.chars().next());
                sub_separator = bracket.filter(|character| *character != ']');
            }
            // Columns with names may well have the same name; components are looked at when they are known.
            if column.role < Role::Repeats && columns.iter().any(|other| other.role == column.role) {
                return Err(HeaderError::Twice(column.name));
            }
            columns.push(column);
        }
        if !columns.iter().any(|column| column.role == Role::StructureId) {
            return Err(HeaderError::NoStructureId);
        }
        Ok(Self { version, separator, sub_separator, columns })
    }

    /// Names of columns that are no components of `definition`: they are not read.
    pub fn foreign(&self, definition: &DataDefinition) -> Vec<&str> {
        let plan = Plan::new(self, definition);
        let foreign = (0..self.columns.len()).filter(|column| plan.is_foreign(*column));
        foreign
            .map(|column| &self.columns[column])
            .filter(|column| column.role == Role::Other)
            .map(|column| &*column.name)
            .collect()
    }

    /// Number of columns up to the last of STRUCTURE, STRUCTURE_ID and ACTION.
    pub(super) fn control_columns(&self) -> usize {
        self.columns.iter().rposition(|column| column.role < Role::Repeats).map_or(0, |last| last + 1)
    }

    /// Whether a component stands in more than one column.
    pub(super) fn repeats(&self, id: &str) -> bool {
        self.columns.iter().filter(|column| column.role == Role::Other && column.name == id).count() > 1
    }

    /// The column of a component. Real files write ids in lower case, too; and beside `sex` there may be a
    /// column `Sex` with names (Eurostat has both): so the exact name comes first, then the first in any case.
    pub fn column_of(&self, id: &str) -> Option<usize> {
        let find = |fits: &dyn Fn(&str) -> bool| {
            self.columns.iter().position(|column| column.role == Role::Other && fits(&column.name))
        };
        find(&|name| name == id).or_else(|| find(&|name| name.eq_ignore_ascii_case(id)))
    }
}

impl Column {
    fn parse(name: &str, version: Version, place: usize) -> Self {
        // With labels=both the header says `FREQ: Frequency`.
        let labelled = name.contains(": ");
        let name = name.split_once(": ").map_or(name, |(id, _)| id);
        let (id, brackets) = match name.split_once('[') {
            // Attributes nested in others (`CONTACT[].NAME[]`) are no components: they are told, not read.
            Some((_, rest)) if rest.contains("].") => (name, None),
            Some((id, rest)) => (id, rest.strip_suffix(']')),
            None => (name, None),
        };
        let role = match (version, id) {
            (Version::V1, "DATAFLOW") if place == 0 => Role::StructureId,
            (Version::V2, "STRUCTURE") if place == 0 => Role::Structure,
            (Version::V2, "STRUCTURE_ID") => Role::StructureId,
            (Version::V2, "ACTION") => Role::Action,
            (Version::V2, "STRUCTURE_NAME" | "SERIES_KEY" | "OBS_KEY") => Role::Repeats,
            _ => Role::Other,
        };
        let languages = brackets.unwrap_or_default().split([';', ',', '|']);
        Self {
            name: id.to_owned(),
            divided: brackets.is_some(),
            languages: languages
                .filter(|language| !language.is_empty() && place > 0)
                .map(str::to_owned)
                .collect(),
            labelled,
            role,
        }
    }
}

/// The cells of a header row.
pub(crate) fn names(row: &[u8], separator: u8) -> Result<Vec<String>, HeaderError> {
    let mut padded = row.to_vec();
    padded.resize(row.len() + rows::SLACK, 0);
    let mut cells = Vec::new();
    split(&padded, row.len(), 0, true, separator, &mut cells);
    if cells.len() > COLUMNS_MAX {
        return Err(HeaderError::TooManyColumns(cells.len()));
    }
    let name = |(place, cell): (usize, &super::split::Cell)| {
        let content = unquote(cell.raw(row)).ok_or(HeaderError::StrayQuote(place + 1))?;
        Ok(String::from_utf8_lossy(&content).into_owned())
    };
    cells.iter().enumerate().map(name).collect()
}

fn sniff_separator(header: &str) -> u8 {
    // The character after the first name; `STRUCTURE[;]` declares another one in its brackets.
    let after = header.trim_start_matches('"').trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let after = match after.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(after, |(_, after)| after),
        None => after,
    };
    match after.trim_start_matches('"').bytes().next() {
        Some(separator @ (b',' | b';' | b'\t')) => separator,
        _ => [b';', b'\t', b',']
            .into_iter()
            .max_by_key(|separator| header.bytes().filter(|byte| byte == separator).count())
            .unwrap_or(b','),
    }
}
