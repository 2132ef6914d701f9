//! What a file is and which column is what, from its first row.

use super::rows::{split, unquote};
use super::{CLIP_CHARACTERS, COLUMNS_MAX};
use crate::structure::DataDefinition;

/// Version of SDMX-CSV.
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
        "the file is not SDMX-CSV: its first column is {first:?}; it must be STRUCTURE (version 2) or DATAFLOW (version 1)"
    )]
    FirstColumn {
        /// The first column's name, clipped.
        first: String,
    },
    /// Not UTF-8.
    #[error("the header is not UTF-8 text: save the file with encoding UTF-8")]
    NotUtf8,
    /// Too many columns.
    #[error("the header has {0} columns; at most {COLUMNS_MAX} are read")]
    TooManyColumns(usize),
    /// STRUCTURE_ID is missing.
    #[error("the header has no column STRUCTURE_ID: it must be the second")]
    NoStructureId,
    /// A component stands in two columns.
    #[error("the header has the column {0} twice")]
    Twice(String),
}

/// The header of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Version of SDMX-CSV.
    pub version: Version,
    /// Between cells.
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
    /// Whether it was marked as multi-valued by brackets.
    pub multi_valued: bool,
    /// Languages in its brackets.
    pub languages: Vec<String>,
    /// Whether its cells have a name behind their code: `A: Annual`.
    pub labelled: bool,
    /// What it is for.
    pub role: Role,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// What a column is in data of one dataflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    None,
    Dimension(usize),
    Time,
    Measure,
    /// An attribute of the definition, by place; then by place among the observation, series or dataset ones.
    Observation(usize, usize),
    Series(usize, usize),
    Dataset(usize),
}

impl Header {
    /// Reads the header out of the first bytes of a file. Gives how many bytes it has with its byte order
    /// mark; the row itself is split by the caller.
    pub(super) fn sniff(first: &[u8]) -> Result<usize, HeaderError> {
        let other = |looks_like, remedy| Err(HeaderError::OtherKind { looks_like, remedy });
        match first {
            [] => return Err(HeaderError::Empty),
            [0xEF, 0xBB, 0xBF, ..] => return Ok(3),
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
                return other("UTF-16 text", "save it with encoding UTF-8");
            }
            [b'P', b'K', 3, 4, ..] => {
                return other("an Excel workbook or a zip archive", "save the sheet as CSV");
            }
            [0x1F, 0x8B, ..] => return other("a gzip archive", "unpack it first"),
            [0xD0, 0xCF, 0x11, 0xE0, ..] => return other("an old Excel workbook", "save the sheet as CSV"),
            [b'%', b'P', b'D', b'F', ..] => return other("a PDF", "send the figures as SDMX-CSV"),
            [b'<', ..] => return other("XML or HTML", "send the data as SDMX-CSV"),
            [b'{', ..] | [b'[', ..] => return other("JSON", "send the data as SDMX-CSV"),
            _ => {}
        }
        if first.iter().take(4096).any(|byte| *byte == 0) {
            return other("a binary file", "send the figures as SDMX-CSV");
        }
        Ok(0)
    }

    /// Reads the header row.
    pub(super) fn parse(row: &[u8], quoted: bool) -> Result<Self, HeaderError> {
        let text = std::str::from_utf8(row).map_err(|_| HeaderError::NotUtf8)?;
        let bare = text.trim_start_matches('"');
        let version = if bare.starts_with("DATAFLOW") {
            Version::V1
        } else if bare.starts_with("STRUCTURE") {
            Version::V2
        } else {
            let first = text.split([',', ';', '\t']).next().unwrap_or(text);
            return Err(HeaderError::FirstColumn { first: first.chars().take(CLIP_CHARACTERS).collect() });
        };
        let separator = sniff_separator(text);
        let mut cells = Vec::new();
        split(row, quoted, separator, &mut cells);
        if cells.len() > COLUMNS_MAX {
            return Err(HeaderError::TooManyColumns(cells.len()));
        }
        let mut sub_separator = None;
        let mut columns: Vec<Column> = Vec::with_capacity(cells.len());
        for (place, (start, end)) in cells.iter().enumerate() {
            let name = unquote(&row[*start as usize..*end as usize]);
            let name = String::from_utf8_lossy(&name);
            let column = Column::parse(name.trim(), version, place);
            if place == 0 {
                sub_separator =
                    name.split_once('[').and_then(|(_, rest)| rest.chars().next()).filter(|c| *c != ']');
            }
            let twice = column.role != Role::Repeats
                && !column.name.is_empty()
                && columns.iter().any(|other| other.name == column.name && other.role != Role::Repeats);
            if twice {
                return Err(HeaderError::Twice(column.name));
            }
            columns.push(column);
        }
        if !columns.iter().any(|column| column.role == Role::StructureId) {
            return Err(HeaderError::NoStructureId);
        }
        Ok(Self { version, separator, sub_separator, columns })
    }

    /// What each column is in data of `definition`.
    pub(super) fn uses(&self, definition: &DataDefinition) -> Vec<Use> {
        self.columns.iter().map(|column| column_use(column, definition)).collect()
    }

    /// Ids of components that `definition` has and the header lacks.
    pub fn missing<'d>(&self, definition: &'d DataDefinition) -> Vec<&'d str> {
        let has = |id: &str| self.columns.iter().any(|column| column.role == Role::Other && column.is(id));
        let dimensions = definition.dimensions.iter().map(|dimension| &*dimension.id);
        let needed = dimensions.chain(definition.time.as_deref());
        needed.filter(|id| !has(id)).collect()
    }

    /// Names of columns that are no components of `definition`: they are not read.
    pub fn foreign(&self, definition: &DataDefinition) -> Vec<&str> {
        let columns = self.columns.iter().filter(|column| column.role == Role::Other);
        columns
            .filter(|column| column_use(column, definition) == Use::None)
            .map(|column| &*column.name)
            .collect()
    }

    pub(super) fn place_of(&self, role: Role) -> Option<usize> {
        self.columns.iter().position(|column| column.role == role)
    }
}

impl Column {
    fn parse(name: &str, version: Version, place: usize) -> Self {
        // With labels=both the header says `FREQ: Frequency`.
        let labelled = name.contains(": ");
        let name = name.split_once(": ").map_or(name, |(id, _)| id);
        let (id, brackets) = match name.split_once('[') {
            Some((id, rest)) => (id, rest.strip_suffix(']')),
            None => (name, None),
        };
        let first = place == 0;
        let role = match (version, id) {
            (Version::V1, "DATAFLOW") if first => Role::StructureId,
            (Version::V2, "STRUCTURE") if first => Role::Structure,
            (Version::V2, "STRUCTURE_ID") => Role::StructureId,
            (Version::V2, "ACTION") => Role::Action,
            (Version::V2, "STRUCTURE_NAME" | "SERIES_KEY" | "OBS_KEY") => Role::Repeats,
            _ => Role::Other,
        };
        let languages = brackets.unwrap_or_default();
        Self {
            name: id.to_owned(),
            multi_valued: brackets == Some(""),
            languages: languages
                .split([';', ',', '|'])
                .filter(|l| !l.is_empty())
                .map(str::to_owned)
                .collect(),
            labelled,
            role,
        }
    }

    /// Real files write component ids in lower case, too (Eurostat does).
    fn is(&self, id: &str) -> bool {
        self.name.eq_ignore_ascii_case(id)
    }
}

fn column_use(column: &Column, definition: &DataDefinition) -> Use {
    use crate::structure::AttributeLevel as Level;
    if column.role != Role::Other {
        return Use::None;
    }
    if let Some(place) = definition.dimensions.iter().position(|dimension| column.is(&dimension.id)) {
        return Use::Dimension(place);
    }
    if definition.time.as_deref().is_some_and(|time| column.is(time)) {
        return Use::Time;
    }
    if column.is(&definition.measure.id) {
        return Use::Measure;
    }
    let Some(place) = definition.attributes.iter().position(|attribute| column.is(&attribute.component.id))
    else {
        return Use::None;
    };
    let attribute = &definition.attributes[place];
    let id = &attribute.component.id;
    match attribute.level {
        Level::Observation => {
            Use::Observation(place, definition.shape.observation_attribute(id).unwrap_or(0))
        }
        Level::Series => Use::Series(place, definition.shape.series_attribute(id).unwrap_or(0)),
        Level::Dataset => Use::Dataset(place),
    }
}

fn sniff_separator(header: &str) -> u8 {
    // The character after the first field; `STRUCTURE[;]` declares another one in its brackets.
    let after = match header.find(']') {
        Some(close) if header.find(',').is_none_or(|comma| close < comma) => &header[close + 1..],
        _ => header.trim_start_matches(|c: char| c == '"' || c.is_ascii_alphabetic()),
    };
    let after = after.trim_start_matches('"');
    match after.bytes().next() {
        Some(separator @ (b',' | b';' | b'\t')) => separator,
        _ => [b',', b';', b'\t']
            .into_iter()
            .max_by_key(|s| header.bytes().filter(|b| b == s).count())
            .unwrap_or(b','),
    }
}
