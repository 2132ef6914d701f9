//! The public shape of trafficking data: a total that is shown beside parts of which some are hidden.

mod victims;

use std::collections::BTreeMap;

use mighub_disclosure::audit::{Exposure, Finding};
use mighub_disclosure::{
    Earlier, Policy, Reading, Report, RoundingKey, Stage, Sums, Table, Tree, audit, audit_across, release,
};
use mighub_sdmx::Columns;
use victims::{columns, hidden, row, shown};

fn table(columns: &Columns, policy: &Policy) -> Table {
    let sums = Sums::shipped();
    let mut reading = Reading::new(&columns.shape, policy, &sums, Stage::Published);
    reading.push(columns).expect("a small table");
    reading.finish(&forms())
}

/// The code list of forms of exploitation has some of them below OTHER.
fn forms() -> Vec<Tree> {
    let below = ["SERVIT", "ORGAN", "MARR", "BEG"].map(str::to_owned);
    let children = BTreeMap::from([("OTHER".to_owned(), below.into())]);
    vec![Tree { dimension: "EXPLOITATION".to_owned(), name: "CL_EXPLOITATION".to_owned(), children }]
}

fn report(columns: &Columns, policy: &Policy) -> Report {
    audit(&table(columns, policy), policy.width)
}

fn found<'r>(report: &'r Report, part: &str) -> &'r Finding {
    let finding = report.findings.iter().find(|finding| finding.name.contains(part));
    finding.unwrap_or_else(|| panic!("nothing was found on {part}: {:#?}", report.findings))
}

#[test]
fn a_hidden_sex_is_the_total_less_the_other() {
    let columns = columns(&[
        row("SEX", "_T", "_T", shown(57)),
        row("SEX", "M", "_T", shown(41)),
        row("SEX", "F", "_T", hidden()),
    ]);
    let report = report(&columns, &Policy::default());
    assert_eq!(report.counts.recovered, 1);
    let finding = found(&report, "SEX._T._T.F._T");
    assert_eq!(finding.exposure, Exposure::Recovered { figure: 16 });
    assert_eq!(finding.derivation, ["SEXES in A.SWE.VICTIM._T._T.SEX._T._T.*._T 2024: _T 57 - M 41 = F 16"]);
}

#[test]
fn one_subtraction_leads_to_the_next() {
    let columns = columns(&[
        row("_T", "_T", "_T", shown(30)),
        row("_T", "F", "_T", shown(18)),
        row("_T", "M", "_T", shown(12)),
        row("_T", "_T", "Y_LT18", shown(9)),
        row("_T", "_T", "Y_GE18", shown(21)),
        row("_T", "F", "Y_GE18", shown(14)),
        row("_T", "F", "Y_LT18", hidden()),
        row("_T", "M", "Y_LT18", hidden()),
        row("_T", "M", "Y_GE18", hidden()),
    ]);
    let report = report(&columns, &Policy::default());
    assert_eq!(report.counts.recovered, 3, "{report:#?}");
    for (cell, figure) in [("F.Y_LT18", 4), ("M.Y_LT18", 5), ("M.Y_GE18", 7)] {
        assert_eq!(found(&report, cell).exposure, Exposure::Recovered { figure }, "{cell}");
    }
    let girls = found(&report, "F.Y_LT18");
    assert_eq!(
        girls.derivation,
        ["bands of AGE in A.SWE.VICTIM._T._T._T._T._T.F.* 2024: _T 18 - Y_GE18 14 = Y_LT18 4"]
    );
}

#[test]
fn fewer_than_five_twice_is_four_each_when_the_sum_is_eight() {
    let few = || hidden().at_most(4);
    let columns =
        columns(&[row("_T", "_T", "_T", shown(8)), row("_T", "F", "_T", few()), row("_T", "M", "_T", few())]);
    let report = report(&columns, &Policy::default());
    assert_eq!(report.counts.recovered, 2, "{report:#?}");
    assert_eq!(found(&report, "F._T").exposure, Exposure::Recovered { figure: 4 });
}

#[test]
fn two_hidden_parts_of_a_large_total_stay_hidden() {
    let columns = columns(&[
        row("_T", "_T", "_T", shown(50)),
        row("_T", "F", "_T", hidden()),
        row("_T", "M", "_T", hidden()),
    ]);
    let report = report(&columns, &Policy::default());
    assert!(report.counts.is_clean(), "{report:#?}");
    assert_eq!((report.counts.secrets, report.counts.proven), (2, 2));
}

#[test]
fn bands_that_nobody_named_are_subtracted_all_the_same() {
    let columns = columns(&[
        row("_T", "_T", "Y_LT18", shown(40)),
        row("_T", "_T", "Y_LT15", shown(25)),
        row("_T", "_T", "Y15T17", hidden()),
    ]);
    let report = report(&columns, &Policy::default());
    assert_eq!(found(&report, "Y15T17").exposure, Exposure::Recovered { figure: 15 });
}

#[test]
fn overlapping_groups_are_played_off_against_each_other() {
    // By form of exploitation and by its group, each with one hidden part: both fall.
    let columns = columns(&[
        row("_T", "_T", "_T", shown(100)),
        row("SEX", "_T", "_T", shown(60)),
        row("LABOUR", "_T", "_T", shown(25)),
        row("OTHER", "_T", "_T", hidden()),
        row("SERVIT", "_T", "_T", shown(6)),
        row("ORGAN", "_T", "_T", hidden()),
        row("MARR", "_T", "_T", shown(5)),
        row("BEG", "_T", "_T", shown(1)),
    ]);
    let report = report(&columns, &Policy::default());
    assert_eq!(found(&report, "OTHER").exposure, Exposure::Recovered { figure: 15 });
    let organs = found(&report, "ORGAN");
    assert_eq!(organs.exposure, Exposure::Recovered { figure: 3 });
    assert_eq!(organs.derivation.len(), 2, "first the group, then its part: {:#?}", organs.derivation);
}

#[test]
fn an_interval_must_be_as_wide_as_the_policy_asks() {
    let policy = |json: &str| Policy::read(json.as_bytes()).expect("a policy");
    // Women are 5 or more and men are not negative: each lies within 3.
    let columns = columns(&[
        row("_T", "_T", "_T", shown(8)),
        row("_T", "F", "_T", hidden().at_least(5)),
        row("_T", "M", "_T", hidden()),
    ]);
    let loose = report(&columns, &policy(r#"{"width": {"at_least": 3}}"#));
    assert!(loose.counts.is_clean(), "{loose:#?}");
    let strict = report(&columns, &policy(r#"{"width": {"at_least": 4}}"#));
    assert_eq!(strict.counts.too_narrow, 2, "{strict:#?}");
    let shares = report(&columns, &policy(r#"{"width": {"percent": 90}}"#));
    assert_eq!(shares.counts.too_narrow, 1, "3 of at most 8 women are less than 90 per cent: {shares:#?}");
}

#[test]
fn an_older_vintage_tells_what_is_hidden_today() {
    let policy = Policy::default();
    let today = columns(&[
        row("_T", "_T", "_T", shown(57)),
        row("_T", "M", "_T", hidden()),
        row("_T", "F", "_T", hidden()),
    ]);
    let then = columns(&[
        row("_T", "_T", "_T", shown(55)),
        row("_T", "M", "_T", shown(41)),
        row("_T", "F", "_T", hidden()),
    ]);
    let today = table(&today, &policy);
    assert!(audit(&today, policy.width).counts.is_clean());
    let earlier = Earlier { label: "2026-03-01".to_owned(), table: table(&then, &policy) };
    let report = audit_across(&today, &[earlier], policy.width);
    let men = found(&report, "_T.M._T");
    assert_eq!(men.vintage.as_deref(), Some("2026-03-01"));
    assert_eq!(men.exposure, Exposure::Recovered { figure: 41 });
    // Women could be had then, and that is what is said: 55 less 41.
    assert_eq!(found(&report, "_T.F._T").exposure, Exposure::Recovered { figure: 14 });
    assert_eq!((report.counts.recovered, report.counts.proven), (2, 0));
}

#[test]
fn figures_that_contradict_each_other_teach_nothing() {
    let columns = columns(&[
        row("_T", "_T", "_T", shown(10)),
        row("_T", "F", "_T", shown(7)),
        row("_T", "M", "_T", shown(4)),
        row("_T", "_T", "Y_LT18", hidden()),
        row("_T", "_T", "Y_GE18", shown(20)),
    ]);
    let report = report(&columns, &Policy::default());
    assert_eq!(report.counts.contradicted, 2, "{report:#?}");
    assert!(report.contradictions[0].contains("_T 10 = F 7 + M 4"), "{:?}", report.contradictions);
    assert!(report.counts.is_clean());
}

#[test]
fn what_is_released_passes_the_audit_and_keeps_its_keys() {
    let policy = Policy::read(br#"{"minimum_cell": 5}"#).expect("a policy");
    let columns = columns(&[
        row("_T", "_T", "_T", shown(60)),
        row("_T", "F", "_T", shown(38)),
        row("_T", "M", "_T", shown(22)),
        row("_T", "_T", "Y_LT18", shown(15)),
        row("_T", "_T", "Y_GE18", shown(45)),
        row("_T", "F", "Y_LT18", shown(12)),
        row("_T", "F", "Y_GE18", shown(26)),
        row("_T", "M", "Y_LT18", shown(3)),
        row("_T", "M", "Y_GE18", shown(19)),
    ]);
    let released = release(&columns, &policy, &Sums::shipped(), &[], None, None).expect("a view");
    assert!(released.report.counts.is_clean(), "{:#?}", released.report);
    assert_eq!((released.primary, released.loss.chosen), (1, 3), "a square of four cells is hidden");
    assert_eq!(released.columns.len(), columns.len());
    assert!((0..columns.series_count()).all(|series| columns.key(series) == released.columns.key(series)));
    let status = victims::statuses(&released.columns);
    assert_eq!(status["_T.M.Y_LT18"], (None, "Q".to_owned(), "A".to_owned()));
    assert_eq!(status["_T.F.Y_LT18"], (None, "Q".to_owned(), "S".to_owned()));
    assert_eq!(status["_T._T._T"], (Some(60), "A".to_owned(), "F".to_owned()));
    // What was released is audited as its readers see it.
    let again = report(&released.columns, &policy);
    assert!(again.counts.is_clean(), "{again:#?}");
    assert_eq!((again.counts.secrets, again.counts.helpers), (1, 3));
}

#[test]
fn rounded_figures_are_multiples_and_always_the_same() {
    let policy =
        Policy::read(br#"{"minimum_cell": 0, "suppression": false, "rounding": 5}"#).expect("a policy");
    let columns = columns(&[row("_T", "_T", "_T", shown(57)), row("_T", "F", "_T", shown(3))]);
    let key = RoundingKey::derive(b"a secret of sixteen bytes or more");
    let view =
        || release(&columns, &policy, &Sums::shipped(), &[], None, Some(&key)).expect("a view").columns;
    assert_eq!(view(), view());
    let figures = victims::statuses(&view());
    assert!(figures.values().all(|(figure, ..)| figure.is_some_and(|figure| figure % 5 == 0)), "{figures:?}");
    assert!(release(&columns, &policy, &Sums::shipped(), &[], None, None).is_err(), "no secret, no rounding");
}
