//! Where figures come from: a file, a stream, or columns of a program.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use mighub_sdmx::Columns;
use mighub_sdmx::csv::Action;

use crate::error::Error;
use crate::progress::{Progress, Step};

/// Bytes read between two words about progress.
const BYTES_PER_STEP: u64 = 4 * 1024 * 1024;

/// What is to be checked or sent.
pub enum Source {
    /// A file of SDMX-CSV.
    File(PathBuf),
    /// A stream of SDMX-CSV, such as standard input. It is copied to a scratch file first, because rows that
    /// are not in order are read twice, and findings show their rows.
    Reader {
        /// What messages call it.
        name: String,
        /// The stream.
        reader: Box<dyn Read + Send>,
    },
    /// Columns of a program, all of one dataflow and one action.
    Columns {
        /// The dataflow, as AGENCY:ID(VERSION).
        dataflow: String,
        /// What the observations do.
        action: Action,
        /// Batches in canonical order, as [`mighub_sdmx::columns::ColumnsBuilder`] makes them; no series goes
        /// on from one batch to the next. They have the shape of the lane's definition
        /// ([`crate::Hub::lane`]).
        batches: Box<dyn Iterator<Item = Columns> + Send>,
    },
}

impl Source {
    /// A file; `-` is standard input.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        match path.to_str() {
            Some("-") => Self::Reader { name: "standard input".to_owned(), reader: Box::new(io::stdin()) },
            _ => Self::File(path),
        }
    }

    /// What messages call it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Reader { name, .. } => name.clone(),
            Self::Columns { dataflow, .. } => format!("columns of {dataflow}"),
        }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({})", self.name())
    }
}

/// Text that can be read more than once.
#[derive(Debug)]
pub(super) struct Text {
    name: String,
    file: File,
    bytes_total: Option<u64>,
}

impl Text {
    pub(super) fn of_file(path: PathBuf) -> Result<Self, Error> {
        let file = File::open(&path).map_err(Error::file(&path))?;
        let metadata = file.metadata().map_err(Error::file(&path))?;
        if metadata.is_dir() {
            return Err(Error::file(&path)(io::ErrorKind::IsADirectory.into()));
        }
        let name = path.display().to_string();
        // A pipe or a device is read once, as a stream is.
        if !metadata.is_file() {
            return Self::of_stream(name, Box::new(file));
        }
        Ok(Self { name, bytes_total: Some(metadata.len()), file })
    }

    pub(super) fn of_stream(name: String, mut reader: Box<dyn Read + Send>) -> Result<Self, Error> {
        let mut copied = || {
            let mut scratch = tempfile::tempfile()?;
            let bytes = io::copy(&mut reader, &mut scratch)?;
            Ok((scratch, bytes))
        };
        let (file, bytes) = copied().map_err(Error::file(name.as_ref()))?;
        Ok(Self { name, file, bytes_total: Some(bytes) })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The text from its beginning. Only one of these may be in use at a time.
    pub(super) fn open(&self, progress: &Progress) -> Result<impl Read + 'static, Error> {
        let file = self.reopened().map_err(Error::file(self.name.as_ref()))?;
        Ok(Told { file, bytes: 0, told: 0, bytes_total: self.bytes_total, progress: progress.clone() })
    }

    /// The text itself, to look rows up in it.
    pub(super) fn reopened(&self) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

/// Tells how far reading has come.
struct Told {
    file: File,
    bytes: u64,
    told: u64,
    bytes_total: Option<u64>,
    progress: Progress,
}

impl Read for Told {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bytes += count as u64;
        if count == 0 || self.bytes - self.told >= BYTES_PER_STEP {
            self.told = self.bytes;
            self.progress.tell(Step::Reading { bytes: self.bytes, bytes_total: self.bytes_total });
        }
        Ok(count)
    }
}
