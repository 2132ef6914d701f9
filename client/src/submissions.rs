//! An office's submissions at the hub: where they stand, answers to warnings, withdrawals.

use mighub::v1;

use crate::error::Error;
use crate::hub::retry::until_answered;
use crate::hub::{Hub, pages};
use crate::outbox::Outbox;

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

    /// Answers warnings of one rule, or of all rules with warnings.
    pub async fn answer(
        &self,
        submission: &str,
        rule: Option<&str>,
        text: &str,
        person: &str,
    ) -> Result<v1::AnswerFindingsResponse, Error> {
        let rules = match rule {
            Some(rule) => vec![rule.to_owned()],
            None => {
                self.report(submission, 0).await?.unanswered.into_keys().collect::<Vec<_>>()
            }
        };
        if rules.is_empty() {
            return Err(Error::Request("no warning of this submission wants an answer".to_owned()));
        }
        let answer =
            |rule_id| v1::FindingAnswer { rule_id, finding_ids: Vec::new(), text: text.to_owned() };
        let request = v1::AnswerFindingsRequest {
            submission_id: submission.to_owned(),
            answers: rules.into_iter().map(answer).collect(),
            person: person.to_owned(),
        };
        until_answered(|| {
            let (mut service, request) = (self.submissions(), request.clone());
            async move { service.answer_findings(request).await }
        })
        .await
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
