//! Amounts of the measure, and their sums: integers of one scale, or floats.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::number::{exact_column, order_of_floats};
use super::Cell;
use crate::dataset::{Bitmap, Column, Decimals, Fixed, Floats, Validity, Wide};
use crate::value::ScalarType;

/// What a row holds; sums are wider, so that they overflow late or never.
pub(super) trait Amount: Copy {
    /// Sums and differences of amounts.
    type Sum: Copy + PartialEq;
    /// Nothing.
    const ZERO: Self::Sum;
    fn widen(self) -> Self::Sum;
    fn add(a: Self::Sum, b: Self::Sum) -> Option<Self::Sum>;
    fn subtract(a: Self::Sum, b: Self::Sum) -> Option<Self::Sum>;
    fn compare(a: Self::Sum, b: Self::Sum) -> Ordering;
    fn column(sums: Vec<Self::Sum>, scale: u8, valid: Validity, scalar_type: ScalarType) -> Option<Column>;
}

macro_rules! exact_amount {
    // The two exact widths differ in nothing but the conversion.
    ($type:ty) => {
        impl Amount for $type {
            type Sum = i128;
            const ZERO: i128 = 0;
            #[inline]
            fn widen(self) -> i128 {
                i128::from(self)
            }
            #[inline]
            fn add(a: i128, b: i128) -> Option<i128> {
                a.checked_add(b)
            }
            #[inline]
            fn subtract(a: i128, b: i128) -> Option<i128> {
                a.checked_sub(b)
            }
            #[inline]
            fn compare(a: i128, b: i128) -> Ordering {
                a.cmp(&b)
            }
            fn column(
                sums: Vec<i128>,
                scale: u8,
                valid: Validity,
                scalar_type: ScalarType,
            ) -> Option<Column> {
                exact_column(sums, scale, valid, scalar_type)
            }
        }
    };
}
exact_amount!(i64);
exact_amount!(i128);

impl Amount for f64 {
    type Sum = f64;
    const ZERO: f64 = 0.0;
    fn widen(self) -> f64 {
        self
    }
    fn add(a: f64, b: f64) -> Option<f64> {
        Some(a + b)
    }
    fn subtract(a: f64, b: f64) -> Option<f64> {
        Some(a - b)
    }
    fn compare(a: f64, b: f64) -> Ordering {
        order_of_floats(a, b)
    }
    fn column(sums: Vec<f64>, _: u8, valid: Validity, _: ScalarType) -> Option<Column> {
        Some(Column::Floats(Floats { values: Arc::new(sums), valid }))
    }
}

/// The measure of the input.
pub(super) struct Amounts<'a, A> {
    values: &'a [A],
    scale: u8,
    valid: &'a Validity,
}

impl<A> Clone for Amounts<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Amounts<'_, A> {}

impl<'a> Amounts<'a, i64> {
    pub(super) fn integers(column: &'a Fixed) -> Self {
        Self { values: &column.values, scale: 0, valid: &column.valid }
    }

    pub(super) fn decimals(column: &'a Decimals) -> Self {
        Self { values: &column.unscaled, scale: column.scale, valid: &column.valid }
    }
}

impl<'a> Amounts<'a, i128> {
    pub(super) fn wide(column: &'a Wide) -> Self {
        Self { values: &column.unscaled, scale: column.scale, valid: &column.valid }
    }
}

impl<'a> Amounts<'a, f64> {
    pub(super) fn floats(column: &'a Floats) -> Self {
        Self { values: &column.values, scale: 0, valid: &column.valid }
    }
}

impl<A: Amount> Amounts<'_, A> {
    /// What stands in a row.
    #[inline]
    pub(super) fn cell(&self, row: u32) -> Cell<A::Sum> {
        let row = row as usize;
        if self.valid.get(row) { Cell::Known(self.values[row].widen()) } else { Cell::Null }
    }

    /// Sums as a column of the measure's scale; nothing if the type cannot hold one of them.
    pub(super) fn column(&self, sums: &[Option<A::Sum>], scalar_type: ScalarType) -> Option<Column> {
        let valid = Validity::of(Bitmap::from_fn(sums.len(), |row| sums[row].is_some()));
        let sums = sums.iter().map(|sum| sum.unwrap_or(A::ZERO)).collect();
        A::column(sums, self.scale, valid, scalar_type)
    }
}
