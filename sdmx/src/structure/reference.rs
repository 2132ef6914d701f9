//! Names of artefacts: class, agency, id and version; as URN and in short.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::{AgencyId, Id, IdError, ItemId, beginning};
use super::version::{Version, VersionError};

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
    /// The data consumers an agency names.
    DataConsumerScheme,
    /// The providers of metadata an agency names.
    MetadataProviderScheme,
    /// Units of organisations.
    OrganisationUnitScheme,
    /// A tree of categories.
    CategoryScheme,
    /// Which artefact lies under which category.
    Categorisation,
    /// A grouping of codes.
    Hierarchy,
    /// Where a hierarchy is used.
    HierarchyAssociation,
    /// A list of values that need not be ids.
    ValueList,
    /// A metadata structure definition.
    MetadataStructure,
    /// A flow of metadata sets.
    Metadataflow,
    /// Which provider sends which metadataflow.
    MetadataProvisionAgreement,
}

const CLASSES: [(Class, &str, &str); 19] = [
    (Class::AgencyScheme, "base", "AgencyScheme"),
    (Class::DataProviderScheme, "base", "DataProviderScheme"),
    (Class::Codelist, "codelist", "Codelist"),
    (Class::ConceptScheme, "conceptscheme", "ConceptScheme"),
    (Class::DataStructure, "datastructure", "DataStructure"),
    (Class::Dataflow, "datastructure", "Dataflow"),
    (Class::ProvisionAgreement, "registry", "ProvisionAgreement"),
    (Class::DataConstraint, "registry", "DataConstraint"),
    (Class::DataConsumerScheme, "base", "DataConsumerScheme"),
    (Class::MetadataProviderScheme, "base", "MetadataProviderScheme"),
    (Class::OrganisationUnitScheme, "base", "OrganisationUnitScheme"),
    (Class::CategoryScheme, "categoryscheme", "CategoryScheme"),
    (Class::Categorisation, "categoryscheme", "Categorisation"),
    (Class::Hierarchy, "codelist", "Hierarchy"),
    (Class::HierarchyAssociation, "codelist", "HierarchyAssociation"),
    (Class::ValueList, "codelist", "ValueList"),
    (Class::MetadataStructure, "metadatastructure", "MetadataStructure"),
    (Class::Metadataflow, "metadatastructure", "Metadataflow"),
    (Class::MetadataProvisionAgreement, "registry", "MetadataProvisionAgreement"),
];

/// The name of one artefact, or of one item of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference {
    /// What kind of artefact.
    pub class: Class,
    /// Maintenance agency.
    pub agency: AgencyId,
    /// Id of the artefact.
    pub id: Id,
    /// Its version. What a message refers to may be a pattern, such as `2.3+.1`: then the newest that fits is
    /// meant.
    pub version: Version,
    /// An item of it, such as a concept or a provider; a category with those it lies in: `POP.MIG`.
    pub item: Option<ItemId>,
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
    /// A class in the wrong package.
    #[error("{urn:?} is not a URN: the class {class} is in the package {package}")]
    WrongPackage {
        /// The URN, or its beginning.
        urn: String,
        /// The class it names.
        class: &'static str,
        /// Where that class is.
        package: &'static str,
    },
    /// Not of the short form.
    #[error("{0:?} is not a reference: write AGENCY:ID(VERSION)")]
    NotShort(String),
    /// A version that is none.
    #[error(transparent)]
    NotAVersion(#[from] VersionError),
    /// An id with characters it may not have.
    #[error(transparent)]
    NotAnId(#[from] IdError),
}

impl Class {
    /// The class's name in a URN.
    pub fn name(self) -> &'static str {
        CLASSES.iter().find(|(class, ..)| *class == self).map_or("", |(.., name)| name)
    }

    /// The package of the class in a URN.
    pub fn package(self) -> &'static str {
        CLASSES.iter().find(|(class, ..)| *class == self).map_or("", |(_, package, _)| package)
    }

    /// The class of a name, in any case: `codelist`, `Dataflow`.
    pub fn of_name(name: &str) -> Option<Self> {
        CLASSES.iter().find(|(.., known)| known.eq_ignore_ascii_case(name)).map(|(class, ..)| *class)
    }

    /// Whether its artefacts are schemes of organisations, whose version is always 1.0.
    pub fn is_of_organisations(self) -> bool {
        use Class::*;
        matches!(
            self,
            AgencyScheme
                | DataProviderScheme
                | DataConsumerScheme
                | MetadataProviderScheme
                | OrganisationUnitScheme
        )
    }

    /// All classes.
    pub fn all() -> impl Iterator<Item = Self> {
        CLASSES.iter().map(|(class, ..)| *class)
    }
}

impl Reference {
    /// A reference to a whole artefact.
    pub fn new(class: Class, agency: AgencyId, id: Id, version: Version) -> Self {
        Self { class, agency, id, version, item: None }
    }

    /// Reads the short form `AGENCY:ID(VERSION)`, as SDMX-CSV writes it; without version, 1.0.0 is meant.
    pub fn parse_short(class: Class, text: &str) -> Result<Self, ReferenceError> {
        Self::parse_named(class, text, Version::parse)
    }

    fn parse_named(
        class: Class,
        text: &str,
        read_version: fn(&str) -> Result<Version, VersionError>,
    ) -> Result<Self, ReferenceError> {
        let refuse = || ReferenceError::NotShort(beginning(text));
        let (agency, rest) = text.split_once(':').ok_or_else(refuse)?;
        let (id, version) = match rest.split_once('(') {
            None => (rest, Version::first()),
            Some((id, version)) => (id, read_version(version.strip_suffix(')').ok_or_else(refuse)?)?),
        };
        Ok(Self::new(class, AgencyId::new(agency)?, Id::new(id)?, version))
    }

    /// The short form.
    pub fn short(&self) -> String {
        format!("{}:{}({})", self.agency, self.id, self.version)
    }

    /// The artefact of an item.
    pub fn artefact(&self) -> Self {
        Self { item: None, ..self.clone() }
    }

    /// An item of the artefact.
    pub fn with_item(&self, item: impl Into<ItemId>) -> Self {
        Self { item: Some(item.into()), ..self.clone() }
    }
}

/// Classes of items, and the class of the scheme each lies in.
const ITEM_CLASSES: [(&str, Class); 10] = [
    ("Agency", Class::AgencyScheme),
    ("DataProvider", Class::DataProviderScheme),
    ("Code", Class::Codelist),
    ("Concept", Class::ConceptScheme),
    ("DataConsumer", Class::DataConsumerScheme),
    ("MetadataProvider", Class::MetadataProviderScheme),
    ("OrganisationUnit", Class::OrganisationUnitScheme),
    ("Category", Class::CategoryScheme),
    ("HierarchicalCode", Class::Hierarchy),
    ("MetadataAttribute", Class::MetadataStructure),
];

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let refuse = || ReferenceError::NotAUrn(beginning(text));
        let rest = text.strip_prefix("urn:sdmx:org.sdmx.infomodel.").ok_or_else(refuse)?;
        let (class, name) = rest.split_once('=').ok_or_else(refuse)?;
        let (package, class) = class.split_once('.').ok_or_else(refuse)?;
        let of_item = ITEM_CLASSES.iter().find(|(known, _)| *known == class).map(|(_, scheme)| *scheme);
        let of_artefact = Class::all().find(|known| known.name() == class);
        let class = of_item.or(of_artefact).ok_or_else(|| ReferenceError::UnknownClass(beginning(text)))?;
        if package != class.package() {
            let (class, package) = (class.name(), class.package());
            return Err(ReferenceError::WrongPackage { urn: beginning(text), class, package });
        }
        let close = name.find(')').ok_or_else(refuse)?;
        let reference = Self::parse_named(class, &name[..=close], Version::parse_pattern)?;
        match (name[close + 1..].strip_prefix('.'), of_item) {
            (Some(item), Some(_)) => Ok(Self { item: Some(ItemId::new(item)?), ..reference }),
            (None, None) if close + 1 == name.len() => Ok(reference),
            _ => Err(refuse()),
        }
    }
}

impl fmt::Display for Reference {
    /// As URN.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_item = ITEM_CLASSES.iter().find(|(_, scheme)| *scheme == self.class).map(|(item, _)| *item);
        let class = self.item.as_ref().and(of_item).unwrap_or(self.class.name());
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
            "urn:sdmx:org.sdmx.infomodel.categoryscheme.Category=MIGHUB:DOMAINS(1.0.0).POP.MIG",
            "urn:sdmx:org.sdmx.infomodel.codelist.HierarchicalCode=MIGHUB:H_AREA(1.0.0).AFR.MAR",
            "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=MIGHUB:DSD(2.3+.1)",
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
            "urn:sdmx:org.sdmx.infomodel.codelist.ConceptScheme=MIGHUB:CS(1.0)",
            "urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=MIGHUB:CS(1.0)",
            "urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=MIGHUB:CS(1.0).",
            "urn:sdmx:org.sdmx.infomodel.conceptscheme.ConceptScheme=MIGHUB:CS(1.0).SEX",
            "urn:sdmx:org.sdmx.infomodel.codelist.Codelist=MIGHUB:CL(1.0)x",
        ] {
            assert!(urn.parse::<Reference>().is_err(), "{urn}");
        }
    }
}
