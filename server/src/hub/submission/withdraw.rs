//! Taking a submission back: the vintage before holds again.

use mighub::block::Digest;
use mighub::v1::{self, ErrorReason, SubmissionState, record::What};

use super::header::REASON_CHARACTERS_MAX;
use super::steps::{self, Step};
use super::{submission_id, unknown_submission};
use crate::hub::append::{Actor, record};
use crate::hub::lane::{LaneId, agency, dataflow};
use crate::hub::moment::Moment;
use crate::hub::reduce::row;
use crate::hub::refusal::Refusal;
use crate::hub::rights::Operation;
use crate::hub::rows::{SubmissionRow, submission_key};
use crate::hub::vintages::Recorded;
use crate::hub::{Hub, Principal};

impl Hub {
    /// SubmissionService.WithdrawSubmission.
    pub fn withdraw_submission(
        &self,
        principal: &Principal,
        request: &v1::WithdrawSubmissionRequest,
        now: Moment,
    ) -> Result<v1::WithdrawSubmissionResponse, Refusal> {
        let reason = request.reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_CHARACTERS_MAX {
            let text = format!("a withdrawal needs a reason of 1 to {REASON_CHARACTERS_MAX} characters");
            return Err(Refusal::new(ErrorReason::ReasonRequired, text).of_field("reason"));
        }
        let id = &request.submission_id;
        if self.own_upload(principal, id, now)?.is_some() {
            // Nothing was recorded of it, so nothing is recorded of its end.
            self.desk.forget(&submission_id(id)?);
            return Ok(v1::WithdrawSubmissionResponse {
                state: SubmissionState::Withdrawn.into(),
                position: None,
                head: None,
            });
        }
        let known: Option<SubmissionRow> = row(&*self.view, &submission_key(id))?;
        let known = known.ok_or_else(|| unknown_submission(id))?;
        let contents = known.contents.clone().ok_or_else(|| unknown_submission(id))?;
        let lane = LaneId {
            dataflow: dataflow("dataflow", &contents.dataflow)?,
            provider: agency("provider", &contents.provider)?,
        };
        let granted = self.rights().authorise(principal, Operation::Submit(&lane), now);
        granted.map_err(|refusal| match refusal.reason {
            ErrorReason::LaneNotPermitted => unknown_submission(id),
            _ => refusal,
        })?;
        let lock = self.desk.lane(&lane);
        let _lane = lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.state == i32::from(SubmissionState::Withdrawn) {
            let same = known.history.last().is_some_and(|last| last.reason == reason);
            return if same { self.withdrawn_answer(&lane) } else { Err(not_withdrawable(id)) };
        }
        let actor = Actor::of(principal, &request.person);
        let mut withdrawn = v1::Withdrawn {
            dataflow: contents.dataflow.clone(),
            provider: contents.provider.clone(),
            submission_id: id.clone(),
            reason: reason.to_owned(),
            ..Default::default()
        };
        if known.accepted.is_none() {
            let position = self.record(actor, What::Withdrawn(withdrawn), Vec::new(), now)?;
            return Ok(v1::WithdrawSubmissionResponse {
                state: SubmissionState::Withdrawn.into(),
                position: Some(position),
                head: None,
            });
        }
        let head = self.head(&lane)?.ok_or_else(|| not_withdrawable(id))?;
        if head.row.submission_id != *id {
            return Err(not_withdrawable(id));
        }
        let below = head.row.below.map(|position| self.vintage_recorded_at(&lane, position)).transpose()?.flatten();
        let steps: Vec<Step> = steps::pending(below.as_ref(), now);
        withdrawn.restores = below.as_ref().map(|below| below.position);
        withdrawn.vintage_manifest_digest =
            below.as_ref().and_then(Recorded::manifest).map(Digest::to_bytes).unwrap_or_default();
        withdrawn.steps = steps::messages(&steps);
        withdrawn.observations = Some(self.counts_between(&lane, Some(&head), below.as_ref())?);
        self.append(Some((&lane, Some(head.position))), &[], now, |_| {
            Ok((Vec::new(), record(&actor, What::Withdrawn(withdrawn.clone()), now)))
        })?;
        self.withdrawn_answer(&lane)
    }

    fn withdrawn_answer(&self, lane: &LaneId) -> Result<v1::WithdrawSubmissionResponse, Refusal> {
        let head = self.head(lane)?;
        Ok(v1::WithdrawSubmissionResponse {
            state: SubmissionState::Withdrawn.into(),
            position: head.as_ref().map(|head| head.position),
            head: head.as_ref().filter(|head| head.manifest().is_some()).map(vintage_ref),
        })
    }

    /// A lane's newest vintage.
    pub(super) fn head(&self, lane: &LaneId) -> Result<Option<Recorded>, Refusal> {
        match self.head_position(lane)? {
            Some(position) => self.vintage_recorded_at(lane, position),
            None => Ok(None),
        }
    }
}

/// Names a vintage to its own office.
pub(super) fn vintage_ref(vintage: &Recorded) -> v1::VintageRef {
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
