//! Open submissions: what was signed and is to be sent lies here until the receipt is held, so that a push that
//! was killed goes on where it was, with the same submission id (DETAILS A3).
//!
//! Nothing here is synced to the disk: after a power cut the file is prepared again, and at worst the hub
//! answers that it has these figures already.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mighub::block::Digest;
use mighub::v1;
use prost::Message;

use crate::clock;
use crate::error::Error;
use crate::home::files::{self, Access};
use mighub_intake::{FrameReader, MANIFEST, PREPARING, Spool, SpoolTotals};

const HEADER: &str = "header";
/// A folder that is being prepared for so long belongs to a process that was killed.
const PREPARING_MAX: Duration = Duration::from_secs(24 * 3600);

/// The outbox of a home.
#[derive(Debug)]
pub(crate) struct Outbox {
    folder: PathBuf,
}

/// A submission on its way. While this exists no other process sends the same.
#[derive(Debug)]
pub(crate) struct Entry {
    folder: PathBuf,
    lock_path: PathBuf,
    _lock: File,
    /// What was signed.
    pub(crate) header: v1::SubmissionHeader,
    pub(crate) signed: v1::SignedHeader,
    pub(crate) totals: SpoolTotals,
}

impl Outbox {
    /// Opens the outbox and clears away what killed processes left.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, Error> {
        files::create_folder(&folder)?;
        let now = clock::system_now();
        for entry in std::fs::read_dir(&folder).map_err(Error::file(&folder))? {
            let entry = entry.map_err(Error::file(&folder))?;
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| now.duration_since(modified).ok());
            let abandoned = entry.file_name().to_string_lossy().starts_with(PREPARING)
                && age.is_some_and(|age| age > PREPARING_MAX);
            if abandoned {
                files::remove(&entry.path())?;
            }
        }
        Ok(Self { folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes a prepared submission in. `sign` makes its id and signature, unless the same was begun before:
    /// then it goes on under the header that was signed then.
    pub(crate) fn admit(
        &self,
        spool: Spool,
        key: Digest,
        sign: impl FnOnce() -> Result<v1::SignedHeader, Error>,
    ) -> Result<Entry, Error> {
        let folder = self.folder.join(key.short());
        let lock_path = self.folder.join(format!("{}.lock", key.short()));
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(Error::file(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { path: lock_path }),
            Err(TryLockError::Error(error)) => return Err(Error::file(&lock_path)(error)),
        }
        let known = files::read_if_there(&folder.join(HEADER))?.and_then(|bytes| readable(&bytes));
        let (signed, header) = match known {
            Some(known) => known,
            None => {
                let signed = sign()?;
                readable(&signed.encode_to_vec())
                    .ok_or_else(|| Error::Internal("a header cannot be read back".to_owned()))?
            }
        };
        files::write(&spool.folder.path().join(HEADER), &signed.encode_to_vec(), Access::Usual)?;
        files::remove(&folder)?;
        let prepared = spool.folder.keep();
        std::fs::rename(&prepared, &folder).map_err(Error::file(&folder))?;
        Ok(Entry { folder, lock_path, _lock: lock, header, signed, totals: spool.totals })
    }

    /// Forgets a submission by its id, wherever it lies; one that is not here is no error.
    pub(crate) fn forget(&self, submission: &str) -> Result<(), Error> {
        for entry in std::fs::read_dir(&self.folder).map_err(Error::file(&self.folder))? {
            let path = entry.map_err(Error::file(&self.folder))?.path();
            let header = files::read_if_there(&path.join(HEADER)).ok().flatten();
            let header = header.and_then(|bytes| readable(&bytes));
            if header.is_some_and(|(_, header)| header.submission_id == submission) {
                files::remove(&path)?;
                files::remove(&path.with_extension("lock"))?;
            }
        }
        Ok(())
    }
}

impl Entry {
    /// Reads blocks by their place in the manifest.
    pub(crate) fn frames(&self) -> Result<FrameReader, Error> {
        Ok(FrameReader::open(&self.folder)?)
    }

    /// The manifest with its pages, as it travels.
    pub(crate) fn manifest(&self) -> Result<File, Error> {
        let path = self.folder.join(MANIFEST);
        File::open(&path).map_err(Error::file(&path))
    }

    /// The submission needs nothing from here any more.
    pub(crate) fn clear(self) -> Result<(), Error> {
        files::remove(&self.folder)?;
        files::remove(&self.lock_path)
    }
}

fn readable(bytes: &[u8]) -> Option<(v1::SignedHeader, v1::SubmissionHeader)> {
    let signed = v1::SignedHeader::decode(bytes).ok()?;
    let header = v1::SubmissionHeader::decode(&signed.header[..]).ok()?;
    Some((signed, header))
}

/// The same content and options have the same key, whenever and how often they are sent.
pub(crate) fn key(header: &v1::SubmissionHeader) -> Digest {
    let timeless = v1::SubmissionHeader {
        submission_id: String::new(),
        base_position: None,
        prepared_time: None,
        client_version: String::new(),
        ..header.clone()
    };
    Digest::of(&timeless.encode_to_vec())
}

/// Where a submission lies, if it does.
pub(crate) fn folder_of(outbox: &Path, submission: &str) -> Option<PathBuf> {
    let folders = std::fs::read_dir(outbox).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let is_it = |folder: &PathBuf| {
        let header = files::read_if_there(&folder.join(HEADER)).ok().flatten();
        header
            .and_then(|bytes| readable(&bytes))
            .is_some_and(|(_, header)| header.submission_id == submission)
    };
    folders.into_iter().find(is_it)
}

/// Reads a file of the outbox; an entry that another process cleared away is damaged for this one.
pub(crate) fn read_error(path: &str) -> impl FnOnce(io::Error) -> Error {
    let path = PathBuf::from(path);
    move |error| Error::Damaged {
        path,
        reason: error.to_string(),
        remedy: "push the file again: it is prepared anew",
    }
}
