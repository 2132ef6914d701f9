//! Compressed blocks in a file, in the order of the manifest: written by a thread of their own, read back by
//! place.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use mighub::block::compress;

use crate::error::Error;

/// Blocks that wait for compression: enough that neither thread waits for the other's slow moments.
const BLOCKS_WAITING: usize = 4;
/// Bytes gathered before they are written.
const BUFFER_BYTES: usize = 256 * 1024;

pub(super) const BLOCKS: &str = "blocks";
pub(super) const INDEX: &str = "blocks.index";

/// Takes uncompressed blocks in order.
pub(super) struct FrameWriter {
    sender: SyncSender<Vec<u8>>,
    thread: JoinHandle<io::Result<Totals>>,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    /// Compressed bytes.
    pub(super) bytes: u64,
}

impl FrameWriter {
    /// Writes to two new files in `folder`.
    pub(super) fn create(folder: &Path) -> Result<Self, Error> {
        let create = |name: &str| {
            let path = folder.join(name);
            File::create_new(&path).map_err(Error::file(&path))
        };
        let (blocks, index) = (create(BLOCKS)?, create(INDEX)?);
        let (sender, receiver) = sync_channel::<Vec<u8>>(BLOCKS_WAITING);
        let thread = std::thread::Builder::new().name("mighub-compress".to_owned()).spawn(move || {
            let mut blocks = BufWriter::with_capacity(BUFFER_BYTES, blocks);
            let mut index = BufWriter::new(index);
            let mut totals = Totals::default();
            for raw in receiver {
                let frame = compress(&raw).map_err(io::Error::other)?;
                blocks.write_all(&frame)?;
                totals.bytes += frame.len() as u64;
                index.write_all(&totals.bytes.to_le_bytes())?;
            }
            blocks.flush()?;
            index.flush()?;
            Ok(totals)
        });
        Ok(Self { sender, thread: thread.map_err(|error| Error::Internal(error.to_string()))? })
    }

    /// Takes a block.
    pub(super) fn push(&mut self, raw: Vec<u8>) {
        // If the other side is gone it has failed, and `finish` says why.
        let _ = self.sender.send(raw);
    }

    /// Waits until everything is written.
    pub(super) fn finish(self, folder: &Path) -> Result<Totals, Error> {
        drop(self.sender);
        let written = self.thread.join().map_err(|_| Error::Internal("compression stopped".to_owned()))?;
        written.map_err(Error::file(&folder.join(BLOCKS)))
    }
}

/// Reads frames by their place.
pub struct FrameReader {
    blocks: File,
    index: File,
    /// Where the file stands.
    at: u64,
}

impl FrameReader {
    /// The blocks in a folder.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let open = |name: &str| {
            let path = folder.join(name);
            File::open(&path).map_err(Error::file(&path))
        };
        Ok(Self { blocks: open(BLOCKS)?, index: open(INDEX)?, at: 0 })
    }

    /// The frame of the block with this place in the manifest.
    pub fn read(&mut self, place: u32) -> io::Result<Vec<u8>> {
        let start = match place {
            0 => 0,
            place => self.end_of(place - 1)?,
        };
        let end = self.end_of(place)?;
        let length = end.checked_sub(start).ok_or(io::ErrorKind::InvalidData)?;
        if self.at != start {
            self.blocks.seek(SeekFrom::Start(start))?;
        }
        let mut frame = Vec::new();
        (&mut self.blocks).take(length).read_to_end(&mut frame)?;
        self.at = end;
        if frame.len() as u64 == length { Ok(frame) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn end_of(&mut self, place: u32) -> io::Result<u64> {
        let mut end = [0; 8];
        self.index.seek(SeekFrom::Start(u64::from(place) * 8))?;
        self.index.read_exact(&mut end)?;
        Ok(u64::from_le_bytes(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_by_their_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let blocks: Vec<Vec<u8>> = (0..20u8).map(|n| vec![n; 100 + usize::from(n)]).collect();
        let mut writer = FrameWriter::create(folder.path()).expect("files");
        blocks.iter().for_each(|block| writer.push(block.clone()));
        let totals = writer.finish(folder.path()).expect("written");
        let mut reader = FrameReader::open(folder.path()).expect("files");
        let mut bytes = 0;
        for place in [0u32, 1, 2, 19, 5, 6] {
            let frame = reader.read(place).expect("a frame");
            assert_eq!(mighub::block::decompress(&frame).expect("a frame"), blocks[place as usize]);
        }
        for place in 0..20 {
            bytes += reader.read(place).expect("a frame").len() as u64;
        }
        assert_eq!(bytes, totals.bytes);
        assert!(reader.read(20).is_err());
    }
}
