//! The view in sled, whose known faults are fenced in: it may hang or panic, a flipped bit in it goes unnoticed, and
//! after a power cut it may have lost a part. So it is opened and closed under a deadline, panics are caught, every
//! value carries a checksum, and all checksums together must give the sum that was stored with the position.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Pairs, View, ViewBatch, ViewError, start_of};

/// Opening takes milliseconds; sled that takes longer is stuck.
const OPEN_DEADLINE: Duration = Duration::from_secs(10);
/// Reading all of a view takes a second per some hundred thousand entries.
const VERIFY_DEADLINE: Duration = Duration::from_secs(60);
/// sled hangs in a flush when the disk is full; it also flushes when it is dropped.
const FLUSH_DEADLINE: Duration = Duration::from_secs(10);
/// sled's threads give its lock back some time after it was dropped.
const LOCK_RETRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// Memory for sled's pages: the view is small, and the hub's memory is counted.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
const CHECK_BYTES: usize = 16;
/// Before the caller's keys; sled's key of the position has another beginning.
const ENTRY: u8 = b'e';
const POSITION_KEY: &[u8] = b"p";

/// How the view was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewOpened {
    /// As it was left.
    Kept,
    /// It was not usable, for this reason, and is empty now.
    Emptied(String),
}

/// Number of records taken in, and the sum (exclusive or) of the checksums of all entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    records: u64,
    sum: u128,
}

/// A view in a folder.
pub struct SledView {
    /// Always there until it is dropped.
    db: Option<sled::Db>,
    /// Nothing after a failed change: what sled holds then is uncertain.
    tally: Mutex<Option<Tally>>,
}

impl SledView {
    /// Opens the view in `folder` and reads all of it. One that is not as it was left is deleted and begun anew.
    pub fn open(folder: &Path) -> Result<(Self, ViewOpened), ViewError> {
        let reason = match Self::try_open(folder) {
            Ok(view) => return Ok((view, ViewOpened::Kept)),
            Err(error) => error.0,
        };
        // A stuck sled still holds files of the old folder: the new one gets another inode by a rename.
        let aside = folder.with_extension("damaged");
        let _ = std::fs::remove_dir_all(&aside);
        std::fs::rename(folder, &aside)
            .map_err(|error| ViewError(format!("{}: {error}", folder.display())))?;
        let _ = std::fs::remove_dir_all(&aside).or_else(|_| std::fs::remove_file(&aside));
        Ok((Self::try_open(folder)?, ViewOpened::Emptied(reason)))
    }

    fn try_open(folder: &Path) -> Result<Self, ViewError> {
        let path = folder.to_owned();
        let opened = on_a_thread("view-opener", move || open_unlocked(&path))?;
        let db = within(&opened, OPEN_DEADLINE, "open")?;
        let to_verify = db.clone();
        // From here on it is closed under a deadline, whatever comes.
        let mut view = Self { db: Some(db), tally: Mutex::new(None) };
        let verified = on_a_thread("view-verifier", move || verify(&to_verify))?;
        view.tally = Mutex::new(Some(within(&verified, VERIFY_DEADLINE, "read")?));
        Ok(view)
    }

    fn guarded<T>(
        &self,
        operation: impl FnOnce(&sled::Db) -> Result<T, sled::Error>,
    ) -> Result<T, ViewError> {
        let db = self.db.as_ref().ok_or_else(|| ViewError("it is closed".to_owned()))?;
        guarded(|| operation(db))
    }

    /// Changes sled and the tally together; if that fails, neither can be trusted.
    fn change(
        &self,
        change: impl FnOnce(&sled::Db, Tally) -> Result<Tally, ViewError>,
    ) -> Result<(), ViewError> {
        let db = self.db.as_ref().ok_or_else(|| ViewError("it is closed".to_owned()))?;
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let before = tally.take().ok_or_else(|| ViewError("a change of it failed".to_owned()))?;
        *tally = Some(change(db, before)?);
        Ok(())
    }
}

impl Drop for SledView {
    fn drop(&mut self) {
        let db = self.db.take();
        let close = move || {
            drop(db);
            Ok(())
        };
        let closed = on_a_thread("view-closer", close);
        if let Err(error) = closed.and_then(|closed| within(&closed, FLUSH_DEADLINE, "close")) {
            tracing::warn!(%error, "the view was left open");
        }
    }
}

impl View for SledView {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        let key = entry_key(key);
        self.guarded(|db| db.get(&key))?.map(|sealed| unseal(&key, &sealed)).transpose()
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Pairs, ViewError> {
        let (start, prefix) = (start_of(prefix, after).map(entry_key), entry_key(prefix));
        let found = self.guarded(|db| {
            let entries = db.range::<Vec<u8>, _>((start, Bound::Unbounded));
            let within = |entry: &Result<(sled::IVec, sled::IVec), _>| {
                entry.as_ref().map_or(true, |(key, _)| key.starts_with(&prefix))
            };
            entries.take_while(within).take(limit).collect::<Result<Vec<_>, _>>()
        })?;
        found.into_iter().map(|(key, sealed)| Ok((key[1..].to_vec(), unseal(&key, &sealed)?))).collect()
    }

    fn apply(&self, batch: &ViewBatch, records: u64) -> Result<(), ViewError> {
        self.change(|db, mut tally| {
            // Later changes of a key win: each key is changed once.
            let changes: BTreeMap<_, _> = batch.changes.iter().map(|(key, value)| (key, value)).collect();
            let mut atomic = sled::Batch::default();
            for (key, value) in changes {
                let key = entry_key(key);
                if let Some(before) = guarded(|| db.get(&key))? {
                    tally.sum ^= check_of(&before)?;
                }
                match value {
                    Some(value) => {
                        tally.sum ^= checksum(&key, value);
                        atomic.insert(&*key, seal(&key, value));
                    }
                    None => atomic.remove(&*key),
                }
            }
            tally.records = records;
            atomic.insert(POSITION_KEY, tally.to_value());
            guarded(|| db.apply_batch(atomic))?;
            Ok(tally)
        })
    }

    fn records(&self) -> Result<u64, ViewError> {
        let tally = *self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.map(|tally| tally.records).ok_or_else(|| ViewError("a change of it failed".to_owned()))
    }

    fn checkpoint(&self) -> Result<(), ViewError> {
        let db = self.guarded(|db| Ok(db.clone()))?;
        let flushed = on_a_thread("view-flusher", move || guarded(|| db.flush()))?;
        within(&flushed, FLUSH_DEADLINE, "flush").map(drop)
    }

    fn clear(&self) -> Result<(), ViewError> {
        self.change(|db, _| guarded(|| db.clear()).map(|()| Tally::default()))
    }
}

impl Tally {
    fn to_value(self) -> Vec<u8> {
        let mut value = self.records.to_le_bytes().to_vec();
        value.extend_from_slice(&self.sum.to_le_bytes());
        seal(POSITION_KEY, &value)
    }

    fn of_value(sealed: &[u8]) -> Result<Self, ViewError> {
        let value = unseal(POSITION_KEY, sealed)?;
        let records = value.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        let sum = value.last_chunk().map(|bytes| u128::from_le_bytes(*bytes));
        let tally = records.zip(sum).filter(|_| value.len() == 24);
        tally
            .map(|(records, sum)| Self { records, sum })
            .ok_or_else(|| ViewError("its position is malformed".to_owned()))
    }
}

/// Opens sled, once its threads have let go of the lock. The hub holds the store's lock, so nobody else has it.
fn open_unlocked(path: &Path) -> Result<sled::Db, ViewError> {
    let config = sled::Config::new().path(path).flush_every_ms(None).cache_capacity(CACHE_BYTES);
    let mut opened = guarded(|| config.open());
    for _ in 0..LOCK_RETRIES {
        if !opened.as_ref().is_err_and(|error| error.0.contains("lock")) {
            break;
        }
        std::thread::sleep(LOCK_PAUSE);
        opened = guarded(|| config.open());
    }
    opened
}

/// Reads all entries: each has its checksum, and together they are what was applied.
fn verify(db: &sled::Db) -> Result<Tally, ViewError> {
    let stored =
        guarded(|| db.get(POSITION_KEY))?.map_or(Ok(Tally::default()), |value| Tally::of_value(&value))?;
    let mut sum = 0;
    for entry in db.range(vec![ENTRY]..vec![ENTRY + 1]) {
        let (key, sealed) = entry.map_err(|error| ViewError(error.to_string()))?;
        unseal(&key, &sealed)?;
        sum ^= check_of(&sealed)?;
    }
    if sum == stored.sum { Ok(stored) } else { Err(ViewError("entries are missing".to_owned())) }
}

fn on_a_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T, ViewError> + Send + 'static,
) -> Result<Receiver<Result<T, ViewError>>, ViewError> {
    let (sender, receiver) = sync_channel(1);
    let work = move || drop(sender.send(catch(work)));
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    spawned.map(|_| receiver).map_err(|error| ViewError(error.to_string()))
}

fn within<T>(
    receiver: &Receiver<Result<T, ViewError>>,
    deadline: Duration,
    what: &str,
) -> Result<T, ViewError> {
    receiver.recv_timeout(deadline).unwrap_or_else(|_| Err(ViewError(format!("sled did not {what} in time"))))
}

fn guarded<T>(operation: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, ViewError> {
    catch(|| operation().map_err(|error| ViewError(error.to_string())))
}

fn catch<T>(operation: impl FnOnce() -> Result<T, ViewError>) -> Result<T, ViewError> {
    catch_unwind(AssertUnwindSafe(operation)).unwrap_or_else(|_| Err(ViewError("sled panicked".to_owned())))
}

fn entry_key(key: &[u8]) -> Vec<u8> {
    [&[ENTRY], key].concat()
}

/// Key and value together have the checksum: a value under another key is damage, too.
fn checksum(key: &[u8], value: &[u8]) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u64).to_le_bytes()).update(key).update(value);
    let mut check = [0; CHECK_BYTES];
    hasher.finalize_xof().fill(&mut check);
    u128::from_le_bytes(check)
}

fn seal(key: &[u8], value: &[u8]) -> Vec<u8> {
    [&checksum(key, value).to_le_bytes(), value].concat()
}

fn unseal(key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, ViewError> {
    let check = check_of(sealed)?;
    let value = &sealed[CHECK_BYTES..];
    if check == checksum(key, value) {
        Ok(value.to_vec())
    } else {
        Err(ViewError("a value lacks its checksum".to_owned()))
    }
}

/// The checksum that a sealed value carries.
fn check_of(sealed: &[u8]) -> Result<u128, ViewError> {
    let check = sealed.first_chunk::<CHECK_BYTES>().map(|check| u128::from_le_bytes(*check));
    check.ok_or_else(|| ViewError("a value is cut off".to_owned()))
}
