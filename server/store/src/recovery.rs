//! What lies in a file: its frames one after the other, and what is to be made of a bad end.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::StoreFile;
use crate::error::OpenError;
use crate::frame::{HEADER_BYTES, Header, find_magic};

/// Bytes read at a time while scanning.
const CHUNK_BYTES: usize = 1024 * 1024;

/// A chain of frames as it is being followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Sequence of the next frame.
    pub(crate) next: u64,
    /// Hash of the last header.
    pub(crate) hash: [u8; 32],
    /// Sequence of the first frame that is not known to be durable.
    pub(crate) synced: u64,
}

impl Chain {
    pub(crate) fn follow(&mut self, header: &Header) -> bool {
        let follows = header.sequence == self.next && header.previous == self.hash;
        if follows {
            self.next += 1;
            self.hash = header.hash;
        }
        follows
    }

    /// The next frame with `body`; the chain goes on behind it.
    pub(crate) fn extend(&mut self, kind: u16, body: &[u8]) -> Header {
        let header = Header::of(kind, (self.next - self.synced) as u16, self.next, self.hash, body);
        self.follow(&header);
        header
    }

    /// All frames so far are durable.
    pub(crate) fn note_synced(&mut self) {
        self.synced = self.next;
    }
}

/// Reads frames from `start` on and calls `visit(header, offset, body)` for each, as long as they are sound and
/// follow each other. Gives the offset after the last of them. `expunged` says whether a body that lacks its
/// hash is one whose bytes were overwritten on purpose.
pub(crate) fn scan(
    file: &dyn StoreFile,
    start: u64,
    chain: &mut Chain,
    expunged: &dyn Fn(&Header, u64) -> bool,
    visit: &mut dyn FnMut(&Header, u64, &[u8]),
) -> io::Result<u64> {
    let mut offset = start;
    let mut buffer = Vec::new();
    let mut buffer_offset = start;
    loop {
        let Some(head) = window(file, &mut buffer, &mut buffer_offset, offset, HEADER_BYTES)? else {
            return Ok(offset);
        };
        let Some(header) = Header::read(head) else { return Ok(offset) };
        let bytes = header.frame_bytes() as usize;
        let Some(frame) = window(file, &mut buffer, &mut buffer_offset, offset, bytes)? else {
            return Ok(offset);
        };
        let body = &frame[HEADER_BYTES..];
        if (!header.is_of(body) && !expunged(&header, offset)) || !chain.follow(&header) {
            return Ok(offset);
        }
        visit(&header, offset, body);
        offset += bytes as u64;
    }
}

/// `bytes` bytes at `offset`, through a buffer; nothing if the file ends before.
fn window<'b>(
    file: &dyn StoreFile,
    buffer: &'b mut Vec<u8>,
    buffer_offset: &mut u64,
    offset: u64,
    bytes: usize,
) -> io::Result<Option<&'b [u8]>> {
    let held = *buffer_offset + buffer.len() as u64;
    if offset < *buffer_offset || offset + bytes as u64 > held {
        buffer.resize(bytes.max(CHUNK_BYTES), 0);
        let read = file.read_at(buffer, offset)?;
        buffer.truncate(read);
        *buffer_offset = offset;
    }
    let start = (offset - *buffer_offset) as usize;
    Ok(buffer.get(start..start + bytes))
}

/// What follows the last sound frame of a file.
pub(crate) enum Tail {
    /// Nothing, or zeros.
    Clean,
    /// Bytes of a write that was cut off.
    Torn {
        /// How many.
        bytes: u64,
    },
}

/// Judges what follows `end`, where the frame `missing` should be, in the last file of a chain. A sound frame
/// further on means that the middle is damaged, unless both belong to one write: the parts of a write that
/// was cut off may have reached the disk in any order.
pub(crate) fn judge_tail(
    file: &dyn StoreFile,
    path: &Path,
    end: u64,
    missing: u64,
) -> Result<Tail, OpenError> {
    let length = file.length().map_err(OpenError::io(path))?;
    let mut rest = vec![0u8; (length - end.min(length)) as usize];
    let read = file.read_at(&mut rest, end).map_err(OpenError::io(path))?;
    rest.truncate(read);
    if rest.iter().all(|byte| *byte == 0) {
        return Ok(Tail::Clean);
    }
    let mut at = 0;
    while let Some(found) = find_magic(&rest, at) {
        let later = Header::read(&rest[found..]).filter(|header| header.sequence > missing);
        if later.is_some_and(|header| header.sequence - u64::from(header.in_group) > missing) {
            let reason = format!("a sound frame follows {found} bytes that are none");
            return Err(OpenError::Damaged { path: PathBuf::from(path), offset: end, reason });
        }
        at = found + 1;
    }
    Ok(Tail::Torn { bytes: rest.len() as u64 })
}
