//! +, −, × and ÷ on columns.
//!
//! What lives here: loops over slices. Whole numbers and decimals are computed in 64 bits; where these do not hold
//! a result, all rows are computed again in 128 bits, and where these do not, in floats. What must not: single
//! numbers.

use std::sync::Arc;

use super::number::{self, float_of, number_of, power_of_ten};
use super::scalar;
use super::value::Value;
use crate::dataset::{Column, Floats, SCALE_MAX, Validity};
use crate::plan::Function;
use crate::run::number::{Numbers, exact_column};
use crate::value::{Number, Scalar, ScalarType};

/// One side of an operator.
enum Side<'v> {
    Column(Numbers<'v>),
    One(Number),
}

impl<'v> Side<'v> {
    /// Nothing for null.
    fn of(value: &'v Value) -> Option<Self> {
        match value {
            Value::Column(column) => Some(Self::Column(Numbers::of(column))),
            Value::One(value) => number_of(value).map(Self::One),
        }
    }

    fn narrow(&self) -> Option<(Narrow<'v>, u8)> {
        match self {
            Self::Column(Numbers::Narrow(values, scale)) => Some((Narrow::Column(values), *scale)),
            Self::One(Number::Exact { unscaled, scale }) => {
                i64::try_from(*unscaled).ok().map(|value| (Narrow::One(value), *scale))
            }
            _ => None,
        }
    }

    fn unscaled(&self, row: usize) -> Option<i128> {
        match self {
            Self::Column(numbers) => numbers.unscaled(row),
            Self::One(Number::Exact { unscaled, .. }) => Some(*unscaled),
            Self::One(Number::Float(_)) => None,
        }
    }

    fn scale(&self) -> u8 {
        match self {
            Self::Column(numbers) => numbers.scale(),
            Self::One(Number::Exact { scale, .. }) => *scale,
            Self::One(Number::Float(_)) => 0,
        }
    }

    #[inline]
    fn float(&self, row: usize) -> f64 {
        match self {
            Self::Column(numbers) => numbers.float(row),
            Self::One(number) => float_of(*number),
        }
    }
}

/// 64-bit numbers, or one for all rows.
#[derive(Clone, Copy)]
enum Narrow<'v> {
    Column(&'v [i64]),
    One(i64),
}

/// A sum, difference or product.
pub(super) fn apply(
    function: Function,
    left: &Value,
    right: &Value,
    to: ScalarType,
    rows: usize,
) -> Result<Value, String> {
    if let (Value::One(left), Value::One(right)) = (left, right) {
        return scalar::apply(function, &[left.clone(), right.clone()], to).map(Value::One);
    }
    let (Some(a), Some(b)) = (Side::of(left), Side::of(right)) else { return Ok(Value::One(Scalar::Null)) };
    let valid = validity(left).and(&validity(right));
    if let Some((mut values, scale)) = narrow(function, &a, &b, rows) {
        clear_nulls(&mut values, &valid);
        let column = match to {
            ScalarType::Integer => Column::fixed(values, valid),
            _ => Column::Decimals(crate::dataset::Decimals { unscaled: Arc::new(values), scale, valid }),
        };
        return Ok(Value::Column(column));
    }
    if let Some((mut values, scale)) = wide(function, &a, &b, rows, &valid) {
        clear_nulls(&mut values, &valid);
        if let Some((values, scale)) = within_scale(values, scale) {
            return exact_column(values, scale, valid, to)
                .map(Value::Column)
                .ok_or_else(|| scalar::TOO_LARGE.to_owned());
        }
    }
    if to == ScalarType::Integer {
        return Err(scalar::TOO_LARGE.to_owned());
    }
    floats(rows, valid, |row| {
        let (x, y) = (a.float(row), b.float(row));
        match function {
            Function::Add => x + y,
            Function::Subtract => x - y,
            _ => x * y,
        }
    })
}

/// Results of 64 bits and their scale, if all rows have one.
fn narrow(function: Function, a: &Side<'_>, b: &Side<'_>, rows: usize) -> Option<(Vec<i64>, u8)> {
    let ((a, a_scale), (b, b_scale)) = (a.narrow()?, b.narrow()?);
    if function == Function::Multiply {
        let scale = a_scale.checked_add(b_scale).filter(|scale| *scale <= SCALE_MAX)?;
        return Some((zip(a, b, rows, i64::overflowing_mul)?, scale));
    }
    let scale = a_scale.max(b_scale);
    let factor = |own: u8| 10i64.checked_pow(u32::from(scale - own));
    let (by_a, by_b) = (factor(a_scale)?, factor(b_scale)?);
    let is_sum = function == Function::Add;
    let values = match (by_a, by_b, is_sum) {
        (1, 1, true) => zip(a, b, rows, i64::overflowing_add),
        (1, 1, false) => zip(a, b, rows, i64::overflowing_sub),
        _ => zip(a, b, rows, |x, y| {
            let ((x, x_over), (y, y_over)) = (x.overflowing_mul(by_a), y.overflowing_mul(by_b));
            let (result, over) = if is_sum { x.overflowing_add(y) } else { x.overflowing_sub(y) };
            (result, over | x_over | y_over)
        }),
    };
    Some((values?, scale))
}

/// All rows in one loop without a way out; nothing if any row did not fit.
#[inline]
fn zip(
    a: Narrow<'_>,
    b: Narrow<'_>,
    rows: usize,
    compute: impl Fn(i64, i64) -> (i64, bool),
) -> Option<Vec<i64>> {
    let mut has_overflown = false;
    let mut one = |x: i64, y: i64| {
        let (result, over) = compute(x, y);
        has_overflown |= over;
        result
    };
    let values: Vec<i64> = match (a, b) {
        (Narrow::Column(a), Narrow::Column(b)) => a.iter().zip(b).map(|(x, y)| one(*x, *y)).collect(),
        (Narrow::Column(a), Narrow::One(y)) => a.iter().map(|x| one(*x, y)).collect(),
        (Narrow::One(x), Narrow::Column(b)) => b.iter().map(|y| one(x, *y)).collect(),
        (Narrow::One(x), Narrow::One(y)) => vec![one(x, y); rows],
    };
    (!has_overflown).then_some(values)
}

fn wide(
    function: Function,
    a: &Side<'_>,
    b: &Side<'_>,
    rows: usize,
    valid: &Validity,
) -> Option<(Vec<i128>, u8)> {
    let multiplies = function == Function::Multiply;
    let scale = if multiplies { a.scale() + b.scale() } else { a.scale().max(b.scale()) };
    let factor = |own: u8| if multiplies { Some(1) } else { power_of_ten(u32::from(scale - own)) };
    let (by_a, by_b) = (factor(a.scale())?, factor(b.scale())?);
    let result = |row: usize| {
        if !valid.get(row) {
            return Some(0);
        }
        let (x, y) = (a.unscaled(row)?.checked_mul(by_a)?, b.unscaled(row)?.checked_mul(by_b)?);
        match function {
            Function::Add => x.checked_add(y),
            Function::Subtract => x.checked_sub(y),
            _ => x.checked_mul(y),
        }
    };
    Some(((0..rows).map(result).collect::<Option<_>>()?, scale))
}

/// Zeros at the end that all rows have are taken off where there are too many digits.
fn within_scale(mut values: Vec<i128>, mut scale: u8) -> Option<(Vec<i128>, u8)> {
    while scale > SCALE_MAX {
        if values.iter().any(|value| value % 10 != 0) {
            return None;
        }
        values.iter_mut().for_each(|value| *value /= 10);
        scale -= 1;
    }
    Some((values, scale))
}

/// A quotient is a float.
pub(super) fn divide(left: &Value, right: &Value, rows: usize) -> Result<Value, String> {
    if let (Value::One(left), Value::One(right)) = (left, right) {
        return scalar::apply(Function::Divide, &[left.clone(), right.clone()], ScalarType::Number)
            .map(Value::One);
    }
    let (Some(a), Some(b)) = (Side::of(left), Side::of(right)) else { return Ok(Value::One(Scalar::Null)) };
    let valid = validity(left).and(&validity(right));
    if (0..rows).any(|row| b.float(row) == 0.0 && valid.get(row)) {
        return Err(scalar::BY_ZERO.to_owned());
    }
    floats(rows, valid, |row| a.float(row) / b.float(row))
}

fn floats(rows: usize, valid: Validity, compute: impl Fn(usize) -> f64) -> Result<Value, String> {
    let values: Vec<f64> = (0..rows).map(|row| if valid.get(row) { compute(row) } else { 0.0 }).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(scalar::TOO_LARGE.to_owned());
    }
    Ok(Value::Column(Column::Floats(Floats { values: Arc::new(values), valid })))
}

fn validity(value: &Value) -> Validity {
    match value {
        Value::One(_) => Validity::ALL,
        Value::Column(column) => column.validity(),
    }
}

fn clear_nulls<T: Default>(values: &mut [T], valid: &Validity) {
    if let Some(bits) = valid.bits() {
        bits.not().ones().for_each(|row| values[row] = T::default());
    }
}

/// Numbers in a type that holds them: whole numbers as numbers.
pub(super) fn to_numbers(column: Column) -> Column {
    match column {
        Column::Fixed(fixed) => Column::Decimals(crate::dataset::Decimals {
            unscaled: fixed.values,
            scale: 0,
            valid: fixed.valid,
        }),
        other => other,
    }
}

/// The order of two numbers of a row, for columns of any kind.
pub(super) fn order(left: &Value, right: &Value) -> Option<impl Fn(usize) -> std::cmp::Ordering> {
    let (a, b) = (Side::of(left)?, Side::of(right)?);
    let of_row = |side: &Side<'_>, row: usize| match side.unscaled(row) {
        Some(unscaled) => Number::Exact { unscaled, scale: side.scale() },
        None => Number::Float(side.float(row)),
    };
    Some(move |row: usize| number::order(of_row(&a, row), of_row(&b, row)))
}
