//! The blocks: content-addressed objects in append-only files, found by name.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::Name;
use crate::disk::{Disk, is_full};
use crate::error::{Error, OpenError};
use crate::found::{Found, overwrite_remains};
use crate::frame::{Header, Kind, Label};
use crate::index::{FileIndex, IndexEntry};
use crate::log::{Layout, Log, LogFile};
use crate::recovery::{Bodies, Chain, scan};

pub(crate) const SUFFIX: &str = "blocks";
const AHEAD_BYTES: u64 = 16 * 1024 * 1024;
/// A file's index is written anew so many times while the file grows: after a crash only the rest is scanned.
const INDEXES_PER_FILE: u64 = 4;

/// Where an object lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: u32,
    pub(crate) offset: u64,
    pub(crate) length: u32,
    pub(crate) is_gone: bool,
}

/// The durable objects, as readers find them.
#[derive(Default)]
pub(crate) struct BlockIndex {
    pub(crate) files: Vec<LogFile>,
    pub(crate) places: HashMap<Name, Place>,
    gone: u64,
    /// Objects that were found damaged once: their damaged bytes lie in the files still.
    lost: HashSet<Name>,
}

impl BlockIndex {
    /// Objects that can be read.
    pub(crate) fn len(&self) -> u64 {
        self.places.len() as u64 - self.gone
    }

    pub(crate) fn has(&self, name: &Name) -> bool {
        self.places.contains_key(name)
    }

    pub(crate) fn find(&self, name: &Name) -> Result<Found, Error> {
        let place = *self.places.get(name).ok_or(Error::NotFound(*name))?;
        if place.is_gone {
            return Err(Error::Gone(*name));
        }
        Ok(Found { file: self.files[place.file as usize].clone(), place, name: *name })
    }

    /// The files in which damaged bytes of an object may lie, if it ever was found damaged.
    pub(crate) fn files_with_remains(&self, name: &Name) -> Vec<LogFile> {
        if self.lost.contains(name) { self.files.clone() } else { Vec::new() }
    }

    /// Takes in what a frame says; gives the place of an object that it says is gone.
    pub(crate) fn apply(&mut self, entry: &IndexEntry, file: u32) -> Option<Place> {
        let here =
            Place { file, offset: entry.offset, length: entry.length, is_gone: entry.kind == Kind::Gone };
        let before = match entry.kind {
            Kind::Object | Kind::Gone => self.places.insert(entry.name, here),
            Kind::Lost | Kind::Record => {
                self.lost.insert(entry.name);
                self.places.remove(&entry.name)
            }
        };
        self.gone += u64::from(here.is_gone);
        self.gone -= u64::from(before.is_some_and(|before| before.is_gone));
        before.filter(|before| here.is_gone && !before.is_gone)
    }

    /// Puts another file in the place of one: `dropped` are no longer there, the others lie where `content` says.
    pub(crate) fn replace(&mut self, nth: u32, file: LogFile, content: &FileIndex, dropped: &HashSet<Name>) {
        self.files[nth as usize] = file;
        for entry in content.entries.iter().filter(|entry| entry.kind == Kind::Object) {
            if let Some(place) =
                self.places.get_mut(&entry.name).filter(|place| place.file == nth && !place.is_gone)
            {
                place.offset = entry.offset;
            }
        }
        for name in dropped {
            self.places.remove(name);
        }
    }
}

struct Planned {
    header: Header,
    body: Bytes,
    offset: u64,
}

/// The writer's end of the block files.
pub(crate) struct BlockWriter {
    pub(crate) log: Log,
    planned: Vec<Planned>,
    planned_names: HashSet<Name>,
    planned_bytes: u64,
    /// What the last file holds.
    content: FileIndex,
    unindexed: u64,
}

/// What is known of one file when opening.
struct Content {
    index: FileIndex,
    chain: Chain,
    end: u64,
    /// First frame that the index did not have, and its place among the entries.
    scanned_from: (u64, usize),
    /// First scanned frame that no witness knows.
    unseen_offset: Option<u64>,
}

impl BlockWriter {
    /// Opens the files. What they hold is taken from their indexes, and from the frames after them.
    pub(crate) fn open(
        disk: &dyn Disk,
        folder: &Path,
        file_bytes: u64,
        seen: u64,
    ) -> Result<(Self, BlockIndex, u64), OpenError> {
        let mut log =
            Log::open(disk, folder, Layout { suffix: SUFFIX, file_bytes, ahead_bytes: AHEAD_BYTES })?;
        let mut index = BlockIndex { files: log.files.clone(), ..BlockIndex::default() };
        let (mut torn, mut unfinished, mut last) = (0, Vec::new(), None);
        for nth in 0..log.files.len() {
            let index_path = index_path(folder, nth);
            let is_last = nth + 1 == log.files.len();
            let content =
                read_content(disk, &index_path, &log.files[nth], log.chain, is_last.then_some(seen))
                    .map_err(OpenError::io(&*log.files[nth].path))?;
            torn += log.settle_tail(nth, content.end, &content.chain, seen)?;
            index.places.reserve(content.index.entries.len());
            for (at, entry) in content.index.entries.iter().enumerate() {
                let gone = index.apply(entry, nth as u32);
                if at >= content.scanned_from.1 {
                    unfinished.extend(gone.map(|place| (place, entry.name)));
                }
            }
            if !is_last
                && content.scanned_from.0 < content.end
                && let Err(error) = content.index.write(disk, &index_path)
            {
                tracing::warn!(%error, path = %index_path.display(), "an index could not be made anew");
            }
            (log.chain, log.end) = (content.chain, content.end);
            last = Some(content);
        }
        log.secure_tail(seen, last.as_ref().and_then(|last| last.unseen_offset).unwrap_or(log.end))?;
        // A crash may have come between saying that an object is gone and overwriting it.
        for (place, name) in unfinished {
            let found = Found { file: index.files[place.file as usize].clone(), place, name };
            let files = index.files_with_remains(&name);
            let overwritten = found.overwrite().and_then(|()| overwrite_remains(&files, &name));
            overwritten.map_err(OpenError::io(&*found.file.path))?;
        }
        let unindexed = last.as_ref().map_or(0, |last| last.end - last.scanned_from.0);
        let content = last.map(|last| last.index).unwrap_or_default();
        let writer = Self {
            log,
            planned: Vec::new(),
            planned_names: HashSet::new(),
            planned_bytes: 0,
            content,
            unindexed,
        };
        Ok((writer, index, torn))
    }

    /// Frames in the block files.
    pub(crate) fn frames(&self) -> u64 {
        self.log.chain.next
    }

    pub(crate) fn make_room(&mut self, disk: &dyn Disk, bytes: u64) -> io::Result<()> {
        if self.log.wants_file() {
            self.roll(disk)?;
        }
        self.log.make_room(disk, bytes)
    }

    /// Begins a new file.
    pub(crate) fn roll(&mut self, disk: &dyn Disk) -> io::Result<()> {
        self.write_index(disk)?;
        self.log.roll(disk)?;
        self.content = FileIndex { before: self.log.chain, after: self.log.chain, ..FileIndex::default() };
        Ok(())
    }

    /// Whether an object is there, or will be once everything planned is durable.
    pub(crate) fn will_have(&self, index: &BlockIndex, name: &Name) -> bool {
        index.has(name) || self.planned_names.contains(name)
    }

    /// Plans an object to be written next; nothing if it is there already.
    pub(crate) fn plan(
        &mut self,
        index: &BlockIndex,
        name: Name,
        time_ms: i64,
        body: Bytes,
        body_hash: [u8; 32],
    ) {
        if !self.will_have(index, &name) {
            self.plan_frame(Kind::Object, name, time_ms, body, body_hash);
        }
    }

    /// Plans to say of an object that it is gone or lost.
    pub(crate) fn plan_mark(&mut self, kind: Kind, name: Name) {
        self.plan_frame(kind, name, 0, Bytes::new(), *blake3::hash(&[]).as_bytes());
    }

    fn plan_frame(&mut self, kind: Kind, name: Name, time_ms: i64, body: Bytes, body_hash: [u8; 32]) {
        let label = Label { kind, time_ms, refers_to: name.0, length: body.len() as u32, body_hash };
        let header = self.log.chain.extend(label);
        self.planned.push(Planned { header, body, offset: self.log.end + self.planned_bytes });
        self.planned_names.insert(name);
        self.planned_bytes += header.frame_bytes();
    }

    /// Writes what is planned, and waits for the disk.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        if self.planned.is_empty() {
            return Ok(());
        }
        let headers: Vec<_> = self.planned.iter().map(|planned| planned.header.to_bytes()).collect();
        let mut parts: Vec<&[u8]> = Vec::with_capacity(self.planned.len() * 2);
        for (header, planned) in headers.iter().zip(&self.planned) {
            parts.extend_from_slice(&[header, &planned.body]);
        }
        self.log.append(&parts)
    }

    /// Shows readers the files that were begun.
    pub(crate) fn show_files(&self, index: &mut BlockIndex) {
        for file in self.log.files.iter().skip(index.files.len()) {
            index.files.push(file.clone());
        }
    }

    /// Shows readers what was written.
    pub(crate) fn publish(&mut self, index: &mut BlockIndex) {
        self.show_files(index);
        let file = self.log.files.len().saturating_sub(1) as u32;
        for Planned { header, offset, .. } in self.planned.drain(..) {
            self.content.add(&header, offset);
            index.apply(&IndexEntry::of(&header, offset), file);
        }
        self.unindexed += self.planned_bytes;
        self.planned_bytes = 0;
        self.planned_names.clear();
    }

    pub(crate) fn wants_index(&self) -> bool {
        self.unindexed >= self.log.layout.file_bytes / INDEXES_PER_FILE
    }

    /// Writes the index of the last file.
    pub(crate) fn write_index(&mut self, disk: &dyn Disk) -> io::Result<()> {
        let Some(nth) = self.log.files.len().checked_sub(1) else { return Ok(()) };
        if self.content.end == 0 {
            return Ok(());
        }
        match self.content.write(disk, &index_path(&self.log.folder, nth)) {
            // The frames say it all; the index waits for space.
            Err(error) if is_full(&error) => tracing::warn!(%error, "no space for the index of a block file"),
            Err(error) => return Err(error),
            Ok(()) => self.unindexed = 0,
        }
        Ok(())
    }
}

pub(crate) fn index_path(folder: &Path, nth: usize) -> PathBuf {
    folder.join(format!("{nth:010}.index"))
}

/// What a file holds, by its index as far as that goes and by its headers from there on. In the last file, where
/// `seen` frames are known to have been durable, bodies of the last write are checked: a frame without its body ends
/// the file, for that write was cut off.
fn read_content(
    disk: &dyn Disk,
    index_path: &Path,
    file: &LogFile,
    before: Chain,
    seen: Option<u64>,
) -> io::Result<Content> {
    let index = FileIndex::read(disk, index_path, file, &before);
    let index = index.unwrap_or(FileIndex { before, after: before, ..FileIndex::default() });
    let mut content = Content {
        chain: index.after,
        end: index.end,
        scanned_from: (index.end, index.entries.len()),
        unseen_offset: None,
        index,
    };
    let mut chain = content.chain;
    let mut group: Vec<(Header, u64)> = Vec::new();
    let end = scan(&*file.file, content.end, &mut chain, Bodies::Skipped, &mut |header, offset, _| {
        if header.in_group == 0 {
            group.drain(..).for_each(|(header, offset)| content.index.add(&header, offset));
        }
        if seen.is_some_and(|seen| header.sequence >= seen) {
            content.unseen_offset = content.unseen_offset.or(Some(offset));
        }
        group.push((*header, offset));
    })?;
    (content.chain, content.end) = (chain, end);
    for (header, offset) in group {
        let is_new = seen.is_some_and(|seen| header.sequence >= seen) && !header.is_swept;
        let read =
            if is_new { file.read_frame(offset, header.label.length as usize).map(drop) } else { Ok(()) };
        match read {
            Ok(()) => content.index.add(&header, offset),
            Err(Error::Damaged { .. }) => {
                (content.chain, content.end) = (Chain::before(header.sequence, header.previous), offset);
                break;
            }
            Err(error) => return Err(io::Error::other(error)),
        }
    }
    Ok(content)
}
