//! The hub's report on a submission, in the form in which a file's own check is reported.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::v1;
use mighub_validation::{
    ComponentSample, Finding, FindingCounts, FindingGroup, ObservationRef, Place, RuleNotRun, Severity,
    Summary, ValueCount,
};

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
            report.findings.extend(answer.findings.into_iter().map(finding));
            report.total = answer.total;
            page_token = answer.next_page_token;
            if page_token.is_empty() || report.findings.len() >= findings_max {
                report.findings.truncate(findings_max);
                return Ok(report);
            }
        }
    }
}

impl HubReport {
    fn take_groups(&mut self, answer: &v1::ListFindingsResponse) {
        for message in &answer.groups {
            let group = group(message);
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

/// The groups of a verdict, as the summary of a report.
pub fn summary_of(verdict: &v1::Verdict) -> Summary {
    let counts = verdict.findings.unwrap_or_default();
    Summary {
        counts: FindingCounts { errors: counts.errors, warnings: counts.warnings, notes: counts.notes },
        groups: verdict.groups.iter().map(group).collect(),
        not_run: Vec::new(),
        rules: Vec::new(),
    }
}

fn group(message: &v1::FindingGroup) -> FindingGroup {
    let value = |value: &v1::ValueCount| ValueCount { value: Arc::from(&*value.value), count: value.count };
    let sample = |sample: &v1::ComponentSample| ComponentSample {
        component: Arc::from(&*sample.component),
        values: sample.values.iter().map(value).collect(),
        distinct: sample.distinct,
    };
    FindingGroup {
        rule_id: message.rule_id.clone(),
        severity: severity(message.severity()),
        title: message.title.clone(),
        count: message.count,
        // The message does not say; it is at least as many.
        occurrences: message.count,
        components: message.components.iter().map(sample).collect(),
    }
}

fn finding(message: v1::Finding) -> Finding {
    let observation = |observation: v1::ObservationRef| ObservationRef {
        series_key: observation.series_key.into_iter().map(Arc::from).collect(),
        period: observation.period,
        component: Arc::from(observation.component),
    };
    let of_message = severity(message.severity());
    let place = message.place.map(|place| Place {
        row: place.row,
        line: (place.line > 0).then_some(place.line),
        column: (place.column as usize).checked_sub(1),
        component: Arc::from(place.component),
        address: None,
    });
    Finding {
        severity: of_message,
        finding_id: message.finding_id,
        rule_id: message.rule_id,
        level: message.level as u8,
        title: message.title,
        observations: message.observations.into_iter().map(observation).collect(),
        occurrences: message.occurrences,
        rows: place.as_ref().map(|place| place.row).into_iter().collect(),
        place,
        found: message.found,
        expected: message.expected,
        arithmetic: message.arithmetic,
        remedy: message.remedy,
        suggestions: message.suggestions.into_iter().map(Arc::from).collect(),
    }
}

fn severity(severity: v1::Severity) -> Severity {
    match severity {
        v1::Severity::Warning => Severity::Warning,
        v1::Severity::Note => Severity::Note,
        // What is not known weighs most.
        v1::Severity::Error | v1::Severity::Unspecified => Severity::Error,
    }
}
