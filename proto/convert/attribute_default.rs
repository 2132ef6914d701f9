//! Terms of an agreement: what absent attributes stand for, and the permitted region.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mighub_sdmx::structure::{AttributeDefault, CodeId, DefaultCondition, DefaultValue, Id};

use super::FieldError;
use crate::v1;

/// Codes by dimension.
type Region = BTreeMap<Id, BTreeSet<CodeId>>;

/// The default of a message. Who says so is not part of it.
pub fn attribute_default(message: &v1::AttributeDefault) -> Result<AttributeDefault, FieldError> {
    let refuse = |reason: &dyn ToString| FieldError::new("attribute_defaults", reason.to_string());
    let attribute = Id::new(&message.attribute).map_err(|error| refuse(&error))?;
    let value = match &message.value {
        Some(v1::attribute_default::Value::Text(text)) if !text.is_empty() => {
            DefaultValue::Text(Arc::from(&**text))
        }
        Some(v1::attribute_default::Value::DayOfYear(day)) => day_of_year(day)
            .ok_or_else(|| refuse(&format!("{day:?} is not a day of the year: write --MM-DD")))?,
        _ => return Err(refuse(&format!("{attribute} has no value: give one"))),
    };
    let when = match &message.only_for {
        None => None,
        Some(codes) => {
            let (dimension, codes) = dimension_codes("attribute_defaults", codes)?;
            Some(DefaultCondition { dimension, codes })
        }
    };
    Ok(AttributeDefault { attribute, value, when })
}

fn day_of_year(text: &str) -> Option<DefaultValue> {
    let (month, day) = text.strip_prefix("--")?.split_once('-')?;
    let two_digits = |part: &str| (part.len() == 2).then(|| part.parse::<u8>().ok()).flatten();
    let (month, day) = (two_digits(month)?, two_digits(day)?);
    // The day must exist in every year, so 29 February is none.
    let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let most = *days.get(usize::from(month.checked_sub(1)?))?;
    (1..=most).contains(&day).then_some(DefaultValue::DayOfYear { month, day })
}

/// The message of a default.
pub fn attribute_default_message(
    default: &AttributeDefault,
    origin: v1::AttributeDefaultOrigin,
) -> v1::AttributeDefault {
    let value = match &default.value {
        DefaultValue::Text(text) => v1::attribute_default::Value::Text(text.to_string()),
        DefaultValue::DayOfYear { month, day } => {
            v1::attribute_default::Value::DayOfYear(format!("--{month:02}-{day:02}"))
        }
    };
    let only_for = default.when.as_ref().map(|when| v1::DimensionCodes {
        dimension: when.dimension.to_string(),
        codes: when.codes.iter().map(ToString::to_string).collect(),
    });
    v1::AttributeDefault {
        attribute: default.attribute.to_string(),
        value: Some(value),
        only_for,
        origin: origin.into(),
    }
}

/// The permitted region of a message.
pub fn region(messages: &[v1::DimensionCodes]) -> Result<Region, FieldError> {
    let mut region = Region::new();
    for message in messages {
        let (dimension, codes) = dimension_codes("permitted_region", message)?;
        if region.insert(dimension, codes).is_some() {
            let reason = format!("{} stands twice: put its codes together", message.dimension);
            return Err(FieldError::new("permitted_region", reason));
        }
    }
    Ok(region)
}

/// The message of a permitted region.
pub fn region_message(region: &Region) -> Vec<v1::DimensionCodes> {
    let entry = |(dimension, codes): (&Id, &BTreeSet<CodeId>)| v1::DimensionCodes {
        dimension: dimension.to_string(),
        codes: codes.iter().map(ToString::to_string).collect(),
    };
    region.iter().map(entry).collect()
}

fn dimension_codes(
    field: &'static str,
    message: &v1::DimensionCodes,
) -> Result<(Id, BTreeSet<CodeId>), FieldError> {
    let dimension = Id::new(&message.dimension).map_err(|error| FieldError::new(field, error))?;
    if message.codes.is_empty() {
        return Err(FieldError::new(field, format!("{dimension} has no codes: give some, or leave it out")));
    }
    let codes = message.codes.iter().map(|code| CodeId::new(code)).collect::<Result<_, _>>();
    Ok((dimension, codes.map_err(|error| FieldError::new(field, error))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_reads_from_its_message() {
        let default = AttributeDefault {
            attribute: Id::new("REF_DATE").expect("an id"),
            value: DefaultValue::DayOfYear { month: 1, day: 1 },
            when: Some(DefaultCondition {
                dimension: Id::new("SEX").expect("an id"),
                codes: BTreeSet::from([CodeId::new("_T").expect("a code")]),
            }),
        };
        let message = attribute_default_message(&default, v1::AttributeDefaultOrigin::Agreement);
        assert_eq!(attribute_default(&message), Ok(default));
    }

    #[test]
    fn a_day_that_some_years_lack_is_refused() {
        for text in ["--02-29", "--13-01", "--1-1", "01-01", "--04-31", "--00-01"] {
            assert_eq!(day_of_year(text), None, "{text}");
        }
    }
}
