//! The reserve: a file of nothing that is removed when the disk is nearly full, so that records of work already
//! accepted and the view's checkpoints still fit.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, is_full};

pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    is_held: bool,
}

impl Reserve {
    pub(crate) fn new(folder: &Path, bytes: u64) -> Self {
        let path = folder.join("reserve");
        Self { is_held: path.exists(), path, bytes }
    }

    /// Takes the space back once twice as much is free, and gives it away once less is.
    pub(crate) fn keep(&mut self, disk: &dyn Disk, free: u64) -> io::Result<()> {
        if self.is_held && free < self.bytes {
            self.release(disk)?;
        } else if !self.is_held && self.bytes > 0 && free / 2 > self.bytes {
            // The space is held by the file alone: nobody writes into it.
            match disk.open(&self.path, true).and_then(|file| file.reserve(0, self.bytes)) {
                Err(error) if is_full(&error) => return self.release(disk),
                other => other?,
            }
            self.is_held = true;
        }
        Ok(())
    }

    /// Gives the space away.
    pub(crate) fn release(&mut self, disk: &dyn Disk) -> io::Result<()> {
        if self.is_held {
            tracing::warn!(
                bytes = self.bytes,
                "the disk is nearly full: the reserve is given away for records"
            );
        }
        self.is_held = false;
        disk.remove(&self.path)
    }
}
