//! Putting bytes back: frames and objects that a copy of the store, or an office, still has.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use super::accept::keep_copy;
use super::survey::{open, survey, survivors};
use super::{FindObject, Found, FsckReport};
use crate::blocks::{self, index_path};
use crate::disk::{Disk, RealDisk};
use crate::error::OpenError;
use crate::frame::{HEADER_BYTES, Header};
use crate::journal;
use crate::log::{LogFile, count_files, file_path};
use crate::reader::{StoreReader, Until, expect_store, follow};
use crate::recovery::{Bodies, Chain, scan, search};

/// Bytes copied at a time.
const COPY_BYTES: usize = 1024 * 1024;
/// Suffix of a file that is being put together.
const NEW: &str = "healed";

/// Puts back what a copy of the store has; gives whether anything was changed.
pub(super) fn from_copy(
    folder: &Path,
    copy: &Path,
    found: &mut Found,
    report: &mut FsckReport,
) -> Result<bool, OpenError> {
    expect_store(copy)?;
    let mut is_changed = false;
    let logs = [
        ("journal", journal::SUFFIX, Bodies::Checked, found.journal.damage.is_some()),
        ("blocks", blocks::SUFFIX, Bodies::Skipped, found.blocks.damage.is_some()),
    ];
    for (part, suffix, bodies, _) in logs.into_iter().filter(|(.., is_damaged)| *is_damaged) {
        let source = Source::open(&copy.join(part), suffix, bodies)?;
        is_changed |= heal_log(&folder.join(part), suffix, bodies, &source, report)?;
    }
    if is_changed {
        found.blocks = survey(&folder.join("blocks"), blocks::SUFFIX, found.blocks.seen, Bodies::Skipped)?;
    }
    let reader = StoreReader::open(copy, Until::End)?;
    is_changed |= in_place(found, &mut |name| reader.object(name).ok(), report)?;
    Ok(is_changed)
}

/// Writes the bytes of damaged objects where they were, if they are found to the last bit.
pub(super) fn in_place(
    found: &mut Found,
    find: FindObject<'_>,
    report: &mut FsckReport,
) -> Result<bool, OpenError> {
    let mut copied: HashSet<PathBuf> = HashSet::new();
    let mut healed = 0;
    for (unsound, _) in &found.blocks.unsound {
        let Some(bytes) = find(&unsound.header.name()).filter(|bytes| unsound.header.is_of(bytes)) else {
            continue;
        };
        let path = unsound.file.path.to_path_buf();
        if copied.insert(path.clone()) {
            keep_copy(&path, report)?;
        }
        let file = &unsound.file.file;
        let written =
            file.write_at(&[&bytes], unsound.offset + HEADER_BYTES as u64).and_then(|()| file.sync());
        written.map_err(OpenError::io(path))?;
        healed += 1;
    }
    report.objects_healed += healed;
    Ok(healed > 0)
}

/// The frames of a copy by their sequence.
struct Source {
    files: Vec<LogFile>,
    frames: Vec<(u32, u64)>,
}

impl Source {
    fn open(folder: &Path, suffix: &str, bodies: Bodies) -> Result<Self, OpenError> {
        let mut source = Self { files: Vec::new(), frames: Vec::new() };
        follow(folder, suffix, bodies, u64::MAX, &mut |frame| {
            while source.files.len() <= frame.nth as usize {
                source.files.push(frame.file.clone());
            }
            source.frames.push((frame.nth, frame.offset));
        })?;
        Ok(source)
    }

    /// The frame that follows in a chain, if it lies in file `nth`.
    fn next(&self, chain: &Chain, nth: u32) -> Option<(Header, &LogFile, u64)> {
        let (_, offset) = *usize::try_from(chain.next)
            .ok()
            .and_then(|next| self.frames.get(next))
            .filter(|(file, _)| *file == nth)?;
        let file = self.files.get(nth as usize)?;
        let header = file.read_header(offset).ok()?;
        (header.previous == chain.hash).then_some((header, file, offset))
    }
}

/// Puts every file together again that lacks frames which the copy has.
fn heal_log(
    folder: &Path,
    suffix: &str,
    bodies: Bodies,
    source: &Source,
    report: &mut FsckReport,
) -> Result<bool, OpenError> {
    let mut chain = Chain::default();
    let mut is_changed = false;
    let count = count_files(folder, suffix)?.max(source.files.len() as u32);
    for nth in 0..count {
        let path = file_path(folder, suffix, nth);
        let old = if path.exists() { Some(open(&path)?) } else { None };
        let mut end = 0;
        if let Some(old) = &old {
            end = scan(&*old.file, 0, &mut chain, bodies, &mut |_, _, _| {}).map_err(OpenError::io(&path))?;
        }
        if source.next(&chain, nth).is_none() {
            continue;
        }
        let healed = Healing { path: &path, nth, old: old.as_ref(), bodies, source };
        let Some(frames) = healed.run(end, &mut chain, report).map_err(OpenError::io(&path))? else {
            break;
        };
        let index = index_path(folder, nth as usize);
        RealDisk.remove(&index).map_err(OpenError::io(&index))?;
        report.frames_healed += frames;
        is_changed = true;
    }
    Ok(is_changed)
}

/// A file that is being put together.
struct Healing<'h> {
    path: &'h Path,
    nth: u32,
    old: Option<&'h LogFile>,
    bodies: Bodies,
    source: &'h Source,
}

impl Healing<'_> {
    /// Goes on behind the sound frames before `end`: with the file's own frames where they are sound, else with those
    /// of the copy. Gives how many those were; nothing if sound frames of the file would be left out.
    fn run(&self, end: u64, chain: &mut Chain, report: &mut FsckReport) -> io::Result<Option<u64>> {
        let mut own: HashMap<u64, (Header, u64)> = HashMap::new();
        if let Some(old) = self.old {
            search(&*old.file, end, &mut |header, offset| {
                own.insert(header.sequence, (*header, offset));
            })?;
        }
        let new_path = self.path.with_extension(NEW);
        RealDisk.remove(&new_path)?;
        let new = LogFile::open(&RealDisk, new_path.clone(), true)?;
        let (mut written, mut healed) = (0, 0);
        if let Some(old) = self.old {
            append(&new, &mut written, old, 0, end)?;
        }
        loop {
            let of_own = own.get(&chain.next).and_then(|(header, offset)| self.own(header, *offset, chain));
            let (header, file, offset) = match (of_own, self.source.next(chain, self.nth)) {
                (Some(own), _) => own,
                (None, Some(copied)) => {
                    healed += 1;
                    copied
                }
                (None, None) => break,
            };
            append(&new, &mut written, file, offset, header.frame_bytes())?;
            *chain = Chain::before(header.sequence + 1, header.hash);
        }
        // Those of a chain that reaches the end of the file; others may be bytes within an object.
        let last = self.old.map_or(Ok(Vec::new()), |old| survivors(old, end))?;
        if last.iter().any(|(header, _)| header.sequence >= chain.next) {
            RealDisk.remove(&new_path)?;
            return Ok(None);
        }
        if self.old.is_some() {
            keep_copy(self.path, report).map_err(io::Error::other)?;
        }
        new.file.sync()?;
        RealDisk.rename(&new_path, self.path)?;
        Ok(Some(healed))
    }

    /// A frame of the damaged file, if it follows and is whole.
    fn own(&self, header: &Header, offset: u64, chain: &Chain) -> Option<(Header, &LogFile, u64)> {
        let file = self.old?;
        let is_there = offset + header.frame_bytes() <= file.file.length().ok()?;
        let is_sound = || {
            self.bodies == Bodies::Skipped || file.read_frame(offset, header.label.length as usize).is_ok()
        };
        (header.previous == chain.hash && is_there && is_sound()).then_some((*header, file, offset))
    }
}

/// Appends bytes of one file to another.
fn append(to: &LogFile, written: &mut u64, from: &LogFile, mut offset: u64, length: u64) -> io::Result<()> {
    let end = offset + length;
    while offset < end {
        let bytes = from.read_bytes(offset, (end - offset).min(COPY_BYTES as u64) as usize);
        let bytes = bytes.map_err(io::Error::other)?;
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        to.file.write_at(&[&bytes], *written)?;
        *written += bytes.len() as u64;
        offset += bytes.len() as u64;
    }
    Ok(())
}
