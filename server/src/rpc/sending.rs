//! An office sends: a header with its manifest, then blocks. Messages are taken one by one, so that nobody
//! makes the hub hold more than a few of them.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::ErrorReason;
use mighub::v1::open_submission_request::Part;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Response, Status, Streaming};

use super::desk::{Desk, Streaming as Kind};
use super::feed::{READER_PATIENCE, shutting_down};
use super::status;
use crate::door::visitor::Visitor;
use crate::hub::permit::{ActOn, Enrolled};
use crate::hub::{Refusal, Upload};

/// Messages with blocks that are on their way to the disk: one is checked while another is written.
const MESSAGES_IN_FLIGHT: usize = 2;
/// Acknowledgements that wait for their reader; beyond it no more blocks are taken.
const ACKS_WAITING: usize = 16;

/// Header, manifest in chunks, and the answer what to upload.
pub(super) async fn open(
    desk: &Arc<Desk>,
    visitor: Visitor,
    mut messages: Streaming<v1::OpenSubmissionRequest>,
) -> Result<Response<v1::OpenSubmissionResponse>, Status> {
    let answer = async {
        let place = desk.place(&visitor, Kind::Upload)?;
        let first = next(desk, &mut messages).await?.and_then(|message| message.part);
        let Some(Part::SignedHeader(header)) = first else {
            return Err(Refusal::malformed("signed_header", "the first message must hold the signed header"));
        };
        let mut opening = desk
            .work(move |hub, now| hub.open_submission(&visitor.permit(hub, Enrolled, now)?, header, now))
            .await?;
        while let Some(message) = next(desk, &mut messages).await? {
            let Some(Part::ManifestChunk(chunk)) = message.part else {
                let text = "every message after the first must hold a chunk of the manifest";
                return Err(Refusal::malformed("manifest_chunk", text));
            };
            opening = desk
                .work(move |_, _| {
                    opening.chunk(&chunk)?;
                    Ok(opening)
                })
                .await?;
        }
        let answer = desk.work(move |_, now| opening.finish(now)).await;
        drop(place);
        answer
    };
    answer.await.map(Response::new).map_err(status::status)
}

/// Blocks one way, acknowledgements the other.
pub(super) async fn upload(
    desk: &Arc<Desk>,
    visitor: Visitor,
    mut messages: Streaming<v1::UploadBlocksRequest>,
) -> Result<Response<ReceiverStream<Result<v1::UploadBlocksResponse, Status>>>, Status> {
    let opened = async {
        let place = desk.place(&visitor, Kind::Upload)?;
        let Some(first) = next(desk, &mut messages).await? else {
            return Err(Refusal::malformed("submission_id", "the first message must name the submission"));
        };
        let id = first.submission_id.clone();
        let upload =
            desk.work(move |hub, now| hub.upload(&visitor.permit(hub, ActOn(id), now)?, now)).await?;
        Ok((place, upload, first))
    };
    let (place, upload, first) = opened.await.map_err(status::status)?;
    let (acks, answer) = mpsc::channel(ACKS_WAITING);
    let desk = desk.clone();
    tokio::spawn(async move {
        if let Err(refusal) = take_blocks(&desk, messages, upload, first.blocks, &acks).await {
            // If there is no room the sender does not read, and will not read this either.
            let _ = acks.try_send(Err(status::status(refusal)));
        }
        drop(place);
    });
    Ok(Response::new(ReceiverStream::new(answer)))
}

type Ack = Result<v1::UploadBlocksResponse, Status>;

/// Takes message after message until the sender ends, leaves or fails.
async fn take_blocks(
    desk: &Desk,
    mut messages: Streaming<v1::UploadBlocksRequest>,
    mut upload: Upload,
    mut blocks: Vec<v1::SubmittedBlock>,
    acks: &mpsc::Sender<Ack>,
) -> Result<(), Refusal> {
    let in_flight = Arc::new(Semaphore::new(MESSAGES_IN_FLIGHT));
    loop {
        if blocks.is_empty() {
            return Err(Refusal::malformed("blocks", "a message must hold at least one block"));
        }
        let Some(room) = room(desk, acks).await? else { return Ok(()) };
        let flight = in_flight.clone().acquire_owned().await.expect("this semaphore is never closed");
        upload = desk
            .work(move |_, now| {
                let acknowledge = move |durable: Result<v1::UploadBlocksResponse, Refusal>| {
                    // On the writer's thread: the room was kept, so that nothing waits here.
                    room.send(durable.map_err(status::status));
                    drop(flight);
                };
                upload.put_later(blocks, now, Box::new(acknowledge));
                Ok(upload)
            })
            .await?;
        let Some(message) = next(desk, &mut messages).await? else { return Ok(()) };
        if !message.submission_id.is_empty() {
            let text = "only the first message names the submission: call again for another one";
            return Err(Refusal::malformed("submission_id", text));
        }
        blocks = message.blocks;
    }
}

/// Room for one acknowledgement; nothing if the sender has left.
async fn room(desk: &Desk, acks: &mpsc::Sender<Ack>) -> Result<Option<mpsc::OwnedPermit<Ack>>, Refusal> {
    let mut stop = desk.stop();
    tokio::select! {
        room = acks.clone().reserve_owned() => Ok(room.ok()),
        () = tokio::time::sleep(READER_PATIENCE) => {
            let text = format!("no acknowledgement was read for {READER_PATIENCE:?}: read them while you send");
            Err(Refusal::new(ErrorReason::SlowReader, text))
        }
        () = stop.asked() => Err(shutting_down()),
    }
}

/// The sender's next message; nothing after the last.
async fn next<M>(desk: &Desk, messages: &mut Streaming<M>) -> Result<Option<M>, Refusal> {
    let (mut stop, patience) = (desk.stop(), desk.sender_patience());
    tokio::select! {
        message = messages.message() => message.or_else(|error| match error.code() {
            // The connection is gone or the call was given up: nobody hears an answer.
            Code::Cancelled | Code::Unknown | Code::Unavailable => Ok(None),
            _ => Err(status::of_transport(&error)),
        }),
        () = tokio::time::sleep(patience) => {
            let text = format!("nothing came for {patience:?}: call again; what was acknowledged stays");
            Err(Refusal::new(ErrorReason::LimitExceeded, text).about("limit", patience.as_secs()))
        }
        () = stop.asked() => Err(shutting_down()),
    }
}
