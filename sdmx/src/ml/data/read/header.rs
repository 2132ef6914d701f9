//! What stands before the data: which message it is, and its header.

use std::io::Read;
use std::sync::Arc;

use super::MlEvents;
use crate::csv::{ReadError, clip};
use crate::data::{Action, MessageProblem, MlForm, StructureKind, StructureRef};
use crate::ml::xml::{Token, Xml};
use crate::structure::parse_instant;

/// Longest header in bytes; what it says is kept in memory.
const HEADER_BYTES_MAX: u64 = 1024 * 1024;
/// Longest reference in bytes: agency, id and version have at most 255 each.
pub(super) const REFERENCE_BYTES_MAX: usize = 1024;
/// Most structures of one header; messages have one or two.
const STRUCTURES_MAX: usize = 1024;

/// A structure that the header names.
#[derive(Clone, Debug, Default)]
pub(super) struct HeaderStructure {
    id: String,
    pub(super) reference: Option<StructureRef>,
    pub(super) dimension: Option<Arc<str>>,
    /// Of the agency of a 2.0 key family.
    pub(super) agency: Option<String>,
}

/// The structure of a dataset: the one it names, or the only one.
pub(super) fn structure_of<'s>(
    structures: &'s [HeaderStructure],
    reference: Option<&str>,
) -> Option<&'s HeaderStructure> {
    let named = reference.and_then(|reference| structures.iter().find(|known| known.id == reference));
    named.or(match structures {
        [only] => Some(only),
        _ => None,
    })
}

/// The action with this name.
pub(super) fn action(name: &str) -> Option<Action> {
    match name.trim() {
        "Append" | "Information" | "Merge" | "Update" => Some(Action::Merge),
        "Replace" => Some(Action::Replace),
        "Delete" => Some(Action::Delete),
        _ => None,
    }
}

/// Reads up to the tag of the message and tells its form.
pub(super) fn root<R: Read>(xml: &mut Xml<R>) -> Result<MlForm, ReadError> {
    loop {
        match xml.next()? {
            Token::Start | Token::Empty => {}
            Token::End => continue,
            Token::Eof => {
                let text = "there is no element: the file holds no message".to_owned();
                return Err(xml.error(MessageProblem::Syntax(text)));
            }
        }
        let version = version(xml)?;
        let form = match (xml.name(), version) {
            (b"GenericData", Version::Old) | (b"MessageGroup", _) => MlForm::Generic20,
            (b"GenericData", _) => MlForm::Generic,
            (b"GenericTimeSeriesData", _) => MlForm::GenericTimeSeries,
            (b"StructureSpecificTimeSeriesData", _) => MlForm::SpecificTimeSeries21,
            (b"StructureSpecificData", Version::V3_0) => MlForm::Specific30,
            (b"StructureSpecificData", Version::V3_1) => MlForm::Specific31,
            (b"StructureSpecificData", _) => MlForm::Specific21,
            (b"CompactData" | b"UtilityData" | b"CrossSectionalData", _) => MlForm::Compact20,
            // A message in an answer of a web service of 2.0: it is the first element that is one.
            (b"Envelope" | b"Body", _) => continue,
            (name, _) if name.starts_with(b"Get") || name.ends_with(b"Response") => continue,
            _ => return Err(other_message(xml)),
        };
        return Ok(form);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    /// 1.0 or 2.0.
    Old,
    V2_1,
    V3_0,
    V3_1,
}

/// The version by the name space of the last tag.
fn version<R: Read>(xml: &Xml<R>) -> Result<Version, ReadError> {
    let prefix = String::from_utf8_lossy(xml.prefix()).into_owned();
    let mut found = None;
    for attribute in xml.attributes() {
        let attribute = attribute.map_err(|failed| xml.in_tag(failed))?;
        let of_tag = match &*prefix {
            "" => attribute.prefix.is_empty() && attribute.name == "xmlns",
            prefix => attribute.prefix == "xmlns" && attribute.name == prefix,
        };
        if attribute.prefix != "xmlns" && attribute.name != "xmlns" {
            continue;
        }
        let space = attribute.value().map_err(|failed| xml.in_tag(failed))?;
        let version = match &*space {
            space if space.contains("/v3_1/") => Version::V3_1,
            space if space.contains("/v3_0/") => Version::V3_0,
            space if space.contains("/v2_1/") => Version::V2_1,
            space if space.contains("/v2_0/") || space.contains("/v1_0/") => Version::Old,
            _ => continue,
        };
        if of_tag {
            return Ok(version);
        }
        found.get_or_insert(version);
    }
    Ok(found.unwrap_or(Version::V2_1))
}

/// A message that holds no data.
fn other_message<R: Read>(xml: &mut Xml<R>) -> ReadError {
    let mark = xml.mark();
    let (found, remedy) = match xml.name() {
        b"Structure" => (
            "a structure message".to_owned(),
            "send it with `mighub structure put`, and data as a message of data",
        ),
        b"RegistryInterface" => ("a registry message".to_owned(), "send a message of data"),
        b"Error" => {
            let text = first_text(xml).unwrap_or_default();
            let text = if text.is_empty() { text } else { format!(" ({text})") };
            (format!("an error message{text}"), "the service that was asked for data refused; ask it again")
        }
        b"GenericMetadata" | b"StructureSpecificMetadata" | b"MetadataReport" | b"MetadataSet" => {
            ("a message of reference metadata".to_owned(), "send a message of data")
        }
        name if name.ends_with(b"Query") || name == b"QueryMessage" => {
            ("a query".to_owned(), "send a message of data")
        }
        b"html" => ("a web page".to_owned(), "most often a login page was saved in place of the file"),
        _ => {
            let name = xml.shown_name().chars().take(64).collect::<String>();
            (format!("XML that begins with <{name}>"), "send SDMX-ML, SDMX-JSON or SDMX-CSV")
        }
    };
    crate::data::MessageError::new(mark.line, mark.column, MessageProblem::OtherMessage { found, remedy })
        .into()
}

/// The first text in the element whose tag came last, clipped.
fn first_text<R: Read>(xml: &mut Xml<R>) -> Result<String, ReadError> {
    while xml.next()? != Token::Eof {
        if xml.name() == b"Text" {
            return Ok(xml.text()?.0.trim().chars().take(200).collect());
        }
    }
    Ok(String::new())
}

impl<R: Read> MlEvents<R> {
    /// Reads the header whose tag came last.
    pub(super) fn header(&mut self) -> Result<(), ReadError> {
        if self.xml.is_empty_tag() {
            return Ok(());
        }
        let (mut key_family, mut agency) = (None, None);
        let begin = self.xml.mark().offset;
        loop {
            let token = self.xml.next()?;
            if self.xml.mark().offset - begin > HEADER_BYTES_MAX {
                let most = format!("{} KiB", HEADER_BYTES_MAX / 1024);
                return Err(self.xml.error(MessageProblem::TooLarge { what: "the header", most }));
            }
            match token {
                Token::Start | Token::Empty => {}
                Token::End => break,
                Token::Eof => return Err(self.xml.truncated("Header")),
            }
            match self.xml.name() {
                b"ID" => self.message.header.id = self.trimmed()?,
                b"Test" => self.message.header.test = matches!(&*self.trimmed()?, "true" | "1"),
                b"Prepared" => {
                    // Most messages say no zone.
                    if let Ok(prepared) = parse_instant(&self.trimmed()?) {
                        self.message.header.prepared = prepared;
                    }
                }
                b"Sender" => {
                    self.message.header.sender = self.xml.attribute("id")?.unwrap_or_default();
                    self.xml.skip()?;
                }
                b"Receiver" => {
                    if self.message.header.receivers.len() < STRUCTURES_MAX {
                        self.message.header.receivers.extend(self.xml.attribute("id")?);
                    }
                    self.xml.skip()?;
                }
                b"DataSetAction" => {
                    let text = self.trimmed()?;
                    self.message.action = action(&text);
                    self.unknown_action = self.message.action.is_none().then(|| clip(text.as_bytes()));
                }
                b"Structure" => {
                    if self.structures.len() == STRUCTURES_MAX {
                        let most = format!("{STRUCTURES_MAX} structures");
                        let what = "the list of structures in the header";
                        return Err(self.xml.error(MessageProblem::TooLarge { what, most }));
                    }
                    let structure = self.header_structure()?;
                    self.structures.push(structure);
                }
                b"KeyFamilyRef" => key_family = Some(self.trimmed()?),
                b"KeyFamilyAgency" => agency = Some(self.trimmed()?),
                _ => self.xml.skip()?,
            }
        }
        if key_family.is_some() || agency.is_some() {
            let reference = key_family.map(|id| StructureRef {
                kind: StructureKind::DataStructure,
                short: format!("{}:{id}", agency.as_deref().unwrap_or("SDMX")),
            });
            self.structures.push(HeaderStructure { reference, agency, ..HeaderStructure::default() });
        }
        Ok(())
    }

    /// The text of an element of the header.
    fn trimmed(&mut self) -> Result<String, ReadError> {
        Ok(self.xml.text()?.0.trim().to_owned())
    }

    /// One `<Structure>` of the header: by reference, by URN, of a data structure, a dataflow or an agreement.
    fn header_structure(&mut self) -> Result<HeaderStructure, ReadError> {
        let space = self.xml.attribute("namespace")?;
        let mut structure = HeaderStructure {
            id: self.xml.attribute("structureID")?.unwrap_or_default(),
            dimension: self.xml.attribute("dimensionAtObservation")?.map(Arc::from),
            ..HeaderStructure::default()
        };
        if !self.xml.is_empty_tag() {
            self.references(&mut structure)?;
        }
        // The name space of structure-specific data tells both, too.
        let (urn, dimension) = match space.as_deref().and_then(|space| space.split_once(":ObsLevelDim:")) {
            Some((urn, dimension)) => (Some(urn.to_owned()), Some(dimension.to_owned())),
            None => (space, None),
        };
        structure.reference = structure.reference.or_else(|| urn.as_deref().and_then(StructureRef::of_urn));
        structure.dimension = structure.dimension.or_else(|| dimension.map(Arc::from));
        structure.reference = structure.reference.filter(|known| known.short.len() <= REFERENCE_BYTES_MAX);
        Ok(structure)
    }

    fn references(&mut self, structure: &mut HeaderStructure) -> Result<(), ReadError> {
        let mut kind = None;
        let mut depth = 1;
        while depth > 0 {
            let token = self.xml.next()?;
            match token {
                Token::End => {
                    depth -= 1;
                    continue;
                }
                Token::Eof => return Err(self.xml.truncated("Structure")),
                Token::Start | Token::Empty => {}
            }
            let reference = match self.xml.name() {
                b"Ref" => {
                    let reference = self.reference(kind)?;
                    self.xml.skip()?;
                    reference
                }
                b"URN" => StructureRef::of_urn(&self.xml.text()?.0),
                name => {
                    kind = match name {
                        b"Structure" => Some(StructureKind::DataStructure),
                        b"StructureUsage" => Some(StructureKind::Dataflow),
                        // The 2.1 schemas spell it so.
                        b"ProvisionAgreement" | b"ProvisionAgrement" => {
                            Some(StructureKind::ProvisionAgreement)
                        }
                        _ => kind,
                    };
                    if token == Token::Empty {
                        continue;
                    }
                    depth += 1;
                    let (text, _) = self.xml.leading_text()?;
                    self.xml.hold();
                    StructureRef::of_urn(&text)
                }
            };
            // The first is of the data; others are of metadata.
            if structure.reference.is_none() {
                structure.reference = reference;
            }
        }
        Ok(())
    }

    fn reference(&self, kind: Option<StructureKind>) -> Result<Option<StructureRef>, ReadError> {
        let kind = match self.xml.attribute("class")?.as_deref() {
            Some("Dataflow") => Some(StructureKind::Dataflow),
            Some("DataStructure") => Some(StructureKind::DataStructure),
            Some("ProvisionAgreement") => Some(StructureKind::ProvisionAgreement),
            _ => kind,
        };
        let (Some(kind), Some(id)) = (kind, self.xml.attribute("id")?) else { return Ok(None) };
        let agency = self.xml.attribute("agencyID")?.unwrap_or_else(|| "SDMX".to_owned());
        // What the schema of 2.1 says is meant.
        let version = self.xml.attribute("version")?.unwrap_or_else(|| "1.0".to_owned());
        Ok(Some(StructureRef { kind, short: format!("{agency}:{id}({version})") }))
    }
}
