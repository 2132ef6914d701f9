//! Answers of the hub that are errors, read from their google.rpc details.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::time::Duration;

use mighub::v1::ErrorReason;
use rustls::AlertDescription;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::ExitCode;
use crate::hub::first_word::alert_in;

/// The hub, or the connection to it, answered with an error.
#[derive(Clone, Debug)]
pub struct HubError {
    /// Why; nothing if the connection broke, or if the hub is newer than this program.
    pub reason: Option<ErrorReason>,
    /// The gRPC code.
    pub code: Code,
    /// What the hub says, one line for people.
    pub message: String,
    /// What it is about: dataflow, provider, submission, position, block, field, limit, found, expected.
    pub metadata: BTreeMap<String, String>,
    /// Fields of the request that are wrong, and how.
    pub fields: Vec<(String, String)>,
    /// The hub asks to wait at least so long.
    pub retry_after: Option<Duration>,
    /// Whether the connection broke, rather than the hub answering.
    pub broken: bool,
}

impl HubError {
    /// Reads a status.
    pub fn of(status: &Status) -> Self {
        let info = status.get_details_error_info();
        let reason = info
            .as_ref()
            .and_then(|info| ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason)))
            .or_else(|| refused_certificate(status));
        // What the hub answers has details; what tonic makes of a broken connection has a source or none.
        let by_transport = matches!(
            status.code(),
            Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled | Code::DeadlineExceeded
        );
        Self {
            reason,
            code: status.code(),
            message: message(status),
            metadata: info.map(|info| info.metadata.into_iter().collect()).unwrap_or_default(),
            fields: status.get_details_bad_request().map_or_else(Vec::new, |bad| {
                bad.field_violations.into_iter().map(|field| (field.field, field.description)).collect()
            }),
            retry_after: status.get_details_retry_info().and_then(|info| info.retry_delay),
            broken: by_transport && reason.is_none() && status.get_details_error_info().is_none(),
        }
    }

    /// Whether the same call may succeed a little later.
    pub fn is_temporary(&self) -> bool {
        use ErrorReason as R;
        match self.reason {
            Some(
                R::PositionNotReached
                | R::HubReadOnly
                | R::DiskNearlyFull
                | R::TooBusy
                | R::QuotaSpent
                | R::SlowReader
                | R::ShuttingDown,
            ) => true,
            Some(_) => false,
            None => self.broken || matches!(self.code, Code::Unavailable | Code::ResourceExhausted),
        }
    }

    /// The exit code of a command that ends with this.
    pub fn exit_code(&self) -> ExitCode {
        use ErrorReason as R;
        let Some(reason) = self.reason else {
            return match self.code {
                _ if self.is_temporary() => ExitCode::Temporary,
                Code::Unauthenticated | Code::PermissionDenied => ExitCode::NotAllowed,
                Code::NotFound => ExitCode::NotFound,
                _ => ExitCode::Other,
            };
        };
        match reason {
            R::Unauthenticated
            | R::NotEnrolled
            | R::AccessTokenInvalid
            | R::KeysRevoked
            | R::RightMissing
            | R::LaneNotPermitted
            | R::TokenInvalid
            | R::TokenExpired
            | R::SignatureInvalid
            | R::SigningKeyUnknown => ExitCode::NotAllowed,
            R::SelectionMalformed | R::PeriodMalformed | R::CursorMalformed | R::ReasonRequired => {
                ExitCode::Usage
            }
            R::UnknownDataflow
            | R::UnknownStructure
            | R::UnknownRulebook
            | R::UnknownSubmission
            | R::UnknownFinding
            | R::UnknownAgency
            | R::UnknownToken
            | R::UnknownKeys
            | R::VintageUnknown
            | R::EditionUnknown
            | R::Gone => ExitCode::NotFound,
            R::StoreDamaged | R::LogTooShort => ExitCode::VerificationFailed,
            R::Internal | R::Unspecified => ExitCode::Other,
            _ if self.is_temporary() => ExitCode::Temporary,
            _ => ExitCode::Refused,
        }
    }

    /// What to do, where this program knows more than the hub: about its own home, commands and clock.
    pub fn remedy(&self) -> Option<&'static str> {
        use ErrorReason as R;
        match self.reason? {
            R::Unauthenticated | R::NotEnrolled | R::SigningKeyUnknown | R::KeysRevoked => {
                Some("ask the hub's operator for a token and run `mighub enrol`")
            }
            R::TokenInvalid | R::TokenExpired => Some("ask the hub's operator for a new token"),
            R::LaneNotPermitted => {
                Some("check the dataflow and --provider; `mighub whoami` shows what this agency may send")
            }
            R::RightMissing => {
                Some("`mighub whoami` shows this agency's roles; an administrator grants others")
            }
            R::UnknownDataflow | R::UnknownStructure => Some("`mighub structure list` shows those there are"),
            R::UnknownSubmission => Some("`mighub status` shows this agency's submissions"),
            R::HeadMoved | R::StructureMoved => Some("look at `mighub vintages`, then push the file again"),
            R::ClockSkew => Some("set this machine's clock, then push again"),
            R::CursorMalformed | R::CursorOtherRequest | R::CursorUnknown | R::ResumeExpired => {
                Some("pull once without the cursor; the new pull gives a new one")
            }
            R::VintageUnknown => Some("`mighub vintages` shows those there are"),
            _ => None,
        }
    }
}

/// Why the hub let no new connection in, when the one before was broken: it says so by an alert, before any call.
fn refused_certificate(status: &Status) -> Option<ErrorReason> {
    match alert_in(status.source()?)? {
        AlertDescription::CertificateRevoked => Some(ErrorReason::KeysRevoked),
        AlertDescription::CertificateExpired
        | AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown => Some(ErrorReason::NotEnrolled),
        _ => None,
    }
}

/// The line for people; of a broken connection also its causes, for tonic's own line says only "transport error".
fn message(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut cause = status.source();
    while let Some(error) = cause {
        let line = error.to_string();
        if !text.contains(&line) {
            text = if text.is_empty() { line } else { format!("{text}: {line}") };
        }
        cause = error.source();
    }
    if text.is_empty() { status.code().description().to_owned() } else { text }
}

impl std::fmt::Display for HubError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.broken {
            true => write!(f, "the connection to the hub broke: {}", self.message)?,
            false => f.write_str(&self.message)?,
        }
        for (field, description) in &self.fields {
            if !self.message.contains(description.as_str()) {
                write!(f, "; {field}: {description}")?;
            }
        }
        match self.remedy() {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for HubError {}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    fn status(code: Code, reason: &str) -> Status {
        let mut details = ErrorDetails::new();
        details.set_error_info(reason, "mighub", [("lane".to_owned(), "x".to_owned())]);
        details.set_retry_info(Some(Duration::from_secs(3)));
        Status::with_error_details(code, "said", details)
    }

    #[test]
    fn a_reason_decides_on_exit_code_and_retry() {
        for (code, reason, exit, temporary) in [
            (Code::PermissionDenied, "LANE_NOT_PERMITTED", ExitCode::NotAllowed, false),
            (Code::ResourceExhausted, "TOO_BUSY", ExitCode::Temporary, true),
            (Code::InvalidArgument, "LIMIT_EXCEEDED", ExitCode::Refused, false),
            (Code::Aborted, "HEAD_MOVED", ExitCode::Refused, false),
            (Code::Aborted, "SLOW_READER", ExitCode::Temporary, true),
            (Code::NotFound, "VINTAGE_UNKNOWN", ExitCode::NotFound, false),
            (Code::Unavailable, "A_REASON_OF_A_NEWER_HUB", ExitCode::Temporary, true),
            (Code::PermissionDenied, "A_REASON_OF_A_NEWER_HUB", ExitCode::NotAllowed, false),
        ] {
            let error = HubError::of(&status(code, reason));
            assert_eq!((error.exit_code(), error.is_temporary()), (exit, temporary), "{reason}");
            assert_eq!(error.retry_after, Some(Duration::from_secs(3)));
        }
    }

    #[test]
    fn a_broken_connection_is_temporary() {
        for code in [Code::Unavailable, Code::Unknown, Code::Internal, Code::Cancelled] {
            let error = HubError::of(&Status::new(code, "h2 protocol error"));
            assert!(error.is_temporary() && error.broken, "{code}");
        }
        assert!(!HubError::of(&Status::new(Code::InvalidArgument, "no")).is_temporary());
    }
}
