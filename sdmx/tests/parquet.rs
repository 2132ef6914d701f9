//! Parquet that others write, and what its cells are reported as.

use std::io::Cursor;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use mighub_sdmx::columns::AttributeValue;
use mighub_sdmx::csv::CellProblem;
use mighub_sdmx::data::{
    Action, DataFormat, DatasetContext, ReadSummary, RowBatch, WriteOptions, raw_count, reader, writer,
};
use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

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

/// A column of a file: its type as the language of schemas has it, and its values.
enum Column {
    Text(&'static str, &'static [Option<&'static str>]),
    Short(&'static str, &'static [Option<i32>]),
    Long(&'static str, &'static [Option<i64>]),
    Float(&'static str, &'static [Option<f32>]),
    Double(&'static str, &'static [Option<f64>]),
    Flag(&'static str, &'static [Option<bool>]),
    /// Three values in each row.
    List(&'static str, &'static [[&'static str; 3]]),
}

fn file(columns: &[Column]) -> Vec<u8> {
    let fields: Vec<&str> = columns
        .iter()
        .map(|column| match column {
            Column::Text(field, _) | Column::Short(field, _) | Column::Long(field, _) => *field,
            Column::Float(field, _) | Column::Double(field, _) | Column::Flag(field, _) => *field,
            Column::List(field, _) => *field,
        })
        .collect();
    let schema = parse_message_type(&format!("message m {{ {} }}", fields.join(" "))).expect("a schema");
    let mut writer =
        SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(WriterProperties::default()))
            .expect("a file");
    let mut group = writer.next_row_group().expect("a row group");
    for column in columns {
        let mut out = group.next_column().expect("a column").expect("a column");
        fn put<T: DataType>(
            out: &mut parquet::file::writer::SerializedColumnWriter<'_>,
            values: impl Iterator<Item = Option<T::T>>,
        ) {
            let values: Vec<_> = values.collect();
            let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
            let values: Vec<_> = values.into_iter().flatten().collect();
            out.typed::<T>().write_batch(&values, Some(&levels), None).expect("writes");
        }
        match column {
            Column::Text(_, values) => {
                put::<ByteArrayType>(&mut out, values.iter().map(|value| value.map(ByteArray::from)))
            }
            Column::Short(_, values) => put::<Int32Type>(&mut out, values.iter().copied()),
            Column::Long(_, values) => put::<Int64Type>(&mut out, values.iter().copied()),
            Column::Float(_, values) => put::<FloatType>(&mut out, values.iter().copied()),
            Column::Double(_, values) => put::<DoubleType>(&mut out, values.iter().copied()),
            Column::Flag(_, values) => put::<BoolType>(&mut out, values.iter().copied()),
            Column::List(_, rows) => {
                let values: Vec<ByteArray> =
                    rows.iter().flatten().map(|text| ByteArray::from(*text)).collect();
                let repetitions: Vec<i16> = rows.iter().flat_map(|_| [0, 1, 1]).collect();
                let definitions = vec![3; values.len()];
                let column = out.typed::<ByteArrayType>();
                column.write_batch(&values, Some(&definitions), Some(&repetitions)).expect("writes");
            }
        }
        out.close().expect("writes");
    }
    group.close().expect("writes");
    writer.into_inner().expect("writes")
}

fn read(bytes: &[u8]) -> Result<(Vec<RowBatch>, ReadSummary), String> {
    let resolve =
        |_: &str, id: &str| matches!(id, "" | "MIGHUB:MIG_REMIT(1.0.0)").then(|| DEFINITION.clone());
    let mut reader = reader(Cursor::new(bytes), resolve).map_err(|error| error.to_string())?;
    let mut batches = Vec::new();
    while let Some(batch) = reader.next_batch().map_err(|error| error.to_string())? {
        assert!(batch.columns.check());
        batches.push(batch);
    }
    Ok((batches, reader.finish()))
}

/// Key, period, value and some attributes of each row.
fn lines(batches: &[RowBatch]) -> Vec<String> {
    let mut lines = Vec::new();
    for RowBatch { columns, action, .. } in batches {
        for row in 0..columns.len() {
            let attribute = |id: &str| {
                let place = columns.shape.observation_attribute(id).expect(id);
                match columns.observation_attributes[place].get(row) {
                    None => "-".to_owned(),
                    Some(AttributeValue::Text(text)) => text.to_string(),
                    Some(AttributeValue::Many(sets)) => {
                        sets.iter().flatten().map(|part| &*part.text).collect::<Vec<_>>().join("|")
                    }
                }
            };
            let value = columns.value(row).map_or("-".to_owned(), |value| value.to_string());
            lines.push(format!(
                "{} {} {} {value} {} {}",
                action.letter(),
                columns.key(columns.series_of(row)),
                columns.periods[row],
                attribute("OBS_STATUS"),
                attribute("CONF_REDIST"),
            ));
        }
    }
    lines
}

#[test]
fn columns_of_any_type_are_read_as_what_they_stand_for() {
    const A: Option<&str> = Some("A");
    let bytes = file(&[
        Column::Text("optional binary STRUCTURE_ID (STRING);", &[Some("MIGHUB:MIG_REMIT(1.0.0)"); 4]),
        Column::Text("optional binary FREQ (STRING);", &[A; 4]),
        Column::Short(
            "optional int32 REF_AREA (INTEGER(8, false));",
            &[Some(752), Some(8), Some(8), Some(8)],
        ),
        Column::Text("optional binary FLOW_DIR (STRING);", &[Some("IN"); 4]),
        Column::Float("optional float COUNTERPART_AREA;", &[Some(1.0), Some(2.0), Some(2.0), Some(3.0)]),
        Column::Flag("optional boolean REMIT_ITEM;", &[Some(true), Some(false), Some(false), Some(true)]),
        Column::Long(
            "optional int64 TIME_PERIOD (TIMESTAMP(MICROS, true));",
            &[Some(1_577_836_800_000_000), Some(1_577_836_805_000_000), Some(0), Some(-86_400_000_000)],
        ),
        Column::Long(
            "optional int64 OBS_VALUE (DECIMAL(18, 3));",
            &[Some(1_500), Some(-20), None, Some(7_000)],
        ),
        Column::Text("optional binary OBS_STATUS (STRING);", &[A, None, Some("M"), A]),
        Column::List(
            "optional group CONF_REDIST (LIST) { repeated group list { optional binary element (STRING); } }",
            &[["NOR", "SWE", "F;N"]; 4],
        ),
        Column::Text("optional binary ACTION (STRING);", &[Some("R"), Some("R"), Some("R"), Some("M")]),
    ]);
    let (batches, summary) = read(&bytes).expect("readable");
    assert_eq!((summary.rows, summary.issues.len()), (4, 0));
    assert_eq!(
        lines(&batches),
        [
            "R A.752.IN.1.true 2020-01-01 1.5 A NOR|SWE|F;N",
            "R A.8.IN.2.false 2020-01-01T00:00:05 -0.02 - NOR|SWE|F;N",
            "R A.8.IN.2.false 1970-01-01 - M NOR|SWE|F;N",
            "M A.8.IN.3.true 1969-12-31 7 A NOR|SWE|F;N",
        ]
    );
    let counted = raw_count(Cursor::new(&bytes)).expect("a file");
    assert_eq!((counted.format, counted.observations), (DataFormat::Parquet, 4));
}

fn with_figures(figures: Column, years: Column) -> Vec<u8> {
    let column = |field| Column::Text(field, &[Some("A"); 3]);
    file(&[
        column("optional binary FREQ (STRING);"),
        column("optional binary REF_AREA (STRING);"),
        column("optional binary FLOW_DIR (STRING);"),
        column("optional binary COUNTERPART_AREA (STRING);"),
        column("optional binary REMIT_ITEM (STRING);"),
        years,
        figures,
    ])
}

#[test]
fn cells_that_cannot_be_read_are_reported_with_row_and_column() {
    let bytes = with_figures(
        Column::Double("optional double OBS_VALUE;", &[Some(f64::NAN), Some(f64::INFINITY), Some(0.1 + 0.2)]),
        Column::Long("optional int64 TIME_PERIOD;", &[Some(2020), Some(2021), None]),
    );
    let (batches, summary) = read(&bytes).expect("readable");
    assert_eq!(
        lines(&batches),
        ["M A.A.A.A.A 2020 - - -", "M A.A.A.A.A 2021 - - -", "M A.A.A.A.A  0.30000000000000004 - -"]
    );
    let issues: Vec<_> = batches[0].issues.iter().map(|issue| (issue.row, issue.column)).collect();
    assert_eq!(issues, [(2, 6), (3, 5)]);
    assert_eq!(batches[0].issues[1].problem, CellProblem::EmptyPeriod);
    let place = summary.places.locate(&mut Cursor::new(&bytes), 2, 6).expect("readable").expect("there");
    assert_eq!((place.line, place.column, &*place.name, &*place.content), (2, 7, "OBS_VALUE", "INF"));
    assert_eq!(summary.places.locate(&mut Cursor::new(&bytes), 4, 6).expect("readable"), None);
}

#[test]
fn what_lacks_a_dataflow_or_a_dimension_is_refused_with_a_remedy() {
    let bytes = with_figures(
        Column::Double("optional double OBS_VALUE;", &[Some(1.0); 3]),
        Column::Long("optional int64 YEAR;", &[Some(2020); 3]),
    );
    let (_, summary) = read(&bytes).expect("readable");
    let missing = CellProblem::MissingColumns { missing: "TIME_PERIOD".to_owned() };
    assert_eq!((summary.rows_left_out, &summary.issues[0].problem), (3, &missing));
    let mut nameless = reader(Cursor::new(&bytes), |_, _| None).expect("a file");
    let error = nameless.next_batch().expect_err("no dataflow").to_string();
    assert!(error.contains("STRUCTURE_ID") && error.contains("sdmx.dataflow"), "{error}");
}

#[test]
fn a_figure_that_somebody_changed_is_the_figure() {
    let exact =
        Column::Text("optional binary OBS_VALUE_EXACT (STRING);", &[Some("2.00"), Some("2.00"), None]);
    let column = |field| Column::Text(field, &[Some("A"); 3]);
    let bytes = file(&[
        column("optional binary FREQ (STRING);"),
        column("optional binary REF_AREA (STRING);"),
        column("optional binary FLOW_DIR (STRING);"),
        column("optional binary COUNTERPART_AREA (STRING);"),
        column("optional binary REMIT_ITEM (STRING);"),
        Column::Short("optional int32 TIME_PERIOD;", &[Some(2020), Some(2021), Some(2022)]),
        Column::Double("optional double OBS_VALUE;", &[Some(2.0), Some(3.0), Some(2.5)]),
        exact,
    ]);
    let (batches, summary) = read(&bytes).expect("readable");
    assert_eq!(
        lines(&batches),
        ["M A.A.A.A.A 2020 2.00 - -", "M A.A.A.A.A 2021 3 - -", "M A.A.A.A.A 2022 2.5 - -"]
    );
    assert!(summary.header.foreign(&DEFINITION).is_empty());
}

#[test]
fn a_text_that_looks_divided_is_one_text() {
    const TEXT: &str = "\u{1F}NOR;SWE";
    let column = |field| Column::Text(field, &[Some("A"); 3]);
    let bytes = file(&[
        column("optional binary FREQ (STRING);"),
        column("optional binary REF_AREA (STRING);"),
        column("optional binary FLOW_DIR (STRING);"),
        column("optional binary COUNTERPART_AREA (STRING);"),
        column("optional binary REMIT_ITEM (STRING);"),
        Column::Short("optional int32 TIME_PERIOD;", &[Some(2020), Some(2021), Some(2022)]),
        Column::Text("optional binary CONF_REDIST (STRING);", &[Some(TEXT), None, Some("N;S")]),
    ]);
    let (batches, _) = read(&bytes).expect("readable");
    assert_eq!(
        lines(&batches),
        [&format!("M A.A.A.A.A 2020 - - {TEXT}"), "M A.A.A.A.A 2021 - - -", "M A.A.A.A.A 2022 - - N;S"]
    );
}

#[test]
fn each_row_with_an_unknown_action_is_reported_once_in_its_batch() {
    let column = |field| Column::Text(field, &[Some("A"); 4]);
    let bytes = file(&[
        column("optional binary FREQ (STRING);"),
        column("optional binary REF_AREA (STRING);"),
        column("optional binary FLOW_DIR (STRING);"),
        column("optional binary COUNTERPART_AREA (STRING);"),
        column("optional binary REMIT_ITEM (STRING);"),
        Column::Short("optional int32 TIME_PERIOD;", &[Some(2020), Some(2021), Some(2022), Some(2023)]),
        Column::Text("optional binary ACTION (STRING);", &[Some("R"), Some("X"), Some("X"), Some("M")]),
    ]);
    let (batches, summary) = read(&bytes).expect("readable");
    let issues: Vec<_> = batches
        .iter()
        .flat_map(|batch| &batch.issues)
        .map(|issue| (issue.row, issue.column, &issue.problem, &*issue.content))
        .collect();
    assert_eq!(issues, [2, 3].map(|row| (row, 6, &CellProblem::UnknownAction, "X")));
    assert!(summary.issues.is_empty(), "{:?}", summary.issues);
}

#[test]
fn decimals_that_cannot_be_are_refused() {
    let bytes = with_figures(
        Column::Text("optional binary OBS_VALUE (DECIMAL(70001, 70000));", &[Some("A"); 3]),
        Column::Short("optional int32 TIME_PERIOD;", &[Some(2020); 3]),
    );
    let error = read(&bytes).expect_err("no number has so many digits");
    assert!(error.contains("OBS_VALUE") && error.contains("scale 70000: write at most 38"), "{error}");
}

/// A file as it is written here, of several row groups.
fn written() -> Vec<u8> {
    let bytes = with_figures(
        Column::Double("optional double OBS_VALUE;", &[Some(1.25), None, Some(3.0)]),
        Column::Short("optional int32 TIME_PERIOD;", &[Some(2020), Some(2021), Some(2022)]),
    );
    let (batches, _) = read(&bytes).expect("readable");
    let mut out = Vec::new();
    let mut writer =
        writer(DataFormat::Parquet, &mut out, &DEFINITION, &WriteOptions::default()).expect("a writer");
    for _ in 0..3 {
        writer
            .write(Action::Replace, &batches[0].columns, &DatasetContext::default())
            .expect("memory takes all");
    }
    writer.finish().expect("memory takes all");
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_damage_makes_the_reader_panic(at in 0usize..10_000, byte in any::<u8>(), cut in prop::option::of(0usize..10_000)) {
        static WRITTEN: LazyLock<Vec<u8>> = LazyLock::new(written);
        let mut bytes = WRITTEN.clone();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Some(cut) = cut {
            bytes.truncate(cut % bytes.len());
        }
        // Read or refused; both are answers.
        let _ = read(&bytes);
        let _ = raw_count(Cursor::new(&bytes));
    }
}

#[test]
fn a_file_without_rows_is_read_as_one_if_its_metadata_say_so() {
    let options = WriteOptions::default();
    let mut bytes = Vec::new();
    writer(DataFormat::Parquet, &mut bytes, &DEFINITION, &options)
        .and_then(|writer| writer.finish())
        .expect("a file");
    assert_eq!(raw_count(Cursor::new(&bytes)).expect("a file").observations, 0);
    let (batches, summary) = read(&bytes).expect("a file without rows");
    assert_eq!((batches.len(), summary.rows, summary.issues.len()), (0, 0, 0));
    let foreign = file(&[Column::Text("optional binary FREQ (UTF8);", &[])]);
    assert_eq!(read(&foreign).expect_err("its rows may be lost"), "the file has a header and no rows");
}
