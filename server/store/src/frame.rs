//! Frames: how records and objects lie in their files.
//!
//! A frame is a header, its hash, and a body. The header names the body's hash and the hash of the header
//! before, so that headers alone are a chain: it still verifies after a body has been expunged.

/// Bytes before the body: magic 4, kind 2, place in group 2, length 4, sequence 8, previous 32, body hash 32, hash 32.
pub(crate) const HEADER_BYTES: usize = 116;
const HASHED_BYTES: usize = 84;
const MAGIC: [u8; 4] = *b"mhf1";

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: u16,
    /// How many frames of the same write come before it: they were not durable before it was written.
    pub(crate) in_group: u16,
    pub(crate) length: u32,
    pub(crate) sequence: u64,
    pub(crate) previous: [u8; 32],
    pub(crate) body_hash: [u8; 32],
    /// Hash of all of the above.
    pub(crate) hash: [u8; 32],
}

impl Header {
    pub(crate) fn of(kind: u16, in_group: u16, sequence: u64, previous: [u8; 32], body: &[u8]) -> Self {
        let body_hash = *blake3::hash(body).as_bytes();
        let mut header =
            Self { kind, in_group, length: body.len() as u32, sequence, previous, body_hash, hash: [0; 32] };
        header.hash = *blake3::hash(&header.hashed()).as_bytes();
        header
    }

    fn hashed(&self) -> [u8; HASHED_BYTES] {
        let mut bytes = [0; HASHED_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&self.kind.to_le_bytes());
        bytes[6..8].copy_from_slice(&self.in_group.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.length.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[20..52].copy_from_slice(&self.previous);
        bytes[52..84].copy_from_slice(&self.body_hash);
        bytes
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.hashed());
        out.extend_from_slice(&self.hash);
    }

    /// Reads a header; nothing unless it has its magic and its hash.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER_BYTES)?;
        let array = |range: std::ops::Range<usize>| <[u8; 32]>::try_from(&bytes[range]).ok();
        let header = Self {
            kind: u16::from_le_bytes(bytes[4..6].try_into().ok()?),
            in_group: u16::from_le_bytes(bytes[6..8].try_into().ok()?),
            length: u32::from_le_bytes(bytes[8..12].try_into().ok()?),
            sequence: u64::from_le_bytes(bytes[12..20].try_into().ok()?),
            previous: array(20..52)?,
            body_hash: array(52..84)?,
            hash: array(84..116)?,
        };
        let sound = header.hashed() == bytes[..HASHED_BYTES]
            && *blake3::hash(&bytes[..HASHED_BYTES]).as_bytes() == header.hash;
        sound.then_some(header)
    }

    /// Whether `body` is the body of this header.
    pub(crate) fn is_of(&self, body: &[u8]) -> bool {
        body.len() == self.length as usize && *blake3::hash(body).as_bytes() == self.body_hash
    }

    /// Bytes of the whole frame.
    pub(crate) fn frame_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.length)
    }
}

/// Where in `bytes` a header might begin, from `start` on.
pub(crate) fn find_magic(bytes: &[u8], start: usize) -> Option<usize> {
    bytes.get(start..)?.windows(4).position(|window| window == MAGIC).map(|at| start + at)
}
