//! Code lists.

use std::collections::HashMap;

use serde::{Deserialize, Serialize, Serializer};

use super::annotation::{Annotation, AnnotationError};
use super::artefact::Identity;
use super::extension::CodelistExtension;
use super::id::CodeId;
use super::names::Names;
use super::validity::{Validity, days};

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CodeJson", into = "CodeJson")]
pub struct Code {
    /// Id.
    pub id: CodeId,
    /// Names and descriptions.
    pub names: Names,
    /// Code of the same list of which this one is a part.
    pub parent: Option<CodeId>,
    /// When it is valid.
    pub validity: Validity,
    /// Other notes, such as codes of the same thing in other schemes.
    pub annotations: Vec<Annotation>,
}

impl Code {
    /// First day on which the code is valid, as days since 1970-01-01; nothing if always was.
    pub fn valid_from(&self) -> Option<i64> {
        self.validity.from.map(days)
    }

    /// Last day on which the code is valid, as days since 1970-01-01; nothing if still is.
    pub fn valid_to(&self) -> Option<i64> {
        self.validity.to.map(days)
    }

    /// What the annotation with this id says: `M49`, `ISO2`.
    pub fn annotation(&self, id: &str) -> Option<&str> {
        Annotation::find(&self.annotations, id)
    }
}

#[derive(Serialize, Deserialize)]
struct CodeJson {
    id: CodeId,
    #[serde(flatten)]
    names: Names,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<CodeId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation>,
}

#[derive(Debug, thiserror::Error)]
#[error("the code {code}: {source}")]
struct CodeError {
    code: CodeId,
    source: AnnotationError,
}

impl TryFrom<CodeJson> for Code {
    type Error = CodeError;

    fn try_from(json: CodeJson) -> Result<Self, CodeError> {
        let CodeJson { id, names, parent, mut annotations } = json;
        match Validity::take(&mut annotations) {
            Ok(validity) => Ok(Self { id, names, parent, validity, annotations }),
            Err(source) => Err(CodeError { code: id, source }),
        }
    }
}

impl From<Code> for CodeJson {
    fn from(code: Code) -> Self {
        let annotations = code.validity.annotations().chain(code.annotations).collect();
        Self { id: code.id, names: code.names, parent: code.parent, annotations }
    }
}

/// A list of codes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "CodelistJson")]
pub struct Codelist {
    /// Identity and names.
    pub identity: Identity,
    /// What it takes from other lists; see [`Structures::expanded`](super::Structures::expanded).
    pub extensions: Vec<CodelistExtension>,
    codes: Vec<Code>,
    positions: HashMap<CodeId, u32>,
}

#[derive(Deserialize)]
struct CodelistJson {
    #[serde(flatten)]
    identity: Identity,
    #[serde(default)]
    codes: Vec<Code>,
    #[serde(default, rename = "codelistExtensions")]
    extensions: Vec<CodelistExtension>,
}

impl From<CodelistJson> for Codelist {
    fn from(json: CodelistJson) -> Self {
        Self { extensions: json.extensions, ..Self::new(json.identity, json.codes) }
    }
}

impl Serialize for Codelist {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Whole<'a> {
            #[serde(flatten)]
            identity: &'a Identity,
            #[serde(skip_serializing_if = "<[Code]>::is_empty")]
            codes: &'a [Code],
            #[serde(rename = "codelistExtensions", skip_serializing_if = "<[_]>::is_empty")]
            extensions: &'a [CodelistExtension],
        }
        Whole { identity: &self.identity, codes: &self.codes, extensions: &self.extensions }
            .serialize(serializer)
    }
}

impl Codelist {
    /// A list of codes in their order. Of codes with one id, which `Structures::check` reports, the first
    /// is found.
    pub fn new(identity: Identity, codes: Vec<Code>) -> Self {
        let mut positions = HashMap::with_capacity(codes.len());
        for (position, code) in codes.iter().enumerate() {
            positions.entry(code.id.clone()).or_insert(position as u32);
        }
        Self { identity, extensions: Vec::new(), codes, positions }
    }

    /// All codes of its own, in their order.
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// The code with this id.
    pub fn get(&self, id: &str) -> Option<&Code> {
        self.codes.get(self.position(id)? as usize)
    }

    /// The place of the code with this id among all codes, from 0.
    pub fn position(&self, id: &str) -> Option<u32> {
        self.positions.get(id).copied()
    }
}
