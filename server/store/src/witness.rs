//! The witness: a small file that remembers how far the journal and the blocks had come, so that a damaged end
//! is not taken for a torn write.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Disk, StoreFile};

const SLOT_BYTES: usize = 128;
const USED_BYTES: usize = 48;

/// How far the files had come at some moment. All of it was durable before it was written here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) writes: u64,
    /// Frames in the journal files.
    pub(crate) records: u64,
    /// Frames in the block files.
    pub(crate) objects: u64,
}

/// Two slots written in turn: a torn write of one leaves the other.
pub(crate) struct Witness {
    file: Arc<dyn StoreFile>,
    pub(crate) seen: Seen,
}

pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("witness")
}

impl Witness {
    pub(crate) fn open(disk: &dyn Disk, folder: &Path) -> io::Result<Self> {
        let file = disk.open(&path(folder), true)?;
        let seen = seen_in(&*file)?;
        Ok(Self { file, seen })
    }

    /// Remembers; without waiting for the disk, for it only ever names what is durable.
    pub(crate) fn note(&mut self, records: u64, objects: u64) -> io::Result<()> {
        self.seen = Seen { writes: self.seen.writes + 1, records, objects };
        let mut slot = [0; SLOT_BYTES];
        slot[..8].copy_from_slice(&self.seen.writes.to_le_bytes());
        slot[8..16].copy_from_slice(&records.to_le_bytes());
        slot[16..24].copy_from_slice(&objects.to_le_bytes());
        let hash = blake3::hash(&slot[..24]);
        slot[24..USED_BYTES].copy_from_slice(&hash.as_bytes()[..24]);
        self.file.write_at(&[&slot], (self.seen.writes % 2) * SLOT_BYTES as u64)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }
}

/// What a witness file remembers; nothing of a damaged one.
pub(crate) fn seen_in(file: &dyn StoreFile) -> io::Result<Seen> {
    let mut bytes = [0; 2 * SLOT_BYTES];
    let read = file.read_at(&mut bytes, 0)?;
    let slots = bytes[..read].chunks(SLOT_BYTES).filter_map(read_slot);
    Ok(slots.max_by_key(|seen| seen.writes).unwrap_or_default())
}

fn read_slot(slot: &[u8]) -> Option<Seen> {
    let slot = slot.get(..USED_BYTES)?;
    let number = |at: usize| slot[at..at + 8].try_into().map(u64::from_le_bytes).ok();
    (blake3::hash(&slot[..24]).as_bytes()[..24] == slot[24..]).then_some(())?;
    Some(Seen { writes: number(0)?, records: number(8)?, objects: number(16)? })
}
