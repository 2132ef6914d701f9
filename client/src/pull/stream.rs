//! The stream of a pull, taken up again from its last checkpoint when it breaks.

use std::sync::Arc;

use mighub::block::LaneKey;
use mighub::convert::dataset_attribute;
use mighub::v1::{self, pull_response::Part};
use mighub_sdmx::columns::{AttributeValue, Columns, Shape};
use mighub_sdmx::structure::DataDefinition;
use prost::bytes::Bytes;
use tokio::sync::mpsc;
use tonic::Streaming;

use super::decode::{Delivered, decode};
use super::{Cursor, PullRequest, PullSummary, Pulled, PulledLane};
use crate::error::Error;
use crate::hub::Hub;
use crate::hub::retry::Backoff;

/// Compressed bytes of a message from which on decoding is worth a thread: below, handing over costs more.
const THREAD_BYTES_MIN: usize = 64 * 1024;

type Sender = mpsc::Sender<Result<Pulled, Error>>;

/// What the stream gave.
type Message = Result<Option<v1::PullResponse>, tonic::Status>;

/// A pull whose header is there.
pub(super) struct Started {
    hub: Hub,
    request: PullRequest,
    stream: Streaming<v1::PullResponse>,
    pub(super) header: v1::PullHeader,
    pub(super) definition: Arc<DataDefinition>,
    lane: Option<OpenLane>,
    /// Of the last checkpoint.
    resume: Bytes,
    counts: Counts,
    backoff: Backoff,
}

/// The lane whose blocks come.
struct OpenLane {
    lane: v1::Lane,
    key: Option<LaneKey>,
    /// Whether the key was looked up: only who has restricted blocks by name needs it.
    key_sought: bool,
    /// Up to where observations were delivered, and tombstones of each reason. They ascend each for itself.
    delivered: Vec<(What, Delivered)>,
    /// The stream was taken up again within this lane: some of it comes a second time.
    resumed: bool,
}

/// Observations, or why observations are gone.
type What = Option<v1::TombstoneReason>;

/// What was delivered, to compare with what the hub says it sent.
#[derive(Default)]
struct Counts {
    observations: u64,
    gone: u64,
}

/// The reader is gone, or was told of an error: there is nothing left to do.
struct Over;

/// Calls until the header is there.
pub(super) async fn start(hub: &Hub, request: PullRequest) -> Result<Started, Error> {
    let mut backoff = Backoff::default();
    loop {
        match call(hub, &request, Bytes::new()).await {
            Ok((stream, header)) => {
                let definition = hub.definition_of_header(&header.dataflow, &header.structure_digest).await?;
                return Ok(Started {
                    hub: hub.clone(),
                    request,
                    stream,
                    header,
                    definition,
                    lane: None,
                    resume: Bytes::new(),
                    counts: Counts::default(),
                    backoff,
                });
            }
            Err(error) => backoff.pause(error).await?,
        }
    }
}

async fn call(
    hub: &Hub,
    request: &PullRequest,
    resume: Bytes,
) -> Result<(Streaming<v1::PullResponse>, v1::PullHeader), Error> {
    let mut stream = hub.retrieval().pull(request.message(resume)).await?.into_inner();
    match stream.message().await?.and_then(|message| message.part) {
        Some(Part::Header(header)) => Ok((stream, header)),
        _ => Err(Error::Contract("a pull does not begin with its header".to_owned())),
    }
}

impl Started {
    /// Delivers what is small, as far as there is room without a reader: most answers are there whole by then,
    /// and need no task. Gives the message with which there was no more room, or that was none.
    pub(super) async fn deliver_small(&mut self, sender: &Sender) -> Option<Message> {
        loop {
            let message = match self.stream.message().await {
                Ok(Some(message)) if is_small(&message, sender.capacity()) => message,
                other => return Some(other),
            };
            match self.part(message.part, sender).await {
                Ok(false) => {}
                Ok(true) | Err(Failed::Over(Over)) => return None,
                Err(Failed::Error(error)) => {
                    // The reader learns of it, as of one that comes later and cannot be mended.
                    let _ = sender.send(Err(error)).await;
                    return None;
                }
            }
        }
    }

    /// Delivers everything to the reader, this message first and the summary last.
    pub(super) async fn run(mut self, first: Message, sender: Sender) {
        let mut first = Some(first);
        loop {
            let message = match first.take() {
                Some(message) => message,
                None => self.stream.message().await,
            };
            let error = match message {
                Ok(Some(message)) => match self.part(message.part, &sender).await {
                    Ok(false) => continue,
                    Ok(true) | Err(Failed::Over(Over)) => return,
                    Err(Failed::Error(error)) => error,
                },
                Ok(None) => Error::Unreachable {
                    address: self.hub.config().hub,
                    reason: "the stream ended before its summary".to_owned(),
                },
                Err(status) => status.into(),
            };
            if let Err(error) = self.take_up_again(error).await {
                let _ = sender.send(Err(error)).await;
                return;
            }
        }
    }

    async fn take_up_again(&mut self, error: Error) -> Result<(), Error> {
        self.backoff.pause(error).await?;
        loop {
            match call(&self.hub, &self.request, self.resume.clone()).await {
                Ok((stream, header)) => {
                    // Without a checkpoint the pull begins again, and may read at a later position; then what
                    // was delivered would not fit what comes.
                    if header.position != self.header.position && self.lane.is_some() {
                        return Err(Error::Unreachable {
                            address: self.hub.config().hub,
                            reason: "the connection broke early, and figures changed since: pull again"
                                .to_owned(),
                        });
                    }
                    if let Some(lane) = &mut self.lane {
                        lane.resumed = true;
                    }
                    self.header = header;
                    self.stream = stream;
                    return Ok(());
                }
                Err(error) => self.backoff.pause(error).await?,
            }
        }
    }

    /// Handles one part; true at the end.
    async fn part(&mut self, part: Option<Part>, sender: &Sender) -> Result<bool, Failed> {
        match part {
            Some(Part::Lane(lane)) => self.begin_lane(lane, sender).await?,
            Some(Part::Blocks(blocks)) => self.blocks(blocks.blocks, None, sender).await?,
            Some(Part::Tombstones(tombstones)) => {
                let reason = tombstones.reason();
                self.blocks(tombstones.blocks, Some(reason), sender).await?;
            }
            Some(Part::Checkpoint(checkpoint)) => {
                self.resume = checkpoint.resume;
                self.backoff.moved_on();
            }
            Some(Part::Summary(summary)) => {
                deliver(sender, Pulled::End(self.summary(summary)?)).await?;
                return Ok(true);
            }
            // A part of a newer hub's: what follows may depend on it.
            Some(Part::Header(_)) | None => {
                return Err(Error::Contract("a part of a pull is not known here".to_owned()).into());
            }
        }
        Ok(false)
    }

    async fn begin_lane(&mut self, header: v1::LaneHeader, sender: &Sender) -> Result<(), Failed> {
        let lane = header.lane.clone().unwrap_or_default();
        // After a resume the lane is announced again.
        if self.lane.as_ref().is_some_and(|open| open.lane == lane) {
            return Ok(());
        }
        self.lane = Some(OpenLane {
            lane: lane.clone(),
            key: None,
            key_sought: false,
            delivered: Vec::new(),
            resumed: false,
        });
        let attribute = |attribute| {
            let (id, value) = dataset_attribute(attribute);
            value.map(|value| (id, value))
        };
        let lane = PulledLane {
            lane,
            delta: header.content() == v1::LaneContent::Delta,
            vintage: header.vintage,
            edition: header.edition,
            absent_values: header
                .absent_values
                .into_iter()
                .map(|absent| (Arc::from(absent.id), AttributeValue::text(&absent.value)))
                .collect(),
            dataset_attributes: header.dataset_attributes.into_iter().filter_map(attribute).collect(),
            observations_expected: header.observations_expected,
        };
        deliver(sender, Pulled::Lane(Arc::new(lane))).await
    }

    async fn blocks(
        &mut self,
        blocks: Vec<v1::StoredBlock>,
        what: What,
        sender: &Sender,
    ) -> Result<(), Failed> {
        let Some(lane) = &mut self.lane else {
            return Err(Error::Contract("blocks came before their lane".to_owned()).into());
        };
        if !lane.key_sought && blocks.iter().any(|block| block.keyed && !block.digest.is_empty()) {
            lane.key_sought = true;
            let known = self.hub.home().cache().lane(&lane.lane)?;
            lane.key = known.and_then(|known| known.lane_key[..].try_into().ok()).map(LaneKey);
        }
        let known = lane.delivered.iter().position(|(other, _)| *other == what);
        let delivered = known.map(|place| lane.delivered.swap_remove(place).1);
        let bytes = bytes_of(&blocks);
        let work = Work {
            blocks,
            what,
            key: lane.key,
            shape: self.definition.shape.clone(),
            delivered,
            resumed: lane.resumed,
        };
        let (delivered, count) = if bytes < THREAD_BYTES_MIN {
            work.inline(sender).await?
        } else {
            let sender = sender.clone();
            tokio::task::spawn_blocking(move || work.on_thread(&sender)).await.map_err(Error::from)??
        };
        lane.delivered.extend(delivered.map(|delivered| (what, delivered)));
        let total = if what.is_some() { &mut self.counts.gone } else { &mut self.counts.observations };
        *total += count;
        Ok(())
    }

    fn summary(&self, summary: v1::PullSummary) -> Result<PullSummary, Error> {
        let Counts { observations, gone } = self.counts;
        if (observations, gone) != (summary.observations, summary.tombstones) {
            return Err(Error::Untrusted(format!(
                "the hub says it sent {} observations and {} deletions, {observations} and {gone} came",
                summary.observations, summary.tombstones
            )));
        }
        Ok(PullSummary {
            observations,
            gone,
            lanes: summary.lanes,
            cursor: (!summary.cursor.is_empty()).then_some(Cursor(summary.cursor)),
            complete: summary.complete,
        })
    }
}

/// Whether a message is decoded at once and delivered into so much room.
fn is_small(message: &v1::PullResponse, room: usize) -> bool {
    let blocks = match &message.part {
        Some(Part::Blocks(blocks)) => &blocks.blocks[..],
        Some(Part::Tombstones(tombstones)) => &tombstones.blocks,
        _ => &[],
    };
    // One of the places is for what is no block: a lane, the end, an error.
    blocks.len() < room && bytes_of(blocks) < THREAD_BYTES_MIN
}

fn bytes_of(blocks: &[v1::StoredBlock]) -> usize {
    blocks.iter().map(|block| block.frame.len()).sum()
}

enum Failed {
    Error(Error),
    Over(Over),
}

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

async fn deliver(sender: &Sender, pulled: Pulled) -> Result<(), Failed> {
    sender.send(Ok(pulled)).await.map_err(|_| Failed::Over(Over))
}

/// Blocks to be decoded and delivered.
struct Work {
    blocks: Vec<v1::StoredBlock>,
    what: What,
    key: Option<LaneKey>,
    shape: Arc<Shape>,
    /// Up to here everything was delivered.
    delivered: Option<Delivered>,
    resumed: bool,
}

impl Work {
    async fn inline(mut self, sender: &Sender) -> Result<(Option<Delivered>, u64), Failed> {
        let mut count = 0;
        for block in std::mem::take(&mut self.blocks) {
            if let Some(columns) = self.columns(&block)? {
                count += columns.len() as u64;
                deliver(sender, self.pulled(columns)).await?;
            }
        }
        Ok((self.delivered, count))
    }

    fn on_thread(mut self, sender: &Sender) -> Result<(Option<Delivered>, u64), Failed> {
        let mut count = 0;
        for block in std::mem::take(&mut self.blocks) {
            if let Some(columns) = self.columns(&block)? {
                count += columns.len() as u64;
                sender.blocking_send(Ok(self.pulled(columns))).map_err(|_| Failed::Over(Over))?;
            }
        }
        Ok((self.delivered, count))
    }

    /// What of a block was not delivered yet.
    fn columns(&mut self, block: &v1::StoredBlock) -> Result<Option<Columns>, Error> {
        let columns = decode(block, &self.shape, self.key.as_ref())?;
        let rest = match &self.delivered {
            Some(delivered) if self.resumed => delivered.rest_of(columns),
            _ => Some(columns),
        };
        if let Some(last) = rest.as_ref().and_then(Delivered::last_of) {
            self.delivered = Some(last);
        }
        Ok(rest)
    }

    fn pulled(&self, columns: Columns) -> Pulled {
        match self.what {
            Some(reason) => Pulled::Gone { columns, reason },
            None => Pulled::Observations(columns),
        }
    }
}
