//! What is wrong with a query: where, which rule, and what to do.

/// What kind of fault it is, for the status of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Not of the form that the standard gives it.
    Malformed,
    /// Well formed, and makes no sense for these data.
    Senseless,
    /// Of the standard, and not offered here.
    NotOffered,
    /// More than this hub gives at a time.
    TooMuch,
    /// What it names is not there.
    Unknown,
}

/// A query that is not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {text}")]
pub(crate) struct Fault {
    /// What kind of fault it is.
    pub(crate) kind: FaultKind,
    /// The parameter, or the part of the path.
    pub(crate) place: String,
    /// The rule, and what to do.
    pub(crate) text: String,
}

impl Fault {
    fn new(kind: FaultKind, place: &str, text: impl Into<String>) -> Self {
        Self { kind, place: place.to_owned(), text: text.into() }
    }

    pub(crate) fn malformed(place: &str, text: impl Into<String>) -> Self {
        Self::new(FaultKind::Malformed, place, text)
    }

    pub(crate) fn senseless(place: &str, text: impl Into<String>) -> Self {
        Self::new(FaultKind::Senseless, place, text)
    }

    pub(crate) fn not_offered(place: &str, text: impl Into<String>) -> Self {
        Self::new(FaultKind::NotOffered, place, text)
    }

    pub(crate) fn too_much(place: &str, text: impl Into<String>) -> Self {
        Self::new(FaultKind::TooMuch, place, text)
    }

    pub(crate) fn unknown(place: &str, text: impl Into<String>) -> Self {
        Self::new(FaultKind::Unknown, place, text)
    }
}
