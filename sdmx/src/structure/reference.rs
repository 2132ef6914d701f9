//! Names of artefacts: class, agency, id and version; as URN and in short.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Longest id of an artefact or an item.
const ID_BYTES_MAX: usize = 255;

/// The classes of maintainable artefacts that a hub holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The agencies an agency maintains.
    AgencyScheme,
    /// The data providers an agency names.
    DataProviderScheme,
    /// A list of codes.
    Codelist,
    /// A list of concepts.
    ConceptScheme,
    /// A data structure definition.
    DataStructure,
    /// A dataflow.
    Dataflow,
    /// Which provider sends which dataflow.
    ProvisionAgreement,
    /// Which values are allowed.
    DataConstraint,
}

const CLASSES: [(Class, &str, &str); 8] = [
    (Class::AgencyScheme, "base", "AgencyScheme"),
    (Class::DataProviderScheme, "base", "DataProviderScheme"),
    (Class::Codelist, "codelist", "Codelist"),
    (Class::ConceptScheme, "conceptscheme", "ConceptScheme"),
    (Class::DataStructure, "datastructure", "DataStructure"),
    (Class::Dataflow, "datastructure", "Dataflow"),
    (Class::ProvisionAgreement, "registry", "ProvisionAgreement"),
    (Class::DataConstraint, "registry", "DataConstraint"),
];

/// `MAJOR.MINOR.PATCH[-EXTENSION]`, or a legacy version such as `1.0`, which promises nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(Arc<str>);

/// The name of one artefact, or of one item of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference {
    /// What kind of artefact.
    pub class: Class,
    /// Maintenance agency.
    pub agency: Arc<str>,
    /// Id of the artefact.
    pub id: Arc<str>,
    /// Its version.
    pub version: Version,
    /// Id of an item of it, such as a concept or a provider.
    pub item: Option<Arc<str>>,
}

/// Why a text names no artefact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not of the form.
    #[error("{0:?} is not a URN: write urn:sdmx:org.sdmx.infomodel.PACKAGE.CLASS=AGENCY:ID(VERSION)")]
    NotAUrn(String),
    /// A class this hub does not hold.
    #[error("{0:?} names an artefact of a class that this hub does not hold")]
    UnknownClass(String),
    /// Not of the short form.
    #[error("{0:?} is not a reference: write AGENCY:ID(VERSION)")]
    NotShort(String),
    /// A version that is none.
    #[error("{0:?} is not a version: write MAJOR.MINOR.PATCH, such as 1.0.0")]
    NotAVersion(String),
    /// An id with characters it may not have.
    #[error("{0:?} is not an id: begin with a letter and use letters, digits, _ and -")]
    NotAnId(String),
}

impl Class {
    /// The class's name in a URN.
    pub fn name(self) -> &'static str {
        CLASSES.iter().find(|(class, ..)| *class == self).map_or("", |(.., name)| name)
    }

    fn package(self) -> &'static str {
        CLASSES.iter().find(|(class, ..)| *class == self).map_or("", |(_, package, _)| package)
    }

    /// The class of a name, in any case: `codelist`, `Dataflow`.
    pub fn of_name(name: &str) -> Option<Self> {
        CLASSES.iter().find(|(.., known)| known.eq_ignore_ascii_case(name)).map(|(class, ..)| *class)
    }

    /// All classes.
    pub fn all() -> impl Iterator<Item = Self> {
        CLASSES.iter().map(|(class, ..)| *class)
    }
}

impl Version {
    /// Reads a version.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (numbers, extension) = text.split_once('-').unwrap_or((text, "x"));
        let parts: Vec<&str> = numbers.split('.').collect();
        let number = |part: &&str| {
            !part.is_empty() && part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let extension_fits = !extension.is_empty()
            && extension.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        let sound = (1..=3).contains(&parts.len())
            && parts.iter().all(number)
            && extension_fits
            && (parts.len() == 3 || !text.contains('-'));
        if sound { Ok(Self(Arc::from(text))) } else { Err(ReferenceError::NotAVersion(text.to_owned())) }
    }

    /// Version 1.0.0.
    pub fn first() -> Self {
        Self(Arc::from("1.0.0"))
    }

    /// Whether an artefact of this version never changes: semantic and without extension.
    pub fn is_stable(&self) -> bool {
        self.0.split('.').count() == 3 && !self.0.contains('-')
    }

    fn order(&self) -> (Vec<u64>, bool, &str) {
        let (numbers, extension) = self.0.split_once('-').unwrap_or((&self.0, ""));
        let numbers = numbers.split('.').map(|part| part.parse().unwrap_or(0)).collect();
        (numbers, extension.is_empty(), extension)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order()).then_with(|| self.0.cmp(&other.0))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text may be the id of an artefact or a component; nested agencies have points between ids.
pub fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    text.len() <= ID_BYTES_MAX
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(fits)
}

/// Whether a text may be the id of a code.
pub fn is_code_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'$' | b'-');
    !text.is_empty() && text.len() <= ID_BYTES_MAX && text.bytes().all(fits)
}

impl Reference {
    /// A reference to a whole artefact.
    pub fn new(class: Class, agency: &str, id: &str, version: Version) -> Self {
        Self { class, agency: Arc::from(agency), id: Arc::from(id), version, item: None }
    }

    /// Reads the short form `AGENCY:ID(VERSION)`, as SDMX-CSV writes it; without version, 1.0.0 is meant.
    pub fn parse_short(class: Class, text: &str) -> Result<Self, ReferenceError> {
        let refuse = || ReferenceError::NotShort(text.to_owned());
        let (agency, rest) = text.split_once(':').ok_or_else(refuse)?;
        let (id, version) = match rest.split_once('(') {
            None => (rest, Version::first()),
            Some((id, version)) => (id, Version::parse(version.strip_suffix(')').ok_or_else(refuse)?)?),
        };
        for part in [agency, id] {
            if !is_id(part) {
                return Err(ReferenceError::NotAnId(part.to_owned()));
            }
        }
        Ok(Self::new(class, agency, id, version))
    }

    /// The short form.
    pub fn short(&self) -> String {
        format!("{}:{}({})", self.agency, self.id, self.version)
    }

    /// The artefact of an item.
    pub fn artefact(&self) -> Self {
        Self { item: None, ..self.clone() }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let refuse = || ReferenceError::NotAUrn(text.chars().take(200).collect());
        let rest = text.strip_prefix("urn:sdmx:org.sdmx.infomodel.").ok_or_else(refuse)?;
        let (class, name) = rest.split_once('=').ok_or_else(refuse)?;
        let class_name = class.rsplit('.').next().unwrap_or(class);
        // An item is named with its own class; it lies in the scheme of that class.
        let scheme = match class_name {
            "Concept" => "ConceptScheme",
            "Code" => "Codelist",
            "DataProvider" => "DataProviderScheme",
            "Agency" => "AgencyScheme",
            other => other,
        };
        let class = Class::of_name(scheme).ok_or_else(|| ReferenceError::UnknownClass(text.to_owned()))?;
        let close = name.find(')').ok_or_else(refuse)?;
        let mut reference = Self::parse_short(class, &name[..=close])?;
        if let Some(item) = name[close + 1..].strip_prefix('.') {
            if item.is_empty() {
                return Err(refuse());
            }
            reference.item = Some(Arc::from(item));
        } else if close + 1 != name.len() {
            return Err(refuse());
        }
        Ok(reference)
    }
}

impl fmt::Display for Reference {
    /// As URN.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match (self.class, &self.item) {
            (Class::ConceptScheme, Some(_)) => "Concept",
            (Class::Codelist, Some(_)) => "Code",
            (Class::DataProviderScheme, Some(_)) => "DataProvider",
            (Class::AgencyScheme, Some(_)) => "Agency",
            (class, _) => class.name(),
        };
        write!(f, "urn:sdmx:org.sdmx.infomodel.{}.{class}={}", self.class.package(), self.short())?;
        self.item.iter().try_for_each(|item| write!(f, ".{item}"))
    }
}

impl TryFrom<String> for Reference {
    type Error = ReferenceError;

    fn try_from(text: String) -> Result<Self, ReferenceError> {
        text.parse()
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.to_string()
    }
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_urn_reads_as_it_was_written() {
        for urn in [
            "urn:sdmx:org.sdmx.infomodel.codelist.Codelist=MIGHUB:CL_SEX(1.0.0)",
            "urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=MIGHUB:CS_MIGHUB(1.0.0).SEX",
            "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=SDMX.SUB:DF(2.1.0-draft)",
            "urn:sdmx:org.sdmx.infomodel.base.DataProvider=MIGHUB:DATA_PROVIDERS(1.0).SWE",
        ] {
            assert_eq!(urn.parse::<Reference>().map(|reference| reference.to_string()), Ok(urn.to_owned()));
        }
    }

    #[test]
    fn what_is_no_urn_is_refused() {
        for urn in [
            "",
            "MIGHUB:CL(1.0)",
            "urn:sdmx:org.sdmx.infomodel.codelist.Codelist=MIGHUB:CL_SEX",
            "urn:sdmx:org.sdmx.infomodel.codelist.Codelist=MIGHUB:CL SEX(1.0)",
            "urn:sdmx:org.sdmx.infomodel.codelist.Codelist=MIGHUB:CL_SEX(1.x)",
            "urn:sdmx:org.sdmx.infomodel.process.Process=MIGHUB:P(1.0)",
        ] {
            assert!(urn.parse::<Reference>().is_err(), "{urn}");
        }
    }

    #[test]
    fn versions_order_by_number_and_drafts_come_first() {
        let mut versions: Vec<_> = ["1.10.0", "1.2.0", "1.10.0-draft", "2.0.0", "1.0"]
            .map(|text| Version::parse(text).expect(text))
            .to_vec();
        versions.sort();
        let texts: Vec<_> = versions.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["1.0", "1.2.0", "1.10.0-draft", "1.10.0", "2.0.0"]);
    }
}
