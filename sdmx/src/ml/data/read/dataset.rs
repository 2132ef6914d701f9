//! What a dataset says of itself.

use std::io::Read;

use super::{MlEvents, Place, header, values};
use crate::csv::{ReadError, clip};
use crate::data::{
    Action, DatasetStart, EventKind, PROVIDER_BYTES_MAX, Record, StructureKind, StructureRef, provider_of_urn,
};
use crate::ml::xml::Token;

/// Attributes of a dataset that say something of the dataset itself and are no components.
const OF_DATASET: &[&str] = &[
    "structureRef",
    "action",
    "setID",
    "datasetID",
    "dataScope",
    "validFromDate",
    "validToDate",
    "reportingBeginDate",
    "reportingEndDate",
    "publicationYear",
    "publicationPeriod",
    "keyFamilyURI",
    "dataProviderID",
    "dataProviderSchemeAgencyId",
    "dataProviderSchemeId",
    "dataflowAgencyID",
    "dataflowID",
    "type",
    "schemaLocation",
];

impl<R: Read> MlEvents<R> {
    /// Begins the dataset whose tag came last.
    pub(super) fn dataset(&mut self, record: &mut Record) -> Result<EventKind, ReadError> {
        record.begin(EventKind::Dataset);
        self.mark = self.xml.mark();
        self.is_empty = self.xml.is_empty_tag();
        self.dataset = DatasetStart::default();
        let (mut reference, mut action) = (None, None);
        for attribute in self.xml.attributes() {
            let attribute = attribute.map_err(|failed| self.xml.in_tag(failed))?;
            if attribute.prefix == "xmlns" || (attribute.prefix.is_empty() && attribute.name == "xmlns") {
                continue;
            }
            let value = attribute.value().map_err(|failed| self.xml.in_tag(failed))?;
            match attribute.name {
                "structureRef" => reference = Some(value.into_owned()),
                "action" => action = Some(value.into_owned()),
                "validFromDate" => self.dataset.valid_from = Some(clip(value.as_bytes())),
                "validToDate" => self.dataset.valid_to = Some(clip(value.as_bytes())),
                name if !attribute.prefix.is_empty() || OF_DATASET.contains(&name) => {}
                name => values::push(&self.xml, record, name, &value, attribute.at)?,
            }
        }
        let structure = header::structure_of(&self.structures, reference.as_deref());
        if let Some(structure) = structure {
            self.dataset.structure = structure.reference.clone();
            self.dataset.observation_dimension = structure.dimension.clone();
        }
        match action.as_deref().map(|text| (header::action(text), text)) {
            Some((Some(action), _)) => self.dataset.action = action,
            Some((None, text)) => self.dataset.unknown_action = Some(clip(text.as_bytes())),
            None => {
                self.dataset.action = self.message.action.unwrap_or(Action::Merge);
                self.dataset.unknown_action.clone_from(&self.unknown_action);
            }
        }
        self.place = Place::Dataset;
        if !self.is_empty {
            self.dataset_contents(record)?;
        }
        Ok(EventKind::Dataset)
    }

    /// What a dataset says of itself before its parts.
    fn dataset_contents(&mut self, record: &mut Record) -> Result<(), ReadError> {
        loop {
            match self.xml.next()? {
                Token::Start | Token::Empty => match self.xml.name() {
                    b"Attributes" => self.generic_values(record)?,
                    b"Comp" => self.complex(record)?,
                    b"KeyFamilyRef" => {
                        let (id, _) = self.xml.text()?;
                        let agency = self.structures.first().and_then(|known| known.agency.clone());
                        let short = format!("{}:{}", agency.as_deref().unwrap_or("SDMX"), id.trim());
                        let reference = StructureRef { kind: StructureKind::DataStructure, short };
                        if reference.short.len() <= header::REFERENCE_BYTES_MAX {
                            self.dataset.structure.get_or_insert(reference);
                        }
                    }
                    b"DataProvider" => self.dataset.provider = self.provider()?,
                    b"Annotations" | b"DataflowRef" => self.xml.skip()?,
                    _ => {
                        self.xml.hold();
                        return Ok(());
                    }
                },
                Token::End => {
                    self.xml.hold();
                    return Ok(());
                }
                Token::Eof => return Err(self.xml.truncated("DataSet")),
            }
        }
    }

    /// The data provider of a dataset: by reference, by URN, or as a URN alone (3.x).
    fn provider(&mut self) -> Result<Option<String>, ReadError> {
        if self.xml.is_empty_tag() {
            return Ok(None);
        }
        let (text, _) = self.xml.leading_text()?;
        self.xml.hold();
        let mut named = provider_of_urn(&text);
        loop {
            match self.xml.next()? {
                Token::Start | Token::Empty => match self.xml.name() {
                    b"Ref" => {
                        let part = |name: &str, usual: &str| {
                            let part = self.xml.attribute(name)?;
                            Ok::<_, ReadError>(part.unwrap_or_else(|| usual.to_owned()))
                        };
                        let (agency, scheme) =
                            (part("agencyID", "SDMX")?, part("maintainableParentID", "DATA_PROVIDERS")?);
                        let (version, id) = (part("maintainableParentVersion", "1.0")?, part("id", "")?);
                        let name = format!("{agency}:{scheme}({version}).{id}");
                        named = named.or(Some(name).filter(|name| name.len() <= PROVIDER_BYTES_MAX));
                        self.xml.skip()?;
                    }
                    b"URN" => {
                        let (urn, _) = self.xml.text()?;
                        named = named.or_else(|| provider_of_urn(&urn));
                    }
                    _ => self.xml.skip()?,
                },
                Token::End => return Ok(named),
                Token::Eof => return Err(self.xml.truncated("DataProvider")),
            }
        }
    }
}
