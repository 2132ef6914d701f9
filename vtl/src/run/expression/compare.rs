//! Comparisons of columns, and looking values up in a set.
//!
//! What lives here: which loop compares which columns. What must not: what a comparison means for single values.

use std::cmp::Ordering;

use hashbrown::HashSet;

use super::number::power_of_ten;
use super::value::Value;
use super::{arithmetic, logic, scalar};
use crate::dataset::{Bitmap, Column, Strings, Validity};
use crate::plan::{Comparison, Function};
use crate::run::number::Numbers;
use crate::time::TimePeriod;
use crate::value::{Number, Scalar, ScalarType};

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
    if matches!(left, Value::One(_)) {
        return compare(mirrored(comparison), right, left, scalar_type, rows);
    }
    let valid = validity(left).and(&validity(right));
    let is_ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    let truth = match (left, right) {
        _ if scalar_type.is_numeric() => numbers(comparison, left, right, rows),
        (Value::Column(Column::Fixed(a)), Value::Column(Column::Fixed(b))) => {
            let one_frequency =
                || (0..rows).all(|row| !valid.get(row) || of_one_frequency(a.values[row], b.values[row]));
            let comparable = scalar_type != ScalarType::TimePeriod || !is_ordered || one_frequency();
            comparable.then(|| bits(comparison, rows, |row| a.values[row].cmp(&b.values[row])))
        }
        (Value::Column(Column::Fixed(a)), Value::One(one)) => packed(one, scalar_type).and_then(|bound| {
            let one_frequency =
                || (0..rows).all(|row| !valid.get(row) || of_one_frequency(a.values[row], bound));
            let comparable = scalar_type != ScalarType::TimePeriod || !is_ordered || one_frequency();
            comparable.then(|| bits(comparison, rows, |row| a.values[row].cmp(&bound)))
        }),
        (Value::Column(Column::Strings(a)), Value::Column(Column::Strings(b))) => {
            Some(bits(comparison, rows, |row| text_at(a, row).cmp(&text_at(b, row))))
        }
        (Value::Column(Column::Strings(column)), Value::One(Scalar::String(text))) => {
            let holds: Vec<bool> =
                column.dictionary.iter().map(|entry| comparison.holds((**entry).cmp(text))).collect();
            Some(by_code(&column.codes, &holds))
        }
        _ => None,
    };
    match truth {
        Some(truth) => Ok(Value::Column(Column::booleans(truth, valid))),
        None => row_by_row(comparison, left, right, scalar_type, rows),
    }
}

/// The same comparison with its sides exchanged.
fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        Comparison::Equal | Comparison::NotEqual => comparison,
    }
}

/// A value of a type of time as it stands in a column.
fn packed(value: &Scalar, scalar_type: ScalarType) -> Option<i64> {
    match Column::of_scalars(std::iter::once(value), scalar_type) {
        Column::Fixed(fixed) => fixed.values.first().copied(),
        _ => None,
    }
}

/// Whether two packed periods can be ordered.
#[inline]
fn of_one_frequency(a: i64, b: i64) -> bool {
    TimePeriod::from_packed(a).frequency() == TimePeriod::from_packed(b).frequency()
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

/// Nothing for null, which is masked later.
#[inline]
fn text_at(strings: &Strings, row: usize) -> Option<&str> {
    strings.dictionary.get(strings.codes[row] as usize).map(|text| &**text)
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

/// `value >= low and value <= high`, but null where any of the three is: so both engines have it, and the manual
/// does not say otherwise.
pub(super) fn between(
    value: &Value,
    low: &Value,
    high: &Value,
    scalar_type: ScalarType,
    rows: usize,
) -> Result<Value, String> {
    let above = compare(Comparison::GreaterOrEqual, value, low, scalar_type, rows)?;
    let below = compare(Comparison::LessOrEqual, value, high, scalar_type, rows)?;
    let both = logic::apply(Function::And, &[above.clone(), below.clone()], rows);
    if [&above, &below].iter().any(|side| matches!(side, Value::One(Scalar::Null))) {
        return Ok(Value::One(Scalar::Null));
    }
    let known = validity(&above).and(&validity(&below));
    Ok(match both {
        Value::Column(Column::Booleans(both)) => {
            Value::Column(Column::booleans(Bitmap::clone(&both.truth), known))
        }
        one => one,
    })
}

/// Whether values are in a set; null for null.
pub(super) fn is_in(
    value: &Value,
    set: &[Scalar],
    negated: bool,
    scalar_type: ScalarType,
    rows: usize,
) -> Value {
    let contains =
        |value: &Scalar| set.iter().any(|one| scalar::order(one, value).is_some_and(Ordering::is_eq));
    let column = match value {
        // A set without values was one of nulls only, to which nothing compares.
        _ if set.is_empty() => return Value::One(Scalar::Null),
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
        Column::Fixed(fixed) => {
            let wanted: HashSet<i64> = set.iter().filter_map(|one| packed(one, scalar_type)).collect();
            Bitmap::from_fn(rows, |row| wanted.contains(&fixed.values[row]) != negated)
        }
        _ => Bitmap::from_fn(rows, |row| contains(&column.value(row, scalar_type)) != negated),
    };
    Value::Column(Column::booleans(truth, column.validity()))
}
