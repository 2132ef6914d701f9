//! Findings marked in the office's own workbook.

use std::io::{self, Cursor};
use std::sync::Arc;

use mighub_validation::{Finding, Place, Severity};
use mighub_workbook::{CellAddress, CellRef, Mark, Marked, mark, write_marked_table};
use proptest::prelude::*;

use crate::support::{cells, part, sheet, text_of, with_part};

fn finding(nth: usize, severity: Severity) -> Finding {
    Finding {
        finding_id: format!("FINDING{nth:04}"),
        rule_id: "S0102".to_owned(),
        severity,
        level: 1,
        title: "a code that is not in the list".to_owned(),
        observations: Vec::new(),
        occurrences: 1,
        place: Some(Place { row: 1, line: None, column: None, component: Arc::from("SEX"), address: None }),
        rows: vec![1],
        found: "X & <Y>".to_owned(),
        expected: "a code of CL_SEX".to_owned(),
        arithmetic: String::new(),
        remedy: "choose a code".to_owned(),
        suggestions: vec![Arc::from("F")],
    }
}

fn at(cell: &str) -> CellAddress {
    CellAddress { sheet: Arc::from("Flows 2025"), cell: CellRef::parse(cell).expect("a cell") }
}

fn marks() -> Vec<io::Result<Mark>> {
    let mark = |nth, severity, cells: &[&str]| {
        Ok(Mark { finding: finding(nth, severity), cells: cells.iter().map(|cell| at(cell)).collect() })
    };
    vec![
        mark(1, Severity::Error, &["B2"]),
        mark(2, Severity::Warning, &["B2", "C3"]),
        // Cells and rows that the sheet does not have.
        mark(3, Severity::Warning, &["A2", "D2", "A7"]),
        mark(4, Severity::Note, &[]),
    ]
}

fn marked(workbook: &[u8], marks: Vec<io::Result<Mark>>) -> (Vec<u8>, Marked) {
    let mut out = Cursor::new(Vec::new());
    let marked = mark(Cursor::new(workbook), marks, &mut out).expect("a marked workbook");
    (out.into_inner(), marked)
}

fn office() -> Vec<u8> {
    let rows = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>REF_AREA</t></is></c><c r="B1" t="inlineStr"><is><t>SEX</t></is></c></row><row r="2" spans="2:3"><c r="B2" s="1"><v>0.5</v></c><c r="C2"><f>B2*2</f><v>1</v></c></row><row r="3"><c r="C3" t="inlineStr"><is><t>a &amp; b</t></is></c></row>"#;
    sheet(
        rows,
        r#"<mergeCells count="1"><mergeCell ref="C4:C5"/></mergeCells><pageMargins left="1" right="1" top="1" bottom="1" header="1" footer="1"/><extLst><ext uri="x"/></extLst>"#,
    )
}

#[test]
fn the_marked_workbook_is_the_offices_own_with_colours_notes_and_findings() {
    let original = office();
    let (workbook, told) = marked(&original, marks());
    assert_eq!((told.findings, told.cells, told.notes, told.not_shown), (4, 5, 5, 1));
    assert_eq!(told.sheets, ["Findings"]);
    let before = cells(&original);
    let after = cells(&workbook);
    assert_eq!(before, after.iter().filter(|cell| cell.0 != "Findings").cloned().collect::<Vec<_>>());
    assert_eq!(after.iter().filter(|cell| cell.0 == "Findings" && cell.2 == 0).count(), 5);
    let styles = part(&workbook, "xl/styles.xml");
    let text = part(&workbook, "xl/worksheets/sheet1.xml");
    // The share stays a share and keeps its alignment; the error outweighs the warning.
    assert!(text.contains(r#"<c r="B2" s="6">"#), "{text}");
    insta::assert_snapshot!(text);
    insta::assert_snapshot!(styles);
    insta::assert_snapshot!(part(&workbook, "xl/comments_mighub1.xml"));
    insta::assert_snapshot!(part(&workbook, "xl/worksheets/sheet_mighub1.xml").replace("<row", "\n<row"));
    for name in ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"] {
        assert!(
            part(&workbook, name)
                .starts_with(part(&original, name).split("</").next().expect("a beginning").split_at(40).0)
        );
    }
    assert_eq!(text_of(&workbook).expect("a workbook").0, text_of(&original).expect("a workbook").0);
}

#[test]
fn a_marked_workbook_can_be_marked_again() {
    let (once, _) = marked(&office(), marks());
    let (twice, told) = marked(&once, marks());
    assert_eq!(told.sheets, ["Findings (2)"]);
    let comments = part(&twice, "xl/comments_mighub1.xml");
    assert_eq!(comments.matches("<comment ref").count(), 5, "no cell has two notes");
    assert_eq!(comments.matches("a code that is not in the list").count(), 12);
    let drawing = part(&twice, "xl/drawings/vmlDrawing_mighub1.vml");
    assert_eq!(drawing.matches("ObjectType=\"Note\"").count(), 5);
    assert_eq!(part(&twice, "xl/worksheets/sheet1.xml").matches("<legacyDrawing").count(), 1);
    cells(&twice);
}

#[test]
fn a_workbook_whose_elements_have_a_prefix_stays_well_formed() {
    let plain = office();
    let name = "xl/worksheets/sheet1.xml";
    let text = part(&plain, name);
    let prefixed = text.replace("</", "</x:").replace("<x:", "</x:").replace("<//x:", "</x:");
    let prefixed = prefixed
        .replace("</x:", "\u{1}")
        .replace('<', "<x:")
        .replace('\u{1}', "</x:")
        .replace("xmlns=", "xmlns:x=");
    let workbook = with_part(&plain, name, &prefixed);
    let (workbook, _) = marked(&workbook, marks());
    assert!(part(&workbook, name).contains("<x:legacyDrawing"));
    let (sheets, _) = text_of(&workbook).expect("a workbook");
    assert_eq!(sheets, text_of(&plain).expect("a workbook").0);
}

#[test]
fn rows_of_a_csv_file_become_a_workbook_with_their_findings() {
    let header = ["SEX".to_owned(), "OBS_VALUE".to_owned()];
    let rows = [(4, vec!["X".to_owned(), "001".to_owned()]), (9, vec!["F".to_owned(), "2".to_owned()])];
    let findings = vec![Ok((finding(1, Severity::Error), vec![(0, 0)]))];
    let mut out = Cursor::new(Vec::new());
    let told = write_marked_table(&header, &rows, findings, &mut out).expect("a workbook");
    assert_eq!((told.findings, told.cells), (1, 1));
    let cells = cells(&out.into_inner());
    assert!(
        cells.contains(&("Data".to_owned(), 1, 2, calamine::Data::String("001".to_owned()))),
        "{cells:?}"
    );
    assert!(cells.contains(&("Findings".to_owned(), 1, 3, calamine::Data::String("Data!B2".to_owned()))));
}

#[test]
fn no_findings_give_a_sheet_that_says_so() {
    let (workbook, told) = marked(&office(), Vec::new());
    assert_eq!((told.findings, told.cells), (0, 0));
    assert_eq!(cells(&workbook).iter().filter(|cell| cell.0 == "Findings").count(), 14);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_part_makes_the_marker_panic(
        which in 0..4usize,
        at in any::<prop::sample::Index>(),
        piece in r#"[<>/"=&;:a-zA-Z0-9 #]{0,12}"#,
        cut in 0..40usize,
    ) {
        let names = ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/comments_mighub1.xml"];
        let (workbook, _) = marked(&office(), marks());
        let mut text = part(&workbook, names[which]);
        let at = at.index(text.len());
        let end = (at + cut).min(text.len());
        if text.is_char_boundary(at) && text.is_char_boundary(end) {
            text.replace_range(at..end, &piece);
        }
        let workbook = with_part(&workbook, names[which], &text);
        let mut out = Cursor::new(Vec::new());
        // What can be marked can be read again.
        if mark(Cursor::new(&workbook), marks(), &mut out).is_ok() && text_of(&workbook).is_ok() {
            prop_assert!(text_of(&out.into_inner()).is_ok());
        }
    }
}
