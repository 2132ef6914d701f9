//! What can be judged of rows as they are sent, of rows that meet nothing, and of the state that results.

mod support;

use mighub_sdmx::csv::Action;
use mighub_sdmx::structure::Class;
use mighub_validation::{Checker, Findings, Stage, Terms};
use support::{columns_of, scratch, structures};

const HEADER: &str = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,UNIT_MEASURE,COMMENT_OBS\n";

/// The rules that a row breaks, stage by stage: merged, replacing, deleting, inserted, resulting.
fn broken(row: &str) -> [String; 5] {
    let stages = [
        Stage::Submitted(Action::Merge),
        Stage::Submitted(Action::Replace),
        Stage::Submitted(Action::Delete),
        Stage::Inserted,
        Stage::Resulting,
    ];
    stages.map(|stage| {
        let letter = match stage {
            Stage::Submitted(action) => action.letter(),
            Stage::Inserted | Stage::Resulting => 'M',
        };
        let text = format!("{HEADER}dataflow,MIGHUB:MIG_REMIT(1.0.0),{letter},{row}\n");
        let (definition, columns) = columns_of(&text);
        let mut findings = Findings::new(scratch());
        let mut checker = Checker::new(definition, Terms::default());
        checker.check(&columns, stage, &mut findings);
        let mut report = findings.finish().expect("memory");
        let rules = report.findings().expect("memory").map(|finding| {
            let finding = finding.expect("memory");
            match finding.component() {
                "" => finding.rule_id,
                component => format!("{} {component}", finding.rule_id),
            }
        });
        rules.collect::<Vec<_>>().join(", ")
    })
}

#[test]
fn each_stage_judges_what_it_can_know() {
    let none = "";
    let (empty, both, silent) = ("STR-051 OBS_VALUE", "STR-052 OBS_VALUE", "STR-053 OBS_VALUE");
    let free = "STR-061 CONF_STATUS";
    let code = "STR-021 REF_AREA";
    for (row, expected) in [
        // Nothing wrong; the defaults of the dataflow stand for status and unit.
        ("A,SWE,IN,NOR,PR,2020,1.5,A,F,USD,", [none; 5]),
        ("A,SWE,IN,NOR,PR,2020,1.5,,F,,", [none; 5]),
        // A new status for a value that is there, as the cheat sheet has it.
        ("A,SWE,IN,NOR,PR,2020,,E,F,,", [none, empty, none, empty, empty]),
        // Only a footnote.
        ("A,SWE,IN,NOR,PR,2020,,,F,,see below", [none, empty, none, empty, empty]),
        // A key and nothing else.
        (
            "A,SWE,IN,NOR,PR,2020,,,,,",
            [
                silent,
                &format!("{empty}, {free}"),
                none,
                &format!("{empty}, {free}"),
                &format!("{empty}, {free}"),
            ],
        ),
        // A value goes with A, J, K, S and others, not with H, L, M, O, Q; they clear it under every action but D.
        ("A,SWE,IN,NOR,PR,2020,1,O,F,,", [both, both, none, both, both]),
        ("A,SWE,IN,NOR,PR,2020,1,Q,F,,", [both, both, none, both, both]),
        ("A,SWE,IN,NOR,PR,2020,1,J,F,,", [none; 5]),
        ("A,SWE,IN,NOR,PR,2020,,J,F,,", [none; 5]),
        ("A,SWE,IN,NOR,PR,2020,,L,F,,", [none; 5]),
        // Who may see it may have been said before.
        ("A,SWE,IN,NOR,PR,2020,1,A,,,", [none, free, none, free, free]),
        // Codes and types are judged when they are sent, and never again.
        ("A,SVE,IN,NOR,PR,2020,1,A,F,,", [code, code, code, code, none]),
        (
            "A,SWE,IN,NOR,PR,2020-Q1,1,A,F,,",
            ["STR-031 TIME_PERIOD", "STR-031 TIME_PERIOD", none, "STR-031 TIME_PERIOD", none],
        ),
        (
            "A,SWE,IN,NOR,PR,2020,-1,A,F,,",
            ["STR-042 OBS_VALUE", "STR-042 OBS_VALUE", none, "STR-042 OBS_VALUE", none],
        ),
        (
            "A,SWE,IMM,NOR,PR,2020,1,A,F,,",
            ["STR-025 FLOW_DIR", "STR-025 FLOW_DIR", none, "STR-025 FLOW_DIR", none],
        ),
        // Attributes of a series stand without period; nothing of an observation is missing there.
        ("A,SWE,IN,NOR,PR,~,,,,USD,", ["", "", "", "STR-073 TIME_PERIOD", ""]),
    ] {
        assert_eq!(broken(row), expected.map(str::to_owned), "{row}");
    }
}

#[test]
fn a_deletion_gives_only_the_dimensions_it_means() {
    let terms = support::terms(&[("PERMITTED", "REF_AREA", "SWE")]);
    for (row, expected) in [
        (",,,,,,,,,,", ""),
        (",SWE,,,,,,,,,", ""),
        (",SWE,,,,2020,-,-,,,", ""),
        ("A,SWE,IN,NOR,PR,2020,,,,-,", ""),
        (",NOR,,,,,,,,,", "STR-081"),
        (",,,XX,,,,,,,", "STR-021"),
    ] {
        let (definition, columns) =
            columns_of(&format!("{HEADER}dataflow,MIGHUB:MIG_REMIT(1.0.0),D,{row}\n"));
        let mut findings = Findings::new(scratch());
        Checker::new(definition, terms.clone()).check(&columns, Action::Delete, &mut findings);
        let report = findings.finish().expect("memory");
        let rules: Vec<_> = report.summary().groups.iter().map(|group| &*group.rule_id).collect();
        assert_eq!(rules.join(", "), expected, "{row}");
    }
}

#[test]
fn the_hub_finds_empty_dimensions_itself_because_it_has_no_reader() {
    let (definition, mut columns) =
        columns_of(&format!("{HEADER}dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,,IN,NOR,PR,2020,1,A,F,,\n"));
    let rules = |columns: &mighub_sdmx::Columns| {
        let mut findings = Findings::new(scratch());
        Checker::new(definition.clone(), Terms::default()).check(columns, Action::Merge, &mut findings);
        let report = findings.finish().expect("memory");
        report.summary().groups.iter().map(|group| group.rule_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(rules(&columns), [""; 0]);
    columns.rows.clear();
    assert_eq!(rules(&columns), ["FIL-026"]);
}

#[test]
fn every_dataflow_has_a_judge() {
    let dataflows: Vec<_> =
        structures().of_class(Class::Dataflow).map(|(reference, _)| reference.id.to_string()).collect();
    assert_eq!(dataflows.len(), 14);
    for dataflow in dataflows {
        let definition = support::definition(&dataflow);
        let mut findings = Findings::new(scratch());
        let mut checker = Checker::new(definition.clone(), Terms::default());
        checker.check(&mighub_sdmx::Columns::new(definition.shape.clone()), Stage::Inserted, &mut findings);
        checker.check_dataset_attributes(&[], Stage::Inserted, &mut findings);
        assert_eq!(findings.finish().expect("memory").counts().total(), 0, "{dataflow}");
    }
}

#[test]
fn defaults_are_guessed_from_what_is_sent_until_the_result_is_known() {
    let row = "A,SWE,IN,NOR,PR,2020,1,,F,,";
    let (definition, sent) = columns_of(&format!("{HEADER}dataflow,MIGHUB:MIG_REMIT(1.0.0),M,{row}\n"));
    let row = "A,SWE,IN,NOR,PR,2020,1,E,F,,";
    let (_, result) = columns_of(&format!("{HEADER}dataflow,MIGHUB:MIG_REMIT(1.0.0),M,{row}\n"));
    let mut findings = Findings::new(scratch());
    let mut checker = Checker::new(definition, Terms::default());
    let applied = |checker: &Checker| -> Vec<String> {
        checker.defaults_applied().map(|(default, _)| default.attribute.to_string()).collect()
    };
    checker.check(&sent, Action::Merge, &mut findings);
    assert_eq!(applied(&checker), ["OBS_STATUS", "UNIT_MEASURE", "UNIT_MULT"]);
    checker.check(&result, Stage::Resulting, &mut findings);
    assert_eq!(applied(&checker), ["UNIT_MEASURE", "UNIT_MULT"]);
}
