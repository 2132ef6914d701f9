//! The report on a submission: an object of the store, page by page, kept for ever.

use std::collections::BTreeSet;

use mighub::block::Digest;
use mighub::v1::{self, SubmissionState};
use mighub_store::Object;
use mighub_validation as judge;
use prost::Message;

use super::read::counts;
use crate::hub::Hub;
use crate::hub::objects::{content, object};
use crate::hub::pages::Page;
use crate::hub::refusal::Refusal;
use crate::hub::rows::SubmissionRow;

/// Findings on a page of a report.
const PAGE_FINDINGS: usize = 1_000;

/// A report as it is kept.
pub(super) struct StoredReport {
    pub(super) digest: Digest,
    pub(super) message: v1::Report,
    pub(super) objects: Vec<Object>,
}

impl StoredReport {
    /// Puts a report into pages. `head` is the report without findings.
    pub(super) fn of(report: &mut judge::Report, head: v1::Report) -> Result<Self, Refusal> {
        let failed = |error: std::io::Error| Refusal::internal(format!("a scratch file could not be read: {error}"));
        let mut objects = Vec::new();
        let mut page_digests = Vec::new();
        let mut page = v1::ReportPage::default();
        let mut close = |page: &mut v1::ReportPage| {
            if !page.findings.is_empty() {
                let (digest, stored) = object(std::mem::take(page).encode_to_vec());
                page_digests.push(digest.to_bytes());
                objects.push(stored);
            }
        };
        for finding in report.findings().map_err(failed)? {
            page.findings.push(finding_message(finding.map_err(failed)?));
            if page.findings.len() == PAGE_FINDINGS {
                close(&mut page);
            }
        }
        close(&mut page);
        let summary = report.summary();
        let message = v1::Report {
            counts: Some(counts_message(summary.counts)),
            groups: summary.groups.iter().map(group_message).collect(),
            not_run: summary
                .not_run
                .iter()
                .map(|rule| v1::RuleNotRun { rule_id: rule.rule_id.clone(), reason: rule.reason.clone() })
                .collect(),
            page_digests,
            ..head
        };
        let (digest, stored) = object(message.encode_to_vec());
        objects.push(stored);
        Ok(Self { digest, message, objects })
    }
}

fn counts_message(counts: judge::FindingCounts) -> v1::FindingCounts {
    v1::FindingCounts { errors: counts.errors, warnings: counts.warnings, notes: counts.notes }
}

fn severity_message(severity: judge::Severity) -> v1::Severity {
    match severity {
        judge::Severity::Error => v1::Severity::Error,
        judge::Severity::Warning => v1::Severity::Warning,
        judge::Severity::Note => v1::Severity::Note,
    }
}

fn group_message(group: &judge::FindingGroup) -> v1::FindingGroup {
    let sample = |sample: &judge::ComponentSample| v1::ComponentSample {
        component: sample.component.to_string(),
        values: sample
            .values
            .iter()
            .map(|value| v1::ValueCount { value: value.value.to_string(), count: value.count })
            .collect(),
        distinct: sample.distinct,
    };
    v1::FindingGroup {
        rule_id: group.rule_id.clone(),
        severity: severity_message(group.severity).into(),
        title: group.title.clone(),
        count: group.count,
        components: group.components.iter().map(sample).collect(),
        unanswered: 0,
    }
}

/// The hub leaves out where something stands in the file: only the sender's own reader knows.
fn finding_message(finding: judge::Finding) -> v1::Finding {
    let observation = |observation: &judge::ObservationRef| v1::ObservationRef {
        series_key: observation.series_key.iter().map(ToString::to_string).collect(),
        period: observation.period.clone(),
        component: observation.component.to_string(),
    };
    v1::Finding {
        observations: finding.observations.iter().map(observation).collect(),
        finding_id: finding.finding_id,
        rule_id: finding.rule_id,
        severity: severity_message(finding.severity).into(),
        level: finding.level.into(),
        title: finding.title,
        occurrences: finding.occurrences,
        place: None,
        found: finding.found,
        expected: finding.expected,
        arithmetic: finding.arithmetic,
        remedy: finding.remedy,
        suggestions: finding.suggestions.iter().map(ToString::to_string).collect(),
    }
}

impl Hub {
    pub(super) fn report_of(&self, submission: &SubmissionRow) -> Result<(v1::Report, Digest), Refusal> {
        let contents = submission.contents.clone().unwrap_or_default();
        let bytes = content(&self.store, &contents.report_digest)?;
        let digest = Digest::of(&bytes);
        let report = v1::Report::decode(bytes).map_err(|error| Refusal::internal(error.to_string()))?;
        Ok((report, digest))
    }

    fn report_page(&self, report: &v1::Report, page: usize) -> Result<Vec<v1::Finding>, Refusal> {
        let Some(digest) = report.page_digests.get(page) else { return Ok(Vec::new()) };
        let page = v1::ReportPage::decode(content(&self.store, digest)?);
        page.map(|page| page.findings).map_err(|error| Refusal::internal(error.to_string()))
    }

    /// The verdict as it was given.
    pub(super) fn verdict_of(&self, submission: &SubmissionRow) -> Result<v1::Verdict, Refusal> {
        let contents = submission.contents.clone().unwrap_or_default();
        let (report, digest) = self.report_of(submission)?;
        let state = SubmissionState::try_from(submission.state).unwrap_or_default();
        let reference = report.references.first().and_then(|reference| reference.vintage.clone());
        Ok(v1::Verdict {
            submission_id: contents.submission_id.clone(),
            state: self.state_of(submission)?.into(),
            findings: Some(counts(&contents)),
            groups: self.groups(&report, submission)?,
            report_digest: digest.to_bytes(),
            rulebook_digest: contents.rulebook_digest.clone(),
            reference,
            observations: submission.observations,
            remedy: remedy(state).to_owned(),
        })
    }

    /// Groups with the warnings that nobody has answered.
    fn groups(&self, report: &v1::Report, submission: &SubmissionRow) -> Result<Vec<v1::FindingGroup>, Refusal> {
        let unanswered = self.unanswered(report, submission)?;
        let with = |group: &v1::FindingGroup| {
            let mut group = group.clone();
            group.unanswered = unanswered.iter().filter(|(rule, _)| *rule == group.rule_id).count() as u64;
            group
        };
        Ok(report.groups.iter().map(with).collect())
    }

    /// Rule and id of every warning without answer. Only a submission that waits for answers has any.
    pub(super) fn unanswered(
        &self,
        report: &v1::Report,
        submission: &SubmissionRow,
    ) -> Result<BTreeSet<(String, String)>, Refusal> {
        let mut unanswered = BTreeSet::new();
        if submission.state != i32::from(SubmissionState::NeedsAnswer) {
            return Ok(unanswered);
        }
        for page in 0..report.page_digests.len() {
            let warnings = self.report_page(report, page)?.into_iter().filter(|f| f.severity() == v1::Severity::Warning);
            unanswered.extend(warnings.map(|finding| (finding.rule_id, finding.finding_id)));
        }
        for digest in &submission.answers {
            let request = v1::AnswerFindingsRequest::decode(content(&self.store, digest)?);
            let request = request.map_err(|error| Refusal::internal(error.to_string()))?;
            for answer in &request.answers {
                let answered = |(rule, id): &(String, String)| {
                    *rule == answer.rule_id && (answer.finding_ids.is_empty() || answer.finding_ids.contains(id))
                };
                unanswered.retain(|warning| !answered(warning));
            }
        }
        Ok(unanswered)
    }

    pub(super) fn findings_of(
        &self,
        submission: &SubmissionRow,
        request: &v1::ListFindingsRequest,
    ) -> Result<v1::ListFindingsResponse, Refusal> {
        let (report, digest) = self.report_of(submission)?;
        let page = Page::read(request.page_size, &request.page_token)?;
        let start: u64 = match &page.after[..] {
            "" => 0,
            text => text.parse().map_err(|_| {
                let text = "the page token is not one of this list: begin with the first page";
                Refusal::new(v1::ErrorReason::PageTokenMalformed, text)
            })?,
        };
        let asked_rule = |rule: &str| request.rule_ids.is_empty() || request.rule_ids.iter().any(|asked| asked == rule);
        let asked_severity = |severity: i32| request.severities.is_empty() || request.severities.contains(&severity);
        let groups: Vec<_> = self
            .groups(&report, submission)?
            .into_iter()
            .filter(|group| asked_rule(&group.rule_id) && asked_severity(group.severity))
            .collect();
        let total: u64 = groups.iter().map(|group| group.count).sum();
        let mut findings = Vec::new();
        let mut seen = 0;
        let wanted = if request.groups_only { 0 } else { page.size };
        for nth in 0..report.page_digests.len() {
            if findings.len() == wanted {
                break;
            }
            for finding in self.report_page(&report, nth)? {
                if asked_rule(&finding.rule_id) && asked_severity(finding.severity) {
                    if seen >= start && findings.len() < wanted {
                        findings.push(finding);
                    }
                    seen += 1;
                }
            }
        }
        let end = start + findings.len() as u64;
        let is_first = start == 0;
        Ok(v1::ListFindingsResponse {
            groups: if is_first { groups } else { Vec::new() },
            not_run: if is_first { report.not_run.clone() } else { Vec::new() },
            next_page_token: if end < total && !request.groups_only { Page::token(&end.to_string()) } else { String::new() },
            findings,
            total,
            report_digest: digest.to_bytes(),
        })
    }
}

/// What an office does next.
pub(super) fn remedy(state: SubmissionState) -> &'static str {
    match state {
        SubmissionState::NeedsCorrection => "correct the errors and send the file again; what stays the same is not sent again",
        SubmissionState::NeedsAnswer => "answer the warnings with `mighub answer`, or correct the file and send it again",
        SubmissionState::UnderReview => "nothing to do: a reviewer of the hub will look at it",
        _ => "",
    }
}
