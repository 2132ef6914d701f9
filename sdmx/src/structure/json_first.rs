//! SDMX-JSON structure messages 1.0.0, of SDMX 2.1: what of a message of 2.0 is said in another way there.
//!
//! Only written. What SDMX 2.1 has no class for is left out: value lists, associations of hierarchies, providers of
//! metadata and their agreements.

use serde_json::{Map, Value, json};

/// Arrays of 2.0 that 1.0 has no place for.
const LEFT_OUT: [&str; 4] =
    ["valueLists", "hierarchyAssociations", "metadataProviderSchemes", "metadataProvisionAgreements"];

/// Turns the data of a message of 2.0 into those of one of 1.0.
pub(super) fn turn(data: &mut Map<String, Value>) {
    LEFT_OUT.iter().for_each(|array| drop(data.remove(*array)));
    for artefact in
        data.values_mut().filter_map(Value::as_array_mut).flatten().filter_map(Value::as_object_mut)
    {
        mark_final(artefact);
    }
    if let Some(Value::Array(mut constraints)) = data.remove("dataConstraints") {
        for constraint in constraints.iter_mut().filter_map(Value::as_object_mut) {
            rename(constraint, "role", "type");
            of(constraint, "cubeRegions").for_each(turn_region);
        }
        data.insert("contentConstraints".to_owned(), Value::Array(constraints));
    }
    if let Some(Value::Array(hierarchies)) = data.remove("hierarchies") {
        let lists = hierarchies.into_iter().map(hierarchical_codelist).collect();
        data.insert("hierarchicalCodelists".to_owned(), Value::Array(lists));
    }
    of(data, "provisionAgreements").for_each(|agreement| rename(agreement, "dataflow", "structureUsage"));
    for structure in of(data, "dataStructures") {
        if let Some(components) = structure.get_mut("dataStructureComponents").and_then(Value::as_object_mut)
        {
            turn_components(components);
        }
    }
    for scheme in of(data, "conceptSchemes") {
        of(scheme, "concepts").for_each(|concept| turn_representation(concept, "coreRepresentation"));
    }
}

/// In SDMX 2.1 an artefact is final, or it is not; stable versions are.
fn mark_final(artefact: &mut Map<String, Value>) {
    let version = artefact.get("version").and_then(Value::as_str).unwrap_or_default();
    let is_final = version.split('.').count() == 3 && !version.contains('-');
    artefact.insert("isFinal".to_owned(), Value::Bool(is_final));
}

/// Values of a region are texts there, not objects.
fn turn_region(region: &mut Map<String, Value>) {
    for list in ["keyValues", "components"] {
        for values in of(region, list) {
            for value in values.get_mut("values").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(text) = value.get_mut("value").map(Value::take) {
                    *value = text;
                }
            }
        }
    }
}

/// A hierarchy stands within a list of the same name there.
fn hierarchical_codelist(hierarchy: Value) -> Value {
    let Value::Object(mut list) = hierarchy else { return hierarchy };
    let mut inner = Map::new();
    for name in ["id", "name", "names"] {
        inner.extend(list.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    for name in ["hierarchicalCodes", "level"] {
        inner.extend(list.remove(name).map(|value| (name.to_owned(), value)));
    }
    let is_leveled = list.remove("hasFormalLevels").unwrap_or(Value::Bool(false));
    inner.insert("leveled".to_owned(), is_leveled);
    list.insert("hierarchies".to_owned(), json!([inner]));
    Value::Object(list)
}

fn turn_components(components: &mut Map<String, Value>) {
    let measure = components.get_mut("measureList").and_then(Value::as_object_mut).and_then(|list| {
        let Some(Value::Array(measures)) = list.remove("measures") else { return None };
        // What comes after the first has no place there.
        let mut first = measures.into_iter().next()?;
        let primary = first.as_object_mut()?;
        primary.remove("usage");
        turn_representation(primary, "localRepresentation");
        let id = primary.get("id").cloned();
        list.insert("primaryMeasure".to_owned(), first);
        id
    });
    if let Some(list) = components.get_mut("dimensionList").and_then(Value::as_object_mut) {
        let count = of(list, "dimensions").count();
        for dimension in of(list, "dimensions") {
            dimension.insert("type".to_owned(), json!("Dimension"));
            turn_representation(dimension, "localRepresentation");
        }
        if let Some(Value::Object(mut time)) = list.remove("timeDimension") {
            time.insert("type".to_owned(), json!("TimeDimension"));
            time.insert("position".to_owned(), json!(count));
            turn_representation(&mut time, "localRepresentation");
            list.insert("timeDimensions".to_owned(), json!([time]));
        }
    }
    if let Some(list) = components.get_mut("attributeList").and_then(Value::as_object_mut) {
        for attribute in of(list, "attributes") {
            let is_mandatory = attribute.remove("usage").is_some_and(|usage| usage == "mandatory");
            let status = if is_mandatory { "Mandatory" } else { "Conditional" };
            attribute.insert("assignmentStatus".to_owned(), json!(status));
            attribute.remove("measureRelationship");
            turn_representation(attribute, "localRepresentation");
            let Some(relationship) =
                attribute.get_mut("attributeRelationship").and_then(Value::as_object_mut)
            else {
                continue;
            };
            if relationship.remove("observation").is_some() {
                let id = measure.clone().unwrap_or_else(|| json!("OBS_VALUE"));
                relationship.insert("primaryMeasure".to_owned(), id);
            } else if relationship.remove("dataflow").is_some() {
                relationship.insert("none".to_owned(), json!({}));
            }
        }
    }
}

/// Formats have other names there, and their types too.
fn turn_representation(component: &mut Map<String, Value>, name: &str) {
    let Some(representation) = component.get_mut(name).and_then(Value::as_object_mut) else { return };
    for name in ["minOccurs", "maxOccurs"] {
        representation.remove(name);
    }
    if let Some(Value::Object(format)) = representation.get_mut("format") {
        rename(format, "dataType", "textType");
    }
    let of_what = if representation.contains_key("enumeration") { "enumerationFormat" } else { "textFormat" };
    rename(representation, "format", of_what);
}

fn of<'m>(map: &'m mut Map<String, Value>, array: &str) -> impl Iterator<Item = &'m mut Map<String, Value>> {
    map.get_mut(array).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

fn rename(map: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = map.remove(from) {
        map.insert(to.to_owned(), value);
    }
}
