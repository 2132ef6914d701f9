//! Headers, manifests and blocks that are wrong in any way: each is refused by name, nothing is stored half, and the
//! hub goes on.

use mighub::block::{Digest, compress, encode};
use mighub::v1::open_submission_request::Part;
use mighub::v1::{self, SubmissionKind};
use mighub_client::PullRequest;
use prost::Message;
use tonic::Status;
use tonic::transport::Channel;

use crate::office::data::pulled;
use crate::office::parcel::{self, Desk, Parcel, part, sign};
use crate::office::raw::{self, reason};
use crate::office::{FLOW, Stage};

/// More than the 5 MiB that the hub takes in one message.
const TOO_LARGE: usize = 6 * 1024 * 1024;
const TEN_MINUTES_S: i64 = 600;

/// A hub with one office, and its desk.
pub(crate) async fn scene() -> (Stage, Desk, Channel) {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let desk = Desk::of(&stage, "SWE", "SWE").await;
    let channel = stage.channel("SWE").await;
    (stage, desk, channel)
}

/// The hub still does its work, and nothing but that was recorded.
pub(crate) async fn goes_on(stage: Stage, desk: &Desk, channel: &Channel, records: u64) {
    assert_eq!(stage.records().await, records, "something was recorded");
    let sealed = desk.fresh().send(channel).await.expect("a sound submission is taken");
    assert!(sealed.receipt.is_some(), "{:?}", sealed.verdict);
    assert_eq!(stage.records().await, records + 1);
    let reader = stage.client("SWE").await;
    assert_eq!(pulled(&reader, PullRequest::all(FLOW)).await.lane("SWE").len(), 1);
    stage.close().await;
}

pub(crate) fn told<T>(answer: Result<T, Status>) -> String {
    answer.map_or_else(|status| reason(&status), |_| "nothing is wrong".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_is_not_right_is_refused_by_name() {
    let (stage, desk, channel) = scene().await;
    stage.admit_office("NOR").await;
    let records = stage.records().await;
    type Change = Box<dyn Fn(&mut v1::SubmissionHeader)>;
    let change = |change: fn(&mut v1::SubmissionHeader)| -> Change { Box::new(change) };
    let table: Vec<(&str, Change, &str)> = vec![
        ("another hub", change(|header| header.hub_id = "OTHER".into()), "WRONG_HUB"),
        ("no lane", change(|header| header.lane = None), "HEADER_MALFORMED"),
        (
            "another office's lane",
            change(|header| header.lane = Some(raw::lane("NOR"))),
            "LANE_NOT_PERMITTED",
        ),
        (
            "a lane that is not there",
            change(|header| header.lane = Some(raw::lane("XXX"))),
            "LANE_NOT_PERMITTED",
        ),
        (
            "an unknown dataflow",
            change(|header| {
                header.lane =
                    Some(v1::Lane { dataflow: "MIGHUB:NO_FLOW(1.0.0)".into(), provider: "SWE".into() });
            }),
            "UNKNOWN_DATAFLOW",
        ),
        ("no id", change(|header| header.submission_id.clear()), "HEADER_MALFORMED"),
        ("half an id", change(|header| header.submission_id.truncate(13)), "HEADER_MALFORMED"),
        ("another agency", change(|header| header.agency = "NOR".into()), "HEADER_MALFORMED"),
        ("no kind", change(|header| header.kind = 0), "HEADER_MALFORMED"),
        (
            "a correction without reason",
            change(|header| header.kind = SubmissionKind::Correction.into()),
            "REASON_REQUIRED",
        ),
        (
            "made in the future",
            change(|header| header.prepared_time.as_mut().expect("a time").seconds += TEN_MINUTES_S + 60),
            "CLOCK_SKEW",
        ),
        (
            "other structures",
            change(|header| header.structure_digest = vec![7; 32].into()),
            "STRUCTURE_MOVED",
        ),
        ("other defaults", change(|header| header.defaults.clear()), "STRUCTURE_MOVED"),
        ("a base that never was", change(|header| header.base_position = Some(1)), "VINTAGE_UNKNOWN"),
        (
            "a scope of too many dimensions",
            change(|header| {
                let key = v1::KeyPattern { dimensions: vec![v1::CodeSet { codes: vec!["A".into()] }; 10] };
                header.complete_scope = Some(v1::Selection { keys: vec![key], ..Default::default() });
            }),
            "SELECTION_MALFORMED",
        ),
        (
            "a scope in a week that does not exist",
            change(|header| {
                header.complete_scope =
                    Some(v1::Selection { start_period: "2019-W53".into(), ..Default::default() });
            }),
            "PERIOD_MALFORMED",
        ),
        (
            "another manifest",
            change(|header| header.manifest_digest = vec![7; 32].into()),
            "MANIFEST_DIGEST_MISMATCH",
        ),
        ("a long reason", change(|header| header.reason = "x".repeat(2_001)), "HEADER_MALFORMED"),
        ("a huge header", change(|header| header.client_name = "x".repeat(300 * 1024)), "HEADER_MALFORMED"),
    ];
    for (what, change, expected) in table {
        let mut parcel = desk.fresh();
        change(&mut parcel.header);
        assert_eq!(told(parcel::open(&channel, parcel.opening()).await), expected, "{what}");
    }

    let parcel = desk.fresh();
    let signed = parcel.signed();
    let other_bytes =
        v1::SignedHeader { header: desk.fresh().header.encode_to_vec().into(), ..signed.clone() };
    let other_key = v1::SignedHeader { signing_key_id: vec![7; 32].into(), ..signed.clone() };
    let no_message = sign(vec![0xff; 40], &stage.home("SWE"));
    let of_other_agency = sign(parcel.header.encode_to_vec(), &stage.home("NOR"));
    for (what, signed, expected) in [
        ("signed for other bytes", other_bytes, "SIGNATURE_INVALID"),
        (
            "no signature",
            v1::SignedHeader { signature: Vec::new().into(), ..signed.clone() },
            "SIGNATURE_INVALID",
        ),
        ("an unknown key", other_key, "SIGNING_KEY_UNKNOWN"),
        ("another agency's key", of_other_agency, "SIGNING_KEY_UNKNOWN"),
        ("no message", no_message, "HEADER_MALFORMED"),
    ] {
        let manifest = part(Part::ManifestChunk(parcel.manifest_bytes().into()));
        let messages = vec![part(Part::SignedHeader(signed)), manifest];
        assert_eq!(told(parcel::open(&channel, messages).await), expected, "{what}");
    }
    goes_on(stage, &desk, &channel, records).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_is_not_right_is_refused_by_name() {
    let (stage, desk, channel) = scene().await;
    let records = stage.records().await;
    let sound = || desk.fresh();
    let with = |change: &dyn Fn(&mut v1::Manifest)| {
        let mut parcel = desk.fresh();
        change(&mut parcel.manifest);
        parcel.sealed()
    };
    let two_blocks = |first: &str, second: &str| {
        let block = |counterpart: &str| desk.block(&desk.columns(&[(counterpart, 1)]));
        desk.parcel(vec![block(first), block(second)])
    };
    let other_page = {
        let mut parcel = sound();
        *parcel.pages[0].last_mut().expect("bytes") ^= 1;
        parcel
    };
    let table: Vec<(&str, Parcel, &str)> = vec![
        ("an unknown canon", with(&|manifest| manifest.canon = 2), "CANON_UNKNOWN"),
        ("another provider", with(&|manifest| manifest.provider = "NOR".into()), "HEADER_MALFORMED"),
        (
            "another structure",
            with(&|manifest| manifest.structure_digest = vec![7; 32].into()),
            "HEADER_MALFORMED",
        ),
        ("an action that is none", with(&|manifest| manifest.parts[0].action = 0), "MANIFEST_MALFORMED"),
        (
            "too many parts",
            with(&|manifest| {
                manifest.parts = vec![manifest.parts[0].clone(); 1_025];
            }),
            "MANIFEST_MALFORMED",
        ),
        (
            "another count of blocks",
            with(&|manifest| manifest.parts[0].pages[0].blocks = 2),
            "MANIFEST_MALFORMED",
        ),
        (
            "absent values",
            with(&|manifest| {
                manifest.absent_values.push(v1::AbsentValue { id: "OBS_STATUS".into(), value: "A".into() });
            }),
            "MANIFEST_MALFORMED",
        ),
        ("a page with another digest", other_page, "MANIFEST_DIGEST_MISMATCH"),
        ("blocks out of order", two_blocks("NOR", "DNK"), "MANIFEST_UNSORTED"),
        ("a block of 5 MiB", sound().with_entry(|entry| entry.raw_bytes = 5 << 20), "BLOCK_TOO_LARGE"),
        ("a block of a million", sound().with_entry(|entry| entry.observations = 1 << 20), "BLOCK_TOO_LARGE"),
        ("a block without name", sound().with_entry(|entry| entry.digest.clear()), "MANIFEST_MALFORMED"),
        ("a code outside the page", sound().with_entry(|entry| entry.first_key[0] = 9), "MANIFEST_MALFORMED"),
    ];
    for (what, parcel, expected) in table {
        assert_eq!(told(parcel::open(&channel, parcel.opening()).await), expected, "{what}");
    }

    let parcel = sound();
    let header = || part(Part::SignedHeader(parcel.signed()));
    let chunk = |bytes: &[u8]| part(Part::ManifestChunk(bytes.to_vec().into()));
    let bytes = parcel.manifest_bytes();
    for (what, messages, expected) in [
        ("nothing", vec![], "ARGUMENT_MALFORMED"),
        ("a chunk first", vec![chunk(&bytes)], "ARGUMENT_MALFORMED"),
        ("two headers", vec![header(), header()], "ARGUMENT_MALFORMED"),
        ("no manifest", vec![header()], "MANIFEST_MALFORMED"),
        ("half a manifest", vec![header(), chunk(&bytes[..bytes.len() / 2])], "MANIFEST_MALFORMED"),
        ("something behind it", vec![header(), chunk(&bytes), chunk(&[1, 2, 3])], "MANIFEST_MALFORMED"),
        ("noise", vec![header(), chunk(&[0x20; 33])], "MANIFEST_MALFORMED"),
        (
            "a length beyond all limits",
            vec![header(), chunk(&[0xff, 0xff, 0xff, 0xff, 0x7f])],
            "MANIFEST_TOO_LARGE",
        ),
        ("a message beyond the limit", vec![header(), chunk(&vec![0; TOO_LARGE])], "LIMIT_EXCEEDED"),
    ] {
        assert_eq!(told(parcel::open(&channel, messages).await), expected, "{what}");
    }
    goes_on(stage, &desk, &channel, records).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_is_not_what_its_manifest_names_is_refused_by_name() {
    let (stage, desk, channel) = scene().await;
    let records = stage.records().await;
    let parcel = desk.fresh();
    parcel::open(&channel, parcel.opening()).await.expect("open");
    let frame = parcel.frames[0].clone();
    let message = |index: u32, frame: Vec<u8>| {
        let blocks = vec![v1::SubmittedBlock { index, frame: frame.into() }];
        vec![v1::UploadBlocksRequest { submission_id: parcel.id(), blocks }]
    };
    let other = compress(&desk.block(&desk.columns(&[("DNK", 5)])).raw).expect("compressed");
    let behind = [frame.clone(), vec![0]].concat();
    let (half, twice) = (frame[..frame.len() / 2].to_vec(), frame.repeat(2));
    // A header of a zstd frame that declares a gibibyte.
    let bomb = [&[0x28, 0xB5, 0x2F, 0xFD, 0xA0, 0, 0, 0, 0x40][..], &[0; 32]].concat();
    let unnamed =
        v1::UploadBlocksRequest { submission_id: String::new(), ..message(0, frame.clone())[0].clone() };
    let empty = v1::UploadBlocksRequest { submission_id: parcel.id(), blocks: Vec::new() };
    for (what, messages, expected) in [
        ("nothing", vec![], "ARGUMENT_MALFORMED"),
        ("no id", vec![unnamed], "ARGUMENT_MALFORMED"),
        ("no blocks", vec![empty], "ARGUMENT_MALFORMED"),
        ("a block that is not named", message(1, frame.clone()), "BLOCK_NOT_NAMED"),
        ("another block", message(0, other), "BLOCK_DIGEST_MISMATCH"),
        ("noise", message(0, vec![7; 100]), "BLOCK_DECOMPRESSION"),
        ("half a frame", message(0, half), "BLOCK_DECOMPRESSION"),
        ("two frames", message(0, twice), "BLOCK_DECOMPRESSION"),
        ("something behind the frame", message(0, behind), "BLOCK_DECOMPRESSION"),
        ("a bomb", message(0, bomb), "BLOCK_TOO_LARGE"),
        ("a message beyond the limit", message(0, vec![0; TOO_LARGE]), "LIMIT_EXCEEDED"),
    ] {
        assert_eq!(told(parcel::upload(&channel, messages).await), expected, "{what}");
        assert_eq!(told(parcel::seal(&channel, &parcel.id()).await), "BLOCKS_MISSING", "after {what}");
    }
    let elsewhere =
        v1::UploadBlocksRequest { submission_id: desk.fresh().id(), ..message(0, frame.clone())[0].clone() };
    assert_eq!(told(parcel::upload(&channel, vec![elsewhere]).await), "UNKNOWN_SUBMISSION");
    assert_eq!(told(parcel::seal(&channel, &desk.fresh().id()).await), "UNKNOWN_SUBMISSION");

    // Blocks that have their digest, but are not what canon 1 makes of their content.
    let columns = desk.columns(&[("DNK", 5), ("NOR", 6)]);
    let canonical = desk.block(&columns);
    let with_raw = |raw: Vec<u8>| {
        let mut block = canonical.clone();
        block.info.digest = Digest::of(&raw);
        block.info.raw_bytes = raw.len() as u32;
        desk.parcel(vec![mighub::block::FinishedBlock { raw, ..block }])
    };
    let unknown_field = [canonical.raw.clone(), vec![0xf8, 0x07, 0x01]].concat();
    let mut unsorted = v1::SeriesBlock::decode(&canonical.raw[..]).expect("a block");
    unsorted.dimensions[4].series.reverse();
    let early_cut =
        desk.parcel(vec![desk.block(&desk.columns(&[("DNK", 5)])), desk.block(&desk.columns(&[("NOR", 6)]))]);
    let other_facts = desk.parcel(vec![canonical.clone()]).with_entry(|entry| entry.last_period += 16);
    assert_eq!(encode(&columns), canonical.raw, "the encoder is that of the canon");
    for (what, parcel, expected) in [
        ("an unknown field", with_raw(unknown_field), "BLOCK_NOT_CANONICAL"),
        ("series out of order", with_raw(unsorted.encode_to_vec()), "BLOCK_NOT_CANONICAL"),
        ("no message", with_raw(vec![0xff; 50]), "BLOCK_NOT_CANONICAL"),
        ("cut where the canon does not cut", early_cut, "BLOCK_NOT_CANONICAL"),
        ("a block twice", desk.parcel(vec![canonical.clone(), canonical.clone()]), "MANIFEST_UNSORTED"),
        ("other facts in the manifest", other_facts, "MANIFEST_MALFORMED"),
    ] {
        assert_eq!(told(parcel.send(&channel).await), expected, "{what}");
    }
    goes_on(stage, &desk, &channel, records).await;
}
