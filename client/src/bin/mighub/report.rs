//! `mighub report`: what the hub found in a submission. JSON: `{"submission", "verdict", "counts", "groups",
//! "not_run", "findings", "total", "unanswered"}` with every finding; with -o also `"marked"`: `{"file", "cells",
//! "notes", "sheets", "not_shown"}`.

use std::path::Path;

use mighub_client::{Error, ExitCode, Hub, Marked, mark_file};
use mighub_validation::Finding;

use crate::{Context, arguments, findings, json, words};

/// Findings fetched for the screen: enough to show some of each rule.
const FINDINGS_SHOWN_MAX: usize = 10_000;

pub(crate) async fn run(context: &Context, arguments: arguments::Report) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let submission = hub.submission(&arguments.submission).await?;
    let output = &context.output;
    let wanted = if output.json || arguments.output.is_some() { usize::MAX } else { FINDINGS_SHOWN_MAX };
    let mut report = hub.report(&arguments.submission, wanted).await?;
    let judged_by = submission.verdict.as_ref().map(|verdict| &verdict.rulebook_digest[..]);
    report.speak(&hub.wording(arguments.telling.lang, judged_by.unwrap_or_default()).await?);
    let summary = submission.summary.unwrap_or_default();
    let files = arguments.file.as_deref().zip(arguments.output.as_deref());
    let dataflow = summary.lane.as_ref().map(|lane| lane.dataflow.clone()).unwrap_or_default();
    let marked = match files {
        Some(files) => Some(write_marked(context, &hub, &dataflow, report.findings.clone(), files).await?),
        None => None,
    };
    if output.json {
        let mut value = findings::report_json(&report)?;
        value["submission"] = json::submission_summary(&summary);
        value["verdict"] = json::verdict(submission.verdict.as_ref());
        if let Some((_, path)) = files {
            value["marked"] = marked.map(|marked| json::marked(path, &marked)).unwrap_or_default();
        }
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
    findings::print_report(output, &report, &arguments.telling)?;
    if let Some((marked, (_, path))) = marked.zip(files) {
        output.line(words::marked(path, &marked))?;
    }
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

/// Gives the file that was sent back with what the hub found in it.
async fn write_marked(
    context: &Context,
    hub: &Hub,
    dataflow: &str,
    findings: Vec<Finding>,
    (file, path): (&Path, &Path),
) -> Result<Marked, Error> {
    let definition = hub.newest_definition(dataflow).await?;
    let (file, path) = (file.to_owned(), path.to_owned());
    let marking = tokio::task::spawn_blocking(move || mark_file(&file, &definition, findings, &path));
    let marked = marking.await??;
    if marked.not_shown > 0 {
        context.output.say(&format!(
            "{} of {} not found in the file: they stand in the sheet {} without a cell",
            words::count(marked.not_shown),
            words::some(marked.findings, "finding"),
            marked.sheets.join(", "),
        ));
    }
    Ok(marked)
}
