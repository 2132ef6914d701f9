//! What can go wrong on the way from a file to a submission. What must not live here: findings about data, which are
//! results and not errors.

use std::io;
use std::path::{Path, PathBuf};

use mighub_sdmx::sort::SortError;

/// Why a file was not prepared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What a dataflow is could not be learned; whoever implements [`crate::Lanes`] says why.
    #[error(transparent)]
    Lanes(Box<dyn std::error::Error + Send + Sync>),
    /// A file or folder could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A workbook cannot be read.
    #[error("{name}: {source}")]
    Workbook {
        /// What messages call it.
        name: String,
        /// Why.
        source: mighub_workbook::ReadError,
    },
    /// Sorting stopped.
    #[error(transparent)]
    Sort(#[from] SortError),
    /// A structure message or a dataflow is not usable.
    #[error("{name}: {reason}")]
    Structures {
        /// Where it comes from.
        name: String,
        /// What is wrong.
        reason: String,
    },
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
    /// What the hub said of a lane is not of the agreed form.
    #[error(
        "the hub's answer is not of the agreed form: {0}; perhaps hub and client are of different versions"
    )]
    Contract(String),
    /// A thread died.
    #[error("a part of the program stopped: {0}; this is a fault of mighub, please report it")]
    Internal(String),
    /// Scratch files could not be written.
    #[error("the output could not be written: {0}")]
    Output(io::Error),
}

impl Error {
    /// Wraps why a lane could not be learned.
    pub fn of_lanes(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Lanes(Box::new(error))
    }

    /// Wraps what happened to a file.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
