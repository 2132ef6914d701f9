//! The sixteen real national files of the demo.

mod support;

use std::path::PathBuf;

use mighub_validation::Terms;
use support::{How, judge, project, terms};

fn files() -> Vec<(String, Vec<u8>)> {
    let folder = project("demo/data/submissions");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the demo's files")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert_eq!(paths.len(), 16);
    let area = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy()[..3].to_owned();
    paths.iter().map(|path| (area(path), std::fs::read(path).expect("a file"))).collect()
}

fn without_column(file: &[u8], last: usize) -> String {
    let text = String::from_utf8(file.to_vec()).expect("UTF-8");
    text.lines().map(|line| line.rsplitn(last + 1, ',').last().expect("a cell").to_owned() + "\n").collect()
}

#[test]
fn real_files_have_no_findings_under_their_agreement() {
    for (area, file) in files() {
        for inserted in [true, false] {
            let terms = terms(&[("PERMITTED", "REF_AREA", &area), ("DEFAULT_CONF_STATUS", "", "F")]);
            let mut judged = judge(&file, How { terms, inserted, ..How::default() });
            assert_eq!(judged.lines(), [""; 0], "{area}");
            assert_eq!(judged.defaults, ["UNIT_MEASURE PS Dataflow", "UNIT_MULT 0 Dataflow"], "{area}");
        }
    }
}

#[test]
fn a_file_without_confidentiality_needs_an_agreement_that_says_it_is_free() {
    for (area, file) in files() {
        let file = without_column(&file, 1);
        let silent = judge(file.as_bytes(), How::default()).report;
        let [group] = &silent.summary().groups[..] else { panic!("{:?}", silent.summary()) };
        assert_eq!(
            (&*group.rule_id, group.occurrences),
            ("STR-061", file.lines().count() as u64 - 1),
            "{area}"
        );

        let terms = terms(&[("DEFAULT_CONF_STATUS", "", "F")]);
        let mut judged = judge(file.as_bytes(), How { terms, ..How::default() });
        assert_eq!(judged.lines(), [""; 0], "{area}");
        assert!(judged.defaults.contains(&"CONF_STATUS F Agreement".to_owned()), "{:?}", judged.defaults);
    }
}

#[test]
fn a_file_of_another_country_is_outside_the_agreement() {
    let (_, file) = files().swap_remove(0);
    let terms = terms(&[("PERMITTED", "REF_AREA", "SWE")]);
    let report = judge(&file, How { terms, ..How::default() }).report;
    let [group] = &report.summary().groups[..] else { panic!("{:?}", report.summary()) };
    assert_eq!((&*group.rule_id, group.occurrences), ("STR-081", 234));
    assert_eq!(group.components[0].values[0].value.as_ref(), "AUT");
}

#[test]
fn an_agreement_is_in_force_on_its_days_only() {
    let (_, file) = files().swap_remove(0);
    let agreement = [("VALID_FROM", "", "2020-01-01"), ("VALID_TO", "", "2025-12-31")];
    for (day, expected) in [("2025-12-31", 0), ("2026-01-01", 1), ("2019-12-31", 1)] {
        let terms = Terms { day: Some(day.parse().expect("a day")), ..terms(&agreement) };
        let mut judged = judge(&file, How { terms, ..How::default() });
        let findings = judged.findings();
        assert_eq!(findings.len(), expected, "{day}");
        assert!(findings.iter().all(|finding| finding.rule_id == "STR-082" && finding.found == day));
    }
}
