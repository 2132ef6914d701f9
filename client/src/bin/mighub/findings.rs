//! Findings on the screen and as JSON, wherever they were found.

use std::io;

use mighub_client::{Checked, Error, HubReport};
use mighub_validation::{Finding, Summary, TextOptions, write_text};
use serde_json::{Value, json};

use crate::arguments::Telling;
use crate::output::Output;

/// Prints the report of a file's own check.
pub(crate) fn print_checked(output: &Output, checked: &mut Checked, telling: &Telling) -> Result<(), Error> {
    let options = options(output, telling);
    output.write(|mut out| checked.write_text(&options, &mut out))
}

/// Prints the hub's report.
pub(crate) fn print_report(output: &Output, report: &HubReport, telling: &Telling) -> Result<(), Error> {
    let findings = report.findings.iter().cloned().map(Ok);
    let options = options(output, telling);
    output.write(|mut out| write_text(&report.summary, findings, |_| None, &options, &mut out))
}

/// A report as JSON: `counts`, `groups`, `not_run`, `findings`.
pub(crate) fn checked_json(checked: &mut Checked) -> Result<Value, Error> {
    let mut findings = Vec::new();
    let mut keep = |finding: Finding| -> io::Result<()> {
        findings.push(serde_json::to_value(finding)?);
        Ok(())
    };
    checked.each_finding(&mut keep).map_err(Error::Output)?;
    Ok(with_findings(checked.report.summary(), findings))
}

/// The hub's report as JSON, in the same form, with `total` and `unanswered`.
pub(crate) fn report_json(report: &HubReport) -> Result<Value, Error> {
    let findings = report.findings.iter().map(|finding| json!(finding)).collect();
    let mut value = with_findings(&report.summary, findings);
    value["total"] = json!(report.total);
    value["unanswered"] = json!(report.unanswered);
    Ok(value)
}

fn with_findings(summary: &Summary, findings: Vec<Value>) -> Value {
    let mut value = json!(summary);
    value["findings"] = Value::Array(findings);
    value
}

/// How findings are written on this screen.
pub(crate) fn options(output: &Output, telling: &Telling) -> TextOptions {
    TextOptions {
        width: output.width(),
        findings_per_rule: telling.show,
        style: output.style,
        language: telling.lang,
    }
}
