//! Whatever the order of rows, the size of batches and the memory: the same findings.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub_sdmx::csv::Action;
use mighub_validation::{Checker, Finding, Findings, Stage, Terms};
use proptest::prelude::*;
use support::{How, columns_of, judge, scratch, terms};

const HEADER: &str = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,COMMENT_OBS\n";

/// One right value of a cell, or one of the wrong ones.
fn cell(
    right: &'static [&'static str],
    wrong: &'static [&'static str],
    wrong_share: f64,
) -> BoxedStrategy<&'static str> {
    let wrong = if wrong.is_empty() { right } else { wrong };
    prop::bool::weighted(wrong_share)
        .prop_flat_map(move |is_wrong| prop::sample::select(if is_wrong { wrong } else { right }))
        .boxed()
}

/// Key with period, and the other cells.
fn row(wrong_share: f64) -> impl Strategy<Value = (String, String)> {
    let key = (
        cell(&["A"], &["Q", "B"], wrong_share),
        cell(&["SWE", "NOR"], &["SE", "SCG", "Norge"], wrong_share),
        cell(&["IN", "OUT"], &["IMM", "in"], wrong_share),
        cell(&["FIN", "SUN", "_T", "DEU"], &["XX", "246"], wrong_share),
        cell(&["PR", "CE"], &["P"], wrong_share),
        cell(&["2003", "2004", "2010", "2011", "2012", "2013"], &["2013-Q1", "1990"], wrong_share),
    );
    let cells = (
        cell(&["1", "2.50", "0"], &["-1", ""], wrong_share),
        cell(&["A", "E", "J"], &["O", "x", "H"], wrong_share),
        cell(&["F", "N"], &["", "free"], wrong_share),
    );
    let row = |((freq, area, direction, other, item, period), (value, status, free))| {
        (format!("{freq},{area},{direction},{other},{item},{period}"), format!("{value},{status},{free},"))
    };
    (key, cells).prop_map(row)
}

/// Rows with keys of their own.
fn rows(wrong_share: f64) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(row(wrong_share), 1..60).prop_map(|rows| {
        let rows: BTreeMap<String, String> = rows.into_iter().collect();
        rows.into_iter()
            .map(|(key, cells)| format!("dataflow,MIGHUB:MIG_REMIT(1.0.0),M,{key},{cells}\n"))
            .collect()
    })
}

fn file(rows: &[String]) -> String {
    HEADER.to_owned() + &rows.concat()
}

fn how(batch_series: usize, memory_bytes: usize) -> How {
    How {
        terms: terms(&[("PERMITTED", "REF_AREA", "SWE SCG")]),
        batch_series,
        memory_bytes,
        ..How::default()
    }
}

/// All of a finding but its place.
fn placeless(findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().map(|finding| Finding { place: None, rows: Vec::new(), ..finding }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn batches_and_memory_do_not_change_findings(rows in rows(0.2), batch_series in 1usize..5) {
        let file = file(&rows);
        let mut whole = judge(file.as_bytes(), how(0, 1 << 20));
        let mut parted = judge(file.as_bytes(), how(batch_series, 0));
        prop_assert_eq!(whole.report.summary(), parted.report.summary());
        prop_assert_eq!(whole.findings(), parted.findings());
        let mut json = Vec::new();
        parted.report.write_json(&mut json).expect("memory");
        let json: serde_json::Value = serde_json::from_slice(&json).expect("one object");
        prop_assert_eq!(json["findings"].as_array().map(Vec::len), Some(parted.report.counts().total() as usize));
    }

    #[test]
    fn the_order_of_rows_does_not_change_findings(rows in rows(0.2), seed in any::<u64>()) {
        let mut others = rows.clone();
        others.sort_by_key(|row| blake3::keyed_hash(blake3::hash(&seed.to_le_bytes()).as_bytes(), row.as_bytes()).to_hex());
        let mut first = judge(file(&rows).as_bytes(), how(0, 1 << 20));
        let mut second = judge(file(&others).as_bytes(), how(0, 1 << 20));
        prop_assert_eq!(first.report.summary(), second.report.summary());
        prop_assert_eq!(placeless(first.findings()), placeless(second.findings()));
    }

    #[test]
    fn the_hub_finds_what_the_client_finds(rows in rows(0.2)) {
        let (definition, mut columns) = columns_of(&file(&rows));
        let find = |columns: &mighub_sdmx::Columns| {
            let mut findings = Findings::new(scratch());
            let mut checker = Checker::new(definition.clone(), Terms::default());
            checker.check(columns, Action::Merge, &mut findings);
            let mut report = findings.finish().expect("memory");
            let all: Vec<Finding> = report.findings().expect("memory").map(|finding| finding.expect("memory")).collect();
            placeless(all)
        };
        let with_rows = find(&columns);
        columns.rows.clear();
        prop_assert_eq!(with_rows, find(&columns));
    }

    #[test]
    fn findings_come_errors_first_and_have_ids_of_their_own(rows in rows(0.4)) {
        let mut judged = judge(file(&rows).as_bytes(), how(0, 0));
        let findings = judged.findings();
        let order = |finding: &Finding| {
            let first = finding.observations.first().expect("an observation");
            (finding.severity, finding.rule_id.clone(), first.series_key.clone())
        };
        prop_assert!(findings.is_sorted_by_key(order));
        let mut ids: Vec<&str> = findings.iter().map(|finding| &*finding.finding_id).collect();
        prop_assert!(ids.iter().all(|id| id.len() == 26));
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), findings.len());
        let counted: u64 = judged.report.summary().groups.iter().map(|group| group.count).sum();
        prop_assert_eq!(counted, findings.len() as u64);
    }

    #[test]
    fn right_rows_have_no_findings(rows in rows(0.0)) {
        let how = How { terms: Terms::default(), ..how(0, 1 << 20) };
        let mut judged = judge(file(&rows).as_bytes(), how);
        prop_assert_eq!(judged.findings(), vec![]);
    }
}

#[test]
fn what_is_found_at_two_stages_counts_once() {
    let text = format!("{HEADER}dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,SWE,IN,NOR,PR,2020,1,O,F,\n");
    let (definition, mut columns) = columns_of(&text);
    columns.rows.clear();
    let mut findings = Findings::new(scratch());
    let mut checker = Checker::new(definition, Terms::default());
    checker.check(&columns, Action::Merge, &mut findings);
    checker.check(&columns, Stage::Resulting, &mut findings);
    let mut report = findings.finish().expect("memory");
    assert_eq!(report.counts().total(), 1);
    let finding = report.findings().expect("memory").next().expect("one").expect("memory");
    assert_eq!(finding.occurrences, 1);
}

#[test]
fn a_file_of_rubbish_has_a_finding_for_each_row_in_bounded_memory() {
    let mut text = HEADER.to_owned();
    for row in 0..20_000 {
        text += &format!("dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,SWE,IN,X{row},PR,2020,1,A,F,\n");
    }
    let mut judged = judge(text.as_bytes(), how(0, 64 * 1024));
    let summary = judged.report.summary().clone();
    assert_eq!(summary.counts.errors, 20_000);
    let sample = &summary.groups[0].components[0];
    assert_eq!((&*sample.component, sample.values.len(), sample.distinct), ("COUNTERPART_AREA", 10, 1_000));
    assert_eq!(judged.findings().len(), 20_000);
}

#[test]
fn a_disk_that_is_full_is_one_error_at_the_end() {
    let text = format!("{HEADER}dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,SWE,IN,NOR,PR,2020,1,O,F,\n");
    let (definition, columns) = columns_of(&text);
    let full = || Err(std::io::Error::from(std::io::ErrorKind::StorageFull));
    let mut findings = Findings::with_memory(0, Box::new(full));
    let mut checker = Checker::new(Arc::clone(&definition), Terms::default());
    checker.check(&columns, Stage::Inserted, &mut findings);
    assert_eq!(findings.finish().expect_err("no disk").kind(), std::io::ErrorKind::StorageFull);
}
