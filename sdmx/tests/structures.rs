//! The shipped structure package, and structure messages that are wrong.

use std::path::Path;

use mighub_sdmx::Period;
use mighub_sdmx::structure::{
    Artefact, AttributeLevel, Class, CodedBy, DataDefinition, JsonError, Structures, Usage, read_json,
    write_json,
};

fn package() -> Structures {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let mut structures = Structures::default();
    for entry in std::fs::read_dir(folder).expect("the folder structures/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let bytes = std::fs::read(&path).expect("a readable file");
            for artefact in read_json(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
                structures.put(artefact).expect("a new artefact");
            }
        }
    }
    structures
}

fn definition(structures: &Structures, id: &str) -> std::sync::Arc<DataDefinition> {
    let (reference, _) = structures.find(Class::Dataflow, id).expect(id);
    DataDefinition::resolve(structures, reference).expect(id)
}

#[test]
fn the_package_hangs_together() {
    let structures = package();
    assert_eq!(structures.check(), []);
    assert_eq!(structures.of_class(Class::Dataflow).count(), 14);
    assert_eq!(structures.of_class(Class::DataStructure).count(), 14);
    assert!(structures.of_class(Class::Codelist).count() >= 45);
}

#[test]
fn every_dataflow_has_its_dimensions_in_order() {
    let structures = package();
    for (id, dimensions) in [
        ("MIG_FLOW", "FREQ.REF_AREA.FLOW_DIR.MIG_CRITERION.COUNTERPART_AREA.SEX.AGE.DURATION.MIG_CATEGORY"),
        ("MIG_STOCK", "FREQ.REF_AREA.MIG_CRITERION.COUNTERPART_AREA.SEX.AGE.ARRIVAL"),
        (
            "MIG_CENSUS",
            "FREQ.REF_AREA.REG_LEVEL.REGION.MIG_CRITERION.COUNTERPART_AREA.SEX.AGE.ARRIVAL.EDU.LAB_STATUS.\
             OCCUPATION.ACTIVITY",
        ),
        ("MIG_BALANCE", "FREQ.REF_AREA.BAL_ITEM.MIG_CRITERION.COUNTERPART_AREA.SEX.AGE"),
        (
            "MIG_LABOUR",
            "FREQ.REF_AREA.LAB_INDICATOR.MIG_CRITERION.COUNTERPART_AREA.SEX.AGE.EDU.ACTIVITY.OCCUPATION",
        ),
        ("MIG_REFUGEE", "FREQ.REF_AREA.COUNTERPART_AREA.POP_TYPE.REF_ITEM.SEX.AGE"),
        (
            "MIG_ASYLUM",
            "FREQ.REF_AREA.COUNTERPART_AREA.ASY_ITEM.OUTCOME.PROCEDURE.APP_TYPE.DEC_LEVEL.COUNT_UNIT.SEX.AGE",
        ),
        ("MIG_REMIT", "FREQ.REF_AREA.FLOW_DIR.COUNTERPART_AREA.REMIT_ITEM"),
        ("MIG_MODE4", "FREQ.REF_AREA.FLOW_DIR.COUNTERPART_AREA.M4_CATEGORY.SERVICE.M4_INDICATOR"),
        (
            "MIG_TRAFFICKING",
            "FREQ.REF_AREA.TIP_INDICATOR.TIP_ROLE.COUNTERPART_AREA.EXPLOITATION.METHOD_OCG.ROUTE.SEX.AGE",
        ),
        ("MIG_POLICY", "FREQ.REF_AREA.POLICY_TOPIC.POLICY_ASPECT.POLICY_VALUE"),
        ("MIG_TREATY", "FREQ.REF_AREA.TREATY.TREATY_ACTION"),
        ("MIG_FLOW_OD", "FREQ.ORIGIN.DESTINATION.SEX.AGE.DURATION.VIEW.CONS_METHOD"),
        ("MIG_STOCK_OD", "FREQ.DESTINATION.ORIGIN.SEX.AGE.VIEW.CONS_METHOD"),
    ] {
        let definition = definition(&structures, id);
        assert_eq!(definition.shape.dimensions.join("."), dimensions, "{id}");
        assert_eq!(definition.time.as_deref(), Some("TIME_PERIOD"), "{id}");
        assert_eq!(&*definition.measure.id, "OBS_VALUE", "{id}");
    }
}

#[test]
fn attributes_lie_at_their_levels_and_dataflows_say_what_absence_stands_for() {
    let structures = package();
    let flow = definition(&structures, "MIG_FLOW");
    let level = |id: &str| flow.attribute(id).map(|attribute| (attribute.level, attribute.usage));
    assert_eq!(level("OBS_STATUS"), Some((AttributeLevel::Observation, Usage::Mandatory)));
    assert_eq!(level("UNIT_MEASURE"), Some((AttributeLevel::Series, Usage::Mandatory)));
    assert_eq!(level("EMBARGO_TIME"), Some((AttributeLevel::Dataset, Usage::Optional)));
    assert_eq!(flow.defaults.get("UNIT_MEASURE").map(|value| &**value), Some("PS"));
    assert_eq!(flow.defaults.get("CONF_STATUS"), None, "silence never publishes");
    let trafficking = definition(&structures, "MIG_TRAFFICKING");
    assert_eq!(trafficking.defaults.get("CONF_STATUS").map(|value| &**value), Some("N"));
    let direction = &flow.dimensions[2];
    let allowed: Vec<_> = direction.allowed.iter().flatten().map(|code| &**code).collect();
    assert_eq!(allowed, ["EMI", "IMM", "NET"]);
}

#[test]
fn areas_have_parents_validity_and_names_in_three_languages() {
    let structures = package();
    let (_, artefact) = structures.find(Class::Codelist, "CL_AREA").expect("CL_AREA");
    let Artefact::Codelist(areas) = &**artefact else { panic!("CL_AREA is no code list") };
    let sweden = areas.get("SWE").expect("SWE");
    assert_eq!(sweden.parent.as_deref(), Some("154"));
    assert_eq!(sweden.names.best("fr"), Some("Suède"));
    assert_eq!(sweden.names.best("ru"), Some("Sweden"));
    let day = |text: &str| Period::parse(text.as_bytes()).ok().and_then(Period::first_day);
    assert_eq!(areas.get("SCG").and_then(|code| code.valid_to()), day("2006-06-02"));
    assert_eq!(areas.get("SCG").and_then(|code| code.valid_from()), day("1992-04-28"));
    assert_eq!(areas.get("SWE").and_then(|code| code.valid_to()), None);
}

#[test]
fn a_message_reads_as_it_was_written() {
    let structures = package();
    let bytes = write_json(&structures);
    let mut read = Structures::default();
    for artefact in read_json(&bytes).expect("a message") {
        read.put(artefact).expect("a new artefact");
    }
    assert_eq!(read, structures);
    assert_eq!(write_json(&read), bytes);
    let flow = definition(&structures, "MIG_FLOW");
    assert!(read_json(flow.canonical_json()).is_ok());
    assert!(matches!(flow.dimensions[1].coded_by, CodedBy::Codelist(_)));
}

#[test]
fn a_stable_artefact_does_not_change() {
    let mut structures = package();
    let message = br#"{"data":{"codelists":[{"id":"CL_SEX","agencyID":"MIGHUB","version":"1.0.0","name":"Sex","codes":[]}]}}"#;
    let artefact = read_json(message).expect("a message").remove(0);
    let error = structures.put(artefact).expect_err("a change of a stable code list");
    assert!(error.to_string().contains("CL_SEX(1.0.0) is stable"), "{error}");
}

#[test]
fn a_wrong_message_is_refused_with_place_and_reason() {
    let message = |text: &str| read_json(text.as_bytes());
    assert!(matches!(message(""), Err(JsonError::NotJson(_))));
    assert!(matches!(message("{\"data\":{\"codelists\":["), Err(JsonError::NotJson(_))));
    assert!(matches!(message("[]"), Err(JsonError::NotAMessage)));
    assert!(matches!(message("{}"), Err(JsonError::NotAMessage)));
    assert!(matches!(message(&"[".repeat(100_000)), Err(JsonError::NotJson(_))));
    for (text, expected) in [
        (r#"{"data":{"processes":[{"id":"P"}]}}"#, "the structure message has processes"),
        (r#"{"data":{"codelists":[{"agencyID":"A"}]}}"#, "codelists[0]: missing field `id`"),
        (
            r#"{"data":{"codelists":[{"id":"X","agencyID":"A","version":"one"}]}}"#,
            "codelists[0] X: \"one\" is not a version",
        ),
        (
            r#"{"data":{"dataflows":[{"id":"F","agencyID":"A","structure":"DSD_F"}]}}"#,
            "dataflows[0] F: \"DSD_F\" is not a URN",
        ),
    ] {
        let error = message(text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn everything_wrong_with_a_set_is_said_in_one_go() {
    let text = r#"{"data":{
        "codelists":[{"id":"CL","agencyID":"A","codes":[
            {"id":"A B"},{"id":"X","parent":"Y"},{"id":"Y","parent":"X"},{"id":"Z","parent":"Q"},{"id":"Z"}]}],
        "dataflows":[{"id":"F","agencyID":"A","structure":"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=A:DSD(1.0.0)"}]}}"#;
    let mut structures = Structures::default();
    for artefact in read_json(text.as_bytes()).expect("a message") {
        structures.put(artefact).expect("a new artefact");
    }
    let said: String = structures.check().iter().map(|problem| format!("{problem}\n")).collect();
    for expected in
        ["\"A B\" is not the id", "code Z twice", "its own ancestor", "the parent Q", "does not exist"]
    {
        assert!(said.contains(expected), "{expected} is not in:\n{said}");
    }
}
