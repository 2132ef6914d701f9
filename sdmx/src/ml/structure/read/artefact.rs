//! Single artefacts: which element is which, and the small ones.

use super::components::data_structure;
use super::constraint::data_constraint;
use super::element::Element;
use super::hierarchy;
use super::identity::identity;
use super::metadata;
use super::reading::{Flaw, Reading};
use super::reference::reference;
use super::scheme;
use crate::structure::{Artefact, Categorisation, Class, Dataflow, ProvisionAgreement, Stub};

/// Reads one element of a section. A HierarchicalCodelist of 2.1 may hold several artefacts of ours.
pub(super) fn read_artefact(mut element: Element, reading: &mut Reading) -> Result<Vec<Artefact>, Flaw> {
    let Some(class) = class_of(&element.name) else {
        return Err(element.flaw("this hub does not hold artefacts of this class: send the others"));
    };
    if element.truth("isExternalReference")? == Some(true) {
        return Ok(vec![Artefact::Stub(stub(element, class, reading)?)]);
    }
    let artefact = match class {
        Class::AgencyScheme => Artefact::AgencyScheme(scheme::agencies(element, reading)?),
        Class::DataProviderScheme => Artefact::DataProviderScheme(scheme::data_providers(element, reading)?),
        Class::DataConsumerScheme => Artefact::DataConsumerScheme(scheme::data_consumers(element, reading)?),
        Class::MetadataProviderScheme => {
            Artefact::MetadataProviderScheme(scheme::metadata_providers(element, reading)?)
        }
        Class::OrganisationUnitScheme => Artefact::OrganisationUnitScheme(scheme::units(element, reading)?),
        Class::Codelist => Artefact::Codelist(scheme::codelist(element, reading)?.into()),
        Class::ValueList => Artefact::ValueList(scheme::value_list(element, reading)?),
        Class::ConceptScheme => Artefact::ConceptScheme(scheme::concept_scheme(element, reading)?),
        Class::CategoryScheme => Artefact::CategoryScheme(scheme::category_scheme(element, reading)?),
        Class::Categorisation => Artefact::Categorisation(categorisation(element, reading)?),
        Class::Hierarchy if &*element.name == "HierarchicalCodelist" => {
            let hierarchies = hierarchy::hierarchical_codelist(element, reading)?;
            return Ok(hierarchies.into_iter().map(Artefact::Hierarchy).collect());
        }
        Class::Hierarchy => Artefact::Hierarchy(hierarchy::hierarchy(element, reading)?),
        Class::HierarchyAssociation => {
            Artefact::HierarchyAssociation(hierarchy::association(element, reading)?)
        }
        Class::DataStructure => Artefact::DataStructure(data_structure(element, reading)?),
        Class::Dataflow => Artefact::Dataflow(dataflow(element, reading)?),
        Class::ProvisionAgreement => Artefact::ProvisionAgreement(agreement(element, reading)?),
        Class::DataConstraint => Artefact::DataConstraint(data_constraint(element, reading)?),
        Class::MetadataStructure => {
            Artefact::MetadataStructure(metadata::metadata_structure(element, reading)?)
        }
        Class::Metadataflow => Artefact::Metadataflow(metadata::metadataflow(element, reading)?),
        Class::MetadataProvisionAgreement => {
            Artefact::MetadataProvisionAgreement(metadata::agreement(element, reading)?)
        }
    };
    Ok(vec![artefact])
}

/// The class that an element is called by, in any version.
pub(super) fn class_of(name: &str) -> Option<Class> {
    match name {
        "ContentConstraint" => Some(Class::DataConstraint),
        "HierarchicalCodelist" => Some(Class::Hierarchy),
        name => Class::all().find(|class| class.name() == name),
    }
}

fn stub(mut element: Element, class: Class, reading: &mut Reading) -> Result<Stub, Flaw> {
    let identity = identity(&mut element, reading)?;
    let structure_url = element.attribute("structureURL").map(String::from);
    let service_url = element.attribute("serviceURL").map(String::from);
    reading.finish(element);
    Ok(Stub { class, identity, structure_url, service_url })
}

fn dataflow(mut element: Element, reading: &mut Reading) -> Result<Dataflow, Flaw> {
    let identity = identity(&mut element, reading)?;
    let structure = element.required_child("Structure")?;
    let structure = reference(structure, "datastructure.DataStructure", reading)?;
    let dataflow = Dataflow::annotated(identity, structure);
    let dataflow = dataflow.map_err(|error| element.flaw(error.to_string()))?;
    reading.finish(element);
    Ok(dataflow)
}

fn agreement(mut element: Element, reading: &mut Reading) -> Result<ProvisionAgreement, Flaw> {
    let identity = identity(&mut element, reading)?;
    let dataflow = match element.child("StructureUsage") {
        Some(usage) => usage,
        None => element.required_child("Dataflow")?,
    };
    let dataflow = reference(dataflow, "datastructure.Dataflow", reading)?;
    let provider = element.required_child("DataProvider")?;
    let provider = reference(provider, "base.DataProvider", reading)?;
    let agreement = ProvisionAgreement::annotated(identity, dataflow, provider);
    let agreement = agreement.map_err(|error| element.flaw(error.to_string()))?;
    reading.finish(element);
    Ok(agreement)
}

fn categorisation(mut element: Element, reading: &mut Reading) -> Result<Categorisation, Flaw> {
    let identity = identity(&mut element, reading)?;
    let source = reference(element.required_child("Source")?, "datastructure.Dataflow", reading)?;
    let target = reference(element.required_child("Target")?, "categoryscheme.Category", reading)?;
    reading.finish(element);
    Ok(Categorisation { identity, source, target })
}
