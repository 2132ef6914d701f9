//! The same file in every format that can be sent: the same verdict, and the same findings.

use std::io::Cursor;
use std::sync::Arc;

use http::Method;
use http::header::CONTENT_TYPE;
use mighub_sdmx::data::{Action, DataFormat, DatasetContext, WriteOptions, reader, writer};
use mighub_sdmx::structure::DataDefinition;
use serde_json::Value;

use super::Bench;
use crate::hub::retrieve::tests::lab::{FLOW, flow};

const HEADER: &str = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,\
                      MIG_CATEGORY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS";

/// Direction, counterpart, year, and the cells behind.
fn file(rows: &[(&str, &str, u16, &str)]) -> String {
    let row = |(direction, counterpart, year, cells): &(&str, &str, u16, &str)| {
        format!("\ndataflow,{FLOW},M,A,SWE,{direction},PRV,{counterpart},_T,_T,LT,_T,{year},{cells}")
    };
    rows.iter().map(row).fold(HEADER.to_owned(), |text, row| text + &row) + "\n"
}

/// A file of SDMX-CSV in another format.
fn written(text: &str, format: DataFormat, definition: &Arc<DataDefinition>) -> Vec<u8> {
    let mut reader = reader(Cursor::new(text), |_: &str, _: &str| Some(definition.clone())).expect("a file");
    let mut bytes = Vec::new();
    let mut out = writer(format, &mut bytes, definition, &WriteOptions::default()).expect("a writer");
    while let Some(batch) = reader.next_batch().expect("rows") {
        assert_eq!((batch.action, batch.issues.len()), (Action::Merge, 0));
        out.write(batch.action, &batch.columns, &DatasetContext::default()).expect("memory takes all");
    }
    out.finish().expect("memory takes all");
    bytes
}

/// Formats that files are read from; messages of SDMX-ML 2.1 name the data structure alone, which one dataflow uses.
fn formats() -> impl Iterator<Item = DataFormat> {
    DataFormat::all().filter(|format| *format != DataFormat::Xlsx)
}

async fn post(bench: &Bench, body: &[u8], format: DataFormat) -> (u16, Value) {
    let media_type = format.media_type();
    let answer =
        bench.send(Method::POST, "/v1/submissions", &[(CONTENT_TYPE, &media_type)], body.to_vec()).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_else(|_| Value::from(answer.text())))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_has_the_same_findings_in_every_format() {
    let bench = Bench::of_office("SWE");
    let definition = bench.lab.hub.definition(&flow()).expect("a dataflow").data;
    let text = file(&[
        ("IMM", "NOR", 2019, "12,A,F"),
        ("IMM", "NORWAY", 2020, "13,A,F"),
        ("IMM", "DNK", 2020, "14,ZZ,F"),
        ("EMI", "NOR", 2020, "-5,A,F"),
    ]);
    // Where something stands differs from format to format; what is wrong does not.
    let said = |answer: &Value| -> Vec<String> {
        let findings = answer["findings"].as_array().unwrap_or_else(|| panic!("no findings in {answer}"));
        let mut said: Vec<String> = findings
            .iter()
            .map(|finding| format!("{} {}", finding["rule_id"], finding["severity"]))
            .collect();
        said.sort();
        said
    };
    let mut expected: Option<Vec<String>> = None;
    for format in formats() {
        let (status, answer) = post(&bench, &written(&text, format, &definition), format).await;
        assert_eq!(
            (status, &answer["state"]),
            (422, &Value::from("NOT_SENT")),
            "{}: {answer}",
            format.name()
        );
        let found = said(&answer);
        assert!(found.len() >= 2, "{}: {answer}", format.name());
        match &expected {
            None => expected = Some(found),
            Some(expected) => assert_eq!(&found, expected, "{}: {answer}", format.name()),
        }
    }
}
