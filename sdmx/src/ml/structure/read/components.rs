//! Data structures and their components.

use super::element::Element;
use super::identity::{identity, name, parsed_name};
use super::reading::{Flaw, Reading};
use super::reference::{local, reference};
use super::representation::representation;
use crate::structure::{
    Attribute, AttributeRelationship, Components, DataStructure, Dimension, Group, Id, Measure, Nothing,
    Reference, Representation, Usage,
};

pub(super) fn data_structure(mut element: Element, reading: &mut Reading) -> Result<DataStructure, Flaw> {
    let identity = identity(&mut element, reading)?;
    let mut components = element.required_child("DataStructureComponents")?;
    let mut read = Components::default();
    dimensions(components.required_child("DimensionList")?, reading, &mut read)?;
    for written in components.children("Group") {
        read.groups.push(group(written, reading)?);
    }
    if let Some(list) = components.child("AttributeList") {
        attributes(list, reading, &mut read)?;
    }
    if let Some(list) = components.child("MeasureList") {
        measures(list, reading, &mut read)?;
    }
    reading.finish(components);
    reading.finish(element);
    Ok(DataStructure { identity, components: read })
}

fn dimensions(mut list: Element, reading: &mut Reading, read: &mut Components) -> Result<(), Flaw> {
    drop_id(&mut list);
    if let Some(dimension) = list.child("MeasureDimension") {
        return Err(dimension
            .flaw("SDMX 3.0 has no dimensions of measures any more: write a Dimension with a code list"));
    }
    let mut positioned = Vec::new();
    for mut element in list.children("Dimension") {
        let position = element.parsed("position", |text| text.parse::<i64>().ok(), "a whole number")?;
        positioned.push((position.unwrap_or(i64::MAX), dimension(element, reading)?));
    }
    // Where nobody says, the order is that of the list.
    positioned.sort_by_key(|(position, _)| *position);
    read.dimensions = positioned.into_iter().map(|(_, dimension)| dimension).collect();
    if let Some(mut time) = list.child("TimeDimension") {
        // It has no place in keys.
        drop(time.attribute("position"));
        read.time_dimension = Some(dimension(time, reading)?);
    }
    reading.finish(list);
    Ok(())
}

fn dimension(mut element: Element, reading: &mut Reading) -> Result<Dimension, Flaw> {
    // Only 2.1 says the type, which the name of the element says, too.
    drop(element.attribute("type"));
    let (id, concept_identity, local_representation) = component(&mut element, reading)?;
    reading.finish(element);
    Ok(Dimension { id, concept_identity, local_representation })
}

/// Takes out what all components begin with. One without id has that of its concept.
pub(super) fn component(
    element: &mut Element,
    reading: &mut Reading,
) -> Result<(Id, Reference, Option<Representation>), Flaw> {
    let concept = element.required_child("ConceptIdentity")?;
    let concept = reference(concept, "conceptscheme.Concept", reading)?;
    let id = match (element.attribute("id"), &concept.item) {
        (Some(id), _) => parsed_name(&id, element)?,
        (None, Some(item)) => parsed_name(item, element)?,
        (None, None) => return Err(element.flaw("the attribute id is missing: give it")),
    };
    let representation = match element.child("LocalRepresentation") {
        Some(local) => representation(local, reading)?,
        None => None,
    };
    Ok((id, concept, representation))
}

fn group(mut element: Element, reading: &mut Reading) -> Result<Group, Flaw> {
    let id = name(&mut element, "id")?;
    let mut group_dimensions = Vec::new();
    for mut member in element.children("GroupDimension") {
        group_dimensions.push(local(member.required_child("DimensionReference")?, reading)?);
        reading.finish(member);
    }
    reading.finish(element);
    Ok(Group { id, group_dimensions })
}

fn attributes(mut list: Element, reading: &mut Reading, read: &mut Components) -> Result<(), Flaw> {
    drop_id(&mut list);
    let is_attribute =
        |element: &mut Element| matches!(&*element.name, "Attribute" | "ReportingYearStartDay");
    for element in list.children.extract_if(.., is_attribute).collect::<Vec<_>>() {
        read.attributes.push(attribute(element, reading)?);
    }
    reading.finish(list);
    Ok(())
}

fn attribute(mut element: Element, reading: &mut Reading) -> Result<Attribute, Flaw> {
    let (id, concept_identity, local_representation) = component(&mut element, reading)?;
    let status = |text: &str| match text {
        "Mandatory" => Some(Usage::Mandatory),
        "Conditional" => Some(Usage::Optional),
        _ => None,
    };
    let status = element.parsed("assignmentStatus", status, "Mandatory or Conditional")?;
    let usage = usage(&mut element)?.or(status).unwrap_or_default();
    let relationship = element.required_child("AttributeRelationship")?;
    let attribute_relationship = attribute_relationship(relationship, reading)?;
    let mut measure_relationship = Vec::new();
    if let Some(mut relationship) = element.child("MeasureRelationship") {
        for measure in relationship.children("Measure") {
            measure_relationship.push(local(measure, reading)?);
        }
        reading.finish(relationship);
    }
    reading.finish(element);
    Ok(Attribute {
        id,
        usage,
        concept_identity,
        local_representation,
        attribute_relationship,
        measure_relationship,
    })
}

fn usage(element: &mut Element) -> Result<Option<Usage>, Flaw> {
    let usage = |text: &str| match text {
        "mandatory" => Some(Usage::Mandatory),
        "optional" => Some(Usage::Optional),
        _ => None,
    };
    element.parsed("usage", usage, "mandatory or optional")
}

fn attribute_relationship(
    mut element: Element,
    reading: &mut Reading,
) -> Result<AttributeRelationship, Flaw> {
    let dimensions = element.children("Dimension");
    let read = if !dimensions.is_empty() {
        let dimensions: Result<_, _> =
            dimensions.into_iter().map(|dimension| local(dimension, reading)).collect();
        AttributeRelationship::Dimensions(dimensions?)
    } else if let Some(group) = element.child("Group") {
        AttributeRelationship::Group(local(group, reading)?)
    } else if element.child("Observation").or_else(|| element.child("PrimaryMeasure")).is_some() {
        AttributeRelationship::Observation(Nothing {})
    } else if element.child("Dataflow").or_else(|| element.child("None")).is_some() {
        AttributeRelationship::Dataflow(Nothing {})
    } else {
        return Err(element.flaw("it names nothing the attribute is about: write Observation, say"));
    };
    reading.finish(element);
    Ok(read)
}

fn measures(mut list: Element, reading: &mut Reading, read: &mut Components) -> Result<(), Flaw> {
    drop_id(&mut list);
    let is_measure = |element: &mut Element| matches!(&*element.name, "Measure" | "PrimaryMeasure");
    for mut element in list.children.extract_if(.., is_measure).collect::<Vec<_>>() {
        let (id, concept_identity, local_representation) = component(&mut element, reading)?;
        let usage = usage(&mut element)?.unwrap_or_default();
        reading.finish(element);
        read.measures.push(Measure { id, usage, concept_identity, local_representation });
    }
    reading.finish(list);
    Ok(())
}

/// The ids of lists are fixed.
fn drop_id(list: &mut Element) {
    drop(list.attribute("id"));
}
