//! What REST gives is what gRPC gives, observation by observation, in every format, of real figures.

use std::collections::BTreeMap;
use std::io::Cursor;

use mighub::v1::Role;
use mighub_client::{Progress, PullRequest, PushOptions, PushOutcome, Source};
use mighub_sdmx::data::{DataFormat, JsonVersion, raw_count, reader};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::office::data::{Table, each, pulled, sample_path};
use crate::office::{FLOW, Stage};

/// Offices whose files are sent.
const OFFICES: [&str; 4] = ["DNK", "EST", "FIN", "SWE"];

/// An answer to a program that was written for any web server.
struct Answer {
    status: u16,
    /// Names in lower case.
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

async fn get(stage: &Stage, path: &str, accept: &str) -> Answer {
    let mut stream = TcpStream::connect(stage.plain_address()).await.expect("it listens");
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("an answer");
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a header");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut body = bytes[end + 4..].to_vec();
    if headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        body = unchunked(&body);
    }
    Answer { status: status.expect("a status"), headers, body }
}

/// The body behind the chunks; the last chunk must be there, or the answer broke off.
fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n").expect("the length of a chunk");
        let length =
            std::str::from_utf8(&rest[..end]).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        let length = length.expect("a number");
        if length == 0 {
            return body;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 2 + length + 2..];
    }
}

/// Reads a message into a table of all lanes together.
fn read(stage: &Stage, body: &[u8]) -> Table {
    let definition = stage.definition();
    let resolve = |_: &str, _: &str| Some(definition.clone());
    let mut reader = reader(Cursor::new(body), resolve).expect("a message");
    let mut table = Table::new();
    while let Some(batch) = reader.next_batch().expect("rows") {
        assert!(batch.issues.is_empty(), "{:?}", batch.issues);
        each(&batch.columns, |key, cells| {
            assert!(table.insert(key, cells).is_none(), "an observation came twice");
        });
    }
    table
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_gives_what_grpc_gives_in_every_format() {
    let stage = Stage::new().await;
    for office in OFFICES {
        stage.admit_office(office).await;
        let client = stage.client(office).await;
        let file = Source::path(sample_path(office));
        let pushed = client.push(file, &PushOptions::default(), &Progress::silent()).await.expect("a call");
        assert!(matches!(pushed.outcome, PushOutcome::Accepted { .. }), "{office}: {:?}", pushed.outcome);
    }
    stage.admit("ECE", &[Role::Reader]).await;
    let commission = stage.client("ECE").await;
    let copy = pulled(&commission, PullRequest::all(FLOW)).await;
    let expected: Table = copy.lanes.values().flat_map(|table| table.clone()).collect();
    assert!(expected.len() > 1_000, "{} observations show little", expected.len());
    for format in DataFormat::all() {
        for path in ["/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*", "/sdmx/v1/data/MIGHUB,MIG_FLOW,1.0.0"]
        {
            let media_type = format.media_type();
            let answer = get(&stage, path, &media_type).await;
            let shown = || String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)]).into_owned();
            assert_eq!(answer.status, 200, "{} of {path}: {}", format.name(), shown());
            assert_eq!(answer.headers["content-type"], media_type);
            if format == DataFormat::Xlsx {
                // Only written.
                continue;
            }
            let count = raw_count(Cursor::new(&answer.body)).expect("a message");
            assert_eq!(count.observations, expected.len() as u64, "{} of {path}", format.name());
            let found = read(&stage, &answer.body);
            assert!(found.keys().eq(expected.keys()), "{} of {path} has other observations", format.name());
            for (key, cells) in &expected {
                // What absent cells stand for is written out, so there may be more of them.
                for (id, content) in cells {
                    assert_eq!(found[key].get(id), Some(content), "{id} of {key:?} in {}", format.name());
                }
                assert_eq!(found[key].contains_key("OBS_VALUE"), cells.contains_key("OBS_VALUE"), "{key:?}");
            }
        }
    }
    for ending in ["csv", "jsonl"] {
        let answer = get(&stage, &format!("/v1/data/MIG_FLOW.{ending}"), "*/*").await;
        let rows = answer.body.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(rows, expected.len() + usize::from(ending == "csv"), "rows of .{ending}");
    }
    // Each figure says whose it is, or the format is refused before anything is sent.
    let of_two = copy.lanes["DNK"].len() + copy.lanes["SWE"].len();
    for format in DataFormat::all().filter(|format| *format != DataFormat::Xlsx) {
        let path = "/sdmx/v1/data/MIGHUB,MIG_FLOW,1.0.0/all/DNK+SWE";
        let answer = get(&stage, path, &format.media_type()).await;
        if format == DataFormat::Json(JsonVersion::V1_0) {
            assert_eq!(answer.status, 406, "{}", format.name());
            continue;
        }
        assert_eq!(answer.status, 200, "{}", format.name());
        // Readers of one provider's figures say that there are several.
        let count = raw_count(Cursor::new(&answer.body)).expect("a message");
        assert_eq!(count.observations, of_two as u64, "{}", format.name());
    }
    let parquet = get(&stage, "/v1/data/MIG_FLOW.parquet", "*/*").await;
    assert!(read(&stage, &parquet.body).keys().eq(expected.keys()));
    stage.close().await;
}
