//! Expunging: the bytes of content that must not have been sent are overwritten; the record that it was sent stays, and
//! so do its digests, receipts and proofs (DETAILS D24).
//!
//! Always two persons: an administrator asks, who sees no figures, and somebody who may publish the lane confirms. The
//! record comes first and the bytes go next; a hub that was killed between goes on when it starts.

mod reach;

use std::sync::PoisonError;

use mighub::v1::{self, ErrorReason, RequestedOperation, record::What};
use mighub_sdmx::structure::Reference;
use mighub_store::{Error, Name, Position};
use prost::Message;

use super::Hub;
use super::lane::LaneId;
use super::moment::Moment;
use super::permit::{Administer, Audit, Permit, Publish};
use super::refusal::Refusal;
use super::release::four_eyes::{OpenRequest, Signatory};
use super::release::{person, reason};
use super::rows::EXPUNGED;
use reach::Reach;

/// Objects that one record names, at most: they fit into a record, and are some 130 million observations.
const OBJECTS_MAX: usize = 16_384;

impl Hub {
    /// ExpungeService.ExpungeSubmission.
    pub fn expunge_submission(
        &self,
        permit: &Permit<Administer>,
        request: &v1::ExpungeSubmissionRequest,
        now: Moment,
    ) -> Result<v1::ExpungeSubmissionResponse, Refusal> {
        let by = Signatory::of(permit.principal(), person(&request.person)?);
        let why = reason(&request.reason, "expunging")?;
        let reach = self.reach_of_expunging(&request.submission_id)?;
        reach.check(&request.submission_id)?;
        let position = if request.dry_run {
            None
        } else {
            let bytes = request.encode_to_vec().into();
            let asked = RequestedOperation::Expunge;
            Some(self.request_of_second(&by, asked, &reach.lane, bytes, &why, now)?)
        };
        Ok(v1::ExpungeSubmissionResponse {
            request: position,
            lane: Some(reach.lane.to_message()),
            objects: reach.objects.len() as u64,
            blocks_in_force: reach.blocks_in_force,
            vintages: reach.vintages.into_iter().collect(),
        })
    }

    /// What a second person confirmed; gives the position of the record. The lock of rights is held.
    pub(super) fn expunge_confirmed(
        &self,
        permit: &Permit<Publish>,
        request: &v1::ExpungeSubmissionRequest,
        by: &Signatory,
        confirmed: &OpenRequest,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let lane = permit.lane();
        // What is accepted meanwhile must not take up what is about to go.
        let lock = self.desk.lane(lane);
        let _lane = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let reach = self.reach_of_expunging(&request.submission_id)?;
        reach.check(&request.submission_id)?;
        let expunged = v1::ExpungeRecorded {
            dataflow: lane.dataflow.short(),
            provider: lane.provider.to_string(),
            submission_id: request.submission_id.clone(),
            objects: reach.objects.iter().map(|name| name.0.to_vec().into()).collect(),
            reason: confirmed.reason.clone(),
            request: confirmed.position,
        };
        let position = self.record(by.actor(), What::Expunged(expunged), Vec::new(), now)?;
        for name in &reach.objects {
            self.overwrite(*name)?;
        }
        Ok(position)
    }

    fn overwrite(&self, name: Name) -> Result<(), Refusal> {
        match self.store.expunge(name) {
            Ok(()) | Err(Error::Gone(_) | Error::NotFound(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Overwrites what records say is gone and is still there: after a crash between the two, or after a restore.
    pub(super) fn finish_expunging(&self) -> Result<(), Refusal> {
        for position in self.expunging_records()? {
            let (_, expunged) = self.expunging_at(position)?;
            let names: Vec<Name> = expunged.objects.iter().filter_map(|name| name_of(name)).collect();
            for (name, is_gone) in names.iter().zip(self.store.is_expunged(&names)) {
                if !is_gone {
                    self.overwrite(*name)?;
                }
            }
        }
        Ok(())
    }

    /// ExpungeService.ListExpunged.
    pub fn list_expunged(
        &self,
        _: &Permit<Audit>,
        _: &v1::ListExpungedRequest,
        _: Moment,
    ) -> Result<v1::ListExpungedResponse, Refusal> {
        let read = |position| {
            let (record, expunged) = self.expunging_at(position)?;
            let effective_ms = self.store.record(Position(position))?.effective_ms;
            Ok(v1::Expunged {
                position,
                time: Some(Moment(effective_ms).to_message()),
                lane: Some(v1::Lane { dataflow: expunged.dataflow, provider: expunged.provider }),
                submission_id: expunged.submission_id,
                objects: expunged.objects.len() as u64,
                reason: expunged.reason,
                agency: record.agency,
                person: record.person,
                request: expunged.request,
            })
        };
        let expunged =
            self.expunging_records()?.into_iter().rev().map(read).collect::<Result<_, Refusal>>()?;
        Ok(v1::ListExpungedResponse { expunged })
    }

    /// Position and time of the newest record that took something of a dataflow away for good: answers that lie ready
    /// are no answers any more.
    pub(in crate::hub) fn last_expunged(
        &self,
        dataflow: &Reference,
    ) -> Result<Option<(u64, Moment)>, Refusal> {
        let name = dataflow.short();
        for position in self.expunging_records()?.into_iter().rev() {
            if self.expunging_at(position)?.1.dataflow == name {
                let effective_ms = self.store.record(Position(position))?.effective_ms;
                return Ok(Some((position, Moment(effective_ms))));
            }
        }
        Ok(None)
    }

    fn expunging_records(&self) -> Result<Vec<u64>, Refusal> {
        let found = self.view.scan(EXPUNGED, &[], usize::MAX)?;
        Ok(found.iter().filter_map(|(key, _)| key.last_chunk().map(|at| u64::from_be_bytes(*at))).collect())
    }

    fn expunging_at(&self, position: u64) -> Result<(v1::Record, v1::ExpungeRecorded), Refusal> {
        let entry = self.store.record(Position(position))?;
        let mut record =
            v1::Record::decode(entry.payload).map_err(|error| Refusal::internal(error.to_string()))?;
        match record.what.take() {
            Some(What::Expunged(expunged)) => Ok((record, expunged)),
            _ => Err(Refusal::internal("a record that should say what was expunged does not")),
        }
    }

    /// Refuses to go back to a vintage that cannot be read any more. The caller holds the lane's lock.
    pub(super) fn check_not_expunged(&self, lane: &LaneId, manifests: &[Vec<u8>]) -> Result<(), Refusal> {
        if self.expunging_records()?.is_empty() {
            return Ok(());
        }
        let names: Vec<Name> =
            self.blocks_listed(lane, manifests)?.into_iter().map(|block| block.name).collect();
        let gone = self.store.is_expunged(&names).into_iter().filter(|is_gone| *is_gone).count();
        if gone == 0 {
            return Ok(());
        }
        let text = format!(
            "{gone} blocks of the vintage that would hold again were expunged: send a correction instead of going back"
        );
        Err(Refusal::new(ErrorReason::Gone, text))
    }
}

fn name_of(bytes: &[u8]) -> Option<Name> {
    bytes.try_into().ok().map(Name)
}

impl Reach {
    fn check(&self, submission: &str) -> Result<(), Refusal> {
        if self.objects.is_empty() {
            let text = format!(
                "nothing of {submission} can be expunged: it is gone already, or {} holds all of it now; have the \
                 office correct or withdraw it first",
                self.lane
            );
            return Err(Refusal::new(ErrorReason::NothingToExpunge, text).about("submission", submission));
        }
        let found = self.objects.len();
        if found > OBJECTS_MAX {
            let text = format!(
                "{found} objects would go, and one request takes at most {OBJECTS_MAX}: begin with a later submission"
            );
            return Err(Refusal::limit(OBJECTS_MAX as u64, found as u64, text));
        }
        Ok(())
    }
}
