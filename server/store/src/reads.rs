//! The log of reads: who was given which figures. Entries are bytes that the caller makes; they lie beside the
//! journal and apart from it, in one file a month, and are only ever appended.
//!
//! An entry is its length, eight bytes of its BLAKE3 digest, and its bytes. A file that ends in the midst of one is
//! cut there when it is opened: what was not whole was never waited for.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, StoreFile};

/// Bytes before an entry: its length and a part of its digest.
const HEAD_BYTES: usize = 12;
/// Bytes of one entry, at most.
const ENTRY_BYTES_MAX: usize = 16 * 1024;
/// Entries nobody waits for are written together, so many bytes at a time.
const BATCH_BYTES: usize = 64 * 1024;
/// Bytes of one month, at most: some eight million entries. The last quarter is kept for those that must be written.
const MONTH_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Months that are kept; older ones are removed when a new one begins.
const MONTHS_KEPT: usize = 60;
/// Bytes read at a time.
const READ_BYTES: usize = 256 * 1024;

/// A month, as its year times 100 and its number: 202601.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(pub u32);

/// Where an entry begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadPlace {
    /// The file.
    pub month: Month,
    /// Its first byte in it.
    pub offset: u64,
}

/// Whether anybody waits for an entry to be on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// The call returns when it is there.
    Durable,
    /// It is written with others, sooner or later.
    Batched,
}

/// The log.
pub struct ReadsLog {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    file: Option<(Month, Arc<dyn StoreFile>)>,
    /// Where the next byte goes.
    end: u64,
    waiting: Vec<u8>,
    /// Whether everything that was written is on the disk.
    is_synced: bool,
    /// Entries of this month that were not kept, because it is full or the disk failed.
    left_out: u64,
    /// After a failed write or sync nothing is written any more: what is on the disk is not known.
    failed: Option<String>,
}

impl ReadsLog {
    /// Opens the log in a folder, which is made if it is not there.
    pub fn open(disk: Arc<dyn Disk>, folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { disk, folder: folder.to_owned(), current: Mutex::default() })
    }

    /// Appends an entry to the file of a month, which is never earlier than that of the entry before.
    pub fn append(&self, month: Month, entry: &[u8], keeping: Keeping) -> io::Result<()> {
        let mut current = self.lock();
        let kept = self.append_to(&mut current, month, entry, keeping);
        if kept.is_err() && keeping == Keeping::Batched {
            // Nobody waits for it, and nobody is refused for it: it is counted instead.
            current.left_out += 1;
            return Ok(());
        }
        kept
    }

    fn append_to(
        &self,
        current: &mut Current,
        month: Month,
        entry: &[u8],
        keeping: Keeping,
    ) -> io::Result<()> {
        if entry.len() > ENTRY_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "an entry of the log of reads is too long",
            ));
        }
        if let Some(failed) = &current.failed {
            let text = format!("the log of reads failed ({failed}); restart the hub");
            return Err(io::Error::other(text));
        }
        self.turn_to(current, month)?;
        let room = if keeping == Keeping::Durable { MONTH_BYTES_MAX } else { MONTH_BYTES_MAX / 4 * 3 };
        let after = current.end + (current.waiting.len() + HEAD_BYTES + entry.len()) as u64;
        if after > room {
            return Err(io::Error::new(
                io::ErrorKind::QuotaExceeded,
                "the log of reads of this month is full",
            ));
        }
        current.waiting.extend_from_slice(&(entry.len() as u32).to_le_bytes());
        current.waiting.extend_from_slice(&blake3::hash(entry).as_bytes()[..8]);
        current.waiting.extend_from_slice(entry);
        if keeping == Keeping::Durable || current.waiting.len() >= BATCH_BYTES {
            current.write(keeping == Keeping::Durable)?;
        }
        Ok(())
    }

    /// Writes what waits, and returns when all is on the disk.
    pub fn sync(&self) -> io::Result<()> {
        self.lock().write(true)
    }

    /// Entries that were not kept since the log was opened.
    pub fn left_out(&self) -> u64 {
        self.lock().left_out
    }

    /// Calls `visit` for every entry from a place on, oldest first, until it has enough.
    pub fn each(
        &self,
        from: ReadPlace,
        mut visit: impl FnMut(ReadPlace, &[u8]) -> ControlFlow<()>,
    ) -> io::Result<()> {
        // What waits belongs to the answer.
        self.lock().write(false)?;
        for month in self.months()?.into_iter().filter(|month| *month >= from.month) {
            let file = self.disk.open(&self.path(month), false)?;
            let offset = if month == from.month { from.offset } else { 0 };
            let mut stopped = false;
            entries(&*file, offset, |offset, entry| {
                let flow = visit(ReadPlace { month, offset }, entry);
                stopped = flow.is_break();
                flow
            })?;
            if stopped {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Months there are files of, oldest first.
    pub fn months(&self) -> io::Result<Vec<Month>> {
        let mut months = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let month = name.to_str().and_then(|name| name.strip_suffix(".log")?.parse().ok());
            months.extend(month.map(Month));
        }
        months.sort_unstable();
        Ok(months)
    }

    fn path(&self, month: Month) -> PathBuf {
        self.folder.join(format!("{}.log", month.0))
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn_to(&self, current: &mut Current, month: Month) -> io::Result<()> {
        if current.file.as_ref().is_some_and(|(open, _)| *open >= month) {
            return Ok(());
        }
        current.write(true)?;
        let file = self.disk.open(&self.path(month), true)?;
        let end = entries(&*file, 0, |_, _| ControlFlow::Continue(()))?;
        if end < file.length()? {
            file.set_length(end)?;
        }
        (current.file, current.end) = (Some((month, file)), end);
        let months = self.months()?;
        for old in &months[..months.len().saturating_sub(MONTHS_KEPT)] {
            self.disk.remove(&self.path(*old))?;
        }
        Ok(())
    }
}

impl Drop for ReadsLog {
    fn drop(&mut self) {
        // Whoever must know whether it succeeded calls `sync`.
        let _ = self.sync();
    }
}

impl Current {
    fn write(&mut self, sync: bool) -> io::Result<()> {
        let Some((_, file)) = &self.file else { return Ok(()) };
        if let Some(failed) = &self.failed {
            return Err(io::Error::other(failed.clone()));
        }
        let waiting = std::mem::take(&mut self.waiting);
        self.is_synced &= waiting.is_empty();
        let written = if waiting.is_empty() { Ok(()) } else { file.write_at(&[&waiting], self.end) };
        let done = written.and_then(|()| if sync && !self.is_synced { file.sync() } else { Ok(()) });
        match &done {
            Ok(()) => self.is_synced |= sync,
            Err(error) => self.failed = Some(error.to_string()),
        }
        self.end += waiting.len() as u64;
        done
    }
}

/// Calls `visit` for every whole entry from an offset on; gives where they end.
fn entries(
    file: &dyn StoreFile,
    mut offset: u64,
    mut visit: impl FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> io::Result<u64> {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = file.read_at(&mut buffer, offset)?;
        let mut at = 0;
        while let Some((entry, length)) = entry(&buffer[at..read]) {
            if visit(offset + at as u64, entry).is_break() {
                return Ok(offset + at as u64);
            }
            at += length;
        }
        offset += at as u64;
        if at == 0 || read < buffer.len() {
            return Ok(offset);
        }
    }
}

/// The first entry of `bytes` and how many bytes it takes; nothing if it is not whole.
fn entry(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    let entry = bytes.get(HEAD_BYTES..HEAD_BYTES.checked_add(length)?)?;
    let is_whole = length <= ENTRY_BYTES_MAX && blake3::hash(entry).as_bytes()[..8] == bytes[4..HEAD_BYTES];
    is_whole.then_some((entry, HEAD_BYTES + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;

    fn log(folder: &Path) -> ReadsLog {
        ReadsLog::open(Arc::new(RealDisk), folder).expect("a log")
    }

    fn all(log: &ReadsLog) -> Vec<String> {
        let mut found = Vec::new();
        let begin = ReadPlace { month: Month(0), offset: 0 };
        log.each(begin, |_, entry| {
            found.push(String::from_utf8_lossy(entry).into_owned());
            ControlFlow::Continue(())
        })
        .expect("readable");
        found
    }

    #[test]
    fn what_was_appended_is_read_in_its_order_over_months_and_restarts() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = log(folder.path());
        first.append(Month(202_601), b"a", Keeping::Batched).expect("kept");
        first.append(Month(202_601), b"b", Keeping::Durable).expect("kept");
        first.append(Month(202_602), b"c", Keeping::Batched).expect("kept");
        assert_eq!(all(&first), ["a", "b", "c"]);
        drop(first);
        let second = log(folder.path());
        second.append(Month(202_602), b"d", Keeping::Durable).expect("kept");
        assert_eq!(all(&second), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_torn_end_is_cut_off_and_what_is_before_it_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("202601.log");
        log(folder.path()).append(Month(202_601), b"whole", Keeping::Durable).expect("kept");
        let whole = std::fs::read(&path).expect("a file");
        for cut in 1..whole.len() {
            let torn = [&whole[..], &whole[..cut]].concat();
            std::fs::write(&path, &torn).expect("written");
            let log = log(folder.path());
            log.append(Month(202_601), b"next", Keeping::Durable).expect("kept");
            assert_eq!(all(&log), ["whole", "next"], "{cut} bytes of a second entry");
        }
    }

    #[test]
    fn months_beyond_those_that_are_kept_are_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = log(folder.path());
        for month in 0..MONTHS_KEPT as u32 + 3 {
            log.append(Month(200_000 + month), b"entry", Keeping::Batched).expect("kept");
        }
        let months = log.months().expect("a folder");
        assert_eq!((months.len(), months[0]), (MONTHS_KEPT, Month(200_003)));
    }
}
