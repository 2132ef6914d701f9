//! `mighub review`: decide about submissions that wait for a reviewer. JSON: a list is one object a line, as
//! `json::submission_summary` makes it; a decision is `{"submission", "state", "position", "findings"}`.

use mighub::v1::{ReviewDecision, SubmissionState};
use mighub_client::{Decided, Error, ExitCode, Hub, SubmissionFilter};
use prost::Message;
use serde_json::json;

use crate::arguments::Review;
use crate::{Context, input, json, words};

pub(crate) async fn run(context: &Context, command: Review) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    match command {
        Review::List { dataflow, limit } => list(context, &hub, dataflow, limit).await,
        Review::Approve { submission, reason, person } => {
            let decided = Decided { reason, person: input::person(person, &hub) };
            decide(context, &hub, &submission, ReviewDecision::Approve, &decided).await
        }
        Review::Return { submission, why } => {
            let decided = input::decided(why, &hub);
            decide(context, &hub, &submission, ReviewDecision::Return, &decided).await
        }
    }
}

async fn list(
    context: &Context,
    hub: &Hub,
    dataflow: Option<String>,
    limit: usize,
) -> Result<ExitCode, Error> {
    let dataflow = match &dataflow {
        Some(dataflow) => Some(hub.dataflow(dataflow).await?),
        None => None,
    };
    let states = vec![SubmissionState::UnderReview];
    let filter = SubmissionFilter { dataflow, states, ..SubmissionFilter::default() };
    let waiting = hub.list_submissions(&filter, limit).await?;
    let output = &context.output;
    if output.json {
        waiting.iter().try_for_each(|summary| output.json(&json::submission_summary(summary)))?;
        return Ok(ExitCode::Done);
    }
    if waiting.is_empty() {
        output.line("No submission waits for a reviewer.")?;
        return Ok(ExitCode::Done);
    }
    let row = |summary: &mighub::v1::SubmissionSummary| {
        let observations = summary.observations.as_ref();
        [
            summary.submission_id.clone(),
            words::lane(summary.lane.as_ref()),
            words::time_or_dash(summary.state_time.as_ref()),
            summary.agency.clone(),
            summary.person.clone(),
            observations.map_or_else(|| "-".to_owned(), words::changes),
        ]
    };
    let rows: Vec<_> = waiting.iter().map(row).collect();
    output.table(["submission", "lane", "since", "agency", "person", "changes"], &rows)?;
    output.line("Look at each with `mighub report ID`; then `mighub review approve ID`, or return it.")?;
    Ok(ExitCode::Done)
}

async fn decide(
    context: &Context,
    hub: &Hub,
    submission: &str,
    decision: ReviewDecision,
    decided: &Decided,
) -> Result<ExitCode, Error> {
    let answer = hub.review(submission, decision, decided).await?;
    let state = answer.state();
    // The receipt is the office's; a reviewer is told where it stands.
    let body = answer.receipt.as_ref().map(|receipt| mighub::v1::ReceiptBody::decode(&receipt.body[..]));
    let body =
        body.transpose().map_err(|error| Error::Contract(format!("a receipt cannot be read: {error}")))?;
    let position = body.map(|body| body.position);
    let output = &context.output;
    if output.json {
        output.json(&json!({
            "submission": submission,
            "state": json::name(state.as_str_name(), "SUBMISSION_STATE_"),
            "position": position,
            "findings": json::finding_counts(answer.verdict.and_then(|verdict| verdict.findings).as_ref()),
        }))?;
    } else {
        output.line(format_args!("{submission} is {}.", words::state(state)))?;
        if let Some(position) = position {
            output.line(format_args!("It is in force since position {position}."))?;
        }
    }
    let is_done = decision == ReviewDecision::Return
        || matches!(state, SubmissionState::Accepted | SubmissionState::Released);
    // Approved, and yet the office must be asked again.
    Ok(if is_done { ExitCode::Done } else { ExitCode::PartlyDone })
}
