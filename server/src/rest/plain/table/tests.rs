use std::io::{Cursor, Read};

use mighub_sdmx::columns::ColumnsBuilder;
use mighub_sdmx::data::{DataFormat, WriteOptions, writer};
use mighub_sdmx::{Decimal, Period};

use super::*;
use crate::hub::retrieve::tests::lab::{Lab, flow};

/// What an office might write beside a figure.
const NOTE: &str = "=HYPERLINK(\"http://x\",\"y\")";

/// One observation with a note and a figure below nothing.
fn noted(lab: &Lab) -> Columns {
    let mut builder = ColumnsBuilder::new(lab.shape.clone());
    let codes: Vec<_> = lab.shape.dimensions.iter().map(|dimension| lab.code(dimension)).collect();
    builder.start_series_with_key(&codes);
    let note = AttributeValue::Text(Arc::from(NOTE));
    let place = lab.shape.observation_attribute("COMMENT_OBS").expect("an attribute");
    let value = Decimal::parse(b"-3").expect("a number");
    builder.observation(Period::year(2020), Some(value), |at| (at == place).then_some(&note));
    builder.end_series();
    builder.take()
}

#[test]
fn for_excel_no_text_is_a_formula_and_for_programs_every_text_is_exact() {
    let lab = Lab::new();
    let definition = lab.hub.definition(&flow()).expect("a dataflow").data;
    let columns = noted(&lab);
    let note = lab.shape.observation_attribute("COMMENT_OBS").expect("an attribute");
    let chosen = [
        Column::of(&Arc::from("COMMENT_OBS"), Of::Observation(note)),
        Column::of(&Arc::from("OBS_VALUE"), Of::Measure),
    ];
    let written = |layout| {
        let mut bytes = Vec::new();
        let mut table = Box::new(Table::new(&mut bytes, layout, &definition, &chosen, Labels::Id, "en"));
        table.write(Action::Replace, &columns, &DatasetContext::default()).expect("written");
        table.finish().expect("written");
        String::from_utf8(bytes).expect("UTF-8")
    };
    let header = "COMMENT_OBS,OBS_VALUE\r\n";
    let quoted = NOTE.replace('"', "\"\"");
    let for_excel = written(Layout::Csv { for_excel: true });
    assert_eq!(for_excel, format!("\u{feff}{header}\"'{quoted}\",-3\r\n"));
    assert_eq!(written(Layout::Csv { for_excel: false }), format!("{header}\"{quoted}\",-3\r\n"));
    let json = written(Layout::JsonLines);
    assert!(json.contains(&serde_json::Value::from(NOTE).to_string()), "{json}");
}

#[test]
fn a_workbook_has_texts_and_no_formulas() {
    let lab = Lab::new();
    let definition = lab.hub.definition(&flow()).expect("a dataflow").data;
    let mut bytes = Vec::new();
    let mut sheets =
        writer(DataFormat::Xlsx, &mut bytes, &definition, &WriteOptions::default()).expect("a writer");
    sheets.write(Action::Replace, &noted(&lab), &DatasetContext::default()).expect("written");
    sheets.finish().expect("written");
    let mut parts = zip::ZipArchive::new(Cursor::new(&bytes)).expect("an archive");
    let mut all = String::new();
    for part in 0..parts.len() {
        let mut part = parts.by_index(part).expect("a part");
        let name = part.name().expect("a name").into_owned();
        if name.starts_with("xl/worksheets/sheet") || name.ends_with("sharedStrings.xml") {
            part.read_to_string(&mut all).expect("text");
        }
    }
    assert!(all.contains(">=HYPERLINK("), "the note is there as it is: {all}");
    assert!(!all.contains("<f>") && !all.contains("<f "), "no cell has a formula: {all}");
}
