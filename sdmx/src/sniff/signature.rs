//! Files that are no message, by the bytes with which they begin.

/// A kind of file that is no message.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    /// What it begins with, in any case of letters.
    begins: &'static [u8],
    /// What it is: `a zip archive`.
    pub looks_like: &'static str,
    /// What its sender can do.
    pub remedy: &'static str,
}

const LOGIN_PAGE: &str = "most often a login page was saved in place of the file";
const UNPACK: &str = "unpack it first";

const SIGNATURES: &[Signature] = &[
    Signature { begins: b"PK\x03\x04", looks_like: "a zip archive", remedy: UNPACK },
    Signature {
        begins: &[0xD0, 0xCF, 0x11, 0xE0],
        looks_like: "an old Excel workbook",
        remedy: "save the sheet as CSV (UTF-8)",
    },
    Signature { begins: &[0x1F, 0x8B], looks_like: "a gzip archive", remedy: UNPACK },
    Signature { begins: &[0x28, 0xB5, 0x2F, 0xFD], looks_like: "a zstd archive", remedy: UNPACK },
    Signature { begins: b"BZh", looks_like: "a bzip2 archive", remedy: UNPACK },
    Signature { begins: b"7z\xBC\xAF", looks_like: "a 7-Zip archive", remedy: UNPACK },
    Signature { begins: b"\xFD7zXZ\0", looks_like: "an xz archive", remedy: UNPACK },
    Signature { begins: b"SQLite format 3", looks_like: "a database", remedy: "write the data as SDMX-CSV" },
    Signature { begins: b"%PDF", looks_like: "a PDF", remedy: "send the figures themselves as SDMX-CSV" },
    Signature { begins: b"<!DOCTYPE html", looks_like: "a web page", remedy: LOGIN_PAGE },
    Signature { begins: b"<html", looks_like: "a web page", remedy: LOGIN_PAGE },
];

impl Signature {
    /// The kind of file that begins so.
    pub(crate) fn of(first: &[u8]) -> Option<&'static Self> {
        SIGNATURES.iter().find(|signature| begins_with(first, signature.begins))
    }
}

/// Whether a file begins as a workbook does. Archives of Excel name their parts within the first entries.
pub(super) fn is_workbook(first: &[u8]) -> bool {
    let names: [&[u8]; 3] = [b"[Content_Types].xml", b"_rels/.rels", b"xl/"];
    // The first entry's name begins behind thirty bytes; entries that come first are some of these.
    first.starts_with(b"PK\x03\x04")
        && names.iter().any(|name| memchr::memmem::find(&first[..first.len().min(512)], name).is_some())
}

fn begins_with(first: &[u8], begin: &[u8]) -> bool {
    first.get(..begin.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(begin))
}
