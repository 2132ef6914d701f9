//! What lies in a file: its frames one after the other, and what is to be made of a bad end.

use std::io;
use std::path::Path;

use crate::disk::StoreFile;
use crate::error::OpenError;
use crate::frame::{HEADER_BYTES, Header, Label, has_magic};

/// Bytes read at a time while scanning.
const CHUNK_BYTES: usize = 1024 * 1024;
/// The same, where bodies are skipped: most of a chunk would be read in vain.
const HEADERS_CHUNK_BYTES: usize = 64 * 1024;

/// A chain of frames as it is being followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Sequence of the next frame.
    pub(crate) next: u64,
    /// Hash of the last header.
    pub(crate) hash: [u8; 32],
    /// Sequence of the first frame that is not known to be durable.
    synced: u64,
}

impl Chain {
    /// The chain as it stands before a sequence, all of it durable.
    pub(crate) fn before(next: u64, hash: [u8; 32]) -> Self {
        Self { next, hash, synced: next }
    }

    fn follow(&mut self, header: &Header) -> bool {
        let follows = header.sequence == self.next && header.previous == self.hash;
        if follows {
            self.next += 1;
            self.hash = header.hash;
        }
        follows
    }

    /// The header of the next frame; the chain goes on behind it.
    pub(crate) fn extend(&mut self, label: Label) -> Header {
        let header = Header::of(label, (self.next - self.synced) as u32, self.next, self.hash);
        self.follow(&header);
        header
    }

    /// All frames so far are durable.
    pub(crate) fn note_synced(&mut self) {
        self.synced = self.next;
    }
}

/// Whether a scan reads the bodies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// A body that lacks its hash ends the scan.
    Checked,
    /// Headers alone are followed: every body is checked when it is read.
    Skipped,
}

/// Reads frames from `start` on and calls `visit(header, offset, body)` for each, as long as they are sound and
/// follow each other. Gives the offset after the last of them.
pub(crate) fn scan(
    file: &dyn StoreFile,
    start: u64,
    chain: &mut Chain,
    bodies: Bodies,
    visit: &mut dyn FnMut(&Header, u64, &[u8]),
) -> io::Result<u64> {
    scan_until(file, start, chain, bodies, u64::MAX, visit)
}

/// The same, up to and without the frame with the sequence `until`.
pub(crate) fn scan_until(
    file: &dyn StoreFile,
    start: u64,
    chain: &mut Chain,
    bodies: Bodies,
    until: u64,
    visit: &mut dyn FnMut(&Header, u64, &[u8]),
) -> io::Result<u64> {
    let length = file.length()?;
    let chunk_bytes = if bodies == Bodies::Checked { CHUNK_BYTES } else { HEADERS_CHUNK_BYTES };
    let mut window = Window { file, bytes: Vec::new(), offset: start, length, chunk_bytes };
    let mut offset = start;
    while chain.next < until {
        let Some(header) = window.at(offset, HEADER_BYTES)?.and_then(Header::read) else { break };
        let after = offset + header.frame_bytes();
        let body = match bodies {
            Bodies::Skipped => (after <= length).then_some(&[][..]),
            Bodies::Checked => window.at(offset + HEADER_BYTES as u64, header.label.length as usize)?,
        };
        let Some(body) = body else { break };
        if (bodies == Bodies::Checked && !header.is_of(body)) || !chain.follow(&header) {
            break;
        }
        visit(&header, offset, body);
        offset = after;
    }
    Ok(offset)
}

/// A piece of a file in memory, which moves along.
struct Window<'f> {
    file: &'f dyn StoreFile,
    bytes: Vec<u8>,
    offset: u64,
    /// Of the file.
    length: u64,
    chunk_bytes: usize,
}

impl Window<'_> {
    /// `count` bytes at `offset`; nothing if the file ends before.
    fn at(&mut self, offset: u64, count: usize) -> io::Result<Option<&[u8]>> {
        let held = self.offset + self.bytes.len() as u64;
        if offset < self.offset || offset + count as u64 > held {
            if offset + count as u64 > self.length {
                return Ok(None);
            }
            self.bytes.resize(((self.length - offset) as usize).min(count.max(self.chunk_bytes)), 0);
            let read = self.file.read_at(&mut self.bytes, offset)?;
            self.bytes.truncate(read);
            self.offset = offset;
        }
        let start = (offset - self.offset) as usize;
        Ok(self.bytes.get(start..start + count))
    }
}

/// What follows the last sound frame of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing, or zeros.
    Clean,
    /// Bytes of a write that was cut off.
    Torn {
        /// How many.
        bytes: u64,
    },
    /// Sound frames follow that were written after the missing one had been durable: the middle is damaged.
    Damaged {
        /// Sound frames that follow.
        sound: u64,
    },
}

/// Judges what follows `end`, where the frame `missing` should be. A sound frame further on means that the middle
/// is damaged, unless both belong to one write: the parts of a write that was cut off may have reached the disk
/// in any order.
pub(crate) fn judge_tail(
    file: &dyn StoreFile,
    path: &Path,
    end: u64,
    missing: u64,
) -> Result<Tail, OpenError> {
    let length = file.length().map_err(OpenError::io(path))?;
    let (mut sound, mut is_later) = (0, false);
    let is_zero = search(file, end, &mut |header, _| {
        if header.sequence >= missing {
            sound += 1;
            is_later |= header.sequence.saturating_sub(header.in_group.into()) > missing;
        }
    })
    .map_err(OpenError::io(path))?;
    Ok(match (is_zero, is_later) {
        (true, _) => Tail::Clean,
        (_, true) => Tail::Damaged { sound },
        (_, false) => Tail::Torn { bytes: length - end },
    })
}

/// Looks for sound headers at every byte from `start` on. Gives whether there is nothing but zeros.
pub(crate) fn search(
    file: &dyn StoreFile,
    start: u64,
    visit: &mut dyn FnMut(&Header, u64),
) -> io::Result<bool> {
    let length = file.length()?;
    let mut is_zero = true;
    let mut offset = start;
    let mut bytes = vec![0; (CHUNK_BYTES + HEADER_BYTES).min(length.saturating_sub(start) as usize)];
    while offset < length {
        // Chunks overlap by a header, so that none is cut in two.
        let read = file.read_at(&mut bytes, offset)?;
        let chunk = &bytes[..read];
        is_zero &= chunk.iter().all(|byte| *byte == 0);
        for at in 0..read.min(CHUNK_BYTES) {
            if has_magic(&chunk[at..])
                && let Some(header) = Header::read(&chunk[at..])
            {
                visit(&header, offset + at as u64);
            }
        }
        offset += CHUNK_BYTES as u64;
    }
    Ok(is_zero)
}
