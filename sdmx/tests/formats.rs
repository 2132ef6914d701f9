//! Round trips over formats: what was read of one and written in another is the same when it is read again, but
//! for what the table of losses says.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, LocalText};
use mighub_sdmx::data::{
    Action, DataFormat, DatasetContext, ObservationLevel, RowBatch, Saying, WriteOptions, raw_count, reader,
    writer,
};
use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json};
use mighub_sdmx::{Decimal, Period};
use proptest::prelude::*;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn definition(dataflow: &str) -> Arc<DataDefinition> {
    let mut structures = Structures::default();
    for entry in std::fs::read_dir(folder().join("../structures")).expect("the folder structures/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            for artefact in read_json(&std::fs::read(&path).expect("a file")).expect("a message") {
                structures.put(artefact).expect("a new artefact");
            }
        }
    }
    let (reference, _) = structures.find(Class::Dataflow, dataflow).expect(dataflow);
    DataDefinition::resolve(&structures, reference).expect(dataflow)
}

static REMITTANCES: LazyLock<Arc<DataDefinition>> = LazyLock::new(|| definition("MIG_REMIT"));

/// Formats that are written and read.
fn formats() -> impl Iterator<Item = DataFormat> {
    DataFormat::all().filter(|format| !format.losses().any(|loss| loss.saying == Saying::Anything))
}

/// What one observation says, however its series is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    action: Action,
    value: Option<Decimal>,
    attributes: BTreeMap<Arc<str>, AttributeValue>,
}

/// By key and period.
type Facts = BTreeMap<(Vec<Arc<str>>, i64), Said>;

fn facts(batches: &[(Action, Columns)]) -> Facts {
    let mut facts = Facts::new();
    for (action, columns) in batches {
        let shape = &columns.shape;
        for series in 0..columns.series_count() {
            for observation in columns.observations(series) {
                let of_series = shape.series_attributes.iter().zip(&columns.series_attributes);
                let of_series = of_series.map(|(id, column)| (id, column.get(series)));
                let own = shape.observation_attributes.iter().zip(&columns.observation_attributes);
                let own = own.map(|(id, column)| (id, column.get(observation)));
                let attributes = of_series
                    .chain(own)
                    .filter_map(|(id, value)| Some((id.clone(), value?.clone())))
                    .collect();
                let key = (columns.key(series).to_vec(), columns.periods[observation].packed());
                let said = Said { action: *action, value: columns.value(observation), attributes };
                assert_eq!(facts.insert(key, said), None, "an observation came twice");
            }
        }
    }
    facts
}

/// What is left of facts in a format.
fn left(format: DataFormat, facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    for said in facts.values_mut() {
        if !format.can_say(Saying::ReplaceOrMerge) {
            said.action = Action::Merge;
        }
        for value in said.attributes.values_mut() {
            if !format.can_say(Saying::SeveralValues) {
                *value = side_by_side(value, format);
            }
            if !format.can_say(Saying::LineBreaks) {
                *value = without_breaks(value);
            }
        }
    }
    facts
}

fn side_by_side(value: &AttributeValue, format: DataFormat) -> AttributeValue {
    let AttributeValue::Many(sets) = value else { return value.clone() };
    if !format.can_say(Saying::SeveralLanguages) {
        let best = |set: &Vec<LocalText>| {
            let english = set.iter().find(|part| &*part.language == "en");
            english.or(set.first()).map_or(String::new(), |part| part.text.to_string())
        };
        return AttributeValue::text(&sets.iter().map(best).collect::<Vec<_>>().join("; "));
    }
    let text = |part: &LocalText| match &*part.language {
        "" => part.text.to_string(),
        language => format!("{language}:{}", part.text),
    };
    let texts: Vec<String> = sets.iter().flatten().map(text).collect();
    AttributeValue::text(&texts.join(";"))
}

fn without_breaks(value: &AttributeValue) -> AttributeValue {
    let plain = |text: &str| Arc::from(text.replace('\n', " "));
    match value {
        AttributeValue::Text(text) => AttributeValue::Text(plain(text)),
        AttributeValue::Many(sets) => {
            let part =
                |part: &LocalText| LocalText { language: part.language.clone(), text: plain(&part.text) };
            AttributeValue::Many(sets.iter().map(|set| set.iter().map(part).collect()).collect())
        }
    }
}

fn write(format: DataFormat, definition: &Arc<DataDefinition>, batches: &[(Action, Columns)]) -> Vec<u8> {
    write_as(format, definition, batches, &WriteOptions::default())
}

fn write_as(
    format: DataFormat,
    definition: &Arc<DataDefinition>,
    batches: &[(Action, Columns)],
    options: &WriteOptions,
) -> Vec<u8> {
    let mut options = options.clone();
    options.languages = vec!["en".to_owned(), "fr".to_owned()];
    let mut bytes = Vec::new();
    let mut writer = writer(format, &mut bytes, definition, &options).expect("a writer");
    for (action, columns) in batches {
        writer.write(*action, columns, &DatasetContext::default()).expect("memory takes all");
    }
    writer.finish().expect("memory takes all");
    bytes
}

fn read(bytes: &[u8], definition: &Arc<DataDefinition>) -> Vec<(Action, Columns)> {
    let shown = || String::from_utf8_lossy(&bytes[..bytes.len().min(4000)]).into_owned();
    let mut reader = reader(Cursor::new(bytes), |_, _| Some(definition.clone())).expect("a message");
    let mut batches = Vec::new();
    loop {
        let batch = reader.next_batch().unwrap_or_else(|error| panic!("{error}\n{}", shown()));
        let Some(RowBatch { action, columns, issues, .. }) = batch else { break };
        assert_eq!(issues, [], "{}", shown());
        assert!(columns.check());
        batches.push((action, columns));
    }
    let summary = reader.finish();
    assert_eq!((summary.rows_left_out, &summary.issues[..]), (0, &[][..]), "{}", shown());
    assert!(summary.header.foreign(definition).is_empty(), "{:?}", summary.header);
    batches
}

/// What one row says beside its key: value, status, footnote, redistribution list; unit of its series.
type Cells = (Option<Decimal>, Option<AttributeValue>, Option<AttributeValue>, Option<AttributeValue>);
type Series = (Option<AttributeValue>, BTreeMap<Period, Cells>);

fn all_series() -> impl Strategy<Value = BTreeMap<Vec<Arc<str>>, Series>> {
    let key = prop::collection::vec("[A-Z]{1,3}|_T|[0-9]{2}".prop_map(|code| Arc::from(&*code)), 5);
    let plain =
        |pattern: &'static str| prop::option::of(pattern.prop_map(|text| AttributeValue::text(&text)));
    let text = |language: &'static str, text: &'static str| {
        (language, text)
            .prop_map(|(language, text)| LocalText { language: language.into(), text: text.into() })
    };
    let footnote = prop::option::of(
        (
            text("en", "[a-zé][a-z;\"<&>', \n]{0,6}[a-z]"),
            prop::option::of(text("fr", "[a-zé][a-z;\"<&>' ]{0,6}[a-z]")),
        )
            .prop_map(|(one, other)| {
                AttributeValue::Many([std::iter::once(one).chain(other).collect()].into())
            }),
    );
    let list =
        prop::option::of(prop::collection::vec(text("", "[A-Z][A-Z;,\"&<]{0,3}"), 2..4).prop_map(|parts| {
            AttributeValue::Many(parts.into_iter().map(|part| vec![part]).collect::<Vec<_>>().into())
        }));
    let number = prop_oneof![
        (any::<i32>(), 0u8..4).prop_map(|(unscaled, scale)| Decimal { unscaled: unscaled.into(), scale }),
        (-999_999_999_999_999_999i64..=999_999_999_999_999_999, 0u8..=18)
            .prop_map(|(unscaled, scale)| Decimal { unscaled, scale }),
    ];
    let texts: &[&str] =
        &["2020-Q3", "2020-07", "2020-M07", "2020-S1", "2020-W53", "2021-02-28", "2020-01-01/P5Y", "2020-A1"];
    let period = prop_oneof![
        (1990u16..2030).prop_map(Period::year),
        prop::sample::select(texts).prop_map(|text| Period::parse(text.as_bytes()).expect(text)),
    ];
    let cells =
        prop::collection::btree_map(period, (prop::option::of(number), plain("[A-Z]"), footnote, list), 1..5);
    prop::collection::btree_map(key, (plain("PS|USD"), cells), 1..6)
}

fn columns(definition: &DataDefinition, all: &BTreeMap<Vec<Arc<str>>, Series>) -> Columns {
    let shape = &definition.shape;
    let places = ["OBS_STATUS", "COMMENT_OBS", "CONF_REDIST"]
        .map(|id| shape.observation_attribute(id).expect("an attribute of every structure"));
    let unit_place = shape.series_attribute("UNIT_MEASURE").expect("an attribute of every structure");
    let mut builder = ColumnsBuilder::new(shape.clone());
    for (key, (unit, cells)) in all {
        builder.start_series_with_key(key);
        (0..shape.series_attributes.len())
            .for_each(|place| builder.series_attribute(place, unit.as_ref().filter(|_| place == unit_place)));
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_format_gives_back_what_went_in(all in all_series(), replaces in any::<bool>(), flat in any::<bool>()) {
        let action = if replaces { Action::Replace } else { Action::Merge };
        let batches = [(action, columns(&REMITTANCES, &all))];
        let expected = facts(&batches);
        let mut options = WriteOptions::default();
        if flat {
            options.observation_level = ObservationLevel::AllDimensions;
        }
        for format in formats() {
            let message = write_as(format, &REMITTANCES, &batches, &options);
            let again = facts(&read(&message, &REMITTANCES));
            prop_assert_eq!(&again, &left(format, &expected), "{}:\n{}", format.name(), String::from_utf8_lossy(&message));
            let count = raw_count(Cursor::new(&message)).expect("a message").observations;
            prop_assert_eq!(count as usize, expected.len(), "{}", format.name());
        }
    }

    #[test]
    fn every_format_becomes_every_other(all in all_series()) {
        let batches = [(Action::Replace, columns(&REMITTANCES, &all))];
        let expected = facts(&batches);
        for from in formats() {
            let batches = read(&write(from, &REMITTANCES, &batches), &REMITTANCES);
            for to in formats() {
                let again = facts(&read(&write(to, &REMITTANCES, &batches), &REMITTANCES));
                prop_assert_eq!(again, left(to, &left(from, &expected)), "{} to {}", from.name(), to.name());
            }
        }
    }

    #[test]
    fn deletions_of_observations_come_through(all in all_series()) {
        let bare = all.into_iter().map(|(key, (_, cells))| {
            (key, (None, cells.into_keys().map(|period| (period, (None, None, None, None))).collect()))
        });
        let batches = [(Action::Delete, columns(&REMITTANCES, &bare.collect()))];
        for format in formats() {
            if !format.can_say(Saying::Deletion) {
                let mut writer = writer(format, Vec::new(), &REMITTANCES, &WriteOptions::default()).expect("a writer");
                let refused = writer.write(Action::Delete, &batches[0].1, &DatasetContext::default());
                prop_assert!(refused.is_err(), "{}", format.name());
                continue;
            }
            let again = facts(&read(&write(format, &REMITTANCES, &batches), &REMITTANCES));
            prop_assert_eq!(again, facts(&batches), "{}", format.name());
        }
    }
}

#[test]
fn national_files_come_through_every_format() {
    let definition = definition("MIG_FLOW");
    for entry in std::fs::read_dir(folder().join("../demo/data/submissions")).expect("the demo's data") {
        let path = entry.expect("an entry").path();
        let batches = read(&std::fs::read(&path).expect("a file"), &definition);
        let expected = facts(&batches);
        for format in formats() {
            let again = facts(&read(&write(format, &definition, &batches), &definition));
            assert!(again == left(format, &expected), "{path:?} in {}", format.name());
        }
    }
}
