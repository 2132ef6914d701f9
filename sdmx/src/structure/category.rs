//! Categories: subjects under which artefacts are found, and what lies under which.

use serde::{Deserialize, Serialize};

use super::annotation::Annotation;
use super::artefact::Identity;
use super::id::CodeId;
use super::names::Names;
use super::reference::Reference;

/// A tree of categories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryScheme {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The topmost categories, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
}

/// A category, with those within it. Its URN names all above it: `DOMAINS(1.0.0).POP.MIG`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Id; one among those with the same parent.
    pub id: CodeId,
    /// Names and descriptions.
    #[serde(flatten)]
    pub names: Names,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
    /// Categories within it, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
}

/// That an artefact lies under a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Categorisation {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// What lies there: a dataflow, or any other artefact.
    pub source: Reference,
    /// The category.
    pub target: Reference,
}

impl CategoryScheme {
    /// The category of a path of ids with points between: `POP.MIG`.
    pub fn category(&self, path: &str) -> Option<&Category> {
        let mut ids = path.split('.');
        let find =
            |categories: &'_ [Category], id: &str| categories.iter().position(|category| &*category.id == id);
        let mut found = self.categories.get(find(&self.categories, ids.next()?)?)?;
        for id in ids {
            found = found.categories.get(find(&found.categories, id)?)?;
        }
        Some(found)
    }
}
