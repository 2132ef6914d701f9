//! What artefacts refer to.

use super::artefact::Artefact;
use super::reference::Reference;
use super::representation::Representation;

impl Artefact {
    /// What it refers to; an item's reference stands for its scheme.
    pub fn references(&self) -> Vec<&Reference> {
        match self {
            Self::AgencyScheme(_)
            | Self::DataProviderScheme(_)
            | Self::DataConsumerScheme(_)
            | Self::MetadataProviderScheme(_)
            | Self::OrganisationUnitScheme(_)
            | Self::CategoryScheme(_)
            | Self::ValueList(_)
            | Self::Stub(_) => Vec::new(),
            Self::Codelist(list) => list.extensions.iter().map(|extension| &extension.codelist).collect(),
            Self::ConceptScheme(scheme) => {
                let own = scheme.concepts.iter().map(|concept| concept.core_representation.as_ref());
                own.filter_map(enumeration).collect()
            }
            Self::DataStructure(structure) => {
                let of_all = structure.all().flat_map(|component| {
                    [Some(component.concept()), enumeration(component.representation())]
                });
                of_all.flatten().collect()
            }
            Self::Dataflow(dataflow) => vec![&dataflow.structure],
            Self::ProvisionAgreement(agreement) => vec![&agreement.dataflow, &agreement.data_provider],
            Self::DataConstraint(constraint) => {
                let attachment = &constraint.constraint_attachment;
                let named = attachment.dataflows.iter().chain(&attachment.data_structures);
                named.chain(&attachment.provision_agreements).chain(&attachment.data_provider).collect()
            }
            Self::Categorisation(categorisation) => vec![&categorisation.source, &categorisation.target],
            Self::Hierarchy(hierarchy) => hierarchy.all_codes().map(|code| &code.code).collect(),
            Self::HierarchyAssociation(association) => {
                let linked = [&association.linked_hierarchy, &association.linked_object];
                linked.into_iter().chain(&association.context_object).collect()
            }
            Self::MetadataStructure(structure) => {
                let of_all = structure.all_attributes().flat_map(|attribute| {
                    let own = attribute.local_representation.as_ref();
                    [Some(&attribute.concept_identity), enumeration(own)]
                });
                of_all.flatten().collect()
            }
            Self::Metadataflow(flow) => vec![&flow.structure],
            Self::MetadataProvisionAgreement(agreement) => {
                vec![&agreement.metadataflow, &agreement.metadata_provider]
            }
        }
    }
}

fn enumeration(representation: Option<&Representation>) -> Option<&Reference> {
    representation?.enumeration.as_ref()
}
