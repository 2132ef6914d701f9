//! `mighub status`: this office's submissions. JSON: one object a line, as `json::submission_summary` makes it.

use mighub_client::{Error, ExitCode, SubmissionFilter};

use crate::{Context, arguments, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Status) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let dataflow = match &arguments.dataflow {
        Some(dataflow) => Some(hub.dataflow(dataflow).await?),
        None => None,
    };
    let filter = SubmissionFilter { dataflow, ..SubmissionFilter::default() };
    let submissions = hub.list_submissions(&filter, arguments.limit).await?;
    let output = &context.output;
    if output.json {
        submissions.iter().try_for_each(|summary| output.json(&json::submission_summary(summary)))?;
        return Ok(ExitCode::Done);
    }
    if submissions.is_empty() {
        output.line("There are no submissions yet: `mighub push FILE` makes one.")?;
        return Ok(ExitCode::Done);
    }
    let rows: Vec<_> = submissions
        .iter()
        .map(|summary| {
            let test = if summary.test { " (test)" } else { "" };
            let findings = summary.findings.unwrap_or_default();
            let next = words::next_step(summary.state(), &summary.submission_id).unwrap_or_default();
            [
                summary.submission_id.clone(),
                words::lane(summary.lane.as_ref()),
                format!("{}{test}", words::state(summary.state())),
                words::time_or_dash(summary.state_time.as_ref()),
                format!("{}/{}", findings.errors, findings.warnings),
                next,
            ]
        })
        .collect();
    output.table(["submission", "lane", "state", "since", "errors/warnings", "next"], &rows)?;
    Ok(ExitCode::Done)
}
