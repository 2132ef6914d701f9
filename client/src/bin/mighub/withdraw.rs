//! `mighub withdraw`: take a submission back. JSON: `{"state", "position", "head"}`.

use mighub_client::{Error, ExitCode};
use serde_json::json;

use crate::{Context, arguments, input, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Withdraw) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let person = input::person(arguments.person, &hub);
    let answer = hub.withdraw(&arguments.submission, &arguments.reason, &person).await?;
    let output = &context.output;
    if output.json {
        output.json(&json!({
            "state": json::name(answer.state().as_str_name(), "SUBMISSION_STATE_"),
            "position": answer.position,
            "head": json::vintage_ref(answer.head.as_ref()),
        }))?;
        return Ok(ExitCode::Done);
    }
    output.line(format_args!("{} is {}.", arguments.submission, words::state(answer.state())))?;
    match (&answer.position, &answer.head) {
        (None, _) => output.line("It was never in force."),
        (Some(_), Some(head)) => {
            output.line(format_args!("The vintage of position {} holds again.", head.position))
        }
        (Some(_), None) => output.line("Nothing is in force any more."),
    }?;
    Ok(ExitCode::Done)
}
