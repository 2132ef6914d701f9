//! Backup and restore of a store. What lives here: how a copy is made beside a running hub, kept current, and made a
//! store again. What must not: keys, configuration, and the manifest of a backup, which are the hub's affair.
//!
//! The files of a store grow at their end, and what a record names was durable before it. So a copy of the journal up
//! to a durable record, and of the blocks up to what was durable *afterwards*, is a whole store. A sweep drops nothing
//! that a record names and puts another file in place of the old one, which the copy goes on reading. Only expunging
//! writes into a file, and says so in a frame before.

mod copy;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::Name;
use crate::disk::sync_folder;
use crate::error::{Error, OpenError};
use crate::format::{check_format, make_folders};
use crate::reader::{Damage, Extent, StoreReader, Until, expect_store, is_in_use, seen_by_witness};
use crate::store::{Options, Store};
use crate::{blocks, journal};
use copy::{Copied, copy_log};

/// How often a copy goes on to a later end, because something was expunged while it was made.
const ATTEMPTS: u32 = 5;

/// What a backup came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackedUp {
    /// How far the backup goes.
    pub extent: Extent,
    /// Bytes of all its files.
    pub bytes: u64,
    /// Bytes that were copied: those that were new, and files that a sweep had written anew.
    pub bytes_copied: u64,
    /// Files that were copied whole although the backup had them: swept since, or damaged in the backup.
    pub files_replaced: u32,
    /// Objects whose bytes were overwritten in the backup, because they were expunged.
    pub expunged: u64,
}

/// Why there is no backup, or no restored store.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A folder cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The restored store takes nothing.
    #[error(transparent)]
    Store(#[from] Error),
    /// What is to be copied is damaged.
    #[error("{path} is damaged at byte {offset}: {what}{}", and_more(*more))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong.
        what: String,
        /// How many more places are damaged.
        more: usize,
    },
    /// The folder holds a backup of something else.
    #[error(
        "{0} holds a backup with another history than this store's: the hub was restored from an earlier one, or is another; keep it, and back up into a new folder"
    )]
    OtherHistory(PathBuf),
    /// There is something in the folder.
    #[error("{0} is not empty: name a new folder")]
    NotEmpty(PathBuf),
    /// Another backup runs.
    #[error("{0} is being written by another backup: wait for it")]
    InUse(PathBuf),
}

fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(", and {more} more places are") }
}

impl BackupError {
    fn damaged(damage: Damage, more: usize) -> Self {
        let Damage { path, offset, what } = damage;
        Self::Damaged { path, offset, what, more }
    }
}

/// Brings the copy of a store in the folder `backup` up to date, or begins it. `known` is how far the last run came:
/// that must be part of the store's history. The hub may run meanwhile.
///
/// Everything is read and verified, in the store and in the backup; what is new is copied. Whatever stops it, the
/// backup still is what `known` says.
pub fn back_up(store: &Path, backup: &Path, known: Option<Extent>) -> Result<BackedUp, BackupError> {
    expect_store(store)?;
    if !is_in_use(store)? {
        // A hub that was killed has not settled its end; opening does, as its next start would.
        match Store::open(store, Options::default()) {
            Ok((store, _)) => store.close(),
            // It is just starting: then it does so itself.
            Err(OpenError::InUse(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(known) = known {
        expect_history(store, &known, backup)?;
    }
    make_folders(backup)?;
    let _lock = lock(backup)?;
    check_format(backup)?;
    let mut done = BackedUp::default();
    for _ in 0..ATTEMPTS {
        let seen = seen_by_witness(store)?;
        // Never less than is there already.
        let (records, frames) = known.map_or((0, 0), |known| (known.records, known.frames));
        let (records, frames) = (seen.records.max(records), seen.objects.max(frames));
        let (mut journal, mut blocks) = copy_both(store, backup, records, frames)?;
        done.bytes_copied += journal.bytes_copied + blocks.bytes_copied;
        if let Some((_, first)) = blocks.unsound.first() {
            // Overwritten since the end was taken: then the frame that says so is durable by now.
            if seen_by_witness(store)?.objects <= frames {
                return Err(BackupError::damaged(first.clone(), blocks.unsound.len() - 1));
            }
            continue;
        }
        (journal.bytes_copied, blocks.bytes_copied) = (0, 0);
        let settled = (journal.settle(&backup.join("journal"))?, blocks.settle(&backup.join("blocks"))?);
        let (Some(_), Some(expunged)) = settled else { continue };
        done.expunged = expunged;
        sync_folder(backup).map_err(OpenError::io(backup))?;
        done.extent = extent(&journal, &blocks);
        done.bytes = journal.bytes + blocks.bytes;
        done.bytes_copied += journal.bytes_copied + blocks.bytes_copied;
        done.files_replaced = journal.files_replaced + blocks.files_replaced;
        return Ok(done);
    }
    let what = "more is being expunged than a backup can follow: run it again".to_owned();
    Err(BackupError::damaged(Damage { path: store.to_owned(), offset: 0, what }, 0))
}

/// Refuses a store whose history does not contain what was backed up before.
fn expect_history(store: &Path, known: &Extent, backup: &Path) -> Result<(), BackupError> {
    let seen = seen_by_witness(store)?;
    let reader = StoreReader::open(store, Until::Extent(*known))?;
    if seen.records < known.records || reader.extent().records == known.records && reader.extent() != *known {
        return Err(BackupError::OtherHistory(backup.to_owned()));
    }
    match reader.damage() {
        [] => Ok(()),
        [first, more @ ..] => Err(BackupError::damaged(first.clone(), more.len())),
    }
}

/// A store that was made from a backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Records in its journal.
    pub records: u64,
    /// Objects that can be read.
    pub objects: u64,
    /// Objects that the backup held and that were expunged once more.
    pub expunged: u64,
}

/// Makes a store in the folder `target`, which must be new or empty, from a backup that goes as far as `extent`.
/// Everything is verified. `expunged` are objects that must not come back (DETAILS D24).
pub fn restore(
    backup: &Path,
    extent: &Extent,
    target: &Path,
    expunged: &[Name],
) -> Result<Restored, BackupError> {
    let is_taken = std::fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_some());
    if is_taken {
        return Err(BackupError::NotEmpty(target.to_owned()));
    }
    // Also what an interrupted run has overwritten already.
    let reader = StoreReader::open(backup, Until::Extent(*extent))?;
    if let Some(first) = reader.damage().first() {
        return Err(BackupError::damaged(first.clone(), reader.damage().len() - 1));
    }
    let unsound = reader.unsound();
    if let Some((_, first)) = unsound.first() {
        return Err(BackupError::damaged(first.clone(), unsound.len() - 1));
    }
    let mut gone = reader.expunged();
    gone.extend_from_slice(expunged);
    make_folders(target)?;
    check_format(target)?;
    let (mut journal, mut blocks) = copy_both(backup, target, extent.records, extent.frames)?;
    if let (None, _) | (_, None) =
        (journal.settle(&target.join("journal"))?, blocks.settle(&target.join("blocks"))?)
    {
        let what = "it changed while it was read: let the backup end, and restore again".to_owned();
        return Err(BackupError::damaged(Damage { path: backup.to_owned(), offset: 0, what }, 0));
    }
    let (store, report) = Store::open(target, Options { free_space_min: 0, ..Options::default() })?;
    let mut restored = Restored { records: report.records, ..Restored::default() };
    for name in gone {
        match store.expunge(name) {
            Ok(()) => restored.expunged += 1,
            Err(Error::Gone(_) | Error::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    restored.objects = store.health().objects;
    store.close();
    Ok(restored)
}

fn copy_both(from: &Path, to: &Path, records: u64, frames: u64) -> Result<(Copied, Copied), BackupError> {
    let folders = |part: &str| (from.join(part), to.join(part));
    let (source, target) = folders("journal");
    let journal = copy_log((&source, &target), journal::SUFFIX, records)?;
    if let Some((_, first)) = journal.unsound.first() {
        return Err(BackupError::damaged(first.clone(), journal.unsound.len() - 1));
    }
    let (source, target) = folders("blocks");
    Ok((journal, copy_log((&source, &target), blocks::SUFFIX, frames)?))
}

fn extent(journal: &Copied, blocks: &Copied) -> Extent {
    Extent {
        records: journal.chain.next,
        journal_hash: journal.chain.hash,
        frames: blocks.chain.next,
        blocks_hash: blocks.chain.hash,
    }
}

/// One run at a time.
fn lock(backup: &Path) -> Result<File, BackupError> {
    let path = backup.join("lock");
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = opened.map_err(OpenError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BackupError::InUse(backup.to_owned())),
        Err(TryLockError::Error(source)) => Err(OpenError::Io { path, source }.into()),
    }
}
