//! Structures of reference metadata: held and given back. Of metadata sets the hub keeps one kind, reports about
//! sources ([`crate::source_report`]).

use serde::{Deserialize, Serialize};

use super::annotation::Annotation;
use super::artefact::Identity;
use super::id::Id;
use super::reference::Reference;
use super::representation::{Occurs, Representation};

/// A metadata structure definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataStructure {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// Its attributes.
    #[serde(default, rename = "metadataStructureComponents", skip_serializing_if = "is_empty")]
    pub components: MetadataComponents,
}

/// The components of a metadata structure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ComponentsJson", into = "ComponentsJson")]
pub struct MetadataComponents {
    /// The topmost attributes, in their order.
    pub attributes: Vec<MetadataAttribute>,
}

/// A metadata attribute, with those within it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetadataAttribute {
    /// Id.
    pub id: Id,
    /// What it means.
    pub concept_identity: Reference,
    /// Its values; if nothing is said, the concept says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_representation: Option<Representation>,
    /// Whether it only groups others and has no value itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_presentational: bool,
    /// Fewest values; one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_occurs: Option<u32>,
    /// Most values; one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_occurs: Option<Occurs>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
    /// Attributes within it, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metadata_attributes: Vec<MetadataAttribute>,
}

/// A flow of metadata sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadataflow {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// Its metadata structure.
    pub structure: Reference,
    /// What metadata may be about: URNs, in which classes, agencies, ids and versions may be wildcards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
}

/// Which provider sends which metadataflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetadataProvisionAgreement {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The metadataflow.
    pub metadataflow: Reference,
    /// The provider, an item of a scheme of metadata providers.
    pub metadata_provider: Reference,
    /// What metadata may be about, as in the metadataflow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
}

fn is_empty(components: &MetadataComponents) -> bool {
    components.attributes.is_empty()
}

impl MetadataStructure {
    /// All attributes at all depths; those within one come after it.
    pub fn all_attributes(&self) -> impl Iterator<Item = &MetadataAttribute> {
        let mut open: Vec<&MetadataAttribute> = self.components.attributes.iter().rev().collect();
        std::iter::from_fn(move || {
            let next = open.pop()?;
            open.extend(next.metadata_attributes.iter().rev());
            Some(next)
        })
    }
}

/// The list of attributes as SDMX-JSON nests it.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ComponentsJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata_attribute_list: Option<AttributeList>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttributeList {
    #[serde(default)]
    id: MetadataAttributeDescriptor,
    #[serde(default)]
    metadata_attributes: Vec<MetadataAttribute>,
}

/// The one id this list may have.
#[derive(Default, Serialize, Deserialize)]
enum MetadataAttributeDescriptor {
    #[default]
    MetadataAttributeDescriptor,
}

impl From<ComponentsJson> for MetadataComponents {
    fn from(json: ComponentsJson) -> Self {
        let attributes = json.metadata_attribute_list.map(|list| list.metadata_attributes);
        Self { attributes: attributes.unwrap_or_default() }
    }
}

impl From<MetadataComponents> for ComponentsJson {
    fn from(components: MetadataComponents) -> Self {
        let list = |metadata_attributes: Vec<MetadataAttribute>| AttributeList {
            id: MetadataAttributeDescriptor::default(),
            metadata_attributes,
        };
        let attributes = components.attributes;
        Self { metadata_attribute_list: (!attributes.is_empty()).then(|| list(attributes)) }
    }
}
