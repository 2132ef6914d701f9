//! The index beside a block file: a copy of what its frames say, so that opening need not read them. It holds
//! nothing else, is written without waiting for the disk, and is made anew from the frames if it is not whole.

use std::io;
use std::path::Path;

use crate::Name;
use crate::disk::{Disk, StoreFile};
use crate::frame::{Header, Kind};
use crate::log::LogFile;
use crate::recovery::Chain;

const MAGIC: [u8; 8] = *b"mhindex2";
/// Magic, sequence and hash before the file, sequence and hash after it, last frame, end.
const HEAD_BYTES: usize = 8 + 40 + 40 + 8 + 8;
/// Kind, name, offset, length.
const ENTRY_BYTES: usize = 4 + 32 + 8 + 4;
const HASH_BYTES: usize = 32;

/// What a frame of a block file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexEntry {
    pub(crate) kind: Kind,
    pub(crate) name: Name,
    pub(crate) offset: u64,
    pub(crate) length: u32,
}

impl IndexEntry {
    pub(crate) fn of(header: &Header, offset: u64) -> Self {
        Self { kind: header.label.kind, name: header.name(), offset, length: header.label.length }
    }
}

/// What the frames of one block file say, from its first on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileIndex {
    /// The chain before the file.
    pub(crate) before: Chain,
    /// The chain after its last frame.
    pub(crate) after: Chain,
    pub(crate) last_frame: u64,
    pub(crate) end: u64,
    /// In the order of the frames; those that were swept are not there.
    pub(crate) entries: Vec<IndexEntry>,
}

impl FileIndex {
    pub(crate) fn add(&mut self, header: &Header, offset: u64) {
        self.after = Chain::before(header.sequence + 1, header.hash);
        (self.last_frame, self.end) = (offset, offset + header.frame_bytes());
        if !header.is_swept {
            self.entries.push(IndexEntry::of(header, offset));
        }
    }

    /// Writes the index. A torn one lacks its hash.
    pub(crate) fn write(&self, disk: &dyn Disk, path: &Path) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.entries.len() * ENTRY_BYTES + HASH_BYTES);
        bytes.extend_from_slice(&MAGIC);
        for chain in [&self.before, &self.after] {
            bytes.extend_from_slice(&chain.next.to_le_bytes());
            bytes.extend_from_slice(&chain.hash);
        }
        bytes.extend_from_slice(&self.last_frame.to_le_bytes());
        bytes.extend_from_slice(&self.end.to_le_bytes());
        for entry in &self.entries {
            bytes.extend_from_slice(&(entry.kind as u32).to_le_bytes());
            bytes.extend_from_slice(&entry.name.0);
            bytes.extend_from_slice(&entry.offset.to_le_bytes());
            bytes.extend_from_slice(&entry.length.to_le_bytes());
        }
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        let file = disk.open(path, true)?;
        file.set_length(bytes.len() as u64)?;
        file.write_at(&[&bytes], 0)
    }

    /// Reads the index, if it is whole and of this file: one that stands in the chain where it says, and whose last
    /// frame is the one that the index ends with.
    pub(crate) fn read(disk: &dyn Disk, path: &Path, of: &LogFile, before: &Chain) -> Option<Self> {
        if !path.exists() {
            return None;
        }
        let index = Self::parse(&read_all(&*disk.open(path, false).ok()?)?);
        let is_of = |index: &Self| {
            let last = of.read_header(index.last_frame).ok();
            let is_last = |last: Header| {
                last.hash == index.after.hash && index.last_frame + last.frame_bytes() == index.end
            };
            index.before.next == before.next && index.before.hash == before.hash && last.is_some_and(is_last)
        };
        let index =
            index.filter(is_of).filter(|index| of.file.length().is_ok_and(|length| length >= index.end));
        if index.is_none() {
            tracing::warn!(path = %path.display(), "the index of a block file is not whole and is made anew");
        }
        index
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (content, hash) = bytes.split_last_chunk::<HASH_BYTES>()?;
        if *blake3::hash(content).as_bytes() != *hash || !content.starts_with(&MAGIC) {
            return None;
        }
        let u32_of = |bytes: &[u8]| bytes.try_into().map(u32::from_le_bytes).ok();
        let u64_of = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).ok();
        let chain_at = |at: usize| {
            let hash = content.get(at + 8..at + 40)?.try_into().ok()?;
            Some(Chain::before(u64_of(content.get(at..at + 8)?)?, hash))
        };
        let mut index = Self {
            before: chain_at(8)?,
            after: chain_at(48)?,
            last_frame: u64_of(content.get(88..96)?)?,
            end: u64_of(content.get(96..HEAD_BYTES)?)?,
            entries: Vec::with_capacity((content.len() - HEAD_BYTES) / ENTRY_BYTES),
        };
        for entry in content[HEAD_BYTES..].chunks_exact(ENTRY_BYTES) {
            index.entries.push(IndexEntry {
                kind: Kind::of(u32_of(&entry[..4])?)?,
                name: Name(entry[4..36].try_into().ok()?),
                offset: u64_of(&entry[36..44])?,
                length: u32_of(&entry[44..])?,
            });
        }
        Some(index)
    }
}

fn read_all(file: &dyn StoreFile) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(file.length().ok()?).ok()?];
    let read = file.read_at(&mut bytes, 0).ok()?;
    (read == bytes.len()).then_some(bytes)
}
