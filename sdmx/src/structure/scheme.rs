//! Schemes of agencies, data providers and concepts.

use serde::{Deserialize, Serialize};

use super::annotation::Annotation;
use super::artefact::Identity;
use super::id::{CodeId, Id};
use super::names::Names;
use super::representation::Representation;

/// An organisation: an agency or a data provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Id.
    pub id: CodeId,
    /// Names and descriptions.
    #[serde(flatten)]
    pub names: Names,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
}

/// The agencies that an agency names; always `AGENCIES(1.0)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgencyScheme {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The agencies, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agencies: Vec<Item>,
}

/// The data providers that an agency names; always `DATA_PROVIDERS(1.0)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataProviderScheme {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The providers, in their order.
    #[serde(default, rename = "dataProviders", skip_serializing_if = "Vec::is_empty")]
    pub data_providers: Vec<Item>,
}

/// What a component means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Concept {
    /// Id.
    pub id: Id,
    /// Names and descriptions.
    #[serde(flatten)]
    pub names: Names,
    /// Concept of the same scheme of which this one is a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id>,
    /// Values of components that do not say their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub core_representation: Option<Representation>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
}

/// A list of concepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConceptScheme {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The concepts, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concepts: Vec<Concept>,
}

impl ConceptScheme {
    /// The concept with this id.
    pub fn concept(&self, id: &str) -> Option<&Concept> {
        self.concepts.iter().find(|concept| &*concept.id == id)
    }
}
