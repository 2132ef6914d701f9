//! Structures of reference metadata, as 3.x has them; those of 2.1 become such.

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
        let mut reports = written.children("ReportStructure");
        if reports.len() > 1 {
            let text = "a metadata structure of SDMX 3.0 has one list of attributes: send each report as one of its own";
            return Err(reports.swap_remove(1).flaw(text));
        }
        if let Some(mut report) = reports.pop() {
            drop(report.attribute("id"));
            components.attributes = attributes(&mut report, reading)?;
            drop(report.children("MetadataTarget"));
            reading.finish(report);
        }
        // 3.x says elsewhere what metadata are about; a target that is anything says nothing.
        written.children.retain(|child| !is_any_target(child));
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

fn is_any_target(element: &Element) -> bool {
    let is_any = |child: &Element| {
        child.attributes.iter().any(|(name, value)| (&**name, &**value) == ("objectType", "Any"))
    };
    &*element.name == "MetadataTarget" && element.children.len() == 1 && element.children.iter().all(is_any)
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
