//! What the hub tells of a report, in the form in which a file's own check is reported.

use std::sync::Arc;

use mighub::v1;
use mighub_validation::{
    ComponentSample, Finding, FindingCounts, FindingGroup, ObservationRef, Place, Severity, Summary,
    ValueCount,
};

/// The groups of a verdict, as the summary of a report.
pub fn summary_of(verdict: &v1::Verdict) -> Summary {
    let counts = verdict.findings.unwrap_or_default();
    Summary {
        counts: FindingCounts { errors: counts.errors, warnings: counts.warnings, notes: counts.notes },
        groups: verdict.groups.iter().map(group_of).collect(),
        not_run: Vec::new(),
        rules: Vec::new(),
    }
}

/// A group of findings, of the hub's message.
pub fn group_of(message: &v1::FindingGroup) -> FindingGroup {
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

/// A finding, of the hub's message.
pub fn finding_of(message: v1::Finding) -> Finding {
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
