//! What the hub gave to be kept, given back changed: cursors, places to go on from and page tokens, with bits flipped, cut,
//! lengthened, of another kind, or of somebody else.

use mighub::v1::{self, Role};
use mighub_client::PushOptions;
use prost::Message;
use tonic::transport::Channel;

use crate::office::attack::{Attack, rounds};
use crate::office::data::flows;
use crate::office::raw::reason;
use crate::office::{FLOW, Stage, accepted};
use crate::rights::wire::{Until, call};

/// Forgeries.
const FORGERIES: u64 = 2_000;
/// Offices, so that a pull has several places to go on from and lists have several pages.
const OFFICES: [&str; 3] = ["NOR", "SWE", "FIN"];
/// Whatever a forgery may hear.
const REASONS: [&str; 6] = [
    "CURSOR_MALFORMED",
    "CURSOR_OTHER_REQUEST",
    "CURSOR_UNKNOWN",
    "RESUME_EXPIRED",
    "PAGE_TOKEN_MALFORMED",
    "LIMIT_EXCEEDED",
];

/// Where something that was kept goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Since,
    Resume,
    Page,
}

fn pull(since: &[u8], resume: &[u8]) -> v1::PullRequest {
    v1::PullRequest {
        dataflow: FLOW.into(),
        since: since.to_vec().into(),
        resume: resume.to_vec().into(),
        // So that there is more to come.
        max_observations: Some(1),
        ..Default::default()
    }
}

async fn ask(channel: &Channel, kind: Kind, kept: &[u8]) -> Result<Vec<Vec<u8>>, tonic::Status> {
    let (path, message) = match kind {
        Kind::Since => ("RetrievalService/Pull", pull(kept, &[]).encode_to_vec()),
        Kind::Resume => ("RetrievalService/Pull", pull(&[], kept).encode_to_vec()),
        Kind::Page => {
            let page_token = String::from_utf8_lossy(kept).into_owned();
            let request = v1::ListAgenciesRequest { page_size: 1, page_token };
            ("AgencyService/ListAgencies", request.encode_to_vec())
        }
    };
    call(channel, None, &format!("/mighub.v1.{path}"), vec![message], Until::End).await
}

/// What the hub gives to be kept, as it came.
async fn kept(channel: &Channel) -> Vec<(Kind, Vec<u8>)> {
    use v1::pull_response::Part;
    let mut all = Vec::new();
    for part in ask(channel, Kind::Since, &[]).await.expect("a pull") {
        match v1::PullResponse::decode(&part[..]).expect("the hub's own").part {
            Some(Part::Summary(summary)) if !summary.cursor.is_empty() => {
                all.push((Kind::Since, summary.cursor.to_vec()));
            }
            Some(Part::Checkpoint(checkpoint)) => all.push((Kind::Resume, checkpoint.resume.to_vec())),
            _ => {}
        }
    }
    let request = v1::PullRequest { dataflow: FLOW.into(), ..Default::default() };
    let messages = vec![request.encode_to_vec()];
    let whole = call(channel, None, "/mighub.v1.RetrievalService/Pull", messages, Until::End).await;
    if let Some(Part::Summary(summary)) =
        whole.expect("a pull").last().and_then(|last| v1::PullResponse::decode(&last[..]).ok()?.part)
    {
        all.push((Kind::Since, summary.cursor.to_vec()));
    }
    let page = ask(channel, Kind::Page, b"").await.expect("a page").remove(0);
    let page = v1::ListAgenciesResponse::decode(&page[..]).expect("the hub's own");
    all.push((Kind::Page, page.next_page_token.into_bytes()));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_and_changed_is_refused_by_name() {
    let mut attack = Attack::of("forged_cursors");
    let mut random = attack.random();
    let stage = Stage::new().await;
    for office in OFFICES {
        stage.admit_office(office).await;
        let rows = [("M", "IMM", "DNK", 2014, "1,A,F"), ("M", "IMM", "DNK", 2015, "2,A,F")];
        accepted(&stage.client(office).await, &flows(office, &rows), &PushOptions::default()).await;
    }
    stage.admit("READER", &[Role::Reader]).await;
    stage.admit("OTHER", &[Role::Reader]).await;
    let (reader, other) = (stage.channel("READER").await, stage.channel("OTHER").await);
    let sound = kept(&reader).await;
    for kind in [Kind::Since, Kind::Resume, Kind::Page] {
        assert!(sound.iter().any(|(of, _)| *of == kind), "there is none to forge: {kind:?}");
    }
    let places: Vec<_> = kept(&other).await.into_iter().filter(|(kind, _)| *kind == Kind::Resume).collect();
    for _ in 0..rounds(FORGERIES) {
        attack.round();
        let (kind, original) = &sound[random.below(sound.len() as u64) as usize];
        let (mut to, mut forged) = (*kind, original.clone());
        let at = random.below(forged.len() as u64) as usize;
        let what = match random.below(6) {
            0 => {
                forged[at] ^= 1 << random.below(8);
                "bits flipped"
            }
            1 => {
                forged.truncate(at);
                "ends cut off"
            }
            2 => {
                forged.push(random.below(256) as u8);
                "bytes added"
            }
            3 => {
                forged.iter_mut().for_each(|byte| *byte = random.below(256) as u8);
                "noise"
            }
            4 if *kind != Kind::Page => {
                to = if *kind == Kind::Since { Kind::Resume } else { Kind::Since };
                "of another kind"
            }
            5 if *kind == Kind::Resume => {
                forged.clone_from(&places[random.below(places.len() as u64) as usize].1);
                "of somebody else"
            }
            _ => {
                let by = 1 + random.below(255) as u8;
                forged[at] = forged[at].wrapping_add(by);
                "bytes changed"
            }
        };
        // Nothing kept is a request of its own, and text is compared as text.
        let is_same = forged.is_empty()
            || (to == Kind::Page && String::from_utf8_lossy(&forged) == String::from_utf8_lossy(original));
        if is_same {
            continue;
        }
        attack.inject(what, 1);
        match ask(&reader, to, &forged).await {
            Err(status) if REASONS.contains(&reason(&status).as_str()) => attack.fire(what, 1),
            Err(status) => attack.fail(format!("{to:?}, {what}: {}", reason(&status))),
            // A page token is a place in a list, and not sealed: who has a right to the list may begin anywhere.
            Ok(_) if to == Kind::Page => attack.fire(what, 1),
            Ok(_) => attack.fail(format!("{to:?}, {what}: it was taken: {forged:?}")),
        }
    }
    attack.finish();
    stage.close().await;
}
