//! Blocks coming in: each is proven to be what its manifest names, and durable before it is acknowledged.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use mighub::block::{BlockError, Digest, decompress};
use mighub::v1::{self, ErrorReason, SealSubmissionResponse, SubmissionState};
use mighub_store::{Batch, Object};

use super::case::Case;
use super::desk::UPLOAD_KEPT_MS;
use super::{state_unfit, submission_id};
use crate::hub::Hub;
use crate::hub::lane::LaneSecrets;
use crate::hub::moment::Moment;
use crate::hub::permit::{ActOn, Permit};
use crate::hub::refusal::Refusal;

/// Blocks of one message, at most.
const MESSAGE_BLOCKS_MAX: usize = 4_096;

/// A submission that is open, or ended without a record.
pub(super) struct OpenUpload {
    pub(super) case: Case,
    pub(super) opened: Moment,
    progress: Mutex<Progress>,
    /// Held while it is judged or taken back, so that it ends once.
    end: Mutex<Option<End>>,
}

struct Progress {
    missing: BTreeSet<u32>,
    expires: Moment,
}

/// How an open submission ended.
#[derive(Clone)]
pub(super) enum End {
    /// The journal has it.
    Recorded,
    /// It was judged, and left no record: a test, or nothing that is not there already.
    Judged(Box<SealSubmissionResponse>),
    /// It was taken back, for a reason.
    Withdrawn(String),
}

impl OpenUpload {
    pub(super) fn new(case: Case, missing: Vec<u32>, opened: Moment, expires: Moment) -> Self {
        let progress = Progress { missing: missing.into_iter().collect(), expires };
        Self { case, opened, progress: Mutex::new(progress), end: Mutex::new(None) }
    }

    /// What is remembered of it once it has ended.
    pub(super) fn ended(&self, end: End) -> Self {
        let progress = Progress { missing: BTreeSet::new(), expires: self.expires() };
        Self {
            case: self.case.without_manifest(),
            opened: self.opened,
            progress: Mutex::new(progress),
            end: Mutex::new(Some(end)),
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its end, for whoever brings it about.
    pub(super) fn end(&self) -> MutexGuard<'_, Option<End>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its end, without waiting for a check that goes on: then there is none yet.
    pub(super) fn end_so_far(&self) -> Option<End> {
        match self.end.try_lock() {
            Ok(end) => end.clone(),
            Err(TryLockError::Poisoned(end)) => end.into_inner().clone(),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    pub(super) fn expires(&self) -> Moment {
        self.progress().expires
    }

    pub(super) fn extend(&self, expires: Moment) {
        self.progress().expires = expires;
    }

    /// Whether it is not over yet; one that is being checked is not, however long that takes.
    pub(super) fn stays(&self, now: Moment) -> bool {
        self.expires() > now || self.state() == SubmissionState::Checking
    }

    pub(super) fn missing(&self) -> Vec<u32> {
        self.progress().missing.iter().copied().collect()
    }

    /// Looks anew which blocks are missing: some may have been swept since it was opened.
    pub(super) fn look_again(&self, hub: &Hub) -> usize {
        let mut progress = self.progress();
        progress.missing = self.case.missing(hub).into_iter().collect();
        progress.missing.len()
    }

    /// Where it stands.
    pub(super) fn state(&self) -> SubmissionState {
        let end = match self.end.try_lock() {
            Err(TryLockError::WouldBlock) => return SubmissionState::Checking,
            Err(TryLockError::Poisoned(end)) => end.into_inner(),
            Ok(end) => end,
        };
        match &*end {
            None => SubmissionState::Receiving,
            Some(End::Recorded) => SubmissionState::Checking,
            Some(End::Withdrawn(_)) => SubmissionState::Withdrawn,
            Some(End::Judged(answer)) => {
                answer.verdict.as_ref().map_or(SubmissionState::Checking, v1::Verdict::state)
            }
        }
    }

    /// Whether it still waits for something.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state(), SubmissionState::Receiving | SubmissionState::Checking)
    }

    /// The verdict, once there is one.
    pub(super) fn verdict(&self) -> Option<v1::Verdict> {
        match self.end_so_far() {
            Some(End::Judged(answer)) => answer.verdict,
            _ => None,
        }
    }

    /// The receipt of a head that it would not have changed.
    pub(super) fn receipt(&self) -> Option<v1::Receipt> {
        match self.end_so_far() {
            Some(End::Judged(answer)) => answer.receipt,
            _ => None,
        }
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

/// An upload stream.
pub struct Upload {
    hub: Arc<Hub>,
    upload: Arc<OpenUpload>,
    secrets: LaneSecrets,
}

impl Hub {
    /// SubmissionService.UploadBlocks, begun.
    pub fn upload(self: &Arc<Self>, permit: &Permit<ActOn>, now: Moment) -> Result<Upload, Refusal> {
        let ActOn(id) = permit.operation();
        let Some(upload) = self.desk.upload(&submission_id(id)?, now) else {
            return Err(state_unfit("takes no more blocks", self.state_of(&self.judged(id)?, now)?));
        };
        let secrets = self.lane_secrets(&upload.case.lane);
        Ok(Upload { hub: self.clone(), upload, secrets })
    }
}

impl Upload {
    /// Takes blocks; returns when they are durable.
    pub fn put(
        &mut self,
        blocks: Vec<v1::SubmittedBlock>,
        now: Moment,
    ) -> Result<v1::UploadBlocksResponse, Refusal> {
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
        let bytes = blocks.iter().map(|block| block.frame.len() as u64).sum();
        let counted = self.hub.count_sent(&self.upload.case.agency, bytes, now);
        let (batch, places) = match counted.and_then(|()| self.check(blocks, now)) {
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
        let state = self.upload.state();
        if state != SubmissionState::Receiving {
            return Err(state_unfit("takes no more blocks", state));
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
        BlockError::TooLarge => ErrorReason::BlockTooLarge,
        BlockError::UnknownCanon(_) => ErrorReason::CanonUnknown,
        BlockError::WrongDigest => ErrorReason::BlockDigestMismatch,
        BlockError::Message(_)
        | BlockError::Inconsistent(_)
        | BlockError::UnknownAttribute(_)
        | BlockError::NotCanonical(_) => ErrorReason::BlockNotCanonical,
    };
    Refusal::new(reason, error.to_string())
}
