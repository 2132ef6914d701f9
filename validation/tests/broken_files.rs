//! Files that cannot be read, or only in part: each gets a report.

mod support;

use mighub_validation::TextOptions;
use support::{How, judge};

const HEADER: &str = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM,TIME_PERIOD,OBS_VALUE,CONF_STATUS";
const ROW: &str = "dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,SWE,IN,NOR,PR,2020,1,F";

#[test]
fn a_file_that_cannot_be_read_is_one_finding() {
    let long = format!("{HEADER}\n{ROW}{}\n", "x".repeat(2 << 20));
    for (file, rule) in [
        (b"".to_vec(), "FIL-002"),
        (format!("{HEADER}\n").into_bytes(), "FIL-003"),
        (b"PK\x03\x04\x14".to_vec(), "FIL-004"),
        (b"year,sex,migrants\n2020,F,12\n".to_vec(), "FIL-004"),
        (b"\xFF\xFES\0T\0".to_vec(), "FIL-004"),
        (b"STRUCTURE,\xE9\n".to_vec(), "FIL-005"),
        (b"STRUCTURE,ACTION,FREQ\nx,y,z\n".to_vec(), "FIL-006"),
        (format!("{HEADER},ACTION\n{ROW},M\n").into_bytes(), "FIL-007"),
        (format!("{HEADER},FREQ\n{ROW},A\n").into_bytes(), "FIL-007"),
        (long.into_bytes(), "FIL-008"),
        (format!("{HEADER}\n\"dataflow,{ROW}\n").into_bytes(), "FIL-009"),
        (format!("{HEADER}\n{}\n", ROW.replace("MIG_REMIT", "MIG_NONE")).into_bytes(), "FIL-022"),
        (format!("{}\n{}\n", HEADER.replace("FREQ,", ""), ROW.replace(",A,", ",")).into_bytes(), "FIL-024"),
    ] {
        let mut judged = judge(&file, How::default());
        let findings = judged.findings();
        let [finding] = &findings[..] else { panic!("{rule}: {findings:#?}") };
        assert_eq!(finding.rule_id, rule);
        assert!(finding.level == 0 && !finding.remedy.is_empty());
        assert!(!judged.report.is_acceptable());
        assert!(judged.text(&TextOptions::default()).starts_with("1 error\n\nerror FIL-"), "{rule}");
    }
}

#[test]
fn unreadable_cells_are_found_once_each() {
    let rows = [
        (
            "dataflow,MIGHUB:MIG_REMIT(1.0.0),X,A,SWE,IN,NOR,PR,2020,1,F",
            "FIL-025 ACTION \"X\" A.SWE.IN.NOR.PR 2020",
        ),
        (
            "dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,,IN,NOR,PR,2020,1,F",
            "FIL-026 REF_AREA \"\" A..IN.NOR.PR 2020",
        ),
        (
            "dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,SWE,IN,NOR,PR,,1,F",
            "FIL-027 TIME_PERIOD \"\" A.SWE.IN.NOR.PR",
        ),
        (
            "dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,~,IN,NOR,PR,2020,1,F",
            "FIL-028 REF_AREA \"~\" A.~.IN.NOR.PR 2020",
        ),
        (
            "dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,SWE,IN,NOR,PR,soon,1,F",
            "FIL-029 TIME_PERIOD \"soon\" A.SWE.IN.NOR.PR",
        ),
        (
            "dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,SWE,IN,NOR,PR,2020,NaN,F",
            "FIL-030 OBS_VALUE \"NaN\" A.SWE.IN.NOR.PR 2020",
        ),
        (
            "dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,SWE,IN,NOR,PR,2020,\"1\"2,F",
            "FIL-032 OBS_VALUE \"\\\"1\\\"2\" A.SWE.IN.NOR.PR 2020",
        ),
        (
            "dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,SWE,IN,NOR,PR,2020,1,#N/A",
            "FIL-035 CONF_STATUS \"#N/A\" A.SWE.IN.NOR.PR 2020",
        ),
    ];
    for (row, expected) in rows {
        let mut judged = judge(format!("{HEADER}\n{row}\n").as_bytes(), How::default());
        // The code ~ is not in the list either.
        let lines = judged.lines();
        let lines: Vec<_> = lines.iter().filter(|line| !line.starts_with("STR-021 REF_AREA \"~\"")).collect();
        assert_eq!(lines, [expected], "{row}");
    }
}

#[test]
fn rows_with_the_same_unreadable_cell_are_told_apart_by_their_row() {
    let file = format!("{HEADER}\n{ROW},\n{ROW},\n{ROW}\n");
    let findings = judge(file.as_bytes(), How::default()).findings();
    let rows: Vec<_> = findings.iter().map(|finding| finding.place.as_ref().map(|place| place.row)).collect();
    assert_eq!(rows, [Some(1), Some(2)]);
    assert_ne!(findings[0].finding_id, findings[1].finding_id);
}

#[test]
fn three_rows_with_one_key_are_one_finding() {
    let file = format!("{HEADER}\n{ROW}\n{ROW}\n{ROW}\n");
    let findings = judge(file.as_bytes(), How::default()).findings();
    let [finding] = &findings[..] else { panic!("{findings:#?}") };
    assert_eq!((&*finding.rule_id, finding.occurrences, &finding.rows[..]), ("STR-071", 3, &[1, 2, 3][..]));
}

#[test]
fn a_file_about_two_dataflows_names_both() {
    let header = HEADER.replace("REMIT_ITEM", "REMIT_ITEM,TREATY,TREATY_ACTION");
    let file = format!(
        "{header}\n\
         dataflow,MIGHUB:MIG_REMIT(1.0.0),M,A,SWE,IN,NOR,PR,,,2020,1,F\n\
         dataflow,MIGHUB:MIG_TREATY(1.0.0),M,D,SWE,,,,ICRMW,RATIF,2020-01-01,1,F\n"
    );
    let findings = judge(file.as_bytes(), How::default()).findings();
    let [finding] = &findings[..] else { panic!("{findings:#?}") };
    assert_eq!(
        (&*finding.rule_id, &*finding.found),
        ("FIL-041", "MIGHUB:MIG_REMIT(1.0.0), MIGHUB:MIG_TREATY(1.0.0)")
    );
}
