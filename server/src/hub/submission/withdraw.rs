//! Taking a submission back: the vintage before holds again.

use std::sync::PoisonError;

use mighub::block::Digest;
use mighub::v1::{self, ErrorReason, SubmissionState, record::What};

use super::chain::Chain;
use super::header::{REASON_CHARACTERS_MAX, check_person};
use super::read::lane_of;
use super::steps;
use super::upload::End;
use super::{submission_id, unknown_submission};
use crate::hub::Hub;
use crate::hub::append::{Actor, record};
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::permit::{ActOn, Permit};
use crate::hub::refusal::Refusal;
use crate::hub::vintages::Recorded;

impl Hub {
    /// SubmissionService.WithdrawSubmission.
    pub fn withdraw_submission(
        &self,
        permit: &Permit<ActOn>,
        request: &v1::WithdrawSubmissionRequest,
        now: Moment,
    ) -> Result<v1::WithdrawSubmissionResponse, Refusal> {
        let reason = request.reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_CHARACTERS_MAX {
            let text = format!("a withdrawal needs a reason of 1 to {REASON_CHARACTERS_MAX} characters");
            return Err(Refusal::new(ErrorReason::ReasonRequired, text).of_field("reason"));
        }
        check_person(&request.person)?;
        let id = &request.submission_id;
        if let Some(upload) = self.desk.upload(&submission_id(id)?, now) {
            // Waits for a check that goes on: what it led to is taken back then.
            let mut end = upload.end();
            match &*end {
                Some(End::Recorded) => {}
                Some(End::Withdrawn(before)) if *before != reason => return Err(not_withdrawable(id)),
                Some(End::Withdrawn(_)) => return self.withdrawn_answer(&upload.case.lane, None),
                Some(End::Judged(_)) | None => {
                    // Nothing was recorded of it, so nothing is recorded of its end.
                    let withdrawn = End::Withdrawn(reason.to_owned());
                    self.desk.remember(submission_id(id)?, upload.ended(withdrawn.clone()));
                    *end = Some(withdrawn);
                    return self.withdrawn_answer(&upload.case.lane, None);
                }
            }
        }
        let lane = lane_of(&self.judged(id)?).ok_or_else(|| unknown_submission(id))?;
        let lock = self.desk.lane(&lane);
        let _lane = lock.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lane's lock: a moment ago it may have been answered, or taken back already.
        let known = self.judged(id)?;
        let contents = known.contents.clone().unwrap_or_default();
        let was_accepted = known.accepted.is_some();
        if known.state == i32::from(SubmissionState::Withdrawn) {
            let same = known.history.last().is_some_and(|last| last.reason == reason);
            let position = known.withdrawn.filter(|_| was_accepted);
            return if same { self.withdrawn_answer(&lane, position) } else { Err(not_withdrawable(id)) };
        }
        let actor = Actor::of(permit.principal(), &request.person);
        let mut withdrawn = v1::Withdrawn {
            dataflow: contents.dataflow.clone(),
            provider: contents.provider.clone(),
            submission_id: id.clone(),
            reason: reason.to_owned(),
            ..Default::default()
        };
        if !was_accepted {
            self.record(actor, What::Withdrawn(withdrawn), Vec::new(), now)?;
            return self.withdrawn_answer(&lane, None);
        }
        let head = self.head(&lane)?.filter(|head| head.row.submission_id == *id);
        let head = head.ok_or_else(|| not_withdrawable(id))?;
        let below =
            head.row.below.map(|position| self.vintage_recorded_at(&lane, position)).transpose()?.flatten();
        let restored: Vec<Vec<u8>> = below
            .iter()
            .flat_map(|below| &below.row.steps)
            .map(|step| step.manifest_digest.clone())
            .collect();
        self.check_not_expunged(&lane, &restored)?;
        let Chain { steps, objects, mut present } = self.chain_of_restored(&lane, below.as_ref(), now)?;
        let objects = self.stored_or_small(objects, &mut present, now)?;
        withdrawn.restores = below.as_ref().map(|below| below.position);
        withdrawn.vintage_manifest_digest =
            below.as_ref().and_then(Recorded::manifest).map(Digest::to_bytes).unwrap_or_default();
        withdrawn.steps = steps::messages(&steps);
        withdrawn.observations = Some(self.counts_between(&lane, Some(&head), below.as_ref())?);
        let position = self.append(Some((&lane, Some(head.position))), &present, now, |_| {
            Ok((objects.clone(), record(&actor, What::Withdrawn(withdrawn.clone()), now)))
        })?;
        self.withdrawn_answer(&lane, Some(position))
    }

    /// `position` is that of the record, where something was in force.
    fn withdrawn_answer(
        &self,
        lane: &LaneId,
        position: Option<u64>,
    ) -> Result<v1::WithdrawSubmissionResponse, Refusal> {
        let head = self.head(lane)?.filter(|head| head.manifest().is_some());
        Ok(v1::WithdrawSubmissionResponse {
            state: SubmissionState::Withdrawn.into(),
            position,
            head: head.as_ref().map(vintage_ref),
        })
    }

    /// A lane's newest vintage.
    pub(in crate::hub) fn head(&self, lane: &LaneId) -> Result<Option<Recorded>, Refusal> {
        match self.head_position(lane)? {
            Some(position) => self.vintage_recorded_at(lane, position),
            None => Ok(None),
        }
    }
}

/// Names a vintage to its own office.
pub(in crate::hub) fn vintage_ref(vintage: &Recorded) -> v1::VintageRef {
    v1::VintageRef {
        position: vintage.position,
        effective_time: Some(Moment(vintage.row.effective_ms).to_message()),
        manifest_digest: vintage.manifest().map(Digest::to_bytes).unwrap_or_default(),
    }
}

fn not_withdrawable(id: &str) -> Refusal {
    let text = format!(
        "{id} cannot be withdrawn: it is not the newest accepted one of its dataflow and provider, or is withdrawn \
         already with another reason"
    );
    Refusal::new(ErrorReason::NotWithdrawable, text).about("submission", id)
}
