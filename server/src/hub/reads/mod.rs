//! Who was given which figures: written down as they are given, over all doors.
//!
//! Figures before their release, and restricted ones, are noted before the first byte of the answer goes out, and the
//! note is durable by then; if it cannot be kept nothing is given. Public figures are noted when the answer ends,
//! with others. What lives here: the notes and how they are listed. What must not: files (`mighub-store`), and who
//! may see what (`rights`).

mod audit;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mighub::v1::{ErrorReason, ReadDoor};
use mighub_store::{Keeping, ReadsLog, RealDisk};
use prost::Message;

use super::lane::LaneId;
use super::moment::Moment;
use super::refusal::Refusal;
use super::{Hub, Principal};

/// Folder of the log, within the hub's.
const READS: &str = "reads";

/// The log of reads.
pub(super) struct Reads {
    log: ReadsLog,
    /// Tells reads of one moment from each other.
    next: AtomicU64,
}

/// What is noted of a read.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Entry {
    /// When it began, milliseconds since 1970.
    #[prost(int64, tag = "1")]
    pub(super) begun_ms: i64,
    /// With the moment, its name.
    #[prost(uint64, tag = "2")]
    pub(super) number: u64,
    #[prost(string, tag = "3")]
    pub(super) agency: String,
    #[prost(string, tag = "4")]
    pub(super) application: String,
    #[prost(string, tag = "5")]
    pub(super) token_id: String,
    #[prost(string, tag = "6")]
    pub(super) dataflow: String,
    #[prost(string, tag = "7")]
    pub(super) provider: String,
    #[prost(uint64, tag = "8")]
    pub(super) position: u64,
    #[prost(int64, tag = "9")]
    pub(super) instant_ms: i64,
    #[prost(uint64, optional, tag = "10")]
    pub(super) vintage: Option<u64>,
    #[prost(int32, tag = "11")]
    pub(super) door: i32,
    #[prost(bool, tag = "12")]
    pub(super) before_release: bool,
    #[prost(bool, tag = "13")]
    pub(super) restricted: bool,
    /// Whether it has ended; a read of what is not public is noted twice.
    #[prost(bool, tag = "14")]
    pub(super) has_ended: bool,
    /// Observations given; nothing if the answer broke off.
    #[prost(uint64, optional, tag = "15")]
    pub(super) observations: Option<u64>,
}

impl Entry {
    fn is_sensitive(&self) -> bool {
        self.before_release || self.restricted
    }
}

/// What of a lane somebody is about to be given.
pub(super) struct Given<'a> {
    pub(super) principal: &'a Principal,
    pub(super) door: ReadDoor,
    pub(super) lane: &'a LaneId,
    /// Journal position that is read.
    pub(super) position: u64,
    /// Decides on embargoes.
    pub(super) instant: Moment,
    /// Of the vintage that is read.
    pub(super) vintage: Option<u64>,
    pub(super) before_release: bool,
    pub(super) restricted: bool,
    /// When the call came.
    pub(super) now: Moment,
}

/// A read that goes on. Its end is noted when it is dropped.
pub(super) struct ReadNote {
    hub: Arc<Hub>,
    entry: Entry,
    observations: u64,
    is_whole: bool,
}

impl Reads {
    pub(super) fn open(hub_folder: &Path) -> std::io::Result<Self> {
        let log = ReadsLog::open(Arc::new(RealDisk), &hub_folder.join(READS))?;
        Ok(Self { log, next: AtomicU64::new(0) })
    }

    fn keep(&self, entry: &Entry, keeping: Keeping) -> std::io::Result<()> {
        let month = audit::month_of(Moment(entry.begun_ms));
        self.log.append(month, &entry.encode_to_vec(), keeping)
    }
}

impl Hub {
    /// Notes that somebody is given figures of a lane. Called before the first of them leaves the hub.
    pub(super) fn note_read(self: &Arc<Self>, given: &Given<'_>) -> Result<ReadNote, Refusal> {
        let principal = given.principal;
        let entry = Entry {
            begun_ms: given.now.0,
            number: self.reads.next.fetch_add(1, Ordering::Relaxed),
            agency: principal.agency.as_ref().map(ToString::to_string).unwrap_or_default(),
            application: principal.application.as_deref().unwrap_or_default().to_owned(),
            token_id: principal.scope.as_ref().map(|scope| scope.token_id.clone()).unwrap_or_default(),
            dataflow: given.lane.dataflow.short(),
            provider: given.lane.provider.to_string(),
            position: given.position,
            instant_ms: given.instant.0,
            vintage: given.vintage,
            door: given.door.into(),
            before_release: given.before_release,
            restricted: given.restricted,
            has_ended: false,
            observations: None,
        };
        if entry.is_sensitive() {
            self.reads.keep(&entry, Keeping::Durable).map_err(|error| {
                let text = format!(
                    "the hub cannot write down who reads these figures, so it gives none of them ({error}): tell its \
                     operator"
                );
                Refusal::new(ErrorReason::HubReadOnly, text)
            })?;
        }
        Ok(ReadNote { hub: self.clone(), entry, observations: 0, is_whole: false })
    }

    /// Makes durable what was noted so far.
    pub fn sync_reads(&self) -> Result<(), Refusal> {
        self.reads.log.sync().map_err(|error| Refusal::internal(error.to_string()))
    }
}

impl ReadNote {
    /// So many observations were given.
    pub(super) fn count(&mut self, observations: u64) {
        self.observations += observations;
    }

    /// All that was asked for was given.
    pub(super) fn end(&mut self) {
        self.is_whole = true;
    }
}

impl Drop for ReadNote {
    fn drop(&mut self) {
        self.entry.has_ended = true;
        self.entry.observations = self.is_whole.then_some(self.observations);
        // An answer without figures tells nothing worth noting, but for what was promised to be noted.
        if self.observations == 0 && !self.entry.is_sensitive() {
            return;
        }
        if let Err(error) = self.hub.reads.keep(&self.entry, Keeping::Batched) {
            tracing::error!(%error, "the end of a read was not written down");
        }
    }
}
