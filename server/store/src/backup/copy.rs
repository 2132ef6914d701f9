//! Copying a log: frame by frame, each verified, into files that may be there already.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::BackupError;
use crate::Name;
use crate::disk::{Disk, RealDisk, StoreFile, sync_folder};
use crate::error::OpenError;
use crate::frame::{HEADER_BYTES, Header, Kind};
use crate::log::{LogFile, count_files, file_path};
use crate::reader::Damage;
use crate::recovery::{Bodies, Chain, scan_until};

/// Bytes copied at a time where a file is copied whole.
const COPY_BYTES: usize = 1024 * 1024;
/// Suffix of a file that is copied whole, until it takes its place.
const NEW: &str = "new";

/// Where an object lies in the copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    nth: u32,
    offset: u64,
    length: u32,
}

/// A log that was read, verified and compared, and whose new frames were copied.
#[derive(Default)]
pub(super) struct Copied {
    pub(super) chain: Chain,
    pub(super) bytes: u64,
    pub(super) bytes_copied: u64,
    pub(super) files_replaced: u32,
    /// Objects without their hash of which nothing says that they are gone.
    pub(super) unsound: Vec<(Name, Damage)>,
    /// Where objects lie that are gone.
    gone: Vec<At>,
    /// Where frames lie that had not their hash when they were read: file and offset.
    without_hash: HashSet<(u32, u64)>,
    files: Vec<CopiedFile>,
}

/// A file of the log.
struct CopiedFile {
    nth: u32,
    source: LogFile,
    target: Target,
    /// What the chain was before its first frame.
    before: Chain,
    /// Bytes that were read.
    end: u64,
}

/// Verifies the frames before `until` and copies those that the other folder lacks. Nothing that it has is changed:
/// that is for [`Copied::settle`], once it is certain that the source is sound.
pub(super) fn copy_log((from, to): (&Path, &Path), suffix: &str, until: u64) -> Result<Copied, BackupError> {
    let mut copied = Copied::default();
    let mut objects: HashMap<Name, Vec<At>> = HashMap::new();
    let mut stopped: Option<(PathBuf, u64)> = None;
    for nth in 0..count_files(from, suffix)? {
        if copied.chain.next >= until {
            break;
        }
        let path = file_path(from, suffix, nth);
        let source = LogFile::open_to_read(path.clone()).map_err(OpenError::io(&path))?;
        let mut target = Target::open(file_path(to, suffix, nth))?;
        let (mut chain, mut failed) = (copied.chain, None);
        let end =
            scan_until(&*source.file, 0, &mut chain, Bodies::Skipped, until, &mut |header, offset, _| {
                copied.note(&mut objects, header, At { nth, offset, length: header.label.length });
                let taken = if failed.is_none() { target.take(&source, header, offset) } else { Ok(true) };
                match taken {
                    Ok(true) => {}
                    Ok(false) => {
                        copied.without_hash.insert((nth, offset));
                        let what = match header.label.kind {
                            Kind::Record => format!("record {} does not have its hash", header.sequence),
                            _ => format!("object {:?} does not have its hash", header.name()),
                        };
                        let damage = Damage { path: source.path.to_path_buf(), offset, what };
                        copied.unsound.push((header.name(), damage));
                    }
                    Err(error) => failed = Some(error),
                }
            })
            .map_err(OpenError::io(&path))?;
        if let Some(error) = failed {
            return Err(OpenError::io(&path)(error).into());
        }
        if chain.next > copied.chain.next {
            stopped = None;
        }
        stopped = stopped.or(Some((path, end)));
        copied.bytes += end;
        copied.bytes_copied += target.bytes_copied;
        let before = std::mem::replace(&mut copied.chain, chain);
        copied.files.push(CopiedFile { nth, source, target, before, end });
    }
    if copied.chain.next < until {
        let (path, offset) = stopped.unwrap_or_else(|| (from.to_owned(), 0));
        let what = format!("frame {} is damaged or missing, and there were {until}", copied.chain.next);
        return Err(BackupError::damaged(Damage { path, offset, what }, 0));
    }
    Ok(copied)
}

impl Copied {
    /// Takes note of what a frame says about objects.
    fn note(&mut self, objects: &mut HashMap<Name, Vec<At>>, header: &Header, at: At) {
        match header.label.kind {
            Kind::Object if !header.is_swept => objects.entry(header.name()).or_default().push(at),
            Kind::Gone => {
                self.gone.extend(objects.remove(&header.name()).unwrap_or_default());
                self.unsound.retain(|(name, _)| *name != header.name());
            }
            // What is lost was reported when it was.
            Kind::Lost => self.unsound.retain(|(name, _)| *name != header.name()),
            Kind::Object | Kind::Record => {}
        }
    }

    /// Makes the copy durable and the same as the source: files that differ are copied whole, and what is gone is
    /// overwritten. Gives how many objects were; nothing if the source was overwritten since it was read, so that it
    /// must be read again.
    pub(super) fn settle(&mut self, to: &Path) -> Result<Option<u64>, OpenError> {
        for file in std::mem::take(&mut self.files) {
            if file.target.differs {
                self.files_replaced += 1;
                self.bytes_copied += file.end;
            }
            let path = file.target.path.clone();
            if !self.finish(file).map_err(OpenError::io(path))? {
                return Ok(None);
            }
        }
        let mut overwritten = 0;
        for at in &self.gone {
            let path = file_path(to, crate::blocks::SUFFIX, at.nth);
            overwritten += u64::from(at.overwrite(&path).map_err(OpenError::io(&path))?);
        }
        sync_folder(to).map_err(OpenError::io(to))?;
        Ok(Some(overwritten))
    }

    /// Makes a file durable as it was read; false if it cannot be had any more.
    fn finish(&self, file: CopiedFile) -> io::Result<bool> {
        let CopiedFile { nth, source, target, before, end } = file;
        if !target.differs {
            return target.finish(end).map(|()| true);
        }
        let is_excused = |offset: u64| {
            let is_gone = |at: &At| (at.nth, at.offset) == (nth, offset);
            self.without_hash.contains(&(nth, offset)) || self.gone.iter().any(is_gone)
        };
        replace(&source, &target.path, end, before, &is_excused)
    }
}

impl At {
    /// Whether anything was there still.
    fn overwrite(&self, path: &Path) -> io::Result<bool> {
        let file = RealDisk.open(path, false)?;
        let start = self.offset + HEADER_BYTES as u64;
        let mut body = vec![0; self.length as usize];
        file.read_at(&mut body, start)?;
        if is_zero(&body) {
            return Ok(false);
        }
        body.fill(0);
        file.write_at(&[&body], start)?;
        file.sync()?;
        Ok(true)
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// A file of the copy.
struct Target {
    path: PathBuf,
    file: Arc<dyn StoreFile>,
    length: u64,
    /// It has something else than the source: swept there since, or damaged here.
    differs: bool,
    is_written: bool,
    bytes_copied: u64,
}

impl Target {
    fn open(path: PathBuf) -> Result<Self, OpenError> {
        let file = RealDisk.open(&path, true).map_err(OpenError::io(&path))?;
        let length = file.length().map_err(OpenError::io(&path))?;
        Ok(Self { path, file, length, differs: false, is_written: false, bytes_copied: 0 })
    }

    /// Takes a frame of the source: copied if it is new, compared if it is there. Gives whether it has its hash.
    fn take(&mut self, source: &LogFile, header: &Header, offset: u64) -> io::Result<bool> {
        let frame = source.read_bytes(offset, header.frame_bytes() as usize).map_err(io::Error::other)?;
        let body = frame.get(HEADER_BYTES..).unwrap_or_default();
        let is_sound = header.is_swept || header.is_of(body);
        let end = offset + frame.len() as u64;
        if self.differs {
            return Ok(is_sound);
        }
        if end > self.length {
            // A frame that is there in part was being written when the last run was cut off.
            self.file.write_at(&[&frame], offset)?;
            (self.length, self.is_written) = (end, true);
            self.bytes_copied += frame.len() as u64;
            return Ok(is_sound);
        }
        let mut here = vec![0; frame.len()];
        self.file.read_at(&mut here, offset)?;
        // A body of nothing but zeros is gone in the source; once that is certain it is overwritten here.
        let is_gone = !is_sound && here[..HEADER_BYTES] == frame[..HEADER_BYTES] && is_zero(body);
        self.differs = here != frame && !is_gone;
        Ok(is_sound)
    }

    /// Makes the file durable up to `end`.
    fn finish(self, end: u64) -> io::Result<()> {
        if self.length > end {
            self.file.set_length(end)?;
        } else if !self.is_written {
            return Ok(());
        }
        self.file.sync()
    }
}

/// Puts a copy of a file's first bytes in the place of another file: the old one stays until the new one is whole. These
/// bytes are read a second time, so that they are verified a second time: gives false, and leaves the old file, if what
/// had its hash has it no more, because it is being expunged right now.
fn replace(
    source: &LogFile,
    path: &Path,
    end: u64,
    mut chain: Chain,
    is_excused: &dyn Fn(u64) -> bool,
) -> io::Result<bool> {
    let new = path.with_extension(NEW);
    RealDisk.remove(&new)?;
    let file = RealDisk.open(&new, true)?;
    let mut offset = 0;
    while offset < end {
        let bytes = source.read_bytes(offset, (end - offset).min(COPY_BYTES as u64) as usize);
        let bytes = bytes.map_err(io::Error::other)?;
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.write_at(&[&bytes], offset)?;
        offset += bytes.len() as u64;
    }
    file.sync()?;
    let copy = LogFile::open_to_read(new.clone())?;
    let mut checked = Ok(true);
    scan_until(&*copy.file, 0, &mut chain, Bodies::Skipped, u64::MAX, &mut |header, offset, _| {
        let Ok(is_sound) = &mut checked else { return };
        match copy.read_bytes(offset, header.frame_bytes() as usize) {
            Ok(frame) => {
                let body = frame.get(HEADER_BYTES..).unwrap_or_default();
                *is_sound &= header.is_swept || header.is_of(body) || is_excused(offset);
            }
            Err(error) => checked = Err(io::Error::other(error)),
        }
    })?;
    if checked? { RealDisk.rename(&new, path).map(|()| true) } else { RealDisk.remove(&new).map(|_| false) }
}
