//! Why a run ended without results.

use crate::ast::Span;

/// Why a run ended without results. The span is the piece of the script that failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RunError {
    /// An operator met values that it has no result for.
    #[error("{message}")]
    Value {
        /// What and why, with the value.
        message: String,
        /// Where in the script.
        span: Span,
        /// The key of the data point, as `NAME=value` pairs; empty if there is none.
        key: String,
    },
    /// A limit of the run.
    #[error("{what} is more than the limit of {limit}: {remedy}")]
    Limit {
        /// What grew.
        what: String,
        /// The limit, with its unit.
        limit: String,
        /// What to do.
        remedy: &'static str,
        /// Where in the script.
        span: Span,
    },
    /// The caller asked for the end.
    #[error("the run was cancelled")]
    Cancelled,
    /// The inputs are not those of the analysis.
    #[error(
        "input {name} is missing or has another structure than at the analysis: analyse the script again"
    )]
    Input {
        /// Its name.
        name: String,
    },
}

impl RunError {
    /// Where in the script it failed.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Value { span, .. } | Self::Limit { span, .. } => Some(*span),
            Self::Cancelled | Self::Input { .. } => None,
        }
    }
}
