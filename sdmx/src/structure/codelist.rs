//! Code lists.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::artefact::{Annotation, Identity, Names};
use crate::period::Period;

/// Annotation with the first day on which a code is valid, ISO 8601.
const VALID_FROM: &str = "VALID_FROM";
/// Annotation with the last day on which a code is valid, ISO 8601.
const VALID_TO: &str = "VALID_TO";

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Id.
    pub id: Arc<str>,
    /// Names.
    #[serde(flatten)]
    pub names: Names,
    /// Descriptions by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub descriptions: BTreeMap<String, String>,
    /// Code of the same list of which this one is a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Arc<str>>,
    /// Notes: validity, codes of the same thing in other schemes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
}

impl Code {
    /// First day on which the code is valid, as days since 1970-01-01; nothing if always was.
    pub fn valid_from(&self) -> Option<i64> {
        self.day(VALID_FROM)
    }

    /// Last day on which the code is valid, as days since 1970-01-01; nothing if still is.
    pub fn valid_to(&self) -> Option<i64> {
        self.day(VALID_TO)
    }

    fn day(&self, id: &str) -> Option<i64> {
        Period::parse(Annotation::find(&self.annotations, id)?.as_bytes()).ok()?.first_day()
    }
}

/// A list of codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Listed", into = "Listed")]
pub struct Codelist {
    /// Identity and names.
    pub identity: Identity,
    codes: Vec<Code>,
    places: HashMap<Arc<str>, u32>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Listed {
    #[serde(flatten)]
    identity: Identity,
    #[serde(default)]
    codes: Vec<Code>,
}

impl From<Listed> for Codelist {
    fn from(listed: Listed) -> Self {
        Self::new(listed.identity, listed.codes)
    }
}

impl From<Codelist> for Listed {
    fn from(list: Codelist) -> Self {
        Self { identity: list.identity, codes: list.codes }
    }
}

impl Codelist {
    /// A list of codes in their order.
    pub fn new(identity: Identity, codes: Vec<Code>) -> Self {
        let places = codes.iter().enumerate().map(|(place, code)| (code.id.clone(), place as u32)).collect();
        Self { identity, codes, places }
    }

    /// All codes, in their order.
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// The code with this id.
    pub fn get(&self, id: &str) -> Option<&Code> {
        self.codes.get(*self.places.get(id)? as usize)
    }
}
