//! Organisations besides agencies and data providers: consumers, providers of metadata, units.

use serde::{Deserialize, Serialize};

use super::annotation::Annotation;
use super::artefact::Identity;
use super::id::CodeId;
use super::names::Names;
use super::scheme::Item;

/// The data consumers that an agency names; always `DATA_CONSUMERS(1.0)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataConsumerScheme {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The consumers, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_consumers: Vec<Item>,
}

/// The providers of metadata that an agency names; always `METADATA_PROVIDERS(1.0)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetadataProviderScheme {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The providers, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metadata_providers: Vec<Item>,
}

/// Units of organisations; the id is free, the version always 1.0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganisationUnitScheme {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The units, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organisation_units: Vec<OrganisationUnit>,
}

/// A unit of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationUnit {
    /// Id.
    pub id: CodeId,
    /// Names and descriptions.
    #[serde(flatten)]
    pub names: Names,
    /// Unit of the same scheme of which this one is a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<CodeId>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
}
