//! Writing: messages that pass the standard's schemas.
//!
//! What a version cannot carry, as its schemas have it, and what is written instead (the property tests hold
//! this table to what is written):
//!
//! | version | what | what is written |
//! | --- | --- | --- |
//! | all | a character that XML 1.0 does not have | U+FFFD |
//! | all | an artefact or item without name | its id as its name, which the schemas want |
//! | all | a text of which nobody says the language | the text as English |
//! | all | `decimals`, `minLength` or `maxLength` of 0 | nothing: the schemas want positive numbers |
//! | all | a format of a time dimension other than its type, or none | the type; ObservationalTimePeriod |
//! | all | a format with fractions, decimals or languages beside a code list | the format without them |
//! | all | several values or languages in a dimension | one |
//! | all | a constraint on several kinds of things | the first: provider, structure, dataflow, agreement |
//! | all | a dimension in a region without values | nothing: it may have any |
//! | all | that a flow, constraint or other thing without items is partial | nothing |
//! | 2.1 | an extension of a version: `1.1.0-draft` | the version without it, not final; only the newest |
//! | 2.1 | a pattern of versions in a reference | the newest version that is here, else the least that fits |
//! | 2.1 | `value` of an annotation | the title, if there is none |
//! | 2.1 | the id of the measure | OBS_VALUE |
//! | 2.1 | measures beyond the first | attributes of observations |
//! | 2.1 | whether a measure is mandatory, measures of an attribute | nothing |
//! | 2.1 | several values in a cell, texts in several languages in an attribute | one |
//! | 2.1 | GeospatialInformation | String |
//! | 2.1, 3.0 | URI | String: sdmx1 and pandaSDMX give up the whole message at URI |
//! | 2.1 | values from a value list | their format |
//! | 2.1 | code lists that take codes of others | all codes, as far as the others are here |
//! | 2.1, 3.0 | a key with several values of a dimension | a key for each of them |
//! | 2.1, 3.0 | a constraint with keys that so become very many | nothing at all |
//! | 2.1 | a constraint with keys that have dates or values of attributes | nothing at all |
//! | 2.1 | value lists, associations of hierarchies, metadata structures and their providers | nothing |
//! | 2.1 | what metadata may be about | nothing |
//! | 3.x | measures of an attribute, where there is but one | nothing: some clients stop there |
//! | 3.x | the version of schemes of organisations | nothing: it is always 1.0 |
//! | 3.1 | the version of a categorisation | nothing: it is always 1.0 |
//! | 3.1 | a constraint that says what is there | nothing: see [`write_availability`] |

mod answer;
mod artefact;
mod availability;
mod components;
mod constraint;
mod hierarchy;
mod identity;
mod metadata;
mod representation;
mod schema;
mod scheme;
mod xml;

pub use self::answer::{
    ErrorText, SubmissionAction, SubmissionResult, SubmissionStatus, write_error, write_submission_results,
};
pub use self::availability::{Availability, write_availability};
pub use self::schema::{data_namespace, write_schema};

use std::sync::Arc;

use jiff::Timestamp;

use self::xml::Xml;
use super::version::MlVersion;
use crate::structure::{Artefact, Class, ConstraintRole, Reference, Structures, Version};

/// What a message says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHeader {
    /// Id of the message; letters, digits and `_@$-`.
    pub id: String,
    /// Whether it is only a test.
    pub test: bool,
    /// When it was made.
    pub prepared: Timestamp,
    /// Id of the agency that sends it.
    pub sender: String,
    /// Ids of those it is sent to, if they are known.
    pub receivers: Vec<String>,
}

/// A message that is being written.
struct Writer<'s> {
    xml: Xml,
    version: MlVersion,
    /// All artefacts of the message.
    structures: &'s Structures,
}

/// The sections of 2.1, in the order that its schema wants.
const SECTIONS_2_1: [(&str, &[Class]); 12] = [
    (
        "str:OrganisationSchemes",
        &[
            Class::AgencyScheme,
            Class::DataConsumerScheme,
            Class::DataProviderScheme,
            Class::OrganisationUnitScheme,
        ],
    ),
    ("str:Dataflows", &[Class::Dataflow]),
    ("str:Metadataflows", &[Class::Metadataflow]),
    ("str:CategorySchemes", &[Class::CategoryScheme]),
    ("str:Categorisations", &[Class::Categorisation]),
    ("str:Codelists", &[Class::Codelist]),
    ("str:HierarchicalCodelists", &[Class::Hierarchy]),
    ("str:Concepts", &[Class::ConceptScheme]),
    ("str:MetadataStructures", &[Class::MetadataStructure]),
    ("str:DataStructures", &[Class::DataStructure]),
    ("str:Constraints", &[Class::DataConstraint]),
    ("str:ProvisionAgreements", &[Class::ProvisionAgreement]),
];
/// The sections of 3.x, in the order that its schemas want.
const SECTIONS_3: [(&str, &[Class]); 19] = [
    ("str:AgencySchemes", &[Class::AgencyScheme]),
    ("str:Categorisations", &[Class::Categorisation]),
    ("str:CategorySchemes", &[Class::CategoryScheme]),
    ("str:Codelists", &[Class::Codelist]),
    ("str:ConceptSchemes", &[Class::ConceptScheme]),
    ("str:DataConstraints", &[Class::DataConstraint]),
    ("str:DataConsumerSchemes", &[Class::DataConsumerScheme]),
    ("str:Dataflows", &[Class::Dataflow]),
    ("str:DataProviderSchemes", &[Class::DataProviderScheme]),
    ("str:DataStructures", &[Class::DataStructure]),
    ("str:Hierarchies", &[Class::Hierarchy]),
    ("str:HierarchyAssociations", &[Class::HierarchyAssociation]),
    ("str:Metadataflows", &[Class::Metadataflow]),
    ("str:MetadataProviderSchemes", &[Class::MetadataProviderScheme]),
    ("str:MetadataProvisionAgreements", &[Class::MetadataProvisionAgreement]),
    ("str:MetadataStructures", &[Class::MetadataStructure]),
    ("str:OrganisationUnitSchemes", &[Class::OrganisationUnitScheme]),
    ("str:ProvisionAgreements", &[Class::ProvisionAgreement]),
    ("str:ValueLists", &[Class::ValueList]),
];

/// Writes a structure message. Equal sets and headers give equal bytes.
pub fn write_message(structures: &Structures, version: MlVersion, header: &MessageHeader) -> Vec<u8> {
    write_with(structures, version, header, None)
}

/// Writes a structure message, in 3.1 with what is there.
fn write_with(
    structures: &Structures,
    version: MlVersion,
    header: &MessageHeader,
    availability: Option<&Availability>,
) -> Vec<u8> {
    let mut writer = Writer::new(version, "Structure", structures);
    writer.header(header);
    writer.xml.open("mes:Structures");
    let sections: &[(&'static str, &[Class])] = match version {
        MlVersion::V2_1 => &SECTIONS_2_1,
        MlVersion::V3_0 | MlVersion::V3_1 => &SECTIONS_3,
    };
    for (section, classes) in sections {
        let artefacts = classes.iter().flat_map(|class| structures.of_class(*class));
        let written = artefacts.filter(|(reference, artefact)| writer.carries(reference, artefact));
        let written: Vec<_> = written.map(|(_, artefact)| artefact).collect();
        if !written.is_empty() {
            writer.xml.open(*section);
            for artefact in written {
                writer.xml.line();
                writer.artefact(artefact);
            }
            writer.xml.close();
        }
        if version == MlVersion::V3_1 && *section == "str:AgencySchemes" {
            writer.availabilities(availability);
        }
    }
    writer.xml.close();
    writer.finish()
}

impl<'s> Writer<'s> {
    /// Begins a message whose outermost element is of the namespace of messages.
    fn new(version: MlVersion, root: &str, structures: &'s Structures) -> Self {
        let mut xml = Xml::new();
        xml.open(format!("mes:{root}"));
        for (prefix, words) in [("mes", "message"), ("str", "structure"), ("com", "common")] {
            xml.attribute(&format!("xmlns:{prefix}"), version.namespace(words));
        }
        Self { xml, version, structures }
    }

    /// Ends the message.
    fn finish(mut self) -> Vec<u8> {
        self.xml.close();
        self.xml.finish()
    }

    fn header(&mut self, header: &MessageHeader) {
        self.begin_header(header);
        for receiver in &header.receivers {
            self.xml.open("mes:Receiver").attribute("id", receiver).close();
        }
        self.xml.close();
    }

    /// The header of a message of the registry, which is to exactly one.
    fn header_to_one(&mut self, header: &MessageHeader) {
        self.begin_header(header);
        let receiver = header.receivers.first().unwrap_or(&header.sender);
        self.xml.open("mes:Receiver").attribute("id", receiver).close();
        self.xml.close();
    }

    fn begin_header(&mut self, header: &MessageHeader) {
        self.xml.open("mes:Header");
        self.xml.leaf("mes:ID", &header.id);
        self.xml.leaf("mes:Test", if header.test { "true" } else { "false" });
        self.xml.leaf("mes:Prepared", &header.prepared.to_string());
        self.xml.open("mes:Sender").attribute("id", &header.sender).close();
    }

    fn is_2_1(&self) -> bool {
        self.version == MlVersion::V2_1
    }

    /// Whether an artefact is written: the version can carry it, and no newer one that is called alike.
    fn carries(&self, reference: &Reference, artefact: &Artefact) -> bool {
        if !self.can_write(artefact) {
            return false;
        }
        let written = self.written_version(reference);
        if self.has_version(reference.class) && written == reference.version.to_string() {
            return true;
        }
        let is_alike = |(other, artefact): &(&Reference, &Arc<Artefact>)| {
            other.agency == reference.agency
                && other.id == reference.id
                && self.written_version(other) == written
                && self.can_write(artefact)
        };
        let alike = self.structures.of_class(reference.class).filter(is_alike);
        alike.map(|(other, _)| &other.version).max() == Some(&reference.version)
    }

    fn can_write(&self, artefact: &Artefact) -> bool {
        match (artefact, self.version) {
            (Artefact::DataConstraint(constraint), MlVersion::V2_1 | MlVersion::V3_0) => {
                self.can_write_keys(constraint) && self.can_write_values(constraint)
            }
            (Artefact::DataConstraint(constraint), MlVersion::V3_1) => {
                constraint.role == ConstraintRole::Allowed
            }
            _ => true,
        }
    }

    /// The version that readers will take an artefact for.
    fn written_version(&self, reference: &Reference) -> String {
        match self.has_version(reference.class) {
            true => self.version_text(&reference.version),
            false => Version::of_organisations().to_string(),
        }
    }
}
