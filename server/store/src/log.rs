//! A log: numbered files of chained frames, written at the end of the last one. What the frames mean, the journal
//! and the blocks say.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Disk, StoreFile};
use crate::error::{Error, OpenError};
use crate::frame::{HEADER_BYTES, Header};
use crate::recovery::{Chain, Tail, judge_tail};

/// Bytes copied at a time.
const COPY_BYTES: usize = 1024 * 1024;

/// How a log lies in its folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) suffix: &'static str,
    /// A new file is begun once one has so many bytes.
    pub(crate) file_bytes: u64,
    /// Space reserved ahead, so that a sync need not find any.
    pub(crate) ahead_bytes: u64,
}

/// The file with a number.
pub(crate) fn file_path(folder: &Path, suffix: &str, nth: u32) -> PathBuf {
    folder.join(format!("{nth:010}.{suffix}"))
}

/// One more than the highest number among the files of a folder.
pub(crate) fn count_files(folder: &Path, suffix: &str) -> Result<u32, OpenError> {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).map_err(OpenError::io(folder))? {
        let name = entry.map_err(OpenError::io(folder))?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(suffix)?.strip_suffix('.'));
        let number = number.filter(|number| number.len() == 10).and_then(|number| number.parse::<u32>().ok());
        count = count.max(number.map_or(0, |number| number.saturating_add(1)));
    }
    Ok(count)
}

/// A file of a log. Readers hold it while a sweep puts another in its place.
#[derive(Clone)]
pub(crate) struct LogFile {
    pub(crate) path: Arc<Path>,
    pub(crate) file: Arc<dyn StoreFile>,
}

impl LogFile {
    pub(crate) fn open(disk: &dyn Disk, path: PathBuf, create: bool) -> io::Result<Self> {
        Ok(Self { file: disk.open(&path, create)?, path: path.into() })
    }

    /// The same, to be read only.
    pub(crate) fn open_to_read(path: PathBuf) -> io::Result<Self> {
        Ok(Self { file: crate::disk::open_to_read(&path)?, path: path.into() })
    }

    /// The frame at an offset, its hashes checked: its header, and the bytes of all of it.
    pub(crate) fn read_frame(&self, offset: u64, body_bytes: usize) -> Result<(Header, Vec<u8>), Error> {
        let frame = self.read_bytes(offset, HEADER_BYTES + body_bytes)?;
        Ok((self.check_frame(&frame, offset)?, frame))
    }

    /// Bytes from an offset on: fewer, if the file ends before.
    pub(crate) fn read_bytes(&self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; length];
        let read = self.file.read_at(&mut bytes, offset).map_err(|error| self.unreadable(&error))?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// The header of a frame that was read from an offset, with its body, its hashes checked.
    pub(crate) fn check_frame(&self, frame: &[u8], offset: u64) -> Result<Header, Error> {
        let header =
            Header::read(frame).filter(|header| !header.is_swept && header.is_of(&frame[HEADER_BYTES..]));
        header.ok_or_else(|| self.damaged(offset))
    }

    /// The header at an offset.
    pub(crate) fn read_header(&self, offset: u64) -> Result<Header, Error> {
        let mut head = [0; HEADER_BYTES];
        let read = self.file.read_at(&mut head, offset).map_err(|error| self.unreadable(&error))?;
        Header::read(&head).filter(|_| read == head.len()).ok_or_else(|| self.damaged(offset))
    }

    /// Bytes of the file, for a report.
    fn length(&self) -> u64 {
        self.file.length().unwrap_or(0)
    }

    pub(crate) fn damaged(&self, offset: u64) -> Error {
        Error::Damaged { file: self.path.display().to_string().into(), offset }
    }

    pub(crate) fn unreadable(&self, error: &io::Error) -> Error {
        Error::Read { file: self.path.display().to_string().into(), reason: error.to_string().into() }
    }
}

/// The end of a log, to which the writer appends.
pub(crate) struct Log {
    pub(crate) folder: PathBuf,
    pub(crate) layout: Layout,
    pub(crate) files: Vec<LogFile>,
    pub(crate) chain: Chain,
    /// Bytes of the last file.
    pub(crate) end: u64,
    reserved: u64,
}

impl Log {
    /// Opens the files of a folder; their content is still to be followed.
    pub(crate) fn open(disk: &dyn Disk, folder: &Path, layout: Layout) -> Result<Self, OpenError> {
        let mut files = Vec::new();
        for nth in 0..count_files(folder, layout.suffix)? {
            let path = file_path(folder, layout.suffix, nth);
            if !path.exists() {
                return Err(OpenError::Damaged { path, offset: 0, reason: "the file is missing".to_owned() });
            }
            files.push(LogFile::open(disk, path.clone(), false).map_err(OpenError::io(&path))?);
        }
        Ok(Self { folder: folder.to_owned(), layout, files, chain: Chain::default(), end: 0, reserved: 0 })
    }

    /// Judges what follows `end` in file `nth`, where `chain` ends, and cuts off a write that was torn. Gives the
    /// number of bytes cut off.
    pub(crate) fn settle_tail(
        &self,
        nth: usize,
        end: u64,
        chain: &Chain,
        seen: u64,
    ) -> Result<u64, OpenError> {
        let LogFile { path, file } = &self.files[nth];
        let damaged = |reason| Err(OpenError::Damaged { path: path.to_path_buf(), offset: end, reason });
        if let Some((before, reason)) =
            nth.checked_sub(1).filter(|_| end == 0).and_then(|before| self.gap(before, chain))
        {
            return Err(OpenError::Damaged {
                path: before.path.to_path_buf(),
                offset: before.length(),
                reason,
            });
        }
        match judge_tail(&**file, path, end, chain.next)? {
            Tail::Clean => Ok(0),
            Tail::Damaged { sound } => {
                damaged(format!("no sound frame begins here, and {sound} sound ones follow"))
            }
            Tail::Torn { bytes } if nth + 1 == self.files.len() && chain.next >= seen => {
                file.set_length(end).map_err(OpenError::io(&**path))?;
                Ok(bytes)
            }
            Tail::Torn { bytes } => damaged(format!("the last {bytes} bytes are no frame")),
        }
    }

    /// The file `before`, and what is wrong, if it ends with the chain and the next file goes on with a later frame.
    fn gap(&self, before: usize, chain: &Chain) -> Option<(&LogFile, String)> {
        let first = self.files[before + 1].read_header(0).ok()?.sequence;
        let reason =
            format!("it ends before frame {}, and the next file begins with frame {first}", chain.next);
        (first > chain.next).then(|| (&self.files[before], reason))
    }

    /// Ends the opening: what the last file holds is durable before anybody sees it. Frames from `offset` on, which
    /// no witness knows, are written once more: after a failed sync a file can read well from memory and not be on
    /// the disk.
    pub(crate) fn secure_tail(&mut self, seen: u64, offset: u64) -> Result<(), OpenError> {
        let Some(last) = self.files.last() else { return self.expect_seen(seen) };
        let LogFile { path, file } = last.clone();
        self.expect_seen(seen)?;
        let mut bytes = vec![0; COPY_BYTES];
        let mut offset = offset;
        while offset < self.end {
            let wanted = (self.end - offset).min(COPY_BYTES as u64) as usize;
            let read = file.read_at(&mut bytes[..wanted], offset).map_err(OpenError::io(&*path))?;
            file.write_at(&[&bytes[..read]], offset).map_err(OpenError::io(&*path))?;
            offset += wanted as u64;
        }
        file.sync().map_err(OpenError::io(&*path))?;
        self.chain.note_synced();
        Ok(())
    }

    fn expect_seen(&self, seen: u64) -> Result<(), OpenError> {
        if self.chain.next >= seen {
            return Ok(());
        }
        let first = || file_path(&self.folder, self.layout.suffix, 0);
        let path = self.files.last().map_or_else(first, |last| last.path.to_path_buf());
        let reason = format!("the log ends after {} frames, and there were {seen}", self.chain.next);
        Err(OpenError::Damaged { path, offset: self.end, reason })
    }

    pub(crate) fn wants_file(&self) -> bool {
        self.files.is_empty() || self.end >= self.layout.file_bytes
    }

    /// Begins a new file.
    pub(crate) fn roll(&mut self, disk: &dyn Disk) -> io::Result<()> {
        let path = file_path(&self.folder, self.layout.suffix, self.files.len() as u32);
        self.files.push(LogFile::open(disk, path, true)?);
        (self.end, self.reserved) = (0, 0);
        Ok(())
    }

    /// Makes sure that so many bytes can be appended, or says that the disk is full; nothing is written.
    pub(crate) fn make_room(&mut self, disk: &dyn Disk, bytes: u64) -> io::Result<()> {
        if self.wants_file() {
            self.roll(disk)?;
        }
        if self.end + bytes > self.reserved {
            let left = self.layout.file_bytes.saturating_sub(self.end);
            let ahead = bytes.max(self.layout.ahead_bytes.min(left));
            self.last()?.file.reserve(self.end, ahead)?;
            self.reserved = self.end + ahead;
        }
        Ok(())
    }

    /// Appends frames whose headers are already in the chain, and waits for the disk.
    pub(crate) fn append(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let file = &self.last()?.file;
        file.write_at(parts, self.end)?;
        file.sync()?;
        self.end += parts.iter().map(|part| part.len() as u64).sum::<u64>();
        self.chain.note_synced();
        Ok(())
    }

    fn last(&self) -> io::Result<&LogFile> {
        self.files.last().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
