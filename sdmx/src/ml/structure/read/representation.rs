//! Representations: code lists and text formats.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};

use super::element::{Element, quoted};
use super::reading::{Flaw, Reading};
use super::reference::reference;
use crate::decimal::Decimal;
use crate::structure::{DataType, Format, Occurs, Representation, Unbounded};

/// Reads a `LocalRepresentation` or `CoreRepresentation`; nothing if it says nothing.
pub(super) fn representation(
    mut element: Element,
    reading: &mut Reading,
) -> Result<Option<Representation>, Flaw> {
    let enumeration = element.child("Enumeration");
    let enumeration = enumeration.map(|list| reference(list, "codelist.Codelist", reading)).transpose()?;
    let written = element.child("EnumerationFormat").or_else(|| element.child("TextFormat"));
    let format = written.map(|written| format(written, reading)).transpose()?;
    let number = |text: &str| text.parse().ok();
    let min_occurs = element.parsed("minOccurs", number, "a number")?;
    let max_occurs = element.parsed("maxOccurs", occurs, "a number or \"unbounded\"")?;
    reading.finish(element);
    let read = Representation { enumeration, format, min_occurs, max_occurs };
    Ok((read != Representation::default()).then_some(read))
}

/// Reads the most occurrences.
pub(super) fn occurs(text: &str) -> Option<Occurs> {
    match text {
        "unbounded" => Some(Occurs::Unbounded(Unbounded::Unbounded)),
        number => number.parse().ok().map(Occurs::Times),
    }
}

fn format(mut element: Element, reading: &mut Reading) -> Result<Format, Flaw> {
    let data_type = match element.attribute("textType") {
        Some(text) => Some(data_type(text.trim()).ok_or_else(|| {
            element.flaw(format!("the textType {} is none that this hub knows", quoted(&text)))
        })?),
        None => None,
    };
    let decimal = |text: &str| Decimal::parse(text.as_bytes()).ok();
    let number = |text: &str| text.parse::<u32>().ok();
    let format = Format {
        data_type,
        min_value: element.parsed("minValue", decimal, "a decimal number")?,
        max_value: element.parsed("maxValue", decimal, "a decimal number")?,
        min_length: element.parsed("minLength", number, "a whole number")?,
        max_length: element.parsed("maxLength", number, "a whole number")?,
        decimals: element.parsed("decimals", number, "a whole number")?,
        pattern: element.attribute("pattern").map(String::from),
        is_multi_lingual: element.truth("isMultiLingual")?,
    };
    reading.finish(element);
    Ok(format)
}

/// The type of this name. SDMX-JSON and SDMX-ML call types alike.
fn data_type(name: &str) -> Option<DataType> {
    let name: StrDeserializer<'_, ValueError> = name.into_deserializer();
    DataType::deserialize(name).ok()
}
