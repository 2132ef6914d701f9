//! The folder: who may use it, and whether it is a store that this program can read.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::disk::sync_folder;
use crate::error::OpenError;
use crate::log::count_files;
use crate::{blocks, journal};

/// A hub that is just ending, or a process that is just being born from it, gives the lock back in a moment.
const LOCK_RETRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
const FORMAT_PREFIX: &str = "mighub store ";
/// Raised with every change that an older program would misread.
const FORMAT_VERSION: u32 = 1;
/// More of a damaged FORMAT is not shown.
const SHOWN_CHARACTERS: usize = 40;

pub(crate) fn format_path(folder: &Path) -> PathBuf {
    folder.join("FORMAT")
}

/// Makes the folders of a store, and their names durable.
pub(crate) fn make_folders(folder: &Path) -> Result<(), OpenError> {
    // The nearest folder that is there already is the one that the new names are in.
    let is_new = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let mut new: Vec<PathBuf> = folder.ancestors().take_while(is_new).map(Path::to_owned).collect();
    new.extend([folder.to_owned(), folder.join("journal"), folder.join("blocks")]);
    for part in &new {
        std::fs::create_dir_all(part).map_err(OpenError::io(part))?;
    }
    for part in &new {
        let part = std::fs::canonicalize(part).map_err(OpenError::io(part))?;
        for folder in part.parent().into_iter().chain([&*part]) {
            sync_folder(folder).map_err(OpenError::io(folder))?;
        }
    }
    Ok(())
}

/// Keeps other processes out for as long as the file is open.
pub(crate) fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = opened.map_err(OpenError::io(&path))?;
    for _ in 0..LOCK_RETRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(source)) => return Err(OpenError::Io { path, source }),
        }
    }
    Err(OpenError::InUse(folder.to_owned()))
}

/// Reads FORMAT; writes it in a new store.
pub(crate) fn check_format(folder: &Path) -> Result<(), OpenError> {
    let path = format_path(folder);
    let expected = || format!("{FORMAT_PREFIX}{FORMAT_VERSION}");
    if !path.exists() {
        if is_empty(folder)? {
            return write_format(folder);
        }
        return Err(OpenError::Format { path, found: String::new(), expected: expected() });
    }
    let found = std::fs::read(&path).map_err(OpenError::io(&path))?;
    let found = String::from_utf8_lossy(&found);
    let version = found.strip_prefix(FORMAT_PREFIX).and_then(|rest| rest.strip_suffix('\n'));
    match version.and_then(|version| version.parse::<u32>().ok()) {
        Some(FORMAT_VERSION) => Ok(()),
        Some(found) if found > FORMAT_VERSION => Err(OpenError::Newer { path, found, reads: FORMAT_VERSION }),
        _ => {
            let found = found.chars().take(SHOWN_CHARACTERS).collect();
            Err(OpenError::Format { path, found, expected: expected() })
        }
    }
}

/// Writes FORMAT, whole or not at all.
pub(crate) fn write_format(folder: &Path) -> Result<(), OpenError> {
    let path = format_path(folder);
    let new = path.with_extension("new");
    let write = || {
        let mut file = File::create(&new)?;
        writeln!(file, "{FORMAT_PREFIX}{FORMAT_VERSION}")?;
        file.sync_all()?;
        std::fs::rename(&new, &path)?;
        sync_folder(folder)
    };
    write().map_err(OpenError::io(&path))
}

/// Whether a folder holds no file of a store yet.
fn is_empty(folder: &Path) -> Result<bool, OpenError> {
    let journal_files = count_files(&folder.join("journal"), journal::SUFFIX)?;
    let block_files = count_files(&folder.join("blocks"), blocks::SUFFIX)?;
    Ok(journal_files + block_files == 0)
}
