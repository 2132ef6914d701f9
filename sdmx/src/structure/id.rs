//! Ids, read once: a value that exists is an id.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest id.
pub const ID_BYTES_MAX: usize = 255;

/// How one kind of id is spelled.
pub trait Grammar {
    /// What the id is of, with its rule, for the reader of an error.
    const RULE: &'static str;
    /// Whether a text of sound length is such an id.
    fn fits(text: &str) -> bool;
}

/// An id of the kind `G`; clones are cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<G>(Arc<str>, PhantomData<G>);

/// Grammar of [`Id`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdGrammar {}
/// Grammar of [`AgencyId`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgencyIdGrammar {}
/// Grammar of [`ItemId`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemIdGrammar {}
/// Grammar of [`CodeId`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeIdGrammar {}

/// Id of an artefact, a component or a concept: `CL_AREA`, `REF_AREA`.
pub type Id = Name<IdGrammar>;
/// Id of an agency; agencies within agencies have points between: `SDMX.SUB`.
pub type AgencyId = Name<AgencyIdGrammar>;
/// Id of a code or another item of a scheme: `_T`, `001`.
pub type CodeId = Name<CodeIdGrammar>;

/// Name of an item within its scheme: its id, and before it those of the items it lies in, with points between:
/// `POP.MIG`.
pub type ItemId = Name<ItemIdGrammar>;

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not the id of {rule}, at most {ID_BYTES_MAX} bytes")]
pub struct IdError {
    /// The text, or its beginning.
    pub text: String,
    /// What it should be the id of, and how such ids are spelled.
    pub rule: &'static str,
}

impl Grammar for IdGrammar {
    const RULE: &'static str = "an artefact or component: begin with a letter, use letters, digits, _ and -";
    fn fits(text: &str) -> bool {
        let mut bytes = text.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    }
}

impl Grammar for AgencyIdGrammar {
    const RULE: &'static str =
        "an agency: begin with a letter, use letters, digits, _ and -, and a point before each agency within";
    fn fits(text: &str) -> bool {
        text.split('.').all(IdGrammar::fits)
    }
}

impl Grammar for CodeIdGrammar {
    const RULE: &'static str = "a code or item: use letters, digits, _ @ $ and -";
    fn fits(text: &str) -> bool {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'$' | b'-'))
    }
}

impl Grammar for ItemIdGrammar {
    const RULE: &'static str =
        "an item: use letters, digits, _ @ $ and -, and a point before each item within another";
    fn fits(text: &str) -> bool {
        text.split('.').all(CodeIdGrammar::fits)
    }
}

impl From<CodeId> for ItemId {
    fn from(id: CodeId) -> Self {
        Self(id.0, PhantomData)
    }
}

impl<G: Grammar> Name<G> {
    /// Reads an id.
    pub fn new(text: &str) -> Result<Self, IdError> {
        if text.len() <= ID_BYTES_MAX && G::fits(text) {
            Ok(Self(Arc::from(text), PhantomData))
        } else {
            Err(IdError { text: beginning(text), rule: G::RULE })
        }
    }
}

impl<G> Name<G> {
    /// The text, shared.
    pub fn as_arc(&self) -> &Arc<str> {
        &self.0
    }
}

/// Whether a text may be the id of an artefact, an agency or a component.
pub fn is_id(text: &str) -> bool {
    AgencyId::new(text).is_ok()
}

/// Whether a text may be the id of a code.
pub fn is_code_id(text: &str) -> bool {
    CodeId::new(text).is_ok()
}

/// The first characters of a text that an error quotes.
pub(super) fn beginning(text: &str) -> String {
    const CHARACTERS_QUOTED: usize = 100;
    text.chars().take(CHARACTERS_QUOTED).collect()
}

impl<G> Deref for Name<G> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<G> Borrow<str> for Name<G> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<G> AsRef<str> for Name<G> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<G> fmt::Debug for Name<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<G> fmt::Display for Name<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<G: Grammar> FromStr for Name<G> {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(text)
    }
}

impl<G> Serialize for Name<G> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, G: Grammar> Deserialize<'de> for Name<G> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_id_has_its_own_characters() {
        for (text, id, agency, code) in [
            ("CL_AREA", true, true, true),
            ("A-1", true, true, true),
            ("SDMX.SUB", false, true, false),
            ("SDMX..SUB", false, false, false),
            ("SDMX.", false, false, false),
            ("_T", false, false, true),
            ("001", false, false, true),
            ("a@$", false, false, true),
            ("A B", false, false, false),
            ("é", false, false, false),
            ("", false, false, false),
        ] {
            let found = (Id::new(text).is_ok(), AgencyId::new(text).is_ok(), CodeId::new(text).is_ok());
            assert_eq!(found, (id, agency, code), "{text:?}");
        }
        assert!(Id::new(&"A".repeat(ID_BYTES_MAX)).is_ok());
        assert!(Id::new(&"A".repeat(ID_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn a_refused_id_is_quoted_with_the_rule() {
        assert_eq!(
            Id::new("_T").expect_err("begins with _").to_string(),
            "\"_T\" is not the id of an artefact or component: begin with a letter, use letters, digits, _ and -, at \
             most 255 bytes"
        );
    }
}
