//! What all artefacts have in common, and the sum of their kinds.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::agreement::ProvisionAgreement;
use super::annotation::Annotation;
use super::codelist::Codelist;
use super::constraint::DataConstraint;
use super::data_structure::DataStructure;
use super::dataflow::Dataflow;
use super::id::{AgencyId, Id};
use super::names::Names;
use super::reference::{Class, Reference};
use super::scheme::{AgencyScheme, ConceptScheme, DataProviderScheme};
use super::version::Version;

/// Identity and names: what every maintainable artefact begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Id.
    pub id: Id,
    /// Maintenance agency.
    #[serde(rename = "agencyID")]
    pub agency: AgencyId,
    /// Version.
    #[serde(default = "Version::first")]
    pub version: Version,
    /// Names and descriptions.
    #[serde(flatten)]
    pub names: Names,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
    /// Whether items are missing: such a scheme is never stored over a full one.
    #[serde(default, rename = "isPartial", skip_serializing_if = "std::ops::Not::not")]
    pub is_partial: bool,
}

impl Identity {
    /// An identity without notes.
    pub fn new(agency: AgencyId, id: Id, version: Version, names: Names) -> Self {
        Self { id, agency, version, names, annotations: Vec::new(), is_partial: false }
    }
}

/// Any maintainable artefact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Artefact {
    /// Agencies.
    AgencyScheme(AgencyScheme),
    /// Data providers.
    DataProviderScheme(DataProviderScheme),
    /// Codes.
    Codelist(Arc<Codelist>),
    /// Concepts.
    ConceptScheme(ConceptScheme),
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
            Self::AgencyScheme(scheme) => &scheme.identity,
            Self::DataProviderScheme(scheme) => &scheme.identity,
            Self::ConceptScheme(scheme) => &scheme.identity,
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
        Reference::new(self.class(), identity.agency.clone(), identity.id.clone(), identity.version.clone())
    }

    /// Whether it is a scheme with an item of this id.
    pub fn has_item(&self, id: &str) -> bool {
        match self {
            Self::AgencyScheme(scheme) => scheme.agencies.iter().any(|item| &*item.id == id),
            Self::DataProviderScheme(scheme) => scheme.data_providers.iter().any(|item| &*item.id == id),
            Self::ConceptScheme(scheme) => scheme.concept(id).is_some(),
            Self::Codelist(list) => list.get(id).is_some(),
            _ => false,
        }
    }
}
