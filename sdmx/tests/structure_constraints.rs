//! What constraints on a dataflow and on its data structure come to, together.

use mighub_sdmx::Period;
use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json, read_message};
use std::sync::Arc;

/// The fixture's dataflow with these constraints: (what it is attached to, include, key values).
fn constrained(constraints: &[(&str, bool, &str)]) -> Arc<DataDefinition> {
    let fixture = read_message(include_bytes!("data/structure-json20.json")).expect("a message");
    let mut structures: Structures = fixture.structures;
    for (place, (attachment, include, values)) in constraints.iter().enumerate() {
        let text = format!(
            r#"{{"data":{{"dataConstraints":[{{"id":"C{place}","agencyID":"MIGHUB","version":"1.0.0","name":"C",
            "role":"Allowed","constraintAttachment":{{{attachment}}},
            "cubeRegions":[{{"include":{include},"keyValues":[{values}]}}]}}]}}}}"#
        );
        for artefact in read_json(text.as_bytes()).expect("a message") {
            structures.put(artefact).expect("a new artefact");
        }
    }
    assert_eq!(structures.check(), []);
    let (reference, _) = structures.find(Class::Dataflow, "DF_MIG_STOCK").expect("the dataflow");
    DataDefinition::resolve(&structures, reference).expect("a definition")
}

const FLOW: &str =
    r#""dataflows":["urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=MIGHUB:DF_MIG_STOCK(1.0.0)"]"#;
const STRUCTURE: &str =
    r#""dataStructures":["urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=MIGHUB:MIG_STOCK(1.0.0)"]"#;

fn codes(definition: &DataDefinition, dimension: &str) -> (Option<String>, String) {
    let used = definition.dimension(dimension).expect("a dimension");
    let join = |codes: Vec<&str>| codes.join(" ");
    let allowed = used.allowed.as_ref().map(|codes| join(codes.iter().map(|code| &**code).collect()));
    (allowed, join(used.excluded.iter().map(|code| &**code).collect()))
}

#[test]
fn several_constraints_all_hold() {
    let definition = constrained(&[
        (STRUCTURE, true, r#"{"id":"REF_AREA","values":["ESP","FRA"]}"#),
        (
            FLOW,
            true,
            r#"{"id":"REF_AREA","values":["FRA","MAR"]},{"id":"SEX","include":false,"values":["_T"]}"#,
        ),
        (FLOW, false, r#"{"id":"SEX","values":["M"]}"#),
    ]);
    assert_eq!(codes(&definition, "REF_AREA"), (Some("FRA".to_owned()), String::new()));
    assert_eq!(codes(&definition, "SEX"), (None, "M _T".to_owned()));
    let allows = |area, sex| definition.allows(&["A", area, "MAR", sex], Period::year(2020));
    assert!(allows("FRA", "F"));
    assert!(definition.dimension("SEX").is_some_and(|sex| sex.admits("F") && !sex.admits("M")));
    assert!(!allows("ESP", "F") && !allows("MAR", "F") && !allows("FRA", "M") && !allows("FRA", "_T"));
}

#[test]
fn an_excluded_combination_restricts_no_dimension_alone() {
    let definition =
        constrained(&[(FLOW, false, r#"{"id":"REF_AREA","values":["ESP"]},{"id":"SEX","values":["F"]}"#)]);
    assert_eq!(codes(&definition, "SEX"), (None, String::new()));
    assert!(definition.dimension("SEX").is_some_and(|sex| sex.admits("F")));
    let allows = |area, sex| definition.allows(&["A", area, "MAR", sex], Period::year(2020));
    assert!(!allows("ESP", "F") && allows("ESP", "M") && allows("FRA", "F"));
}

#[test]
fn a_time_range_restricts_periods() {
    let range = r#"{"id":"TIME_PERIOD","timeRange":{"afterPeriod":{"period":"2000"}}}"#;
    let definition = constrained(&[(FLOW, true, range)]);
    let allows = |year| definition.allows(&["A", "ESP", "MAR", "F"], Period::year(year));
    assert!(allows(2000) && allows(2020) && !allows(1999));
}

#[test]
fn what_is_there_does_not_restrict_what_is_allowed() {
    let fixture = read_message(include_bytes!("data/availability-json20.json")).expect("a message");
    let (reference, _) = fixture.structures.find(Class::Dataflow, "DF_MIG_STOCK").expect("the dataflow");
    let definition = DataDefinition::resolve(&fixture.structures, reference).expect("a definition");
    assert_eq!(fixture.structures.of_class(Class::DataConstraint).count(), 1);
    assert_eq!(definition.constraints, []);
    assert!(definition.allows(&["Q", "MAR", "ESP", "_T"], Period::year(1990)));
}

#[test]
fn a_constraint_on_another_dataflow_does_not_count() {
    let definition = constrained(&[(r#""dataflows":[]"#, true, r#"{"id":"SEX","values":["F"]}"#)]);
    assert_eq!(codes(&definition, "SEX"), (None, String::new()));
    assert_eq!(definition.constraints, []);
}
