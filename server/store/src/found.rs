//! An object's frame at its place: read with its hashes checked, or overwritten.

use std::io;

use bytes::Bytes;

use crate::Name;
use crate::blocks::Place;
use crate::error::Error;
use crate::frame::{HEADER_BYTES, Header, Kind};
use crate::log::LogFile;
use crate::sweep::each_header;

/// An object's frame, found and not yet read.
pub(crate) struct Found {
    pub(crate) file: LogFile,
    pub(crate) place: Place,
    pub(crate) name: Name,
}

impl Found {
    /// Reads the object and checks its hashes.
    pub(crate) fn read(&self) -> Result<Bytes, Error> {
        let (header, frame) = self.file.read_frame(self.place.offset, self.place.length as usize)?;
        self.check(&header)?;
        Ok(Bytes::from(frame).slice(HEADER_BYTES..))
    }

    /// Bytes of the object.
    pub(crate) fn length(&self) -> usize {
        self.place.length as usize
    }

    /// Where its frame ends.
    fn end(&self) -> u64 {
        self.place.offset + (HEADER_BYTES + self.length()) as u64
    }

    /// Reads objects and checks their hashes. Those that lie one behind the other are read at once.
    pub(crate) fn read_all(found: &[Self]) -> Result<Vec<Bytes>, Error> {
        let follows = |a: &Self, b: &Self| a.place.file == b.place.file && a.end() == b.place.offset;
        let runs = found.chunk_by(follows).map(Self::read_run).collect::<Result<Vec<_>, _>>()?;
        Ok(runs.into_iter().flatten().collect())
    }

    fn read_run(run: &[Self]) -> Result<Vec<Bytes>, Error> {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(Vec::new()) };
        let start = first.place.offset;
        let bytes = Bytes::from(first.file.read_bytes(start, (last.end() - start) as usize)?);
        let object = |found: &Self| {
            let (from, to) = ((found.place.offset - start) as usize, (found.end() - start) as usize);
            let frame = bytes.slice(from.min(bytes.len())..to.min(bytes.len()));
            found.check(&found.file.check_frame(&frame, found.place.offset)?)?;
            Ok(frame.slice(HEADER_BYTES..))
        };
        run.iter().map(object).collect()
    }

    fn check(&self, header: &Header) -> Result<(), Error> {
        if header.label.kind == Kind::Object && header.name() == self.name {
            return Ok(());
        }
        Err(self.file.damaged(self.place.offset))
    }

    /// Overwrites the object's bytes, and waits for the disk.
    pub(crate) fn overwrite(&self) -> io::Result<()> {
        let zeros = vec![0; self.place.length as usize];
        self.file.file.write_at(&[&zeros], self.place.offset + HEADER_BYTES as u64)?;
        self.file.file.sync()
    }
}

/// Overwrites every body that an object ever had in these files.
pub(crate) fn overwrite_remains(files: &[LogFile], name: &Name) -> io::Result<()> {
    for (nth, file) in (0..).zip(files) {
        let mut remains = Vec::new();
        each_header(file, &mut |header, offset| {
            if header.label.kind == Kind::Object && !header.is_swept && header.name() == *name {
                let place = Place { file: nth, offset, length: header.label.length, is_gone: false };
                remains.push(Found { file: file.clone(), place, name: *name });
            }
        })?;
        remains.iter().try_for_each(Found::overwrite)?;
    }
    Ok(())
}
