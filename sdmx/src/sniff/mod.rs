//! What a file is, from its first bytes; never from its name.
//!
//! What lives here: telling formats and their versions, and what else a file looks like, so that a message can
//! say it. What must not: whether the rest of the file keeps what its beginning promises; its reader sees that.

mod columns;
mod encoding;
mod json;
mod signature;
mod xml;

use std::borrow::Cow;

pub use encoding::Encoding;
pub(crate) use signature::Signature;

use crate::data::{DataFormat, JsonVersion};
use crate::ml::structure::MlVersion;

/// Bytes that tell the family.
pub const SNIFFED_BYTES: usize = 64;
/// Bytes that tell the version as well: a message's namespaces and its schema stand within.
pub const RECOGNISED_BYTES: usize = 16 * 1024;

/// Families of formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Text in columns.
    Csv,
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// Parquet.
    Parquet,
}

/// What a file is, and how its text is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// What it is.
    pub kind: Kind,
    /// The encoding of its text; UTF-8 if it is none.
    pub encoding: Encoding,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Data in a format of SDMX, or Parquet, or a workbook.
    Data(DataFormat),
    /// Structures.
    Structure(StructureFormat),
    /// A message of a registry: a submission, a query or their answer.
    Registry(MlVersion),
    /// An error message of a service.
    Error(StructureFormat),
    /// A message of SDMX of another kind; its name.
    OtherSdmx(&'static str),
    /// Text in columns without what SDMX-CSV begins with; the separator.
    Table(u8),
    /// XML of another kind.
    Xml,
    /// JSON of another kind.
    Json,
    /// An archive, a document, a page.
    Other(&'static Signature),
    /// Bytes that are no text.
    Binary,
    /// Nothing.
    Empty,
}

/// Formats of messages that are not data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StructureFormat {
    /// SDMX-ML.
    Ml(MlVersion),
    /// SDMX-JSON.
    Json(JsonVersion),
}

impl Kind {
    /// What it is, for people: `SDMX-ML 2.1 structures`.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::Data(format) => format.name().into(),
            Self::Structure(format) => format!("{} structures", format.name()).into(),
            Self::Registry(version) => {
                format!("{} of a registry", StructureFormat::Ml(version).name()).into()
            }
            Self::Error(format) => format!("an error message in {}", format.name()).into(),
            Self::OtherSdmx(name) => name.into(),
            Self::Table(b'\t') => "a table with tabs between its columns".into(),
            Self::Table(separator) => {
                format!("a table with {:?} between its columns", char::from(separator)).into()
            }
            Self::Xml => "XML that is not SDMX".into(),
            Self::Json => "JSON that is not SDMX".into(),
            Self::Other(signature) => signature.looks_like.into(),
            Self::Binary => "a binary file".into(),
            Self::Empty => "an empty file".into(),
        }
    }

    /// The format, if it is data.
    pub fn data(self) -> Option<DataFormat> {
        match self {
            Self::Data(format) => Some(format),
            _ => None,
        }
    }
}

impl StructureFormat {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ml(MlVersion::V2_1) => "SDMX-ML 2.1",
            Self::Ml(MlVersion::V3_0) => "SDMX-ML 3.0",
            Self::Ml(MlVersion::V3_1) => "SDMX-ML 3.1",
            Self::Json(JsonVersion::V1_0) => "SDMX-JSON 1.0",
            Self::Json(JsonVersion::V2_0) => "SDMX-JSON 2.0",
            Self::Json(JsonVersion::V2_1) => "SDMX-JSON 2.1",
        }
    }
}

/// The family of a file that begins with these bytes, of which [`SNIFFED_BYTES`] suffice. Whatever is nothing else
/// is text in columns, whose reader says what is wrong with it.
pub fn sniff(first: &[u8]) -> Family {
    if first.starts_with(b"PAR1") {
        return Family::Parquet;
    }
    let (text, _) = encoding::text(&first[..first.len().min(SNIFFED_BYTES)]);
    let text = text.trim_ascii_start();
    match text.first() {
        Some(b'<') if Signature::of(text).is_some() => Family::Csv,
        Some(b'<') => Family::Xml,
        Some(b'{' | b'[') => Family::Json,
        _ => Family::Csv,
    }
}

/// What a file is that begins with these bytes; [`RECOGNISED_BYTES`] of them are looked at.
pub fn recognise(first: &[u8]) -> Recognised {
    let first = &first[..first.len().min(RECOGNISED_BYTES)];
    if first.starts_with(b"PAR1") {
        return Recognised { kind: Kind::Data(DataFormat::Parquet), encoding: Encoding::Utf8 };
    }
    if signature::is_workbook(first) {
        return Recognised { kind: Kind::Data(DataFormat::Xlsx), encoding: Encoding::Utf8 };
    }
    let (text, encoding) = encoding::text(first);
    let text = text.trim_ascii_start();
    let kind = match (Signature::of(text), text.first()) {
        (Some(signature), _) => Kind::Other(signature),
        (None, None) => Kind::Empty,
        (None, Some(_)) if memchr::memchr(0, text).is_some() => Kind::Binary,
        (None, Some(b'<')) => xml::kind(text),
        (None, Some(b'{' | b'[')) => json::kind(text),
        (None, Some(_)) => columns::kind(text),
    };
    Recognised { kind, encoding }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &[u8]) -> String {
        recognise(text).kind.name().into_owned()
    }

    #[test]
    fn beginnings_tell_what_files_are() {
        for (text, expected) in [
            ("DATAFLOW,FREQ\nA:B(1.0),A", "SDMX-CSV 1.0"),
            ("\u{FEFF}DATAFLOW;FREQ\nA:B(1.0);A", "SDMX-CSV 1.0"),
            ("STRUCTURE,STRUCTURE_ID,FREQ\n", "SDMX-CSV 2.0"),
            ("sep=;\r\n\"STRUCTURE[|]\";STRUCTURE_ID;ACTION\r\ndataflow;A:B;R\r\n", "SDMX-CSV 2.0"),
            ("STRUCTURE[;],STRUCTURE_ID,ACTION,F\ndataflow,A:B(1.0),M,x\n", "SDMX-CSV 2.1"),
            ("STRUCTURED,STRUCTURE_ID\n", "a table with ',' between its columns"),
            ("Land\tJahr\n", "a table with tabs between its columns"),
            ("", "an empty file"),
            ("  \n", "an empty file"),
            ("<!DOCTYPE html><html>", "a web page"),
            ("<!-- page --><html lang='en'>", "XML that is not SDMX"),
            ("{\"a\": 1}", "JSON that is not SDMX"),
            ("{\"version\":\"2.0\",\"class\":\"dataset\",\"id\":[]}", "JSON-stat"),
            ("{\"errors\":[{\"code\":404}]}", "an error message in SDMX-JSON 2.0"),
            ("{\"header\":{\"id\":\"x\"},\"dataSets\":[]}", "SDMX-JSON 1.0"),
            ("{\"meta\":{},\"data\":{\"structure\":{},\"dataSets\":[]}}", "SDMX-JSON 1.0"),
            ("{\"data\":{\"structures\":[],\"dataSets\":[]}}", "SDMX-JSON 2.0"),
            ("{\"data\":{\"codelists\":[{\"id\":\"dataSets\"}]}}", "SDMX-JSON 2.0 structures"),
            (
                "{\"$schema\":\"https://x/data-message/tools/schemas/2.1/sdmx-json-data-schema.json\",",
                "SDMX-JSON 2.1",
            ),
            ("%PDF-1.7", "a PDF"),
            ("ab\0cd", "a binary file"),
        ] {
            assert_eq!(name(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(name(b"PK\x03\x04\x14\0\0\0\x08\0....[Content_Types].xml"), "Excel workbook");
        assert_eq!(name(b"PK\x03\x04\x14\0\0\0\x08\0....data.csv"), "a zip archive");
        assert_eq!(name(b"\x1f\x8b\x08\0"), "a gzip archive");
        assert_eq!(name(b"PAR1\x15\0"), "Parquet");
    }

    #[test]
    fn messages_of_sdmx_ml_are_told_by_root_and_namespace() {
        for (root, namespace, expected) in [
            ("GenericData", "sdmxml/schemas/v2_1/message", "SDMX-ML 2.1 generic"),
            ("GenericTimeSeriesData", "sdmxml/schemas/v2_1/message", "SDMX-ML 2.1 generic time series"),
            ("StructureSpecificData", "sdmxml/schemas/v2_1/message", "SDMX-ML 2.1 structure-specific"),
            ("StructureSpecificData", "sdmxml/schemas/v3_0/message", "SDMX-ML 3.0"),
            ("StructureSpecificData", "sdmxml/schemas/v3_1/message", "SDMX-ML 3.1"),
            ("CompactData", "SDMXML/schemas/v2_0/message", "SDMX-ML 2.0 compact"),
            ("GenericData", "SDMXML/schemas/v2_0/message", "SDMX-ML 2.0 generic"),
            ("Structure", "sdmxml/schemas/v2_1/message", "SDMX-ML 2.1 structures"),
            ("Structure", "SDMXML/schemas/v2_0/message", "structures in SDMX-ML 2.0"),
            ("RegistryInterface", "sdmxml/schemas/v3_0/message", "SDMX-ML 3.0 of a registry"),
            ("Error", "sdmxml/schemas/v2_1/message", "an error message in SDMX-ML 2.1"),
            ("Structure", "other/schemas", "XML that is not SDMX"),
        ] {
            let text = format!(
                "<?xml version=\"1.0\"?>\n<!-- a comment with <{root}x> -->\n<m:{root} a='1'\n xmlns:m=\"http://www.sdmx.org/resources/{namespace}\">"
            );
            assert_eq!(name(text.as_bytes()), expected, "{root} {namespace}");
            let wide: Vec<u8> =
                [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
            let recognised = recognise(&wide);
            assert_eq!((&*recognised.kind.name(), recognised.encoding), (expected, Encoding::Utf16Le));
            assert_eq!(sniff(&wide), Family::Xml);
        }
    }

    #[test]
    fn a_beginning_cut_anywhere_is_told_or_not_told_but_never_a_panic() {
        let text = "{\"meta\":{\"schema\":\"https://x/2.1/sdmx-json-data-schema.json\"},\"data\":{\"dataSets\":[{\"é\":\"\\\"\"}]}}";
        for end in 0..text.len() {
            recognise(&text.as_bytes()[..end]);
        }
        let deep = "{\"a\":".repeat(10_000);
        assert_eq!(name(deep.as_bytes()), "JSON that is not SDMX");
    }
}
