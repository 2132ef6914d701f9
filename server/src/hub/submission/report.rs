//! The report on a submission: an object of the store, page by page, kept for ever.

use std::collections::{BTreeMap, BTreeSet};

use mighub::block::Digest;
use mighub::v1::{self, SubmissionState};
use mighub_store::{Batch, Object};
use mighub_validation as judge;
use prost::Message;

use super::read::counts;
use crate::hub::Hub;
use crate::hub::moment::Moment;
use crate::hub::objects::{content, object};
use crate::hub::pages::Page;
use crate::hub::refusal::Refusal;
use crate::hub::rows::SubmissionRow;

/// Findings on a page of a report.
const PAGE_FINDINGS: usize = 1_000;

/// Pages are made durable once they have so many bytes together: a report has no limit, and memory has.
const FLUSH_BYTES: usize = 1024 * 1024;

/// A report as it is kept.
pub(super) struct StoredReport {
    pub(super) digest: Digest,
    pub(super) message: v1::Report,
    /// What of it is not durable yet.
    pub(super) objects: Vec<Object>,
    /// Whether a warning has no answer.
    pub(super) waits: bool,
}

impl StoredReport {
    /// The groups. A new verdict that waits for answers waits for all of them: what was answered was another.
    pub(super) fn groups(&self, state: SubmissionState) -> Vec<v1::FindingGroup> {
        let mut groups = self.message.groups.clone();
        let waiting = groups.iter_mut().filter(|group| {
            state == SubmissionState::NeedsAnswer && group.severity() == v1::Severity::Warning
        });
        waiting.for_each(|group| group.unanswered = group.count);
        groups
    }
}

fn with_unanswered(groups: &[v1::FindingGroup], unanswered: &BTreeMap<String, u64>) -> Vec<v1::FindingGroup> {
    let with = |group: &v1::FindingGroup| v1::FindingGroup {
        unanswered: unanswered.get(&group.rule_id).copied().unwrap_or(0),
        ..group.clone()
    };
    groups.iter().map(with).collect()
}

/// What an office has answered so far.
#[derive(Default)]
pub(super) struct Answers {
    rules: BTreeSet<String>,
    findings: BTreeSet<(String, String)>,
}

impl Answers {
    fn add(&mut self, answer: v1::FindingAnswer) {
        if answer.finding_ids.is_empty() {
            self.rules.insert(answer.rule_id);
        } else {
            let rule = answer.rule_id;
            self.findings.extend(answer.finding_ids.into_iter().map(|finding| (rule.clone(), finding)));
        }
    }

    fn leave_open(&self, finding: &v1::Finding) -> bool {
        finding.severity() == v1::Severity::Warning
            && !self.rules.contains(&finding.rule_id)
            && !self.findings.contains(&(finding.rule_id.clone(), finding.finding_id.clone()))
    }
}

pub(in crate::hub) fn counts_message(counts: judge::FindingCounts) -> v1::FindingCounts {
    v1::FindingCounts { errors: counts.errors, warnings: counts.warnings, notes: counts.notes }
}

fn severity_message(severity: judge::Severity) -> v1::Severity {
    match severity {
        judge::Severity::Error => v1::Severity::Error,
        judge::Severity::Warning => v1::Severity::Warning,
        judge::Severity::Note => v1::Severity::Note,
    }
}

pub(in crate::hub) fn group_message(group: &judge::FindingGroup) -> v1::FindingGroup {
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

pub(in crate::hub) fn rule_count_message(count: &judge::RuleCount) -> v1::RuleCount {
    v1::RuleCount {
        rule_id: count.rule_id.clone(),
        items: count.items,
        passed: count.passed,
        failed: count.failed,
        undecided: count.undecided,
        not_run: count.not_run.clone(),
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
    /// Puts a report into pages. `head` is the report without findings; `also` is what the hub itself has to say.
    pub(super) fn store_report(
        &self,
        report: &mut judge::Report,
        head: v1::Report,
        also: Option<v1::Finding>,
        answers: &Answers,
        now: Moment,
    ) -> Result<StoredReport, Refusal> {
        let failed =
            |error: std::io::Error| Refusal::internal(format!("a scratch file could not be read: {error}"));
        let (mut objects, mut bytes) = (Vec::new(), 0);
        let mut page_digests = Vec::new();
        let mut page = v1::ReportPage::default();
        let mut waits = false;
        let mut close = |page: &mut v1::ReportPage| -> Result<(), Refusal> {
            if page.findings.is_empty() {
                return Ok(());
            }
            let (digest, stored) = object(std::mem::take(page).encode_to_vec());
            bytes += stored.bytes.len();
            page_digests.push(digest.to_bytes());
            objects.push(stored);
            if bytes >= FLUSH_BYTES {
                bytes = 0;
                self.keep(std::mem::take(&mut objects), now)?;
            }
            Ok(())
        };
        let mut add = |finding: v1::Finding| -> Result<(), Refusal> {
            waits |= answers.leave_open(&finding);
            page.findings.push(finding);
            if page.findings.len() == PAGE_FINDINGS { close(&mut page) } else { Ok(()) }
        };
        let summary = report.summary().clone();
        let mut counts = counts_message(summary.counts);
        let mut groups: Vec<_> = summary.groups.iter().map(group_message).collect();
        let order = |severity: i32, rule: &str| (severity, rule.to_owned());
        let mut also = also;
        if let Some(finding) = &also {
            counts.warnings += 1;
            let group = v1::FindingGroup {
                rule_id: finding.rule_id.clone(),
                severity: finding.severity,
                title: finding.title.clone(),
                count: 1,
                ..Default::default()
            };
            let place = groups.partition_point(|other| {
                order(other.severity, &other.rule_id) < order(group.severity, &group.rule_id)
            });
            groups.insert(place, group);
        }
        for finding in report.findings().map_err(failed)? {
            let finding = finding_message(finding.map_err(failed)?);
            let comes_first = |also: &mut v1::Finding| {
                order(also.severity, &also.rule_id) < order(finding.severity, &finding.rule_id)
            };
            also.take_if(comes_first).map_or(Ok(()), &mut add)?;
            add(finding)?;
        }
        also.map_or(Ok(()), &mut add)?;
        close(&mut page)?;
        let not_run = summary.not_run.iter();
        let not_run =
            not_run.map(|rule| v1::RuleNotRun { rule_id: rule.rule_id.clone(), reason: rule.reason.clone() });
        let message = v1::Report {
            counts: Some(counts),
            groups,
            not_run: not_run.collect(),
            rules: summary.rules.iter().map(rule_count_message).collect(),
            page_digests,
            ..head
        };
        let (digest, stored) = object(message.encode_to_vec());
        objects.push(stored);
        Ok(StoredReport { digest, message, objects, waits })
    }

    /// Makes objects durable that no record names yet.
    pub(super) fn keep(&self, objects: Vec<Object>, now: Moment) -> Result<(), Refusal> {
        self.store.commit(Batch { objects, time_ms: now.0, ..Batch::default() })?;
        Ok(())
    }

    pub(super) fn report_of(&self, submission: &SubmissionRow) -> Result<(v1::Report, Digest), Refusal> {
        self.report(&submission.contents.clone().unwrap_or_default().report_digest)
    }

    fn report(&self, digest: &[u8]) -> Result<(v1::Report, Digest), Refusal> {
        let bytes = content(&self.store, digest)?;
        let digest = Digest::of(&bytes);
        let report = v1::Report::decode(bytes).map_err(|error| Refusal::internal(error.to_string()))?;
        Ok((report, digest))
    }

    fn report_page(&self, report: &v1::Report, page: usize) -> Result<Vec<v1::Finding>, Refusal> {
        let Some(digest) = report.page_digests.get(page) else { return Ok(Vec::new()) };
        let page = v1::ReportPage::decode(content(&self.store, digest)?);
        page.map(|page| page.findings).map_err(|error| Refusal::internal(error.to_string()))
    }

    /// The verdict as it stands.
    pub(super) fn verdict_of(&self, submission: &SubmissionRow, now: Moment) -> Result<v1::Verdict, Refusal> {
        let contents = submission.contents.clone().unwrap_or_default();
        let (report, digest) = self.report_of(submission)?;
        let state = SubmissionState::try_from(submission.state).unwrap_or_default();
        let reference = report.references.first().and_then(|reference| reference.vintage.clone());
        Ok(v1::Verdict {
            submission_id: contents.submission_id.clone(),
            state: self.state_of(submission, now)?.into(),
            findings: Some(counts(&contents)),
            groups: with_unanswered(&report.groups, &self.unanswered(&report, submission)?),
            report_digest: digest.to_bytes(),
            rulebook_digest: contents.rulebook_digest.clone(),
            reference,
            observations: submission.observations,
            remedy: remedy(state).to_owned(),
        })
    }

    /// The answers that count: those since it was judged last.
    pub(super) fn answers_of(&self, submission: &SubmissionRow) -> Result<Answers, Refusal> {
        let mut answers = Answers::default();
        for digest in submission.answers.iter().skip(submission.answers_before as usize) {
            let request = v1::AnswerFindingsRequest::decode(content(&self.store, digest)?);
            let request = request.map_err(|error| Refusal::internal(error.to_string()))?;
            request.answers.into_iter().for_each(|answer| answers.add(answer));
        }
        Ok(answers)
    }

    /// Warnings without answer, by rule. Only a submission that waits for answers has any.
    pub(super) fn unanswered(
        &self,
        report: &v1::Report,
        submission: &SubmissionRow,
    ) -> Result<BTreeMap<String, u64>, Refusal> {
        let mut unanswered = BTreeMap::new();
        if submission.state != i32::from(SubmissionState::NeedsAnswer) {
            return Ok(unanswered);
        }
        let answers = self.answers_of(submission)?;
        self.each_finding(report, |finding| {
            if answers.leave_open(&finding) {
                *unanswered.entry(finding.rule_id).or_default() += 1;
            }
        })?;
        Ok(unanswered)
    }

    /// Calls `visit` for every finding of a report, in order.
    pub(super) fn each_finding(
        &self,
        report: &v1::Report,
        mut visit: impl FnMut(v1::Finding),
    ) -> Result<(), Refusal> {
        for page in 0..report.page_digests.len() {
            self.report_page(report, page)?.into_iter().for_each(&mut visit);
        }
        Ok(())
    }

    pub(super) fn findings_of(
        &self,
        submission: &SubmissionRow,
        request: &v1::ListFindingsRequest,
    ) -> Result<v1::ListFindingsResponse, Refusal> {
        let (report, digest) = self.report_of(submission)?;
        let groups = with_unanswered(&report.groups, &self.unanswered(&report, submission)?);
        self.findings_page(&report, digest, groups, request)
    }

    /// Findings of a verdict that left no record.
    pub(super) fn findings_of_verdict(
        &self,
        verdict: &v1::Verdict,
        request: &v1::ListFindingsRequest,
    ) -> Result<v1::ListFindingsResponse, Refusal> {
        let (report, digest) = self.report(&verdict.report_digest)?;
        self.findings_page(&report, digest, verdict.groups.clone(), request)
    }

    fn findings_page(
        &self,
        report: &v1::Report,
        digest: Digest,
        groups: Vec<v1::FindingGroup>,
        request: &v1::ListFindingsRequest,
    ) -> Result<v1::ListFindingsResponse, Refusal> {
        let page = Page::read(request.page_size, &request.page_token)?;
        let start: u64 = match &page.after[..] {
            "" => 0,
            text => text.parse().map_err(|_| {
                let text = "the page token is not one of this list: begin with the first page";
                Refusal::new(v1::ErrorReason::PageTokenMalformed, text)
            })?,
        };
        let asked_rule =
            |rule: &str| request.rule_ids.is_empty() || request.rule_ids.iter().any(|asked| asked == rule);
        let asked_severity =
            |severity: i32| request.severities.is_empty() || request.severities.contains(&severity);
        let groups: Vec<_> = groups
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
            for finding in self.report_page(report, nth)? {
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
            rules: if is_first { report.rules.clone() } else { Vec::new() },
            next_page_token: if end < total && !request.groups_only {
                Page::token(&end.to_string())
            } else {
                String::new()
            },
            findings,
            total,
            report_digest: digest.to_bytes(),
        })
    }
}

/// What an office does next.
pub(super) fn remedy(state: SubmissionState) -> &'static str {
    match state {
        SubmissionState::NeedsCorrection => {
            "correct the errors and send the file again; what stays the same is not sent again"
        }
        SubmissionState::NeedsAnswer => {
            "answer the warnings with `mighub answer`, or correct the file and send it again"
        }
        SubmissionState::UnderReview => "nothing to do: a reviewer of the hub will look at it",
        _ => "",
    }
}
