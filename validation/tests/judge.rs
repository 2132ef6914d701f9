//! The judge: large cubes in slices, corrections group by group, references that are missing, rules that fail.

mod support;

use std::sync::Arc;

use mighub_sdmx::Columns;
use mighub_sdmx::structure::DataDefinition;
use mighub_validation::{
    Affected, Artefact, Finding, Findings, Judge, JudgeOptions, MainType, Prepared, Report, RuleSpec,
    Rulebook, Script, Severity, Texts,
};
use support::{columns_of, definition, project, scratch};

fn definition_of(dataflow: &str) -> Option<Arc<DataDefinition>> {
    Some(definition(dataflow.split(':').nth(1)?.split('(').next()?))
}

fn prepared(dataflow: &str) -> Arc<Prepared> {
    let rulebook = Rulebook::shipped(dataflow).expect(dataflow);
    Arc::new(rulebook.prepare(&definition_of).expect("a sound rulebook").expect("rules"))
}

/// Flows of five countries with wrong totals: enough that several slices have some.
fn flows(change: impl Fn(&str, &str, i64) -> i64) -> Columns {
    let mut csv = String::from(
        "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,MIG_CATEGORY,TIME_PERIOD,OBS_VALUE,OBS_STATUS\n",
    );
    for (of, area) in ["SWE", "FIN", "NOR", "DNK", "ISL"].into_iter().enumerate() {
        for (nth, partner) in ["DEU", "FRA", "ITA", "ESP", "POL", "AUT"].into_iter().enumerate() {
            for duration in ["LT", "ST", "ND"] {
                for (sex, value) in [("F", 10), ("M", 12), ("_T", 22 + i64::from((nth + of) % 3 == 0))] {
                    let value = change(area, partner, value);
                    csv.push_str(&format!(
                        "dataflow,MIGHUB:MIG_FLOW(1.0.0),M,A,{area},IMM,PRV,{partner},{sex},_T,{duration},_T,2020,{value},A\n"
                    ));
                }
            }
        }
    }
    columns_of(&csv).1
}

fn report(prepared: &Arc<Prepared>, lane: &[Columns], options: JudgeOptions<'_>) -> Report {
    let mut judge = Judge::new(prepared.clone(), options);
    lane.iter().for_each(|batch| judge.push_lane(batch).expect("memory"));
    let mut findings = Findings::new(scratch());
    judge.finish(&mut findings).expect("memory");
    findings.finish().expect("memory")
}

fn all(report: &mut Report) -> Vec<Finding> {
    report.findings().expect("memory").map(|finding| finding.expect("memory")).collect()
}

#[test]
fn a_cube_in_slices_has_the_findings_and_counts_of_the_whole() {
    let prepared = prepared("MIG_FLOW");
    let lane = [flows(|_, _, value| value)];
    let mut whole = report(&prepared, &lane, JudgeOptions::new(scratch()));
    // So little memory that the rows go to scratch files; each slice still fits.
    let options = JudgeOptions { bytes_max: 64 * 1024, ..JudgeOptions::new(scratch()) };
    let mut slices = report(&prepared, &lane, options);
    assert_eq!(whole.summary(), slices.summary());
    assert!(whole.summary().counts.errors > 10);
    assert_eq!(all(&mut whole), all(&mut slices));
}

#[test]
fn what_is_too_large_even_in_slices_is_not_run_and_says_so() {
    let options = JudgeOptions { bytes_max: 512, ..JudgeOptions::new(scratch()) };
    let report = report(&prepared("MIG_FLOW"), &[flows(|_, _, value| value)], options);
    let not_run: Vec<_> = report.summary().not_run.iter().filter(|rule| rule.rule_id == "SEX-201").collect();
    assert_eq!(not_run.len(), 1);
    assert!(not_run[0].reason.contains("MiB"), "{}", not_run[0].reason);
}

#[test]
fn a_correction_is_judged_in_the_groups_that_it_touches() {
    let prepared = prepared("MIG_FLOW");
    let before = flows(|_, _, value| value);
    let corrected = |area: &str, partner: &str, value: i64| {
        if (area, partner) == ("SWE", "DEU") && value == 23 { 22 } else { value }
    };
    let after = flows(corrected);
    let mut affected = Affected::none(&prepared);
    let changed = (0..after.series_count()).filter(|series| {
        let span = after.observations(*series);
        after.unscaled[span.clone()] != before.unscaled[span]
    });
    for series in changed {
        affected.add_key(&after.key(series).codes().collect::<Vec<_>>());
    }
    let options = JudgeOptions { affected: Some(affected), ..JudgeOptions::new(scratch()) };
    let part = report(&prepared, std::slice::from_ref(&after), options);
    let sexes = part.summary().rules.iter().find(|rule| rule.rule_id == "SEX-201").expect("the rule");
    // One sum for each of the three durations, all of them right now.
    assert_eq!((sexes.items, sexes.failed), (3, 0));
    assert_eq!(part.summary().counts.errors, 0);
}

#[test]
fn groups_that_changed_have_the_findings_that_a_full_judgement_gives_them() {
    let prepared = prepared("MIG_FLOW");
    let lane = flows(|area, _, value| if area == "FIN" { value * 2 + 1 } else { value });
    let mut affected = Affected::none(&prepared);
    for series in 0..lane.series_count() {
        let key: Vec<&Arc<str>> = lane.key(series).codes().collect();
        if &**key[1] == "FIN" {
            affected.add_key(&key);
        }
    }
    let mut full = report(&prepared, std::slice::from_ref(&lane), JudgeOptions::new(scratch()));
    let options = JudgeOptions { affected: Some(affected), ..JudgeOptions::new(scratch()) };
    let mut part = report(&prepared, std::slice::from_ref(&lane), options);
    let of_finland: Vec<_> = all(&mut full)
        .into_iter()
        .filter(|finding| &*finding.observations[0].series_key[1] == "FIN")
        .collect();
    assert!(of_finland.len() > 10);
    assert_eq!(all(&mut part), of_finland);
}

#[test]
fn a_reference_that_is_missing_is_named_with_the_rules_that_need_it() {
    let mut judge = Judge::new(prepared("MIG_FLOW"), JudgeOptions::new(scratch()));
    judge.lacks("partners", "the hub was not asked");
    let mut findings = Findings::new(scratch());
    judge.push_lane(&flows(|_, _, value| value)).expect("memory");
    judge.finish(&mut findings).expect("memory");
    let report = findings.finish().expect("memory");
    let reason = |id: &str| {
        let of_rule = |rule: &&mighub_validation::RuleNotRun| rule.rule_id == id;
        report.summary().not_run.iter().find(of_rule).map(|rule| rule.reason.clone())
    };
    assert_eq!(
        reason("FLOW-501").as_deref(),
        Some("partners' figures of MIGHUB:MIG_FLOW(1.0.0): the hub was not asked")
    );
    assert_eq!(reason("REV-301").as_deref(), Some("the previous vintage of the lane: not given"));
    assert_eq!(reason("SEX-201"), None);
}

#[test]
fn an_office_has_tolerances_of_its_own() {
    let options = JudgeOptions {
        parameters: [("SUM_TOLERANCE".to_owned(), "1".to_owned())].into(),
        ..JudgeOptions::new(scratch())
    };
    let judged = report(&prepared("MIG_FLOW"), &[flows(|_, _, value| value)], options);
    assert_eq!(judged.summary().counts.errors, 0);
    let options = JudgeOptions {
        parameters: [("SUM_TOLERANCE".to_owned(), "a few".to_owned())].into(),
        ..JudgeOptions::new(scratch())
    };
    let judged = report(&prepared("MIG_FLOW"), &[flows(|_, _, value| value)], options);
    assert!(
        judged
            .summary()
            .not_run
            .iter()
            .any(|rule| rule.rule_id == "SEX-201" && rule.reason.contains("a few"))
    );
}

fn book(script: &str, results: &[&str]) -> Artefact {
    let rule = |(nth, result): (usize, &&str)| RuleSpec {
        id: format!("TRY-2{nth:02}"),
        level: 2,
        main_type: MainType::Vir,
        severity: Severity::Error,
        result: (*result).to_owned(),
        ruleids: Vec::new(),
        needs: Vec::new(),
        crosses: Vec::new(),
        about: [].into(),
        component: String::new(),
        parts: None,
        arithmetic: String::new(),
        expected: String::new(),
        texts: [(
            "en".to_owned(),
            Texts {
                title: "A rule".to_owned(),
                explanation: "It asks.".to_owned(),
                remedy: "Do it.".to_owned(),
            },
        )]
        .into(),
    };
    Artefact {
        id: "RB_TRY".to_owned(),
        version: "1.0.0".to_owned(),
        dataflow: "MIGHUB:MIG_FLOW(1.0.0)".to_owned(),
        scripts: vec![Script { name: "try.vtl".to_owned(), text: script.to_owned() }],
        inputs: [].into(),
        parameters: Vec::new(),
        rules: results.iter().enumerate().map(rule).collect(),
    }
}

#[test]
fn a_rule_that_fails_is_an_error_of_the_rulebook_and_the_others_run() {
    let script = "broken <- lane[calc measure bool_var := 1 / (OBS_VALUE - OBS_VALUE) > 0];\n\
                  sound <- lane[calc measure bool_var := OBS_VALUE < 23];";
    let rulebook = Rulebook::of(book(script, &["broken", "sound"]));
    let prepared = Arc::new(rulebook.prepare(&definition_of).expect("types").expect("rules"));
    let mut judged = report(&prepared, &[flows(|_, _, value| value)], JudgeOptions::new(scratch()));
    let summary = judged.summary().clone();
    assert_eq!(summary.not_run.len(), 1);
    assert_eq!(summary.not_run[0].rule_id, "TRY-200");
    assert!(summary.not_run[0].reason.contains("try.vtl:1:"), "{}", summary.not_run[0].reason);
    assert!(summary.rules[1].failed > 0 && summary.rules[1].not_run.is_empty());
    let findings = all(&mut judged);
    let failed: Vec<_> = findings.iter().filter(|finding| finding.rule_id == "RBK-001").collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].found.starts_with("TRY-200: "), "{}", failed[0].found);
}

#[test]
fn mistakes_in_a_rulebook_are_told_with_line_and_column() {
    let problems = |artefact: Artefact| match Rulebook::of(artefact).prepare(&definition_of) {
        Ok(_) => panic!("it is not sound"),
        Err(problems) => {
            let place = |problem: &mighub_validation::RulebookProblem| {
                let first = problem.text.lines().next().unwrap_or_default();
                format!("{} {}:{}:{} {first}", problem.rule_id, problem.script, problem.line, problem.column)
            };
            problems.iter().map(place).collect::<Vec<_>>().join("\n")
        }
    };
    let mut told = vec![
        problems(book(
            "one <- lane[calc measure bool_var := OBS_VALUE >];\ntwo <- lane[fliter true];",
            &["one"],
        )),
        problems(book("one <- lane[calc measure bool_var := NOBODY = 1];", &["one"])),
        problems(book("one := lane[calc measure bool_var := true];", &["one"])),
        problems(book("one <- lane#OBS_VALUE;", &["one", "two"])),
        problems(book("one <- check(lane#OBS_VALUE > 0 errorcode \"TRY-777\" errorlevel 1);", &["one"])),
    ];
    let mut artefact = book("one <- sum(lane#OBS_VALUE group by FREQ, TIME_PERIOD) >= 0;", &["one"]);
    artefact.dataflow = "MIGHUB:MIG_REMIT(1.0.0)".to_owned();
    artefact.rules[0].crosses = vec!["SEX".to_owned()];
    artefact.rules[0].needs = vec!["partners".to_owned()];
    artefact.rules[0].arithmetic = "{NOTHING} is known".to_owned();
    artefact.rules[0].id = "STR-071".to_owned();
    told.push(problems(artefact));
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn sources_are_assembled_from_their_files() {
    let mut read = |name: &str| std::fs::read_to_string(project("rulebooks").join(name));
    let artefact = mighub_validation::read_source("MIG_FLOW.json", &mut read).expect("the files");
    let rulebook = Rulebook::of(artefact);
    assert_eq!(Some(&rulebook), Rulebook::shipped("MIG_FLOW").as_ref());
    assert_eq!(Rulebook::shipped("MIGHUB:MIG_FLOW(1.0.0)"), Some(rulebook));
    assert_eq!(Rulebook::shipped("MIG_NOTHING"), None);
}

#[test]
fn a_rulebook_of_another_program_or_in_several_files_is_refused_with_what_to_do() {
    let refused = |bytes: &[u8]| Rulebook::read(bytes).expect_err("it is no rulebook").to_string();
    let source = std::fs::read(project("rulebooks/MIG_FLOW.json")).expect("the file");
    assert!(refused(&source).contains("assemble it first"));
    let shipped = Rulebook::shipped("MIG_FLOW").expect("a rulebook");
    let text = String::from_utf8(shipped.canonical_bytes().to_vec()).expect("JSON");
    let older = text.replacen("\"built_in\":1", "\"built_in\":0", 1);
    assert!(refused(older.as_bytes()).contains("use programs of one version"));
    assert!(refused(&vec![b' '; mighub_validation::RULEBOOK_BYTES_MAX + 1]).contains("the limit is"));
    assert!(shipped.canonical_bytes().len() * 6 < mighub_validation::RULEBOOK_BYTES_MAX);
}
