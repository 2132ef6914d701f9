//! Constraints and what they are about.

use std::sync::Arc;

use super::element::{Element, quoted};
use super::identity::{identity, name};
use super::reading::{Flaw, Reading};
use super::reference::reference;
use crate::period::Period;
use crate::structure::{
    Attachment, Bound, Cascade, ConstraintRole, CubeRegion, DataConstraint, DataKey, DataKeySet,
    DataKeyValue, KeyValues, Qualifiers, Reference, TimeRange, ValueQualifiers,
};

pub(super) fn data_constraint(mut element: Element, reading: &mut Reading) -> Result<DataConstraint, Flaw> {
    let is_of_2_1 = &*element.name == "ContentConstraint";
    let identity = identity(&mut element, reading)?;
    let role = |text: &str| match text {
        "Allowed" => Some(ConstraintRole::Allowed),
        "Actual" => Some(ConstraintRole::Actual),
        _ => None,
    };
    let (attribute, default) = match is_of_2_1 {
        true => ("type", ConstraintRole::Actual),
        // 3.1 has no role any more: what is there is said by another class.
        false => ("role", ConstraintRole::Allowed),
    };
    let role = element.parsed(attribute, role, "Allowed or Actual")?.unwrap_or(default);
    let constraint_attachment = match element.child("ConstraintAttachment") {
        Some(attachment) => read_attachment(attachment, reading)?,
        None => Attachment::default(),
    };
    let key_sets: Result<_, _> =
        element.children("DataKeySet").into_iter().map(|set| key_set(set, reading)).collect();
    let regions: Result<_, _> =
        element.children("CubeRegion").into_iter().map(|region| cube_region(region, reading)).collect();
    reading.finish(element);
    let (cube_regions, key_sets) = (regions?, key_sets?);
    Ok(DataConstraint { identity, role, constraint_attachment, cube_regions, key_sets })
}

fn key_set(mut element: Element, reading: &mut Reading) -> Result<DataKeySet, Flaw> {
    let is_included = element.truth("isIncluded")?.unwrap_or(true);
    let keys: Result<_, _> = element.children("Key").into_iter().map(|key| read_key(key, reading)).collect();
    reading.finish(element);
    Ok(DataKeySet { is_included, keys: keys? })
}

fn read_key(mut element: Element, reading: &mut Reading) -> Result<DataKey, Flaw> {
    // Always true.
    element.truth("include")?;
    let mut key_values = Vec::new();
    for value in element.children("KeyValue") {
        key_values.push(key_value(value, reading)?);
    }
    let components = all_values(&mut element, "Component", reading)?;
    let valid_from = element.attribute("validFrom").map(String::from);
    let valid_to = element.attribute("validTo").map(String::from);
    reading.finish(element);
    Ok(DataKey { key_values, components, valid_from, valid_to })
}

/// The values of a dimension in a key, which are single values.
fn key_value(element: Element, reading: &mut Reading) -> Result<DataKeyValue, Flaw> {
    let (name, place) = (element.name.clone(), element.place);
    match key_values(element, reading)? {
        KeyValues { id, include: true, values, time_range: None, qualifiers } if qualifiers.is_none() => {
            Ok(DataKeyValue { id, values })
        }
        _ => {
            let text = format!(
                "{name}: a key names values: write no TimeRange, no include=\"false\", and nothing that qualifies them"
            );
            Err(Flaw { place, text })
        }
    }
}

fn read_attachment(mut element: Element, reading: &mut Reading) -> Result<Attachment, Flaw> {
    const ELSEWHERE: [&str; 3] = ["SimpleDataSource", "DataSet", "MetadataSet"];
    if let Some(other) = ELSEWHERE.iter().find_map(|name| element.child(name)) {
        return Err(other.flaw("this hub holds no constraints on this: attach it to dataflows"));
    }
    let mut all = |name: &str, class: &str| -> Result<Vec<Reference>, Flaw> {
        let children = element.children(name);
        children.into_iter().map(|child| reference(child, class, reading)).collect()
    };
    let mut providers = all("DataProvider", "base.DataProvider")?;
    let data_provider = (!providers.is_empty()).then(|| providers.swap_remove(0));
    let attachment = Attachment {
        data_provider,
        data_structures: all("DataStructure", "datastructure.DataStructure")?,
        dataflows: all("Dataflow", "datastructure.Dataflow")?,
        provision_agreements: all("ProvisionAgreement", "registry.ProvisionAgreement")?,
    };
    if !providers.is_empty() {
        return Err(element.flaw("it names several data providers: attach it to one"));
    }
    reading.finish(element);
    Ok(attachment)
}

fn cube_region(mut element: Element, reading: &mut Reading) -> Result<CubeRegion, Flaw> {
    let include = element.truth("include")?.unwrap_or(true);
    let key_values = all_values(&mut element, "KeyValue", reading)?;
    // 2.1 calls the others attributes.
    let mut components = all_values(&mut element, "Component", reading)?;
    components.extend(all_values(&mut element, "Attribute", reading)?);
    reading.finish(element);
    Ok(CubeRegion { include, key_values, components })
}

fn all_values(region: &mut Element, kind: &str, reading: &mut Reading) -> Result<Vec<KeyValues>, Flaw> {
    region.children(kind).into_iter().map(|element| key_values(element, reading)).collect()
}

fn key_values(mut element: Element, reading: &mut Reading) -> Result<KeyValues, Flaw> {
    let id = name(&mut element, "id")?;
    let include = element.truth("include")?.unwrap_or(true);
    let mut qualifiers = Qualifiers {
        remove_prefix: element.truth("removePrefix")?.unwrap_or(false),
        valid_from: element.attribute("validFrom").map(String::from),
        valid_to: element.attribute("validTo").map(String::from),
        ..Qualifiers::default()
    };
    let mut values: Vec<Arc<str>> = Vec::new();
    for mut value in element.children("Value") {
        let of_value = value_qualifiers(&mut value)?;
        let text: Arc<str> = std::mem::take(&mut value.text).into();
        if !of_value.is_none() {
            qualifiers.of_values.insert(text.clone(), of_value);
        }
        values.push(text);
        reading.finish(value);
    }
    let time_range = match element.child("TimeRange") {
        Some(range) => Some(time_range(range, reading)?),
        None => None,
    };
    reading.finish(element);
    Ok(KeyValues { id, include, values, time_range, qualifiers })
}

fn value_qualifiers(element: &mut Element) -> Result<ValueQualifiers, Flaw> {
    let cascade = |text: &str| match text {
        "true" | "1" => Some(Cascade::Yes),
        "false" | "0" => Some(Cascade::No),
        "excluderoot" => Some(Cascade::ExcludeRoot),
        _ => None,
    };
    let cascade = element.parsed("cascadeValues", cascade, "true, false or excluderoot")?.unwrap_or_default();
    let mut text = |name: &str| element.attribute(name).map(String::from);
    let language = text("xml:lang");
    Ok(ValueQualifiers { cascade, language, valid_from: text("validFrom"), valid_to: text("validTo") })
}

fn time_range(mut element: Element, reading: &mut Reading) -> Result<TimeRange, Flaw> {
    let mut end = |name: &str| element.child(name).map(|end| bound(end, reading)).transpose();
    let ends = (end("BeforePeriod")?, end("AfterPeriod")?, end("StartPeriod")?, end("EndPeriod")?);
    let range = match ends {
        (Some(end), None, None, None) => TimeRange::Before(end),
        (None, Some(start), None, None) => TimeRange::After(start),
        (None, None, Some(start), Some(end)) => TimeRange::Between(start, end),
        _ => {
            return Err(element.flaw("write BeforePeriod, or AfterPeriod, or StartPeriod and EndPeriod"));
        }
    };
    reading.finish(element);
    Ok(range)
}

fn bound(mut element: Element, reading: &mut Reading) -> Result<Bound, Flaw> {
    let is_inclusive = element.truth("isInclusive")?.unwrap_or(true);
    let text = element.word();
    let period = Period::parse(text.as_bytes())
        .map_err(|error| element.flaw(format!("the period {} is {error}", quoted(&text))))?;
    reading.finish(element);
    Ok(Bound { period, is_inclusive })
}
