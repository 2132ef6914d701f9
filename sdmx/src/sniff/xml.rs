//! Messages of SDMX-ML, by their root element and its namespace.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Kind, StructureFormat};
use crate::data::{DataFormat, MlForm};
use crate::ml::structure::MlVersion;

/// What stands in the namespaces of all versions.
const SDMX: &str = "sdmx.org/resources/sdmxml/schemas/";
/// Elements that are only wrapped around a message.
const ENVELOPE: [&str; 2] = ["Envelope", "Body"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V2_0,
    Known(MlVersion),
}

/// What a document of XML is.
pub(super) fn kind(text: &[u8]) -> Kind {
    let mut reader = Reader::from_reader(text);
    loop {
        let element = match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => element,
            Ok(Event::Eof) | Err(_) => return Kind::Xml,
            Ok(_) => continue,
        };
        if ENVELOPE.contains(&element.local_name().as_ref()) {
            continue;
        }
        return of_root(&element);
    }
}

fn of_root(element: &BytesStart<'_>) -> Kind {
    let Some(version) = version(element) else { return Kind::Xml };
    let form = |of_2_1: MlForm| match version {
        Version::Known(MlVersion::V3_0) => Kind::Data(DataFormat::Ml(MlForm::Specific30)),
        Version::Known(MlVersion::V3_1) => Kind::Data(DataFormat::Ml(MlForm::Specific31)),
        Version::V2_0 | Version::Known(MlVersion::V2_1) => Kind::Data(DataFormat::Ml(of_2_1)),
    };
    match (element.local_name().as_ref(), version) {
        ("GenericData", Version::V2_0) => Kind::Data(DataFormat::Ml(MlForm::Generic20)),
        ("CompactData", Version::V2_0) => Kind::Data(DataFormat::Ml(MlForm::Compact20)),
        ("GenericData", _) => Kind::Data(DataFormat::Ml(MlForm::Generic)),
        ("GenericTimeSeriesData", _) => Kind::Data(DataFormat::Ml(MlForm::GenericTimeSeries)),
        ("StructureSpecificData", _) => form(MlForm::Specific21),
        ("StructureSpecificTimeSeriesData", _) => form(MlForm::SpecificTimeSeries21),
        ("Structure", Version::Known(version)) => Kind::Structure(StructureFormat::Ml(version)),
        ("Structure", Version::V2_0) => Kind::OtherSdmx("structures in SDMX-ML 2.0"),
        ("RegistryInterface", Version::Known(version)) => Kind::Registry(version),
        ("Error", Version::Known(version)) => Kind::Error(StructureFormat::Ml(version)),
        ("GenericMetadata" | "StructureSpecificMetadata" | "MetadataReport", _) => {
            Kind::OtherSdmx("reference metadata in SDMX-ML")
        }
        ("UtilityData", _) => Kind::OtherSdmx("utility data in SDMX-ML 2.0"),
        ("CrossSectionalData", _) => Kind::OtherSdmx("cross-sectional data in SDMX-ML 2.0"),
        _ => Kind::OtherSdmx("another message of SDMX-ML"),
    }
}

/// The version in the namespaces of an element, of which that of messages comes first where there are several.
fn version(element: &BytesStart<'_>) -> Option<Version> {
    let mut found = None;
    for attribute in element.attributes().with_checks(false).flatten() {
        let value = attribute.value.to_ascii_lowercase();
        let Some((_, behind)) = value.split_once(SDMX) else { continue };
        let (segment, words) = behind.split_once('/').unwrap_or((behind, ""));
        let version = match segment {
            "v2_0" | "v1_0" => Version::V2_0,
            "v2_1" => Version::Known(MlVersion::V2_1),
            "v3_0" => Version::Known(MlVersion::V3_0),
            "v3_1" => Version::Known(MlVersion::V3_1),
            _ => continue,
        };
        if words.trim_end_matches('/') == "message" {
            return Some(version);
        }
        found = found.or(Some(version));
    }
    found
}
