//! Uploads that are cut at every block and at any byte, with the hub started again in between: one version, and no block
//! that was acknowledged is sent again.

use std::time::Duration;

use mighub::v1;
use mighub_client::Home;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::transport::Channel;

use crate::office::attack::{Attack, rounds};
use crate::office::parcel::{self, Desk, Parcel, fresh_figure};
use crate::office::proxy::Proxy;
use crate::office::{ADMINISTRATOR, FLOW, Stage, raw};

/// Blocks of a submission: each is a part of its own, since some figures fill no block.
const BLOCKS: usize = 24;
/// Cuts at random bytes.
const CUTS: u64 = 500;
/// Submissions that are cut before the hub is started again.
const TOGETHER: u64 = 5;
/// Acknowledged blocks that may be asked for again.
const AGAIN_MAX: usize = 1;
/// A line that is to break and does not within so long was whole until the end.
const BREAKS_WITHIN: Duration = Duration::from_secs(20);

/// A submission of many blocks that nobody has sent yet.
fn parcel_of_blocks(desk: &Desk) -> Parcel {
    let one = || desk.parcel(vec![desk.block(&desk.columns(&[("NOR", fresh_figure())]))]);
    let mut whole = one();
    for _ in 1..BLOCKS {
        let next = one();
        whole.manifest.parts.extend(next.manifest.parts);
        whole.pages.extend(next.pages);
        whole.frames.extend(next.frames);
    }
    whole.sealed()
}

/// Blocks of a submission, one a message.
fn messages(parcel: &Parcel, indexes: impl IntoIterator<Item = u32>) -> Vec<v1::UploadBlocksRequest> {
    let message = |(nth, index): (usize, u32)| {
        let frame = parcel.frames[index as usize].clone().into();
        let blocks = vec![v1::SubmittedBlock { index, frame }];
        // Only the first names the submission.
        let submission_id = if nth == 0 { parcel.id() } else { String::new() };
        v1::UploadBlocksRequest { submission_id, blocks }
    };
    indexes.into_iter().enumerate().map(message).collect()
}

/// Sends blocks one after the other and gives the acknowledged ones, however far it comes; the stream stays open at its
/// end, as that of an office whose line is cut.
async fn upload_some(
    channel: &Channel,
    messages: Vec<v1::UploadBlocksRequest>,
    acknowledged: &mut Vec<u32>,
) -> Result<(), Status> {
    let expected = messages.len();
    let (sender, receiver) = mpsc::channel(BLOCKS);
    for message in messages {
        sender.send(message).await.expect("there is room");
    }
    let answers = raw::submissions(channel.clone()).upload_blocks(ReceiverStream::new(receiver)).await?;
    let mut answers = answers.into_inner();
    let mut came = 0;
    while came < expected {
        let Some(answer) = answers.message().await? else { break };
        came += answer.durable_blocks.len();
        acknowledged.extend(answer.durable_blocks);
    }
    drop(sender);
    Ok(())
}

/// Finishes what was begun; gives how many acknowledged blocks were asked for again.
async fn finish(
    channel: &Channel,
    parcel: &Parcel,
    acknowledged: &[u32],
) -> Result<(usize, v1::Receipt), Status> {
    let opened = parcel::open(channel, parcel.opening()).await?;
    let receipt = match opened.receipt {
        Some(receipt) => return Ok((0, receipt)),
        None => {
            if !opened.missing_blocks.is_empty() {
                parcel::upload(channel, messages(parcel, opened.missing_blocks.clone())).await?;
            }
            parcel::seal(channel, &parcel.id()).await?.receipt
        }
    };
    let again = opened.missing_blocks.iter().filter(|index| acknowledged.contains(index)).count();
    Ok((again, receipt.ok_or_else(|| Status::internal("no receipt"))?))
}

async fn vintages(stage: &Stage) -> usize {
    stage.client("SWE").await.vintages(FLOW, Some("SWE"), 10_000).await.expect("listed").len()
}

/// The office's connection through a line that may break.
async fn over(proxy: &Proxy, stage: &Stage) -> Result<Channel, tonic::transport::Error> {
    let (authority, home): (Home, Home) = (stage.home(ADMINISTRATOR), stage.home("SWE"));
    raw::try_channel(proxy.address(), &authority, Some(&home)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_cut_at_any_block_is_taken_up_there_by_a_hub_that_was_started_again() {
    let mut attack = Attack::of("upload_cut_at_every_block");
    let mut stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let desk = Desk::of(&stage, "SWE", "SWE").await;
    let mut again_most = 0;
    for _ in 0..rounds(1) {
        for cut in 0..=BLOCKS {
            attack.round();
            attack.inject("cuts", 1);
            let parcel = parcel_of_blocks(&desk);
            let channel = stage.channel("SWE").await;
            parcel::open(&channel, parcel.opening()).await.expect("open");
            let mut acknowledged = Vec::new();
            let some = messages(&parcel, 0..cut as u32);
            if cut > 0 {
                upload_some(&channel, some, &mut acknowledged).await.expect("some of it");
            }
            drop(channel);
            let before = vintages(&stage).await;
            stage.restart(|_| {}).await;
            if acknowledged.len() == cut {
                attack.fire("cuts", 1);
            }
            let channel = stage.channel("SWE").await;
            match finish(&channel, &parcel, &acknowledged).await {
                Ok((again, receipt)) => {
                    again_most = again_most.max(again);
                    if again > AGAIN_MAX {
                        attack.fail(format!("cut after {cut} blocks: {again} were asked for again"));
                    }
                    let second = parcel::seal(&channel, &parcel.id()).await.expect("sealed").receipt;
                    if second != Some(receipt) {
                        attack.fail(format!("cut after {cut} blocks: another receipt"));
                    }
                }
                Err(status) => attack.fail(format!("cut after {cut} blocks: {status:?}")),
            }
            let made = vintages(&stage).await - before;
            if made != 1 {
                attack.fail(format!("cut after {cut} blocks: {made} versions"));
            }
        }
    }
    attack.tell("blocks_sent_again_at_most", again_most);
    attack.finish();
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_cut_at_any_byte_is_one_version_and_sends_no_block_twice() {
    let mut attack = Attack::of("upload_cut_at_random_bytes");
    let mut random = attack.random();
    let mut stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let desk = Desk::of(&stage, "SWE", "SWE").await;
    let proxy = Proxy::to(stage.address()).await;
    // How many bytes a whole submission takes, with its handshake.
    let begin = proxy.passed();
    let channel = over(&proxy, &stage).await.expect("connected");
    let parcel = parcel_of_blocks(&desk);
    push(&channel, &parcel, &mut Vec::new()).await.expect("sent");
    let within = proxy.passed() - begin;
    let (mut again_most, mut had_receipt, mut versions) = (0, 0_u64, vintages(&stage).await);
    for _ in 0..rounds(CUTS) / TOGETHER {
        let mut begun = Vec::new();
        for _ in 0..TOGETHER {
            attack.round();
            attack.inject("cuts", 1);
            let parcel = parcel_of_blocks(&desk);
            let mut acknowledged = Vec::new();
            let (breaks, cut) = (proxy.breaks(), random.below(within));
            proxy.break_after(cut);
            let received = async {
                let channel = over(&proxy, &stage).await.ok()?;
                push(&channel, &parcel, &mut acknowledged).await.ok()
            };
            let received = tokio::time::timeout(BREAKS_WITHIN, received).await.ok().flatten();
            proxy.mend();
            attack.fire("cuts", u64::from(proxy.breaks() > breaks));
            begun.push((cut, parcel, acknowledged, received));
        }
        // What is not on the disk by now is gone.
        stage.restart(|_| {}).await;
        let channel = stage.channel("SWE").await;
        for (cut, parcel, acknowledged, received) in begun {
            match finish(&channel, &parcel, &acknowledged).await {
                Ok((again, receipt)) => {
                    again_most = again_most.max(again);
                    if again > AGAIN_MAX {
                        attack.fail(format!("byte {cut}: {again} blocks asked for again"));
                    }
                    had_receipt += u64::from(received.is_some());
                    if received.is_some_and(|received| received != receipt) {
                        attack.fail(format!("byte {cut}: another receipt"));
                    }
                }
                Err(status) => attack.fail(format!("byte {cut}: {status:?}")),
            }
        }
        let now = vintages(&stage).await;
        if now != versions + TOGETHER as usize {
            attack.fail(format!("{} versions of {TOGETHER} submissions", now - versions));
        }
        versions = now;
    }
    attack.tell("bytes_of_a_submission", within);
    attack.tell("blocks_sent_again_at_most", again_most);
    attack.tell("cut_behind_the_receipt", had_receipt);
    attack.finish();
    stage.close().await;
}

/// From beginning to end; gives the receipt.
async fn push(
    channel: &Channel,
    parcel: &Parcel,
    acknowledged: &mut Vec<u32>,
) -> Result<v1::Receipt, Status> {
    let opened = parcel::open(channel, parcel.opening()).await?;
    upload_some(channel, messages(parcel, opened.missing_blocks), acknowledged).await?;
    let sealed = parcel::seal(channel, &parcel.id()).await?;
    sealed.receipt.ok_or_else(|| Status::internal("no receipt"))
}
