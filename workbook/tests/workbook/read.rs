//! Workbooks that offices make themselves.

use crate::support::{cells, sheet, text_of, with_part};
use mighub_workbook::{ReadError, Shape, is_workbook};
use proptest::prelude::*;

/// An inline text.
fn text(at: &str, text: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

fn odd_sheet() -> Vec<u8> {
    let header = ["STRUCTURE", "STRUCTURE_ID", "REF_AREA", "TIME_PERIOD", "OBS_VALUE"];
    let header: String =
        header.iter().zip('B'..).map(|(name, column)| text(&format!("{column}3"), name)).collect();
    let start = |row: u32| text(&format!("B{row}"), "dataflow") + &text(&format!("C{row}"), "X:Y(1.0)");
    let rows = [
        format!(r#"<row r="1">{}</row>"#, text("A1", "Flows of our office, revised")),
        format!(r#"<row r="3">{header}</row>"#),
        // A year as a date, and a formula with its result.
        format!(r#"<row r="4">{}{}<c r="E4" s="2"><v>45658</v></c><c r="F4"><f>1+1</f><v>2</v></c></row>"#, start(4), text("D4", "SWE")),
        // The second of two merged cells; a reference to a cell that is gone.
        format!(r#"<row r="5">{}<c r="E5"><v>2024</v></c><c r="F5" t="e"><f>#REF!+1</f><v>#REF!</v></c></row>"#, start(5)),
        // Nothing but blanks.
        r#"<row r="6"><c r="D6" t="inlineStr"><is><t xml:space="preserve">  </t></is></c><c r="E6" s="1"/></row>"#.to_owned(),
        // A hidden row; a share; a formula that was never calculated.
        format!(r#"<row r="9" hidden="1">{}{}<c r="E9"><v>2023</v></c><c r="F9" s="1"><v>0.123</v></c></row>"#, start(9), text("D9", "a&amp;b, &quot;c&quot;&#233;")),
        format!(r#"<row r="10">{}{}<c r="E10"><v>2023</v></c><c r="F10"><f>SUM(F4:F5)</f></c></row>"#, start(10), text("D10", "NA")),
        format!(r#"<row r="11">{}{}<c r="E11"><v>2023</v></c><c r="F11" t="b"><v>1</v></c></row>"#, start(11), text("D11", "FIN")),
    ];
    sheet(&rows.concat(), r#"<mergeCells count="1"><mergeCell ref="D4:D5"/></mergeCells>"#)
}

#[test]
fn cells_are_read_as_an_office_sees_them_and_found_where_they_stand() {
    let (text, extracted) = text_of(&odd_sheet()).expect("a workbook");
    insta::assert_snapshot!(text);
    assert_eq!(extracted.shape, Shape::SdmxCsv);
    let notices: Vec<_> = extracted.notices.iter().map(|notice| notice.kind.to_string()).collect();
    insta::assert_snapshot!(notices.join("\n"));
    let place = |row, column| extracted.places.address(row, column).map(|place| place.to_string());
    assert_eq!(place(2, Some(2)).as_deref(), Some("'Flows 2025'!D5"));
    assert_eq!(place(3, Some(4)).as_deref(), Some("'Flows 2025'!F9"));
    assert_eq!(place(0, Some(0)).as_deref(), Some("'Flows 2025'!B3"));
    assert_eq!(place(1, Some(5)).as_deref(), Some("'Flows 2025'!G4"), "behind the last column");
    assert_eq!(place(6, Some(0)), None);
}

#[test]
fn another_reader_sees_the_same_cells() {
    let workbook = odd_sheet();
    let (_, extracted) = text_of(&workbook).expect("a workbook");
    let (text, _) = text_of(&workbook).expect("a workbook");
    let rows: Vec<&str> = text.lines().skip(1).collect();
    for (_, row, column, value) in cells(&workbook).into_iter().filter(|(_, row, ..)| *row > 2) {
        let nth = (1..=rows.len() as u64).find(|nth| {
            extracted.places.address(*nth, Some(0)).is_some_and(|place| place.cell.row as usize == row + 1)
        });
        let Some(nth) = nth else {
            assert_eq!(value.to_string().trim(), "", "row {} is left out", row + 1);
            continue;
        };
        if let calamine::Data::Float(number) = value
            && column == 5
        {
            let ours = rows[nth as usize - 1].rsplit(',').next().expect("a cell");
            let percent = ours.ends_with('%');
            let ours: f64 = ours.trim_end_matches('%').parse().expect("a number");
            assert_eq!(ours, if percent { number * 100.0 } else { number });
        }
    }
}

#[test]
fn files_that_are_no_workbooks_are_refused_with_the_remedy() {
    let refused = |bytes: &[u8]| text_of(bytes).expect_err("no workbook").to_string();
    let old = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0];
    assert!(is_workbook(&old) && is_workbook(&odd_sheet()) && !is_workbook(b"STRUCTURE,"));
    insta::assert_snapshot!(refused(&old));
    insta::assert_snapshot!(refused(b"STRUCTURE,STRUCTURE_ID"));
    insta::assert_snapshot!(refused(&odd_sheet()[..900]));
    let without = with_part(&odd_sheet(), "xl/worksheets/sheet1.xml", "<worksheet><sheetData>");
    assert!(matches!(text_of(&without), Err(ReadError::NoRows | ReadError::Package(_))));
    let bomb = with_part(
        &odd_sheet(),
        "xl/worksheets/sheet1.xml",
        &format!("<worksheet><a b=\"{}\"/>", "x".repeat(4 << 20)),
    );
    assert!(refused(&bomb).contains("inflates"), "{}", refused(&bomb));
    let entities = "<!DOCTYPE a [<!ENTITY b \"c\">]><worksheet/>";
    insta::assert_snapshot!(refused(&with_part(&odd_sheet(), "xl/worksheets/sheet1.xml", entities)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_make_the_reader_panic(at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 1..20)) {
        let mut workbook = odd_sheet();
        let at = at.index(workbook.len());
        let end = (at + bytes.len()).min(workbook.len());
        workbook.splice(at..end, bytes);
        let _ = text_of(&workbook);
    }

    #[test]
    fn no_sheet_makes_the_reader_panic(at in any::<prop::sample::Index>(), piece in r#"[<>/"=&;a-zA-Z0-9 #]{0,12}"#, cut in 0..30usize) {
        let name = "xl/worksheets/sheet1.xml";
        let mut text = crate::support::part(&odd_sheet(), name);
        let at = at.index(text.len());
        let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let end = (at + cut..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
        text.replace_range(at..end, &piece);
        let _ = text_of(&with_part(&odd_sheet(), name, &text));
    }
}
