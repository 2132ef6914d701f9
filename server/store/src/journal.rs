//! The journal: small records in order, chained by hash, never rewritten.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::disk::{Disk, StoreFile};
use crate::error::{Error, OpenError};
use crate::frame::{HEADER_BYTES, Header};
use crate::recovery::{Chain, Tail, judge_tail, scan};

/// A new journal file is begun once one has so many bytes.
const FILE_BYTES: u64 = 64 * 1024 * 1024;
/// Space reserved ahead, so that a sync need not find any.
const RESERVE_BYTES: u64 = 4 * 1024 * 1024;
const KIND: u16 = 1;
/// Position + 1 of the lane's previous record, its hash, effective time, length of the lane's name.
const PREFIX_BYTES: usize = 8 + 32 + 8 + 2;

/// Place of a record in the journal: 0, 1, 2, …
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// A name under which records form a chain of their own; empty for records of no lane.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Lane(pub Arc<[u8]>);

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

/// A record as it stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// Its lane.
    pub lane: Lane,
    /// Milliseconds since 1970; never less than that of an earlier record (DETAILS D27).
    pub effective_ms: i64,
    /// Hash of its frame's header: the journal up to here has this hash.
    pub hash: [u8; 32],
    /// What was appended.
    pub payload: Bytes,
}

pub(crate) struct Journal {
    folder: PathBuf,
    files: Vec<(PathBuf, Arc<dyn StoreFile>)>,
    /// Per record, its file and offset.
    places: Vec<(u32, u64)>,
    /// Per record, its effective time.
    times: Vec<i64>,
    heads: HashMap<Lane, (Position, [u8; 32])>,
    chain: Chain,
    end: u64,
    reserved: u64,
    effective_ms: i64,
}

impl Journal {
    /// Opens the files, verifies the chain from its first record, and says how many torn bytes were cut off.
    pub(crate) fn open(disk: &dyn Disk, folder: &Path, records_seen: u64) -> Result<(Self, u64), OpenError> {
        let mut journal = Self {
            folder: folder.to_owned(),
            files: Vec::new(),
            places: Vec::new(),
            times: Vec::new(),
            heads: HashMap::new(),
            chain: Chain::default(),
            end: 0,
            reserved: 0,
            effective_ms: i64::MIN,
        };
        let mut torn = 0;
        let count = (0..).take_while(|nth| journal.path(*nth).exists()).count() as u32;
        for nth in 0..count {
            let path = journal.path(nth);
            let file = disk.open(&path, false).map_err(OpenError::io(&path))?;
            let mut found = Vec::new();
            let mut chain = journal.chain;
            let end = scan(&*file, 0, &mut chain, &|_, _| false, &mut |header, offset, body| {
                found.push((*header, offset, body.to_vec()));
            })
            .map_err(OpenError::io(&path))?;
            for (header, offset, body) in found {
                let damaged = |reason: &str| OpenError::Damaged {
                    path: path.clone(),
                    offset,
                    reason: reason.to_owned(),
                };
                let entry = read_body(&header, &body).ok_or_else(|| damaged("a record is malformed"))?;
                journal.remember(&entry, header.hash, (nth, offset));
            }
            journal.chain = chain;
            journal.end = end;
            let tail = judge_tail(&*file, &path, end, journal.chain.next)?;
            if let Tail::Torn { bytes } = tail {
                let last = nth + 1 == count;
                if !last || journal.chain.next < records_seen {
                    let reason =
                        format!("{bytes} bytes are no record; {} records are sound", journal.chain.next);
                    return Err(OpenError::Damaged { path, offset: end, reason });
                }
                file.set_length(end).map_err(OpenError::io(&path))?;
                file.sync().map_err(OpenError::io(&path))?;
                torn = bytes;
            }
            journal.files.push((path, file));
        }
        if journal.chain.next < records_seen {
            let path = journal.files.last().map_or_else(|| journal.path(0), |(path, _)| path.clone());
            let reason = format!("{} records are there, and there were {records_seen}", journal.chain.next);
            return Err(OpenError::Damaged { path, offset: journal.end, reason });
        }
        journal.chain.note_synced();
        Ok((journal, torn))
    }

    fn path(&self, nth: u32) -> PathBuf {
        self.folder.join(format!("{nth:010}.journal"))
    }

    fn remember(&mut self, entry: &Entry, hash: [u8; 32], place: (u32, u64)) {
        self.places.push(place);
        self.times.push(entry.effective_ms);
        self.effective_ms = entry.effective_ms;
        if !entry.lane.0.is_empty() {
            self.heads.insert(entry.lane.clone(), (entry.position, hash));
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.places.len() as u64
    }

    pub(crate) fn last_effective_ms(&self) -> Option<i64> {
        self.times.last().copied()
    }

    pub(crate) fn position_at(&self, time_ms: i64) -> Option<Position> {
        let count = self.times.partition_point(|effective_ms| *effective_ms <= time_ms);
        count.checked_sub(1).map(|at| Position(at as u64))
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        self.chain.hash
    }

    pub(crate) fn head(&self, lane: &Lane) -> Option<Position> {
        self.heads.get(lane).map(|(position, _)| *position)
    }

    /// The frame of a record that would be appended now, and the journal's state after it.
    pub(crate) fn prepare(
        &mut self,
        lane: &Lane,
        time_ms: i64,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Position {
        let position = Position(self.chain.next);
        let effective_ms = time_ms.max(self.effective_ms);
        let before = self.heads.get(lane).copied();
        let mut body = Vec::with_capacity(PREFIX_BYTES + lane.0.len() + payload.len());
        body.extend_from_slice(&before.map_or(0, |(position, _)| position.0 + 1).to_le_bytes());
        body.extend_from_slice(&before.map_or([0; 32], |(_, hash)| hash));
        body.extend_from_slice(&effective_ms.to_le_bytes());
        body.extend_from_slice(&(lane.0.len() as u16).to_le_bytes());
        body.extend_from_slice(&lane.0);
        body.extend_from_slice(payload);
        let header = self.chain.extend(KIND, &body);
        let file = self.files.len().saturating_sub(1) as u32;
        let place = (file, self.end + out.len() as u64);
        header.write(out);
        out.extend_from_slice(&body);
        self.places.push(place);
        self.times.push(effective_ms);
        self.effective_ms = effective_ms;
        if !lane.0.is_empty() {
            self.heads.insert(lane.clone(), (position, header.hash));
        }
        position
    }

    /// Makes sure that there is a file to append to.
    pub(crate) fn roll(&mut self, disk: &dyn Disk) -> io::Result<()> {
        if self.files.is_empty() || self.end >= FILE_BYTES {
            let path = self.path(self.files.len() as u32);
            let file = disk.open(&path, true)?;
            self.files.push((path, file));
            (self.end, self.reserved) = (0, 0);
        }
        Ok(())
    }

    /// Writes prepared frames and waits for the disk.
    pub(crate) fn write(&mut self, frames: &[u8]) -> io::Result<()> {
        let Some((_, file)) = self.files.last() else { return Err(io::ErrorKind::NotFound.into()) };
        let after = self.end + frames.len() as u64;
        if after > self.reserved {
            file.reserve(self.end, RESERVE_BYTES.max(frames.len() as u64))?;
            self.reserved = self.end + RESERVE_BYTES.max(frames.len() as u64);
        }
        file.write_at(frames, self.end)?;
        file.sync()?;
        self.end = after;
        self.chain.note_synced();
        Ok(())
    }

    pub(crate) fn place(&self, position: Position) -> Option<(PathBuf, Arc<dyn StoreFile>, u64)> {
        let (file, offset) = *self.places.get(usize::try_from(position.0).ok()?)?;
        let (path, file) = self.files.get(file as usize)?;
        Some((path.clone(), file.clone(), offset))
    }
}

/// Reads one record and checks its hashes.
pub(crate) fn read_entry(
    path: &Path,
    file: &dyn StoreFile,
    offset: u64,
    position: Position,
) -> Result<Entry, Error> {
    let name: Arc<str> = path.display().to_string().into();
    let damaged = || Error::Damaged { file: name.clone(), offset };
    let read = |bytes: &mut [u8], offset: u64| -> Result<(), Error> {
        match file.read_at(bytes, offset) {
            Ok(count) if count == bytes.len() => Ok(()),
            Ok(_) => Err(damaged()),
            Err(error) => Err(Error::Read { file: name.clone(), reason: error.to_string().into() }),
        }
    };
    let mut head = [0; HEADER_BYTES];
    read(&mut head, offset)?;
    let header = Header::read(&head).filter(|header| header.sequence == position.0).ok_or_else(damaged)?;
    let mut body = vec![0; header.length as usize];
    read(&mut body, offset + HEADER_BYTES as u64)?;
    if !header.is_of(&body) {
        return Err(damaged());
    }
    read_body(&header, &body).ok_or_else(damaged)
}

fn read_body(header: &Header, body: &[u8]) -> Option<Entry> {
    let lane_bytes = u16::from_le_bytes(body.get(48..50)?.try_into().ok()?) as usize;
    let lane = body.get(PREFIX_BYTES..PREFIX_BYTES + lane_bytes)?;
    Some(Entry {
        position: Position(header.sequence),
        lane: Lane(Arc::from(lane)),
        effective_ms: i64::from_le_bytes(body.get(40..48)?.try_into().ok()?),
        hash: header.hash,
        payload: Bytes::copy_from_slice(body.get(PREFIX_BYTES + lane_bytes..)?),
    })
}
