//! `mighub answer`: answer warnings. JSON: `{"state", "unanswered", "receipt"}`.

use mighub::v1;
use mighub_client::{Error, ExitCode};
use prost::Message;
use serde_json::json;

use crate::{Context, arguments, input, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Answer) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let person = input::person(arguments.person, &hub);
    let submission = &arguments.submission;
    let answer = hub.answer(submission, arguments.rule.as_deref(), &arguments.text, &person).await?;
    let output = &context.output;
    let body = answer.receipt.as_ref().and_then(|receipt| v1::ReceiptBody::decode(&receipt.body[..]).ok());
    if output.json {
        output.json(&json!({
            "state": json::name(answer.state().as_str_name(), "SUBMISSION_STATE_"),
            "unanswered": answer.unanswered,
            "receipt": body.as_ref().map(json::receipt_body),
        }))?;
    } else {
        output.line(format_args!("{submission} is {}.", words::state(answer.state())))?;
        if answer.unanswered > 0 {
            output.line(format_args!("{} without answer", words::some(answer.unanswered, "warning")))?;
        }
        if let Some(body) = &body {
            output.line(format_args!("Accepted at position {}.", body.position))?;
        }
        if let Some(next) = words::next_step(answer.state(), submission) {
            output.line(format_args!("Next: {next}."))?;
        }
    }
    Ok(if answer.receipt.is_some() { ExitCode::Done } else { ExitCode::PartlyDone })
}
