//! A column out of single values.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::dataset::{Bitmap, Column, Decimals, Floats, NULL_CODE, SCALE_MAX, Strings, Validity, Wide};
use crate::value::{Number, Scalar, ScalarType};

/// Takes values of one type, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct ScalarsBuilder {
    scalar_type: ScalarType,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    Booleans(Vec<Option<bool>>),
    Fixed(Vec<Option<i64>>),
    Numbers(Vec<Option<Number>>),
    Strings { codes: Vec<u32>, texts: Vec<Arc<str>>, code_of: HashMap<Arc<str>, u32> },
}

impl ScalarsBuilder {
    /// Nothing yet.
    pub(crate) fn new(scalar_type: ScalarType) -> Self {
        let values = match scalar_type {
            ScalarType::String | ScalarType::Null => {
                Values::Strings { codes: Vec::new(), texts: Vec::new(), code_of: HashMap::new() }
            }
            ScalarType::Boolean => Values::Booleans(Vec::new()),
            ScalarType::Number => Values::Numbers(Vec::new()),
            _ => Values::Fixed(Vec::new()),
        };
        Self { scalar_type, values }
    }

    /// Appends a value. An integer counts as a number where numbers are asked; whatever else is not of the
    /// type becomes null.
    pub(crate) fn push(&mut self, value: &Scalar) {
        let of_type = value.scalar_type() == self.scalar_type;
        match &mut self.values {
            Values::Booleans(values) => {
                values.push(if let Scalar::Boolean(truth) = value { Some(*truth) } else { None });
            }
            Values::Fixed(values) => values.push(if of_type { packed(value) } else { None }),
            Values::Numbers(values) => values.push(match value {
                Scalar::Number(number) => Some(*number),
                Scalar::Integer(whole) => Some(Number::Exact { unscaled: i128::from(*whole), scale: 0 }),
                _ => None,
            }),
            Values::Strings { codes, texts, code_of } => {
                let Scalar::String(text) = value else { return codes.push(NULL_CODE) };
                let next = texts.len() as u32;
                let code = *code_of.entry(text.clone()).or_insert(next);
                if code == next {
                    texts.push(text.clone());
                }
                codes.push(code);
            }
        }
    }

    /// The column of all values.
    pub(crate) fn finish(self) -> Column {
        match self.values {
            Values::Booleans(values) => Column::booleans(
                values.iter().map(|value| *value == Some(true)).collect(),
                Validity::of(values.iter().map(Option::is_some).collect()),
            ),
            Values::Fixed(values) => Column::fixed(
                values.iter().map(|value| value.unwrap_or(0)).collect(),
                Validity::of(values.iter().map(Option::is_some).collect()),
            ),
            Values::Numbers(values) => numbers(&values),
            Values::Strings { codes, texts, .. } => {
                Column::Strings(Strings { dictionary: Arc::new(texts), codes: Arc::new(codes) })
            }
        }
    }
}

fn packed(value: &Scalar) -> Option<i64> {
    match value {
        Scalar::Integer(whole) => Some(*whole),
        Scalar::Date(date) => Some(date.packed()),
        Scalar::TimePeriod(period) => Some(period.packed()),
        Scalar::Time(interval) => Some(interval.packed()),
        Scalar::Duration(frequency) => Some(frequency.packed()),
        _ => None,
    }
}

/// The narrowest column that holds all: exact if all are and one scale fits them, else floats.
fn numbers(values: &[Option<Number>]) -> Column {
    let valid = Validity::of(Bitmap::from_fn(values.len(), |row| values[row].is_some()));
    let Some(scale) = values.iter().flatten().try_fold(0, |widest: u8, number| match number {
        Number::Exact { scale, .. } => (*scale <= SCALE_MAX).then_some(widest.max(*scale)),
        Number::Float(_) => None,
    }) else {
        return floats(values, valid);
    };
    let unscaled: Option<Vec<i128>> = values
        .iter()
        .map(|value| match value {
            Some(Number::Exact { unscaled, scale: own }) => {
                unscaled.checked_mul(10i128.pow(u32::from(scale - own)))
            }
            _ => Some(0),
        })
        .collect();
    let Some(unscaled) = unscaled else { return floats(values, valid) };
    let narrow: Option<Vec<i64>> = unscaled.iter().map(|value| i64::try_from(*value).ok()).collect();
    match narrow {
        Some(unscaled) => Column::Decimals(Decimals { unscaled: Arc::new(unscaled), scale, valid }),
        None => Column::Wide(Wide { unscaled: Arc::new(unscaled), scale, valid }),
    }
}

fn floats(values: &[Option<Number>], valid: Validity) -> Column {
    let float = |value: &Option<Number>| match value {
        Some(Number::Exact { unscaled, scale }) => *unscaled as f64 / 10f64.powi(i32::from(*scale)),
        Some(Number::Float(value)) => *value,
        None => 0.0,
    };
    Column::Floats(Floats { values: Arc::new(values.iter().map(float).collect()), valid })
}
