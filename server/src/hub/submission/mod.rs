//! Submissions: opened, uploaded, judged, accepted, answered, withdrawn.
//!
//! What lives here: the way of a submission to its verdict, and what offices may read about it. What must not:
//! how a vintage follows from another (`fold`) and what readers see of it (`retrieve`).

mod accept;
mod answer;
mod case;
mod header;
mod judge;
mod lane_terms;
mod open;
mod read;
mod receipt;
mod report;
mod seal;
mod steps;
mod upload;
mod withdraw;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mighub::block::Digest;
use mighub::id::SubmissionId;
use mighub::v1::ErrorReason;

pub use open::Opening;
pub use upload::Upload;

use super::lane::LaneId;
use super::moment::Moment;
use super::refusal::Refusal;
use upload::OpenUpload;

/// What was uploaded is kept so long after the last sign of life.
const UPLOAD_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Submissions of one lane that may be open at a time: one by hand, one by cron, and some forgotten ones.
pub(super) const OPEN_SUBMISSIONS_MAX: usize = 8;
/// Blocks of one submission, at most: some 400 million observations.
pub(super) const SUBMISSION_BLOCKS_MAX: usize = 50_000;
/// Blocks of all open submissions, whose manifests are in memory.
const OPEN_BLOCKS_MAX: usize = 100_000;

/// What is under way: open uploads, and one lock a lane.
#[derive(Default)]
pub(super) struct Desk {
    uploads: Mutex<HashMap<SubmissionId, Arc<OpenUpload>>>,
    lanes: Mutex<HashMap<LaneId, Arc<Mutex<()>>>>,
    rights: Mutex<()>,
}

impl Desk {
    /// Held while rights are looked at and then changed.
    pub(super) fn enrolling(&self) -> MutexGuard<'_, ()> {
        self.rights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock of a lane: held from the look at its head until the record that moves it.
    fn lane(&self, lane: &LaneId) -> Arc<Mutex<()>> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.entry(lane.clone()).or_default().clone()
    }

    fn upload(&self, id: &SubmissionId, now: Moment) -> Option<Arc<OpenUpload>> {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        uploads.retain(|_, upload| upload.expires() > now);
        uploads.get(id).cloned()
    }

    /// Keeps a new upload; one with the same id that is there already is given back instead.
    fn open(&self, id: SubmissionId, upload: OpenUpload, now: Moment) -> Result<Arc<OpenUpload>, Refusal> {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        uploads.retain(|_, upload| upload.expires() > now);
        if let Some(known) = uploads.get(&id) {
            return Ok(known.clone());
        }
        let busy = |text: String| Refusal::new(ErrorReason::TooBusy, text).retry_after(std::time::Duration::from_secs(60));
        let of_lane = uploads.values().filter(|other| other.case.lane == upload.case.lane && other.is_open()).count();
        if of_lane >= OPEN_SUBMISSIONS_MAX {
            return Err(busy(format!(
                "{OPEN_SUBMISSIONS_MAX} submissions of this dataflow and provider are open: seal or withdraw one first"
            )));
        }
        let blocks: usize = uploads.values().map(|other| other.case.blocks.len()).sum();
        if blocks + upload.case.blocks.len() > OPEN_BLOCKS_MAX && !uploads.is_empty() {
            return Err(busy("the hub has too many large submissions open: call again later".to_owned()));
        }
        let upload = Arc::new(upload);
        uploads.insert(id, upload.clone());
        Ok(upload)
    }

    fn forget(&self, id: &SubmissionId) {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Lanes and blocks of all open uploads.
    pub(super) fn under_way(&self) -> Vec<(LaneId, Vec<Digest>)> {
        let blocks = |upload: &Arc<OpenUpload>| upload.case.blocks.iter().map(|block| block.digest).collect();
        self.open_uploads().iter().map(|upload| (upload.case.lane.clone(), blocks(upload))).collect()
    }

    fn open_uploads(&self) -> Vec<Arc<OpenUpload>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// The same answer whether it never was, was another's, or has expired.
fn unknown_submission(id: &str) -> Refusal {
    let text = format!("there is no submission {id} that you may see: open it again, or look at `mighub status`");
    Refusal::new(ErrorReason::UnknownSubmission, text).about("submission", id)
}

fn submission_id(text: &str) -> Result<SubmissionId, Refusal> {
    text.parse().map_err(|error: mighub::id::SubmissionIdError| Refusal::malformed("submission_id", error.to_string()))
}
