//! `round`, `trunc`, `ceil`, `floor` and `abs` on columns of exact numbers of 64 bits.
//!
//! What lives here: loops over slices. What must not: other columns, which go row by row.

use std::sync::Arc;

use super::value::Value;
use crate::dataset::{Column, Decimals};
use crate::plan::Function;
use crate::run::number::Numbers;
use crate::value::{Scalar, ScalarType};

/// The column of the results; nothing where rows must be looked at one by one.
pub(super) fn apply(function: Function, column: &Column, digits: &[Value], to: ScalarType) -> Option<Column> {
    let Numbers::Narrow(values, scale) = Numbers::of(column) else { return None };
    if function == Function::Abs {
        let values = values.iter().map(|value| value.checked_abs()).collect::<Option<_>>()?;
        return Some(finish(values, scale, column, to));
    }
    let digits = match digits {
        [] | [Value::One(Scalar::Null)] => 0,
        [Value::One(Scalar::Integer(digits))] => *digits,
        _ => return None,
    };
    let kept = u8::try_from(digits).ok()?;
    if scale <= kept {
        return Some(match column {
            Column::Fixed(fixed) if to == ScalarType::Number => Column::Decimals(Decimals {
                unscaled: fixed.values.clone(),
                scale: 0,
                valid: fixed.valid.clone(),
            }),
            Column::Decimals(decimals) if to == ScalarType::Integer => Column::Fixed(crate::dataset::Fixed {
                values: decimals.unscaled.clone(),
                valid: decimals.valid.clone(),
            }),
            other => other.clone(),
        });
    }
    let unit = 10i64.checked_pow(u32::from(scale - kept))?;
    let half = unit / 2;
    let cut =
        |round: fn(i64, i64, i64) -> i64| values.iter().map(|value| round(*value, unit, half)).collect();
    // None can overflow: the unit is 10 at least.
    let values: Vec<i64> = match function {
        Function::Round => cut(|value, unit, half| {
            let (whole, rest) = (value / unit, value % unit);
            whole + i64::from(rest >= half) - i64::from(rest <= -half)
        }),
        Function::Trunc => cut(|value, unit, _| value / unit),
        Function::Floor => cut(|value, unit, _| value.div_euclid(unit)),
        _ => cut(|value, unit, _| value / unit + i64::from(value % unit > 0)),
    };
    Some(finish(values, kept, column, to))
}

fn finish(values: Vec<i64>, scale: u8, like: &Column, to: ScalarType) -> Column {
    let valid = like.validity();
    match to {
        ScalarType::Integer => Column::fixed(values, valid),
        _ => Column::Decimals(Decimals { unscaled: Arc::new(values), scale, valid }),
    }
}
