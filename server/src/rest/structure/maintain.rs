//! Structures in over REST: put and delete, and the push of registries. Administrators only.
//!
//! A message is stored whole or not at all, so there is no answer of which some parts succeeded and others did not.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use mighub::v1::{self, ArtefactChange, ErrorReason};
use mighub_sdmx::ml::structure::{
    ErrorText, MlVersion, SubmissionAction, SubmissionResult, SubmissionStatus, write_submission_results,
};
use mighub_sdmx::structure::{MESSAGE_BYTES_MAX, Reference};
use serde_json::{Value, json};

use super::{StructureQuery, V2, asked, header};
use crate::hub::Hub;
use crate::hub::permit::{Administer, Anybody};
use crate::rest::accept::{Offer, negotiate};
use crate::rest::desk::{Answer, Asked, Desk};
use crate::rest::error::{Family, Problem};
use crate::rest::submit::refuse_other_sites;

/// Where a registry's client pushes structures to, whatever it takes for the base.
pub(super) const REGISTRY: [&str; 2] = ["/ws/secure/sdmxapi/rest", "/sdmx/ws/secure/sdmxapi/rest"];
/// A message of structures has arrived by then.
const BODY_DEADLINE: Duration = Duration::from_secs(60);
/// Artefacts that one request deletes.
const DELETED_MAX: usize = 1_000;

/// What the answer to a submission is written in; nothing: JSON.
const ANSWERS: [Offer<Option<MlVersion>>; 4] = [
    Offer { format: None, family: "application/json", version: "" },
    Offer { format: Some(MlVersion::V3_1), family: "registry+xml", version: "3.1.0" },
    Offer { format: Some(MlVersion::V3_0), family: "registry+xml", version: "3.0.0" },
    Offer { format: Some(MlVersion::V2_1), family: "registry+xml", version: "2.1" },
];

/// Stores a message of structures.
pub(super) async fn put(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    store(&desk, request).await
}

/// Stores what a registry's client pushes: the action stands in a header.
pub(super) async fn push(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let action = request.headers().get("action").and_then(|action| action.to_str().ok()).unwrap_or("Replace");
    match &action.to_ascii_lowercase()[..] {
        "append" | "replace" | "merge" => store(&desk, request).await,
        other => {
            let text = format!("the header Action: {other:?} is none: write Append, Merge or Replace");
            Problem::malformed(text).response(Family::V2, request.headers())
        }
    }
}

/// Deletes the artefacts that a path names.
pub(super) async fn delete(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    desk.answer(Family::V2, parts, |hub, request| {
        refuse_other_sites(&request.parts)?;
        let path = request.parts.uri.path();
        let path = V2.iter().find_map(|base| path.strip_prefix(base)).unwrap_or_default();
        if path.trim_matches('/').split('/').count() < 4 {
            let text = "the path must name what is to be deleted: write structure/TYPE/AGENCY/ID/VERSION";
            return Err(Problem::malformed(text));
        }
        let query = StructureQuery::read(Family::V2, path, request.parts.uri.query())?;
        let permit = request.permit(hub, Administer)?;
        let seen = hub.catalogue(&request.permit(hub, Anybody)?, request.now)?;
        let found = asked(&query.find(&seen.structures));
        if found.is_empty() {
            return Err(Problem::unknown("no artefact of this hub is meant: there is nothing to delete"));
        }
        if found.len() > DELETED_MAX {
            let text = format!("more than {DELETED_MAX} artefacts are meant: delete them in parts");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, text));
        }
        let urns = found.iter().map(Reference::to_string).collect();
        let message = v1::DeleteStructuresRequest { urns, dry_run: false };
        let done = hub.delete_structures(&permit, &message, request.now)?;
        answer(hub, request, SubmissionAction::Delete, &done.artefacts, &done.problems)
    })
    .await
}

async fn store(desk: &Desk, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let headers = parts.headers.clone();
    match received(desk, parts, body).await {
        Ok(response) => response,
        Err(problem) => problem.response(Family::V2, &headers),
    }
}

/// Lets in whoever may store anything, and only then takes the message into memory.
async fn received(desk: &Desk, parts: Parts, body: Body) -> Result<Response, Problem> {
    refuse_other_sites(&parts)?;
    let admit = |hub: &Arc<Hub>, request: &Asked| Ok(request.permit(hub, Administer).map(drop)?);
    // Held until the message is stored: so many are in memory at a time.
    let ((), _place) = desk.begin(parts.clone(), admit).await?;
    let bytes = match tokio::time::timeout(BODY_DEADLINE, to_bytes(body, MESSAGE_BYTES_MAX)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a structure message was not read to its end");
            let text = format!(
                "the message did not arrive whole, or has more than {MESSAGE_BYTES_MAX} bytes: send it in parts"
            );
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, text));
        }
        Err(_) => {
            let text = format!("the message did not arrive within {BODY_DEADLINE:?}: send it again");
            return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, text));
        }
    };
    Ok(desk.answer(Family::V2, parts, move |hub, request| put_message(hub, request, bytes)).await)
}

fn put_message(hub: &Hub, request: &Asked, bytes: Bytes) -> Result<Answer, Problem> {
    let permit = request.permit(hub, Administer)?;
    let media_type = request.parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let message = v1::PutStructuresRequest {
        message: bytes,
        media_type: media_type.unwrap_or_default().to_owned(),
        dry_run: false,
    };
    let done = hub.put_structures(&permit, &message, request.now)?;
    answer(hub, request, SubmissionAction::Replace, &done.artefacts, &done.problems)
}

fn answer(
    hub: &Hub,
    request: &Asked,
    action: SubmissionAction,
    artefacts: &[v1::ArtefactResult],
    problems: &[v1::StructureProblem],
) -> Result<Answer, Problem> {
    let is_conflict = |problem: &v1::StructureProblem| problem.reason() == ErrorReason::StructureConflict;
    let is_new = |artefact: &v1::ArtefactResult| artefact.change() == ArtefactChange::Created;
    let status = match problems {
        [] if artefacts.iter().any(is_new) => StatusCode::CREATED,
        [] => StatusCode::OK,
        problems if problems.iter().all(is_conflict) => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let accepted = negotiate(&ANSWERS, &request.parts.headers, None);
    let body = match accepted.as_ref().ok().and_then(|accepted| accepted.format) {
        Some(version) => {
            let results = results(action, artefacts, problems, status);
            write_submission_results(&results, version, &header(hub, request.now))
        }
        None => in_json(artefacts, problems, status).to_string().into_bytes(),
    };
    let media_type = accepted.map_or_else(|_| "application/json".to_owned(), |accepted| accepted.media_type);
    Ok(Answer { status, languages: Some("en".to_owned()), ..Answer::of(media_type, body) })
}

fn in_json(artefacts: &[v1::ArtefactResult], problems: &[v1::StructureProblem], status: StatusCode) -> Value {
    let name = |change: ArtefactChange| {
        let name = change.as_str_name();
        name.strip_prefix("ARTEFACT_CHANGE_").unwrap_or(name).to_ascii_lowercase()
    };
    let done =
        artefacts.iter().map(|artefact| json!({ "urn": artefact.urn, "change": name(artefact.change()) }));
    let wrong = problems.iter().map(|problem| {
        json!({
            "code": status.as_u16(),
            "title": problem.artefact,
            "detail": problem.text,
        })
    });
    match problems {
        [] => json!({ "data": { "artefacts": done.collect::<Vec<_>>() } }),
        _ => json!({ "errors": wrong.collect::<Vec<_>>() }),
    }
}

fn results(
    action: SubmissionAction,
    artefacts: &[v1::ArtefactResult],
    problems: &[v1::StructureProblem],
    status: StatusCode,
) -> Vec<SubmissionResult> {
    let failed = !problems.is_empty();
    let mut results: Vec<SubmissionResult> = artefacts
        .iter()
        .filter_map(|artefact| {
            Some(SubmissionResult {
                reference: artefact.urn.parse().ok()?,
                action,
                status: if failed { SubmissionStatus::Failure } else { SubmissionStatus::Success },
                texts: Vec::new(),
            })
        })
        .collect();
    for problem in problems {
        let text =
            ErrorText { code: status.as_u16(), text: format!("{}: {}", problem.artefact, problem.text) };
        let of_artefact = |result: &&mut SubmissionResult| result.reference.to_string() == problem.artefact;
        if let Some(result) = results.iter_mut().find(of_artefact) {
            result.texts.push(text);
        } else if let Ok(reference) = problem.artefact.parse() {
            results.push(SubmissionResult {
                reference,
                action,
                status: SubmissionStatus::Failure,
                texts: vec![text],
            });
        } else if let Some(first) = results.first_mut() {
            // What has no name of its own is told with the first that has one.
            first.texts.push(text);
        }
    }
    results
}
