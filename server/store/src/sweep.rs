//! The sweep: objects that nobody needs are dropped by writing their file anew. Headers stay, so the chain of
//! headers still verifies.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::{MutexGuard, PoisonError};

use crate::Name;
use crate::blocks::index_path;
use crate::disk::{Disk, is_full};
use crate::error::{Error, OpenError};
use crate::frame::{Header, Kind};
use crate::index::FileIndex;
use crate::log::LogFile;
use crate::recovery::{Bodies, Chain, scan};
use crate::store::Store;
use crate::writer::{Command, State, Writer};

/// Suffix of a file that is being written.
const NEW: &str = "swept";
/// Bytes written at a time.
const WRITE_BYTES: usize = 1024 * 1024;

/// What a sweep has dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A sweep that has begun: what batches name from now on stays, whatever is asked for. It ends when it is dropped.
pub struct Sweep<'s> {
    store: &'s Store,
    _one: MutexGuard<'s, ()>,
}

impl Store {
    /// Begins a sweep; one at a time. All that batches named before is in [`Store::records`] when this returns, so
    /// the caller finds out what is needed *after* it: then nothing falls between.
    pub fn begin_sweep(&self) -> Result<Sweep<'_>, Error> {
        let sweep = Sweep { store: self, _one: self.sweeping.lock().unwrap_or_else(PoisonError::into_inner) };
        self.wait(Command::SweepBegins)?;
        Ok(sweep)
    }

    /// Begins a sweep and drops what was stored before `older_than_ms` and what `keep`, asked afterwards, does not
    /// want.
    pub fn sweep(&self, older_than_ms: i64, keep: &dyn Fn(&Name) -> bool) -> Result<Swept, Error> {
        self.begin_sweep()?.drop_unneeded(older_than_ms, keep)
    }
}

impl Drop for Sweep<'_> {
    fn drop(&mut self) {
        self.store.send(Command::SweepEnds);
    }
}

impl Sweep<'_> {
    /// Drops objects that were stored before `older_than_ms` and that `keep` does not want (DETAILS D23).
    ///
    /// `keep` is asked on this thread, while others go on writing. Commits wait while one file is written anew.
    pub fn drop_unneeded(self, older_than_ms: i64, keep: &dyn Fn(&Name) -> bool) -> Result<Swept, Error> {
        let files = self.store.shared.read().blocks.files.clone();
        let mut swept = Swept::default();
        for (nth, file) in (0..).zip(&files) {
            let mut names = Vec::new();
            let headers = each_header(file, &mut |header, _| {
                if header.label.kind == Kind::Object
                    && !header.is_swept
                    && header.label.time_ms < older_than_ms
                {
                    names.push(header.name());
                }
            });
            headers.map_err(|error| file.unreadable(&error))?;
            let names: HashSet<Name> = names.into_iter().filter(|name| !keep(name)).collect();
            if names.is_empty() {
                continue;
            }
            let dropped = self.store.wait(|answer| Command::Sweep(nth, names, answer))?;
            swept.objects += dropped.objects;
            swept.bytes += dropped.bytes;
        }
        Ok(swept)
    }
}

impl Writer {
    /// Writes a file anew without some objects: beside the old one first, and then in its place. A crash leaves
    /// the old file or the new one.
    pub(crate) fn sweep(&mut self, nth: u32, names: &HashSet<Name>) -> Result<Swept, Error> {
        let disk = self.shared.options.disk.clone();
        let (file, doomed) = {
            let state = self.shared.read();
            if let Some(reason) = state.read_only.clone() {
                return Err(Error::ReadOnly { reason });
            }
            let Some(file) = state.blocks.files.get(nth as usize).cloned() else {
                return Ok(Swept::default());
            };
            (file, self.doomed(&state, nth, names))
        };
        let swept = Swept {
            objects: doomed.len() as u64,
            bytes: doomed.iter().map(|(_, _, bytes)| u64::from(*bytes)).sum(),
        };
        if doomed.is_empty() {
            return Ok(swept);
        }
        let (free, needed) =
            (disk.free_space(&self.shared.folder).unwrap_or(0), file.file.length().unwrap_or(u64::MAX));
        if free.saturating_sub(needed) < self.shared.options.free_space_min {
            return Err(Error::DiskNearlyFull { free, needed });
        }
        let offsets: HashSet<u64> = doomed.iter().map(|(_, offset, _)| *offset).collect();
        let names: HashSet<Name> = doomed.into_iter().map(|(name, ..)| name).collect();
        self.rewrite(&*disk, nth, &file, &offsets, &names).map_err(|error| match error {
            error if is_full(&error) => Error::DiskNearlyFull { free, needed },
            error if error.kind() == io::ErrorKind::InvalidData => file.damaged(0),
            error => self.shared.fail(&format!("a sweep failed: {error}")),
        })?;
        Ok(swept)
    }

    /// Which of the objects still lie in the file and were not named since the sweep began.
    fn doomed(&self, state: &State, nth: u32, names: &HashSet<Name>) -> Vec<(Name, u64, u32)> {
        let is_named = |name: &&Name| self.named.as_ref().is_some_and(|named| named.contains(name));
        let places = names.iter().filter(|name| !is_named(name));
        let places = places.filter_map(|name| state.blocks.places.get(name).map(|place| (name, place)));
        let places = places.filter(|(_, place)| place.file == nth && !place.is_gone);
        places.map(|(name, place)| (*name, place.offset, place.length)).collect()
    }

    fn rewrite(
        &mut self,
        disk: &dyn Disk,
        nth: u32,
        old: &LogFile,
        offsets: &HashSet<u64>,
        names: &HashSet<Name>,
    ) -> io::Result<()> {
        if nth as usize + 1 == self.blocks.log.files.len() {
            self.blocks.roll(disk)?;
        }
        let new_path = old.path.with_extension(NEW);
        let (file, content) = match write_without(disk, &new_path, old, offsets) {
            Err(error) if is_full(&error) || error.kind() == io::ErrorKind::InvalidData => {
                disk.remove(&new_path)?;
                return Err(error);
            }
            other => other?,
        };
        // From here on it must succeed: a half-done exchange of files is for the next opening to look at.
        let index_path = index_path(&self.blocks.log.folder, nth as usize);
        let exchange = || {
            disk.remove(&index_path)?;
            disk.rename(&new_path, &old.path)
        };
        exchange().map_err(io::Error::other)?;
        let file = LogFile { path: old.path.clone(), file: file.file };
        self.blocks.log.files[nth as usize] = file.clone();
        {
            let mut state = self.shared.write();
            self.blocks.show_files(&mut state.blocks);
            state.blocks.replace(nth, file, &content, names);
        }
        match content.write(disk, &index_path) {
            Err(error) if is_full(&error) => {
                tracing::warn!(%error, path = %index_path.display(), "no space for the index of a swept file");
            }
            // It is derived, but a disk that fails takes nothing more.
            other => other.map_err(io::Error::other)?,
        }
        Ok(())
    }
}

/// Writes a copy of a file of frames without the bodies at some offsets, and waits for the disk.
fn write_without(
    disk: &dyn Disk,
    path: &Path,
    old: &LogFile,
    offsets: &HashSet<u64>,
) -> io::Result<(LogFile, FileIndex)> {
    disk.remove(path)?;
    let new = LogFile::open(disk, path.to_owned(), true)?;
    let (mut content, mut out, mut written) = (FileIndex::default(), Vec::new(), 0);
    let mut result: io::Result<()> = Ok(());
    let mut is_first = true;
    let end = each_header(old, &mut |header, offset| {
        if is_first {
            content.before = Chain::before(header.sequence, header.previous);
            is_first = false;
        }
        let is_swept = header.is_swept || offsets.contains(&offset);
        let header = Header { is_swept, ..*header };
        let start = out.len();
        content.add(&header, written + start as u64);
        out.extend_from_slice(&header.to_bytes());
        if result.is_err() {
            return;
        }
        result = (|| {
            if !is_swept {
                out.resize(start + header.frame_bytes() as usize, 0);
                // Copied as it lies: damage stays visible, and what was overwritten stays overwritten.
                let read = old.file.read_at(&mut out[start..], offset)?;
                if read != out.len() - start {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            if out.len() >= WRITE_BYTES {
                new.file.write_at(&[&out], written)?;
                written += out.len() as u64;
                out.clear();
            }
            Ok(())
        })();
    })?;
    result?;
    if end != old.file.length()? {
        // Frames that cannot be followed are not lost by tidying up.
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a header of the file is damaged"));
    }
    new.file.write_at(&[&out], written)?;
    new.file.sync().map_err(io::Error::other)?;
    Ok((new, content))
}

/// Follows the headers of a whole file, in its own chain.
pub(crate) fn each_header(file: &LogFile, visit: &mut dyn FnMut(&Header, u64)) -> io::Result<u64> {
    let Ok(first) = file.read_header(0) else { return Ok(0) };
    let mut chain = Chain::before(first.sequence, first.previous);
    scan(&*file.file, 0, &mut chain, Bodies::Skipped, &mut |header, offset, _| visit(header, offset))
}

/// Removes what a sweep that was cut off has left.
pub(crate) fn remove_unfinished(disk: &dyn Disk, folder: &Path) -> Result<(), OpenError> {
    for entry in std::fs::read_dir(folder).map_err(OpenError::io(folder))? {
        let path = entry.map_err(OpenError::io(folder))?.path();
        if path.extension().is_some_and(|extension| extension == NEW) {
            disk.remove(&path).map_err(OpenError::io(&path))?;
        }
    }
    Ok(())
}
