//! `mighub answer`: answer warnings. JSON: `{"state", "unanswered", "receipt"}`.

use mighub_client::{Error, ExitCode};
use serde_json::json;

use crate::{Context, arguments, input, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Answer) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let person = input::person(arguments.person, &hub);
    let submission = &arguments.submission;
    let answer = hub.answer(submission, arguments.rule.as_deref(), &arguments.text, &person).await?;
    let output = &context.output;
    if output.json {
        output.json(&json!({
            "state": json::name(answer.state.as_str_name(), "SUBMISSION_STATE_"),
            "unanswered": answer.unanswered,
            "receipt": answer.receipt.as_ref().map(|receipt| json::receipt_body(&receipt.body)),
        }))?;
    } else {
        output.line(format_args!("{submission} is {}.", words::state(answer.state)))?;
        if answer.unanswered > 0 {
            output.line(format_args!("{} without answer", words::some(answer.unanswered, "warning")))?;
        }
        if let Some(receipt) = &answer.receipt {
            output.line(format_args!("Accepted at position {}.", receipt.body.position))?;
            output.line(format_args!("receipt: {}", receipt.path.display()))?;
        }
        if let Some(next) = words::next_step(answer.state, submission) {
            output.line(format_args!("Next: {next}."))?;
        }
    }
    Ok(if answer.receipt.is_some() { ExitCode::Done } else { ExitCode::PartlyDone })
}
