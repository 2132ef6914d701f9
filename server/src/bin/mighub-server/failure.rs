//! Why a command did not do what it was asked, and its exit code (DESIGN section 10).

use mighub_server::rpc::OperatorError;

/// Another reason than those with a number of their own.
const OTHER: u8 = 1;
const USAGE: u8 = 2;
const REFUSED: u8 = 7;
const DAMAGED: u8 = 8;
const PARTLY_DONE: u8 = 9;

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// In the operator's calls.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// Everywhere else.
    #[error("{text}")]
    Said { text: String, exit_code: u8 },
}

impl Failure {
    pub(crate) fn other(text: impl ToString) -> Self {
        Self::Said { text: text.to_string(), exit_code: OTHER }
    }

    pub(crate) fn usage(text: impl ToString) -> Self {
        Self::Said { text: text.to_string(), exit_code: USAGE }
    }

    pub(crate) fn refused(text: impl ToString) -> Self {
        Self::Said { text: text.to_string(), exit_code: REFUSED }
    }

    pub(crate) fn damaged(text: impl ToString) -> Self {
        Self::Said { text: text.to_string(), exit_code: DAMAGED }
    }

    pub(crate) fn partly_done(text: impl ToString) -> Self {
        Self::Said { text: text.to_string(), exit_code: PARTLY_DONE }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Operator(error) => error.exit_code(),
            Self::Said { exit_code, .. } => *exit_code,
        }
    }

    /// The contract's reason, if the hub refused.
    pub(crate) fn reason(&self) -> Option<String> {
        use tonic_types::StatusExt;
        match self {
            Self::Operator(OperatorError::Refused(status)) => {
                status.get_error_details().error_info().map(|info| info.reason.clone())
            }
            _ => None,
        }
    }
}
