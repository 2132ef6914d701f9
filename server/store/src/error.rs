//! What can go wrong, and what to do about it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::{Lane, Name, Position};

/// Why an operation on an open store failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// An earlier write or sync failed; nothing more is written.
    #[error("the store is read-only since {reason}; free or replace the disk, then restart the hub")]
    ReadOnly {
        /// What failed.
        reason: Arc<str>,
    },
    /// Another record became the head of the lane in the meantime.
    #[error("the lane's head is {actual:?}, not {expected:?}")]
    HeadMoved {
        /// The lane.
        lane: Lane,
        /// What the caller expected.
        expected: Option<Position>,
        /// What it is.
        actual: Option<Position>,
    },
    /// Another record took the position that the caller had counted on.
    #[error("the record would get {actual:?}, not {expected:?}: make its objects anew and send again")]
    PositionMoved {
        /// What the caller expected.
        expected: Position,
        /// What it would have been.
        actual: Position,
    },
    /// Too little space is left to accept more.
    #[error("only {free} bytes are left on the disk and {needed} must stay free: make room, then send again")]
    DiskNearlyFull {
        /// Bytes left.
        free: u64,
        /// Bytes that must stay free.
        needed: u64,
    },
    /// A frame does not have its hash.
    #[error(
        "{file} is damaged at byte {offset}: stop the hub, and see with `mighub-server fsck` what is concerned and how it is mended"
    )]
    Damaged {
        /// The file.
        file: Arc<str>,
        /// Where the frame begins.
        offset: u64,
    },
    /// No object has this name.
    #[error("there is no object {0:?}")]
    NotFound(Name),
    /// The object was expunged.
    #[error("the object {0:?} was expunged")]
    Gone(Name),
    /// No record has this position.
    #[error("there is no record at {0:?}")]
    NoRecord(Position),
    /// A record or object is larger than the limit.
    #[error("{what} of {bytes} bytes is too large: at most {most}")]
    TooLarge {
        /// Record or object.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// A file could not be read.
    #[error("{file} could not be read: {reason}")]
    Read {
        /// The file.
        file: Arc<str>,
        /// Why.
        reason: Arc<str>,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder could not be used.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nothing of a store is there.
    #[error("{0} holds no store: name the folder of a hub, or of a backup")]
    NoStore(PathBuf),
    /// Another process has it open.
    #[error("{0} is in use by another process, a hub or a repair: stop it first")]
    InUse(PathBuf),
    /// Written by a newer program.
    #[error(
        "{path} is of store format {found} and this program reads up to {reads}: use the program that wrote it"
    )]
    Newer {
        /// The file FORMAT.
        path: PathBuf,
        /// The format found.
        found: u32,
        /// The newest format that can be read.
        reads: u32,
    },
    /// FORMAT is missing or damaged.
    #[error(
        "{path} says {found:?} and must say {expected:?}: is this the folder of a store? Restore the file from a backup, or write it anew with `mighub-server fsck --accept-loss`"
    )]
    Format {
        /// The file FORMAT.
        path: PathBuf,
        /// What stands in it.
        found: String,
        /// What must stand in it.
        expected: String,
    },
    /// The record is damaged, and it is not a torn end.
    #[error(
        "{path} is damaged at byte {offset}: {reason}; see with `mighub-server fsck` what is concerned, and mend it with `mighub-server fsck --from BACKUP`"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
}

impl OpenError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
