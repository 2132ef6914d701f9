//! Workbooks of data, as a spreadsheet opens them.

use std::io::{self, Cursor};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use calamine::{Data, Reader, Xlsx};
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder};
use mighub_sdmx::data::{Action, DataFormat, DatasetContext, Labels, WriteOptions, writer};
use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json};
use mighub_sdmx::{Decimal, Period};

static DEFINITION: LazyLock<Arc<DataDefinition>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let mut structures = Structures::default();
    for entry in std::fs::read_dir(folder).expect("the folder structures/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            for artefact in read_json(&std::fs::read(&path).expect("a file")).expect("a message") {
                structures.put(artefact).expect("a new artefact");
            }
        }
    }
    let (reference, _) = structures.find(Class::Dataflow, "MIG_REMIT").expect("MIG_REMIT");
    DataDefinition::resolve(&structures, reference).expect("MIG_REMIT")
});

fn columns() -> Columns {
    let shape = &DEFINITION.shape;
    let mut builder = ColumnsBuilder::new(shape.clone());
    let place = |id: &str| shape.observation_attribute(id).expect("an attribute of every structure");
    let (status, comment) = (place("OBS_STATUS"), place("COMMENT_OBS"));
    let (normal, long) = (AttributeValue::text("A"), AttributeValue::text(&"é".repeat(40_000)));
    let key = ["A", "SWE", "IN", "NOR", "PR"].map(Arc::from);
    builder.start_series_with_key(&key);
    (0..shape.series_attributes.len()).for_each(|place| builder.series_attribute(place, None));
    let exact = Decimal { unscaled: 123_456_789_012_345_678, scale: 2 };
    for (year, value) in
        [(2020, Some(Decimal { unscaled: 150, scale: 2 })), (2021, Some(exact)), (2022, None)]
    {
        builder.observation(Period::year(year), value, |place| match place {
            place if place == status => Some(&normal),
            place if place == comment && year == 2022 => Some(&long),
            _ => None,
        });
    }
    builder.end_series();
    builder.take()
}

#[test]
fn a_workbook_has_figures_as_numbers_and_says_what_it_is() {
    let mut options = WriteOptions {
        attributes: Some(vec!["OBS_STATUS".into(), "COMMENT_OBS".into()]),
        labels: Labels::Both,
        about: vec![("Licence".to_owned(), "CC BY 4.0".to_owned())],
        ..WriteOptions::default()
    };
    options.header.sender_name = Some("The hub".to_owned());
    let mut bytes = Vec::new();
    let mut writer = writer(DataFormat::Xlsx, &mut bytes, &DEFINITION, &options).expect("a writer");
    writer.write(Action::Replace, &columns(), &DatasetContext::default()).expect("there is room");
    writer.finish().expect("memory takes all");
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    assert_eq!(workbook.sheet_names(), ["Data", "About"]);
    let data = workbook.worksheet_range("Data").expect("the sheet");
    let rows: Vec<Vec<Data>> = data.rows().map(<[Data]>::to_vec).collect();
    let text = |text: &str| Data::String(text.to_owned());
    let titles: Vec<String> = rows[0].iter().map(ToString::to_string).collect();
    assert_eq!(
        titles,
        [
            "FREQ",
            "Frequency",
            "REF_AREA",
            "Reporting area",
            "FLOW_DIR",
            "Direction",
            "COUNTERPART_AREA",
            "Counterpart area",
            "REMIT_ITEM",
            "Remittance component",
            "TIME_PERIOD",
            "OBS_VALUE",
            "OBS_STATUS",
            "Observation status",
            "COMMENT_OBS",
            "ACTION",
        ]
    );
    assert_eq!(rows[1][..4], [text("A"), text("Annual"), text("SWE"), text("Sweden")]);
    assert_eq!(rows[1][10..14], [text("2020"), Data::Float(1.5), text("A"), text("Normal value")]);
    // Excel would round it.
    assert_eq!(rows[2][11], text("1234567890123456.78"));
    assert_eq!(rows[3][11], Data::Empty);
    assert_eq!(rows[3][14].to_string().chars().count(), mighub_sdmx::xlsx::CELL_CHARACTERS_MAX);
    let about = workbook.worksheet_range("About").expect("the sheet");
    let about: Vec<(String, String)> =
        about.rows().map(|row| (row[0].to_string(), row[1].to_string())).collect();
    for (name, said) in [
        ("Dataflow", "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=MIGHUB:MIG_REMIT(1.0.0)"),
        ("Sender", "The hub (MIGHUB)"),
        ("Rows", "3"),
        ("Licence", "CC BY 4.0"),
    ] {
        assert!(about.contains(&(name.to_owned(), said.to_owned())), "{name} in {about:?}");
    }
}

#[test]
fn more_rows_than_a_sheet_has_are_refused_with_a_remedy() {
    // One series with more observations than a sheet has rows; they are counted before any is written.
    let year = Period::year(2020);
    let rows = mighub_sdmx::xlsx::SHEET_ROWS_MAX as usize;
    let mut columns = columns();
    let bare = Columns::new(DEFINITION.shape.clone());
    columns.observation_attributes = bare.observation_attributes;
    columns.ends = vec![rows as u32];
    columns.periods = vec![year; rows];
    columns.unscaled = vec![0; rows];
    columns.scales = vec![0; rows];
    assert!(columns.check());
    let options = WriteOptions::default();
    let mut writer = writer(DataFormat::Xlsx, io::sink(), &DEFINITION, &options).expect("a writer");
    let error = writer.write(Action::Replace, &columns, &DatasetContext::default()).expect_err("no room");
    assert!(error.to_string().contains("1048575 rows of data: narrow the filters"), "{error}");
}
