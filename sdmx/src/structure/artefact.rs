//! What all artefacts have in common, and the sum of their kinds.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::agreement::ProvisionAgreement;
use super::annotation::Annotation;
use super::category::{Categorisation, CategoryScheme};
use super::codelist::Codelist;
use super::constraint::DataConstraint;
use super::data_structure::DataStructure;
use super::dataflow::Dataflow;
use super::hierarchy::{Hierarchy, HierarchyAssociation};
use super::id::{AgencyId, Id};
use super::instant;
use super::metadata::{MetadataProvisionAgreement, MetadataStructure, Metadataflow};
use super::names::Names;
use super::organisation::{DataConsumerScheme, MetadataProviderScheme, OrganisationUnitScheme};
use super::reference::{Class, Reference};
use super::scheme::{AgencyScheme, ConceptScheme, DataProviderScheme};
use super::stub::Stub;
use super::value_list::ValueList;
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
    /// Since when it is meant to be used.
    #[serde(
        default,
        rename = "validFrom",
        with = "instant::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub valid_from: Option<Timestamp>,
    /// Until when it is meant to be used.
    #[serde(
        default,
        rename = "validTo",
        with = "instant::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub valid_to: Option<Timestamp>,
}

impl Identity {
    /// An identity without notes.
    pub fn new(agency: AgencyId, id: Id, version: Version, names: Names) -> Self {
        let (annotations, is_partial) = (Vec::new(), false);
        Self { id, agency, version, names, annotations, is_partial, valid_from: None, valid_to: None }
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
    /// Data consumers.
    DataConsumerScheme(DataConsumerScheme),
    /// Providers of metadata.
    MetadataProviderScheme(MetadataProviderScheme),
    /// Units of organisations.
    OrganisationUnitScheme(OrganisationUnitScheme),
    /// Categories.
    CategoryScheme(CategoryScheme),
    /// What lies under a category.
    Categorisation(Categorisation),
    /// A grouping of codes.
    Hierarchy(Hierarchy),
    /// Where a hierarchy is used.
    HierarchyAssociation(HierarchyAssociation),
    /// Values that need not be ids.
    ValueList(ValueList),
    /// A metadata structure.
    MetadataStructure(MetadataStructure),
    /// A metadataflow.
    Metadataflow(Metadataflow),
    /// An agreement about metadata.
    MetadataProvisionAgreement(MetadataProvisionAgreement),
    /// An artefact of any class, the content of which stands elsewhere.
    Stub(Stub),
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
            Self::DataConsumerScheme(_) => Class::DataConsumerScheme,
            Self::MetadataProviderScheme(_) => Class::MetadataProviderScheme,
            Self::OrganisationUnitScheme(_) => Class::OrganisationUnitScheme,
            Self::CategoryScheme(_) => Class::CategoryScheme,
            Self::Categorisation(_) => Class::Categorisation,
            Self::Hierarchy(_) => Class::Hierarchy,
            Self::HierarchyAssociation(_) => Class::HierarchyAssociation,
            Self::ValueList(_) => Class::ValueList,
            Self::MetadataStructure(_) => Class::MetadataStructure,
            Self::Metadataflow(_) => Class::Metadataflow,
            Self::MetadataProvisionAgreement(_) => Class::MetadataProvisionAgreement,
            Self::Stub(stub) => stub.class,
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
            Self::DataConsumerScheme(scheme) => &scheme.identity,
            Self::MetadataProviderScheme(scheme) => &scheme.identity,
            Self::OrganisationUnitScheme(scheme) => &scheme.identity,
            Self::CategoryScheme(scheme) => &scheme.identity,
            Self::Categorisation(categorisation) => &categorisation.identity,
            Self::Hierarchy(hierarchy) => &hierarchy.identity,
            Self::HierarchyAssociation(association) => &association.identity,
            Self::ValueList(list) => &list.identity,
            Self::MetadataStructure(structure) => &structure.identity,
            Self::Metadataflow(flow) => &flow.identity,
            Self::MetadataProvisionAgreement(agreement) => &agreement.identity,
            Self::Stub(stub) => &stub.identity,
        }
    }

    /// Its name.
    pub fn reference(&self) -> Reference {
        let identity = self.identity();
        Reference::new(self.class(), identity.agency.clone(), identity.id.clone(), identity.version.clone())
    }

    /// Whether only its identity and names stand here.
    pub fn is_stub(&self) -> bool {
        matches!(self, Self::Stub(_))
    }

    /// Whether it is a scheme with an item of this id; of nested ones, with those above and points between.
    pub fn has_item(&self, id: &str) -> bool {
        match self {
            Self::AgencyScheme(scheme) => scheme.agencies.iter().any(|item| &*item.id == id),
            Self::DataProviderScheme(scheme) => scheme.data_providers.iter().any(|item| &*item.id == id),
            Self::ConceptScheme(scheme) => scheme.concept(id).is_some(),
            Self::Codelist(list) => list.get(id).is_some(),
            Self::DataConsumerScheme(scheme) => scheme.data_consumers.iter().any(|item| &*item.id == id),
            Self::MetadataProviderScheme(scheme) => {
                scheme.metadata_providers.iter().any(|item| &*item.id == id)
            }
            Self::OrganisationUnitScheme(scheme) => {
                scheme.organisation_units.iter().any(|unit| &*unit.id == id)
            }
            Self::CategoryScheme(scheme) => scheme.category(id).is_some(),
            Self::Hierarchy(hierarchy) => hierarchy.code(id).is_some(),
            // Whoever has the content has the items.
            Self::Stub(_) => true,
            _ => false,
        }
    }
}
