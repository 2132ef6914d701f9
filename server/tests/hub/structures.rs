//! The structures of the stage.

use mighub::v1::{self, ErrorReason};
use mighub_server::hub::permit::Administer;
use serde_json::{Value, json};

use super::stage::Stage;

fn artefact(id: &str, version: &str, key: &str, value: Value) -> Value {
    let mut artefact =
        json!({ "id": id, "agencyID": "HUB", "version": version, "name": id, "names": { "en": id } });
    artefact[key] = value;
    artefact
}

/// Two dataflows of one form, stable and draft; the draft one may have further attributes of observations.
pub(crate) fn structures(draft_attributes: &[&str]) -> Value {
    let item = |id: &&str| json!({ "id": id, "name": id, "names": { "en": id } });
    let items = |ids: &[&str]| Value::from(ids.iter().map(item).collect::<Vec<_>>());
    let urn = |class: &str, id: &str, version: &str| {
        format!("urn:sdmx:org.sdmx.infomodel.{class}=HUB:{id}({version})")
    };
    let concept = |id: &str| format!("{}.{id}", urn("conceptscheme.Concept", "CS", "1.0.0"));
    let coded = |list: &str| json!({ "enumeration": urn("codelist.Codelist", list, "1.0.0") });
    let text = json!({ "format": { "dataType": "String" } });
    let dimension = |position: usize, id: &str, list: &str| json!({ "id": id, "position": position, "conceptIdentity": concept(id), "localRepresentation": coded(list) });
    let attribute = |id: &str, usage: &str, representation: Value, relationship: Value| {
        json!({ "id": id, "usage": usage, "conceptIdentity": concept(id), "localRepresentation": representation,
                "attributeRelationship": relationship })
    };
    let components = |more: &[&str]| {
        let observation = || json!({ "observation": {} });
        let mut attributes = vec![
            attribute("OBS_STATUS", "optional", coded("CL_STATUS"), observation()),
            attribute("CONF_STATUS", "mandatory", coded("CL_CONF"), observation()),
            attribute("TITLE", "optional", text.clone(), json!({ "dimensions": ["REF_AREA", "SEX"] })),
            attribute("SOURCE", "optional", text.clone(), json!({ "dataflow": {} })),
        ];
        attributes.extend(more.iter().map(|id| attribute(id, "optional", text.clone(), observation())));
        json!({
            "dimensionList": {
                "id": "DimensionDescriptor",
                "dimensions": [dimension(0, "REF_AREA", "CL_AREA"), dimension(1, "SEX", "CL_SEX")],
                "timeDimension": { "id": "TIME_PERIOD", "position": 2, "conceptIdentity": concept("TIME_PERIOD"),
                    "localRepresentation": { "format": { "dataType": "ObservationalTimePeriod" } } },
            },
            "measureList": { "id": "MeasureDescriptor", "measures": [{ "id": "OBS_VALUE", "usage": "optional",
                "conceptIdentity": concept("OBS_VALUE"),
                "localRepresentation": { "format": { "dataType": "Integer" } } }] },
            "attributeList": { "id": "AttributeDescriptor", "attributes": attributes },
        })
    };
    let structure = |id: &str, version: &str| Value::from(urn("datastructure.DataStructure", id, version));
    let concepts = [
        "REF_AREA",
        "SEX",
        "TIME_PERIOD",
        "OBS_VALUE",
        "OBS_STATUS",
        "CONF_STATUS",
        "TITLE",
        "SOURCE",
        "NOTE",
    ];
    json!({ "data": {
        "codelists": [
            artefact("CL_AREA", "1.0.0", "codes", items(&["ESP", "FRA", "MAR", "SWE"])),
            artefact("CL_SEX", "1.0.0", "codes", items(&["F", "M", "_T"])),
            artefact("CL_STATUS", "1.0.0", "codes", items(&["A", "E", "M", "Q"])),
            artefact("CL_CONF", "1.0.0", "codes", items(&["F", "N"])),
        ],
        "conceptSchemes": [artefact("CS", "1.0.0", "concepts", items(&concepts))],
        "dataStructures": [
            artefact("DSD", "1.0.0", "dataStructureComponents", components(&[])),
            artefact("DSD_DRAFT", "1.0", "dataStructureComponents", components(draft_attributes)),
        ],
        "dataflows": [
            artefact("MIG", "1.0.0", "structure", structure("DSD", "1.0.0")),
            artefact("DRAFT", "1.0", "structure", structure("DSD_DRAFT", "1.0")),
        ],
    }})
}

#[test]
fn more_artefacts_than_a_record_can_name_are_refused_as_too_many() {
    let stage = Stage::new();
    let long = "L".repeat(180);
    let list = |nth: u32| artefact(&format!("{long}{nth}"), "1.0.0", "codes", json!([]));
    let lists: Vec<Value> = (0..4_000).map(list).collect();
    let message = json!({ "meta": { "id": "MANY", "prepared": "2026-11-24T00:00:00Z", "sender": { "id": "HUB" } },
                          "data": { "codelists": lists } });
    let request =
        v1::PutStructuresRequest { message: message.to_string().into_bytes().into(), ..Default::default() };
    let refusal = stage
        .hub()
        .put_structures(&stage.may(&stage.office("HUB"), Administer), &request, stage.now())
        .expect_err("too many");
    assert_eq!(refusal.reason, ErrorReason::LimitExceeded, "{}", refusal.text);
}
