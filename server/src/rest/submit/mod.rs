//! Data in over REST, for offices that cannot run the client: a file in any format that the hub reads, by certificate or
//! by a token that may send.
//!
//! | address | does |
//! |---|---|
//! | `POST /v1/submissions` | takes a file in: 201 with the receipt, 200 if it changes nothing or was a test, 422 with the report, 202 while it is under way |
//! | `GET /v1/submissions/{id}` | says where it stands, in the same forms |
//! | `POST /v1/submissions/{id}/answers` | answers warnings |
//!
//! What lives here: receiving and unpacking, parameters, and the answers as JSON. What must not: reading and judging
//! (`mighub-intake`, the same as in the client) and what becomes of a submission (the hub).

mod ask;
mod body;
mod handed_in;
mod words;

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{HOST, LOCATION, ORIGIN};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use mighub::v1::{self, ReceiptOutcome, SubmissionState};
use mighub_intake::Source;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::{Answer, Desk};
use super::error::{Family, Problem};
use crate::door::places::Places;
use crate::hub::permit::{ActOn, Enrolled, FollowOne};
use crate::hub::{Hub, Moment, Principal, Refusal};
use crate::limits::{Limits, count, count32};
use ask::Ask;
use body::{Packing, Room, receive, unpacked};
use handed_in::{Ended, HandedIn};

/// When a caller who found no place may try again.
const PLACE_WAIT: Duration = Duration::from_secs(5);
/// A file that takes longer goes on, and its sender hears where to ask: proxies give up after some 30 seconds.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
/// Bytes of answers to warnings: a thousand of two thousand characters.
const ANSWERS_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// A page of another site cannot make a browser send this.
const FETCH_SITE: &str = "sec-fetch-site";

/// The addresses for data in.
pub(super) fn routes(limits: &Limits) -> Router<Arc<Desk>> {
    let files = Arc::new(Files {
        places: Places::new(count(limits.files), count32(limits.files_per_agency)),
        handed_in: HandedIn::default(),
    });
    let (for_take_in, for_state) = (files.clone(), files);
    let take_in = move |State(desk): State<Arc<Desk>>, request: Request| take_in(desk, for_take_in, request);
    let state = move |State(desk): State<Arc<Desk>>, Path(id): Path<String>, request: Request| {
        state(desk, for_state, id, request)
    };
    Router::new()
        .route("/v1/submissions", post(take_in))
        .route("/v1/submissions/{id}", get(state))
        .route("/v1/submissions/{id}/answers", post(answers))
}

/// Files under way.
struct Files {
    places: Places<String>,
    handed_in: HandedIn,
}

async fn take_in(desk: Arc<Desk>, files: Arc<Files>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let headers = parts.headers.clone();
    match received(&desk, &files, parts, body).await {
        Ok(ended) => ended.response(),
        Err(problem) => problem.response(Family::Plain, &headers),
    }
}

async fn received(desk: &Arc<Desk>, files: &Arc<Files>, parts: Parts, body: Body) -> Result<Ended, Problem> {
    refuse_other_sites(&parts)?;
    let ask = Ask::read(&parts)?;
    let packing = Packing::of(&parts.headers)?;
    // Before the file comes: whoever may send nothing need not send it.
    let provider = ask.sending.provider.clone();
    let ((principal, room, now), caller) = desk
        .begin(parts, move |hub, asked| {
            let principal = asked.visitor.principal(hub, asked.now)?;
            let permit = hub.authorise(&principal, Enrolled, asked.now)?;
            hub.may_hand_in(&permit, provider.as_ref(), asked.now)?;
            hub.count_sent(&agency_of(&principal), 0, asked.now)?;
            Ok((principal, Room::of(hub)?, asked.now))
        })
        .await?;
    let (id, agency) = (ask.sending.id.to_string(), agency_of(&principal));
    let place = files.places.take(agency.clone()).ok_or_else(|| {
        let Limits { files, files_per_agency, .. } = desk.hub().limits();
        let text =
            format!("files are being taken in already, {files_per_agency} of {agency} or {files} of all");
        Problem::busy(text + ": try again", PLACE_WAIT)
    })?;
    let under_way = files.handed_in.begin(&id, &agency)?;
    let (file, bytes) = receive(body, &room).await?;
    let hub = desk.hub().clone();
    hub.count_sent(&agency, bytes, now)?;
    let location = format!("/v1/submissions/{id}");
    let work = tokio::task::spawn_blocking(move || {
        // Held to the end of the work, which goes on when the caller has left.
        let _places = (place, caller);
        let ended = unpacked(file, packing, bytes, &room).and_then(|file| {
            let source = Source::Open { name: ask.name.clone(), file };
            worked(&hub, &principal, source, &ask, room.folder(), now)
        });
        under_way.end(&ended);
        ended
    });
    match tokio::time::timeout(ANSWERED_WITHIN, work).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(error)) => Err(Refusal::internal(format!("a file was not taken in: {error}")).into()),
        Err(_) => Ok(Ended {
            status: StatusCode::ACCEPTED,
            location: Some(location),
            body: json!({ "submission_id": id, "state": "CHECKING" }),
        }),
    }
}

fn agency_of(principal: &Principal) -> String {
    principal.agency.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// Browsers send certificates and remembered passwords by themselves, also for pages of others.
pub(crate) fn refuse_other_sites(parts: &Parts) -> Result<(), Problem> {
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_own_site = header(FETCH_SITE).is_none_or(|site| matches!(site, "same-origin" | "none"));
    let host = header(HOST.as_str()).or_else(|| parts.uri.authority().map(http::uri::Authority::as_str));
    let is_own_origin = header(ORIGIN.as_str())
        .is_none_or(|origin| origin.split_once("://").is_some_and(|(_, named)| Some(named) == host));
    if is_own_site && is_own_origin {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "a page of another site cannot send data here: send it from a program",
    ))
}

/// Reads, judges and sends; what came of it.
fn worked(
    hub: &Arc<Hub>,
    principal: &Principal,
    source: Source,
    ask: &Ask,
    scratch: &std::path::Path,
    now: Moment,
) -> Result<Ended, Problem> {
    let permit = hub.authorise(principal, Enrolled, now)?;
    let mut taken = hub.take_in(&permit, source, &ask.sending, scratch, now)?;
    let id = ask.sending.id.to_string();
    let Some(sealed) = taken.sealed else {
        let mut body = words::checked(&mut taken.checked)
            .map_err(|error| Refusal::internal(format!("findings: {error}")))?;
        body["submission_id"] = Value::Null;
        body["state"] = json!("NOT_SENT");
        return Ok(Ended { status: StatusCode::UNPROCESSABLE_ENTITY, location: None, body });
    };
    let outcome = sealed.outcome();
    let verdict = sealed.verdict.unwrap_or_default();
    let mut ended = of_verdict(hub, principal, &id, &verdict, sealed.receipt.as_ref(), now)?;
    if outcome == ReceiptOutcome::Accepted {
        ended.status = StatusCode::CREATED;
    }
    // For UNCHANGED the receipt is that of the vintage that holds, which was accepted once.
    ended.body["outcome"] = words::name(outcome.as_str_name(), "RECEIPT_OUTCOME_");
    ended.body["rows"] = json!(taken.checked.contents.rows);
    Ok(ended)
}

/// Where a submission stands, with its receipt or its report.
fn of_verdict(
    hub: &Hub,
    principal: &Principal,
    id: &str,
    verdict: &v1::Verdict,
    receipt: Option<&v1::Receipt>,
    now: Moment,
) -> Result<Ended, Refusal> {
    let mut body = match receipt {
        Some(_) => json!({}),
        None => words::report(hub, principal, id, verdict, now)?,
    };
    body["submission_id"] = json!(id);
    body["state"] = words::name(verdict.state().as_str_name(), "SUBMISSION_STATE_");
    body["receipt"] = receipt.map_or(Value::Null, words::receipt);
    let status = match verdict.state() {
        _ if receipt.is_some() => StatusCode::OK,
        SubmissionState::NeedsCorrection | SubmissionState::NeedsAnswer => StatusCode::UNPROCESSABLE_ENTITY,
        SubmissionState::Receiving | SubmissionState::Checking | SubmissionState::UnderReview => {
            StatusCode::ACCEPTED
        }
        _ => StatusCode::OK,
    };
    Ok(Ended { status, location: Some(format!("/v1/submissions/{id}")), body })
}

async fn state(desk: Arc<Desk>, files: Arc<Files>, id: String, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    desk.answer(Family::Plain, parts, move |hub, asked| {
        let principal = asked.visitor.principal(hub, asked.now)?;
        let request = v1::GetSubmissionRequest { submission_id: id.clone() };
        let permit = asked.permit(hub, FollowOne(id.clone()));
        let found = match permit.and_then(|permit| hub.get_submission(&permit, &request, asked.now)) {
            Ok(found) => found.submission.unwrap_or_default(),
            // What is no submission of the hub, or not yet, may be a file that was handed in.
            Err(refusal) => {
                let handed_in = files.handed_in.of(&id, &agency_of(&principal));
                return handed_in.map(|ended| ended.answer()).ok_or_else(|| refusal.into());
            }
        };
        let verdict = found.verdict.unwrap_or_default();
        Ok(of_verdict(hub, &principal, &id, &verdict, found.receipt.as_ref(), asked.now)?.answer())
    })
    .await
}

/// Answers to warnings, as they are sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    answers: Vec<OneAnswer>,
    #[serde(default)]
    person: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneAnswer {
    rule_id: String,
    #[serde(default)]
    finding_ids: Vec<String>,
    text: String,
}

async fn answers(State(desk): State<Arc<Desk>>, Path(id): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let headers = parts.headers.clone();
    match answers_received(&desk, id, parts, body).await {
        Ok(ended) => ended.response(),
        Err(problem) => problem.response(Family::Plain, &headers),
    }
}

async fn answers_received(desk: &Arc<Desk>, id: String, parts: Parts, body: Body) -> Result<Ended, Problem> {
    refuse_other_sites(&parts)?;
    // Before the answers come: whoever may not see the submission need not send them.
    let asked_for = v1::GetSubmissionRequest { submission_id: id.clone() };
    let ((principal, room, now), caller) = desk
        .begin(parts, move |hub, asked| {
            let principal = asked.visitor.principal(hub, asked.now)?;
            let permit = asked.permit(hub, FollowOne(asked_for.submission_id.clone()))?;
            hub.get_submission(&permit, &asked_for, asked.now)?;
            Ok((principal, Room::of(hub)?, asked.now))
        })
        .await?;
    let (mut file, _) = receive(body, &room.at_most(ANSWERS_BYTES_MAX)).await?;
    let hub = desk.hub().clone();
    let work = tokio::task::spawn_blocking(move || {
        let _place = caller;
        let mut body = Vec::new();
        file.read_to_end(&mut body).map_err(|error| Refusal::internal(format!("scratch files: {error}")))?;
        answered(&hub, &principal, &id, &body, now)
    });
    work.await
        .unwrap_or_else(|error| Err(Refusal::internal(format!("answers were not taken: {error}")).into()))
}

fn answered(
    hub: &Arc<Hub>,
    principal: &Principal,
    id: &str,
    body: &[u8],
    now: Moment,
) -> Result<Ended, Problem> {
    let answers: Answers = serde_json::from_slice(body).map_err(|error| {
        Problem::malformed(format!(
            "the answers: {error}; write {{\"answers\": [{{\"rule_id\": \"...\", \"text\": \"...\"}}], \"person\": \"...\"}}"
        ))
    })?;
    let answer = |answer: OneAnswer| v1::FindingAnswer {
        rule_id: answer.rule_id,
        finding_ids: answer.finding_ids,
        text: answer.text,
    };
    let request = v1::AnswerFindingsRequest {
        submission_id: id.to_owned(),
        answers: answers.answers.into_iter().map(answer).collect(),
        person: answers.person,
    };
    let permit = hub.authorise(principal, ActOn(request.submission_id.clone()), now)?;
    let settled = hub.answer_findings(&permit, &request, now)?;
    let body = json!({
        "submission_id": id,
        "state": words::name(settled.state().as_str_name(), "SUBMISSION_STATE_"),
        "unanswered": settled.unanswered,
        "outcome": words::name(settled.outcome().as_str_name(), "RECEIPT_OUTCOME_"),
        "receipt": settled.receipt.as_ref().map_or(Value::Null, words::receipt),
    });
    let is_new = settled.outcome() == ReceiptOutcome::Accepted;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Ended { status, location: None, body })
}

impl Ended {
    fn answer(&self) -> Answer {
        let body = self.body.to_string().into_bytes();
        Answer { status: self.status, ..Answer::of("application/json", body) }
    }

    fn response(self) -> Response {
        let mut response = Response::new(Body::from(self.body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(location) = self.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
            headers.insert(LOCATION, location);
        }
        response
    }
}
