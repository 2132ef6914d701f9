//! An office's submissions at the hub: where they stand, answers to warnings, withdrawals.

use mighub::v1;
use prost::Message;

use crate::error::Error;
use crate::hub::retry::until_answered;
use crate::hub::{Hub, pages};
use crate::outbox::Outbox;
use crate::push::{Receipt, hold};

/// Which submissions are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubmissionFilter {
    /// Of this dataflow, as AGENCY:ID(VERSION).
    pub dataflow: Option<String>,
    /// Of this provider.
    pub provider: Option<String>,
    /// In one of these states; if there are none, in any.
    pub states: Vec<v1::SubmissionState>,
}

/// Where a submission stands after an answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Its state.
    pub state: v1::SubmissionState,
    /// Warnings that still want an answer.
    pub unanswered: u64,
    /// The receipt, if it is in force now.
    pub receipt: Option<Receipt>,
}

impl Hub {
    /// Submissions that the caller may see, newest first, at most `limit`.
    pub async fn list_submissions(
        &self,
        filter: &SubmissionFilter,
        limit: usize,
    ) -> Result<Vec<v1::SubmissionSummary>, Error> {
        pages(limit, |page_token| async move {
            let request = v1::ListSubmissionsRequest {
                dataflow: filter.dataflow.clone().unwrap_or_default(),
                provider: filter.provider.clone().unwrap_or_default(),
                states: filter.states.iter().map(|state| i32::from(*state)).collect(),
                page_size: limit.min(crate::hub::PAGE_SIZE as usize) as u32,
                page_token,
                ..Default::default()
            };
            let answer = until_answered(|| {
                let (mut service, request) = (self.submissions(), request.clone());
                async move { service.list_submissions(request).await }
            })
            .await?;
            Ok((answer.submissions, answer.next_page_token))
        })
        .await
    }

    /// All that the hub keeps about a submission.
    pub async fn submission(&self, submission: &str) -> Result<v1::Submission, Error> {
        let request = v1::GetSubmissionRequest { submission_id: submission.to_owned() };
        let answer = until_answered(|| {
            let (mut service, request) = (self.submissions(), request.clone());
            async move { service.get_submission(request).await }
        })
        .await?;
        answer.submission.ok_or_else(|| Error::Contract("no submission came".to_owned()))
    }

    /// Answers warnings of one rule, or of all rules with warnings. If the submission is accepted by it, its
    /// receipt is checked and kept as that of a push.
    pub async fn answer(
        &self,
        submission: &str,
        rule: Option<&str>,
        text: &str,
        person: &str,
    ) -> Result<Answered, Error> {
        let rules = match rule {
            Some(rule) => vec![rule.to_owned()],
            None => self.report(submission, 0).await?.unanswered.into_keys().collect::<Vec<_>>(),
        };
        if rules.is_empty() {
            return Err(Error::Request("no warning of this submission wants an answer".to_owned()));
        }
        let answer = |rule_id| v1::FindingAnswer { rule_id, finding_ids: Vec::new(), text: text.to_owned() };
        let request = v1::AnswerFindingsRequest {
            submission_id: submission.to_owned(),
            answers: rules.into_iter().map(answer).collect(),
            person: person.to_owned(),
        };
        let answer = until_answered(|| {
            let (mut service, request) = (self.submissions(), request.clone());
            async move { service.answer_findings(request).await }
        })
        .await?;
        let (state, unanswered) = (answer.state(), answer.unanswered);
        let unchanged = answer.outcome() == v1::ReceiptOutcome::Unchanged;
        let receipt = match answer.receipt {
            Some(receipt) => Some(self.hold_receipt(submission, receipt, unchanged).await?),
            None => None,
        };
        Ok(Answered { state, unanswered, receipt })
    }

    async fn hold_receipt(
        &self,
        submission: &str,
        receipt: v1::Receipt,
        unchanged: bool,
    ) -> Result<Receipt, Error> {
        let signed = self.submission(submission).await?.signed_header.unwrap_or_default();
        let header = v1::SubmissionHeader::decode(&signed.header[..])
            .map_err(|error| Error::Contract(format!("a signed header cannot be read: {error}")))?;
        let receipt = hold(self, receipt, &signed, &header, unchanged).await?;
        Outbox::open(self.home().outbox())?.forget(submission)?;
        Ok(receipt)
    }

    /// Takes a submission back; the reason stays in the record.
    pub async fn withdraw(
        &self,
        submission: &str,
        reason: &str,
        person: &str,
    ) -> Result<v1::WithdrawSubmissionResponse, Error> {
        let request = v1::WithdrawSubmissionRequest {
            submission_id: submission.to_owned(),
            reason: reason.to_owned(),
            person: person.to_owned(),
        };
        let answer = until_answered(|| {
            let (mut service, request) = (self.submissions(), request.clone());
            async move { service.withdraw_submission(request).await }
        })
        .await?;
        Outbox::open(self.home().outbox())?.forget(submission)?;
        Ok(answer)
    }
}
