//! Representations: code lists and text formats, as far as the schemas let each component have them.

use serde::Serialize;

use super::Writer;
use crate::ml::structure::version::MlVersion;
use crate::structure::{Class, DataType, Format, Occurs, Representation, Unbounded};

/// What a representation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A concept.
    Concept,
    /// A dimension other than time.
    Dimension,
    /// The time dimension.
    Time,
    /// An attribute.
    Attribute,
    /// A measure.
    Measure,
    /// An attribute of metadata, which says itself how often it occurs.
    MetadataAttribute,
}

impl Writer<'_> {
    /// A representation, if it says anything.
    pub(super) fn representation(
        &mut self,
        element: &'static str,
        representation: Option<&Representation>,
        owner: Owner,
    ) {
        if owner == Owner::Time {
            self.time(element, representation);
            return;
        }
        let Some(representation) = representation else { return };
        self.xml.open(element);
        let may_repeat = !self.is_2_1() && !matches!(owner, Owner::Dimension | Owner::MetadataAttribute);
        if may_repeat {
            self.xml.optional("minOccurs", representation.min_occurs);
            self.xml.optional("maxOccurs", representation.max_occurs.map(occurs));
        }
        match (&representation.enumeration, &representation.format) {
            // 2.1 has no value lists.
            (Some(list), format) if list.class != Class::ValueList || !self.is_2_1() => {
                self.reference("str:Enumeration", list);
                if let Some(format) = format {
                    self.enumeration_format(format);
                }
            }
            (_, format) => self.text_format(&format.clone().unwrap_or_default(), owner),
        }
        self.xml.close();
    }

    /// Time dimensions must say their representation, which is a type and nothing else.
    fn time(&mut self, element: &'static str, representation: Option<&Representation>) {
        let format = representation.and_then(|representation| representation.format.as_ref());
        let data_type = format.and_then(|format| format.data_type).filter(|data_type| is_time(*data_type));
        let data_type = data_type.unwrap_or(DataType::ObservationalTimePeriod);
        self.xml.open(element).open("str:TextFormat").attribute("textType", name(data_type)).close();
        self.xml.close();
    }

    fn text_format(&mut self, format: &Format, owner: Owner) {
        let is_simple = owner == Owner::Dimension || (self.is_2_1() && owner != Owner::Concept);
        let fits = |data_type: &DataType| match data_type {
            DataType::Xhtml => !is_simple,
            DataType::GeospatialInformation => !self.is_2_1(),
            // The most used readers of these versions take no message that has it.
            DataType::Uri => self.version == MlVersion::V3_1,
            _ => true,
        };
        let data_type = format.data_type.map(|known| if fits(&known) { known } else { DataType::String });
        self.xml.open("str:TextFormat").optional("textType", data_type.map(name));
        self.lengths(format);
        self.xml.optional("minValue", format.min_value).optional("maxValue", format.max_value);
        self.xml.optional("decimals", format.decimals.filter(|decimals| *decimals > 0));
        self.xml.optional("pattern", format.pattern.as_ref());
        if !is_simple {
            self.xml.optional("isMultiLingual", format.is_multi_lingual);
        }
        self.xml.close();
    }

    fn enumeration_format(&mut self, format: &Format) {
        let is_of_codes = |data_type: &DataType| {
            !matches!(
                data_type,
                DataType::Decimal
                    | DataType::Float
                    | DataType::Double
                    | DataType::DateTime
                    | DataType::TimeRange
                    | DataType::Time
                    | DataType::GeospatialInformation
                    | DataType::Xhtml
            )
        };
        let data_type = format.data_type.filter(is_of_codes);
        self.xml.open("str:EnumerationFormat").optional("textType", data_type.map(name));
        self.lengths(format);
        let whole = |value: &crate::Decimal| !value.to_string().contains('.');
        self.xml.optional("minValue", format.min_value.filter(whole));
        self.xml.optional("maxValue", format.max_value.filter(whole));
        self.xml.optional("pattern", format.pattern.as_ref());
        self.xml.close();
    }

    fn lengths(&mut self, format: &Format) {
        self.xml.optional("minLength", format.min_length.filter(|length| *length > 0));
        self.xml.optional("maxLength", format.max_length.filter(|length| *length > 0));
    }
}

pub(super) fn occurs(occurs: Occurs) -> String {
    match occurs {
        Occurs::Times(times) => times.to_string(),
        Occurs::Unbounded(Unbounded::Unbounded) => "unbounded".to_owned(),
    }
}

/// Whether a type is one of time dimensions (TimeDataType in SDMXCommon.xsd).
fn is_time(data_type: DataType) -> bool {
    let name = name(data_type);
    name.ends_with("Period")
        || name.starts_with("Gregorian")
        || name.starts_with("Reporting")
        || matches!(data_type, DataType::DateTime | DataType::TimeRange)
}

/// The name of a type. SDMX-JSON and SDMX-ML call types alike.
fn name(data_type: DataType) -> String {
    // Variants without fields always serialize as text.
    let name = data_type.serialize(serde_json::value::Serializer).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}
