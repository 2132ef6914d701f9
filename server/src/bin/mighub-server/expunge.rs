//! `mighub-server expunge`.

use std::path::Path;

use mighub::v1;
use mighub_server::hub::Moment;
use mighub_server::rpc::{Operator, OperatorError};
use serde_json::{Value, json};

use crate::arguments::{Expunge, ExpungeRequest};
use crate::failure::Failure;
use crate::output::Output;

pub(crate) async fn expunge(dir: &Path, command: Expunge, output: Output) -> Result<(), Failure> {
    let operator = Operator::connect(dir).await?;
    let done = match command {
        Expunge::Request(arguments) => request(&operator, arguments, output).await,
        Expunge::List => list(&operator, output).await,
    };
    operator.end().await;
    Ok(done?)
}

async fn request(
    operator: &Operator,
    arguments: ExpungeRequest,
    output: Output,
) -> Result<(), OperatorError> {
    let request = v1::ExpungeSubmissionRequest {
        submission_id: arguments.submission.clone(),
        reason: arguments.reason,
        person: arguments.person,
        dry_run: arguments.dry_run,
    };
    let answer = operator.expunging().expunge_submission(request).await?.into_inner();
    output.say(|| in_words(&arguments.submission, &answer), || in_json(&answer));
    Ok(())
}

fn in_words(submission: &str, answer: &v1::ExpungeSubmissionResponse) -> String {
    let lane = answer.lane.clone().unwrap_or_default();
    let mut text = format!(
        "{} objects of {submission} ({} of {}) would be overwritten; {} vintages cannot be read whole afterwards\n",
        answer.objects,
        lane.dataflow,
        lane.provider,
        answer.vintages.len(),
    );
    if answer.blocks_in_force > 0 {
        text += &format!(
            "{} of its blocks STAY: the lane holds them now; if what is to go is in them, have the office correct it first\n",
            answer.blocks_in_force
        );
    }
    match answer.request {
        None => text += "nothing was recorded\n",
        Some(request) => {
            text += &format!(
                "request {request} waits for a second person, who may publish the lane: mighub release confirm {request}\n\
                 afterwards make a backup into every backup folder: it is overwritten there, too\n"
            );
        }
    }
    text
}

fn in_json(answer: &v1::ExpungeSubmissionResponse) -> Value {
    json!({
        "request": answer.request,
        "lane": answer.lane.as_ref().map(|lane| json!({ "dataflow": lane.dataflow, "provider": lane.provider })),
        "objects": answer.objects,
        "blocks_in_force": answer.blocks_in_force,
        "vintages": answer.vintages,
    })
}

async fn list(operator: &Operator, output: Output) -> Result<(), OperatorError> {
    let answer = operator.expunging().list_expunged(v1::ListExpungedRequest {}).await?.into_inner();
    for expunged in &answer.expunged {
        let time =
            expunged.time.as_ref().map(|time| Moment::of_message(time).to_string()).unwrap_or_default();
        let lane = expunged.lane.clone().unwrap_or_default();
        output.say(
            || {
                format!(
                    "record {} of {time}: {} objects of {} ({} of {}); {}; confirmed by {} {}, request {}",
                    expunged.position,
                    expunged.objects,
                    expunged.submission_id,
                    lane.dataflow,
                    lane.provider,
                    expunged.reason,
                    expunged.agency,
                    expunged.person,
                    expunged.request,
                )
            },
            || {
                json!({
                    "position": expunged.position,
                    "time": time,
                    "dataflow": lane.dataflow,
                    "provider": lane.provider,
                    "submission": expunged.submission_id,
                    "objects": expunged.objects,
                    "reason": expunged.reason,
                    "agency": expunged.agency,
                    "person": expunged.person,
                    "request": expunged.request,
                })
            },
        );
    }
    Ok(())
}
