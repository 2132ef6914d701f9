//! Blocks coming in: each is proven to be what its manifest names, and durable before it is acknowledged.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use mighub::block::{BlockError, Digest, decompress};
use mighub::v1::{self, ErrorReason, SealSubmissionResponse, SubmissionState};
use mighub_store::{Batch, Object};

use super::case::Case;
use super::{UPLOAD_KEPT_MS, submission_id, unknown_submission};
use crate::hub::lane::LaneSecrets;
use crate::hub::moment::Moment;
use crate::hub::refusal::Refusal;
use crate::hub::rights::Operation;
use crate::hub::{Hub, Principal};

/// Blocks of one message, at most.
const MESSAGE_BLOCKS_MAX: usize = 4_096;

/// A submission that is open.
pub(super) struct OpenUpload {
    pub(super) case: Case,
    pub(super) opened: Moment,
    progress: Mutex<Progress>,
    /// Held while it is judged, so that it is judged once.
    pub(super) settling: Mutex<Option<SealSubmissionResponse>>,
}

struct Progress {
    missing: BTreeSet<u32>,
    expires: Moment,
}

impl OpenUpload {
    pub(super) fn new(case: Case, missing: Vec<u32>, opened: Moment, expires: Moment) -> Self {
        let progress = Progress { missing: missing.into_iter().collect(), expires };
        Self { case, opened, progress: Mutex::new(progress), settling: Mutex::new(None) }
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn expires(&self) -> Moment {
        self.progress().expires
    }

    pub(super) fn extend(&self, expires: Moment) {
        self.progress().expires = expires;
    }

    pub(super) fn missing(&self) -> Vec<u32> {
        self.progress().missing.iter().copied().collect()
    }

    /// Where it stands: only tests, and what changed nothing, stay here once they are judged.
    pub(super) fn state(&self) -> SubmissionState {
        match self.settling.try_lock() {
            Err(TryLockError::WouldBlock) => SubmissionState::Checking,
            Err(TryLockError::Poisoned(_)) => SubmissionState::Receiving,
            Ok(settled) => settled.as_ref().map_or(SubmissionState::Receiving, state_of_answer),
        }
    }

    /// Whether it still waits for something.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state(), SubmissionState::Receiving | SubmissionState::Checking)
    }

    /// The verdict, once there is one.
    pub(super) fn verdict(&self) -> Option<v1::Verdict> {
        self.settling.try_lock().ok()?.as_ref()?.verdict.clone()
    }

    pub(super) fn missing_count(&self) -> usize {
        self.progress().missing.len()
    }

    fn arrived(&self, blocks: Vec<u32>) -> v1::UploadBlocksResponse {
        let mut progress = self.progress();
        blocks.iter().for_each(|block| {
            progress.missing.remove(block);
        });
        let missing = progress.missing.len();
        v1::UploadBlocksResponse {
            durable_blocks: blocks,
            durable_count: (self.case.blocks.len() - missing) as u32,
            missing_count: missing as u32,
        }
    }
}

fn state_of_answer(answer: &SealSubmissionResponse) -> SubmissionState {
    answer.verdict.as_ref().map_or(SubmissionState::Receiving, v1::Verdict::state)
}

/// An upload stream.
pub struct Upload {
    hub: Arc<Hub>,
    upload: Arc<OpenUpload>,
    secrets: LaneSecrets,
}

impl Hub {
    /// SubmissionService.UploadBlocks, begun.
    pub fn upload(self: &Arc<Self>, principal: &Principal, id: &str, now: Moment) -> Result<Upload, Refusal> {
        let upload = self.own_upload(principal, id, now)?.ok_or_else(|| unknown_submission(id))?;
        let secrets = self.lane_secrets(&upload.case.lane);
        Ok(Upload { hub: self.clone(), upload, secrets })
    }

    /// An open submission that the caller may send to; nothing if there is none.
    pub(super) fn own_upload(
        &self,
        principal: &Principal,
        id: &str,
        now: Moment,
    ) -> Result<Option<Arc<OpenUpload>>, Refusal> {
        let Some(upload) = self.desk.upload(&submission_id(id)?, now) else { return Ok(None) };
        let granted = self.rights().authorise(principal, Operation::Submit(&upload.case.lane), now);
        granted.map_err(|refusal| match refusal.reason {
            ErrorReason::LaneNotPermitted => unknown_submission(id),
            _ => refusal,
        })?;
        Ok(Some(upload))
    }
}

impl Upload {
    /// Takes blocks; returns when they are durable.
    pub fn put(&mut self, blocks: Vec<v1::SubmittedBlock>, now: Moment) -> Result<v1::UploadBlocksResponse, Refusal> {
        let (batch, places) = self.check(blocks, now)?;
        if !batch.objects.is_empty() {
            self.hub.store.commit(batch)?;
        }
        Ok(self.upload.arrived(places))
    }

    /// Takes blocks; calls `done` when they are durable or refused. `done` must not wait for anything: it runs on
    /// the store's thread.
    pub fn put_later(
        &mut self,
        blocks: Vec<v1::SubmittedBlock>,
        now: Moment,
        done: Box<dyn FnOnce(Result<v1::UploadBlocksResponse, Refusal>) + Send>,
    ) {
        let (batch, places) = match self.check(blocks, now) {
            Ok(checked) => checked,
            Err(refusal) => return done(Err(refusal)),
        };
        let upload = self.upload.clone();
        if batch.objects.is_empty() {
            return done(Ok(upload.arrived(places)));
        }
        self.hub.store.submit(batch, move |answer| match answer {
            Ok(_) => done(Ok(upload.arrived(places))),
            Err(error) => done(Err(error.into())),
        });
    }

    fn check(&self, blocks: Vec<v1::SubmittedBlock>, now: Moment) -> Result<(Batch, Vec<u32>), Refusal> {
        if blocks.len() > MESSAGE_BLOCKS_MAX {
            let text = format!("a message has more than {MESSAGE_BLOCKS_MAX} blocks");
            return Err(Refusal::limit(MESSAGE_BLOCKS_MAX as u64, blocks.len() as u64, text));
        }
        self.upload.extend(Moment(now.0.saturating_add(UPLOAD_KEPT_MS)));
        let mut places = Vec::with_capacity(blocks.len());
        let mut objects = Vec::with_capacity(blocks.len());
        for block in blocks {
            let about = |refusal: Refusal| refusal.about("block", block.index);
            let info = self.upload.case.blocks.get(block.index as usize).ok_or_else(|| {
                let text = format!("the manifest has no block with the index {}", block.index);
                about(Refusal::new(ErrorReason::BlockNotNamed, text))
            })?;
            let raw = decompress(&block.frame).map_err(|error| about(block_refusal(&error)))?;
            let digest = if info.keyed { Digest::keyed(&self.secrets.key, &raw) } else { Digest::of(&raw) };
            if digest != info.digest {
                return Err(about(block_refusal(&BlockError::WrongDigest)));
            }
            objects.push(Object { name: self.secrets.place(&digest), bytes: block.frame });
            places.push(block.index);
        }
        Ok((Batch { objects, time_ms: now.0, ..Batch::default() }, places))
    }
}

/// Why a block is refused.
pub(super) fn block_refusal(error: &BlockError) -> Refusal {
    let reason = match error {
        BlockError::Frame(_) => ErrorReason::BlockDecompression,
        BlockError::UnknownCanon(_) => ErrorReason::CanonUnknown,
        BlockError::WrongDigest => ErrorReason::BlockDigestMismatch,
        BlockError::Message(_)
        | BlockError::Inconsistent(_)
        | BlockError::UnknownAttribute(_)
        | BlockError::NotCanonical(_) => ErrorReason::BlockNotCanonical,
    };
    Refusal::new(reason, error.to_string())
}
