//! Which values a component may have: codes, or texts of a certain form.

use serde::{Deserialize, Deserializer, Serialize};

use super::reference::Reference;
use crate::decimal::Decimal;

/// Types of uncoded values (SDMX 3.0, BasicComponentDataType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is the standard's own word")]
pub enum DataType {
    String,
    Alpha,
    AlphaNumeric,
    Numeric,
    BigInteger,
    Integer,
    Long,
    Short,
    Decimal,
    Float,
    Double,
    Boolean,
    #[serde(rename = "URI")]
    Uri,
    Count,
    InclusiveValueRange,
    ExclusiveValueRange,
    Incremental,
    ObservationalTimePeriod,
    StandardTimePeriod,
    BasicTimePeriod,
    GregorianTimePeriod,
    GregorianYear,
    GregorianYearMonth,
    GregorianDay,
    ReportingTimePeriod,
    ReportingYear,
    ReportingSemester,
    ReportingTrimester,
    ReportingQuarter,
    ReportingMonth,
    ReportingWeek,
    ReportingDay,
    DateTime,
    TimeRange,
    Month,
    MonthDay,
    Day,
    Time,
    Duration,
    GeospatialInformation,
    #[serde(rename = "XHTML")]
    Xhtml,
}

impl DataType {
    /// Whether values are numbers.
    pub fn is_number(self) -> bool {
        self.is_integer()
            || matches!(
                self,
                Self::Decimal
                    | Self::Float
                    | Self::Double
                    | Self::InclusiveValueRange
                    | Self::ExclusiveValueRange
                    | Self::Incremental
            )
    }

    /// Whether values are whole numbers.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::Integer | Self::Long | Self::Short | Self::BigInteger | Self::Count)
    }
}

/// How uncoded values look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Format {
    /// Type of values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<DataType>,
    /// Least value.
    #[serde(default, with = "number", skip_serializing_if = "Option::is_none")]
    pub min_value: Option<Decimal>,
    /// Greatest value.
    #[serde(default, with = "number", skip_serializing_if = "Option::is_none")]
    pub max_value: Option<Decimal>,
    /// Fewest characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Most characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Most digits after the decimal point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u32>,
    /// Regular expression (XML Schema's) that the whole value matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Whether texts may stand in several languages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_multi_lingual: Option<bool>,
}

/// Most occurrences of a value in one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Occurs {
    /// So many.
    Times(u32),
    /// `"unbounded"`.
    Unbounded(Unbounded),
}

/// The number that stands for "any number of" where a message must have one: no cell has so many values.
pub(super) const UNBOUNDED: u32 = i32::MAX as u32;

impl<'de> Deserialize<'de> for Occurs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Read {
            Times(u32),
            Unbounded(Unbounded),
        }
        Ok(match Read::deserialize(deserializer)? {
            Read::Times(UNBOUNDED) => Self::Unbounded(Unbounded::Unbounded),
            Read::Times(times) => Self::Times(times),
            Read::Unbounded(unbounded) => Self::Unbounded(unbounded),
        })
    }
}

/// The word for "any number of".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unbounded {
    /// Any number.
    #[serde(rename = "unbounded")]
    Unbounded,
}

/// The values a component may have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Representation {
    /// Code list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enumeration: Option<Reference>,
    /// Form of uncoded values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Fewest values in one cell; one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_occurs: Option<u32>,
    /// Most values in one cell; one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_occurs: Option<Occurs>,
}

impl Representation {
    /// Values from a code list.
    pub fn coded(codelist: Reference) -> Self {
        Self { enumeration: Some(codelist), ..Self::default() }
    }

    /// Values of a form.
    pub fn formatted(format: Format) -> Self {
        Self { format: Some(format), ..Self::default() }
    }

    /// Whether a cell may hold several values.
    pub fn is_multi_valued(&self) -> bool {
        !matches!(self.max_occurs, None | Some(Occurs::Times(0 | 1)))
    }
}

/// Numbers of JSON as exact decimals.
mod number {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
    use serde_json::Number;

    use crate::decimal::Decimal;

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let number = value.map(|decimal| decimal.to_string().parse::<Number>()).transpose();
        number.map_err(ser::Error::custom)?.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        let Some(number) = Option::<Number>::deserialize(deserializer)? else { return Ok(None) };
        let text = number.to_string();
        let decimal = Decimal::parse(text.as_bytes())
            .map_err(|error| de::Error::custom(format!("the bound {text} of a format: {error}")));
        decimal.map(Some)
    }
}
