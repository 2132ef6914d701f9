//! Open, upload, seal: every step may be repeated until all of them are through.

use std::io::Read;

use mighub::v1::{self, ErrorReason, SubmissionState};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::error::Error;
use crate::hub::retry::{Backoff, until_answered};
use crate::hub::{Hub, MESSAGE_BYTES_AIM};
use crate::outbox::{Entry, read_error};
use mighub_intake::SpoolTotals;
use mighub_intake::{Progress, Step};

/// Messages read ahead of the network, of about 1 MiB each.
const MESSAGES_AHEAD: usize = 3;
/// Times a submission is opened again because the hub says that something is missing or unknown after all.
const REOPENED_MAX: u32 = 3;

/// What went over the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Blocks that the hub lacked.
    pub blocks: u32,
    /// Their bytes, compressed.
    pub bytes: u64,
    /// Bytes of the manifest.
    pub manifest_bytes: u64,
}

/// Says before anything is sent what the hub would refuse for its size.
pub(super) fn check_limits(totals: &SpoolTotals, limits: &v1::SubmissionLimits) -> Result<(), Error> {
    for (what, found, limit) in [
        ("blocks", u64::from(totals.blocks), u64::from(limits.blocks_max)),
        ("bytes of the manifest", totals.manifest_bytes, limits.manifest_bytes_max),
    ] {
        if limit > 0 && found > limit {
            return Err(Error::BeyondLimit { what, found, limit });
        }
    }
    Ok(())
}

/// Sends until there is a verdict.
pub(super) async fn send(
    hub: &Hub,
    entry: &Entry,
    progress: &Progress,
    sent: &mut Sent,
) -> Result<v1::SealSubmissionResponse, Error> {
    let mut backoff = Backoff::default();
    let mut reopened = 0;
    loop {
        match attempt(hub, entry, progress, sent, &mut backoff).await {
            Err(error) if reopened < REOPENED_MAX && wants_reopening(&error) => reopened += 1,
            Err(error) => backoff.pause(error).await?,
            Ok(answer) => return Ok(answer),
        }
    }
}

fn wants_reopening(error: &Error) -> bool {
    matches!(error.reason(), Some(ErrorReason::BlocksMissing | ErrorReason::UnknownSubmission))
}

async fn attempt(
    hub: &Hub,
    entry: &Entry,
    progress: &Progress,
    sent: &mut Sent,
    backoff: &mut Backoff,
) -> Result<v1::SealSubmissionResponse, Error> {
    let opened = open(hub, entry).await?;
    sent.manifest_bytes = entry.totals.manifest_bytes;
    if opened.state() == SubmissionState::Receiving && !opened.missing_blocks.is_empty() {
        upload(hub, entry, opened.missing_blocks, progress, sent, backoff).await?;
    }
    progress.tell(Step::Judging);
    let request = v1::SealSubmissionRequest { submission_id: entry.header.submission_id.clone() };
    // Not within the loop above: a hub that is long at checking must not make us open again.
    until_answered(|| {
        let (mut service, request) = (hub.submissions(), request.clone());
        async move { service.seal_submission(request).await }
    })
    .await
}

async fn open(hub: &Hub, entry: &Entry) -> Result<v1::OpenSubmissionResponse, Error> {
    use v1::open_submission_request::Part;
    let (sender, receiver) = mpsc::channel(MESSAGES_AHEAD);
    let (mut manifest, signed) = (entry.manifest()?, entry.signed.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let message = |part| v1::OpenSubmissionRequest { part: Some(part) };
        let mut part = Part::SignedHeader(signed);
        loop {
            // If the other side is gone, the call's answer says why.
            if sender.blocking_send(message(part)).is_err() {
                return Ok::<_, Error>(());
            }
            let mut chunk = Vec::new();
            let read = (&mut manifest).take(MESSAGE_BYTES_AIM as u64).read_to_end(&mut chunk);
            if read.map_err(read_error("manifest"))? == 0 {
                return Ok(());
            }
            part = Part::ManifestChunk(chunk.into());
        }
    });
    let answer = hub.submissions().open_submission(ReceiverStream::new(receiver)).await;
    reading.await??;
    Ok(answer?.into_inner())
}

async fn upload(
    hub: &Hub,
    entry: &Entry,
    missing: Vec<u32>,
    progress: &Progress,
    sent: &mut Sent,
    backoff: &mut Backoff,
) -> Result<(), Error> {
    let (sender, receiver) = mpsc::channel(MESSAGES_AHEAD);
    let mut frames = entry.frames()?;
    let mut submission_id = entry.header.submission_id.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let mut sent = Sent::default();
        let mut blocks = Vec::new();
        let mut bytes = 0;
        for (nth, index) in missing.iter().enumerate() {
            let frame = frames.read(*index).map_err(read_error("blocks"))?;
            bytes += frame.len();
            blocks.push(v1::SubmittedBlock { index: *index, frame: frame.into() });
            if bytes < MESSAGE_BYTES_AIM && nth + 1 < missing.len() {
                continue;
            }
            sent.blocks += blocks.len() as u32;
            sent.bytes += bytes as u64;
            bytes = 0;
            let request = v1::UploadBlocksRequest {
                submission_id: std::mem::take(&mut submission_id),
                blocks: std::mem::take(&mut blocks),
            };
            if sender.blocking_send(request).is_err() {
                break;
            }
        }
        Ok::<_, Error>(sent)
    });
    let answered = acknowledgements(hub, receiver, entry, progress, backoff).await;
    let now_sent = reading.await??;
    sent.blocks += now_sent.blocks;
    sent.bytes += now_sent.bytes;
    answered
}

/// Sends what comes from the channel, and hears what became durable, until all is.
async fn acknowledgements(
    hub: &Hub,
    receiver: mpsc::Receiver<v1::UploadBlocksRequest>,
    entry: &Entry,
    progress: &Progress,
    backoff: &mut Backoff,
) -> Result<(), Error> {
    let mut answers = hub.submissions().upload_blocks(ReceiverStream::new(receiver)).await?.into_inner();
    while let Some(answer) = answers.message().await? {
        backoff.moved_on();
        progress.tell(Step::Uploading { blocks: answer.durable_count, blocks_total: entry.totals.blocks });
    }
    // Whether anything is missing is for sealing to say: it knows best.
    Ok(())
}
