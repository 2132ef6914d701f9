//! Whole files: the standard's examples, real national files, and everything that the writer writes.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, LocalText, ObservationRange, SourceMap};
use mighub_sdmx::csv::{
    Action, CsvReader, CsvVersion, CsvWriter, ReadSummary, RowBatch, Version, WriteOptions,
};
use mighub_sdmx::sort::{InOrder, Sorter};
use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json};
use mighub_sdmx::{Decimal, Period};
use proptest::prelude::*;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn definition(messages: impl Iterator<Item = PathBuf>, dataflow: &str) -> Arc<DataDefinition> {
    let mut structures = Structures::default();
    for path in messages {
        for artefact in read_json(&std::fs::read(&path).expect("a file")).expect("a message") {
            structures.put(artefact).expect("a new artefact");
        }
    }
    let (reference, _) = structures.find(Class::Dataflow, dataflow).expect(dataflow);
    DataDefinition::resolve(&structures, reference).expect(dataflow)
}

fn of_package(dataflow: &str) -> Arc<DataDefinition> {
    let entries = std::fs::read_dir(folder().join("../structures")).expect("the folder structures/");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    definition(paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")), dataflow)
}

fn read(text: &[u8], definition: &Arc<DataDefinition>) -> (Vec<RowBatch>, ReadSummary) {
    let mut reader = CsvReader::new(Cursor::new(text), |_, _| Some(definition.clone())).expect("SDMX-CSV");
    let mut batches = Vec::new();
    while let Some(batch) = reader.next_batch().expect("readable") {
        assert!(batch.columns.check());
        assert_eq!(batch.issues, []);
        batches.push(batch);
    }
    let summary = reader.finish();
    assert_eq!((summary.rows_left_out, &summary.issues[..]), (0, &[][..]));
    (batches, summary)
}

#[test]
fn one_dataset_reads_alike_in_every_version() {
    let data = folder().join("tests/data");
    let definition = definition([data.join("structure-json20.json")].into_iter(), "DF_MIG_STOCK");
    let mut written = Vec::new();
    for (file, version) in
        [("data-csv10.csv", Version::V1), ("data-csv20.csv", Version::V2), ("data-csv21.csv", Version::V2)]
    {
        let (batches, summary) = read(&std::fs::read(data.join(file)).expect(file), &definition);
        assert_eq!((summary.header.version, summary.rows), (version, 12), "{file}");
        assert!(summary.header.foreign(&definition).is_empty(), "{file}");
        let options = WriteOptions { version: CsvVersion::V1_0, ..WriteOptions::default() };
        let mut writer = CsvWriter::new(Vec::new(), &definition, &options).expect("writes");
        batches.iter().for_each(|batch| writer.write(&batch.columns, batch.action, &[]).expect("writes"));
        written.push(String::from_utf8(writer.finish().expect("writes")).expect("text"));
    }
    assert!(written[0].contains(",2021,104.5,E,3,\"Says \"\"provisional\"\", café\"\n"), "{}", written[0]);
    assert_eq!(written[0], written[1]);
    assert_eq!(written[0], written[2]);
}

#[test]
fn real_national_files_read_cleanly_and_are_written_as_they_came() {
    let definition = of_package("MIG_FLOW");
    let mut rows = 0;
    for entry in std::fs::read_dir(folder().join("../demo/data/submissions")).expect("the demo's data") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read(&path).expect("a file");
        let (batches, summary) = read(&text, &definition);
        rows += summary.rows;
        assert!(summary.header.foreign(&definition).is_empty(), "{path:?}");
        let options = WriteOptions {
            attributes: Some(["OBS_STATUS", "CONF_STATUS"].map(Arc::from).to_vec()),
            version: CsvVersion::V2_1,
            ..WriteOptions::default()
        };
        let mut writer = CsvWriter::new(Vec::new(), &definition, &options).expect("writes");
        let mut sorter = Sorter::new(definition.shape.clone(), usize::MAX, Box::new(tempfile::tempfile));
        for batch in batches {
            writer.write(&batch.columns, batch.action, &[]).expect("writes");
            sorter.push(batch.columns).expect("sorts");
        }
        assert!(writer.finish().expect("writes") == text, "{path:?}");
        let clashes = sorter.finish().expect("sorts").flat_map(|batch| batch.expect("sorts").clashes);
        assert_eq!(clashes.collect::<Vec<_>>(), [], "{path:?}");
    }
    assert_eq!(rows, 4_876);
}

#[test]
fn lines_count_from_the_first_of_the_file_whatever_stands_before_the_header() {
    let definition = of_package("MIG_REMIT");
    let text = "\u{FEFF}sep=;\r\nSTRUCTURE;STRUCTURE_ID;FREQ;REF_AREA;FLOW_DIR;COUNTERPART_AREA;REMIT_ITEM;TIME_PERIOD;OBS_VALUE\r\n\
         ;;;;;;;;\r\n\
         dataflow;MIGHUB:MIG_REMIT(1.0.0);A;SWE;IN;NOR;PR;2020;1\r\n\
         ;;;;;;;;\r\n";
    let (batches, summary) = read(text.as_bytes(), &definition);
    assert_eq!(batches.len(), 1);
    assert_eq!(batches[0].columns.rows, [2]);
    let place = summary.places.locate(&mut Cursor::new(text), 2, 8).expect("readable").expect("there");
    assert_eq!((place.line, &*place.name, &*place.content), (4, "OBS_VALUE", "1"));
}

#[test]
fn long_texts_do_not_pile_up_in_memory() {
    const TEXT_BYTES: usize = 32 * 1024;
    let definition = of_package("MIG_REMIT");
    let mut text = String::from(
        "DATAFLOW,FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM,TIME_PERIOD,OBS_VALUE,COMMENT_OBS\n",
    );
    for row in 0..800 {
        let note = format!("{row:05} ").repeat(TEXT_BYTES / 6);
        text.push_str(&format!("MIGHUB:MIG_REMIT(1.0.0),A,X{row:03},IN,NOR,PR,2020,1,{note}\n"));
    }
    let comment = definition.shape.observation_attribute("COMMENT_OBS").expect("COMMENT_OBS");
    let (batches, _) = read(text.as_bytes(), &definition);
    let mut pass = InOrder::new(definition.shape.clone());
    let mut sorter = Sorter::new(definition.shape.clone(), 1024 * 1024, Box::new(tempfile::tempfile));
    let mut complete = Vec::new();
    for batch in &batches {
        complete.extend(pass.push(&batch.columns).expect("in order"));
        sorter.push(batch.columns.clone()).expect("sorts");
    }
    complete.extend(pass.finish());
    let sorted = sorter.finish().expect("sorts").map(|batch| batch.expect("sorts").columns);
    for (what, columns) in [("in order", complete), ("sorted", sorted.collect())] {
        assert_eq!(columns.iter().map(Columns::len).sum::<usize>(), 800, "{what}");
        for columns in columns {
            let values = columns.observation_attributes[comment].values.iter();
            let bytes: usize = values.map(AttributeValue::text_bytes).sum();
            assert!(bytes < 5 * 1024 * 1024, "{what}: a batch has {bytes} bytes of text");
        }
    }
}

/// What one row says beside its key: value, status, footnote, redistribution list; unit of its series.
type Said = (Option<Decimal>, Option<AttributeValue>, Option<AttributeValue>, Option<AttributeValue>);
type Series = (Vec<Arc<str>>, Option<AttributeValue>, Vec<(Period, Said)>);

fn series(action: Action) -> impl Strategy<Value = Series> {
    // The empty code is any code, in a deletion alone.
    let pattern = if action == Action::Delete { "[A-Z]{0,3}|é" } else { "[A-Z]{1,3}|\"|a,b|é" };
    let key = prop::collection::vec(pattern.prop_map(|code| Arc::from(&*code)), 5);
    let plain =
        |pattern: &'static str| prop::option::of(pattern.prop_map(|text| AttributeValue::text(&text)));
    let local = |language: &'static str, text: &'static str| {
        (language, text)
            .prop_map(|(language, text)| LocalText { language: language.into(), text: text.into() })
    };
    let footnote = prop::option::of(
        prop::collection::vec(local("en|fr", "[a-z;\", \n]{1,6}"), 1..3)
            .prop_map(|set| AttributeValue::Many([set].into())),
    );
    let list = prop::option::of(prop::collection::vec(local("", "[A-Z;,\"]{1,4}"), 2..4).prop_map(|parts| {
        AttributeValue::Many(parts.into_iter().map(|part| vec![part]).collect::<Vec<_>>().into())
    }));
    let number =
        (any::<i32>(), 0u8..4).prop_map(|(unscaled, scale)| Decimal { unscaled: unscaled.into(), scale });
    // In a deletion any filler stands for a value.
    let number = if action == Action::Delete { Just(Decimal::integer(0)).boxed() } else { number.boxed() };
    let period = prop_oneof![
        (1990u16..2030).prop_map(Period::year),
        Just(Period::parse(b"2020-Q3").expect("a quarter")),
        Just(Period::ANY),
    ];
    let said = (prop::option::of(number), plain("[A-Z]"), footnote, list);
    let cells = prop::collection::btree_map(period, said, 1..6).prop_map(|cells| cells.into_iter().collect());
    (key, plain("PS|USD|~"), cells)
}

fn columns(definition: &DataDefinition, action: Action, all: &[Series]) -> Columns {
    let shape = &definition.shape;
    let places = ["OBS_STATUS", "COMMENT_OBS", "CONF_REDIST"]
        .map(|id| shape.observation_attribute(id).expect("an attribute of every structure"));
    let unit_place = shape.series_attribute("UNIT_MEASURE").expect("an attribute of every structure");
    let mut builder = ColumnsBuilder::new(shape.clone());
    for (key, unit, cells) in all {
        // A deletion that names the unit says nothing else.
        let unit = unit.as_ref().filter(|_| action != Action::Delete);
        builder.start_series_with_key(key);
        (0..shape.series_attributes.len())
            .for_each(|place| builder.series_attribute(place, unit.filter(|_| place == unit_place)));
        for (period, (value, status, footnote, list)) in cells {
            builder.observation(*period, *value, |place| {
                let of_place = places.iter().position(|known| *known == place)?;
                [status, footnote, list][of_place].as_ref()
            });
        }
        builder.end_series();
    }
    builder.take()
}

/// Key and attributes.
type SeriesHead = (Vec<Arc<str>>, Vec<Option<AttributeValue>>);

/// The same with neighbours of one key and the same attributes as one series, without row numbers.
fn joined(definition: &DataDefinition, batches: &[&Columns]) -> Columns {
    let mut builder = ColumnsBuilder::new(definition.shape.clone());
    let mut open: Option<SeriesHead> = None;
    for columns in batches {
        let mut map = SourceMap::default();
        for series in 0..columns.series_count() {
            let attributes = columns.series_attributes.iter().map(|column| column.get(series).cloned());
            let next = Some((columns.key(series).to_vec(), attributes.collect()));
            if next != open {
                if open.is_some() {
                    builder.end_series();
                }
                builder.start_series(columns, series, &mut map);
                builder.series_attributes_of(columns, series, &mut map);
                open = next;
            }
            builder.observations(ObservationRange::whole(columns, series), &mut map);
        }
    }
    if open.is_some() {
        builder.end_series();
    }
    builder.take()
}

fn an_action_and_its_series() -> impl Strategy<Value = (Action, Vec<Series>)> {
    prop_oneof![Just(Action::Merge), Just(Action::Replace), Just(Action::Delete)]
        .prop_flat_map(|action| (Just(action), prop::collection::vec(series(action), 1..8)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_was_written_is_read_again((action, all) in an_action_and_its_series()) {
        static DEFINITION: LazyLock<Arc<DataDefinition>> = LazyLock::new(|| of_package("MIG_REMIT"));
        let columns = columns(&DEFINITION, action, &all);
        let options = WriteOptions {
            version: CsvVersion::V2_1,
            languages: vec!["en".to_owned(), "fr".to_owned()],
            custom_columns: vec!["DATA_PROVIDER".to_owned(), "a, b".to_owned()],
            ..WriteOptions::default()
        };
        let mut writer = CsvWriter::new(Vec::new(), &DEFINITION, &options).expect("writes");
        // A deletion that says something under a name that nobody knows is not read.
        let custom = if action == Action::Delete { "" } else { "\"x\"" };
        writer.write(&columns, action, &["SWE", custom]).expect("writes");
        let text = writer.finish().expect("writes");
        let (batches, summary) = read(&text, &DEFINITION);
        prop_assert_eq!(summary.header.foreign(&DEFINITION), ["DATA_PROVIDER", "a, b"]);
        prop_assert!(batches.iter().all(|batch| batch.action == action));
        let again: Vec<_> = batches.iter().map(|batch| &batch.columns).collect();
        prop_assert_eq!(
            joined(&DEFINITION, &again),
            joined(&DEFINITION, &[&columns]),
            "{}",
            String::from_utf8_lossy(&text)
        );
    }
}
