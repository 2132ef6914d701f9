//! Block files: content-addressed objects, appended and found by name.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::Name;
use crate::disk::{Disk, StoreFile};
use crate::error::{Error, OpenError};
use crate::frame::{HEADER_BYTES, Header};
use crate::recovery::{Chain, Tail, judge_tail, scan};

/// A new block file is begun once one has so many bytes.
const FILE_BYTES: u64 = 256 * 1024 * 1024;
/// Space reserved ahead.
const RESERVE_BYTES: u64 = 16 * 1024 * 1024;
const OBJECT: u16 = 2;
/// Says that an object's bytes were overwritten.
const GONE: u16 = 3;
/// Name and time of an object, before its bytes.
const PREFIX_BYTES: usize = 40;
/// The index file is written anew after so many bytes of frames; that much is scanned at most when opening.
pub(crate) const INDEX_EVERY_BYTES: u64 = 64 * 1024 * 1024;
const INDEX_MAGIC: [u8; 8] = *b"mhindex1";
const INDEX_ENTRY_BYTES: usize = 32 + 4 + 8 + 4 + 1;

/// Where an object lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    file: u32,
    offset: u64,
    length: u32,
    gone: bool,
}

pub(crate) struct Blocks {
    folder: PathBuf,
    files: Vec<(PathBuf, Arc<dyn StoreFile>)>,
    places: HashMap<Name, Place>,
    chain: Chain,
    end: u64,
    reserved: u64,
    unindexed: u64,
}

/// An object's frame, found and not yet read.
pub(crate) struct Found {
    path: PathBuf,
    file: Arc<dyn StoreFile>,
    place: Place,
    name: Name,
}

impl Blocks {
    /// Opens the files. Places come from the index as far as it reaches; frames after it are scanned.
    pub(crate) fn open(disk: &dyn Disk, folder: &Path, objects_seen: u64) -> Result<(Self, u64), OpenError> {
        let mut blocks = Self {
            folder: folder.to_owned(),
            files: Vec::new(),
            places: HashMap::new(),
            chain: Chain::default(),
            end: 0,
            reserved: 0,
            unindexed: 0,
        };
        let indexed = blocks.read_index(disk);
        let count = (0..).take_while(|nth| blocks.path(*nth).exists()).count() as u32;
        let mut torn = 0;
        let (first, start) = indexed.unwrap_or((0, 0));
        for nth in 0..count {
            let path = blocks.path(nth);
            let file = disk.open(&path, false).map_err(OpenError::io(&path))?;
            if nth >= first {
                let start = if nth == first { start } else { 0 };
                let mut found = Vec::new();
                let mut chain = blocks.chain;
                // A body without its hash is one that was expunged, as a later marker says, or one whose write
                // was cut off; the chain goes on through the headers.
                let lenient = |header: &Header, _: u64| header.kind == OBJECT;
                let end = scan(&*file, start, &mut chain, &lenient, &mut |header, offset, body| {
                    let name = body.get(..32).and_then(|name| name.try_into().ok()).map(Name);
                    found.push((*header, offset, name, header.is_of(body)));
                })
                .map_err(OpenError::io(&path))?;
                blocks.chain = chain;
                blocks.end = end;
                for (header, offset, name, sound) in found {
                    // What was never acknowledged is simply not there; the rest is found damaged when read.
                    if sound || header.sequence < objects_seen {
                        blocks.remember(header.kind, header.length, (nth, offset), name);
                    }
                }
                let tail = judge_tail(&*file, &path, end, blocks.chain.next)?;
                if let Tail::Torn { bytes } = tail {
                    let last = nth + 1 == count;
                    if !last || blocks.chain.next < objects_seen {
                        let reason =
                            format!("{bytes} bytes are no object; {} objects are sound", blocks.chain.next);
                        return Err(OpenError::Damaged { path, offset: end, reason });
                    }
                    file.set_length(end).map_err(OpenError::io(&path))?;
                    file.sync().map_err(OpenError::io(&path))?;
                    torn = bytes;
                }
                blocks.unindexed += end - start;
            }
            blocks.files.push((path, file));
        }
        if blocks.chain.next < objects_seen {
            let path = blocks.files.last().map_or_else(|| blocks.path(0), |(path, _)| path.clone());
            let reason = format!("{} objects are there, and there were {objects_seen}", blocks.chain.next);
            return Err(OpenError::Damaged { path, offset: blocks.end, reason });
        }
        blocks.chain.note_synced();
        Ok((blocks, torn))
    }

    fn path(&self, nth: u32) -> PathBuf {
        self.folder.join(format!("{nth:010}.blocks"))
    }

    fn index_path(&self) -> PathBuf {
        self.folder.join("index")
    }

    fn remember(&mut self, kind: u16, length: u32, (file, offset): (u32, u64), name: Option<Name>) {
        let Some(name) = name else { return };
        match kind {
            OBJECT => {
                self.places.insert(name, Place { file, offset, length, gone: false });
            }
            GONE => {
                if let Some(place) = self.places.get_mut(&name) {
                    place.gone = true;
                }
            }
            _ => {}
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.chain.next
    }

    pub(crate) fn has(&self, name: &Name) -> bool {
        self.places.contains_key(name)
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

    /// The frame of an object that would be appended now; nothing if it is there already.
    pub(crate) fn prepare(&mut self, name: Name, time_ms: i64, bytes: &[u8], out: &mut Vec<u8>) {
        if self.has(&name) {
            return;
        }
        let mut body = Vec::with_capacity(PREFIX_BYTES + bytes.len());
        body.extend_from_slice(&name.0);
        body.extend_from_slice(&time_ms.to_le_bytes());
        body.extend_from_slice(bytes);
        self.prepare_frame(OBJECT, &body, name, out);
    }

    fn prepare_frame(&mut self, kind: u16, body: &[u8], name: Name, out: &mut Vec<u8>) {
        let header = self.chain.extend(kind, body);
        let place = (self.files.len().saturating_sub(1) as u32, self.end + out.len() as u64);
        header.write(out);
        out.extend_from_slice(body);
        self.remember(kind, header.length, place, Some(name));
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
        self.unindexed += frames.len() as u64;
        Ok(())
    }

    /// Overwrites an object's bytes and writes down that they are gone.
    pub(crate) fn expunge(&mut self, name: Name) -> Result<(), Error> {
        let found = self.find(&name)?;
        let failed =
            |error: io::Error| Error::ReadOnly { reason: format!("expunging failed: {error}").into() };
        let mut frame = Vec::new();
        self.prepare_frame(GONE, &name.0, name, &mut frame);
        self.write(&frame).map_err(failed)?;
        let zeros = vec![0; found.place.length as usize - PREFIX_BYTES];
        found
            .file
            .write_at(&zeros, found.place.offset + (HEADER_BYTES + PREFIX_BYTES) as u64)
            .map_err(failed)?;
        found.file.sync().map_err(failed)
    }

    pub(crate) fn find(&self, name: &Name) -> Result<Found, Error> {
        let place = *self.places.get(name).ok_or(Error::NotFound(*name))?;
        if place.gone {
            return Err(Error::Gone(*name));
        }
        let (path, file) = &self.files[place.file as usize];
        Ok(Found { path: path.clone(), file: file.clone(), place, name: *name })
    }

    pub(crate) fn wants_index(&self) -> bool {
        self.unindexed >= INDEX_EVERY_BYTES
    }

    /// Writes the index: a copy of what the frames say, never more.
    pub(crate) fn write_index(&mut self, disk: &dyn Disk) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(80 + self.places.len() * INDEX_ENTRY_BYTES);
        bytes.extend_from_slice(&INDEX_MAGIC);
        bytes.extend_from_slice(&(self.files.len().saturating_sub(1) as u32).to_le_bytes());
        bytes.extend_from_slice(&self.end.to_le_bytes());
        bytes.extend_from_slice(&self.chain.next.to_le_bytes());
        bytes.extend_from_slice(&self.chain.hash);
        for (name, place) in &self.places {
            bytes.extend_from_slice(&name.0);
            bytes.extend_from_slice(&place.file.to_le_bytes());
            bytes.extend_from_slice(&place.offset.to_le_bytes());
            bytes.extend_from_slice(&place.length.to_le_bytes());
            bytes.push(u8::from(place.gone));
        }
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        let file = disk.open(&self.index_path(), true)?;
        file.set_length(0)?;
        file.write_at(&bytes, 0)?;
        file.sync()?;
        self.unindexed = 0;
        Ok(())
    }

    /// Takes places from the index, if it is whole; gives the file and offset it reaches to.
    fn read_index(&mut self, disk: &dyn Disk) -> Option<(u32, u64)> {
        let path = self.index_path();
        if !path.exists() {
            return None;
        }
        let file = disk.open(&path, false).ok()?;
        let mut bytes = vec![0; usize::try_from(file.length().ok()?).ok()?];
        let read = file.read_at(&mut bytes, 0).ok()?;
        let (content, hash) = bytes[..read].split_last_chunk::<32>()?;
        if *blake3::hash(content).as_bytes() != *hash || !content.starts_with(&INDEX_MAGIC) {
            tracing::warn!(path = %path.display(), "the index of the block files is damaged and is made anew");
            return None;
        }
        let u32_at = |at: usize| content.get(at..at + 4)?.try_into().map(u32::from_le_bytes).ok();
        let u64_at = |at: usize| content.get(at..at + 8)?.try_into().map(u64::from_le_bytes).ok();
        let (last_file, end, next) = (u32_at(8)?, u64_at(12)?, u64_at(20)?);
        let hash: [u8; 32] = content.get(28..60)?.try_into().ok()?;
        // The index must be of these files: the frame before its end is the one it names.
        let covered = self.path(last_file);
        if !covered.exists() || std::fs::metadata(&covered).ok()?.len() < end {
            return None;
        }
        for entry in content[60..].chunks_exact(INDEX_ENTRY_BYTES) {
            let name = Name(entry[..32].try_into().ok()?);
            let place = Place {
                file: u32::from_le_bytes(entry[32..36].try_into().ok()?),
                offset: u64::from_le_bytes(entry[36..44].try_into().ok()?),
                length: u32::from_le_bytes(entry[44..48].try_into().ok()?),
                gone: entry[48] != 0,
            };
            self.places.insert(name, place);
        }
        self.chain = Chain { next, hash, synced: next };
        self.end = end;
        Some((last_file, end))
    }
}

impl Found {
    /// Reads the object and checks its hashes.
    pub(crate) fn read(&self) -> Result<Bytes, Error> {
        let file: Arc<str> = self.path.display().to_string().into();
        let damaged = || Error::Damaged { file: file.clone(), offset: self.place.offset };
        let mut frame = vec![0; HEADER_BYTES + self.place.length as usize];
        match self.file.read_at(&mut frame, self.place.offset) {
            Ok(count) if count == frame.len() => {}
            Ok(_) => return Err(damaged()),
            Err(error) => return Err(Error::Read { file: file.clone(), reason: error.to_string().into() }),
        }
        let header = Header::read(&frame).ok_or_else(damaged)?;
        let body = &frame[HEADER_BYTES..];
        if header.kind != OBJECT || !header.is_of(body) || body.get(..32) != Some(&self.name.0[..]) {
            return Err(damaged());
        }
        Ok(Bytes::from(frame).slice(HEADER_BYTES + PREFIX_BYTES..))
    }
}
