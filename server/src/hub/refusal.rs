//! Why the hub says no: one of the contract's reasons, in words, with what it is about.

use std::time::Duration;

use mighub::v1::ErrorReason;

use super::fold::FoldError;
use super::vintage::LoadError;

/// How long a client waits before it asks a hub that is read-only, full or busy again.
const RETRY_LATER: Duration = Duration::from_secs(30);

/// A call that is not answered. The doors translate it; nobody else makes errors for callers.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// The contract's reason.
    pub reason: ErrorReason,
    /// What is wrong and what to do, one line.
    pub text: String,
    /// What it is about: keys as `error.proto` lists them.
    pub metadata: Vec<(&'static str, String)>,
    /// The field that is malformed, if one is.
    pub field: Option<&'static str>,
    /// When to ask again.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal with nothing beside its words.
    pub fn new(reason: ErrorReason, text: impl Into<String>) -> Self {
        Self { reason, text: text.into(), metadata: Vec::new(), field: None, retry_after: None }
    }

    /// Says what it is about.
    pub fn about(mut self, key: &'static str, value: impl ToString) -> Self {
        self.metadata.push((key, value.to_string()));
        self
    }

    /// Names the field.
    pub fn of_field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// Says when to ask again.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// A field that is not of its form.
    pub fn malformed(field: &'static str, text: impl Into<String>) -> Self {
        Self::new(ErrorReason::ArgumentMalformed, text).of_field(field)
    }

    /// More than a limit.
    pub fn limit(limit: u64, found: u64, text: impl Into<String>) -> Self {
        Self::new(ErrorReason::LimitExceeded, text).about("limit", limit).about("found", found)
    }

    /// A fault of the hub itself.
    pub fn internal(text: impl Into<String>) -> Self {
        Self::new(ErrorReason::Internal, text)
    }
}

impl From<mighub_store::Error> for Refusal {
    fn from(error: mighub_store::Error) -> Self {
        use mighub_store::Error;
        let text = error.to_string();
        match error {
            Error::ReadOnly { .. } => Self::new(ErrorReason::HubReadOnly, text).retry_after(RETRY_LATER),
            Error::DiskNearlyFull { .. } => {
                Self::new(ErrorReason::DiskNearlyFull, text).retry_after(RETRY_LATER)
            }
            Error::HeadMoved { .. } => Self::new(ErrorReason::HeadMoved, text),
            Error::Damaged { .. } | Error::NotFound(_) => Self::new(ErrorReason::StoreDamaged, text),
            Error::Gone(_) => {
                let text = "this content was expunged by decision of the hub's operator; the record of it stays, and \
                            the lane's present state can be read";
                Self::new(ErrorReason::Gone, text)
            }
            Error::Closed => Self::new(ErrorReason::ShuttingDown, text).retry_after(RETRY_LATER),
            _ => Self::internal(text),
        }
    }
}

impl From<mighub_store::ViewError> for Refusal {
    fn from(error: mighub_store::ViewError) -> Self {
        Self::new(ErrorReason::StoreDamaged, error.to_string())
    }
}

impl From<LoadError> for Refusal {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => (*error).clone().into(),
            LoadError::Damaged { .. } => Self::new(ErrorReason::StoreDamaged, error.to_string()),
        }
    }
}

impl From<FoldError> for Refusal {
    fn from(error: FoldError) -> Self {
        match error {
            FoldError::Load(error) => error.into(),
            FoldError::Keep(refusal) => refusal,
            FoldError::TooManyWildcards | FoldError::SeriesTooLong => {
                Self::new(ErrorReason::LimitExceeded, error.to_string())
            }
        }
    }
}

impl From<mighub::convert::FieldError> for Refusal {
    fn from(error: mighub::convert::FieldError) -> Self {
        let reason = match error.field {
            "selection.keys" => ErrorReason::SelectionMalformed,
            "selection.start_period" | "selection.end_period" => ErrorReason::PeriodMalformed,
            _ => ErrorReason::ArgumentMalformed,
        };
        Self::new(reason, error.to_string()).of_field(error.field)
    }
}
