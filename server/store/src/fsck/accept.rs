//! Giving up what is damaged: cut where it begins, and keep what is sound behind it.

use std::io;
use std::path::{Path, PathBuf};

use super::survey::survivors;
use super::{Found, FsckError, FsckReport, forget_witness};
use crate::batch::{Batch, Object};
use crate::blocks::{self, index_path};
use crate::disk::{Disk, RealDisk, sync_folder};
use crate::error::OpenError;
use crate::frame::{HEADER_BYTES, Kind};
use crate::journal;
use crate::log::{LogFile, count_files, file_path};
use crate::store::Store;

/// Cuts the logs where damage begins. Gives where sound objects may still be found.
pub(super) fn cut(
    folder: &Path,
    found: &Found,
    report: &mut FsckReport,
) -> Result<Vec<(PathBuf, u64)>, OpenError> {
    if let Some((nth, offset)) = found.journal.cut {
        cut_log(&folder.join("journal"), journal::SUFFIX, nth, offset, report)?;
    }
    let salvage = match found.blocks.cut {
        Some((nth, offset)) => cut_log(&folder.join("blocks"), blocks::SUFFIX, nth, offset, report)?,
        None => Vec::new(),
    };
    if found.is_cut() {
        forget_witness(folder, report)?;
    }
    Ok(salvage)
}

/// Copies the file where the damage begins, cuts it there, and sets later files aside.
fn cut_log(
    folder: &Path,
    suffix: &str,
    nth: u32,
    offset: u64,
    report: &mut FsckReport,
) -> Result<Vec<(PathBuf, u64)>, OpenError> {
    let mut sources = Vec::new();
    for later in nth..count_files(folder, suffix)? {
        let path = file_path(folder, suffix, later);
        let index = index_path(folder, later as usize);
        RealDisk.remove(&index).map_err(OpenError::io(&index))?;
        if !path.exists() {
            continue;
        }
        if later > nth {
            let aside = free_name(&path);
            RealDisk.rename(&path, &aside).map_err(OpenError::io(&path))?;
            report.copies.push(aside.clone());
            sources.push((aside, 0));
            continue;
        }
        sources.push((keep_copy(&path, report)?, offset));
        let file = RealDisk.open(&path, false).map_err(OpenError::io(&path))?;
        file.set_length(offset).and_then(|()| file.sync()).map_err(OpenError::io(&path))?;
    }
    Ok(sources)
}

/// Stores the sound objects of a file again, and says of expunged ones that they are gone.
pub(super) fn save(store: &Store, path: &Path, start: u64) -> Result<(), FsckError> {
    let file = LogFile::open_to_read(path.to_owned()).map_err(OpenError::io(path))?;
    for (header, offset) in survivors(&file, start).map_err(OpenError::io(path))? {
        match header.label.kind {
            Kind::Gone => store.mark(Kind::Gone, header.name())?,
            Kind::Object if !header.is_swept => {
                let Ok((header, frame)) = file.read_frame(offset, header.label.length as usize) else {
                    continue;
                };
                let bytes = bytes::Bytes::from(frame).slice(HEADER_BYTES..);
                let objects = vec![Object { name: header.name(), bytes }];
                store.commit(Batch { objects, time_ms: header.label.time_ms, ..Batch::default() })?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Copies a file beside itself before it is changed.
pub(super) fn keep_copy(path: &Path, report: &mut FsckReport) -> Result<PathBuf, OpenError> {
    let copy = free_name(path);
    let write = || -> io::Result<()> {
        std::fs::copy(path, &copy)?;
        std::fs::File::open(&copy)?.sync_all()?;
        copy.parent().map_or(Ok(()), sync_folder)
    };
    write().map_err(OpenError::io(path))?;
    report.copies.push(copy.clone());
    Ok(copy)
}

fn free_name(path: &Path) -> PathBuf {
    let name = |nth: u32| PathBuf::from(format!("{}.damaged-{nth}", path.display()));
    (1..).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(0))
}
