//! Making a backup of a hub's folder, or bringing one up to date.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use mighub_store::{Position, StoreReader, Until};

use super::belonging::hub_id;
use super::manifest::{BackupManifest, ManifestError};
use crate::hub::{Moment, Refusal};
use crate::serve::HubFolder;
use crate::trust::{FileError, files};

/// What a backup came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// What stands in the backup now.
    pub manifest: BackupManifest,
    /// What was done with the store.
    pub store: mighub_store::BackedUp,
}

/// Why there is no backup, or none that is newer than before.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// No hub is there.
    #[error("{0} holds no hub: name its folder with --dir")]
    NoHub(PathBuf),
    /// The folder is used for something else.
    #[error("{0} is not empty and holds no backup: name a new folder")]
    NotABackup(PathBuf),
    /// It is a backup of another hub.
    #[error("{folder} is a backup of the hub {found}, and this is {hub_id}: name another folder")]
    OtherHub {
        /// The backup.
        folder: PathBuf,
        /// Whose backup it is.
        found: String,
        /// This hub.
        hub_id: String,
    },
    /// Of the store.
    #[error(transparent)]
    Store(#[from] mighub_store::BackupError),
    /// The store cannot be read.
    #[error(transparent)]
    Open(#[from] mighub_store::OpenError),
    /// Its records cannot be understood.
    #[error(transparent)]
    Read(#[from] Refusal),
    /// The backup that is there.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A folder.
    #[error("{path}: {source}")]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl BackupError {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

/// Says that a first run has begun: the folder is no longer somebody else's.
const BEGUN: &str = "backup.begun";

/// Copies what is new in a hub's folder into a backup, and verifies both. The hub may run meanwhile. `taken_at` is
/// written down.
pub fn back_up(
    hub: &HubFolder,
    backup: &Path,
    with_keys: bool,
    taken_at: Moment,
) -> Result<BackedUp, BackupError> {
    if !hub.store().is_dir() {
        return Err(BackupError::NoHub(hub.path().to_owned()));
    }
    let known = match BackupManifest::read(backup) {
        Ok(known) => Some(known),
        Err(ManifestError::None(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let source = StoreReader::open(&hub.store(), Until::End)?;
    let id = hub_id(&source)?;
    match &known {
        Some(known) if known.hub_id != id => {
            let (folder, found) = (backup.to_owned(), known.hub_id.clone());
            return Err(BackupError::OtherHub { folder, found, hub_id: id });
        }
        Some(_) => {}
        None => begin(backup)?,
    }
    drop(source);
    let extent = known.as_ref().map(BackupManifest::extent);
    let store = mighub_store::back_up(&hub.store(), &backup.join("store"), extent)?;
    let copy = StoreReader::open(&backup.join("store"), Until::Extent(store.extent))?;
    let last = match store.extent.records.checked_sub(1) {
        Some(last) => copy.record(Position(last)).map_err(Refusal::from)?.effective_ms,
        None => Moment::BEGINNING.0,
    };
    let mut manifest =
        BackupManifest::new(&id, taken_at.to_string(), Moment(last).to_string(), &store.extent);
    manifest.files = known.map(|known| known.files).unwrap_or_default();
    copy_files(hub, backup, with_keys, &mut manifest)?;
    manifest.write(backup)?;
    remove(&backup.join(BEGUN))?;
    Ok(BackedUp { manifest, store })
}

/// Takes a folder that is new, empty, or of a first run that did not come to its end.
fn begin(backup: &Path) -> Result<(), BackupError> {
    let begun = backup.join(BEGUN);
    let is_taken = std::fs::read_dir(backup).is_ok_and(|mut entries| entries.next().is_some());
    if is_taken && !begun.exists() {
        return Err(BackupError::NotABackup(backup.to_owned()));
    }
    // The figures of offices are in it: nobody but the operator reads it.
    let made = std::fs::DirBuilder::new().mode(0o700).recursive(true).create(backup);
    made.map_err(BackupError::io(backup))?;
    Ok(files::write(&begun, b"a first backup has begun here; run it again until backup.json is there\n")?)
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(BackupError::io(path)(error)),
        _ => Ok(()),
    }
}

/// Copies `hub.json`, and the keys if they are wanted.
fn copy_files(
    hub: &HubFolder,
    backup: &Path,
    with_keys: bool,
    manifest: &mut BackupManifest,
) -> Result<(), BackupError> {
    let mut wanted = vec![("hub.json".to_owned(), hub.config())];
    if with_keys {
        let folder = hub.keys();
        for entry in std::fs::read_dir(&folder).map_err(BackupError::io(&folder))? {
            let path = entry.map_err(BackupError::io(&folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).map(|name| format!("keys/{name}"));
            wanted.extend(name.filter(|_| path.is_file()).map(|name| (name, path)));
        }
        let keys = backup.join("keys");
        let made = std::fs::DirBuilder::new().mode(0o700).recursive(true).create(&keys);
        made.map_err(BackupError::io(&keys))?;
        manifest.files.retain(|file, _| !file.starts_with("keys/"));
    }
    for (name, path) in wanted {
        let content = zeroize::Zeroizing::new(std::fs::read(&path).map_err(BackupError::io(&path))?);
        files::write_secret(&backup.join(&name), &content)?;
        manifest.files.insert(name, blake3::hash(&content).to_hex().to_string());
    }
    Ok(())
}
