//! A message part by part: datasets, groups, series and observations, with texts by component id. Needs no
//! structure, so that the parts of any message can be counted.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use super::DataFormat;
use super::options::MessageHeader;
use crate::columns::AttributeValue;
use crate::csv::{Action, COLUMNS_MAX, ReadError, write_divided};

/// Most bytes of one part's contents: far more than a tag may have, and few enough to be kept in memory.
const RECORD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Longest name of a data provider in bytes: agency, scheme, version and id have at most 255 each.
pub(crate) const PROVIDER_BYTES_MAX: usize = 1024;

/// A place in a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Bytes before it.
    pub offset: u64,
    /// Line, from 1.
    pub line: u64,
    /// Character of the line, from 1.
    pub column: u64,
}

/// What a part of a message is. Parts come in the order of the message; a dataset, a group or a series begins
/// with its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A dataset begins: [`EventSource::dataset`] says of what. Its cells hold for all that follows in it.
    Dataset,
    /// A group of series: some dimensions and attributes.
    Group,
    /// A series begins; its cells hold for its observations.
    Series,
    /// An observation; of the series that is open, or of none.
    Observation,
    /// The series ends.
    SeriesEnd,
    /// The dataset ends.
    DatasetEnd,
}

/// What kind of artefact a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StructureKind {
    /// A dataflow.
    Dataflow,
    /// A data structure.
    DataStructure,
    /// A provision agreement.
    ProvisionAgreement,
}

impl StructureKind {
    /// The word that SDMX-CSV has in its column STRUCTURE.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dataflow => "dataflow",
            Self::DataStructure => "datastructure",
            Self::ProvisionAgreement => "dataprovision",
        }
    }
}

/// What a dataset says it is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StructureRef {
    /// What kind of artefact.
    pub kind: StructureKind,
    /// `AGENCY:ID(VERSION)`, or `AGENCY:ID` where no version is given.
    pub short: String,
}

impl StructureRef {
    /// Reads a URN of a dataflow, a data structure or a provision agreement.
    pub fn of_urn(urn: &str) -> Option<Self> {
        let (class, name) = urn.trim().strip_prefix("urn:sdmx:org.sdmx.infomodel.")?.split_once('=')?;
        let kind = match class.rsplit('.').next()? {
            "Dataflow" => StructureKind::Dataflow,
            "DataStructure" => StructureKind::DataStructure,
            "ProvisionAgreement" => StructureKind::ProvisionAgreement,
            _ => return None,
        };
        Some(Self { kind, short: name.to_owned() })
    }
}

/// Reads a URN of a data provider, as `AGENCY:SCHEME(VERSION).ID`.
pub(crate) fn provider_of_urn(urn: &str) -> Option<String> {
    let named = urn.trim().strip_prefix("urn:sdmx:org.sdmx.infomodel.base.DataProvider=")?;
    (named.len() <= PROVIDER_BYTES_MAX).then(|| named.to_owned())
}

/// What a dataset says of itself where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetStart {
    /// What it is of.
    pub structure: Option<StructureRef>,
    /// What its parts do.
    pub action: Action,
    /// The action as it stands in the message, if it is none of SDMX.
    pub unknown_action: Option<String>,
    /// Whose its figures are, as `AGENCY:SCHEME(VERSION).ID`, if it says so.
    pub provider: Option<String>,
    /// The dimension with observations; `AllDimensions` if there are no series; nothing if nothing is said.
    pub observation_dimension: Option<Arc<str>>,
    /// The beginning of the time in which its contents were valid, as it stands in the message.
    pub valid_from: Option<String>,
    /// The end of that time.
    pub valid_to: Option<String>,
}

impl Default for DatasetStart {
    fn default() -> Self {
        Self {
            structure: None,
            action: Action::Merge,
            unknown_action: None,
            provider: None,
            observation_dimension: None,
            valid_from: None,
            valid_to: None,
        }
    }
}

/// What a message says of itself before its data.
#[derive(Clone, Debug, Default)]
pub struct MessageInfo {
    /// Id, test, sender and the like, as far as they are given.
    pub header: MessageHeader,
    /// Its action where a dataset has none of its own.
    pub action: Option<Action>,
    /// What it says of its own making, such as that an answer was cut; known at the end. At most
    /// [`NOTICES_MAX`].
    pub notices: Vec<Notice>,
}

/// Most notices of one message that are kept: the first of them say why.
pub const NOTICES_MAX: usize = 16;

/// What a message says of its own making: in its footer (SDMX-ML), among its errors (SDMX-JSON).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is an error: the message is not what was asked for.
    pub is_error: bool,
    /// Its code, such as 510, as it stands in the message, clipped.
    pub code: String,
    /// Its text, clipped.
    pub text: String,
}

impl MessageInfo {
    /// Takes a notice, as long as there is room.
    pub fn notice(&mut self, notice: Notice) {
        if self.notices.len() == NOTICES_MAX {
            // An error is worth more than what stands before it.
            if !notice.is_error || self.notices.pop_if(|last| !last.is_error).is_none() {
                return;
            }
        }
        self.notices.push(notice);
    }

    /// The first error among its notices.
    pub fn error(&self) -> Option<&Notice> {
        self.notices.iter().find(|notice| notice.is_error)
    }
}

/// A message as a stream of parts.
pub trait EventSource {
    /// Fills `record` with the next part; nothing at the end. The source calls [`Record::begin`] first.
    fn next(&mut self, record: &mut Record) -> Result<Option<EventKind>, ReadError>;

    /// What the dataset that is open says of itself.
    fn dataset(&self) -> &DatasetStart;

    /// Where the last part begins.
    fn mark(&self) -> Mark;

    /// The format, as far as it was seen.
    fn format(&self) -> DataFormat;

    /// What the message says of itself.
    fn message(&self) -> &MessageInfo;

    /// Whether [`Mark::offset`] counts bytes of the file itself, and not of its text in another encoding.
    fn is_verbatim(&self) -> bool {
        true
    }

    /// Whether reading can begin again at a series, or at an observation without one.
    fn can_resume(&self) -> bool {
        false
    }
}

impl<S: EventSource + ?Sized> EventSource for Box<S> {
    fn next(&mut self, record: &mut Record) -> Result<Option<EventKind>, ReadError> {
        (**self).next(record)
    }

    fn dataset(&self) -> &DatasetStart {
        (**self).dataset()
    }

    fn mark(&self) -> Mark {
        (**self).mark()
    }

    fn format(&self) -> DataFormat {
        (**self).format()
    }

    fn message(&self) -> &MessageInfo {
        (**self).message()
    }

    fn is_verbatim(&self) -> bool {
        (**self).is_verbatim()
    }

    fn can_resume(&self) -> bool {
        (**self).can_resume()
    }
}

/// The cells of one part, used again for the next. Names of components are numbered for the whole message.
#[derive(Debug, Default)]
pub struct Record {
    names: Vec<Arc<str>>,
    lookup: HashMap<Arc<str>, u32>,
    /// Per kind of part and place in it, the name that stood there last: it mostly stands there again.
    usual: [Vec<u32>; 4],
    kind: usize,
    text: Vec<u8>,
    cells: Vec<Cell>,
    /// Number of the part, and per name the last part that had it.
    part: u64,
    met: Vec<u64>,
    repeated: Option<u32>,
}

/// One component of a part.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// Number of its name, for [`Record::name`].
    pub name: u32,
    start: u32,
    end: u32,
    /// Bytes from the part's [`Mark`] to the content.
    pub at: u32,
}

impl Record {
    /// An empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a part. Groups, series and observations each have their usual order of names.
    pub fn begin(&mut self, kind: EventKind) {
        self.kind = match kind {
            EventKind::Observation => 0,
            EventKind::Series => 1,
            EventKind::Group => 2,
            EventKind::Dataset | EventKind::SeriesEnd | EventKind::DatasetEnd => 3,
        };
        self.text.clear();
        self.cells.clear();
        self.part += 1;
        self.repeated = None;
    }

    /// Adds a cell with a plain content.
    #[inline]
    pub fn push(&mut self, name: &[u8], content: &[u8], at: u32) -> Result<(), RecordError> {
        let name = self.number_here(name)?;
        if self.cells.len() >= COLUMNS_MAX || self.text.len() + content.len() > RECORD_BYTES_MAX {
            return Err(RecordError::TooLarge);
        }
        if std::mem::replace(&mut self.met[name as usize], self.part) == self.part {
            self.repeated = Some(name);
        }
        let start = self.text.len() as u32;
        self.text.extend_from_slice(content);
        self.cells.push(Cell { name, start, end: self.text.len() as u32, at });
        Ok(())
    }

    /// Adds a cell with several values, or with languages.
    pub fn push_value(&mut self, name: &[u8], value: &AttributeValue, at: u32) -> Result<(), RecordError> {
        match value {
            AttributeValue::Text(text) => self.push(name, text.as_bytes(), at),
            AttributeValue::Many(_) => {
                let mut content = String::new();
                write_divided(value, &mut content);
                self.push(name, content.as_bytes(), at)
            }
        }
    }

    /// The cells of the part.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The content of a cell. One of several values is in a form of its own: it begins with U+001F.
    #[inline]
    pub fn content(&self, cell: &Cell) -> &[u8] {
        &self.text[cell.start as usize..cell.end as usize]
    }

    /// The content of the component with this id.
    pub fn get(&self, id: &str) -> Option<&[u8]> {
        self.cells.iter().find(|cell| *self.names[cell.name as usize] == *id).map(|cell| self.content(cell))
    }

    /// A name that stands in the part more than once.
    pub fn repeated(&self) -> Option<&Arc<str>> {
        self.repeated.map(|name| self.name(name))
    }

    /// Names met so far, by number.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// The name with this number.
    pub fn name(&self, number: u32) -> &Arc<str> {
        &self.names[number as usize]
    }

    /// The number of a name, which is added if it is new.
    pub fn number(&mut self, name: &str) -> Result<u32, RecordError> {
        if let Some(number) = self.lookup.get(name) {
            return Ok(*number);
        }
        // A data structure has components, and a message some attributes of its own.
        if self.names.len() >= COLUMNS_MAX {
            return Err(RecordError::TooManyNames);
        }
        let number = self.names.len() as u32;
        let name: Arc<str> = Arc::from(name);
        self.names.push(name.clone());
        self.met.push(0);
        self.lookup.insert(name, number);
        Ok(number)
    }

    #[inline]
    fn number_here(&mut self, name: &[u8]) -> Result<u32, RecordError> {
        let place = self.cells.len();
        if let Some(usual) = self.usual[self.kind].get(place)
            && self.names[*usual as usize].as_bytes() == name
        {
            return Ok(*usual);
        }
        let number = self.number(&String::from_utf8_lossy(name))?;
        let usual = &mut self.usual[self.kind];
        match usual.get_mut(place) {
            Some(usual) => *usual = number,
            None => usual.push(number),
        }
        Ok(number)
    }
}

/// A part that is larger than any needs to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// More names of components than a message may have.
    #[error(
        "the message names more than {COLUMNS_MAX} components, and no dataflow has so many: write values into the components of the data structure, and not into names of their own"
    )]
    TooManyNames,
    /// More cells or text than an observation or a series may have.
    #[error(
        "an observation or a series has more than {COLUMNS_MAX} components or {RECORD_BYTES_MAX} bytes: shorten its texts, or send them as a document"
    )]
    TooLarge,
}

impl From<RecordError> for io::Error {
    fn from(error: RecordError) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}
