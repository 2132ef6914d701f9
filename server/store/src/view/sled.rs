//! The view in sled, whose known faults are fenced in: it may hang or panic on open, and a flipped bit in it goes
//! unnoticed. It is opened under a deadline, panics are caught, and every value carries a checksum.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use super::{Pairs, View, ViewBatch, ViewError};

/// Opening takes milliseconds; sled that takes longer is stuck.
const OPEN_DEADLINE: Duration = Duration::from_secs(10);
/// sled's threads give its lock back some time after it was dropped.
const LOCK_RETRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// Memory for sled's pages: the view is small, and the hub's memory is counted.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
const CHECK_BYTES: usize = 8;
/// Sorts before every key of the hub, which begin with a letter.
const RECORDS_KEY: &[u8] = b"\0records";

/// How the view was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewOpened {
    /// As it was left.
    Kept,
    /// It was not usable, for this reason, and is empty now.
    Emptied(String),
}

/// A view in a folder.
pub struct SledView {
    db: sled::Db,
}

impl SledView {
    /// Opens the view in `folder`. One that cannot be opened is deleted and begun anew.
    pub fn open(folder: &Path) -> Result<(Self, ViewOpened), ViewError> {
        let reason = match Self::try_open(folder) {
            Ok(view) => match view.records() {
                Ok(_) => return Ok((view, ViewOpened::Kept)),
                Err(error) => error.0,
            },
            Err(error) => error.0,
        };
        // A stuck sled still holds files of the old folder: the new one gets another inode by a rename.
        let aside = folder.with_extension("damaged");
        let _ = std::fs::remove_dir_all(&aside);
        std::fs::rename(folder, &aside)
            .map_err(|error| ViewError(format!("{}: {error}", folder.display())))?;
        let _ = std::fs::remove_dir_all(&aside);
        Ok((Self::try_open(folder)?, ViewOpened::Emptied(reason)))
    }

    fn try_open(folder: &Path) -> Result<Self, ViewError> {
        let (sender, receiver) = sync_channel(1);
        let path = folder.to_owned();
        let opener = move || {
            let config = sled::Config::new().path(path).flush_every_ms(None).cache_capacity(CACHE_BYTES);
            let open = || match catch_unwind(AssertUnwindSafe(|| config.open())) {
                Ok(opened) => opened.map_err(|error| error.to_string()),
                Err(_) => Err("sled panicked while opening".to_owned()),
            };
            // The hub holds the store's lock, so a locked view is one that sled's threads are still closing.
            let closing = |opened: &Result<sled::Db, String>| matches!(opened, Err(e) if e.contains("lock"));
            let mut opened = open();
            for _ in 0..LOCK_RETRIES {
                if !closing(&opened) {
                    break;
                }
                std::thread::sleep(LOCK_PAUSE);
                opened = open();
            }
            let _ = sender.send(opened);
        };
        let spawned = std::thread::Builder::new().name("view-opener".to_owned()).spawn(opener);
        spawned.map_err(|error| ViewError(error.to_string()))?;
        let opened = receiver.recv_timeout(OPEN_DEADLINE);
        let db = opened.map_err(|_| ViewError("sled did not open in time".to_owned()))?.map_err(ViewError)?;
        Ok(Self { db })
    }
}

fn guarded<T>(operation: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, ViewError> {
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(result) => result.map_err(|error| ViewError(error.to_string())),
        Err(_) => Err(ViewError("sled panicked".to_owned())),
    }
}

/// Key and value together have the checksum: a value under another key is damage, too.
fn checksum(key: &[u8], value: &[u8]) -> [u8; CHECK_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u64).to_le_bytes()).update(key).update(value);
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hasher.finalize().as_bytes()[..CHECK_BYTES]);
    check
}

fn seal(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(CHECK_BYTES + value.len());
    sealed.extend_from_slice(&checksum(key, value));
    sealed.extend_from_slice(value);
    sealed
}

fn unseal(key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, ViewError> {
    match sealed.split_first_chunk::<CHECK_BYTES>() {
        Some((check, value)) if *check == checksum(key, value) => Ok(value.to_vec()),
        _ => Err(ViewError("a value lacks its checksum".to_owned())),
    }
}

impl View for SledView {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        guarded(|| self.db.get(key))?.map(|sealed| unseal(key, &sealed)).transpose()
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Pairs, ViewError> {
        let found = guarded(|| {
            let mut found = Vec::new();
            let start = if after.is_empty() { prefix } else { after };
            for entry in self.db.range(start.to_vec()..) {
                let (key, sealed) = entry?;
                if key == after || key.as_ref() < prefix {
                    continue;
                }
                if !key.starts_with(prefix) || found.len() == limit {
                    break;
                }
                found.push((key.to_vec(), sealed));
            }
            Ok(found)
        })?;
        found
            .into_iter()
            .map(|(key, sealed)| Ok((unseal(&key, &sealed)?, key)))
            .map(|r| r.map(|(v, k)| (k, v)))
            .collect()
    }

    fn apply(&self, batch: &ViewBatch, records: u64) -> Result<(), ViewError> {
        let mut changes = sled::Batch::default();
        for (key, value) in &batch.changes {
            match value {
                Some(value) => changes.insert(key.as_slice(), seal(key, value)),
                None => changes.remove(key.as_slice()),
            }
        }
        changes.insert(RECORDS_KEY, seal(RECORDS_KEY, &records.to_le_bytes()));
        guarded(|| self.db.apply_batch(changes))
    }

    fn records(&self) -> Result<u64, ViewError> {
        let Some(value) = self.get(RECORDS_KEY)? else {
            // Without the number, whatever else is there came from somewhere else.
            let is_empty = guarded(|| Ok(self.db.is_empty()))?;
            return if is_empty { Ok(0) } else { Err(ViewError("its position is missing".to_owned())) };
        };
        let bytes = value.try_into().map_err(|_| ViewError("its position is malformed".to_owned()))?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn checkpoint(&self) -> Result<(), ViewError> {
        guarded(|| self.db.flush()).map(|_| ())
    }

    fn clear(&self) -> Result<(), ViewError> {
        guarded(|| self.db.clear())
    }
}
