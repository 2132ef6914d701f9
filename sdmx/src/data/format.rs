//! The formats of data: family, version, layout, and their media types.

use crate::csv::CsvVersion;

/// A format that data are read from or written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataFormat {
    /// SDMX-CSV.
    Csv(CsvVersion),
    /// SDMX-JSON.
    Json(JsonVersion),
    /// SDMX-ML.
    Ml(MlForm),
    /// Parquet: one column per component.
    Parquet,
    /// An Excel workbook, for people. Only written.
    Xlsx,
}

/// Versions of SDMX-JSON data messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JsonVersion {
    /// 1.0.0, of SDMX 2.1.
    V1_0,
    /// 2.0.0, of SDMX 3.0.
    V2_0,
    /// 2.1.0, of SDMX 3.1.
    V2_1,
}

/// Forms of SDMX-ML data messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MlForm {
    /// 2.1 generic: components are named in elements.
    Generic,
    /// 2.1 generic, observations by time.
    GenericTimeSeries,
    /// 2.1 structure-specific: components are attributes.
    Specific21,
    /// 2.1 structure-specific, observations by time.
    SpecificTimeSeries21,
    /// 3.0 structure-specific.
    Specific30,
    /// 3.1 structure-specific.
    Specific31,
    /// 2.0 generic. Only counted.
    Generic20,
    /// 2.0 compact. Only counted.
    Compact20,
}

/// What a request or a message may call a format: family and version as media types have them. The first of
/// a format is the one that answers carry.
const MEDIA_TYPES: &[(DataFormat, &str, &str)] = &[
    (DataFormat::Csv(CsvVersion::V1_0), "data+csv", "1.0.0"),
    (DataFormat::Csv(CsvVersion::V2_0), "data+csv", "2.0.0"),
    (DataFormat::Csv(CsvVersion::V2_1), "data+csv", "2.1.0"),
    (DataFormat::Json(JsonVersion::V1_0), "data+json", "1.0.0"),
    (DataFormat::Json(JsonVersion::V2_0), "data+json", "2.0.0"),
    (DataFormat::Json(JsonVersion::V2_1), "data+json", "2.1.0"),
    (DataFormat::Ml(MlForm::Generic), "genericdata+xml", "2.1"),
    (DataFormat::Ml(MlForm::GenericTimeSeries), "generictimeseriesdata+xml", "2.1"),
    (DataFormat::Ml(MlForm::Specific21), "structurespecificdata+xml", "2.1"),
    (DataFormat::Ml(MlForm::SpecificTimeSeries21), "structurespecifictimeseriesdata+xml", "2.1"),
    (DataFormat::Ml(MlForm::Specific30), "data+xml", "3.0.0"),
    (DataFormat::Ml(MlForm::Specific31), "data+xml", "3.1.0"),
];

/// What stands before the family in a media type.
const PREFIX: &str = "application/vnd.sdmx.";
const PARQUET: &str = "application/vnd.apache.parquet";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

impl DataFormat {
    /// All formats that can be written.
    pub fn all() -> impl Iterator<Item = Self> {
        MEDIA_TYPES.iter().map(|(format, ..)| *format).chain([Self::Parquet, Self::Xlsx])
    }

    /// The full media type, as an answer's Content-Type has it.
    pub fn media_type(self) -> String {
        match self {
            Self::Parquet => PARQUET.to_owned(),
            Self::Xlsx => XLSX.to_owned(),
            _ => {
                let known = MEDIA_TYPES.iter().find(|(format, ..)| *format == self.written_as());
                known.map_or_else(String::new, |(_, family, version)| {
                    format!("{PREFIX}{family};version={version}")
                })
            }
        }
    }

    /// The format of a media type with its exact parameters; case, spaces and parameters other than `version`
    /// do not matter, and `3.0` is `3.0.0`. Wildcards and media types that are not SDMX's are left to the door.
    pub fn of_media_type(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let kind = parts.next()?.to_ascii_lowercase();
        match &*kind {
            PARQUET => return Some(Self::Parquet),
            XLSX => return Some(Self::Xlsx),
            _ => {}
        }
        let family = kind.strip_prefix(PREFIX)?;
        let version = parts.filter_map(|part| part.split_once('=')).find_map(|(name, value)| {
            name.trim().eq_ignore_ascii_case("version").then(|| value.trim().trim_matches('"').to_owned())
        });
        let of_family = || MEDIA_TYPES.iter().filter(|(_, known, _)| *known == family);
        match version {
            Some(version) => {
                of_family().find(|(_, _, known)| same_version(known, &version)).map(|(format, ..)| *format)
            }
            // Without a version the newest is meant.
            None => of_family().next_back().map(|(format, ..)| *format),
        }
    }

    /// Its name for people: `SDMX-ML 2.1 generic`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv(CsvVersion::V1_0) => "SDMX-CSV 1.0",
            Self::Csv(CsvVersion::V2_0) => "SDMX-CSV 2.0",
            Self::Csv(CsvVersion::V2_1) => "SDMX-CSV 2.1",
            Self::Json(JsonVersion::V1_0) => "SDMX-JSON 1.0",
            Self::Json(JsonVersion::V2_0) => "SDMX-JSON 2.0",
            Self::Json(JsonVersion::V2_1) => "SDMX-JSON 2.1",
            Self::Ml(MlForm::Generic) => "SDMX-ML 2.1 generic",
            Self::Ml(MlForm::GenericTimeSeries) => "SDMX-ML 2.1 generic time series",
            Self::Ml(MlForm::Specific21) => "SDMX-ML 2.1 structure-specific",
            Self::Ml(MlForm::SpecificTimeSeries21) => "SDMX-ML 2.1 structure-specific time series",
            Self::Ml(MlForm::Specific30) => "SDMX-ML 3.0",
            Self::Ml(MlForm::Specific31) => "SDMX-ML 3.1",
            Self::Ml(MlForm::Generic20) => "SDMX-ML 2.0 generic",
            Self::Ml(MlForm::Compact20) => "SDMX-ML 2.0 compact",
            Self::Parquet => "Parquet",
            Self::Xlsx => "Excel workbook",
        }
    }

    /// What files of it are called behind the point.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Json(_) => "json",
            Self::Ml(_) => "xml",
            Self::Parquet => "parquet",
            Self::Xlsx => "xlsx",
        }
    }

    /// The format that has a media type for this one.
    fn written_as(self) -> Self {
        match self {
            Self::Ml(MlForm::Generic20) => Self::Ml(MlForm::Generic),
            Self::Ml(MlForm::Compact20) => Self::Ml(MlForm::Specific21),
            format => format,
        }
    }
}

/// Whether two versions are the same when missing parts count as 0.
fn same_version(a: &str, b: &str) -> bool {
    let parts = |text: &str| -> Vec<String> {
        let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
        parts.resize(parts.len().max(3), "0".to_owned());
        parts
    };
    parts(a) == parts(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_media_type() {
        for format in DataFormat::all() {
            assert_eq!(DataFormat::of_media_type(&format.media_type()), Some(format), "{format:?}");
        }
    }

    #[test]
    fn media_types_are_read_as_clients_write_them() {
        for (text, format) in [
            ("application/vnd.sdmx.data+xml; version=3.0", Some(DataFormat::Ml(MlForm::Specific30))),
            (
                "Application/VND.sdmx.data+csv;labels=both;VERSION=1.0",
                Some(DataFormat::Csv(CsvVersion::V1_0)),
            ),
            ("application/vnd.sdmx.data+json", Some(DataFormat::Json(JsonVersion::V2_1))),
            ("application/vnd.sdmx.genericdata+xml;version=2.0", None),
            ("application/json", None),
        ] {
            assert_eq!(DataFormat::of_media_type(text), format, "{text}");
        }
    }
}
