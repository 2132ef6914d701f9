//! SDMX-JSON structure messages as answers: of version 1.0, 2.0 or 2.1, with a header, and with links to what they are.
//!
//! What is stored, and what digests are taken of, is [`write_json`](super::write_json)'s.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::annotation::Annotation;
use super::artefact::{Artefact, Identity};
use super::constraint::{Attachment, ConstraintRole, CubeRegion, DataConstraint};
use super::id::{AgencyId, Id};
use super::json::ARRAYS;
use super::json_artefact::write_artefact;
use super::json_first;
use super::names::Names;
use super::reference::{Class, Reference};
use super::representation::UNBOUNDED;
use super::set::Structures;
use super::version::Version;
use crate::data::JsonVersion;
use crate::ml::structure::{Availability, MessageHeader};

/// The array of 2.1 that says what is there; in 2.0 that is said by data constraints.
pub(super) const AVAILABILITY: &str = "availabilityConstraints";
/// Where the schemas of messages are.
const SCHEMA_1_0: &str = "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/structure-message/tools/schemas/1.0.0/sdmx-json-structure-schema.json";
const SCHEMA_2_0: &str = "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/structure-message/tools/schemas/2.0.0/sdmx-json-structure-schema.json";
const SCHEMA_2_1: &str = "https://json.sdmx.org/2.1/sdmx-json-structure-schema.json";
/// The type of annotations that count what is there, where the message has no other place. Clients read them.
const METRICS: &str = "sdmx_metrics";
/// Annotation that counts series.
const SERIES_COUNT: &str = "series_count";
/// Annotation that counts observations.
const OBSERVATION_COUNT: &str = "obs_count";

/// Writes a message. In version 1.0 what SDMX 2.1 has no class for is left out.
pub fn write_json_message(structures: &Structures, version: JsonVersion, header: &MessageHeader) -> Vec<u8> {
    let is_2_1 = version == JsonVersion::V2_1;
    let mut data = Map::new();
    for (class, array) in ARRAYS {
        let mut values = Vec::new();
        for (reference, artefact) in structures.of_class(class) {
            match &**artefact {
                Artefact::DataConstraint(constraint)
                    if is_2_1 && constraint.role == ConstraintRole::Actual =>
                {
                    push(&mut data, AVAILABILITY, availability(constraint));
                }
                artefact => values.push(linked(reference, artefact, is_2_1)),
            }
        }
        values.into_iter().for_each(|value| push(&mut data, array, value));
    }
    data.values_mut().for_each(write_unbounded);
    if version == JsonVersion::V1_0 {
        json_first::turn(&mut data);
    }
    let mut meta = json!({
        "id": header.id,
        "test": header.test,
        "prepared": header.prepared.to_string(),
        "contentLanguages": languages(structures),
        "sender": { "id": header.sender },
    });
    if !header.receivers.is_empty() {
        meta["receivers"] = header.receivers.iter().map(|id| json!({ "id": id })).collect();
    }
    message(version, &meta, &data)
}

/// The text of a message. Clients tell formats by the schema that a message names, and look for it in the first few
/// hundred bytes alone: it comes first, before the data and before the rest of the header.
fn message(version: JsonVersion, meta: &Value, data: &Map<String, Value>) -> Vec<u8> {
    let schema = match version {
        JsonVersion::V1_0 => SCHEMA_1_0,
        JsonVersion::V2_0 => SCHEMA_2_0,
        JsonVersion::V2_1 => SCHEMA_2_1,
    };
    // Since 2.1 it stands at the root; the other place is kept for those who know the older one.
    let at_root = match version {
        JsonVersion::V2_1 => format!("\"$schema\":\"{schema}\","),
        JsonVersion::V1_0 | JsonVersion::V2_0 => String::new(),
    };
    // Values made of maps with text keys always serialize.
    let meta = serde_json::to_string(meta).unwrap_or_default();
    let rest = meta.strip_prefix('{').unwrap_or(&meta);
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("{{{at_root}\"meta\":{{\"schema\":\"{schema}\",{rest},\"data\":{data}}}").into_bytes()
}

/// Writes what is there of the data of a dataflow, with the artefacts that were asked for along with it.
pub fn write_json_availability(
    availability: &Availability,
    structures: &Structures,
    version: JsonVersion,
    header: &MessageHeader,
) -> Vec<u8> {
    let mut constraint = availability.constraint.clone();
    constraint.role = ConstraintRole::Actual;
    for (id, count) in [(SERIES_COUNT, availability.series), (OBSERVATION_COUNT, availability.observations)] {
        let Some(count) = count else { continue };
        let kind = Some(METRICS.to_owned());
        constraint.identity.annotations.push(Annotation { kind, ..Annotation::new(id, count.to_string()) });
    }
    let mut all = structures.clone();
    all.replace(Artefact::DataConstraint(constraint));
    write_json_message(&all, version, header)
}

/// The word for "any number of" as a number: clients exist that take nothing else, and both versions allow it.
fn write_unbounded(array: &mut Value) {
    let mut open = vec![array];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(values) => open.extend(values),
            Value::Object(members) => {
                for (key, value) in members {
                    match value {
                        Value::String(text) if key == "maxOccurs" && text == "unbounded" => {
                            *value = UNBOUNDED.into();
                        }
                        Value::Array(_) | Value::Object(_) => open.push(value),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn push(data: &mut Map<String, Value>, array: &str, value: Value) {
    let values = data.entry(array).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(values) = values {
        values.push(value);
    }
}

/// The languages of names, with English where nothing is said.
fn languages(structures: &Structures) -> BTreeSet<String> {
    let names = structures.iter().flat_map(|(_, artefact)| artefact.identity().names.all().keys());
    let mut languages: BTreeSet<String> = names.cloned().collect();
    if languages.is_empty() {
        languages.insert("en".to_owned());
    }
    languages
}

/// An artefact with a name, which the schema demands, and a link to itself.
fn linked(reference: &Reference, artefact: &Artefact, is_2_1: bool) -> Value {
    let mut value = write_artefact(artefact);
    let Some(members) = value.as_object_mut() else { return value };
    let best = artefact.identity().names.best("en").unwrap_or(&reference.id).to_owned();
    members.entry("name").or_insert(best.into());
    if !is_2_1 && reference.class == Class::ValueList {
        // The schema of 2.0 knows no URN of a value list.
        return value;
    }
    let own = json!({ "rel": "self", "urn": reference.to_string() });
    match members.entry("links").or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(links) => links.insert(0, own),
        other => *other = Value::Array(vec![own]),
    }
    if is_2_1 && reference.class == Class::DataConstraint {
        // In 2.1 a data constraint always says what is allowed.
        members.remove("role");
    }
    value
}

/// What is there, as 2.1 has it. It holds one region of one artefact.
fn availability(constraint: &DataConstraint) -> Value {
    let Attachment { data_structures, dataflows, provision_agreements, .. } =
        &constraint.constraint_attachment;
    let mut attachment = Map::new();
    let kinds = [
        ("dataflow", dataflows),
        ("dataStructure", data_structures),
        ("provisionAgreement", provision_agreements),
    ];
    let first = kinds.into_iter().find_map(|(kind, of)| Some((kind, of.first()?)));
    attachment.extend(first.map(|(kind, reference)| (kind.to_owned(), reference.to_string().into())));
    let mut value = json!({ "constraintAttachment": attachment });
    if let Some(region) = constraint.cube_regions.iter().find(|region| region.include) {
        value["cubeRegion"] = serde_json::to_value(region).unwrap_or_default();
    }
    let is_count = |annotation: &&Annotation| annotation.kind.as_deref() == Some(METRICS);
    for (id, member) in [(SERIES_COUNT, "seriesCount"), (OBSERVATION_COUNT, "obsCount")] {
        let counts = constraint.identity.annotations.iter().filter(is_count);
        let mut counts = counts.filter(|annotation| annotation.id.as_deref() == Some(id));
        if let Some(count) = counts.next().and_then(|count| count.content().parse::<u64>().ok()) {
            value[member] = count.into();
        }
    }
    let notes: Vec<_> = constraint.identity.annotations.iter().filter(|note| !is_count(note)).collect();
    if !notes.is_empty() {
        value["annotations"] = serde_json::to_value(notes).unwrap_or_default();
    }
    value
}

/// What is there, of 2.1, as a data constraint. It has no name there: it is given that of what it is attached to.
pub(super) fn read_availability(value: &Value) -> Result<DataConstraint, String> {
    let attachment = value.get("constraintAttachment").and_then(Value::as_object);
    let (kind, urn) = attachment
        .and_then(|attachment| attachment.iter().next())
        .ok_or("has no constraintAttachment: say what is there of which dataflow")?;
    let to: Reference = urn.as_str().unwrap_or_default().parse().map_err(|error| format!("{error}"))?;
    let mut constraint_attachment = Attachment::default();
    match &kind[..] {
        "dataflow" => constraint_attachment.dataflows.push(to.clone()),
        "dataStructure" => constraint_attachment.data_structures.push(to.clone()),
        "provisionAgreement" => constraint_attachment.provision_agreements.push(to.clone()),
        other => {
            return Err(format!("is attached to a {}: attach it to a dataflow", super::id::beginning(other)));
        }
    }
    let region = value.get("cubeRegion").cloned().map(serde_json::from_value::<CubeRegion>);
    let cube_regions: Vec<_> = region.transpose().map_err(|error| error.to_string())?.into_iter().collect();
    let notes = value.get("annotations").cloned().map(serde_json::from_value::<Vec<Annotation>>);
    let mut annotations = notes.transpose().map_err(|error| error.to_string())?.unwrap_or_default();
    for (id, member) in [(SERIES_COUNT, "seriesCount"), (OBSERVATION_COUNT, "obsCount")] {
        let Some(count) = value.get(member).and_then(Value::as_u64) else { continue };
        let kind = Some(METRICS.to_owned());
        annotations.push(Annotation { kind, ..Annotation::new(id, count.to_string()) });
    }
    let identity = availability_identity(&to.agency, &to.id, to.version.clone());
    Ok(DataConstraint {
        identity: Identity { annotations, ..identity },
        role: ConstraintRole::Actual,
        constraint_attachment,
        cube_regions,
        key_sets: Vec::new(),
    })
}

/// The identity of the constraint that says what is there of an artefact.
fn availability_identity(agency: &AgencyId, id: &Id, version: Version) -> Identity {
    let named = Id::new(&format!("AVAIL_{id}")).unwrap_or_else(|_| id.clone());
    Identity::new(agency.clone(), named, version, Names::english("Availability"))
}
