//! The journal: small records in order, chained by hash, never rewritten.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use crate::disk::Disk;
use crate::error::{Error, OpenError};
use crate::frame::{HEADER_BYTES, Header, Kind, Label};
use crate::log::{Layout, Log, LogFile};
use crate::recovery::{Bodies, scan};

pub(crate) const SUFFIX: &str = "journal";
const AHEAD_BYTES: u64 = 4 * 1024 * 1024;
/// Length of the lane's name, before it and the payload.
const LANE_LENGTH_BYTES: usize = 2;

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

/// Where a record lies. Files stay far below 4 GiB.
#[derive(Clone, Copy, Debug)]
struct Place {
    file: u32,
    offset: u32,
    effective_ms: i64,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    position: Position,
    hash: [u8; 32],
}

/// The durable records, as readers find them.
#[derive(Default)]
pub(crate) struct JournalIndex {
    pub(crate) files: Vec<LogFile>,
    places: Vec<Place>,
    heads: HashMap<Lane, Head>,
    hash: [u8; 32],
}

impl JournalIndex {
    pub(crate) fn len(&self) -> u64 {
        self.places.len() as u64
    }

    /// Hash of the header of the last record.
    pub(crate) fn hash(&self) -> [u8; 32] {
        self.hash
    }

    pub(crate) fn head(&self, lane: &Lane) -> Option<Position> {
        self.heads.get(lane).map(|head| head.position)
    }

    pub(crate) fn last_effective_ms(&self) -> Option<i64> {
        self.places.last().map(|place| place.effective_ms)
    }

    /// The newest record at or before a time.
    pub(crate) fn position_at(&self, time_ms: i64) -> Option<Position> {
        let count = self.places.partition_point(|place| place.effective_ms <= time_ms);
        count.checked_sub(1).map(|at| Position(at as u64))
    }

    /// The file and offset of a record.
    pub(crate) fn find(&self, position: Position) -> Result<(LogFile, u64), Error> {
        let place = usize::try_from(position.0).ok().and_then(|at| self.places.get(at));
        let found = place
            .and_then(|place| Some((self.files.get(place.file as usize)?.clone(), u64::from(place.offset))));
        found.ok_or(Error::NoRecord(position))
    }

    pub(crate) fn add(&mut self, header: &Header, lane: Lane, (file, offset): (u32, u64)) {
        self.places.push(Place { file, offset: offset as u32, effective_ms: header.label.time_ms });
        self.hash = header.hash;
        if !lane.0.is_empty() {
            self.heads.insert(lane, Head { position: Position(header.sequence), hash: header.hash });
        }
    }
}

/// Reads one record and checks its hashes.
pub(crate) fn read_entry(file: &LogFile, offset: u64, position: Position) -> Result<Entry, Error> {
    let head = file.read_header(offset)?;
    let (header, frame) = file.read_frame(offset, head.label.length as usize)?;
    let frame = Bytes::from(frame).slice(HEADER_BYTES..);
    let lane = lane_of(&frame).filter(|_| header.label.kind == Kind::Record && header.sequence == position.0);
    let lane = lane.ok_or_else(|| file.damaged(offset))?;
    Ok(Entry {
        position,
        effective_ms: header.label.time_ms,
        hash: header.hash,
        payload: frame.slice(LANE_LENGTH_BYTES + lane.0.len()..),
        lane,
    })
}

pub(crate) fn lane_of(body: &[u8]) -> Option<Lane> {
    let (length, rest) = body.split_first_chunk::<LANE_LENGTH_BYTES>()?;
    rest.get(..u16::from_le_bytes(*length) as usize).map(|lane| Lane(Arc::from(lane)))
}

/// A record's body, made where it is handed in, so that the writer need not hash.
pub(crate) struct RecordBody {
    pub(crate) lane: Lane,
    prefix: Vec<u8>,
    payload: Bytes,
    hash: [u8; 32],
}

impl RecordBody {
    pub(crate) fn new(lane: Lane, payload: Bytes) -> Self {
        let mut prefix = (lane.0.len() as u16).to_le_bytes().to_vec();
        prefix.extend_from_slice(&lane.0);
        let hash = *blake3::Hasher::new().update(&prefix).update(&payload).finalize().as_bytes();
        Self { lane, prefix, payload, hash }
    }

    fn len(&self) -> usize {
        self.prefix.len() + self.payload.len()
    }

    pub(crate) fn frame_bytes(&self) -> u64 {
        (HEADER_BYTES + self.len()) as u64
    }
}

struct Planned {
    header: Header,
    body: RecordBody,
    place: (u32, u64),
}

/// The writer's end of the journal.
pub(crate) struct JournalWriter {
    log: Log,
    planned: Vec<Planned>,
    planned_bytes: u64,
    effective_ms: i64,
}

impl JournalWriter {
    /// Opens the files, verifies the chain from its first record, and says how many torn bytes were cut off.
    pub(crate) fn open(
        disk: &dyn Disk,
        folder: &Path,
        file_bytes: u64,
        seen: u64,
    ) -> Result<(Self, JournalIndex, u64), OpenError> {
        let mut log =
            Log::open(disk, folder, Layout { suffix: SUFFIX, file_bytes, ahead_bytes: AHEAD_BYTES })?;
        let mut index = JournalIndex { files: log.files.clone(), ..JournalIndex::default() };
        let (mut torn, mut unseen_offset) = (0, None);
        for nth in 0..log.files.len() {
            let LogFile { path, file } = log.files[nth].clone();
            let (mut chain, mut malformed) = (log.chain, None);
            unseen_offset = None;
            let end = scan(&*file, 0, &mut chain, Bodies::Checked, &mut |header, offset, body| {
                let lane = lane_of(body).filter(|lane| is_next(&index, header, lane));
                match lane {
                    Some(lane) => index.add(header, lane, (nth as u32, offset)),
                    None => malformed = malformed.or(Some(offset)),
                }
                if header.sequence >= seen {
                    unseen_offset = unseen_offset.or(Some(offset));
                }
            })
            .map_err(OpenError::io(&*path))?;
            if let Some(offset) = malformed {
                let reason =
                    "a record has its hash and breaks its lane's chain or the order of times".to_owned();
                return Err(OpenError::Damaged { path: path.to_path_buf(), offset, reason });
            }
            torn += log.settle_tail(nth, end, &chain, seen)?;
            (log.chain, log.end) = (chain, end);
        }
        log.secure_tail(seen, unseen_offset.unwrap_or(log.end))?;
        let effective_ms = index.last_effective_ms().unwrap_or(i64::MIN);
        Ok((Self { log, planned: Vec::new(), planned_bytes: 0, effective_ms }, index, torn))
    }

    /// Frames in the journal's files.
    pub(crate) fn frames(&self) -> u64 {
        self.log.chain.next
    }

    pub(crate) fn make_room(&mut self, disk: &dyn Disk, bytes: u64) -> io::Result<()> {
        self.log.make_room(disk, bytes)
    }

    /// The position of the next record.
    pub(crate) fn next(&self) -> Position {
        Position(self.log.chain.next)
    }

    /// The head of a lane once everything planned is durable.
    pub(crate) fn head(&self, index: &JournalIndex, lane: &Lane) -> Option<Position> {
        self.planned_head(index, lane).map(|head| head.position)
    }

    fn planned_head(&self, index: &JournalIndex, lane: &Lane) -> Option<Head> {
        let planned = self.planned.iter().rev().find(|planned| planned.body.lane == *lane);
        let planned = planned
            .map(|Planned { header, .. }| Head { position: Position(header.sequence), hash: header.hash });
        planned.or_else(|| index.heads.get(lane).copied()).filter(|_| !lane.0.is_empty())
    }

    /// Plans a record to be written next.
    pub(crate) fn plan(&mut self, index: &JournalIndex, body: RecordBody, time_ms: i64) -> Position {
        self.effective_ms = self.effective_ms.max(time_ms);
        let label = Label {
            kind: Kind::Record,
            time_ms: self.effective_ms,
            refers_to: self.planned_head(index, &body.lane).map_or([0; 32], |head| head.hash),
            length: body.len() as u32,
            body_hash: body.hash,
        };
        let header = self.log.chain.extend(label);
        let place = (self.log.files.len().saturating_sub(1) as u32, self.log.end + self.planned_bytes);
        self.planned_bytes += header.frame_bytes();
        self.planned.push(Planned { header, body, place });
        Position(header.sequence)
    }

    /// Writes what is planned, and waits for the disk.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        if self.planned.is_empty() {
            return Ok(());
        }
        let headers: Vec<_> = self.planned.iter().map(|planned| planned.header.to_bytes()).collect();
        let mut parts: Vec<&[u8]> = Vec::with_capacity(self.planned.len() * 3);
        for (header, Planned { body, .. }) in headers.iter().zip(&self.planned) {
            parts.extend_from_slice(&[header, &body.prefix, &body.payload]);
        }
        self.log.append(&parts)
    }

    /// Shows readers what was written.
    pub(crate) fn publish(&mut self, index: &mut JournalIndex) {
        for file in self.log.files.iter().skip(index.files.len()) {
            index.files.push(file.clone());
        }
        for planned in self.planned.drain(..) {
            index.add(&planned.header, planned.body.lane, planned.place);
        }
        self.planned_bytes = 0;
    }
}

/// Whether a record continues its lane and comes no earlier than the one before it.
pub(crate) fn is_next(index: &JournalIndex, header: &Header, lane: &Lane) -> bool {
    let before = index.heads.get(lane).map_or([0; 32], |head| head.hash);
    header.label.kind == Kind::Record
        && header.label.refers_to == before
        && index.last_effective_ms().is_none_or(|before| header.label.time_ms >= before)
}
