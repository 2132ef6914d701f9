//! The structures of the figures, as a message that is uploaded while the hub runs, like anybody's.

use serde_json::{Value, json};

use crate::data::{CONFIDENTIALITIES, Codes, DIMENSIONS, STATUSES};

/// Agency that maintains the structures and runs the hub.
pub(crate) const ADMINISTRATOR: &str = "MIGHUB";

/// One dataflow for each way in, so that every push finds an empty lane; all have the same structure.
pub(crate) const DATAFLOWS: [&str; 6] = [SERIES_ORDER, TIME_ORDER, COLUMNS, REVISED, SMALL, WARM];
/// Pushed as a file in series order.
pub(crate) const SERIES_ORDER: &str = "BENCH_SERIES_ORDER";
/// Pushed as a file in time order.
pub(crate) const TIME_ORDER: &str = "BENCH_TIME_ORDER";
/// Pushed as columns; all pulls read it.
pub(crate) const COLUMNS: &str = "BENCH_COLUMNS";
/// Pushed and then revised.
pub(crate) const REVISED: &str = "BENCH_REVISED";
/// Pushed a few rows at a time.
pub(crate) const SMALL: &str = "BENCH_SMALL";
/// Pushed before anything is measured, so that nothing is measured cold.
pub(crate) const WARM: &str = "BENCH_WARM";

/// The whole name of a dataflow.
pub(crate) fn dataflow(id: &str) -> String {
    format!("{ADMINISTRATOR}:{id}(1.0.0)")
}

/// The message.
pub(crate) fn message() -> Value {
    let codes = Codes::new();
    let statuses = [("OBS_STATUS", &STATUSES[..]), ("CONF_STATUS", &CONFIDENTIALITIES[..])];
    let mut codelists: Vec<Value> = Vec::new();
    for (id, codes) in DIMENSIONS.iter().zip(&codes.0) {
        codelists.push(codelist(id, codes.iter().map(|code| &**code)));
    }
    for (id, codes) in statuses {
        codelists.push(codelist(id, codes.iter().copied()));
    }
    let concepts: Vec<_> = DIMENSIONS
        .iter()
        .chain(&["TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS"])
        .map(|id| json!({ "id": id, "name": id, "names": { "en": id } }))
        .collect();
    let structure = urn("datastructure.DataStructure", "BENCH_DSD");
    let dataflow = |id: &&str| with(artefact(id), "structure", structure.clone().into());
    json!({ "data": {
        "codelists": codelists,
        "conceptSchemes": [with(artefact("BENCH_CS"), "concepts", concepts.into())],
        "dataStructures": [with(artefact("BENCH_DSD"), "dataStructureComponents", components())],
        "dataflows": DATAFLOWS.iter().map(dataflow).collect::<Vec<_>>(),
    }})
}

fn components() -> Value {
    let dimension = |(position, id): (usize, &&str)| json!({ "id": id, "position": position, "conceptIdentity": concept(id), "localRepresentation": coded(id) });
    let attribute = |id: &str| {
        json!({
            "id": id, "usage": "optional", "conceptIdentity": concept(id), "localRepresentation": coded(id),
            "attributeRelationship": { "observation": {} },
        })
    };
    json!({
        "dimensionList": {
            "id": "DimensionDescriptor",
            "dimensions": DIMENSIONS.iter().enumerate().map(dimension).collect::<Vec<_>>(),
            "timeDimension": {
                "id": "TIME_PERIOD", "position": DIMENSIONS.len(), "conceptIdentity": concept("TIME_PERIOD"),
                "localRepresentation": { "format": { "dataType": "ObservationalTimePeriod" } },
            },
        },
        "measureList": {
            "id": "MeasureDescriptor",
            "measures": [{
                "id": "OBS_VALUE", "usage": "optional", "conceptIdentity": concept("OBS_VALUE"),
                "localRepresentation": { "format": { "dataType": "Integer" } },
            }],
        },
        "attributeList": {
            "id": "AttributeDescriptor",
            "attributes": [attribute("OBS_STATUS"), attribute("CONF_STATUS")],
        },
    })
}

fn codelist<'c>(id: &str, codes: impl Iterator<Item = &'c str>) -> Value {
    let codes: Vec<_> =
        codes.map(|code| json!({ "id": code, "name": code, "names": { "en": code } })).collect();
    with(artefact(&format!("BENCH_CL_{id}")), "codes", codes.into())
}

fn coded(id: &str) -> Value {
    json!({ "enumeration": urn("codelist.Codelist", &format!("BENCH_CL_{id}")) })
}

fn concept(id: &str) -> String {
    format!("{}.{id}", urn("conceptscheme.Concept", "BENCH_CS"))
}

fn urn(class: &str, id: &str) -> String {
    format!("urn:sdmx:org.sdmx.infomodel.{class}={ADMINISTRATOR}:{id}(1.0.0)")
}

fn artefact(id: &str) -> Value {
    json!({ "id": id, "agencyID": ADMINISTRATOR, "version": "1.0.0", "name": id, "names": { "en": id } })
}

fn with(mut base: Value, key: &str, value: Value) -> Value {
    base[key] = value;
    base
}
