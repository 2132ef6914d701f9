//! Messages of SDMX-JSON, by the schema they name, else by their keys.

use super::{Kind, StructureFormat};
use crate::data::{DataFormat, JsonVersion};

/// Classes of artefacts that stand in `data` of a structure message.
const ARTEFACTS: &[&str] = &[
    "agencySchemes",
    "availabilityConstraints",
    "categorisations",
    "categorySchemes",
    "codelists",
    "conceptSchemes",
    "contentConstraints",
    "dataConstraints",
    "dataConsumerSchemes",
    "dataProviderSchemes",
    "dataStructures",
    "dataflows",
    "hierarchies",
    "hierarchicalCodelists",
    "metadataflows",
    "metadataStructures",
    "organisationUnitSchemes",
    "provisionAgreements",
    "structureMaps",
    "valueLists",
];

/// What a document of JSON is.
pub(super) fn kind(text: &[u8]) -> Kind {
    let outline = Outline::of(text);
    if let Some(kind) = outline.schema.as_deref().and_then(of_schema) {
        return kind;
    }
    let data = |version| Kind::Data(DataFormat::Json(version));
    let has = |depth: usize, key: &str| outline.keys.iter().any(|(at, known)| *at == depth && known == key);
    let is_old = has(1, "dataSets") || has(1, "structure") || has(2, "structure");
    let names_artefacts =
        outline.keys.iter().any(|(depth, key)| *depth <= 2 && ARTEFACTS.contains(&key.as_str()));
    if is_old {
        data(JsonVersion::V1_0)
    } else if has(2, "dataSets") || has(2, "structures") {
        data(JsonVersion::V2_0)
    } else if names_artefacts {
        Kind::Structure(StructureFormat::Json(JsonVersion::V2_0))
    } else if has(1, "errors") {
        Kind::Error(StructureFormat::Json(JsonVersion::V2_0))
    } else if has(2, "metadataSets") {
        Kind::OtherSdmx("reference metadata in SDMX-JSON")
    } else if has(1, "class") && has(1, "version") {
        Kind::OtherSdmx("JSON-stat")
    } else {
        Kind::Json
    }
}

/// `.../schemas/2.0.0/sdmx-json-data-schema.json`: what it is of, and which version.
fn of_schema(schema: &str) -> Option<Kind> {
    let (before, file) = schema.rsplit_once('/')?;
    let version = before.rsplit('/').next()?;
    let version = match version.trim_start_matches('v') {
        version if version.starts_with("2.0") => JsonVersion::V2_0,
        version if version.starts_with("2.") => JsonVersion::V2_1,
        version if version.starts_with("1.") => JsonVersion::V1_0,
        // Later versions of this family read like the last one known.
        _ if file.starts_with("sdmx-json-") => JsonVersion::V2_1,
        _ => return None,
    };
    match file {
        file if file.starts_with("sdmx-json-data") => Some(Kind::Data(DataFormat::Json(version))),
        file if file.starts_with("sdmx-json-structure") => {
            Some(Kind::Structure(StructureFormat::Json(version)))
        }
        file if file.starts_with("sdmx-json-metadata") => {
            Some(Kind::OtherSdmx("reference metadata in SDMX-JSON"))
        }
        _ => None,
    }
}

/// Keys near the top of a document, as far as it was read.
#[derive(Default)]
struct Outline {
    /// Depth from 1, and key; those of the two upper levels.
    keys: Vec<(usize, String)>,
    /// The schema that the message names.
    schema: Option<String>,
}

impl Outline {
    fn of(text: &[u8]) -> Self {
        let mut outline = Self::default();
        let (mut at, mut depth) = (0, 0usize);
        // Strings that may turn out to be keys, or the value of one.
        let (mut string, mut key): (Option<&[u8]>, &[u8]) = (None, b"");
        while let Some(byte) = text.get(at) {
            at += 1;
            match byte {
                b'"' => {
                    let Some(end) = string_end(text, at) else { return outline };
                    string = Some(&text[at..end]);
                    at = end + 1;
                    if matches!(key, b"schema" | b"$schema") && depth <= 2 && outline.schema.is_none() {
                        outline.schema = string.map(|text| String::from_utf8_lossy(text).into_owned());
                    }
                    continue;
                }
                b':' => {
                    key = string.unwrap_or_default();
                    if depth <= 2 {
                        outline.keys.push((depth, String::from_utf8_lossy(key).into_owned()));
                    }
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                byte if byte.is_ascii_whitespace() => continue,
                _ => {}
            }
            if *byte != b':' {
                key = b"";
            }
            string = None;
        }
        outline
    }
}

fn string_end(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let next = at + memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[next] == b'"' {
            return Some(next);
        }
        at = next + 2;
    }
}
