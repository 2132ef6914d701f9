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
    rows: usize,
    /// Rows without a value.
    nulls: Vec<u32>,
}

/// Values so far; 0 where null.
#[derive(Clone, Debug)]
enum Values {
    Booleans(Vec<bool>),
    Fixed(Vec<i64>),
    /// Exact numbers of one scale.
    Narrow(Vec<i64>, u8),
    /// From the first on that 64 bits do not hold at the common scale.
    Wide(Vec<i128>, u8),
    /// From the first on that is no exact number, or that 128 bits do not hold.
    Floats(Vec<f64>),
    Strings {
        codes: Vec<u32>,
        texts: Vec<Arc<str>>,
        code_of: HashMap<Arc<str>, u32>,
    },
}

impl ScalarsBuilder {
    /// Nothing yet.
    pub(crate) fn new(scalar_type: ScalarType) -> Self {
        let values = match scalar_type {
            ScalarType::String | ScalarType::Null => {
                Values::Strings { codes: Vec::new(), texts: Vec::new(), code_of: HashMap::new() }
            }
            ScalarType::Boolean => Values::Booleans(Vec::new()),
            ScalarType::Number => Values::Narrow(Vec::new(), 0),
            _ => Values::Fixed(Vec::new()),
        };
        Self { scalar_type, values, rows: 0, nulls: Vec::new() }
    }

    /// Appends a value. An integer counts as a number where numbers are asked; whatever else is not of the
    /// type becomes null.
    pub(crate) fn push(&mut self, value: &Scalar) {
        let is_known = match (&mut self.values, value) {
            (Values::Booleans(values), Scalar::Boolean(truth)) => {
                values.push(*truth);
                true
            }
            (Values::Fixed(values), value) if value.scalar_type() == self.scalar_type => {
                let packed = packed(value);
                values.extend(packed);
                packed.is_some()
            }
            (Values::Strings { codes, texts, code_of }, Scalar::String(text)) => {
                codes.push(code(text, texts, code_of));
                true
            }
            (Values::Narrow(..) | Values::Wide(..) | Values::Floats(_), Scalar::Number(number)) => {
                self.push_number(*number);
                true
            }
            (Values::Narrow(..) | Values::Wide(..) | Values::Floats(_), Scalar::Integer(whole)) => {
                self.push_number(Number::Exact { unscaled: i128::from(*whole), scale: 0 });
                true
            }
            _ => false,
        };
        if !is_known {
            self.push_null();
        }
        self.rows += 1;
    }

    fn push_null(&mut self) {
        self.nulls.push(self.rows as u32);
        match &mut self.values {
            Values::Booleans(values) => values.push(false),
            Values::Fixed(values) | Values::Narrow(values, _) => values.push(0),
            Values::Wide(values, _) => values.push(0),
            Values::Floats(values) => values.push(0.0),
            Values::Strings { codes, .. } => codes.push(NULL_CODE),
        }
    }

    fn push_number(&mut self, number: Number) {
        match (&mut self.values, number) {
            (Values::Narrow(values, scale), Number::Exact { unscaled, scale: own }) if own == *scale => {
                if let Ok(unscaled) = i64::try_from(unscaled) {
                    return values.push(unscaled);
                }
            }
            (Values::Floats(values), number) => return values.push(float(number)),
            _ => {}
        }
        if let Number::Exact { unscaled, scale } = number
            && scale <= SCALE_MAX
            && let Some(()) = self.push_exact(unscaled, scale)
        {
            return;
        }
        let mut values = self.to_floats();
        values.push(float(number));
        self.values = Values::Floats(values);
    }

    /// Appends at the wider of the two scales; nothing if 128 bits are too few.
    fn push_exact(&mut self, unscaled: i128, own: u8) -> Option<()> {
        let current = match &self.values {
            Values::Narrow(_, scale) | Values::Wide(_, scale) => *scale,
            _ => return None,
        };
        let scale = current.max(own);
        let unscaled = unscaled.checked_mul(power(scale - own))?;
        let unit = power(scale - current);
        let narrow = i64::try_from(unscaled).ok().zip(i64::try_from(unit).ok());
        if let (Values::Narrow(values, scale_of), Some((unscaled, unit))) = (&mut self.values, narrow) {
            let limit = i64::MAX / unit;
            if unit == 1 || values.iter().all(|value| (-limit..=limit).contains(value)) {
                values.iter_mut().filter(|_| unit != 1).for_each(|value| *value *= unit);
                values.push(unscaled);
                *scale_of = scale;
                return Some(());
            }
        }
        let mut wide: Vec<i128> = match &self.values {
            Values::Narrow(values, _) => values.iter().map(|value| i128::from(*value)).collect(),
            Values::Wide(values, _) if unit == 1 => {
                if let Values::Wide(values, _) = &mut self.values {
                    values.push(unscaled);
                }
                return Some(());
            }
            Values::Wide(values, _) => values.clone(),
            _ => return None,
        };
        for value in &mut wide {
            *value = value.checked_mul(unit)?;
        }
        wide.push(unscaled);
        self.values = Values::Wide(wide, scale);
        Some(())
    }

    fn to_floats(&self) -> Vec<f64> {
        let exact = |unscaled: i128, scale: u8| float(Number::Exact { unscaled, scale });
        match &self.values {
            Values::Narrow(values, scale) => {
                values.iter().map(|value| exact(i128::from(*value), *scale)).collect()
            }
            Values::Wide(values, scale) => values.iter().map(|value| exact(*value, *scale)).collect(),
            _ => Vec::new(),
        }
    }

    /// The column of all values.
    pub(crate) fn finish(self) -> Column {
        let mut valid = Bitmap::filled(self.rows, true);
        self.nulls.iter().for_each(|row| valid.set(*row as usize, false));
        let valid = Validity::of(valid);
        match self.values {
            Values::Booleans(values) => Column::booleans(values.into_iter().collect(), valid),
            Values::Fixed(values) => Column::fixed(values, valid),
            Values::Narrow(values, scale) => {
                Column::Decimals(Decimals { unscaled: Arc::new(values), scale, valid })
            }
            Values::Wide(values, scale) => Column::Wide(Wide { unscaled: Arc::new(values), scale, valid }),
            Values::Floats(values) => Column::Floats(Floats { values: Arc::new(values), valid }),
            Values::Strings { codes, texts, .. } => {
                Column::Strings(Strings { dictionary: Arc::new(texts), codes: Arc::new(codes) })
            }
        }
    }
}

fn code(text: &Arc<str>, texts: &mut Vec<Arc<str>>, code_of: &mut HashMap<Arc<str>, u32>) -> u32 {
    *code_of.entry(text.clone()).or_insert_with(|| {
        texts.push(text.clone());
        texts.len() as u32 - 1
    })
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

fn float(number: Number) -> f64 {
    match number {
        Number::Exact { unscaled, scale } => unscaled as f64 / 10f64.powi(i32::from(scale)),
        Number::Float(value) => value,
    }
}

/// Of at most [`SCALE_MAX`].
fn power(exponent: u8) -> i128 {
    10i128.pow(u32::from(exponent))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = Scalar> {
        let unscaled = prop_oneof![-100i128..100, Just(i128::from(i64::MAX)), Just(i128::MAX / 1000)];
        prop_oneof![
            4 => (unscaled, 0u8..=SCALE_MAX)
                .prop_map(|(unscaled, scale)| Scalar::Number(Number::Exact { unscaled, scale })),
            1 => (-1e9f64..1e9).prop_map(|value| Scalar::Number(Number::Float(value))),
            1 => any::<i64>().prop_map(Scalar::Integer),
            1 => Just(Scalar::Null),
        ]
    }

    proptest! {
        #[test]
        fn numbers_of_any_size_come_out_with_their_values(values in proptest::collection::vec(number(), 0..12)) {
            let column = Column::of_scalars(values.iter(), ScalarType::Number);
            prop_assert_eq!(column.len(), values.len());
            for (row, value) in values.iter().enumerate() {
                let expected = match value {
                    Scalar::Number(number) => Some(float(*number)),
                    Scalar::Integer(whole) => Some(*whole as f64),
                    _ => None,
                };
                let found = match column.value(row, ScalarType::Number) {
                    Scalar::Number(number) => Some(float(number)),
                    _ => None,
                };
                let near = match (found, expected) {
                    (Some(found), Some(expected)) => (found - expected).abs() <= 1e-12 * expected.abs(),
                    (found, expected) => found == expected,
                };
                prop_assert!(near, "{:?} in row {} of {:?}", found, row, values);
            }
        }
    }
}
