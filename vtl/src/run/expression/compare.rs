//! Comparisons of columns, and looking values up in a set.
//!
//! What lives here: which loop compares which columns. What must not: what a comparison means for single values.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::number::power_of_ten;
use super::value::Value;
use super::{arithmetic, logic, scalar};
use crate::dataset::{Bitmap, Column, Validity};
use crate::plan::{Comparison, Function};
use crate::run::number::Numbers;
use crate::value::{Number, Scalar, ScalarType};

/// Whether an order of two values fulfils a comparison.
#[inline]
pub(super) fn holds(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

pub(super) fn compare(
    comparison: Comparison,
    left: &Value,
    right: &Value,
    scalar_type: ScalarType,
    rows: usize,
) -> Result<Value, String> {
    if let (Value::One(left), Value::One(right)) = (left, right) {
        let function = Function::Compare(comparison);
        return scalar::apply(function, &[left.clone(), right.clone()], ScalarType::Boolean).map(Value::One);
    }
    if [left, right].iter().any(|value| matches!(value, Value::One(Scalar::Null))) {
        return Ok(Value::One(Scalar::Null));
    }
    if scalar_type == ScalarType::TimePeriod && !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
        return row_by_row(comparison, left, right, scalar_type, rows);
    }
    let valid = validity(left).and(&validity(right));
    let truth = match (left, right) {
        _ if scalar_type.is_numeric() => numbers(comparison, left, right, rows),
        (Value::Column(Column::Fixed(a)), Value::Column(Column::Fixed(b))) => {
            Some(bits(comparison, rows, |row| a.values[row].cmp(&b.values[row])))
        }
        (Value::Column(Column::Strings(a)), Value::Column(Column::Strings(b))) => {
            Some(bits(comparison, rows, |row| {
                // Null rows have no entry; what is said of them is masked.
                let text = |codes: &[u32], texts: &[std::sync::Arc<str>]| texts.get(codes[row] as usize).cloned();
                text(&a.codes, &a.dictionary).cmp(&text(&b.codes, &b.dictionary))
            }))
        }
        (Value::Column(Column::Strings(column)), Value::One(Scalar::String(text))) => {
            let holds: Vec<bool> =
                column.dictionary.iter().map(|entry| holds(comparison, (**entry).cmp(text))).collect();
            Some(by_code(&column.codes, &holds))
        }
        (Value::One(Scalar::String(text)), Value::Column(Column::Strings(column))) => {
            let holds: Vec<bool> =
                column.dictionary.iter().map(|entry| holds(comparison, (**text).cmp(entry))).collect();
            Some(by_code(&column.codes, &holds))
        }
        _ => None,
    };
    match truth {
        Some(truth) => Ok(Value::Column(Column::booleans(truth, valid))),
        None => row_by_row(comparison, left, right, scalar_type, rows),
    }
}

fn row_by_row(
    comparison: Comparison,
    left: &Value,
    right: &Value,
    scalar_type: ScalarType,
    rows: usize,
) -> Result<Value, String> {
    let function = Function::Compare(comparison);
    super::value::map_rows(
        &[left.clone(), right.clone()],
        &[scalar_type, scalar_type],
        ScalarType::Boolean,
        rows,
        |given| scalar::apply(function, given, ScalarType::Boolean),
    )
}

fn validity(value: &Value) -> Validity {
    match value {
        Value::One(_) => Validity::ALL,
        Value::Column(column) => column.validity(),
    }
}

#[inline]
fn bits(comparison: Comparison, rows: usize, order: impl Fn(usize) -> Ordering) -> Bitmap {
    // One loop for each comparison, so that none decides row by row which it is.
    match comparison {
        Comparison::Equal => Bitmap::from_fn(rows, |row| order(row).is_eq()),
        Comparison::NotEqual => Bitmap::from_fn(rows, |row| order(row).is_ne()),
        Comparison::Less => Bitmap::from_fn(rows, |row| order(row).is_lt()),
        Comparison::LessOrEqual => Bitmap::from_fn(rows, |row| order(row).is_le()),
        Comparison::Greater => Bitmap::from_fn(rows, |row| order(row).is_gt()),
        Comparison::GreaterOrEqual => Bitmap::from_fn(rows, |row| order(row).is_ge()),
    }
}

fn by_code(codes: &[u32], of_entry: &[bool]) -> Bitmap {
    Bitmap::from_fn(codes.len(), |row| of_entry.get(codes[row] as usize).copied().unwrap_or(false))
}

fn numbers(comparison: Comparison, left: &Value, right: &Value, rows: usize) -> Option<Bitmap> {
    // The constant at the scale of the column, where that loses nothing.
    if let (Value::Column(column), Value::One(one)) = (left, right)
        && let Numbers::Narrow(values, scale) = Numbers::of(column)
        && let Some(bound) = at_scale(one, scale)
    {
        return Some(match i64::try_from(bound) {
            Ok(bound) => bits(comparison, rows, |row| values[row].cmp(&bound)),
            Err(_) => bits(comparison, rows, |row| i128::from(values[row]).cmp(&bound)),
        });
    }
    if let (Value::Column(a), Value::Column(b)) = (left, right)
        && let (Numbers::Narrow(a, a_scale), Numbers::Narrow(b, b_scale)) = (Numbers::of(a), Numbers::of(b))
    {
        if a_scale == b_scale {
            return Some(bits(comparison, rows, |row| a[row].cmp(&b[row])));
        }
        // 64 bits times 10 to the power of the largest scale fit in 128 bits.
        let scale = a_scale.max(b_scale);
        let by_a = power_of_ten(u32::from(scale - a_scale))?;
        let by_b = power_of_ten(u32::from(scale - b_scale))?;
        return Some(bits(comparison, rows, |row| {
            (i128::from(a[row]) * by_a).cmp(&(i128::from(b[row]) * by_b))
        }));
    }
    let order = arithmetic::order(left, right)?;
    Some(bits(comparison, rows, order))
}

/// An exact number times 10 to the power of the scale, if that is whole.
fn at_scale(value: &Scalar, scale: u8) -> Option<i128> {
    match super::number::number_of(value)? {
        Number::Exact { unscaled, scale: own } if own <= scale => {
            unscaled.checked_mul(power_of_ten(u32::from(scale - own))?)
        }
        Number::Exact { unscaled, scale: own } => {
            let unit = power_of_ten(u32::from(own - scale))?;
            (unscaled % unit == 0).then_some(unscaled / unit)
        }
        Number::Float(_) => None,
    }
}

/// `value >= low and value <= high` in three-valued logic.
pub(super) fn between(
    value: &Value,
    low: &Value,
    high: &Value,
    scalar_type: ScalarType,
    rows: usize,
) -> Result<Value, String> {
    let above = compare(Comparison::GreaterOrEqual, value, low, scalar_type, rows)?;
    let below = compare(Comparison::LessOrEqual, value, high, scalar_type, rows)?;
    Ok(logic::apply(Function::And, &[above, below], rows))
}

/// Whether values are in a set; null for null.
pub(super) fn is_in(
    value: &Value,
    set: &[Scalar],
    negated: bool,
    scalar_type: ScalarType,
    rows: usize,
) -> Value {
    let contains = |value: &Scalar| set.iter().any(|one| scalar::order(one, value).is_some_and(Ordering::is_eq));
    let column = match value {
        Value::One(Scalar::Null) => return Value::One(Scalar::Null),
        Value::One(value) => return Value::One(Scalar::Boolean(contains(value) != negated)),
        Value::Column(column) => column,
    };
    let truth = match column {
        Column::Strings(strings) => {
            let texts: HashSet<&str> = set
                .iter()
                .filter_map(|one| if let Scalar::String(text) = one { Some(&**text) } else { None })
                .collect();
            let found: Vec<bool> =
                strings.dictionary.iter().map(|entry| texts.contains(&**entry) != negated).collect();
            by_code(&strings.codes, &found)
        }
        Column::Decimals(_) | Column::Fixed(_) if scalar_type.is_numeric() => {
            let numbers = Numbers::of(column);
            let wanted: HashSet<i128> = set.iter().filter_map(|one| at_scale(one, numbers.scale())).collect();
            Bitmap::from_fn(rows, |row| {
                numbers.unscaled(row).is_some_and(|unscaled| wanted.contains(&unscaled)) != negated
            })
        }
        _ => Bitmap::from_fn(rows, |row| contains(&column.value(row, scalar_type)) != negated),
    };
    Value::Column(Column::booleans(truth, column.validity()))
}
