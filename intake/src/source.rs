//! Where figures come from: a file, a stream, or columns of a program.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use mighub_sdmx::Columns;
use mighub_sdmx::csv::Action;
use mighub_workbook::{Extracted, Notice, NoticeKind, extract, is_workbook};

use super::foreign::{Table, TableRead};
use crate::error::Error;
use crate::lane::LaneInfo;
use crate::progress::{Progress, Step};

/// Bytes read between two words about progress.
const BYTES_PER_STEP: u64 = 4 * 1024 * 1024;

/// What is to be checked or sent.
pub enum Source {
    /// A file of any format that is read: SDMX-CSV, SDMX-ML, SDMX-JSON, Parquet, an Excel workbook.
    File(PathBuf),
    /// A stream of the same, such as standard input. It is copied to a scratch file first, because rows that
    /// are not in order are read twice, and findings show their rows.
    Reader {
        /// What messages call it.
        name: String,
        /// The stream.
        reader: Box<dyn Read + Send>,
    },
    /// A file that is open already, and is read from its beginning.
    Open {
        /// What messages call it.
        name: String,
        /// The file.
        file: File,
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
            Self::Reader { name, .. } | Self::Open { name, .. } => name.clone(),
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
pub struct Text {
    name: String,
    file: File,
    bytes_total: Option<u64>,
    workbook: Option<Workbook>,
    /// The table of which the text was made.
    pub(super) table: Option<Table>,
    /// How it was read.
    pub(super) read: TableRead,
}

/// The workbook of which a text was made.
#[derive(Debug)]
pub struct Workbook {
    /// The workbook.
    pub file: File,
    /// What stood in its cells, and where.
    pub extracted: Extracted,
}

impl Text {
    /// The file at a path.
    ///
    /// Scratch files go into `scratch`, as all of them do: the system's folder for such may be memory.
    pub fn of_file(path: PathBuf, scratch: &Path) -> Result<Self, Error> {
        let file = File::open(&path).map_err(Error::file(&path))?;
        let metadata = file.metadata().map_err(Error::file(&path))?;
        if metadata.is_dir() {
            return Err(Error::file(&path)(io::ErrorKind::IsADirectory.into()));
        }
        let name = path.display().to_string();
        // A pipe or a device is read once, as a stream is.
        if !metadata.is_file() {
            return Self::of_stream(name, Box::new(file), scratch);
        }
        Self::of(name, file, metadata.len(), scratch)
    }

    pub(super) fn of_open(name: String, file: File, scratch: &Path) -> Result<Self, Error> {
        let bytes = file.metadata().map_err(Error::file(name.as_ref()))?.len();
        Self::of(name, file, bytes, scratch)
    }

    pub(super) fn of_stream(
        name: String,
        mut reader: Box<dyn Read + Send>,
        scratch: &Path,
    ) -> Result<Self, Error> {
        let mut copied = || {
            let mut copy = tempfile::tempfile_in(scratch)?;
            let bytes = io::copy(&mut reader, &mut copy)?;
            Ok((copy, bytes))
        };
        let (file, bytes) = copied().map_err(Error::file(name.as_ref()))?;
        Self::of(name, file, bytes, scratch)
    }

    /// Reads a workbook into a text; leaves any other file as it is.
    fn of(name: String, mut file: File, bytes: u64, scratch: &Path) -> Result<Self, Error> {
        let mut begins_as_workbook = || {
            let mut first = Vec::new();
            file.seek(SeekFrom::Start(0))?;
            Read::by_ref(&mut file).take(8).read_to_end(&mut first)?;
            io::Result::Ok(is_workbook(&first))
        };
        if !begins_as_workbook().map_err(Error::file(name.as_ref()))? {
            return Ok(Self {
                name,
                file,
                bytes_total: Some(bytes),
                workbook: None,
                table: None,
                read: TableRead::default(),
            });
        }
        let text = tempfile::tempfile_in(scratch).map_err(Error::file(scratch))?;
        let mut out = BufWriter::new(&text);
        let reader = BufReader::new(file.try_clone().map_err(Error::file(name.as_ref()))?);
        let extracted =
            extract(reader, &mut out).map_err(|source| Error::Workbook { name: name.clone(), source })?;
        out.flush().map_err(Error::file(scratch))?;
        drop(out);
        let bytes_total = text.metadata().ok().map(|metadata| metadata.len());
        let workbook = Some(Workbook { file, extracted });
        Ok(Self { name, file: text, bytes_total, workbook, table: None, read: TableRead::default() })
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the sender of a workbook should know beside the findings.
    pub(super) fn notices(&self, lane: Option<&LaneInfo>) -> Vec<Notice> {
        let Some(Workbook { extracted, .. }) = &self.workbook else { return Vec::new() };
        let mut notices = extracted.notices.clone();
        if let (Some(form), Some(lane)) = (&extracted.form, lane)
            && form.structure_digest != lane.structure_digest.to_string()
        {
            notices.push(Notice { address: None, kind: NoticeKind::OtherStructures });
        }
        notices
    }

    /// The workbook, if the text was made of one.
    pub fn workbook(&self) -> Option<&Workbook> {
        self.workbook.as_ref()
    }

    /// The table of which the text was made, if it had another layout.
    pub fn table(&self) -> Option<&Table> {
        self.table.as_ref()
    }

    /// Another text in the place of this one, made from it.
    pub(super) fn replace(&mut self, file: File) -> Result<(), Error> {
        let metadata = file.metadata().map_err(Error::file(self.name.as_ref()))?;
        (self.file, self.bytes_total) = (file, Some(metadata.len()));
        Ok(())
    }

    /// The text that its sender knows, to look rows up in it.
    pub fn shown(&self) -> io::Result<File> {
        self.table.as_ref().map_or_else(|| self.reopened(), Table::reopened)
    }

    /// The text from its beginning. Only one of these may be in use at a time.
    pub(super) fn open(&self, progress: &Progress) -> Result<impl Read + Seek + 'static, Error> {
        let file = self.reopened().map_err(Error::file(self.name.as_ref()))?;
        Ok(Told { file, bytes: 0, told: 0, bytes_total: self.bytes_total, progress: progress.clone() })
    }

    /// The text itself, to look rows up in it.
    pub fn reopened(&self) -> io::Result<File> {
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

impl Seek for Told {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.file.seek(to)?;
        // Formats whose description stands at the end are read from there; what is told never goes back.
        self.bytes = self.bytes.max(at);
        Ok(at)
    }
}
