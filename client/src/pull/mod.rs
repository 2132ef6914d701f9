//! A pull: figures of a dataflow, lane by lane, in columns, as a file of SDMX-CSV or as JSON lines.
//!
//! What lives here: one request, kept going over broken connections until its summary is there; decoding and
//! writing. What must not: what a reader does with the figures.

mod decode;
mod message;
mod request;
mod stream;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1;
use mighub_sdmx::Columns;
use mighub_sdmx::columns::AttributeValue;
use mighub_sdmx::structure::DataDefinition;
use tokio::sync::mpsc;

pub(crate) use decode::decode;
pub use request::{At, Cursor, CursorError, Providers, PullRequest};
pub(crate) use write::CsvFile;
pub use write::Format;

use crate::error::Error;
use crate::hub::Hub;
use mighub_intake::{Progress, Step};

/// Batches decoded ahead of the reader, of about 8,000 observations each: some 3 MB.
const BATCHES_AHEAD: usize = 16;

/// Figures coming in.
pub struct Pull {
    /// The dataflow whose figures come.
    pub definition: Arc<DataDefinition>,
    /// What the pull is about: position and instant at which it reads.
    pub header: v1::PullHeader,
    receiver: mpsc::Receiver<Result<Pulled, Error>>,
    progress: Progress,
    observations: u64,
    observations_expected: Option<u64>,
}

/// A part of a pull.
#[derive(Debug)]
pub enum Pulled {
    /// What follows is of this lane.
    Lane(Arc<PulledLane>),
    /// Observations, whole with all their attributes, in canonical order within the lane. In a delta those
    /// that are new or changed: put them over yours.
    Observations(Columns),
    /// In a delta: keys and periods of observations that are gone.
    Gone {
        /// Columns with keys and periods only.
        columns: Columns,
        /// Why they are gone.
        reason: v1::TombstoneReason,
    },
    /// All is there.
    End(PullSummary),
}

/// A lane of a pull.
#[derive(Clone, Debug)]
pub struct PulledLane {
    /// Dataflow and provider.
    pub lane: v1::Lane,
    /// The vintage that the reader sees; nothing if nothing of the lane is visible any more.
    pub vintage: Option<v1::VintageRef>,
    /// Its edition.
    pub edition: Option<v1::Edition>,
    /// Whether only what changed follows; else all of the lane within the selection.
    pub delta: bool,
    /// What absent attributes stand for in this vintage.
    pub absent_values: Vec<(Arc<str>, AttributeValue)>,
    /// Attributes of the whole dataset.
    pub dataset_attributes: Vec<(Arc<str>, AttributeValue)>,
    /// Observations to come, or an upper bound of what is visible of them; 0 if not known.
    pub observations_expected: u64,
}

/// How a pull ended.
#[derive(Clone, Debug)]
pub struct PullSummary {
    /// Observations that came.
    pub observations: u64,
    /// Observations that are gone.
    pub gone: u64,
    /// Per lane, in the order in which they came.
    pub lanes: Vec<v1::LaneSummary>,
    /// For the next pull of what changes from now on; nothing if the pull is not complete.
    pub cursor: Option<Cursor>,
    /// Whether everything came: false if [`PullRequest::observations_max`] ended it.
    pub complete: bool,
}

impl Hub {
    /// Asks for figures. What comes is read with [`Pull::next`], or written with [`Pull::write`]. A connection
    /// that breaks is taken up again where it was; nothing comes twice. A small answer is here whole by then.
    pub async fn pull(&self, request: PullRequest, progress: &Progress) -> Result<Pull, Error> {
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let mut started = stream::start(self, request).await?;
        let (header, definition) = (started.header.clone(), started.definition.clone());
        if let Some(next) = started.deliver_small(&sender).await {
            tokio::spawn(started.run(next, sender));
        }
        let (observations, observations_expected) = (0, Some(0));
        Ok(Pull {
            definition,
            header,
            receiver,
            progress: progress.clone(),
            observations,
            observations_expected,
        })
    }

    pub(crate) async fn definition_of_header(
        &self,
        dataflow: &str,
        structure_digest: &[u8],
    ) -> Result<Arc<DataDefinition>, Error> {
        let digest = Digest::from_slice(structure_digest);
        let digest = digest.ok_or_else(|| Error::Contract("a header has no structure digest".to_owned()))?;
        self.definition(dataflow, digest).await
    }
}

impl Pull {
    /// The next part; nothing after the end.
    pub async fn next(&mut self) -> Result<Option<Pulled>, Error> {
        let next = self.receiver.recv().await;
        self.note(next)
    }

    /// Like [`Pull::next`], for a thread that is not one of the runtime's.
    pub fn blocking_next(&mut self) -> Result<Option<Pulled>, Error> {
        let next = self.receiver.blocking_recv();
        self.note(next)
    }

    fn note(&mut self, next: Option<Result<Pulled, Error>>) -> Result<Option<Pulled>, Error> {
        let Some(next) = next.transpose()? else { return Ok(None) };
        if let Pulled::Lane(lane) = &next {
            // One lane of which the hub cannot say makes the sum unknown.
            let expected = Some(lane.observations_expected).filter(|expected| *expected > 0);
            self.observations_expected =
                self.observations_expected.zip(expected).map(|(sum, more)| sum + more);
        }
        if let Pulled::Observations(columns) | Pulled::Gone { columns, .. } = &next {
            self.observations += columns.len() as u64;
            let (observations, observations_total) = (self.observations, self.observations_expected);
            self.progress.tell(Step::Pulling { observations, observations_total });
        }
        Ok(Some(next))
    }
}

impl std::fmt::Debug for Pull {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pull").field("header", &self.header).finish_non_exhaustive()
    }
}
