//! What is written, and how; the same for all formats.

use std::sync::Arc;

use jiff::Timestamp;

use crate::columns::AttributeValue;
use crate::structure::Reference;

/// What is written, and how. A format that cannot say something leaves it out.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// Which dimension stands with observations.
    pub observation_level: ObservationLevel,
    /// Attributes to write, in the order of the data structure; if nothing, all of series and observations,
    /// and those of the dataset that `absent_values` has.
    pub attributes: Option<Vec<Arc<str>>>,
    /// Whether values of measures are written.
    pub measures: bool,
    /// How much of series is written.
    pub detail: Detail,
    /// What absent attributes stand for. Attributes of the dataset have their value from here.
    pub absent_values: Vec<(Arc<str>, AttributeValue)>,
    /// Names beside ids (SDMX-CSV, workbooks).
    pub labels: Labels,
    /// Columns with keys (SDMX-CSV 2.x).
    pub keys: KeyColumns,
    /// Whether periods are written as the longest common form, dates and times (SDMX-CSV `timeFormat=normalized`).
    pub normalized_time: bool,
    /// Languages wanted, best first; English if there are none.
    pub languages: Vec<String>,
    /// Names of columns behind the components, such as DATA_PROVIDER (SDMX-CSV, Parquet, workbooks).
    pub custom_columns: Vec<String>,
    /// Names and texts that the second sheet of a workbook says beside the dataflow: filters, licence.
    pub about: Vec<(String, String)>,
    /// What stands before the data.
    pub header: MessageHeader,
}

/// Which dimension stands with observations (`dimensionAtObservation`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ObservationLevel {
    /// Time; all dimensions where there is no time.
    #[default]
    Time,
    /// All: there are no series.
    AllDimensions,
    /// Another dimension.
    Dimension(Arc<str>),
}

/// How much of series is written (`detail`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// All.
    #[default]
    Full,
    /// No attributes.
    DataOnly,
    /// No observations.
    NoData,
    /// Neither: only keys.
    SeriesKeysOnly,
}

/// Whether ids, names or both are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Labels {
    /// Ids.
    #[default]
    Id,
    /// A column with the name behind each with an id.
    Name,
    /// `A: Annual`.
    Both,
}

/// Columns with keys (SDMX-CSV 2.x `keys`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyColumns {
    /// None.
    #[default]
    None,
    /// SERIES_KEY.
    Series,
    /// OBS_KEY.
    Observation,
    /// Both.
    Both,
}

/// To what the header of a message says that its data belong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StructureUse {
    /// The dataflow, or in SDMX-ML 2.1 its data structure, because readers of that version need it there.
    #[default]
    Dataflow,
    /// The data structure.
    DataStructure,
    /// A provision agreement.
    ProvisionAgreement(Reference),
}

/// What stands before the data. Time and id come in as arguments: there is no clock here.
#[derive(Clone, Debug)]
pub struct MessageHeader {
    /// Id of the message; letters, digits, `_` and `-`.
    pub id: String,
    /// Whether it is a test.
    pub test: bool,
    /// When it was prepared.
    pub prepared: Timestamp,
    /// Id of the sending organisation.
    pub sender: String,
    /// Its name in English, if it is to be told.
    pub sender_name: Option<String>,
    /// Ids of the receivers.
    pub receivers: Vec<String>,
    /// What the data belong to.
    pub structure: StructureUse,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            observation_level: ObservationLevel::default(),
            attributes: None,
            measures: true,
            detail: Detail::default(),
            absent_values: Vec::new(),
            labels: Labels::default(),
            keys: KeyColumns::default(),
            normalized_time: false,
            languages: Vec::new(),
            custom_columns: Vec::new(),
            about: Vec::new(),
            header: MessageHeader::default(),
        }
    }
}

impl Default for MessageHeader {
    fn default() -> Self {
        Self {
            id: "DATA".to_owned(),
            test: false,
            prepared: Timestamp::UNIX_EPOCH,
            sender: "MIGHUB".to_owned(),
            sender_name: None,
            receivers: Vec::new(),
            structure: StructureUse::default(),
        }
    }
}

impl Detail {
    /// Whether attributes are written.
    pub fn has_attributes(self) -> bool {
        matches!(self, Self::Full | Self::NoData)
    }

    /// Whether observations are written.
    pub fn has_observations(self) -> bool {
        matches!(self, Self::Full | Self::DataOnly)
    }
}
