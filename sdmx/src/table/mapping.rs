//! Mappings: what the columns of an office's own table mean. A stored artefact, written as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::structure::{Class, Identity, Reference};

/// Longest mapping in bytes: value maps have some thousand lines.
const MAPPING_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most rows that one row of a table becomes by rules.
const ROW_RULES_MAX: usize = 256;

/// Values of a table and the codes they stand for.
pub type Values = BTreeMap<String, String>;
/// Columns and the values by which a row is told.
type Condition = BTreeMap<String, Vec<String>>;

/// What a table of one layout means in one dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// Id, agency, version, names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The dataflow, as AGENCY:ID(VERSION).
    pub dataflow: String,
    /// The columns of tables of this layout, in order: by these a table is recognised. Empty: the mapping is
    /// used only where it is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<String>,
    /// How numbers are written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub numbers: Numbers,
    /// Where each component comes from.
    pub components: BTreeMap<String, Source>,
    /// Flags of observations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<Flags>,
    /// Columns that differ in one component only, such as years side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub across: Option<Across>,
    /// Rows that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<Skip>,
    /// What a row becomes: one row for each of these that holds. None: one row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowRule>,
}

/// Where a component comes from: either a constant or a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The same in all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<String>,
    /// Name of a column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Which part of its cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// Codes for values of the cells; they come before the scheme.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: Values,
    /// In which codes the cells are written: `ISO3` (the ids of the code list), `NAME`, or the id of an
    /// annotation of its codes, such as `ISO2`, `M49`, `ESTAT`, `UNHCR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Whether values that `values` does not name are codes already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_others: bool,
    /// What is added behind the code: `-01-01` makes a day of a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
}

/// A part of a cell, such as the second of `A,TOTAL,AT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Between the parts.
    pub separator: char,
    /// Which one, from 1.
    pub nth: usize,
}

/// How numbers are written. With neither sign declared, only numbers that can be read in one way are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// Before the fraction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    /// Between groups of three digits; a space is any kind of space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thousands: Option<char>,
    /// What stands in place of a number, and the OBS_STATUS it means; `null`: there is nothing to send.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<String, Option<String>>,
    /// Whether letters behind a number are flags: `123 bp`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flags_behind: bool,
    /// Whether `1.3e-05` is a number: programs write small ones so. It is read exactly, as 0.000013.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exponents: bool,
    /// What is known of hidden values beside their upper bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub censored: Option<Censored>,
}

/// What is known of hidden values such as `<5`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Censored {
    /// The least they can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<i64>,
}

/// Flags of observations, one letter each, that become OBS_STATUS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flags {
    /// The column with them; none if they stand behind the numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What each letter means.
    pub values: Values,
    /// Of several, the one that comes first here counts.
    pub first_of: Vec<String>,
    /// The attribute that keeps several flags as they came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub several_to: Option<String>,
}

/// Columns of figures side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Across {
    /// In what they differ.
    pub component: String,
    /// Which columns.
    pub columns: AcrossColumns,
}

/// Which columns stand side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AcrossColumns {
    /// Those whose name is a period.
    Periods,
    /// These, with the code each stands for.
    Named(Values),
}

/// Rows that are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// Which: every column named here has one of its values.
    pub when: Condition,
    /// Why.
    pub reason: String,
}

/// One row that a row of the table becomes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowRule {
    /// Only where every column named here has one of its values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub when: Condition,
    /// Not where every column named here has one of its values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unless: Condition,
    /// Components that differ from those of the mapping.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, Source>,
}

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not the JSON of a mapping.
    #[error("it is not a mapping: {0}")]
    Json(#[from] serde_json::Error),
    /// Too long.
    #[error("it has more than {MAPPING_BYTES_MAX} bytes")]
    TooLong,
    /// It contradicts itself.
    #[error("{mapping}: {reason}")]
    Contradiction {
        /// Which.
        mapping: String,
        /// What.
        reason: String,
    },
}

impl Mapping {
    /// Reads a mapping and checks what can be checked without its dataflow.
    pub fn read(json: &[u8]) -> Result<Self, MappingError> {
        if json.len() > MAPPING_BYTES_MAX {
            return Err(MappingError::TooLong);
        }
        let mapping: Self = serde_json::from_slice(json)?;
        match mapping.contradiction() {
            None => Ok(mapping),
            Some(reason) => Err(MappingError::Contradiction { mapping: mapping.name(), reason }),
        }
    }

    /// The mapping in its canonical form: the same mapping is always the same bytes.
    pub fn canonical_json(&self) -> Vec<u8> {
        // Maps are ordered, texts are UTF-8, so that there is nothing that could fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// AGENCY:ID(VERSION).
    pub fn name(&self) -> String {
        let Identity { id, agency, version, .. } = &self.identity;
        format!("{agency}:{id}({version})")
    }

    fn contradiction(&self) -> Option<String> {
        if let Err(error) = Reference::parse_short(Class::Dataflow, &self.dataflow) {
            return Some(format!("\"dataflow\": {error}"));
        }
        let Numbers { decimal, thousands, .. } = &self.numbers;
        if decimal.is_some() && decimal == thousands {
            return Some("\"numbers\": decimal and thousands are the same sign".to_owned());
        }
        if self.rows.len() > ROW_RULES_MAX {
            return Some(format!("\"rows\": more than {ROW_RULES_MAX} rules"));
        }
        let sources = self.components.iter().chain(self.rows.iter().flat_map(|row| &row.set));
        for (component, source) in sources {
            if source.constant.is_some() == source.column.is_some() {
                return Some(format!("{component} needs either \"constant\" or \"column\""));
            }
            if source.part.is_some_and(|part| part.nth == 0) {
                return Some(format!("{component}: parts are counted from 1"));
            }
        }
        let unranked = self.flags.iter().flat_map(|flags| {
            flags.values.values().filter(|code| !code.is_empty() && !flags.first_of.contains(code))
        });
        unranked.map(|code| format!("\"flags\": {code} is not among \"first_of\"")).next()
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The mappings that are at hand.
#[derive(Clone, Debug, Default)]
pub struct KnownMappings {
    mappings: Vec<Mapping>,
}

impl KnownMappings {
    /// Adds a mapping; one of the same agency, id and version goes.
    pub fn put(&mut self, mapping: Mapping) {
        self.mappings.retain(|known| known.name() != mapping.name());
        self.mappings.push(mapping);
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Mapping> {
        self.mappings.iter()
    }

    /// The newest mapping that `text` names: `ID`, `AGENCY:ID` or `AGENCY:ID(VERSION)`.
    pub fn find(&self, text: &str) -> Option<&Mapping> {
        let names = |mapping: &&Mapping| {
            let full = mapping.name();
            let short = full.split_once('(').map_or(&*full, |(short, _)| short);
            full == text || short == text || *mapping.identity.id == *text
        };
        self.mappings.iter().filter(names).max_by(|a, b| a.identity.version.cmp(&b.identity.version))
    }

    /// The mappings of tables with exactly these columns, the newest version of each.
    pub fn matching(&self, columns: &[String]) -> Vec<&Mapping> {
        let fits = |mapping: &&Mapping| !mapping.header.is_empty() && mapping.header == columns;
        let mut found: Vec<&Mapping> = Vec::new();
        for mapping in self.mappings.iter().filter(fits) {
            let same = |known: &&mut &Mapping| {
                known.identity.id == mapping.identity.id && known.identity.agency == mapping.identity.agency
            };
            match found.iter_mut().find(same) {
                Some(known) if known.identity.version < mapping.identity.version => *known = mapping,
                Some(_) => {}
                None => found.push(mapping),
            }
        }
        found
    }
}
