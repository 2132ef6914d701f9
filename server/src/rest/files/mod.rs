//! Answers that are files: whole before they are sent, because their parts are read one by one (Parquet), or because
//! their beginning is written last (workbooks). Built once, and kept while their readers come back for more.
//!
//! DuckDB reads the end of a Parquet file first and then the columns that it needs; the file behind one ETag must
//! therefore stay the same. It lies in a scratch file without a name, so that nothing is left of it when it is
//! dropped, however the hub ends.

mod sent;
mod wish;

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::attendance::{Attendance, Attending};
use super::desk::Stay;
use super::error::Problem;
use crate::door::places::Places;
use crate::door::visitor::Caller;
use crate::hub::{Hub, Moment, Refusal};

pub(crate) use sent::{FileRequest, sent};

/// Bytes of one file: 10 million observations take some 30 MB.
const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Of the room on the disk, so much is for one file: those that are built and those that are kept.
const ROOM_SHARES: u64 = 4;
/// Bytes of all files that are kept.
const KEPT_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Files that are kept.
const FILES_KEPT: usize = 32;
/// A file that nobody read for so long is dropped.
const UNREAD_MS_MAX: i64 = 10 * 60 * 1000;
/// Files that are built at a time: each keeps a processor busy.
const BUILDING_MAX: usize = 2;
/// Files that are built or wait for it; whoever comes later is told to try again.
const WAITING_MAX: usize = 64;
/// Those of one caller: others wait for some of its files, not for all it can think of.
const WAITING_PER_CALLER_MAX: u32 = 8;

/// Files that were built lately.
pub(crate) struct Files {
    kept: Mutex<VecDeque<Entry>>,
    /// By tag, those that wait for a file that is not there yet.
    flights: Mutex<HashMap<String, Weak<Flight>>>,
    waiting: Places<Caller>,
    building: Arc<Semaphore>,
}

struct Entry {
    tag: String,
    read: Moment,
    file: Arc<Built>,
}

/// All who wait for one file: one of them builds it, and it is given up when all have left.
#[derive(Default)]
struct Flight {
    turn: Arc<tokio::sync::Mutex<()>>,
    attending: Attending,
}

/// A file that does not change any more.
pub(crate) struct Built {
    file: File,
    length: u64,
}

/// Writes a file, up to its limit.
pub(crate) struct Building {
    file: File,
    length: u64,
    most: u64,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            flights: Mutex::default(),
            waiting: Places::new(WAITING_MAX, WAITING_PER_CALLER_MAX),
            building: Arc::new(Semaphore::new(BUILDING_MAX)),
        }
    }
}

impl Files {
    /// The file of a tag; it is built with `build` if it is not there. What the work holds is given back when the
    /// work is done, even if its caller leaves before.
    pub(crate) async fn get(
        self: &Arc<Self>,
        tag: &str,
        now: Moment,
        stay: Stay,
        build: impl FnOnce(&Attendance) -> Result<Built, Problem> + Send + 'static,
    ) -> Result<(Arc<Built>, Stay), Problem> {
        if let Some(file) = self.known(tag, now) {
            return Ok((file, stay));
        }
        let flight = self.flight(tag);
        let turn = flight.turn.clone().lock_owned().await;
        // Whoever waited may find what it waits for.
        if let Some(file) = self.known(tag, now) {
            return Ok((file, stay));
        }
        let waiting = self.waiting.take(stay.place.caller().clone()).ok_or_else(busy)?;
        let Ok(permit) = self.building.clone().acquire_owned().await else { return Err(busy()) };
        let (files, tag, attendance) = (self.clone(), tag.to_owned(), flight.attending.attendance());
        let Stay { place, attending } = stay;
        let work = tokio::task::spawn_blocking(move || {
            let _held = (turn, waiting, permit);
            let built = build(&attendance).map(|built| files.keep(&tag, now, built));
            (built, place)
        });
        match work.await {
            Ok((built, place)) => Ok((built?, Stay { place, attending })),
            Err(error) => Err(Refusal::internal(format!("a file was not built: {error}")).into()),
        }
    }

    fn known(&self, tag: &str, now: Moment) -> Option<Arc<Built>> {
        let mut kept = locked(&self.kept);
        kept.retain(|entry| now.0.saturating_sub(entry.read.0) <= UNREAD_MS_MAX);
        let place = kept.iter().position(|entry| entry.tag == tag)?;
        let mut entry = kept.remove(place)?;
        entry.read = now;
        let file = entry.file.clone();
        kept.push_back(entry);
        Some(file)
    }

    fn flight(&self, tag: &str) -> Arc<Flight> {
        let mut flights = locked(&self.flights);
        flights.retain(|_, flight| flight.strong_count() > 0);
        if let Some(flight) = flights.get(tag).and_then(Weak::upgrade) {
            return flight;
        }
        let flight = Arc::new(Flight::default());
        flights.insert(tag.to_owned(), Arc::downgrade(&flight));
        flight
    }

    fn keep(&self, tag: &str, now: Moment, built: Built) -> Arc<Built> {
        let file = Arc::new(built);
        let mut kept = locked(&self.kept);
        kept.push_back(Entry { tag: tag.to_owned(), read: now, file: file.clone() });
        let mut bytes: u64 = kept.iter().map(|entry| entry.file.length).sum();
        while kept.len() > FILES_KEPT || (bytes > KEPT_BYTES_MAX && kept.len() > 1) {
            bytes -= kept.pop_front().map_or(0, |entry| entry.file.length);
        }
        file
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn busy() -> Problem {
    let text = format!(
        "too many files are being built, of this caller (at most {WAITING_PER_CALLER_MAX}) or of all: try again, or \
         ask for CSV, JSON or SDMX-ML, which are not built before they are sent"
    );
    Problem::busy(text, super::desk::PLACE_WAIT)
}

impl Building {
    /// Begins a file among the hub's scratch files, of which its disk must have room for some.
    pub(crate) fn begin(hub: &Hub) -> Result<Self, Refusal> {
        let (folder, room) = hub.scratch().map_err(|refusal| {
            let text = "the hub's disk is nearly full, so it builds no files: ask for CSV, JSON or SDMX-ML, which need \
                        no room, or try again later";
            Refusal { text: text.to_owned(), ..refusal }
        })?;
        let most = FILE_BYTES_MAX.min(room / ROOM_SHARES);
        Self::in_folder(folder, most).map_err(|error| Refusal::internal(format!("scratch files: {error}")))
    }

    fn in_folder(folder: &Path, most: u64) -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile_in(folder)?, length: 0, most })
    }

    pub(crate) fn finish(self) -> Built {
        Built { file: self.file, length: self.length }
    }
}

impl Write for Building {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.length + bytes.len() as u64 > self.most {
            let text = format!("the file would have more than {} bytes: narrow the query", self.most);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
        }
        let written = self.file.write(bytes)?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Built {
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes of the file, at most `most` of a range.
    pub(crate) fn read(&self, range: &Range<u64>, most: usize) -> io::Result<Bytes> {
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(most);
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, range.start)?;
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests;
