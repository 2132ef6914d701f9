//! Observation values of differing scales as one column.

use std::sync::Arc;

use mighub_sdmx::columns::NO_VALUE;

use crate::dataset::{Bitmap, Column, Decimals, Validity, Wide};
use crate::value::ScalarType;

/// Takes values with scales of their own; the column has the widest.
#[derive(Clone, Debug)]
pub(super) struct MeasureBuilder {
    scalar_type: ScalarType,
    scale: u8,
    values: Values,
    /// Rows without a value.
    nulls: Vec<u32>,
}

#[derive(Clone, Debug)]
enum Values {
    Narrow(Vec<i64>),
    /// From the first value on that 64 bits do not hold at the common scale.
    Wide(Vec<i128>),
}

impl MeasureBuilder {
    /// Nothing yet, of integers or numbers.
    pub(super) fn new(scalar_type: ScalarType) -> Self {
        Self { scalar_type, scale: 0, values: Values::Narrow(Vec::new()), nulls: Vec::new() }
    }

    /// Appends values; [`NO_VALUE`] as scale is null.
    pub(super) fn push(&mut self, unscaled: &[i64], scales: &[u8]) {
        let widest = scales.iter().copied().filter(|scale| *scale != NO_VALUE).max().unwrap_or(0);
        if widest > self.scale {
            self.rescale(widest);
        }
        let start = self.len();
        let nulls = scales.iter().enumerate().filter(|(_, scale)| **scale == NO_VALUE);
        self.nulls.extend(nulls.map(|(row, _)| (start + row) as u32));
        if let Values::Narrow(values) = &mut self.values {
            values.reserve(unscaled.len());
            let fits = unscaled.iter().zip(scales).all(|(value, scale)| {
                let unit = if *scale == NO_VALUE { Some(0) } else { power(self.scale - scale) };
                match unit.and_then(|unit| value.checked_mul(unit)) {
                    Some(value) => {
                        values.push(value);
                        true
                    }
                    None => false,
                }
            });
            if fits {
                return;
            }
            values.truncate(start);
        }
        self.widen();
        if let Values::Wide(values) = &mut self.values {
            values.extend(unscaled.iter().zip(scales).map(|(value, scale)| {
                // 18 digits at a scale of at most 18 are 36 digits: they fit.
                if *scale == NO_VALUE { 0 } else { i128::from(*value) * wide_power(self.scale - scale) }
            }));
        }
    }

    /// The column. Of an integer measure, values with digits behind the point become null: the check of
    /// formats reports them.
    pub(super) fn finish(mut self) -> Column {
        let rows = self.len();
        let mut valid = Bitmap::filled(rows, true);
        self.nulls.iter().for_each(|row| valid.set(*row as usize, false));
        if self.scalar_type == ScalarType::Integer {
            return self.integers(valid);
        }
        let (scale, valid) = (self.scale, Validity::of(valid));
        match &mut self.values {
            Values::Narrow(values) => {
                values.shrink_to_fit();
                Column::Decimals(Decimals { unscaled: Arc::new(std::mem::take(values)), scale, valid })
            }
            Values::Wide(values) => {
                Column::Wide(Wide { unscaled: Arc::new(std::mem::take(values)), scale, valid })
            }
        }
    }

    fn integers(self, mut valid: Bitmap) -> Column {
        let unit = wide_power(self.scale);
        let mut whole = |row: usize, value: i128| match i64::try_from(value / unit) {
            Ok(whole) if value % unit == 0 => whole,
            _ => {
                valid.set(row, false);
                0
            }
        };
        let values = match self.values {
            Values::Narrow(values) if self.scale == 0 => values,
            Values::Narrow(values) => {
                values.iter().enumerate().map(|(row, value)| whole(row, i128::from(*value))).collect()
            }
            Values::Wide(values) => {
                values.iter().enumerate().map(|(row, value)| whole(row, *value)).collect()
            }
        };
        Column::fixed(values, Validity::of(valid))
    }

    fn len(&self) -> usize {
        match &self.values {
            Values::Narrow(values) => values.len(),
            Values::Wide(values) => values.len(),
        }
    }

    fn rescale(&mut self, scale: u8) {
        let step = scale - self.scale;
        self.scale = scale;
        if let (Values::Narrow(values), Some(unit)) = (&mut self.values, power(step)) {
            let limit = i64::MAX / unit;
            if values.iter().all(|value| (-limit..=limit).contains(value)) {
                values.iter_mut().for_each(|value| *value *= unit);
                return;
            }
        }
        self.widen();
        if let Values::Wide(values) = &mut self.values {
            values.iter_mut().for_each(|value| *value *= wide_power(step));
        }
    }

    fn widen(&mut self) {
        if let Values::Narrow(values) = &self.values {
            self.values = Values::Wide(values.iter().map(|value| i128::from(*value)).collect());
        }
    }
}

fn power(exponent: u8) -> Option<i64> {
    10i64.checked_pow(u32::from(exponent))
}

/// Of at most [`crate::dataset::SCALE_MAX`].
fn wide_power(exponent: u8) -> i128 {
    10i128.pow(u32::from(exponent))
}
