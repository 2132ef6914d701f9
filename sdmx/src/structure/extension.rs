//! What a code list takes from others: all their codes or some, with a prefix or without.

use serde::{Deserialize, Serialize};

use super::id::CodeId;
use super::reference::Reference;

/// That a code list takes codes of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodelistExtension {
    /// The other list.
    pub codelist: Reference,
    /// What is put before the ids of its codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Only these codes are taken.
    #[serde(default, rename = "inclusiveCodeSelection", skip_serializing_if = "Option::is_none")]
    pub include: Option<CodeSelection>,
    /// All codes but these are taken. Never together with `include`.
    #[serde(default, rename = "exclusiveCodeSelection", skip_serializing_if = "Option::is_none")]
    pub exclude: Option<CodeSelection>,
}

/// Codes of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeSelection {
    /// Single codes, with or without those below them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub member_values: Vec<MemberValue>,
    /// Beginnings of ids with a `%` after them: `AF%`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wildcarded_member_values: Vec<String>,
}

/// One code of a selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "MemberJson", into = "MemberJson")]
pub struct MemberValue {
    /// Its id.
    pub value: CodeId,
    /// Whether the codes below it are meant too.
    pub cascade: Cascade,
}

/// Whether the codes below a code are meant too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cascade {
    /// The code alone.
    #[default]
    No,
    /// The code and all below it.
    Yes,
    /// All below it, but not itself.
    ExcludeRoot,
}

/// `"A"` or `{"value": "A", "cascadeValues": true}`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum MemberJson {
    Id(CodeId),
    Whole {
        value: CodeId,
        #[serde(default, rename = "cascadeValues")]
        cascade: CascadeJson,
    },
}

/// `true`, `false` or `"excluderoot"`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum CascadeJson {
    Is(bool),
    Word(ExcludeRoot),
}

#[derive(Serialize, Deserialize)]
pub(super) enum ExcludeRoot {
    #[serde(rename = "excluderoot")]
    ExcludeRoot,
}

impl Default for CascadeJson {
    fn default() -> Self {
        Self::Is(false)
    }
}

impl CascadeJson {
    /// Whether it says what is meant if nothing is said.
    pub(super) fn is_no(&self) -> bool {
        matches!(self, Self::Is(false))
    }
}

impl From<CascadeJson> for Cascade {
    fn from(json: CascadeJson) -> Self {
        match json {
            CascadeJson::Is(false) => Self::No,
            CascadeJson::Is(true) => Self::Yes,
            CascadeJson::Word(ExcludeRoot::ExcludeRoot) => Self::ExcludeRoot,
        }
    }
}

impl From<Cascade> for CascadeJson {
    fn from(cascade: Cascade) -> Self {
        match cascade {
            Cascade::No => Self::Is(false),
            Cascade::Yes => Self::Is(true),
            Cascade::ExcludeRoot => Self::Word(ExcludeRoot::ExcludeRoot),
        }
    }
}

impl From<MemberJson> for MemberValue {
    fn from(json: MemberJson) -> Self {
        match json {
            MemberJson::Id(value) => Self { value, cascade: Cascade::No },
            MemberJson::Whole { value, cascade } => Self { value, cascade: cascade.into() },
        }
    }
}

impl From<MemberValue> for MemberJson {
    fn from(member: MemberValue) -> Self {
        let value = member.value;
        match member.cascade {
            Cascade::No => Self::Id(value),
            cascade => Self::Whole { value, cascade: cascade.into() },
        }
    }
}
