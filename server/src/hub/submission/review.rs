//! Review: a person decides about a submission in which the rules found nothing more to ask.

use std::sync::PoisonError;

use mighub::v1::{self, ReviewDecision, SubmissionState, record::What};

use super::case::Case;
use super::lane_terms::no_agreement;
use super::read::lane_of;
use super::report::Answers;
use super::settle::Hearing;
use super::{state_unfit, unknown_submission};
use crate::hub::Hub;
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::permit::{Permit, Review};
use crate::hub::refusal::Refusal;
use crate::hub::release::four_eyes::Signatory;
use crate::hub::release::{person, reason};
use crate::hub::rights::Rights;
use crate::hub::rows::SubmissionRow;

impl Hub {
    /// ReleaseService.ReviewSubmission.
    pub fn review_submission(
        &self,
        permit: &Permit<Review>,
        request: &v1::ReviewSubmissionRequest,
        now: Moment,
    ) -> Result<v1::ReviewSubmissionResponse, Refusal> {
        let by = Signatory::of(permit.principal(), person(&request.person)?);
        let decision = request.decision();
        let why = match (decision, request.reason.trim()) {
            (ReviewDecision::Unspecified, _) => {
                return Err(Refusal::malformed("decision", "approve or return"));
            }
            (ReviewDecision::Approve, "") => String::new(),
            (_, text) => reason(text, "returning a submission")?,
        };
        let id = &request.submission_id;
        let found = self.judged(id)?;
        let lane = lane_of(&found).ok_or_else(|| unknown_submission(id))?;
        let lock = self.desk.lane(&lane);
        let _lane = lock.lock().unwrap_or_else(PoisonError::into_inner);
        // A moment ago somebody else may have decided, or its office have taken it back.
        let found = self.judged(id)?;
        let answer = |state: SubmissionState, receipt| v1::ReviewSubmissionResponse {
            state: state.into(),
            receipt,
            verdict: None,
        };
        let last = found.history.last();
        match (SubmissionState::try_from(found.state).unwrap_or_default(), decision) {
            (SubmissionState::UnderReview, _) => {}
            // A reviewer whose client lost our answer asks again.
            (SubmissionState::Accepted, ReviewDecision::Approve) => {
                let receipt = found.accepted.map(|position| self.receipt_at(position)).transpose()?;
                return Ok(answer(self.state_of(&found, now)?, receipt));
            }
            (SubmissionState::NeedsCorrection, ReviewDecision::Return)
                if last.is_some_and(|last| last.reason == why) =>
            {
                return Ok(answer(SubmissionState::NeedsCorrection, None));
            }
            (other, _) => return Err(state_unfit("waits for no review", other)),
        }
        let rights = self.rights();
        let contents = found.contents.clone().unwrap_or_default();
        let case = Case::load(self, &contents)?;
        if rights.agreement_on(&lane, u64::MAX, now).is_some_and(|agreement| agreement.four_eyes) {
            by.check_other_than(&sender(&rights, &case), "the review")?;
        }
        if decision == ReviewDecision::Return {
            self.record_review(&by, id, decision, why, now)?;
            return Ok(answer(SubmissionState::NeedsCorrection, None));
        }
        self.approve(&by, &case, &lane, found, why, now)
    }

    fn approve(
        &self,
        by: &Signatory,
        case: &Case,
        lane: &LaneId,
        found: SubmissionRow,
        why: String,
        now: Moment,
    ) -> Result<v1::ReviewSubmissionResponse, Refusal> {
        let (definition, terms) = self.terms_in_force(lane, now)?.ok_or_else(|| no_agreement(lane))?;
        terms.are_those_of(&case.header, &definition)?;
        self.record_review(by, &case.id.to_string(), ReviewDecision::Approve, why, now)?;
        let (report, _) = self.report_of(&found)?;
        let head = self.head(lane)?;
        let moved = self.moved_meanwhile(case, &report, head.as_ref())?;
        // What was answered before was no answer to this.
        let answers = if moved.is_some() { Answers::default() } else { self.answers_of(&found)? };
        let also = moved.map_or_else(|| self.asked_before(&report), |finding| Ok(Some(finding)))?;
        let hearing = Hearing { case, terms: &terms, head, answers, also, is_reviewed: true, now };
        let settled = self.settle(&hearing)?;
        let state = settled.verdict.as_ref().map_or(0, |verdict| verdict.state);
        Ok(v1::ReviewSubmissionResponse { state, receipt: settled.receipt, verdict: settled.verdict })
    }

    fn record_review(
        &self,
        by: &Signatory,
        id: &str,
        decision: ReviewDecision,
        reason: String,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let review = v1::ReviewRecorded {
            submission_id: id.to_owned(),
            decision: decision.into(),
            reason,
            application: by.application.clone(),
        };
        self.record(by.actor(), What::Review(review), Vec::new(), now)
    }
}

/// Who sent a submission, as far as the hub can tell: whose key signed it.
fn sender(rights: &Rights, case: &Case) -> Signatory {
    let keys = rights.agency(&case.agency).map(|row| &row.keys[..]).unwrap_or_default();
    let signed = keys.iter().find(|keys| keys.signing_key[..] == case.header.signing_key[..]);
    Signatory {
        agency: case.agency.to_string(),
        application: signed.map(|keys| keys.application.clone()).unwrap_or_default(),
        person: case.header.message.person.trim().to_owned(),
    }
}
