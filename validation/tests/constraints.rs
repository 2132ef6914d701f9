//! What dataflows allow: combinations, periods, validity, frequencies, forms of attributes.

mod support;

use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, LocalText};
use mighub_sdmx::structure::{Class, DataDefinition, read_json};
use mighub_validation::{Checker, Findings, Stage, Terms};
use serde_json::json;
use support::{How, columns_of, definition, judge, scratch, structures};

const HEADER: &str = "STRUCTURE[;],STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,DECIMALS,CURRENCY,CONF_REDIST[],COMMENT_OBS[en;fr],DEF_NOTE[]\n";

fn file(row: &str) -> String {
    format!("{HEADER}dataflow,MIGHUB:MIG_REMIT(1.0.0),M,{row}\n")
}

fn lines(row: &str) -> Vec<String> {
    let lines = judge(file(row).as_bytes(), How::default()).lines();
    lines
        .into_iter()
        .map(|line| line.rsplit_once(" A.").map_or(line.clone(), |(line, _)| line.to_owned()))
        .collect()
}

#[test]
fn an_area_is_judged_by_its_days_where_it_reports_and_nowhere_else() {
    let (ended, not_begun) = ("STR-022 REF_AREA \"SCG\"", "STR-023 REF_AREA \"SCG\"");
    for (row, expected) in [
        // Serbia and Montenegro: 28 April 1992 to 2 June 2006.
        ("A,SCG,IN,FIN,PR,1991,1,A,F,,,,,", &[not_begun][..]),
        ("A,SCG,IN,FIN,PR,1992,1,A,F,,,,,", &[]),
        ("Q,SCG,IN,FIN,PR,1992-Q1,1,A,F,,,,,", &["STR-023 REF_AREA \"SCG\" Q.SCG.IN.FIN.PR 1992-Q1"]),
        ("A,SCG,IN,FIN,PR,2006,1,A,F,,,,,", &[]),
        ("Q,SCG,IN,FIN,PR,2006-Q3,1,A,F,,,,,", &["STR-022 REF_AREA \"SCG\" Q.SCG.IN.FIN.PR 2006-Q3"]),
        ("A,SCG,IN,FIN,PR,2007,1,A,F,,,,,", &[ended]),
        // Estimates, forecasts, imputed values.
        ("A,SCG,IN,FIN,PR,2007,1,E,F,,,,,", &[]),
        ("A,SCG,IN,FIN,PR,2007,1,F,F,,,,,", &[]),
        ("A,SCG,IN,FIN,PR,2007,1,I,F,,,,,", &[]),
        // People from former countries are still counted.
        ("A,SWE,IN,SCG,PR,2020,1,A,F,,,,,", &[]),
        ("A,SWE,IN,SUN,PR,2020,1,A,F,,,,,", &[]),
    ] {
        assert_eq!(lines(row), expected, "{row}");
    }
}

#[test]
fn a_period_has_the_length_of_its_frequency() {
    for (frequency, good, bad) in [
        (
            "A",
            &["2020", "2020-A1", "2019-07-01/P1Y", "2020-01-01/P12M"][..],
            &["2020-Q1", "2020-01", "2020-01-01", "2020-01-01/P5Y"][..],
        ),
        ("A5", &["2020", "2015-07-01/P5Y"], &["2015-07-01/P1Y", "2020-S1"]),
        ("A10", &["2020", "2010-01-01/P10Y"], &["2010-01-01/P5Y"]),
        ("S", &["2020-S1", "2020-01-01/P6M"], &["2020", "2020-Q1"]),
        ("Q", &["2020-Q4", "2020-10-01/P3M"], &["2020", "2020-10"]),
        ("M", &["2020-10", "2020-M10", "2020-10-01/P1M"], &["2020", "2020-10-01"]),
        ("D", &["2020-10-01", "2020-D001"], &["2020", "2020-10"]),
        ("I", &["2020", "2020-10-01", "2020-Q1", "2015-07-01/P5Y"], &[]),
    ] {
        for (periods, is_good) in [(good, true), (bad, false)] {
            for period in periods {
                let row = format!("{frequency},SWE,IN,FIN,PR,{period},1,A,F,,,,,");
                let lines = judge(file(&row).as_bytes(), How::default()).lines();
                let rule = if is_good { "" } else { "STR-031" };
                assert_eq!(
                    lines.iter().map(|line| &line[..7]).collect::<String>(),
                    rule,
                    "{frequency} {period}"
                );
            }
        }
    }
}

#[test]
fn attributes_have_the_form_that_the_structure_gives_them() {
    for (row, expected) in [
        ("A,SWE,IN,FIN,PR,2020,1,A,F,6,SEK,UNODC;IOM,en:low;fr:bas,see note", &[][..]),
        ("A,SWE,IN,FIN,PR,2020,1,A,F,7,SEK,,,", &["STR-027 DECIMALS \"7\""]),
        ("A,SWE,IN,FIN,PR,2020,1,A,F,six,SEK,,,", &["STR-027 DECIMALS \"six\""]),
        ("A,SWE,IN,FIN,PR,2020,1,A,F,,kr,,,", &["STR-027 CURRENCY \"kr\""]),
        ("A,SWE,IN,FIN,PR,2020,1,A,F,,,,,one;two", &["STR-028 DEF_NOTE \"one; two\""]),
        ("A,SWE,IN,FIN,PR,2020,1,A,Free,,,,,", &["STR-021 CONF_STATUS \"Free\""]),
    ] {
        assert_eq!(lines(row), expected, "{row}");
    }
}

#[test]
fn attributes_of_the_dataset_are_judged_too() {
    let text = |text: &str| Some(AttributeValue::text(text));
    let local = |language: &str| LocalText { language: Arc::from(language), text: Arc::from("x") };
    for (given, expected) in [
        (vec![("EMBARGO_TIME", text("2026-12-01T09:00:00Z")), ("METADATA_REF", text("urn:a"))], ""),
        (vec![("EMBARGO_TIME", None)], ""),
        (vec![("EMBARGO_TIME", text("next year"))], "STR-027 EMBARGO_TIME"),
        (vec![("METADATA_REF", text("see here"))], "STR-027 METADATA_REF"),
        (
            vec![("METADATA_REF", Some(AttributeValue::Many(vec![vec![local("en"), local("fr")]].into())))],
            "STR-028 METADATA_REF",
        ),
    ] {
        let given: Vec<_> = given.into_iter().map(|(id, value)| (Arc::from(id), value)).collect();
        let mut findings = Findings::new(scratch());
        let mut checker = Checker::new(definition("MIG_REMIT"), Terms::default());
        checker.check_dataset_attributes(&given, Stage::Inserted, &mut findings);
        let mut report = findings.finish().expect("memory");
        let found = report.findings().expect("memory").map(|finding| {
            let finding = finding.expect("memory");
            format!("{} {}", finding.rule_id, given[0].0)
        });
        assert_eq!(found.collect::<String>(), expected, "{given:?}");
    }
}

/// MIG_REMIT under further constraints.
fn constrained(regions: serde_json::Value) -> Arc<DataDefinition> {
    let message = json!({"data": {"dataConstraints": [{
        "id": "CC_TEST", "agencyID": "MIGHUB", "version": "1.0.0", "name": "A test", "role": "Allowed",
        "constraintAttachment": {
            "dataflows": ["urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=MIGHUB:MIG_REMIT(1.0.0)"],
        },
        "cubeRegions": regions,
    }]}});
    let mut structures = structures().clone();
    for artefact in read_json(message.to_string().as_bytes()).expect("a constraint") {
        structures.put(artefact).expect("a new artefact");
    }
    let (reference, _) = structures.find(Class::Dataflow, "MIG_REMIT").expect("MIG_REMIT");
    DataDefinition::resolve(&structures, reference).expect("MIG_REMIT")
}

fn found(definition: &Arc<DataDefinition>, row: &str) -> String {
    let (_, columns) = columns_of(&file(row));
    let mut findings = Findings::new(scratch());
    Checker::new(definition.clone(), Terms::default()).check(&columns, Stage::Inserted, &mut findings);
    let mut report = findings.finish().expect("memory");
    let text = |finding: std::io::Result<mighub_validation::Finding>| {
        let finding = finding.expect("memory");
        format!("{} {}: {}", finding.rule_id, finding.component(), finding.found)
    };
    report.findings().expect("memory").map(text).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_combination_may_be_ruled_out_whose_parts_are_allowed() {
    let definition = constrained(json!([{"include": false, "keyValues": [
        {"id": "FLOW_DIR", "values": ["OUT"]}, {"id": "REMIT_ITEM", "values": ["PR", "PT"]},
    ]}]));
    assert_eq!(found(&definition, "A,SWE,OUT,FIN,CE,2020,1,A,F,,,,,"), "");
    assert_eq!(found(&definition, "A,SWE,IN,FIN,PR,2020,1,A,F,,,,,"), "");
    assert_eq!(
        found(&definition, "A,SWE,OUT,FIN,PR,2020,1,A,F,,,,,"),
        "STR-026 : FLOW_DIR OUT, REMIT_ITEM PR"
    );
}

#[test]
fn a_combination_may_have_attributes_in_it() {
    let definition =
        constrained(json!([{"include": false, "keyValues": [{"id": "FLOW_DIR", "values": ["OUT"]}],
        "components": [{"id": "CONF_STATUS", "values": ["F"]}]}]));
    assert_eq!(found(&definition, "A,SWE,OUT,FIN,CE,2020,1,A,N,,,,,"), "");
    assert_eq!(
        found(&definition, "A,SWE,OUT,FIN,PR,2020,1,A,F,,,,,"),
        "STR-026 : FLOW_DIR OUT, CONF_STATUS F"
    );
}

#[test]
fn a_dataflow_may_be_for_some_periods_only() {
    let range = json!({"startPeriod": {"period": "2010"}, "endPeriod": {"period": "2020"}});
    let definition =
        constrained(json!([{"include": true, "keyValues": [{"id": "TIME_PERIOD", "timeRange": range}]}]));
    assert_eq!(found(&definition, "A,SWE,IN,FIN,PR,2020,1,A,F,,,,,"), "");
    assert_eq!(
        found(&definition, "A,SWE,IN,FIN,PR,2021,1,A,F,,,,,"),
        "STR-026 TIME_PERIOD: TIME_PERIOD 2021"
    );
}

#[test]
fn single_values_may_be_allowed_or_excluded() {
    let only =
        constrained(json!([{"include": true, "keyValues": [{"id": "REF_AREA", "values": ["SWE", "NOR"]}]}]));
    assert_eq!(found(&only, "A,SWE,IN,FIN,PR,2020,1,A,F,,,,,"), "");
    assert_eq!(found(&only, "A,DNK,IN,FIN,PR,2020,1,A,F,,,,,"), "STR-025 REF_AREA: DNK");
    let not = constrained(json!([{"include": false, "keyValues": [{"id": "REF_AREA", "values": ["DNK"]}]}]));
    assert_eq!(found(&not, "A,DNK,IN,FIN,PR,2020,1,A,F,,,,,"), "STR-025 REF_AREA: DNK");
}
