//! Frames: how records and objects lie in their files.
//!
//! A frame is a header with its own hash, and a body. The header names the body's hash and the hash of the
//! header before, so that headers alone are a chain: it still verifies after a body was expunged or swept.

use crate::Name;

/// Magic 4, kind 4, place in group 4, length 4, sequence 8, time 8, previous 32, reference 32, body hash 32; then
/// the hash of all of these.
pub(crate) const HEADER_BYTES: usize = HASHED_BYTES + 32;
const HASHED_BYTES: usize = 128;
const MAGIC: [u8; 4] = *b"mhf1";
/// Stands in place of the magic, outside the hash, where a sweep has dropped the body.
const SWEPT_MAGIC: [u8; 4] = *b"mhs1";

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A record of the journal.
    Record = 1,
    /// An object.
    Object = 2,
    /// Says that an object's bytes were overwritten on purpose.
    Gone = 3,
    /// Says that an object was found damaged, and may be stored again.
    Lost = 4,
}

impl Kind {
    pub(crate) fn of(number: u32) -> Option<Self> {
        [Self::Record, Self::Object, Self::Gone, Self::Lost].into_iter().find(|kind| *kind as u32 == number)
    }
}

/// What a frame's header says of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) kind: Kind,
    /// Of a record its effective time, of others the time at which they came; milliseconds since 1970.
    pub(crate) time_ms: i64,
    /// Of a record the hash of its lane's previous one, of others the object's name.
    pub(crate) refers_to: [u8; 32],
    /// Bytes of the body.
    pub(crate) length: u32,
    pub(crate) body_hash: [u8; 32],
}

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) label: Label,
    /// How many frames of the same write come before it: they were not durable before it was written.
    pub(crate) in_group: u32,
    pub(crate) sequence: u64,
    pub(crate) previous: [u8; 32],
    /// Hash of all of the above.
    pub(crate) hash: [u8; 32],
    /// Whether the body is no longer there.
    pub(crate) is_swept: bool,
}

impl Header {
    pub(crate) fn of(label: Label, in_group: u32, sequence: u64, previous: [u8; 32]) -> Self {
        let mut header = Self { label, in_group, sequence, previous, hash: [0; 32], is_swept: false };
        header.hash = *blake3::hash(&header.hashed()).as_bytes();
        header
    }

    fn hashed(&self) -> [u8; HASHED_BYTES] {
        let mut bytes = [0; HASHED_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&(self.label.kind as u32).to_le_bytes());
        bytes[8..12].copy_from_slice(&self.in_group.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.label.length.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.label.time_ms.to_le_bytes());
        bytes[32..64].copy_from_slice(&self.previous);
        bytes[64..96].copy_from_slice(&self.label.refers_to);
        bytes[96..].copy_from_slice(&self.label.body_hash);
        bytes
    }

    pub(crate) fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..HASHED_BYTES].copy_from_slice(&self.hashed());
        if self.is_swept {
            bytes[..4].copy_from_slice(&SWEPT_MAGIC);
        }
        bytes[HASHED_BYTES..].copy_from_slice(&self.hash);
        bytes
    }

    /// Reads a header; nothing unless it has its magic and its hash.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER_BYTES)?;
        let is_swept = bytes.starts_with(&SWEPT_MAGIC);
        let u32_at = |at: usize| bytes[at..at + 4].try_into().map(u32::from_le_bytes).ok();
        let u64_at = |at: usize| bytes[at..at + 8].try_into().map(u64::from_le_bytes).ok();
        let hash_at = |at: usize| <[u8; 32]>::try_from(&bytes[at..at + 32]).ok();
        if !is_swept && !bytes.starts_with(&MAGIC) {
            return None;
        }
        let label = Label {
            kind: Kind::of(u32_at(4)?)?,
            time_ms: u64_at(24)? as i64,
            refers_to: hash_at(64)?,
            length: u32_at(12)?,
            body_hash: hash_at(96)?,
        };
        let read = Self::of(label, u32_at(8)?, u64_at(16)?, hash_at(32)?);
        (read.hash == hash_at(HASHED_BYTES)?).then_some(Self { is_swept, ..read })
    }

    /// The object that the frame holds or speaks of.
    pub(crate) fn name(&self) -> Name {
        Name(self.label.refers_to)
    }

    /// Whether `body` is the body of this header.
    pub(crate) fn is_of(&self, body: &[u8]) -> bool {
        body.len() == self.label.length as usize && *blake3::hash(body).as_bytes() == self.label.body_hash
    }

    /// Bytes of the whole frame as it lies in the file.
    pub(crate) fn frame_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + if self.is_swept { 0 } else { u64::from(self.label.length) }
    }
}

/// Whether a header might begin with these bytes.
pub(crate) fn has_magic(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC) || bytes.starts_with(&SWEPT_MAGIC)
}
