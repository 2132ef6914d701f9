//! The one translation of refusals and faults into HTTP: status, and a body in the syntax that was asked for.
//!
//! Version 1 of the API has its own codes for errors and an XML message for them; version 2 has the statuses of
//! HTTP, and errors in SDMX-JSON.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use mighub::v1::ErrorReason;
use mighub_sdmx::ml::structure::{ErrorText, MlVersion, write_error};
use serde_json::json;

use super::accept::{preferred_syntax, preferred_version};
use super::data::{Fault, FaultKind};
use crate::hub::{Moment, Refusal};

/// When to call again if the refusal does not say.
const RETRY_USUALLY: Duration = Duration::from_secs(5);
/// Random bytes of the number of a log entry.
const LOG_NUMBER_BYTES: usize = 5;
/// How a caller without a certificate may say who it is: tools like Excel know the second way only.
const CHALLENGES: [&str; 2] =
    ["Bearer realm=\"mighub\"", "Basic realm=\"mighub: the token is the password\", charset=\"UTF-8\""];

/// A version of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// SDMX 2.1.
    V1,
    /// SDMX 3.0 and later.
    V2,
    /// The plain door for people without SDMX.
    Plain,
}

/// A request that is not answered as it was meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Problem {
    status: StatusCode,
    text: String,
    retry_after: Option<Duration>,
    /// When it was found; a message in JSON says so.
    found: Moment,
}

impl Problem {
    /// A problem of which the status says all there is for programs.
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), retry_after: None, found: Moment(0) }
    }

    /// Not of the form that the standard gives it.
    pub(crate) fn malformed(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    /// Well formed, and makes no sense.
    pub(crate) fn senseless(text: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, text)
    }

    /// What it names is not there.
    pub(crate) fn unknown(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    /// Nothing in a format that the caller takes.
    pub(crate) fn not_acceptable(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, text)
    }

    /// Of the standard, and not offered here.
    pub(crate) fn not_offered(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, text)
    }

    /// No place for another request.
    pub(crate) fn busy(text: impl Into<String>, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, text) }
    }

    /// The status of the answer, before a version of the API bends it.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The same, found at this moment.
    pub(crate) fn at(self, now: Moment) -> Self {
        Self { found: now, ..self }
    }

    /// The answer, in the syntax that the request prefers.
    pub(crate) fn response(self, family: Family, headers: &HeaderMap) -> Response {
        let (status, code) = coded(self.status, family);
        let (body, content_type) = self.body(code, family, headers);
        let mut response = (status, body).into_response();
        let sent = response.headers_mut();
        sent.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        sent.insert(CONTENT_LANGUAGE, HeaderValue::from_static("en"));
        if status == StatusCode::UNAUTHORIZED {
            for challenge in CHALLENGES {
                sent.append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
        }
        let is_temporary = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        if let Some(wait) = self.retry_after.or(is_temporary.then_some(RETRY_USUALLY)) {
            sent.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }

    fn body(&self, code: u16, family: Family, headers: &HeaderMap) -> (Vec<u8>, &'static str) {
        let usual = match family {
            Family::V1 => "xml",
            Family::V2 => "json",
            Family::Plain => "text",
        };
        match preferred_syntax(headers).unwrap_or(usual) {
            "xml" => {
                let version = match preferred_version(headers).as_deref() {
                    _ if family == Family::V1 => MlVersion::V2_1,
                    Some(version) if version.starts_with("2.1") => MlVersion::V2_1,
                    Some(version) if version.starts_with("3.0") => MlVersion::V3_0,
                    _ => MlVersion::V3_1,
                };
                (
                    write_error(&[ErrorText { code, text: self.text.clone() }], version),
                    "application/xml; charset=utf-8",
                )
            }
            "json" => {
                let title = self.status.canonical_reason().unwrap_or("Error");
                let prepared = Timestamp::from_millisecond(self.found.0).unwrap_or(Timestamp::UNIX_EPOCH);
                let errors = json!({
                    "meta": {
                        "id": format!("ERROR-{}", self.found.0),
                        "test": false,
                        "prepared": prepared.to_string(),
                        "contentLanguages": ["en"],
                        "sender": { "id": "MIGHUB" },
                    },
                    "errors": [{ "code": code, "title": title, "detail": self.text }],
                });
                (errors.to_string().into_bytes(), "application/json; charset=utf-8")
            }
            _ => (format!("{}\n", self.text).into_bytes(), "text/plain; charset=utf-8"),
        }
    }
}

/// Status and the code within the body. Version 1 knows fewer statuses, and numbers of its own (SDMX REST 1.5,
/// section 5.8).
fn coded(status: StatusCode, family: Family) -> (StatusCode, u16) {
    if family != Family::V1 {
        return (status, status.as_u16());
    }
    match status.as_u16() {
        404 | 410 => (StatusCode::NOT_FOUND, 100),
        401 => (status, 110),
        403 => (status, 110),
        413 => (status, 130),
        422 => (StatusCode::FORBIDDEN, 150),
        501 => (status, 501),
        429 | 503 => (status, 503),
        400..=499 => (status, 140),
        _ => (status, 500),
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = status_of(refusal.reason);
        let retry_after = refusal.retry_after;
        let text = match (status, refusal.field) {
            (StatusCode::INTERNAL_SERVER_ERROR, _) => logged(&refusal),
            (_, Some(field)) if !refusal.text.contains(field) => format!("{field}: {}", refusal.text),
            _ => refusal.text,
        };
        Self { retry_after, ..Self::new(status, text) }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let status = match fault.kind {
            FaultKind::Malformed => StatusCode::BAD_REQUEST,
            FaultKind::Senseless => StatusCode::UNPROCESSABLE_ENTITY,
            FaultKind::NotOffered => StatusCode::NOT_IMPLEMENTED,
            FaultKind::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
            FaultKind::Unknown => StatusCode::NOT_FOUND,
        };
        Self::new(status, fault.to_string())
    }
}

/// The status that a reason travels with.
fn status_of(reason: ErrorReason) -> StatusCode {
    use ErrorReason::*;
    match reason {
        Unauthenticated | NotEnrolled | KeysRevoked | SignatureInvalid | SigningKeyUnknown
        | AccessTokenInvalid => StatusCode::UNAUTHORIZED,
        RightMissing | LaneNotPermitted | DerivedLane | TokenInvalid | TokenExpired | SecondPersonNeeded => {
            StatusCode::FORBIDDEN
        }
        UnknownDataflow | UnknownStructure | UnknownRulebook | UnknownSubmission | UnknownFinding
        | UnknownAgency | VintageUnknown | EditionUnknown | UnknownToken | UnknownKeys | UnknownRequest
        | UnknownRestriction | UnknownReport | UnknownCell | UnknownMethod => StatusCode::NOT_FOUND,
        Gone => StatusCode::GONE,
        LimitExceeded | ManifestTooLarge | BlockTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        SubmissionIdReused | AgencyExists | AgreementConflict | StructureConflict | HeadMoved
        | StateUnfit | NotWithdrawable | StructureMoved | LastAdministrator | RequestEnded
        | NothingEmbargoed | NothingToExpunge => StatusCode::CONFLICT,
        StructureMalformed | StructureReferenceMissing | AgreementMalformed => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        TooBusy | QuotaSpent => StatusCode::TOO_MANY_REQUESTS,
        PositionNotReached | HubReadOnly | ShuttingDown | SlowReader => StatusCode::SERVICE_UNAVAILABLE,
        DiskNearlyFull => StatusCode::INSUFFICIENT_STORAGE,
        NotOffered => StatusCode::NOT_IMPLEMENTED,
        StoreDamaged | Internal | Unspecified => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Words that may name files and lines of the hub are for its log; the caller gets the number to ask for.
fn logged(refusal: &Refusal) -> String {
    let mut random = [0; LOG_NUMBER_BYTES];
    // Without randomness the number is always the same, and the log still has the time.
    let _ = getrandom::fill(&mut random);
    let number = mighub::id::base32(&random);
    tracing::error!(number, reason = refusal.reason.as_str_name(), "{}", refusal.text);
    format!("a fault of the hub: tell its operator the number {number}")
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;

    use super::*;

    fn answered(problem: Problem, family: Family, accept: &str) -> (u16, String, &'static str) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().expect("a header"));
        let (status, code) = coded(problem.status, family);
        let (body, content_type) = problem.body(code, family, &headers);
        (status.as_u16(), String::from_utf8(body).expect("UTF-8"), content_type)
    }

    #[test]
    fn errors_come_in_the_syntax_that_was_asked_for_with_the_codes_of_the_version() {
        let problem = || Problem::senseless("startPeriod: comes after endPeriod");
        let (status, body, content_type) = answered(problem(), Family::V1, "*/*");
        assert_eq!((status, content_type), (403, "application/xml; charset=utf-8"));
        assert!(body.contains("code=\"150\"") && body.contains("schemas/v2_1/message"), "{body}");
        let (status, body, _) = answered(problem(), Family::V2, "*/*");
        assert_eq!(status, 422);
        assert!(body.starts_with("{\"errors\":[{\"code\":422,") && body.contains("\"meta\""), "{body}");
        let (_, body, _) = answered(problem(), Family::V2, "application/vnd.sdmx.data+xml;version=3.0.0");
        assert!(body.contains("schemas/v3_0/message"), "{body}");
        let (_, body, content_type) = answered(problem(), Family::V2, "text/csv");
        assert_eq!(
            (&*body, content_type),
            ("startPeriod: comes after endPeriod\n", "text/plain; charset=utf-8")
        );
    }

    #[test]
    fn nothing_found_is_code_100_of_version_1() {
        let (status, body, _) = answered(Problem::unknown("no such thing"), Family::V1, "application/xml");
        assert_eq!(status, 404);
        assert!(body.contains("code=\"100\""), "{body}");
    }

    #[test]
    fn a_fault_of_the_hub_does_not_tell_its_insides() {
        let problem = Problem::from(Refusal::internal("/var/lib/mighub/journal/7 at byte 12"));
        assert_eq!(problem.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!problem.text.contains("/var"), "{problem}");
    }
}
