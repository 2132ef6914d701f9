//! `mighub report`: what the hub found in a submission. JSON: `{"submission", "verdict", "counts", "groups",
//! "not_run", "findings", "total", "unanswered"}` with every finding.

use mighub_client::{Error, ExitCode};

use crate::{Context, arguments, findings, json, words};

/// Findings fetched for the screen: enough to show some of each rule.
const FINDINGS_SHOWN_MAX: usize = 10_000;

pub(crate) async fn run(context: &Context, arguments: arguments::Report) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let submission = hub.submission(&arguments.submission).await?;
    let output = &context.output;
    let wanted = if output.json { usize::MAX } else { FINDINGS_SHOWN_MAX };
    let report = hub.report(&arguments.submission, wanted).await?;
    let summary = submission.summary.unwrap_or_default();
    if output.json {
        let mut value = findings::report_json(&report)?;
        value["submission"] = json::submission_summary(&summary);
        value["verdict"] = json::verdict(submission.verdict.as_ref());
        output.json(&value)?;
        return Ok(ExitCode::Done);
    }
    output.line(format_args!(
        "{} {}: {} since {}",
        summary.submission_id,
        words::lane(summary.lane.as_ref()),
        words::state(summary.state()),
        words::time_or_dash(summary.state_time.as_ref())
    ))?;
    if submission.verdict.is_none() {
        output.line("It is not judged yet.")?;
        return Ok(ExitCode::Done);
    }
    findings::print_report(output, &report, arguments.show)?;
    for answer in &submission.answers {
        output.line(format_args!("answered {}: {}", answer.rule_id, answer.text))?;
    }
    for (rule, count) in &report.unanswered {
        output.line(format_args!("{rule}: {} without answer", words::some(*count, "warning")))?;
    }
    if let Some(next) = words::next_step(summary.state(), &summary.submission_id) {
        output.line(format_args!("Next: {next}."))?;
    }
    Ok(ExitCode::Done)
}
