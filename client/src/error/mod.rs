//! What can go wrong, in words an office can act on.
//!
//! What lives here: the library's error, errors of the hub read from their details, exit codes. What must not:
//! findings about data, which are results and not errors.

mod exit;
mod hub;

use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mighub::block::BlockError;
use mighub::manifest::ManifestError;
use mighub::v1::ErrorReason;
use mighub_sdmx::sort::SortError;
use tonic::Status;

use crate::evidence::HistoryBroken;
pub use exit::ExitCode;
pub use hub::HubError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The hub or the connection to it says no.
    #[error(transparent)]
    Hub(Box<HubError>),
    /// No connection.
    #[error(
        "the hub at {address} cannot be reached: {reason}; check address and network, and whether the hub runs"
    )]
    Unreachable {
        /// Where it should be.
        address: String,
        /// Why not.
        reason: String,
    },
    /// A file or folder could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No keys yet.
    #[error("{} is not enrolled at a hub: ask the hub's operator for a token and run `mighub enrol`", home.display())]
    NotEnrolled {
        /// The home folder.
        home: PathBuf,
    },
    /// The keys are too old.
    #[error(
        "the certificates of this office ended on {not_after}: ask the hub's operator for a token and run \
         `mighub enrol`; if the date is wrong, set this machine's clock"
    )]
    CertificateEnded {
        /// When.
        not_after: jiff::Timestamp,
    },
    /// The hub looked at the certificate and broke off.
    #[error("the hub at {address} does not take this office's certificate: {reason}; {remedy}")]
    CertificateRefused {
        /// Where it answered.
        address: String,
        /// Why.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A private key that others may read.
    #[error("{} holds a private key and others may read it: run `chmod 600` on it, and enrol again if others have access to this machine", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// A file of the home folder does not hold what it should.
    #[error("{} is damaged: {reason}; {remedy}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Keys could not be made or used.
    #[error("a key could not be made or used: {0}")]
    Key(String),
    /// What answered is not the hub that the token or the home knows.
    #[error("what answers at {address} does not prove that it is the hub: {reason}; nothing was sent to it")]
    OtherHub {
        /// Where it answered.
        address: String,
        /// What does not fit.
        reason: String,
    },
    /// Sorting stopped.
    #[error(transparent)]
    Sort(#[from] SortError),
    /// Something is not in the cache and there is no hub to ask.
    #[error("{what} is not in {}: run the command once with the hub in reach, or name a folder with --structures", cache.display())]
    NotCached {
        /// What is missing.
        what: String,
        /// The cache.
        cache: PathBuf,
    },
    /// A structure message or a dataflow is not usable.
    #[error("{name}: {reason}")]
    Structures {
        /// Where it comes from.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A workbook cannot be read.
    #[error("{name}: {source}")]
    Workbook {
        /// What messages call it.
        name: String,
        /// Why.
        source: mighub_workbook::ReadError,
    },
    /// A file of reports about sources cannot be read.
    #[error("{name}: {source}")]
    Reports {
        /// What messages call it.
        name: String,
        /// Why.
        source: mighub_sdmx::source_report::SourceFileError,
    },
    /// A workbook cannot be marked.
    #[error("{name}: {source}")]
    Marking {
        /// What messages call it.
        name: String,
        /// Why.
        source: mighub_workbook::MarkError,
    },
    /// A template cannot be made.
    #[error(transparent)]
    Template(#[from] mighub_workbook::TemplateError),
    /// A request that cannot be meant.
    #[error("{0}")]
    Request(String),
    /// Columns that were given are not in canonical order.
    #[error("the series {key} does not come after the one before it: give columns in canonical order")]
    OutOfOrder {
        /// The key.
        key: String,
    },
    /// Parts beyond the limit.
    #[error(
        "the rows change their ACTION more than {} times: sort them by ACTION where their order does not matter",
        mighub::manifest::PARTS_MAX
    )]
    TooManyParts,
    /// Limits of the hub.
    #[error("{what}: there are {found}, the hub takes {limit}; send in several submissions")]
    BeyondLimit {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much is taken.
        limit: u64,
    },
    /// A receipt does not prove what it should.
    #[error(
        "the receipt of submission {submission} does not hold: {reason}. The figures may be accepted all the same: \
         ask the hub's operator, and keep {}", kept.display()
    )]
    Receipt {
        /// The submission.
        submission: String,
        /// What does not fit.
        reason: String,
        /// Where the receipt was put.
        kept: PathBuf,
    },
    /// The hub's history is not the one that it gave its word for.
    #[error(transparent)]
    History(Arc<HistoryBroken>),
    /// Data that came do not have their digest, or cannot be read.
    #[error(
        "what the hub sent cannot be trusted: {0}; pull again, and tell the hub's operator if it stays so"
    )]
    Untrusted(String),
    /// The hub answered against the contract.
    #[error(
        "the hub's answer is not of the agreed form: {0}; perhaps hub and client are of different versions"
    )]
    Contract(String),
    /// A blocking task died.
    #[error("a part of the program stopped: {0}; this is a fault of mighub, please report it")]
    Internal(String),
    /// Output could not be written.
    #[error("the output could not be written: {0}")]
    Output(io::Error),
    /// Another process is at the same submission.
    #[error("another process is sending the same figures: wait for it to end ({})", path.display())]
    InUse {
        /// The locked file.
        path: PathBuf,
    },
}

impl Error {
    /// Why the hub refused, if it did.
    pub fn reason(&self) -> Option<ErrorReason> {
        match self {
            Self::Hub(error) => error.reason,
            _ => None,
        }
    }

    /// Whether the same call may succeed a little later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Hub(error) => error.is_temporary(),
            Self::Unreachable { .. } | Self::InUse { .. } => true,
            _ => false,
        }
    }

    /// The exit code of a command that ends with this.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Hub(error) => error.exit_code(),
            Self::Unreachable { .. } | Self::InUse { .. } => ExitCode::Temporary,
            Self::TooManyParts | Self::Workbook { .. } | Self::Reports { .. } => ExitCode::DataErrors,
            Self::NotEnrolled { .. } | Self::CertificateEnded { .. } | Self::CertificateRefused { .. } => {
                ExitCode::NotAllowed
            }
            Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound => ExitCode::NotFound,
            Self::NotCached { .. } => ExitCode::NotFound,
            Self::Request(_) | Self::Structures { .. } | Self::Template(_) => ExitCode::Usage,
            Self::BeyondLimit { .. } => ExitCode::Refused,
            Self::Receipt { .. } | Self::History(_) | Self::Untrusted(_) | Self::OtherHub { .. } => {
                ExitCode::VerificationFailed
            }
            _ => ExitCode::Other,
        }
    }

    /// Wraps what happened to a file.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        // No answer of the hub: the gate before it says that its history is broken.
        if let Some(broken) = status.source().and_then(|source| source.downcast_ref::<HistoryBroken>()) {
            return Self::History(Arc::new(broken.clone()));
        }
        Self::Hub(Box::new(HubError::of(&status)))
    }
}

impl From<BlockError> for Error {
    fn from(error: BlockError) -> Self {
        Self::Untrusted(error.to_string())
    }
}

impl From<ManifestError> for Error {
    fn from(error: ManifestError) -> Self {
        Self::Untrusted(error.to_string())
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Words and exit codes stay what they are, wherever a file was read.
impl From<mighub_intake::Error> for Error {
    fn from(error: mighub_intake::Error) -> Self {
        use mighub_intake::Error as Intake;
        match error {
            Intake::Lanes(error) => match error.downcast::<Self>() {
                Ok(own) => *own,
                Err(other) => Self::Request(other.to_string()),
            },
            Intake::File { path, source } => Self::File { path, source },
            Intake::Workbook { name, source } => Self::Workbook { name, source },
            Intake::Sort(error) => Self::Sort(error),
            Intake::Structures { name, reason } => Self::Structures { name, reason },
            Intake::Request(text) => Self::Request(text),
            Intake::OutOfOrder { key } => Self::OutOfOrder { key },
            Intake::TooManyParts => Self::TooManyParts,
            Intake::BeyondLimit { what, found, limit } => Self::BeyondLimit { what, found, limit },
            Intake::Contract(text) => Self::Contract(text),
            Intake::Internal(text) => Self::Internal(text),
            Intake::Output(error) => Self::Output(error),
        }
    }
}
