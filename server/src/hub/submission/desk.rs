//! What is under way and in no record yet: open uploads, those that were judged and left no record, and one lock a
//! lane. A hub that starts anew has forgotten all of it; clients open again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mighub::block::Digest;
use mighub::id::SubmissionId;
use mighub::v1::ErrorReason;

use super::quota::Quota;
use super::upload::OpenUpload;
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::refusal::Refusal;
use crate::limits::{Limits, count};

/// What was uploaded is kept so long after the last sign of life.
pub(super) const UPLOAD_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Blocks of one submission, at most: some 400 million observations.
pub(crate) const SUBMISSION_BLOCKS_MAX: usize = 50_000;
/// What the blocks of one submission may name: each code that occurs in a block is a pointer in memory.
pub(super) const SUBMISSION_CODES_MAX: usize = 8_000_000;
/// Blocks of all open submissions, whose manifests are in memory, and the codes they name.
const OPEN_BLOCKS_MAX: usize = 100_000;
const OPEN_CODES_MAX: usize = 16_000_000;
/// Submissions that ended without a record and are remembered, for clients that ask again: the last so many.
const ENDED_KEPT: usize = 256;
/// How long a client waits until somebody else's submission is through.
const BUSY_WAIT: Duration = Duration::from_secs(60);

/// The desk.
#[derive(Default)]
pub(in crate::hub) struct Desk {
    uploads: Mutex<HashMap<SubmissionId, Arc<OpenUpload>>>,
    lanes: Mutex<HashMap<LaneId, Arc<Mutex<()>>>>,
    rights: Mutex<()>,
    structures: Mutex<()>,
    pub(super) quota: Quota,
    /// Held while a large state is judged.
    pub(super) judging: Mutex<()>,
}

impl Desk {
    /// Held while rights are looked at and then changed.
    pub(in crate::hub) fn changing_rights(&self) -> MutexGuard<'_, ()> {
        self.rights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while structures are looked at and then changed.
    pub(in crate::hub) fn changing_structures(&self) -> MutexGuard<'_, ()> {
        self.structures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock of a lane: held from the look at its head until the record that moves it. Whoever holds an upload's
    /// end takes this one after it, never before.
    pub(in crate::hub) fn lane(&self, lane: &LaneId) -> Arc<Mutex<()>> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.entry(lane.clone()).or_default().clone()
    }

    fn uploads(&self) -> MutexGuard<'_, HashMap<SubmissionId, Arc<OpenUpload>>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn upload(&self, id: &SubmissionId, now: Moment) -> Option<Arc<OpenUpload>> {
        let mut uploads = self.uploads();
        uploads.retain(|_, upload| upload.stays(now));
        uploads.get(id).cloned()
    }

    /// Keeps a new upload; one with the same id that is there already is given back instead. Nothing if
    /// `is_recorded`: it is asked while nobody can leave the desk, and who leaves it is in the view by then, so
    /// that no submission is opened, and takes effect, twice.
    pub(super) fn open(
        &self,
        id: SubmissionId,
        upload: OpenUpload,
        limits: &Limits,
        now: Moment,
        is_recorded: impl FnOnce() -> Result<bool, Refusal>,
    ) -> Result<Option<Arc<OpenUpload>>, Refusal> {
        let mut uploads = self.uploads();
        uploads.retain(|_, upload| upload.stays(now));
        if let Some(known) = uploads.get(&id) {
            return Ok(Some(known.clone()));
        }
        if is_recorded()? {
            return Ok(None);
        }
        let busy = |text: String| Refusal::new(ErrorReason::TooBusy, text).retry_after(BUSY_WAIT);
        let of_lane =
            uploads.values().filter(|other| other.case.lane == upload.case.lane && other.is_open()).count();
        if of_lane >= count(limits.open_submissions_per_lane) {
            return Err(busy(format!(
                "{of_lane} submissions of this dataflow and provider are open: seal or withdraw one first"
            )));
        }
        let of_agency = uploads
            .values()
            .filter(|other| other.case.agency == upload.case.agency && other.is_open())
            .count();
        if of_agency >= count(limits.open_submissions_per_agency) {
            return Err(busy(format!(
                "{of_agency} submissions of {} are open: seal or withdraw one first",
                upload.case.agency
            )));
        }
        let blocks: usize = uploads.values().map(|other| other.case.blocks.len()).sum();
        let codes: usize = uploads.values().map(|other| other.case.codes).sum();
        let too_much =
            blocks + upload.case.blocks.len() > OPEN_BLOCKS_MAX || codes + upload.case.codes > OPEN_CODES_MAX;
        if too_much && blocks > 0 {
            return Err(busy("the hub has too many large submissions open: call again later".to_owned()));
        }
        let upload = Arc::new(upload);
        uploads.insert(id, upload.clone());
        Ok(Some(upload))
    }

    /// Leaves the desk: a record has it.
    pub(super) fn forget(&self, id: &SubmissionId) {
        self.uploads().remove(id);
    }

    /// Remembers how a submission ended that left no record, without its manifest.
    pub(super) fn remember(&self, id: SubmissionId, ended: OpenUpload) {
        let mut uploads = self.uploads();
        uploads.insert(id, Arc::new(ended));
        let ended = || uploads.iter().filter(|(_, upload)| !upload.is_open());
        if ended().count() > ENDED_KEPT
            && let Some(oldest) = ended().min_by_key(|(id, upload)| (upload.opened, **id)).map(|(id, _)| *id)
        {
            uploads.remove(&oldest);
        }
    }

    /// Lanes and blocks of all open uploads.
    pub(in crate::hub) fn under_way(&self) -> Vec<(LaneId, Vec<Digest>)> {
        let blocks = |upload: &Arc<OpenUpload>| upload.case.blocks.iter().map(|block| block.digest).collect();
        self.open_uploads().iter().map(|upload| (upload.case.lane.clone(), blocks(upload))).collect()
    }

    pub(super) fn open_uploads(&self) -> Vec<Arc<OpenUpload>> {
        self.uploads().values().cloned().collect()
    }
}
