//! Answers to warnings; the last one lets the submission pass.

use mighub::v1::{self, ErrorReason, ReceiptOutcome, SubmissionState, record::What};
use prost::Message;

use super::case::Case;
use super::read::lane_of;
use super::unknown_submission;
use crate::hub::append::Actor;
use crate::hub::moment::Moment;
use crate::hub::objects::object;
use crate::hub::refusal::Refusal;
use crate::hub::rights::Operation;
use crate::hub::{Hub, Principal};

/// Answers of one call, at most.
const ANSWERS_MAX: usize = 1_000;
const ANSWER_CHARACTERS_MAX: usize = 2_000;

impl Hub {
    /// SubmissionService.AnswerFindings.
    pub fn answer_findings(
        &self,
        principal: &Principal,
        request: &v1::AnswerFindingsRequest,
        now: Moment,
    ) -> Result<v1::AnswerFindingsResponse, Refusal> {
        let id = &request.submission_id;
        let found = self.readable(principal, id, now)?;
        let lane = lane_of(&found).ok_or_else(|| unknown_submission(id))?;
        self.rights().authorise(principal, Operation::Submit(&lane), now)?;
        let state = self.state_of(&found)?;
        if found.accepted.is_some() {
            // A client that lost our answer asks again.
            let receipt = found.accepted.map(|position| self.receipt_at(position)).transpose()?;
            let outcome = ReceiptOutcome::Accepted.into();
            return Ok(v1::AnswerFindingsResponse { state: state.into(), unanswered: 0, receipt, outcome });
        }
        if state != SubmissionState::NeedsAnswer {
            let text = format!("the submission waits for no answers: it is {}", state.as_str_name());
            return Err(Refusal::new(ErrorReason::StateUnfit, text).about("found", state.as_str_name()));
        }
        if request.answers.is_empty() || request.answers.len() > ANSWERS_MAX {
            return Err(Refusal::malformed("answers", format!("there must be 1 to {ANSWERS_MAX} answers")));
        }
        let (report, _) = self.report_of(&found)?;
        for answer in &request.answers {
            let characters = answer.text.trim().chars().count();
            if characters == 0 || characters > ANSWER_CHARACTERS_MAX {
                let text = format!("an answer has 1 to {ANSWER_CHARACTERS_MAX} characters");
                return Err(Refusal::malformed("answers.text", text));
            }
            if !report.groups.iter().any(|group| group.rule_id == answer.rule_id) {
                let text = format!("the report has no findings of the rule {}: list them again", answer.rule_id);
                return Err(Refusal::new(ErrorReason::UnknownFinding, text));
            }
        }
        let (digest, stored) = object(request.encode_to_vec());
        let what = What::Answer(v1::AnswerRecorded { submission_id: id.clone(), answers_digest: digest.to_bytes() });
        self.record(Actor::of(principal, &request.person), what, vec![stored], now)?;
        let found = self.readable(principal, id, now)?;
        let unanswered = self.unanswered(&report, &found)?.len() as u64;
        let (_, terms) = self.lane_terms(principal, &lane, now)?;
        if unanswered > 0 || terms.agreement.needs_review {
            return Ok(v1::AnswerFindingsResponse { state: state.into(), unanswered, ..Default::default() });
        }
        let contents = found.contents.clone().unwrap_or_default();
        let case = Case::load(self, &contents)?;
        let (receipt, outcome) = self.settle_answered(&case, &terms, contents, now)?;
        let state = SubmissionState::Accepted.into();
        Ok(v1::AnswerFindingsResponse { state, unanswered, receipt: Some(receipt), outcome: outcome.into() })
    }
}
