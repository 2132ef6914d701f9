//! Arithmetic of single numbers: exact as long as 38 digits hold the result, floats from there on.
//!
//! What lives here: +, −, ×, order, rounding. What must not: columns.

use std::cmp::Ordering;

use crate::dataset::SCALE_MAX;
use crate::run::number::{TOLERANCE, order_of_floats};
use crate::value::{Number, Scalar};

/// 10 to the power of a number of digits, if 128 bits hold it.
pub(super) fn power_of_ten(digits: u32) -> Option<i128> {
    10i128.checked_pow(digits)
}

/// A whole number or a number as a number.
pub(super) fn number_of(value: &Scalar) -> Option<Number> {
    match value {
        Scalar::Integer(whole) => Some(Number::Exact { unscaled: i128::from(*whole), scale: 0 }),
        Scalar::Number(number) => Some(*number),
        _ => None,
    }
}

pub(super) fn float_of(number: Number) -> f64 {
    match number {
        Number::Exact { unscaled, scale } => unscaled as f64 / 10f64.powi(i32::from(scale)),
        Number::Float(value) => value,
    }
}

/// An exact number with at most [`SCALE_MAX`] digits after the point, or the float that is nearest.
pub(super) fn exact(mut unscaled: i128, mut scale: u8) -> Number {
    while scale > SCALE_MAX && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    let number = Number::Exact { unscaled, scale };
    if scale > SCALE_MAX { Number::Float(float_of(number)) } else { number }
}

/// Both with the digits of the longer, if 128 bits hold them.
fn aligned(a: Number, b: Number) -> Option<(i128, i128, u8)> {
    let (Number::Exact { unscaled: x, scale: xs }, Number::Exact { unscaled: y, scale: ys }) = (a, b) else {
        return None;
    };
    let scale = xs.max(ys);
    let x = x.checked_mul(power_of_ten(u32::from(scale - xs))?)?;
    let y = y.checked_mul(power_of_ten(u32::from(scale - ys))?)?;
    Some((x, y, scale))
}

pub(super) fn add(a: Number, b: Number) -> Number {
    let sum = aligned(a, b).and_then(|(x, y, scale)| Some(exact(x.checked_add(y)?, scale)));
    sum.unwrap_or_else(|| Number::Float(float_of(a) + float_of(b)))
}

pub(super) fn subtract(a: Number, b: Number) -> Number {
    let difference = aligned(a, b).and_then(|(x, y, scale)| Some(exact(x.checked_sub(y)?, scale)));
    difference.unwrap_or_else(|| Number::Float(float_of(a) - float_of(b)))
}

pub(super) fn multiply(a: Number, b: Number) -> Number {
    if let (Number::Exact { unscaled: x, scale: xs }, Number::Exact { unscaled: y, scale: ys }) = (a, b)
        && let Some(product) = x.checked_mul(y)
    {
        return exact(product, xs + ys);
    }
    Number::Float(float_of(a) * float_of(b))
}

/// The rest of a division toward zero: it has the sign of the dividend. By zero, the dividend itself.
pub(super) fn rest(a: Number, b: Number) -> Number {
    if float_of(b) == 0.0 {
        return a;
    }
    match aligned(a, b) {
        Some((x, y, scale)) => exact(x % y, scale),
        None => Number::Float(float_of(a) % float_of(b)),
    }
}

pub(super) fn order(a: Number, b: Number) -> Ordering {
    match aligned(a, b) {
        Some((x, y, _)) => x.cmp(&y),
        None => order_of_floats(float_of(a), float_of(b)),
    }
}

/// How digits are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Half away from zero.
    Round,
    /// Toward zero.
    Trunc,
    /// Toward the lower.
    Floor,
    /// Toward the higher.
    Ceil,
}

/// With so many digits after the point; before it, if negative.
pub(super) fn cut(number: Number, digits: i64, how: Cut) -> Number {
    match number {
        Number::Exact { scale, .. } if i64::from(scale) <= digits => number,
        Number::Exact { unscaled, scale } => {
            let dropped = u32::try_from(i64::from(scale).saturating_sub(digits)).ok().and_then(power_of_ten);
            let Some(unit) = dropped else { return Number::Exact { unscaled: 0, scale: 0 } };
            let (whole, rest) = (unscaled / unit, unscaled % unit);
            let away = match how {
                Cut::Round => rest.unsigned_abs() >= unit.unsigned_abs().div_ceil(2),
                Cut::Trunc => false,
                Cut::Floor => rest < 0,
                Cut::Ceil => rest > 0,
            };
            let whole = if away { whole + if unscaled < 0 { -1 } else { 1 } } else { whole };
            match u8::try_from(digits) {
                Ok(scale) => Number::Exact { unscaled: whole, scale },
                Err(_) => match whole.checked_mul(unit / power_of_ten(u32::from(scale)).unwrap_or(1)) {
                    Some(unscaled) => Number::Exact { unscaled, scale: 0 },
                    None => number,
                },
            }
        }
        Number::Float(value) => {
            let unit = 10f64.powi(digits.clamp(-400, 400) as i32);
            let scaled = value * unit;
            if !scaled.is_finite() || unit == 0.0 {
                return number;
            }
            // What is a whole number to fifteen digits is taken for it.
            let near = scaled.round();
            let is_whole = order_of_floats(near, scaled) == Ordering::Equal;
            let whole = match how {
                _ if is_whole => near,
                // A half that lost its last digit is still a half.
                Cut::Round => (scaled.abs() * (1.0 + TOLERANCE) + 0.5).floor().copysign(scaled),
                Cut::Trunc => scaled.trunc(),
                Cut::Floor => scaled.floor(),
                Cut::Ceil => scaled.ceil(),
            };
            Number::Float(whole / unit)
        }
    }
}

/// A number without digits after the point as an integer, if 64 bits hold it.
pub(super) fn whole(number: Number) -> Option<i64> {
    match cut(number, 0, Cut::Trunc) {
        Number::Exact { unscaled, .. } => i64::try_from(unscaled).ok(),
        // The bound itself is no 64-bit integer.
        Number::Float(value) if value.abs() < 9_223_372_036_854_775_808.0 => Some(value as i64),
        Number::Float(_) => None,
    }
}
