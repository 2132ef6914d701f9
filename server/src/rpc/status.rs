//! The one translation of refusals into gRPC: google.rpc.Status with ErrorInfo, BadRequest and RetryInfo.

use std::collections::HashMap;
use std::time::Duration;

use mighub::v1::ErrorReason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::hub::Refusal;

/// Whose reasons they are.
const DOMAIN: &str = "mighub";
/// Trailers are limited to some 8 KiB by most HTTP/2 peers; text beyond this is cut off.
const TEXT_BYTES_MAX: usize = 1_500;
/// The same for one value of the metadata.
const VALUE_BYTES_MAX: usize = 200;
/// When to call again if the refusal does not say.
const RETRY_USUALLY: Duration = Duration::from_secs(5);
/// Random bytes of the number of a log entry.
const LOG_NUMBER_BYTES: usize = 5;

/// The gRPC code that a reason travels with, as its comment in `error.proto` says.
pub(super) fn code(reason: ErrorReason) -> Code {
    use ErrorReason::*;
    match reason {
        Unauthenticated | NotEnrolled | KeysRevoked | AccessTokenInvalid | SignatureInvalid
        | SigningKeyUnknown => Code::Unauthenticated,
        RightMissing | LaneNotPermitted | DerivedLane | TokenInvalid | TokenExpired | SecondPersonNeeded => {
            Code::PermissionDenied
        }
        CsrInvalid
        | ArgumentMalformed
        | LimitExceeded
        | SelectionMalformed
        | PeriodMalformed
        | PageTokenMalformed
        | CursorMalformed
        | CursorOtherRequest
        | HeaderMalformed
        | ReasonRequired
        | ManifestDigestMismatch
        | ManifestMalformed
        | ManifestUnsorted
        | ManifestTooLarge
        | BlockDigestMismatch
        | BlockNotNamed
        | BlockNotCanonical
        | BlockTooLarge
        | BlockDecompression
        | StructureMalformed
        | AgreementMalformed => Code::InvalidArgument,
        LogTooShort | NotAccepted | CursorUnknown | ResumeExpired | WrongHub | ClockSkew | StructureMoved
        | StateUnfit | NotWithdrawable | CanonUnknown | BlocksMissing | AgreementConflict
        | LastAdministrator | RequestEnded | NothingEmbargoed | NothingToExpunge => Code::FailedPrecondition,
        UnknownDataflow | UnknownStructure | UnknownRulebook | UnknownSubmission | UnknownFinding
        | UnknownAgency | UnknownToken | UnknownKeys | UnknownRequest | UnknownRestriction
        | UnknownReport | UnknownCell | UnknownMethod | VintageUnknown | EditionUnknown | Gone => {
            Code::NotFound
        }
        SubmissionIdReused | AgencyExists => Code::AlreadyExists,
        HeadMoved | SlowReader => Code::Aborted,
        PositionNotReached | HubReadOnly | ShuttingDown => Code::Unavailable,
        DiskNearlyFull | TooBusy | QuotaSpent => Code::ResourceExhausted,
        StoreDamaged => Code::DataLoss,
        NotOffered => Code::Unimplemented,
        // The last two occur within answers only; as an error of a call they are a fault of ours.
        Internal | Unspecified | StructureConflict | StructureReferenceMissing => Code::Internal,
    }
}

/// Whether the very same call may succeed later.
fn is_retryable(reason: ErrorReason) -> bool {
    matches!(code(reason), Code::Unavailable | Code::ResourceExhausted) || reason == ErrorReason::SlowReader
}

/// The status of a refusal. What only the operator should know goes into the log instead.
pub(super) fn status(refusal: Refusal) -> Status {
    let refusal = if keeps_its_words(refusal.reason) { refusal } else { logged(refusal) };
    let reason = refusal.reason;
    let mut metadata: HashMap<String, String> = refusal
        .metadata
        .into_iter()
        .map(|(key, value)| (key.to_owned(), cut(value, VALUE_BYTES_MAX)))
        .collect();
    let mut details = ErrorDetails::new();
    if let Some(field) = refusal.field {
        metadata.insert("field".to_owned(), field.to_owned());
        details.add_bad_request_violation(field, cut(refusal.text.clone(), VALUE_BYTES_MAX));
    }
    if is_retryable(reason) {
        metadata.insert("retryable".to_owned(), "true".to_owned());
    }
    let retry_after = refusal.retry_after.or(is_retryable(reason).then_some(RETRY_USUALLY));
    if retry_after.is_some() {
        details.set_retry_info(retry_after);
    }
    details.set_error_info(name(reason), DOMAIN, metadata);
    Status::with_error_details(code(reason), cut(refusal.text, TEXT_BYTES_MAX), details)
}

/// What the library under us refused, in the contract's words.
pub(super) fn of_transport(status: &Status) -> Refusal {
    let text = status.message().to_owned();
    match status.code() {
        // tonic 0.14: a message over the limit.
        Code::OutOfRange | Code::ResourceExhausted => Refusal::new(ErrorReason::LimitExceeded, text),
        Code::Unimplemented => Refusal::new(ErrorReason::NotOffered, not_offered(&text)),
        // tonic 0.14: bytes that are no message of this type.
        Code::Internal | Code::InvalidArgument => Refusal::new(
            ErrorReason::ArgumentMalformed,
            format!(
                "the request is not the message this call takes: {text}; use the contract of this hub's version"
            ),
        ),
        _ => Refusal::internal(text),
    }
}

fn not_offered(text: &str) -> String {
    match text {
        "" => "this hub does not offer the call; reflection lists those it does".to_owned(),
        text => format!("this hub does not offer it: {text}"),
    }
}

/// A handler panicked.
pub(super) fn of_panic(payload: &(dyn std::any::Any + Send)) -> Refusal {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    Refusal::internal(format!("panic: {}", text.unwrap_or_else(|| "without words".to_owned())))
}

/// The name of a reason without its prefix.
pub(super) fn name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

fn keeps_its_words(reason: ErrorReason) -> bool {
    code(reason) != Code::Internal && reason != ErrorReason::StoreDamaged
}

/// Words that may name files and lines of the hub are for its log; the caller gets the number to ask for.
fn logged(refusal: Refusal) -> Refusal {
    let mut random = [0; LOG_NUMBER_BYTES];
    // Without randomness the number is always the same, and the log still has the time.
    let _ = getrandom::fill(&mut random);
    let number = mighub::id::base32(&random);
    tracing::error!(number, reason = name(refusal.reason), "{}", refusal.text);
    let (reason, text) = match refusal.reason {
        ErrorReason::StoreDamaged => (
            ErrorReason::StoreDamaged,
            format!(
                "stored bytes are not those that were stored: tell the hub's operator the number {number}"
            ),
        ),
        _ => (ErrorReason::Internal, format!("a fault of the hub: tell its operator the number {number}")),
    };
    Refusal::new(reason, text).about("log", number)
}

fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = include_str!("../../../proto/mighub/v1/error.proto");

    /// Every reason with the codes that its comment names.
    fn commented() -> Vec<(ErrorReason, Vec<Code>)> {
        let codes: Vec<(String, Code)> = (1..=16)
            .map(Code::from_i32)
            .map(|code| (format!("{code:?}"), code))
            .map(|(name, code)| (upper_snake(&name), code))
            .collect();
        let mut comment = String::new();
        let mut table = Vec::new();
        for line in CONTRACT.lines().map(str::trim) {
            if let Some(text) = line.strip_prefix("//") {
                comment.push_str(text);
            } else if let Some(reason) = line.split(' ').next().and_then(ErrorReason::from_str_name) {
                let words = comment.split(|c: char| c != '_' && !c.is_ascii_alphabetic());
                let named = words.filter_map(|word| codes.iter().find(|(name, _)| name == word));
                table.push((reason, named.map(|(_, code)| *code).collect()));
                comment.clear();
            } else {
                comment.clear();
            }
        }
        table
    }

    fn upper_snake(name: &str) -> String {
        let mut snake = String::new();
        for c in name.chars() {
            if c.is_ascii_uppercase() && !snake.is_empty() {
                snake.push('_');
            }
            snake.push(c.to_ascii_uppercase());
        }
        snake
    }

    #[test]
    fn every_reason_travels_with_the_code_its_comment_names() {
        let table = commented();
        let reasons = (0..1_000).filter(|&number| ErrorReason::try_from(number).is_ok()).count();
        assert_eq!(table.len(), reasons, "every reason of the contract was read");
        for (reason, named) in table {
            let within_answers_only = [
                ErrorReason::Unspecified,
                ErrorReason::StructureConflict,
                ErrorReason::StructureReferenceMissing,
            ];
            let expected = if within_answers_only.contains(&reason) { vec![] } else { vec![code(reason)] };
            assert_eq!(named, expected, "{reason:?}");
        }
    }

    #[test]
    fn a_refusal_arrives_with_reason_field_and_time_to_wait() {
        let refusal =
            Refusal::new(ErrorReason::TooBusy, "too many pulls").about("limit", 8).of_field("dataflow");
        let status = status(refusal.retry_after(Duration::from_secs(7)));
        let details = status.get_error_details();
        let info = details.error_info().expect("ErrorInfo");
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("TOO_BUSY", "mighub"));
        assert_eq!(info.metadata["limit"], "8");
        assert_eq!(info.metadata["retryable"], "true");
        assert_eq!(details.retry_info().expect("RetryInfo").retry_delay, Some(Duration::from_secs(7)));
        assert_eq!(details.bad_request().expect("BadRequest").field_violations[0].field, "dataflow");
    }

    #[test]
    fn a_fault_of_the_hub_does_not_tell_its_insides() {
        for reason in [ErrorReason::Internal, ErrorReason::StoreDamaged, ErrorReason::StructureConflict] {
            let status = status(Refusal::new(reason, "/var/lib/mighub/journal/7 at byte 12"));
            assert!(!status.message().contains("/var"), "{status:?}");
            let details = status.get_error_details();
            let number = &details.error_info().expect("ErrorInfo").metadata["log"];
            assert!(status.message().contains(number.as_str()), "{status:?}");
        }
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let refusal =
            Refusal::new(ErrorReason::HeaderMalformed, "ä".repeat(10_000)).about("found", "é".repeat(999));
        let status = status(refusal);
        assert!(status.message().len() <= TEXT_BYTES_MAX + 3 && status.message().ends_with("ä…"));
        let details = status.get_error_details();
        let found = &details.error_info().expect("ErrorInfo").metadata["found"];
        assert!(found.len() <= VALUE_BYTES_MAX + 3);
    }
}
