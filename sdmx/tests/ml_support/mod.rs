//! A dataflow with attributes of every level and form, and readers of messages of it.

use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use mighub_sdmx::columns::{AttributeValue, Columns};
use mighub_sdmx::data::{ReadError, ReadSummary, RowBatch, reader};
use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json};
use serde_json::{Value, json};

/// The dataflow `TEST:FLOW(1.0.0)` of `TEST:DSD(1.0.0)`.
pub(crate) fn definition() -> Arc<DataDefinition> {
    static DEFINITION: LazyLock<Arc<DataDefinition>> = LazyLock::new(|| build(true));
    DEFINITION.clone()
}

/// The dataflow, with a time dimension or without.
pub(crate) fn build(with_time: bool) -> Arc<DataDefinition> {
    let string = json!({ "format": { "dataType": "String" } });
    let several = json!({ "format": { "dataType": "String" }, "maxOccurs": "unbounded" });
    let languages =
        json!({ "format": { "dataType": "String", "isMultiLingual": true }, "maxOccurs": "unbounded" });
    let concept = |id: &str| format!("urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=TEST:CS(1.0.0).{id}");
    let dimension = |(position, id): (usize, &&str)| json!({ "id": id, "position": position, "conceptIdentity": concept(id), "localRepresentation": string });
    let attribute = |id: &str, representation: &Value, relationship: Value| {
        json!({
            "id": id, "usage": "optional", "conceptIdentity": concept(id),
            "localRepresentation": representation, "attributeRelationship": relationship,
        })
    };
    let observation = || json!({ "observation": {} });
    let series = || json!({ "dimensions": ["FREQ", "AREA", "SEX"] });
    let ids = [
        "FREQ",
        "AREA",
        "SEX",
        "TIME_PERIOD",
        "OBS_VALUE",
        "OBS_STATUS",
        "COMMENT",
        "SOURCES",
        "NOTE",
        "UNIT",
        "TITLE",
        "COLLECTION",
    ];
    let concepts: Vec<_> =
        ids.iter().map(|id| json!({ "id": id, "name": id, "names": { "en": id } })).collect();
    let artefact = |id: &str| json!({ "id": id, "agencyID": "TEST", "version": "1.0.0", "name": id, "names": { "en": id } });
    let with = |mut base: Value, key: &str, value: Value| {
        base[key] = value;
        base
    };
    let mut dimensions = json!({
        "id": "DimensionDescriptor",
        "dimensions": ids[..3].iter().enumerate().map(dimension).collect::<Vec<_>>(),
    });
    if with_time {
        dimensions["timeDimension"] = json!({
            "id": "TIME_PERIOD", "position": 3, "conceptIdentity": concept("TIME_PERIOD"),
            "localRepresentation": { "format": { "dataType": "ObservationalTimePeriod" } },
        });
    }
    let components = json!({
        "dimensionList": dimensions,
        "measureList": {
            "id": "MeasureDescriptor",
            "measures": [{
                "id": "OBS_VALUE", "usage": "optional", "conceptIdentity": concept("OBS_VALUE"),
                "localRepresentation": { "format": { "dataType": "Decimal" } },
            }],
        },
        "attributeList": {
            "id": "AttributeDescriptor",
            "attributes": [
                attribute("OBS_STATUS", &string, observation()),
                attribute("COMMENT", &string, observation()),
                attribute("SOURCES", &several, observation()),
                attribute("NOTE", &languages, observation()),
                attribute("UNIT", &string, series()),
                attribute("TITLE", &languages, series()),
                attribute("COLLECTION", &string, json!({ "dataflow": {} })),
            ],
        },
    });
    let structure = "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=TEST:DSD(1.0.0)";
    let message = json!({ "data": {
        "conceptSchemes": [with(artefact("CS"), "concepts", concepts.into())],
        "dataStructures": [with(artefact("DSD"), "dataStructureComponents", components)],
        "dataflows": [with(artefact("FLOW"), "structure", structure.into())],
    }});
    let mut structures = Structures::default();
    for artefact in read_json(message.to_string().as_bytes()).expect("the message above is sound") {
        structures.put(artefact).expect("the artefacts above are new");
    }
    let (reference, _) = structures.find(Class::Dataflow, "FLOW").expect("it was put above");
    DataDefinition::resolve(&structures, reference).expect("all it refers to was put above")
}

/// Reads a message of the dataflow.
pub(crate) fn read(
    definition: &Arc<DataDefinition>,
    text: &[u8],
) -> Result<(Vec<RowBatch>, ReadSummary), ReadError> {
    let resolve = |_: &str, id: &str| {
        let name = id.split('(').next();
        matches!(name, Some("TEST:FLOW" | "TEST:DSD" | "TEST:AGREED")).then(|| definition.clone())
    };
    let mut reader = reader(Cursor::new(text.to_vec()), resolve)?;
    let mut batches = Vec::new();
    while let Some(batch) = reader.next_batch()? {
        assert!(batch.columns.check());
        batches.push(batch);
    }
    Ok((batches, reader.finish()))
}

fn shown(value: Option<&AttributeValue>) -> String {
    match value {
        None => "-".to_owned(),
        Some(AttributeValue::Text(text)) => text.to_string(),
        Some(AttributeValue::Many(sets)) => {
            let text = |set: &Vec<mighub_sdmx::columns::LocalText>| {
                let texts = set.iter().map(|local| match &*local.language {
                    "" => local.text.to_string(),
                    language => format!("{language}:{}", local.text),
                });
                texts.collect::<Vec<_>>().join("+")
            };
            format!("[{}]", sets.iter().map(text).collect::<Vec<_>>().join("; "))
        }
    }
}

/// One line an observation: key, period, value, then every attribute in order.
pub(crate) fn lines(columns: &Columns) -> Vec<String> {
    let mut lines = Vec::new();
    for series in 0..columns.series_count() {
        for place in columns.observations(series) {
            let value = columns.value(place).map_or("-".to_owned(), |value| value.to_string());
            let mut line = format!("{} {} {value}", columns.key(series), columns.periods[place]);
            let of_observation = columns.observation_attributes.iter().map(|column| column.get(place));
            let of_series = columns.series_attributes.iter().map(|column| column.get(series));
            for value in of_observation.chain(of_series) {
                line.push(' ');
                line.push_str(&shown(value));
            }
            lines.push(line);
        }
    }
    lines
}

/// The lines of all batches, with their action.
pub(crate) fn all_lines(batches: &[RowBatch]) -> Vec<String> {
    let of_batch = |batch: &RowBatch| {
        let lines = lines(&batch.columns).into_iter();
        lines.map(|line| format!("{:?} {line}", batch.action)).collect::<Vec<_>>()
    };
    batches.iter().flat_map(of_batch).collect()
}
