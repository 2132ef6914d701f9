//! SDMX-JSON as it is written: what stands where, and what is left out.

mod json_definition;

use std::io::{Cursor, ErrorKind};
use std::sync::Arc;

use json_definition::{DATAFLOW, definition};
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder};
use mighub_sdmx::data::{
    Action, DataFormat, DatasetContext, Detail, JsonVersion, MessageHeader, ObservationLevel, StructureUse,
    WriteOptions, reader, writer,
};
use mighub_sdmx::{Decimal, Period};
use serde_json::{Value, json};

/// Rows of period (or none), value and status.
type Rows<'a> = &'a [(&'a str, Option<i64>, Option<&'a str>)];

/// A series: key, unit, contact, rows.
type SeriesRows<'a> = ([&'a str; 3], Option<&'a str>, Option<&'a str>, Rows<'a>);

fn columns(series: &[SeriesRows<'_>]) -> Columns {
    let mut builder = ColumnsBuilder::new(definition().shape.clone());
    for (key, unit, contact, rows) in series {
        builder.start_series_with_key(&key.map(Arc::from));
        builder.series_attribute(0, unit.map(AttributeValue::text).as_ref());
        builder.series_attribute(1, contact.map(AttributeValue::text).as_ref());
        for (period, value, status) in *rows {
            let period = if period.is_empty() {
                Period::ANY
            } else {
                Period::parse(period.as_bytes()).expect("a period")
            };
            let status = status.map(AttributeValue::text);
            builder.observation(period, value.map(Decimal::integer), |place| {
                status.as_ref().filter(|_| place == 1)
            });
        }
        builder.end_series();
    }
    builder.take()
}

fn write(
    version: JsonVersion,
    options: &WriteOptions,
    parts: &[(Action, &Columns, DatasetContext<'_>)],
) -> Result<Value, String> {
    let mut out = Vec::new();
    let mut writer = writer(DataFormat::Json(version), &mut out, &definition(), options)
        .map_err(|error| error.to_string())?;
    for (action, columns, context) in parts {
        writer.write(*action, columns, context).map_err(|error| error.to_string())?;
    }
    writer.finish().map_err(|error| error.to_string())?;
    serde_json::from_slice(&out).map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&out)))
}

fn flat() -> WriteOptions {
    WriteOptions { observation_level: ObservationLevel::AllDimensions, ..WriteOptions::default() }
}

#[test]
fn a_message_says_who_sends_what_in_which_words() {
    let prepared = "2026-11-25T03:00:00Z".parse().expect("an instant");
    let header = MessageHeader {
        id: "M1".into(),
        test: true,
        prepared,
        sender: "ESCWA".into(),
        ..MessageHeader::default()
    };
    let options =
        WriteOptions { header, languages: vec!["fr".into(), "en".into()], ..WriteOptions::default() };
    let columns = columns(&[(["A", "ESP", "F"], Some("3"), None, &[("2020-Q3", Some(7), Some("E"))])]);
    let context = DatasetContext { valid_from: Some(prepared), ..DatasetContext::default() };
    let message =
        write(JsonVersion::V2_1, &options, &[(Action::Merge, &columns, context)]).expect("a message");
    assert_eq!(message["$schema"], "https://json.sdmx.org/2.1/sdmx-json-data-schema.json");
    let meta = &message["meta"];
    assert_eq!(
        [&meta["id"], &meta["test"], &meta["prepared"], &meta["sender"], &meta["contentLanguages"]],
        [
            &json!("M1"),
            &json!(true),
            &json!("2026-11-25T03:00:00Z"),
            &json!({"id": "ESCWA"}),
            &json!(["fr", "en"])
        ]
    );
    let urn = "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=TEST:ARRIVALS(1.0.0)";
    assert_eq!(
        message["data"]["dataSets"],
        json!([{"structure": 0, "links": [{"rel": "dataflow", "urn": urn}], "action": "Merge", "validFrom": "2026-11-25T03:00:00Z",
            "series": {"0:0:0": {"attributes": [3], "observations": {"0": [7, null, 0]}}}}])
    );
    let structure = &message["data"]["structures"][0];
    assert_eq!(structure["name"], "Arrivées");
    assert_eq!(
        structure["dimensions"]["series"][1],
        json!({"id": "AREA", "name": "Area", "keyPosition": 1,
            "values": [{"id": "ESP", "name": "Espagne", "names": {"en": "Spain", "fr": "Espagne"}, "parent": "_T", "order": 1}]})
    );
    assert_eq!(
        structure["dimensions"]["observation"][0]["values"],
        json!([{"id": "2020-Q3", "name": "2020-Q3", "start": "2020-07-01T00:00:00Z", "end": "2020-09-30T23:59:59Z"}])
    );
    assert_eq!(structure["measures"]["observation"][1]["id"], "UPPER");
    assert_eq!(
        structure["attributes"]["series"],
        json!([{"id": "UNIT_MULT", "name": "Unit multiplier", "relationship": {"dimensions": ["FREQ", "AREA", "SEX"]},
            "isMandatory": true, "format": {"dataType": "Integer"}}])
    );
    assert_eq!(structure["attributes"]["observation"][0]["values"][0]["id"], "E");
}

#[test]
fn clients_of_1_0_find_header_structure_and_indexes_only() {
    let columns = columns(&[(
        ["A", "ESP", "F"],
        Some("3"),
        Some("a@x"),
        &[("2020", Some(7), Some("E")), ("2021", None, None)],
    )]);
    let parts = [(Action::Replace, &columns, DatasetContext::default())];
    let message = write(JsonVersion::V1_0, &WriteOptions::default(), &parts).expect("a message");
    assert_eq!(message["header"]["id"], "DATA");
    assert_eq!(
        message["dataSets"][0]["series"],
        json!({"0:0:0": {"attributes": [0, 0], "observations": {"0": [7, 0], "1": [null]}}})
    );
    let attributes = &message["structure"]["attributes"];
    assert_eq!(attributes["series"][1]["values"], json!([{"name": "a@x"}]));
    assert_eq!(attributes["observation"][0]["values"], json!([{"id": "E", "name": "Estimated"}]));
}

#[test]
fn a_series_goes_on_in_the_next_call_and_datasets_end_where_something_changes() {
    let first = columns(&[(["A", "ESP", "F"], Some("3"), None, &[("2019", Some(1), None)])]);
    let second = columns(&[
        (["A", "ESP", "F"], Some("3"), None, &[("2020", Some(2), None)]),
        (["A", "FRA", "F"], None, None, &[("2020", Some(3), None)]),
    ]);
    let of_spain = DatasetContext { custom: &["ESP_INE"], ..DatasetContext::default() };
    let of_france = DatasetContext { custom: &["FRA_INSEE"], ..DatasetContext::default() };
    let parts = [
        (Action::Replace, &first, of_spain),
        (Action::Replace, &second, of_spain),
        (Action::Replace, &second, of_france),
        (Action::Merge, &second, of_france),
    ];
    for (options, data, expected) in [
        (
            WriteOptions::default(),
            "series",
            json!({"0:0:0": {"attributes": [3], "observations": {"0": [1], "1": [2]}}, "0:1:0": {"observations": {"1": [3]}}}),
        ),
        (flat(), "observations", json!({"0:0:0:0": [1, null, 3], "0:0:0:1": [2, null, 3], "0:1:0:1": [3]})),
    ] {
        let message = write(JsonVersion::V2_1, &options, &parts).expect("a message");
        let datasets = message["data"]["dataSets"].as_array().expect("datasets");
        assert_eq!(datasets.len(), 3);
        assert_eq!(datasets[0][data], expected);
        assert_eq!(message["data"]["structures"][0]["dataSets"], json!([0, 1, 2]));
    }
}

#[test]
fn each_dataset_names_its_provider() {
    let columns = columns(&[(["A", "ESP", "F"], None, None, &[("2020", Some(7), None)])]);
    let of = |custom| DatasetContext { custom, ..DatasetContext::default() };
    let parts = [
        (Action::Replace, &columns, of(&["2020-01-01", "ESP"])),
        (Action::Replace, &columns, of(&["2020-01-01", "FRA"])),
    ];
    let custom_columns = ["VALID_FROM", "DATA_PROVIDER"].map(str::to_owned).to_vec();
    let by_dataflow = WriteOptions { custom_columns, ..WriteOptions::default() };
    let agreement = "urn:sdmx:org.sdmx.infomodel.registry.ProvisionAgreement=UNION:PA(1.0.0)";
    let structure = StructureUse::ProvisionAgreement(agreement.parse().expect("a name"));
    let header = MessageHeader { structure, ..MessageHeader::default() };
    let by_agreement = WriteOptions { header, ..by_dataflow.clone() };
    for version in [JsonVersion::V2_0, JsonVersion::V2_1] {
        for (options, agency) in [(&by_dataflow, "TEST"), (&by_agreement, "UNION")] {
            let message = write(version, options, &parts).expect("a message");
            for (dataset, id) in ["ESP", "FRA"].into_iter().enumerate() {
                let links = message["data"]["dataSets"][dataset]["links"].as_array().expect("links");
                let urn = format!(
                    "urn:sdmx:org.sdmx.infomodel.base.DataProvider={agency}:DATA_PROVIDERS(1.0).{id}"
                );
                assert_eq!(links.last(), Some(&json!({"rel": "dataprovider", "urn": urn, "title": id})));
            }
            let text = message.to_string();
            let resolve = |_: &str, id: &str| (id == DATAFLOW).then(definition);
            let mut reader = reader(Cursor::new(text.as_bytes()), resolve).expect("a message");
            let mut observations = 0;
            while let Some(batch) = reader.next_batch().expect("a message") {
                observations += batch.columns.periods.len();
            }
            assert_eq!(observations, 2, "the dataflow is found beside the provider");
        }
    }
}

#[test]
fn a_second_provider_is_refused_where_none_can_be_named() {
    let columns = columns(&[(["A", "ESP", "F"], None, None, &[("2020", Some(7), None)])]);
    let of = |custom| DatasetContext { custom, ..DatasetContext::default() };
    let options = WriteOptions { custom_columns: vec!["DATA_PROVIDER".into()], ..WriteOptions::default() };
    let format = DataFormat::Json(JsonVersion::V1_0);
    let mut writer = writer(format, Vec::new(), &definition(), &options).expect("a writer");
    for action in [Action::Replace, Action::Delete] {
        writer.write(action, &columns, &of(&["ESP"])).expect("one provider, in as many datasets as it takes");
    }
    for second in [of(&["FRA"]), of(&[])] {
        let error = writer.write(Action::Delete, &columns, &second).expect_err("a second provider");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("ask for version 2.0.0"), "{error}");
    }
}

#[test]
fn what_is_about_a_series_stands_with_it() {
    let columns = columns(&[
        (["A", "ESP", "F"], Some("3"), Some("a@x"), &[("", None, None)]),
        (["A", "FRA", "F"], None, Some("b@x"), &[]),
    ]);
    let parts = [(Action::Replace, &columns, DatasetContext::default())];
    let message = write(JsonVersion::V2_1, &WriteOptions::default(), &parts).expect("a message");
    assert_eq!(
        message["data"]["dataSets"][0]["series"],
        json!({"0:0:0": {"attributes": [3, "a@x"]}, "0:1:0": {"attributes": [null, "b@x"]}})
    );
    let message = write(JsonVersion::V2_1, &flat(), &parts).expect("a message");
    let dataset = &message["data"]["dataSets"][0];
    assert_eq!(dataset["dimensionGroupAttributes"], json!({"0:0:0:": [3, "a@x"], "0:1:0:": [null, "b@x"]}));
    let ids = |level: &str| {
        let listed = message["data"]["structures"][0]["attributes"][level].as_array().expect("attributes");
        listed.iter().map(|each| each["id"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("dimensionGroup"), ["UNIT_MULT", "CONTACT"]);
}

#[test]
fn deletions_of_all_kinds_are_read_as_they_were_written() {
    let columns = columns(&[
        (["", "ESP", ""], None, None, &[("", None, None)]),
        (
            ["A", "FRA", "F"],
            None,
            None,
            &[("2020", None, None), ("2021", Some(0), None), ("", None, Some("A"))],
        ),
        (["Q", "FRA", "M"], None, None, &[]),
    ]);
    for version in [JsonVersion::V1_0, JsonVersion::V2_0, JsonVersion::V2_1] {
        for options in [WriteOptions::default(), flat()] {
            let parts = [(Action::Delete, &columns, DatasetContext::default())];
            let message = write(version, &options, &parts).expect("a message").to_string();
            let resolve = |_: &str, id: &str| (id == DATAFLOW).then(definition);
            let mut reader = reader(Cursor::new(message.as_bytes()), resolve).expect("a message");
            let batch = reader.next_batch().expect("a message").expect("rows");
            assert!(
                batch.issues.is_empty() && batch.action == Action::Delete,
                "{message}: {:?}",
                batch.issues
            );
            let rows = &batch.columns;
            let mut lines = Vec::new();
            for series in 0..rows.series_count() {
                for place in rows.observations(series) {
                    let value = rows.value(place).map(|value| value.to_string()).unwrap_or_default();
                    let status = rows.observation_attributes[1].get(place).and_then(AttributeValue::as_text);
                    lines.push(format!(
                        "{} {} {value} {}",
                        rows.key(series),
                        rows.periods[place],
                        status.unwrap_or_default()
                    ));
                }
            }
            lines.sort();
            assert_eq!(
                lines,
                [".ESP.   ", "A.FRA.F   A", "A.FRA.F 2020  ", "A.FRA.F 2021 0 ", "Q.FRA.M   "],
                "{message}"
            );
        }
    }
}

#[test]
fn only_what_was_asked_for_is_written() {
    let columns = columns(&[(["A", "ESP", "F"], Some("3"), None, &[("2020", Some(7), Some("E"))])]);
    let parts = [(Action::Replace, &columns, DatasetContext::default())];
    let series = |options: WriteOptions| {
        let message = write(JsonVersion::V2_1, &options, &parts).expect("a message");
        message["data"]["dataSets"][0]["series"]["0:0:0"].clone()
    };
    let attributes = Some(vec![Arc::from("OBS_STATUS")]);
    let table = [
        (
            WriteOptions { attributes, ..WriteOptions::default() },
            json!({"observations": {"0": [7, null, 0]}}),
        ),
        (
            WriteOptions { measures: false, ..WriteOptions::default() },
            json!({"attributes": [3], "observations": {"0": [0]}}),
        ),
        (
            WriteOptions { detail: Detail::DataOnly, ..WriteOptions::default() },
            json!({"observations": {"0": [7]}}),
        ),
        (WriteOptions { detail: Detail::NoData, ..WriteOptions::default() }, json!({"attributes": [3]})),
        (WriteOptions { detail: Detail::SeriesKeysOnly, ..WriteOptions::default() }, json!({})),
    ];
    for (options, expected) in table {
        let asked = format!("{options:?}");
        assert_eq!(series(options), expected, "{asked}");
    }
}

#[test]
fn no_data_are_a_message_too() {
    for version in [JsonVersion::V1_0, JsonVersion::V2_0, JsonVersion::V2_1] {
        let message = write(version, &WriteOptions::default(), &[]).expect("a message");
        let data = if version == JsonVersion::V1_0 { &message } else { &message["data"] };
        assert_eq!(data["dataSets"], json!([]));
    }
}
