//! The hub's report on a submission, in the form in which a file's own check is reported.

use std::collections::BTreeMap;

use mighub::block::Digest;
use mighub::v1;
use mighub_intake::{finding_of, group_of};
use mighub_validation::{Finding, Language, RuleNotRun, Rulebook, Severity, Summary, Wording};

use crate::error::Error;
use crate::hub::Hub;
use crate::hub::retry::until_answered;

/// What the hub found in a submission.
#[derive(Clone, Debug, Default)]
pub struct HubReport {
    /// Counts, groups, and rules that did not run.
    pub summary: Summary,
    /// Findings, errors first; not more than were asked for.
    pub findings: Vec<Finding>,
    /// Number of findings, be they here or not.
    pub total: u64,
    /// Warnings that nobody has answered, by rule.
    pub unanswered: BTreeMap<String, u64>,
}

impl Hub {
    /// The report on a submission, with at most `findings_max` findings.
    pub async fn report(&self, submission: &str, findings_max: usize) -> Result<HubReport, Error> {
        let mut report = HubReport::default();
        let mut page_token = String::new();
        loop {
            let request = v1::ListFindingsRequest {
                submission_id: submission.to_owned(),
                groups_only: findings_max == 0,
                page_size: findings_max.min(crate::hub::PAGE_SIZE as usize) as u32,
                page_token: page_token.clone(),
                ..Default::default()
            };
            let answer = until_answered(|| {
                let (mut service, request) = (self.submissions(), request.clone());
                async move { service.list_findings(request).await }
            })
            .await?;
            // Groups and rules that did not run come on the first page only.
            report.take_groups(&answer);
            report.findings.extend(answer.findings.into_iter().map(finding_of));
            report.total = answer.total;
            page_token = answer.next_page_token;
            if page_token.is_empty() || report.findings.len() >= findings_max {
                report.findings.truncate(findings_max);
                return Ok(report);
            }
        }
    }
}

impl Hub {
    /// Words for the rules of a rulebook, named by its digest, in a language.
    pub async fn wording(&self, language: Language, rulebook_digest: &[u8]) -> Result<Wording, Error> {
        let Some(digest) = Digest::from_slice(rulebook_digest).filter(|_| language != Language::default())
        else {
            return Ok(Wording::new(language));
        };
        let bytes = self.rulebook(digest).await?;
        // A rulebook of another program still has the built-in rules that both know.
        let rulebook = Rulebook::read(&bytes).ok();
        Ok(rulebook.map_or_else(|| Wording::new(language), |book| Wording::of_rulebook(language, &book)))
    }
}

impl HubReport {
    /// Says titles and remedies in the language of the words.
    pub fn speak(&mut self, wording: &Wording) {
        wording.summary(&mut self.summary);
        self.findings.iter_mut().for_each(|finding| wording.finding(finding));
    }

    fn take_groups(&mut self, answer: &v1::ListFindingsResponse) {
        for message in &answer.groups {
            let group = group_of(message);
            let counts = &mut self.summary.counts;
            match group.severity {
                Severity::Error => counts.errors += group.count,
                Severity::Warning => counts.warnings += group.count,
                Severity::Note => counts.notes += group.count,
            }
            if message.unanswered > 0 {
                self.unanswered.insert(message.rule_id.clone(), message.unanswered);
            }
            self.summary.groups.push(group);
        }
        let not_run = answer.not_run.iter();
        let not_run =
            not_run.map(|rule| RuleNotRun { rule_id: rule.rule_id.clone(), reason: rule.reason.clone() });
        self.summary.not_run.extend(not_run);
    }
}
