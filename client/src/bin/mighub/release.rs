//! `mighub release`: end embargoes without sending anew. JSON: embargoes and requests are one object a line, `{"submission",
//! "position", "until", "edition"}` and `{"request", "lane", "text", "reason", "agency", "person", "requested_time",
//! "expires_at"}`; what was done is `{"position", "request"}`, one of them null.

use mighub::v1::{self, RequestDecision};
use mighub_client::{Decided, Effect, Error, ExitCode, Hub};
use serde_json::json;

use crate::arguments::Release;
use crate::{Context, input, json, words};

pub(crate) async fn run(context: &Context, command: Release) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    match command {
        Release::List { lane } => {
            let lane = input::lane(lane, &hub).await?;
            list(context, &hub.embargoes(&lane).await?)
        }
        Release::Now { lane, submission, why } => {
            let lane = input::lane(lane, &hub).await?;
            let decided = input::decided(why, &hub);
            let (effect, left) = hub.release(&lane, submission.as_deref(), None, &decided).await?;
            told(context, effect, &left)
        }
        Release::Move { lane, until, submission, why } => {
            let lane = input::lane(lane, &hub).await?;
            let (until, decided) = (input::future(&until)?, input::decided(why, &hub));
            let (effect, left) = hub.release(&lane, submission.as_deref(), Some(until), &decided).await?;
            told(context, effect, &left)
        }
        Release::Requests => requests(context, &hub).await,
        Release::Confirm { request, person } => {
            let decided = Decided { reason: String::new(), person: input::person(person, &hub) };
            decide(context, &hub, request, RequestDecision::Confirm, &decided).await
        }
        Release::Decline { request, why } => {
            let decided = input::decided(why, &hub);
            decide(context, &hub, request, RequestDecision::Decline, &decided).await
        }
    }
}

fn list(context: &Context, embargoes: &[v1::Embargo]) -> Result<ExitCode, Error> {
    let output = &context.output;
    if output.json {
        for embargo in embargoes {
            output.json(&json!({
                "submission": embargo.submission_id,
                "position": embargo.position,
                "until": json::time(embargo.until.as_ref()),
                "edition": embargo.edition,
            }))?;
        }
        return Ok(ExitCode::Done);
    }
    if embargoes.is_empty() {
        output.line("Nothing is under embargo.")?;
        return Ok(ExitCode::Done);
    }
    let row = |embargo: &v1::Embargo| {
        [
            embargo.submission_id.clone(),
            words::time_or_dash(embargo.until.as_ref()),
            embargo.position.to_string(),
            embargo.edition.clone(),
        ]
    };
    output.table(
        ["submission", "until", "position", "edition"],
        &embargoes.iter().map(row).collect::<Vec<_>>(),
    )?;
    Ok(ExitCode::Done)
}

fn told(context: &Context, effect: Effect, left: &[v1::Embargo]) -> Result<ExitCode, Error> {
    let code = effect_told(context, effect)?;
    if !context.output.json && !left.is_empty() {
        context.output.line("Still under embargo:")?;
        list(context, left)?;
    }
    Ok(code)
}

/// Says what came of something that may need a second person.
pub(crate) fn effect_told(context: &Context, effect: Effect) -> Result<ExitCode, Error> {
    let output = &context.output;
    let (position, request) = match effect {
        Effect::Recorded(position) => (Some(position), None),
        Effect::Waits(request) => (None, Some(request)),
        Effect::AsBefore => (None, None),
    };
    if output.json {
        output.json(&json!({ "position": position, "request": request }))?;
    } else {
        match effect {
            Effect::Recorded(position) => output.line(format_args!("Done: record {position}.")),
            Effect::AsBefore => output.line("It was so already."),
            Effect::Waits(request) => output.line(format_args!(
                "It waits for a second person, who runs `mighub release confirm {request}`."
            )),
        }?;
    }
    Ok(if request.is_some() { ExitCode::PartlyDone } else { ExitCode::Done })
}

async fn requests(context: &Context, hub: &Hub) -> Result<ExitCode, Error> {
    let requests = hub.requests().await?;
    let output = &context.output;
    if output.json {
        for request in &requests {
            output.json(&json!({
                "request": request.position,
                "lane": json::lane(request.lane.as_ref()),
                "text": request.text,
                "reason": request.reason,
                "agency": request.agency,
                "person": request.person,
                "requested_time": json::time(request.requested_time.as_ref()),
                "expires_at": json::time(request.expires_at.as_ref()),
            }))?;
        }
        return Ok(ExitCode::Done);
    }
    if requests.is_empty() {
        output.line("Nothing waits for a second person.")?;
        return Ok(ExitCode::Done);
    }
    let row = |request: &v1::ReleaseRequest| {
        [
            request.position.to_string(),
            words::lane(request.lane.as_ref()),
            request.text.clone(),
            format!("{} {}", request.agency, request.person),
            words::time_or_dash(request.expires_at.as_ref()),
            request.reason.clone(),
        ]
    };
    let rows: Vec<_> = requests.iter().map(row).collect();
    output.table(["request", "lane", "what", "asked by", "until", "reason"], &rows)?;
    Ok(ExitCode::Done)
}

async fn decide(
    context: &Context,
    hub: &Hub,
    request: u64,
    decision: RequestDecision,
    decided: &Decided,
) -> Result<ExitCode, Error> {
    let position = hub.decide_request(request, decision, decided).await?;
    let output = &context.output;
    if output.json {
        output.json(&json!({ "position": position, "request": request }))?;
        return Ok(ExitCode::Done);
    }
    match (decision, position) {
        (RequestDecision::Decline, _) => output.line(format_args!("Request {request} is declined.")),
        (_, Some(position)) => output.line(format_args!("Done: record {position}.")),
        (_, None) => output.line("It had come about already."),
    }?;
    Ok(ExitCode::Done)
}
