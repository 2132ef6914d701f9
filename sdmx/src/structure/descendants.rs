//! What artefacts refer to, directly or not.

use super::artefact::Artefact;
use super::reference::Reference;
use super::set::Structures;

impl Structures {
    /// `asked`, with everything of this set that its artefacts refer to.
    pub fn with_descendants(&self, asked: &Structures) -> Structures {
        let mut found = Structures::default();
        let mut open: Vec<Reference> = Vec::new();
        for (reference, artefact) in asked.iter() {
            found.share(artefact);
            open.push(reference.clone());
        }
        while let Some(reference) = open.pop() {
            let Some(artefact) = self.get(&reference).or_else(|| asked.get(&reference)) else { continue };
            for next in artefact.references() {
                if let (None, Some(child)) = (found.get(next), self.get(next)) {
                    found.share(child);
                    open.push(next.artefact());
                }
            }
        }
        found
    }
}

impl Artefact {
    /// What it refers to; an item's reference stands for its scheme.
    pub fn references(&self) -> Vec<&Reference> {
        match self {
            Self::AgencyScheme(_) | Self::DataProviderScheme(_) | Self::Codelist(_) => Vec::new(),
            Self::ConceptScheme(scheme) => {
                let representations =
                    scheme.concepts.iter().filter_map(|concept| concept.core_representation.as_ref());
                representations.filter_map(|representation| representation.enumeration.as_ref()).collect()
            }
            Self::DataStructure(structure) => structure
                .all()
                .flat_map(|component| {
                    let list = component.representation().and_then(|values| values.enumeration.as_ref());
                    std::iter::once(component.concept()).chain(list)
                })
                .collect(),
            Self::Dataflow(dataflow) => vec![&dataflow.structure],
            Self::ProvisionAgreement(agreement) => vec![&agreement.dataflow, &agreement.data_provider],
            Self::DataConstraint(constraint) => {
                let attachment = &constraint.constraint_attachment;
                attachment.dataflows.iter().chain(&attachment.data_structures).collect()
            }
        }
    }
}
