//! What all artefacts have, and the schemes that are no more than lists of named items.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::codelist::Codelist;
use super::component::{DataConstraint, DataStructure, Dataflow};
use super::reference::{Class, Reference, Version};

/// Names in several languages. In SDMX-JSON: `name`, the best match, and `names`, all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    names: BTreeMap<String, String>,
}

impl Names {
    /// A name in English.
    pub fn english(name: &str) -> Self {
        Self { name: Some(name.to_owned()), names: BTreeMap::from([("en".to_owned(), name.to_owned())]) }
    }

    /// The name in `language`, else in English, else whatever there is.
    pub fn best(&self, language: &str) -> Option<&str> {
        let names = &self.names;
        let best = names.get(language).or_else(|| names.get("en")).or(self.name.as_ref());
        best.or_else(|| names.values().next()).map(String::as_str)
    }

    /// All names by language.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.names
    }
}

/// A note with an id that programs know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// What kind of note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its value in short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A further distinction.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its value (SDMX 3.0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Its text by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
}

impl Annotation {
    /// Value of the annotation with this id.
    pub fn find<'a>(annotations: &'a [Self], id: &str) -> Option<&'a str> {
        let found = annotations.iter().find(|annotation| annotation.id.as_deref() == Some(id))?;
        found.value.as_deref().or(found.title.as_deref())
    }
}

/// Identity and names: what every maintainable artefact begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Id.
    pub id: Arc<str>,
    /// Maintenance agency.
    #[serde(rename = "agencyID")]
    pub agency: Arc<str>,
    /// Version.
    #[serde(default = "Version::first")]
    pub version: Version,
    /// Names.
    #[serde(flatten)]
    pub names: Names,
    /// Descriptions by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub descriptions: BTreeMap<String, String>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
    /// Whether items are missing: such a scheme is never stored over a full one.
    #[serde(default, rename = "isPartial", skip_serializing_if = "std::ops::Not::not")]
    pub is_partial: bool,
}

/// A named item of a scheme: an agency, a data provider, a concept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Id.
    pub id: Arc<str>,
    /// Names.
    #[serde(flatten)]
    pub names: Names,
    /// Descriptions by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub descriptions: BTreeMap<String, String>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
}

/// A list of named items: agencies, data providers or concepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemScheme {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The items, in their order.
    #[serde(default, alias = "agencies", alias = "dataProviders", alias = "concepts")]
    pub items: Vec<Item>,
}

/// Which provider sends which dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionAgreement {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The dataflow.
    pub dataflow: Reference,
    /// The data provider, an item of a data provider scheme.
    #[serde(rename = "dataProvider")]
    pub data_provider: Reference,
}

/// Any maintainable artefact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Artefact {
    /// Agencies.
    AgencyScheme(ItemScheme),
    /// Data providers.
    DataProviderScheme(ItemScheme),
    /// Codes.
    Codelist(Codelist),
    /// Concepts.
    ConceptScheme(ItemScheme),
    /// A data structure.
    DataStructure(DataStructure),
    /// A dataflow.
    Dataflow(Dataflow),
    /// An agreement.
    ProvisionAgreement(ProvisionAgreement),
    /// Allowed values.
    DataConstraint(DataConstraint),
}

impl Artefact {
    /// Its class.
    pub fn class(&self) -> Class {
        match self {
            Self::AgencyScheme(_) => Class::AgencyScheme,
            Self::DataProviderScheme(_) => Class::DataProviderScheme,
            Self::Codelist(_) => Class::Codelist,
            Self::ConceptScheme(_) => Class::ConceptScheme,
            Self::DataStructure(_) => Class::DataStructure,
            Self::Dataflow(_) => Class::Dataflow,
            Self::ProvisionAgreement(_) => Class::ProvisionAgreement,
            Self::DataConstraint(_) => Class::DataConstraint,
        }
    }

    /// Identity and names.
    pub fn identity(&self) -> &Identity {
        match self {
            Self::AgencyScheme(scheme) | Self::DataProviderScheme(scheme) | Self::ConceptScheme(scheme) => {
                &scheme.identity
            }
            Self::Codelist(list) => &list.identity,
            Self::DataStructure(structure) => &structure.identity,
            Self::Dataflow(dataflow) => &dataflow.identity,
            Self::ProvisionAgreement(agreement) => &agreement.identity,
            Self::DataConstraint(constraint) => &constraint.identity,
        }
    }

    /// Its name.
    pub fn reference(&self) -> Reference {
        let identity = self.identity();
        Reference {
            class: self.class(),
            agency: identity.agency.clone(),
            id: identity.id.clone(),
            version: identity.version.clone(),
            item: None,
        }
    }
}
