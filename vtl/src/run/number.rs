//! Columns of numbers as slices: exact ones of two widths, and floats.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::dataset::{Column, Decimals, Validity, Wide};
use crate::value::ScalarType;

/// Floats that differ by less than this part of the larger are equal: fifteen digits.
pub(super) const TOLERANCE: f64 = 5e-15;

/// The numbers of a column, whatever holds them.
#[derive(Clone, Copy)]
pub(super) enum Numbers<'c> {
    /// Exact, 64 bits, with a scale.
    Narrow(&'c [i64], u8),
    /// Exact, 128 bits, with a scale.
    Wide(&'c [i128], u8),
    /// Binary fractions.
    Floats(&'c [f64]),
}

impl<'c> Numbers<'c> {
    /// The numbers of a column; of any other column there are none.
    pub(super) fn of(column: &'c Column) -> Self {
        match column {
            Column::Fixed(fixed) => Self::Narrow(&fixed.values, 0),
            Column::Decimals(decimals) => Self::Narrow(&decimals.unscaled, decimals.scale),
            Column::Wide(wide) => Self::Wide(&wide.unscaled, wide.scale),
            Column::Floats(floats) => Self::Floats(&floats.values),
            Column::Booleans(_) | Column::Strings(_) => Self::Floats(&[]),
        }
    }

    /// One of them as a float.
    #[inline]
    pub(super) fn float(&self, row: usize) -> f64 {
        match self {
            Self::Narrow(values, scale) => values[row] as f64 / unit(*scale),
            Self::Wide(values, scale) => values[row] as f64 / unit(*scale),
            Self::Floats(values) => values[row],
        }
    }

    /// One of them times 10 to the power of the scale, if they are exact.
    #[inline]
    pub(super) fn unscaled(&self, row: usize) -> Option<i128> {
        match self {
            Self::Narrow(values, _) => Some(i128::from(values[row])),
            Self::Wide(values, _) => Some(values[row]),
            Self::Floats(_) => None,
        }
    }

    /// Digits after the point; 0 of floats.
    pub(super) fn scale(&self) -> u8 {
        match self {
            Self::Narrow(_, scale) | Self::Wide(_, scale) => *scale,
            Self::Floats(_) => 0,
        }
    }
}

/// 10 to the power of a scale, exact as a float up to 22.
pub(super) fn unit(scale: u8) -> f64 {
    10f64.powi(i32::from(scale))
}

/// Sums as the narrowest column of the type; nothing if an integer does not fit in 64 bits.
pub(super) fn exact_column(
    sums: Vec<i128>,
    scale: u8,
    valid: Validity,
    scalar_type: ScalarType,
) -> Option<Column> {
    let narrow: Option<Vec<i64>> = sums.iter().map(|sum| i64::try_from(*sum).ok()).collect();
    match (narrow, scalar_type) {
        (Some(values), ScalarType::Integer) => Some(Column::fixed(values, valid)),
        (None, ScalarType::Integer) => None,
        (Some(unscaled), _) => {
            Some(Column::Decimals(Decimals { unscaled: Arc::new(unscaled), scale, valid }))
        }
        (None, _) => Some(Column::Wide(Wide { unscaled: Arc::new(sums), scale, valid })),
    }
}

/// Floats in order, the nearly equal ones equal.
#[inline]
pub(super) fn order_of_floats(a: f64, b: f64) -> Ordering {
    if (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()) {
        return Ordering::Equal;
    }
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}
