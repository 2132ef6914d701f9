//! A workbook as what it is: a ZIP file of XML parts that refer to one another.
//!
//! What lives here: opening within limits, parts, relationships, which sheets there are. What must not: cells.

mod relations;
mod xml;

use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::result::ZipError;

pub(crate) use relations::{Sheet, WorkbookPart, relations, relations_part};
pub(crate) use xml::{Limited, Xml, attribute, local, of_reference};

/// Largest file. A full sheet of a million rows and ten columns has about 60 MiB.
pub(crate) const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Largest part when it is inflated; a full sheet of a million rows has about 500 MB. A file that inflates to
/// more is a trap, or no questionnaire.
pub(crate) const PART_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Largest part that is held in memory as a whole: styles, relationships, notes.
pub(crate) const HELD_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Most parts. A workbook of a hundred sheets with pictures has some hundreds.
const PARTS_MAX: usize = 10_000;

/// Why a file is not a workbook that can be read.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Not read at all.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Another kind of file.
    #[error("the file is not an Excel workbook (.xlsx): it looks like {looks_like}; {remedy}")]
    OtherKind {
        /// What it looks like.
        looks_like: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Too large.
    #[error("the workbook has {bytes} bytes; at most {FILE_BYTES_MAX} are read: split it, or send SDMX-CSV")]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// Too many parts.
    #[error("the workbook has {0} parts; at most {PARTS_MAX} are read: remove pictures and unused sheets")]
    TooManyParts(usize),
    /// A part inflates beyond its limit.
    #[error("the part {part} of the workbook inflates to more than {limit} bytes: split the workbook")]
    Inflates {
        /// The part.
        part: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A part that must be there is not.
    #[error("the workbook is damaged: it has no part {0}; open it in Excel and save it again")]
    MissingPart(String),
    /// A part cannot be read.
    #[error("the workbook is damaged in its part {part}: {reason}; open it in Excel and save it again")]
    Damaged {
        /// The part.
        part: String,
        /// What is wrong.
        reason: String,
    },
}

impl PackageError {
    pub(crate) fn damaged(part: &str, reason: impl std::fmt::Display) -> Self {
        Self::Damaged { part: part.to_owned(), reason: reason.to_string() }
    }
}

/// An open workbook.
pub(crate) struct Package<R> {
    archive: ZipArchive<R>,
}

impl<R: Read + Seek> Package<R> {
    pub(crate) fn open(mut file: R) -> Result<Self, PackageError> {
        let bytes = file.seek(SeekFrom::End(0))?;
        if bytes > FILE_BYTES_MAX {
            return Err(PackageError::TooLarge { bytes });
        }
        file.seek(SeekFrom::Start(0))?;
        let mut first = Vec::new();
        file.by_ref().take(64).read_to_end(&mut first)?;
        other_kind(&first)?;
        file.seek(SeekFrom::Start(0))?;
        let archive = ZipArchive::new(file).map_err(|error| broken("(the ZIP directory)", error))?;
        if archive.len() > PARTS_MAX {
            return Err(PackageError::TooManyParts(archive.len()));
        }
        let mut package = Self { archive };
        // Text documents and presentations are packages, too.
        if package.find("[Content_Types].xml").is_none() {
            let (looks_like, remedy) = if package.find("mimetype").is_some() {
                ("an OpenDocument file", "save it as an Excel workbook (.xlsx)")
            } else {
                ("an ordinary ZIP file", "unpack it, and give the file that is inside")
            };
            return Err(PackageError::OtherKind { looks_like, remedy });
        }
        Ok(package)
    }

    /// The place of a part. Their names do not care for case.
    pub(crate) fn find(&mut self, part: &str) -> Option<usize> {
        let exact = self.archive.index_for_name(part);
        exact.or_else(|| {
            let names = self.archive.file_names_raw();
            names.enumerate().find(|(_, name)| name.eq_ignore_ascii_case(part.as_bytes())).map(|(at, _)| at)
        })
    }

    /// The names of all parts, in the order of the file.
    pub(crate) fn names(&self) -> Vec<String> {
        self.archive.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }

    /// A part, to be read once from its beginning.
    pub(crate) fn xml(&mut self, part: &str) -> Result<Xml<impl Read>, PackageError> {
        let place = self.find(part).ok_or_else(|| PackageError::MissingPart(part.to_owned()))?;
        let file = self.archive.by_index(place).map_err(|error| broken(part, error))?;
        Ok(Xml::new(part, BufReader::new(Limited::new(file, PART_BYTES_MAX))))
    }

    /// A small part as a whole; nothing if there is none.
    pub(crate) fn text(&mut self, part: &str) -> Result<Option<String>, PackageError> {
        let Some(place) = self.find(part) else { return Ok(None) };
        let file = self.archive.by_index(place).map_err(|error| broken(part, error))?;
        let mut text = String::new();
        let read = file.take(HELD_BYTES_MAX + 1).read_to_string(&mut text);
        read.map_err(|error| PackageError::damaged(part, error))?;
        if text.len() as u64 > HELD_BYTES_MAX {
            return Err(PackageError::Inflates { part: part.to_owned(), limit: HELD_BYTES_MAX });
        }
        Ok(Some(text))
    }

    pub(crate) fn required_text(&mut self, part: &str) -> Result<String, PackageError> {
        self.text(part)?.ok_or_else(|| PackageError::MissingPart(part.to_owned()))
    }

    pub(crate) fn archive(&mut self) -> &mut ZipArchive<R> {
        &mut self.archive
    }
}

/// Tells other kinds of files apart by their first bytes.
fn other_kind(first: &[u8]) -> Result<(), PackageError> {
    let (looks_like, remedy) = if first.starts_with(b"PK\x03\x04") {
        return Ok(());
    } else if first.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        (
            "an old Excel file (.xls) or one that is protected by a password",
            "save it as an Excel workbook (.xlsx) without a password",
        )
    } else if first.is_empty() {
        ("an empty file", "choose another one")
    } else {
        ("something else", "save it as an Excel workbook (.xlsx), or as CSV")
    };
    Err(PackageError::OtherKind { looks_like, remedy })
}

fn broken(part: &str, error: ZipError) -> PackageError {
    match error {
        ZipError::Io(error) => PackageError::Io(error),
        error => PackageError::damaged(part, error),
    }
}
