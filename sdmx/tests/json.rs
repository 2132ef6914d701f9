//! SDMX-JSON data in and out: what was written is read, and what others wrote is counted.

mod json_definition;

use std::io::Cursor;
use std::sync::Arc;

use json_definition::{DATAFLOW, definition};
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, LocalText};
use mighub_sdmx::data::{
    Action, DataFormat, DatasetContext, JsonVersion, ObservationLevel, RowBatch, WriteOptions, raw_count,
    reader, writer,
};
use mighub_sdmx::{Decimal, Period};
use proptest::option::of;
use proptest::prelude::*;

const VERSIONS: [JsonVersion; 3] = [JsonVersion::V1_0, JsonVersion::V2_0, JsonVersion::V2_1];

fn read(message: &[u8]) -> Result<Vec<RowBatch>, String> {
    let resolve = |kind: &str, id: &str| ((kind, id) == ("dataflow", DATAFLOW)).then(definition);
    let mut reader = reader(Cursor::new(message), resolve).map_err(|error| error.to_string())?;
    let mut batches = Vec::new();
    while let Some(batch) = reader.next_batch().map_err(|error| error.to_string())? {
        assert!(batch.columns.check());
        batches.push(batch);
    }
    let summary = reader.finish();
    assert!(summary.issues.is_empty(), "{:?}", summary.issues);
    Ok(batches)
}

/// One line an observation: action, key, period, value, attributes.
fn lines(action: Action, columns: &Columns) -> Vec<String> {
    let mut lines = Vec::new();
    for series in 0..columns.series_count() {
        for place in columns.observations(series) {
            let value = columns.value(place).map_or_else(|| "-".to_owned(), |value| value.to_string());
            let mut line = format!("{action:?} {} {} {value}", columns.key(series), columns.periods[place]);
            let of_series = columns.shape.series_attributes.iter().zip(&columns.series_attributes);
            let of_series = of_series.map(|(id, column)| (id, column.get(series)));
            let of_observation =
                columns.shape.observation_attributes.iter().zip(&columns.observation_attributes);
            let of_observation = of_observation.map(|(id, column)| (id, column.get(place)));
            for (id, value) in of_series.chain(of_observation) {
                if let Some(value) = value {
                    line.push_str(&format!(" {id}={}", show(value)));
                }
            }
            lines.push(line);
        }
    }
    lines
}

fn show(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text.to_string(),
        AttributeValue::Many(sets) => {
            let part = |part: &LocalText| format!("{}:{}", part.language, part.text);
            let set = |set: &Vec<LocalText>| set.iter().map(part).collect::<Vec<_>>().join("&");
            format!("[{}]", sets.iter().map(set).collect::<Vec<_>>().join("|"))
        }
    }
}

fn all_lines(batches: &[RowBatch]) -> Vec<String> {
    assert!(batches.iter().all(|batch| batch.issues.is_empty()), "{batches:?}");
    batches.iter().flat_map(|batch| lines(batch.action, &batch.columns)).collect()
}

fn options(level: &ObservationLevel) -> WriteOptions {
    let absent_values = vec![("TITLE".into(), AttributeValue::text("Arrivals \"by sea\""))];
    WriteOptions { observation_level: level.clone(), absent_values, ..WriteOptions::default() }
}

fn write(version: JsonVersion, options: &WriteOptions, parts: &[(Action, &Columns)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = writer(DataFormat::Json(version), &mut out, &definition(), options)
        .expect("a vector takes everything");
    for (action, columns) in parts {
        writer.write(*action, columns, &DatasetContext::default()).expect("a vector takes everything");
    }
    writer.finish().expect("a vector takes everything");
    out
}

#[derive(Clone, Debug)]
struct SeriesOf {
    key: [&'static str; 3],
    unit: Option<AttributeValue>,
    contact: Option<AttributeValue>,
    observations: Vec<(Period, Option<Decimal>, Vec<Option<AttributeValue>>)>,
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("x".to_owned()),
        Just("12.50".to_owned()),
        Just("NaN".to_owned()),
        "[ -~é\n\"\\\\😀]{1,12}"
    ]
    .prop_filter("texts are not empty", |text| !text.is_empty())
}

fn local(language: &str, text: &str) -> LocalText {
    LocalText { language: language.into(), text: text.into() }
}

fn several() -> impl Strategy<Value = AttributeValue> {
    proptest::collection::vec(texts(), 1..4).prop_map(|texts| match &texts[..] {
        [one] => AttributeValue::text(one),
        texts => AttributeValue::Many(texts.iter().map(|text| vec![local("", text)]).collect()),
    })
}

fn in_languages() -> impl Strategy<Value = AttributeValue> {
    let set = (texts(), proptest::option::of(texts())).prop_map(|(english, french)| {
        let french = french.map(|text| local("fr", &text));
        [local("en", &english)].into_iter().chain(french).collect::<Vec<_>>()
    });
    proptest::collection::vec(set, 1..3).prop_map(|sets| AttributeValue::Many(sets.into()))
}

fn flags() -> impl Strategy<Value = AttributeValue> {
    proptest::sample::subsequence(vec!["A", "E", "P"], 1..=3).prop_map(|codes| match &codes[..] {
        [one] => AttributeValue::text(one),
        codes => AttributeValue::Many(codes.iter().map(|code| vec![local("", code)]).collect()),
    })
}

fn observation() -> impl Strategy<Value = (Option<Decimal>, Vec<Option<AttributeValue>>)> {
    let value = (-999_999i64..=999_999_999, 0u8..6).prop_map(|(unscaled, scale)| Decimal { unscaled, scale });
    let number = prop_oneof![Just("7"), Just("-0.50"), Just("1000")].prop_map(AttributeValue::text);
    let plain = texts().prop_map(|text| AttributeValue::text(&text));
    let status = prop_oneof![Just("A"), Just("E")].prop_map(AttributeValue::text);
    // In the order of the shape: UPPER, OBS_STATUS, FLAGS, NOTE, SOURCE.
    let attributes = (of(number), of(status), of(flags()), of(in_languages()), of(plain));
    (proptest::option::weighted(0.8, value), attributes).prop_map(
        |(value, (upper, status, flags, note, source))| (value, vec![upper, status, flags, note, source]),
    )
}

fn series() -> impl Strategy<Value = Vec<SeriesOf>> {
    let key = (
        proptest::sample::select(vec!["A", "Q"]),
        proptest::sample::select(vec!["ESP", "FRA", "_T"]),
        proptest::sample::select(vec!["F", "M"]),
    );
    let period = proptest::sample::select(vec!["2019", "2020", "2020-Q3", "2021-12-31", "2020-01-01/P5Y"])
        .prop_map(|text| Period::parse(text.as_bytes()).expect("a period"));
    let observations = proptest::collection::btree_map(period, observation(), 1..5);
    let unit = prop_oneof![Just("0"), Just("3"), Just("03")].prop_map(AttributeValue::text);
    let of_key = (proptest::option::of(unit), proptest::option::weighted(0.3, several()), observations);
    proptest::collection::btree_map(key, of_key, 1..6).prop_map(|all| {
        let series = all.into_iter().map(|((freq, area, sex), (unit, contact, observations))| SeriesOf {
            key: [freq, area, sex],
            unit,
            contact,
            observations: observations
                .into_iter()
                .map(|(period, (value, attributes))| (period, value, attributes))
                .collect(),
        });
        series.collect()
    })
}

fn columns(series: &[SeriesOf]) -> Columns {
    let mut builder = ColumnsBuilder::new(definition().shape.clone());
    for one in series {
        builder.start_series_with_key(&one.key.map(Arc::from));
        builder.series_attribute(0, one.unit.as_ref());
        builder.series_attribute(1, one.contact.as_ref());
        for (period, value, attributes) in &one.observations {
            builder.observation(*period, *value, |place| attributes[place].as_ref());
        }
        builder.end_series();
    }
    builder.take()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_in_every_version_and_layout(
        first in series(), second in series(), flat in any::<bool>(), at in 0..VERSIONS.len(),
    ) {
        let (first, second) = (columns(&first), columns(&second));
        let level = if flat { ObservationLevel::AllDimensions } else { ObservationLevel::Time };
        let parts = [(Action::Replace, &first), (Action::Merge, &second)];
        let message = write(VERSIONS[at], &options(&level), &parts);
        let text = String::from_utf8_lossy(&message).into_owned();
        let batches = read(&message).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let expected: Vec<String> = parts.iter().flat_map(|(action, columns)| lines(*action, columns)).collect();
        prop_assert_eq!(all_lines(&batches), expected, "{}", text);
        let title = (Arc::from("TITLE"), Some(AttributeValue::text("Arrivals \"by sea\"")));
        prop_assert!(batches.iter().any(|batch| batch.dataset_attributes.contains(&title)), "{}", text);
        let count = raw_count(Cursor::new(&message)).expect("a message");
        prop_assert_eq!(count.format, DataFormat::Json(VERSIONS[at]));
        prop_assert_eq!((count.datasets, count.observations), (2, (first.len() + second.len()) as u64));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(
        series in series(), at in 0..VERSIONS.len(), cut in any::<proptest::sample::Index>(), byte in any::<u8>(),
    ) {
        let columns = columns(&series);
        let mut message = write(VERSIONS[at], &options(&ObservationLevel::Time), &[(Action::Replace, &columns)]);
        let place = cut.index(message.len());
        prop_assert!(raw_count(Cursor::new(&message[..place])).is_err());
        message[place] = byte;
        let _ = raw_count(Cursor::new(&message));
    }
}
