//! Making a hub from a backup.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use mighub_store::{Name, StoreReader, Until};

use super::manifest::{BackupManifest, ManifestError};
use crate::serve::HubFolder;
use crate::trust::{FileError, files};

/// A hub that was made from a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the backup said.
    pub manifest: BackupManifest,
    /// What was made of its store.
    pub store: mighub_store::Restored,
    /// Whether the hub has its keys.
    pub has_keys: bool,
}

/// Why no hub was made.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// There is something in the folder.
    #[error("{0} is not empty: name a new folder; a hub is never overwritten")]
    NotEmpty(PathBuf),
    /// A file is not what the manifest says.
    #[error("{0} is not the file that backup.json names: take it from another backup")]
    Changed(PathBuf),
    /// The store.
    #[error(transparent)]
    Store(#[from] mighub_store::BackupError),
    /// A folder that should say what was expunged.
    #[error("{0}")]
    Expunged(#[from] mighub_store::OpenError),
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

impl RestoreError {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

/// The store as long as it is not whole.
const UNFINISHED: &str = "store.unfinished";

/// Makes a hub in a new folder from a backup, and verifies all of it. What any of the folders `expunged_in` (of hubs
/// or backups) knows to be expunged does not come back.
pub fn restore(backup: &Path, target: &HubFolder, expunged_in: &[PathBuf]) -> Result<Restored, RestoreError> {
    let manifest = BackupManifest::read(backup)?;
    let folder = target.path();
    let unfinished = folder.join(UNFINISHED);
    if unfinished.exists() {
        // Of a restore that was interrupted: it is nobody's.
        std::fs::remove_dir_all(&unfinished).map_err(RestoreError::io(&unfinished))?;
    }
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(RestoreError::NotEmpty(folder.to_owned()));
    }
    let mut expunged: Vec<Name> = Vec::new();
    for other in expunged_in {
        expunged.extend(StoreReader::open(&other.join("store"), Until::End)?.expunged());
    }
    let store = mighub_store::restore(&backup.join("store"), &manifest.extent(), &unfinished, &expunged)?;
    let has_keys = manifest.has_keys();
    if has_keys {
        let keys = target.keys();
        let made = std::fs::DirBuilder::new().mode(0o700).create(&keys);
        made.map_err(RestoreError::io(&keys))?;
    }
    for (name, digest) in &manifest.files {
        let path = backup.join(name);
        let content = zeroize::Zeroizing::new(std::fs::read(&path).map_err(RestoreError::io(&path))?);
        let is_plain = name == "hub.json" || name.strip_prefix("keys/").is_some_and(is_file_name);
        if !is_plain || blake3::hash(&content).to_hex().as_str() != digest {
            return Err(RestoreError::Changed(path));
        }
        files::write_secret(&folder.join(name), &content)?;
    }
    std::fs::rename(&unfinished, target.store()).map_err(RestoreError::io(&unfinished))?;
    let synced = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(RestoreError::io(folder))?;
    Ok(Restored { manifest, store, has_keys })
}

/// Whether a name stays within its folder.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('/') && name != "." && name != ".."
}
