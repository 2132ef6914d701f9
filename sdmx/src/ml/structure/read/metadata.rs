//! Structures of reference metadata, as 3.x has them.

use super::components::component;
use super::element::Element;
use super::identity::{annotations, identity};
use super::reading::{Flaw, Reading};
use super::reference::reference;
use super::representation::occurs;
use crate::structure::{
    MetadataAttribute, MetadataComponents, MetadataProvisionAgreement, MetadataStructure, Metadataflow,
};

pub(super) fn metadata_structure(
    mut element: Element,
    reading: &mut Reading,
) -> Result<MetadataStructure, Flaw> {
    let identity = identity(&mut element, reading)?;
    let mut components = MetadataComponents::default();
    if let Some(mut written) = element.child("MetadataStructureComponents") {
        if let Some(old) = written.child("MetadataTarget").or_else(|| written.child("ReportStructure")) {
            return Err(old.flaw("SDMX 3.0 has metadata structures of another kind: send one of 3.0"));
        }
        if let Some(mut list) = written.child("MetadataAttributeList") {
            // The ids of lists are fixed.
            drop(list.attribute("id"));
            components.attributes = attributes(&mut list, reading)?;
            reading.finish(list);
        }
        reading.finish(written);
    }
    reading.finish(element);
    Ok(MetadataStructure { identity, components })
}

fn attributes(parent: &mut Element, reading: &mut Reading) -> Result<Vec<MetadataAttribute>, Flaw> {
    parent.children("MetadataAttribute").into_iter().map(|child| attribute(child, reading)).collect()
}

/// Each attribute with those within; the depth of elements is limited.
fn attribute(mut element: Element, reading: &mut Reading) -> Result<MetadataAttribute, Flaw> {
    let annotations = annotations(&mut element, reading)?;
    let (id, concept_identity, local_representation) = component(&mut element, reading)?;
    let is_presentational = element.truth("isPresentational")?.unwrap_or(false);
    let number = |text: &str| text.parse().ok();
    let min_occurs = element.parsed("minOccurs", number, "a number")?;
    let max_occurs = element.parsed("maxOccurs", occurs, "a number or \"unbounded\"")?;
    let metadata_attributes = attributes(&mut element, reading)?;
    reading.finish(element);
    Ok(MetadataAttribute {
        id,
        concept_identity,
        local_representation,
        is_presentational,
        min_occurs,
        max_occurs,
        annotations,
        metadata_attributes,
    })
}

pub(super) fn metadataflow(mut element: Element, reading: &mut Reading) -> Result<Metadataflow, Flaw> {
    let identity = identity(&mut element, reading)?;
    let structure = element.required_child("Structure")?;
    let structure = reference(structure, "metadatastructure.MetadataStructure", reading)?;
    let targets = targets(&mut element, reading);
    reading.finish(element);
    Ok(Metadataflow { identity, structure, targets })
}

pub(super) fn agreement(
    mut element: Element,
    reading: &mut Reading,
) -> Result<MetadataProvisionAgreement, Flaw> {
    let identity = identity(&mut element, reading)?;
    let metadataflow = element.required_child("Metadataflow")?;
    let metadataflow = reference(metadataflow, "metadatastructure.Metadataflow", reading)?;
    let metadata_provider = element.required_child("MetadataProvider")?;
    let metadata_provider = reference(metadata_provider, "base.MetadataProvider", reading)?;
    let targets = targets(&mut element, reading);
    reading.finish(element);
    Ok(MetadataProvisionAgreement { identity, metadataflow, metadata_provider, targets })
}

fn targets(element: &mut Element, reading: &mut Reading) -> Vec<String> {
    let read = |mut target: Element| {
        let urn = target.word().into_string();
        reading.finish(target);
        urn
    };
    element.children("Target").into_iter().map(read).collect()
}
