//! Sending a file from a browser: a form, the same intake as `POST /v1/submissions`, and then the page of what came of it.

use std::io;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::LOCATION;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use mighub::id::SubmissionId;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::door::{Shown, Web};
use super::menu::Place;
use super::page::Page;
use super::person::{is_agency, own_site};
use super::query::Query;
use crate::hub::Refusal;
use crate::rest::error::Problem;

/// Bytes of a field beside the file.
const FIELD_BYTES_MAX: usize = 16 * 1_024;
/// Fields of the form, and room for those that a browser adds.
const FIELDS_MAX: usize = 16;
/// Pieces of a file that wait for the intake.
const PIECES: usize = 4;
/// Bytes of what the intake says about a file.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The address of the form.
pub(super) fn routes() -> Router<Arc<Web>> {
    // The intake has limits of its own, heeded while the file comes.
    Router::new().route("/upload", get(form).post(upload)).layer(DefaultBodyLimit::disable())
}

#[derive(Template)]
#[template(path = "upload.html")]
struct Form<'a> {
    page: &'a Page,
    is_agency: bool,
}

async fn form(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    web.show(parts, Some(Place::Submissions), |visit| {
        Shown::of(&Form { page: &visit.page.titled("upload.title"), is_agency: is_agency(visit) })
    })
    .await
}

async fn upload(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let whole = Request::from_parts(parts.clone(), body);
    match sent(&web, &parts, whole).await {
        Ok(id) => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            if let Ok(address) = HeaderValue::from_str(&format!("/submissions/{id}")) {
                response.headers_mut().insert(LOCATION, address);
            }
            response
        }
        Err(problem) => web.fault(&parts, Some(Place::Submissions), &problem),
    }
}

/// Hands a file in; the id under which its report is found.
async fn sent(web: &Web, parts: &Parts, request: Request) -> Result<SubmissionId, Problem> {
    own_site(parts)?;
    let mut multipart = Multipart::from_request(request, &())
        .await
        .map_err(|error| Problem::malformed(format!("the form: {}", error.body_text())))?;
    let mut form = Query::default();
    for _ in 0..FIELDS_MAX {
        let field = multipart.next_field().await;
        let field = field.map_err(|error| Problem::malformed(format!("the form: {}", error.body_text())))?;
        let Some(field) = field else { break };
        if field.name() == Some("file") {
            return handed_in(web, parts, &form, field).await;
        }
        let name = field.name().unwrap_or_default().to_owned();
        form = form.with(&name, text(field).await?.trim());
    }
    Err(Problem::malformed("there is no file in the form: choose one and send it again"))
}

/// A field that is a text.
async fn text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| Problem::malformed(error.body_text()))? {
        if bytes.len() + chunk.len() > FIELD_BYTES_MAX {
            return Err(Problem::malformed(format!(
                "a field of the form has more than {FIELD_BYTES_MAX} bytes"
            )));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Problem::malformed("a field of the form is not UTF-8"))
}

async fn handed_in(web: &Web, parts: &Parts, form: &Query, file: Field<'_>) -> Result<SubmissionId, Problem> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| Refusal::internal(error.to_string()))?;
    let id = SubmissionId::from_random(random);
    let address = format!("/v1/submissions{}", asked(form, file.file_name().unwrap_or_default()).text());
    let key = HeaderValue::from_str(&id.to_string()).map_err(|error| Refusal::internal(error.to_string()))?;
    let headers = HeaderMap::from_iter([(IDEMPOTENCY_KEY, key)]);
    let (pieces, waiting) = mpsc::channel(PIECES);
    let body = Body::from_stream(ReceiverStream::new(waiting));
    let answer = std::pin::pin!(web.pass_on(parts, Method::POST, &address, headers, body));
    // Once the intake has said something nobody waits for the rest of the file.
    let answer = match futures_util::future::select(answer, std::pin::pin!(pump(file, pieces))).await {
        futures_util::future::Either::Left((answer, _)) => answer?,
        futures_util::future::Either::Right(((), answer)) => answer.await?,
    };
    let status = answer.status();
    let said = axum::body::to_bytes(answer.into_body(), ANSWER_BYTES_MAX).await;
    let said = said.map_err(|error| Refusal::internal(format!("the intake: {error}")))?;
    match serde_json::from_slice::<serde_json::Value>(&said) {
        Ok(report) if report.get("state").is_some() => Ok(id),
        _ => Err(Problem::new(status, String::from_utf8_lossy(&said).trim())),
    }
}

/// What the form says, as the intake's parameters.
fn asked(form: &Query, file_name: &str) -> Query {
    let mut query = Query::default().with("filename", file_name);
    for name in ["person", "kind", "reason", "provider", "complete"] {
        query = query.with(name, form.get(name).unwrap_or_default());
    }
    if form.get("act") == Some("check") {
        query = query.with("test", "true");
    }
    // Browsers give minutes without a zone; the page says that it is UTC.
    form.get("embargo").map_or(query.clone(), |time| query.with("embargo", &format!("{time}:00Z")))
}

/// Hands a file on, piece by piece, as fast as it is taken.
async fn pump(mut file: Field<'_>, pieces: mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let piece = match file.chunk().await {
            Ok(Some(piece)) => Ok(piece),
            Ok(None) => return,
            Err(error) => Err(io::Error::other(error.body_text())),
        };
        let is_last = piece.is_err();
        if pieces.send(piece).await.is_err() || is_last {
            return;
        }
    }
}
