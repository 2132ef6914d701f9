//! `backup.json`: what a backup is a backup of, and how far it goes. It is written last, in one step: a folder without
//! it holds no backup yet, and while a run goes on the backup is what the last one wrote there.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use mighub_store::Extent;
use serde::{Deserialize, Serialize};

use crate::trust::{FileError, files};

const FILE: &str = "backup.json";
/// Raised with every change that an older program would misread.
const FORMAT: u32 = 1;

/// What stands in `backup.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupManifest {
    format: u32,
    /// The hub that it is a backup of.
    pub hub_id: String,
    /// When the last run ended, RFC 3339.
    pub taken_at: String,
    /// Records in the journal: the last one has the position before.
    pub records: u64,
    /// Effective time of the last record, RFC 3339.
    pub last_record_at: String,
    journal_hash: String,
    frames: u64,
    blocks_hash: String,
    /// BLAKE3 digest of each other file, by its path within the backup: `hub.json`, and keys if they are there.
    pub files: std::collections::BTreeMap<String, String>,
}

/// A folder holds no backup that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// No manifest.
    #[error(
        "{0} holds no whole backup: there is no backup.json; if a first run was interrupted, run it again"
    )]
    None(PathBuf),
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It says nothing that this program understands.
    #[error("{path} cannot be understood: {reason}; use the program that wrote it, or another backup")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl BackupManifest {
    /// What a run has to write.
    pub(super) fn new(hub_id: &str, taken_at: String, last_record_at: String, extent: &Extent) -> Self {
        Self {
            format: FORMAT,
            hub_id: hub_id.to_owned(),
            taken_at,
            records: extent.records,
            last_record_at,
            journal_hash: HEXLOWER.encode(&extent.journal_hash),
            frames: extent.frames,
            blocks_hash: HEXLOWER.encode(&extent.blocks_hash),
            files: Default::default(),
        }
    }

    /// Reads the manifest of a backup.
    pub fn read(backup: &Path) -> Result<Self, ManifestError> {
        let path = backup.join(FILE);
        if !path.exists() {
            return Err(ManifestError::None(backup.to_owned()));
        }
        let text = files::read(&path)?;
        let malformed = |reason: String| ManifestError::Malformed { path: path.clone(), reason };
        let manifest: Self = serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(malformed(format!("it is of format {} and not {FORMAT}", manifest.format)));
        }
        manifest.decoded().ok_or_else(|| malformed("a hash in it is no hash".to_owned()))?;
        Ok(manifest)
    }

    /// Writes it, in one step.
    pub(super) fn write(&self, backup: &Path) -> Result<(), FileError> {
        let mut text = serde_json::to_vec_pretty(self).expect("strings and numbers are JSON");
        text.push(b'\n');
        files::write(&backup.join(FILE), &text)
    }

    /// How far the store in the backup goes.
    pub fn extent(&self) -> Extent {
        self.decoded().unwrap_or_default()
    }

    /// Whether the hub's keys are in the backup.
    pub fn has_keys(&self) -> bool {
        self.files.keys().any(|file| file.starts_with("keys/"))
    }

    fn decoded(&self) -> Option<Extent> {
        let hash = |text: &str| HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok();
        Some(Extent {
            records: self.records,
            journal_hash: hash(&self.journal_hash)?,
            frames: self.frames,
            blocks_hash: hash(&self.blocks_hash)?,
        })
    }
}
