//! Answers to warnings; the last one lets the submission pass.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use mighub::v1::{self, ErrorReason, ReceiptOutcome, Severity, SubmissionState, record::What};
use mighub_validation::rules::hub::HEAD_MOVED;
use prost::Message;

use super::case::Case;
use super::header::check_person;
use super::read::lane_of;
use super::report::Answers;
use super::settle::Hearing;
use super::{state_unfit, submission_id, unknown_submission};
use crate::hub::append::Actor;
use crate::hub::moment::Moment;
use crate::hub::objects::object;
use crate::hub::permit::{ActOn, Permit};
use crate::hub::refusal::Refusal;
use crate::hub::rows::SubmissionRow;
use crate::hub::vintages::Recorded;
use crate::hub::{Hub, Principal};

/// Answers of one call, at most.
const ANSWERS_MAX: usize = 1_000;
const ANSWER_CHARACTERS_MAX: usize = 2_000;

impl Hub {
    /// SubmissionService.AnswerFindings.
    pub fn answer_findings(
        &self,
        permit: &Permit<ActOn>,
        request: &v1::AnswerFindingsRequest,
        now: Moment,
    ) -> Result<v1::AnswerFindingsResponse, Refusal> {
        let principal = permit.principal();
        let id = &request.submission_id;
        if let Some(upload) = self.desk.upload(&submission_id(id)?, now) {
            return Err(state_unfit("waits for no answers", upload.state()));
        }
        let found = self.judged(id)?;
        let lane = lane_of(&found).ok_or_else(|| unknown_submission(id))?;
        check_form(request)?;
        let lock = self.desk.lane(&lane);
        let _lane = lock.lock().unwrap_or_else(PoisonError::into_inner);
        // What was read before may have been answered or taken back by somebody else.
        let found = self.judged(id)?;
        let answer = |state: SubmissionState, receipt, outcome: ReceiptOutcome| v1::AnswerFindingsResponse {
            state: state.into(),
            unanswered: 0,
            receipt,
            outcome: outcome.into(),
        };
        match SubmissionState::try_from(found.state).unwrap_or_default() {
            SubmissionState::NeedsAnswer => {}
            // A client that lost our answer asks again.
            SubmissionState::Accepted => {
                let receipt = found.accepted.map(|position| self.receipt_at(position)).transpose()?;
                return Ok(answer(self.state_of(&found, now)?, receipt, ReceiptOutcome::Accepted));
            }
            SubmissionState::UnderReview => {
                return Ok(answer(SubmissionState::UnderReview, None, ReceiptOutcome::Unspecified));
            }
            other => return Err(state_unfit("waits for no answers", other)),
        }
        let (report, _) = self.report_of(&found)?;
        self.check_known(request, &report)?;
        let contents = found.contents.clone().unwrap_or_default();
        let case = Case::load(self, &contents)?;
        let (definition, terms) = self.lane_terms(principal, &lane, now)?;
        terms.are_those_of(&case.header, &definition)?;
        let found = self.record_answers(principal, request, found, now)?;
        let unanswered: u64 = self.unanswered(&report, &found)?.values().sum();
        if unanswered > 0 {
            let state = SubmissionState::NeedsAnswer.into();
            return Ok(v1::AnswerFindingsResponse { state, unanswered, ..Default::default() });
        }
        let head = self.head(&lane)?;
        let moved = self.moved_meanwhile(&case, &report, head.as_ref())?;
        // Nothing that was answered was an answer to this.
        let answers = if moved.is_some() { Answers::default() } else { self.answers_of(&found)? };
        let also = moved.map_or_else(|| self.asked_before(&report), |finding| Ok(Some(finding)))?;
        let settled = self.settle(&Hearing {
            case: &case,
            terms: &terms,
            head,
            answers,
            also,
            is_reviewed: false,
            now,
        })?;
        let verdict = settled.verdict.unwrap_or_default();
        Ok(v1::AnswerFindingsResponse {
            state: verdict.state,
            unanswered: verdict.groups.iter().map(|group| group.unanswered).sum(),
            receipt: settled.receipt,
            outcome: settled.outcome,
        })
    }

    /// Whatever an answer names must be in the report, as a warning.
    fn check_known(&self, request: &v1::AnswerFindingsRequest, report: &v1::Report) -> Result<(), Refusal> {
        let unknown = |what: String| {
            let text = format!("the report has no warnings {what}: list them again");
            Err(Refusal::new(ErrorReason::UnknownFinding, text))
        };
        let is_warned = |rule: &str| {
            report.groups.iter().any(|group| group.rule_id == rule && group.severity() == Severity::Warning)
        };
        if let Some(answer) = request.answers.iter().find(|answer| !is_warned(&answer.rule_id)) {
            return unknown(format!("of the rule {}", answer.rule_id));
        }
        let named = request.answers.iter().flat_map(|answer| {
            answer.finding_ids.iter().map(|finding| (answer.rule_id.clone(), finding.clone()))
        });
        let mut named: BTreeSet<(String, String)> = named.collect();
        if !named.is_empty() {
            self.each_finding(report, |finding| {
                named.remove(&(finding.rule_id, finding.finding_id));
            })?;
        }
        named.first().map_or(Ok(()), |(rule, finding)| unknown(format!("{finding} of the rule {rule}")))
    }

    /// Records answers, unless they are those that were recorded last: then a client has lost our answer.
    fn record_answers(
        &self,
        principal: &Principal,
        request: &v1::AnswerFindingsRequest,
        found: SubmissionRow,
        now: Moment,
    ) -> Result<SubmissionRow, Refusal> {
        let (digest, stored) = object(request.encode_to_vec());
        let counting = &found.answers[(found.answers_before as usize).min(found.answers.len())..];
        if counting.last().is_some_and(|last| last[..] == digest.0) {
            return Ok(found);
        }
        let id = &request.submission_id;
        let what =
            What::Answer(v1::AnswerRecorded { submission_id: id.clone(), answers_digest: digest.to_bytes() });
        self.record(Actor::of(principal, &request.person), what, vec![stored], now)?;
        self.judged(id)
    }

    /// If the lane's head moved in the same series while the office answered, it is asked once more.
    pub(super) fn moved_meanwhile(
        &self,
        case: &Case,
        report: &v1::Report,
        head: Option<&Recorded>,
    ) -> Result<Option<v1::Finding>, Refusal> {
        let reference = report.references.first().and_then(|reference| reference.vintage.as_ref());
        let known = reference.map(|vintage| vintage.position);
        if let Some(head) = head.filter(|head| Some(head.position) != known) {
            let before =
                known.map(|position| self.vintage_recorded_at(&case.lane, position)).transpose()?.flatten();
            if self.touch_the_same(case, before.as_ref(), head)? {
                return Ok(Some(head_moved(known, head.position)));
            }
        }
        Ok(None)
    }

    /// What the office was asked once more already stays in the report.
    pub(super) fn asked_before(&self, report: &v1::Report) -> Result<Option<v1::Finding>, Refusal> {
        let mut asked = None;
        if report.groups.iter().any(|group| group.rule_id == HEAD_MOVED.id) {
            self.each_finding(report, |finding| {
                asked = asked.take().or(Some(finding).filter(|finding| finding.rule_id == HEAD_MOVED.id));
            })?;
        }
        Ok(asked)
    }
}

fn check_form(request: &v1::AnswerFindingsRequest) -> Result<(), Refusal> {
    submission_id(&request.submission_id)?;
    check_person(&request.person)?;
    if request.answers.is_empty() || request.answers.len() > ANSWERS_MAX {
        return Err(Refusal::malformed("answers", format!("there must be 1 to {ANSWERS_MAX} answers")));
    }
    let fits = |answer: &v1::FindingAnswer| {
        (1..=ANSWER_CHARACTERS_MAX).contains(&answer.text.trim().chars().count())
    };
    if !request.answers.iter().all(fits) {
        let text = format!("an answer has 1 to {ANSWER_CHARACTERS_MAX} characters");
        return Err(Refusal::malformed("answers.text", text));
    }
    Ok(())
}

fn head_moved(known: Option<u64>, head: u64) -> v1::Finding {
    let position = |position: Option<u64>| {
        position.map_or_else(|| "no vintage".to_owned(), |at| format!("vintage {at}"))
    };
    v1::Finding {
        finding_id: format!("{}-{head}", HEAD_MOVED.id),
        rule_id: HEAD_MOVED.id.to_owned(),
        severity: Severity::Warning.into(),
        level: HEAD_MOVED.level.into(),
        title: HEAD_MOVED.title.to_owned(),
        occurrences: 1,
        found: position(Some(head)),
        expected: position(known),
        remedy: HEAD_MOVED.remedy.to_owned(),
        ..Default::default()
    }
}
