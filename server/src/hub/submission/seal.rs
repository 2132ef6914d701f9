//! Sealing: all has come, so it is judged and, if nothing stands against it, accepted.

use std::sync::PoisonError;

use mighub::v1::{self, ErrorReason, ReceiptOutcome, SubmissionState};

use super::report::Answers;
use super::settle::Hearing;
use super::upload::{End, OpenUpload};
use super::{state_unfit, submission_id, unknown_submission};
use crate::hub::moment::Moment;
use crate::hub::permit::{ActOn, Permit};
use crate::hub::reduce::row;
use crate::hub::refusal::Refusal;
use crate::hub::rows::{SubmissionRow, submission_key};
use crate::hub::vintages::Recorded;
use crate::hub::{Hub, Principal};

impl Hub {
    /// SubmissionService.SealSubmission.
    pub fn seal_submission(
        &self,
        permit: &Permit<ActOn>,
        request: &v1::SealSubmissionRequest,
        now: Moment,
    ) -> Result<v1::SealSubmissionResponse, Refusal> {
        let id = &request.submission_id;
        let Some(upload) = self.desk.upload(&submission_id(id)?, now) else {
            return self.sealed_before(id, now);
        };
        let mut end = upload.end();
        match &*end {
            Some(End::Judged(answer)) => return Ok((**answer).clone()),
            Some(End::Withdrawn(_)) => {
                return Err(state_unfit("cannot be sealed", SubmissionState::Withdrawn));
            }
            Some(End::Recorded) => {
                drop(end);
                return self.sealed_before(id, now);
            }
            None => {}
        }
        let answer = self.settle_upload(permit.principal(), &upload, now)?;
        let id = submission_id(id)?;
        // What ended without a record is remembered without its manifest, before anybody else can look.
        if upload.case.is_test() || answer.outcome() == ReceiptOutcome::Unchanged {
            let judged = End::Judged(Box::new(answer.clone()));
            self.desk.remember(id, upload.ended(judged.clone()));
            *end = Some(judged);
        } else {
            *end = Some(End::Recorded);
            self.desk.forget(&id);
        }
        Ok(answer)
    }

    fn settle_upload(
        &self,
        principal: &Principal,
        upload: &OpenUpload,
        now: Moment,
    ) -> Result<v1::SealSubmissionResponse, Refusal> {
        let case = &upload.case;
        // Presence is looked up again: what was there when the submission was opened may have been swept since.
        let missing = upload.look_again(self);
        if missing > 0 {
            let text = format!(
                "{missing} blocks are missing: open the submission again, upload what it names, and seal it"
            );
            return Err(Refusal::new(ErrorReason::BlocksMissing, text).about("found", missing));
        }
        let (definition, terms) = self.lane_terms(principal, &case.lane, now)?;
        terms.are_those_of(&case.header, &definition)?;
        let lock = self.desk.lane(&case.lane);
        let _lane = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let id = case.id.to_string();
        if row::<SubmissionRow>(&*self.view, &submission_key(&id))?.is_some() {
            return self.sealed_before(&id, now);
        }
        let head = self.head(&case.lane)?;
        if let Some(base) = case.header.message.base_position {
            self.check_base(upload, base, head.as_ref())?;
        }
        self.settle(&Hearing {
            case,
            terms: &terms,
            head,
            answers: Answers::default(),
            also: None,
            is_reviewed: false,
            now,
        })
    }

    fn sealed_before(&self, id: &str, now: Moment) -> Result<v1::SealSubmissionResponse, Refusal> {
        submission_id(id)?;
        let found = self.judged(id)?;
        if found.contents.is_none() {
            return Err(unknown_submission(id));
        }
        let receipt = found.accepted.map(|position| self.receipt_at(position)).transpose()?;
        let outcome = if receipt.is_some() { ReceiptOutcome::Accepted } else { ReceiptOutcome::Unspecified };
        let verdict = Some(self.verdict_of(&found, now)?);
        Ok(v1::SealSubmissionResponse { verdict, receipt, outcome: outcome.into() })
    }

    /// If the sender built on a vintage that is not the head any more, the two must not touch the same keys.
    fn check_base(&self, upload: &OpenUpload, base: u64, head: Option<&Recorded>) -> Result<(), Refusal> {
        let Some(head) = head.filter(|head| head.position != base) else { return Ok(()) };
        let before = self.vintage_recorded_at(&upload.case.lane, base)?;
        if self.touch_the_same(&upload.case, before.as_ref(), head)? {
            let text = "the lane has a newer vintage that touches the same series: look at it with `mighub diff`, and \
                        push the file again";
            let refusal = Refusal::new(ErrorReason::HeadMoved, text);
            return Err(refusal.about("expected", base).about("found", head.position));
        }
        Ok(())
    }
}
