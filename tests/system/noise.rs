//! Ids used twice, names of other lanes' blocks, noise on the port, streams that stop half way, files that are none:
//! nothing is stored half, and the hub goes on.

use std::io::Write;

use mighub::v1::{self, Role};
use mighub_client::{Progress, PushOptions, PushOutcome, Source};
use prost::Message;

use crate::hostile::{goes_on, scene, told};
use crate::office::data::flows;
use crate::office::parcel::{self, Desk};
use crate::office::{accepted, agreement, raw};

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_was_used_takes_no_other_content() {
    let (stage, desk, channel) = scene().await;
    let parcel = desk.fresh();
    parcel::open(&channel, parcel.opening()).await.expect("open");
    let mut other = desk.fresh();
    other.header.submission_id = parcel.id();
    assert_eq!(
        told(parcel::open(&channel, other.opening()).await),
        "SUBMISSION_ID_REUSED",
        "while it is open"
    );
    let sealed = parcel.send(&channel).await.expect("accepted");
    assert_eq!(
        told(parcel::open(&channel, other.opening()).await),
        "SUBMISSION_ID_REUSED",
        "once it is accepted"
    );
    let (records, bytes) = (stage.records().await, stage.stored_bytes());
    let again = parcel::open(&channel, parcel.opening()).await.expect("the same again");
    assert_eq!(again.receipt, sealed.receipt);
    assert!(again.missing_blocks.is_empty());
    let sealed_again = parcel::seal(&channel, &parcel.id()).await.expect("the same again");
    assert_eq!(sealed_again.receipt, sealed.receipt);
    assert_eq!((stage.records().await, stage.stored_bytes()), (records, bytes), "something was stored");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_of_another_lane_are_never_there() {
    let (stage, desk, channel) = scene().await;
    // An agency that sends in two names, and the same series in both.
    stage.admit("MPI", &[Role::Submitter]).await;
    let twice = v1::Agreement { principal_rank: 2, permitted_region: Vec::new(), ..agreement("MPI") };
    stage.agree(twice).await;
    let parcel = desk.fresh();
    parcel.send(&channel).await.expect("accepted");
    let thief = Desk::of(&stage, "MPI", "MPI").await;
    let other = stage.channel("MPI").await;
    let stolen = thief.parcel(vec![desk.block(&desk.columns(&[("NOR", 1)]))]);
    let entry = v1::ManifestPage::decode(&parcel.pages[0][..]).expect("a page").blocks[0].clone();
    let stolen = stolen.with_entry(|own| *own = entry);
    let opened = parcel::open(&other, stolen.opening()).await.expect("open");
    assert_eq!(opened.missing_blocks, [0], "the answer tells what another lane holds");
    assert_eq!(told(parcel::seal(&other, &stolen.id()).await), "BLOCKS_MISSING");
    // Nor are they another's submission.
    for call in [
        parcel::seal(&other, &parcel.id()).await.map(drop),
        parcel::upload(&other, parcel.upload()).await.map(drop),
    ] {
        assert_eq!(told(call), "UNKNOWN_SUBMISSION");
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_on_the_port_and_streams_that_stop_half_way_harm_nobody() {
    let (stage, desk, channel) = scene().await;
    let records = stage.records().await;
    let address = stage.address();
    let mut held = Vec::new();
    for noise in [
        &b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\xff\xff\x01",
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
        &[0; 4096],
    ] {
        let mut stream = std::net::TcpStream::connect(address).expect("connected");
        stream.write_all(noise).expect("sent");
        // Some stay connected and say nothing more.
        held.push(stream);
    }
    // Streams that break off behind the header, and within an upload.
    for _ in 0..5 {
        let parcel = desk.fresh();
        let messages = tokio_stream::StreamExt::chain(
            tokio_stream::iter([parcel.opening()[0].clone()]),
            tokio_stream::pending(),
        );
        let mut service = raw::submissions(channel.clone());
        let call = service.open_submission(messages);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(50), call).await.is_err(), "an answer");
        parcel::open(&channel, parcel.opening()).await.expect("open");
        let half =
            tokio_stream::StreamExt::chain(tokio_stream::iter(parcel.upload()), tokio_stream::pending());
        let answers = raw::submissions(channel.clone()).upload_blocks(half).await.expect("taken");
        drop(answers);
    }
    goes_on(stage, &desk, &channel, records).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_none_are_told_apart_and_nothing_of_them_is_sent() {
    let (stage, ..) = scene().await;
    let (id, dataflow) = ("MIGHUB:PA_STOCK(1.0.0)".into(), "MIGHUB:MIG_STOCK(1.0.0)".into());
    stage.agree(v1::Agreement { id, dataflow, ..agreement("SWE") }).await;
    let office = stage.client("SWE").await;
    let records = stage.records().await;
    let sound = flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")]);
    let header = flows("SWE", &[]);
    let row = &sound[header.len()..];
    let latin = [sound.as_bytes(), row.replace("NOR", "FIN").trim_end().as_bytes(), b"\xe9\n"].concat();
    let two_flows = sound.clone() + &row.replace("MIG_FLOW", "MIG_STOCK");
    for (what, content, rule) in [
        ("nothing", Vec::new(), "FIL-002"),
        ("a header", header.clone().into_bytes(), "FIL-003"),
        ("zeros", vec![0; 100_000], "FIL-004"),
        ("an open quotation mark", (header.clone() + "\"" + row).into_bytes(), "FIL-009"),
        ("a row of 2 MiB", (header.clone() + "\"" + &"x".repeat(2 << 20)).into_bytes(), "FIL-008"),
        ("half a row", sound.as_bytes()[..sound.len() - 10].to_vec(), "FIL-021"),
        ("a code in Latin-1", latin, "STR-021"),
        ("an unknown dataflow", sound.replace("MIG_FLOW", "MIG_FLAW").into_bytes(), "FIL-022"),
        ("two dataflows", two_flows.into_bytes(), "FIL-041"),
        ("a column twice", sound.replace("CONF_STATUS\n", "CONF_STATUS,SEX\n").into_bytes(), "FIL-007"),
    ] {
        let source =
            Source::Reader { name: what.to_owned(), reader: Box::new(std::io::Cursor::new(content)) };
        let pushed = office.push(source, &PushOptions::default(), &Progress::silent()).await;
        let mut pushed = pushed.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(matches!(pushed.outcome, PushOutcome::NotSent), "{what}: {:?}", pushed.outcome);
        let mut rules = Vec::new();
        let found = pushed.checked.each_finding(|finding| {
            rules.push(finding.rule_id);
            Ok(())
        });
        found.expect("findings");
        assert!(rules.iter().any(|found| found == rule), "{what}: {rules:?}");
    }
    let damaged = b"PK\x03\x04\x14\x00\x06\x00".repeat(100);
    let source = Source::Reader { name: "q.xlsx".into(), reader: Box::new(std::io::Cursor::new(damaged)) };
    let refused = office.push(source, &PushOptions::default(), &Progress::silent()).await;
    let refused = refused.expect_err("no workbook").to_string();
    assert!(refused.contains("q.xlsx") && refused.contains("save it again"), "{refused}");
    assert_eq!(stage.records().await, records);
    accepted(&office, &sound, &PushOptions::default()).await;
    stage.close().await;
}
