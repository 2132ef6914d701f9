//! Data structures and their components, dataflows, and constraints on values.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::artefact::{Annotation, Identity};
use super::reference::Reference;

/// Types of uncoded values that this hub judges (SDMX 3.0, BasicComponentDataType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is the standard's own word")]
pub enum DataType {
    String,
    Alpha,
    AlphaNumeric,
    Numeric,
    Integer,
    Long,
    Short,
    BigInteger,
    Count,
    Decimal,
    Float,
    Double,
    Boolean,
    #[serde(rename = "URI")]
    Uri,
    DateTime,
    GregorianYear,
    GregorianYearMonth,
    GregorianDay,
    ObservationalTimePeriod,
    StandardTimePeriod,
    BasicTimePeriod,
    ReportingTimePeriod,
    TimeRange,
    #[serde(rename = "XHTML")]
    Xhtml,
}

impl DataType {
    /// Whether values are numbers.
    pub fn is_number(self) -> bool {
        matches!(
            self,
            Self::Integer
                | Self::Long
                | Self::Short
                | Self::BigInteger
                | Self::Count
                | Self::Decimal
                | Self::Float
                | Self::Double
        )
    }

    /// Whether values are whole numbers.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::Integer | Self::Long | Self::Short | Self::BigInteger | Self::Count)
    }
}

/// How uncoded values look.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Format {
    /// Type of values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<DataType>,
    /// Least value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_value: Option<serde_json::Number>,
    /// Greatest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_value: Option<serde_json::Number>,
    /// Fewest characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Most characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Most digits after the decimal point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u32>,
    /// Whether texts may stand in several languages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_multi_lingual: Option<bool>,
}

/// Most occurrences of a value in one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Occurs {
    /// So many.
    Times(u32),
    /// `"unbounded"`.
    Unbounded(Unbounded),
}

/// The word for "any number of".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unbounded {
    /// Any number.
    #[serde(rename = "unbounded")]
    Unbounded,
}

/// The values a component may have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Representation {
    /// Code list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enumeration: Option<Reference>,
    /// Form of uncoded values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Most values in one cell; one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_occurs: Option<Occurs>,
}

/// A dimension other than time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dimension {
    /// Id.
    pub id: Arc<str>,
    /// Place among the dimensions, from 0.
    #[serde(default)]
    pub position: u32,
    /// What it means.
    pub concept_identity: Reference,
    /// Its values.
    #[serde(default)]
    pub local_representation: Representation,
}

/// The time dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeDimension {
    /// Id: TIME_PERIOD.
    pub id: Arc<str>,
    /// What it means.
    pub concept_identity: Reference,
    /// Its values.
    #[serde(default)]
    pub local_representation: Representation,
}

/// Whether a component must have a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Usage {
    /// Always, be it by default.
    Mandatory,
    /// Not always.
    #[default]
    Optional,
}

/// A measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measure {
    /// Id.
    pub id: Arc<str>,
    /// Whether it must have a value.
    #[serde(default)]
    pub usage: Usage,
    /// What it means.
    pub concept_identity: Reference,
    /// Its values.
    #[serde(default)]
    pub local_representation: Representation,
}

/// What an attribute says something about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeRelationship {
    /// Single observations.
    Observation(Nothing),
    /// Every combination of these dimensions.
    Dimensions(Vec<Arc<str>>),
    /// Every combination of a group's dimensions.
    Group(Arc<str>),
    /// The whole dataset.
    Dataflow(Nothing),
}

/// `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// Id.
    pub id: Arc<str>,
    /// Whether it must have a value.
    #[serde(default)]
    pub usage: Usage,
    /// What it means.
    pub concept_identity: Reference,
    /// Its values.
    #[serde(default)]
    pub local_representation: Representation,
    /// What it is about.
    pub attribute_relationship: AttributeRelationship,
}

/// Dimensions that attributes may be attached to together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Id.
    pub id: Arc<str>,
    /// Ids of its dimensions.
    pub group_dimensions: Vec<Arc<str>>,
}

/// A data structure definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataStructure {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// Dimensions, measures, attributes.
    #[serde(rename = "dataStructureComponents")]
    pub components: Components,
}

impl Eq for DataStructure {}

/// The components of a data structure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Components {
    /// Dimensions.
    pub dimension_list: DimensionList,
    /// Groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Measures.
    #[serde(default)]
    pub measure_list: MeasureList,
    /// Attributes.
    #[serde(default)]
    pub attribute_list: AttributeList,
}

/// Dimensions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DimensionList {
    /// Always DimensionDescriptor.
    #[serde(default)]
    pub id: String,
    /// Those other than time, by position.
    pub dimensions: Vec<Dimension>,
    /// Time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_dimension: Option<TimeDimension>,
}

/// Measures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasureList {
    /// Always MeasureDescriptor.
    #[serde(default)]
    pub id: String,
    /// In their order.
    #[serde(default)]
    pub measures: Vec<Measure>,
}

/// Attributes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AttributeList {
    /// Always AttributeDescriptor.
    #[serde(default)]
    pub id: String,
    /// In their order.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// A dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataflow {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// Its data structure.
    pub structure: Reference,
}

/// Id of the annotations of a dataflow that say what an absent attribute stands for: `DEFAULT_UNIT_MEASURE`.
const DEFAULT_PREFIX: &str = "DEFAULT_";

impl Dataflow {
    /// What absent attributes stand for where no agreement says otherwise: (attribute, value).
    pub fn defaults(&self) -> impl Iterator<Item = (&str, &str)> {
        self.identity.annotations.iter().filter_map(|annotation| {
            let id = annotation.id.as_deref()?.strip_prefix(DEFAULT_PREFIX)?;
            Some((id, Annotation::find(&self.identity.annotations, annotation.id.as_deref()?)?))
        })
    }
}

/// Whether a constraint says what is allowed or what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConstraintRole {
    /// Allowed.
    Allowed,
    /// There.
    Actual,
}

/// What a constraint is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Dataflows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dataflows: Vec<Reference>,
}

/// Values of one component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyValues {
    /// Id of the component.
    pub id: Arc<str>,
    /// Its values.
    pub values: Vec<Arc<str>>,
}

/// A region of the cube that the dimensions span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CubeRegion {
    /// Whether the values are allowed, or all others are.
    #[serde(default = "yes", rename = "include", alias = "isIncluded")]
    pub include: bool,
    /// Values by component; a component that is not named may have any.
    #[serde(default)]
    pub key_values: Vec<KeyValues>,
}

fn yes() -> bool {
    true
}

/// A constraint on the values of dataflows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataConstraint {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// What it says.
    pub role: ConstraintRole,
    /// What it is about.
    #[serde(default)]
    pub constraint_attachment: Attachment,
    /// The regions.
    #[serde(default)]
    pub cube_regions: Vec<CubeRegion>,
}
