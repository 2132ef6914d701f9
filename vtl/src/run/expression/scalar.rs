//! What functions of values do, on single values.
//!
//! What lives here: the choice of the function, nulls, numbers. What must not: columns. Texts, patterns and times
//! have files of their own.

use std::cmp::Ordering;

use super::number::{self, Cut, float_of, number_of};
use super::{distance, logic, pattern, temporal, text};
use crate::plan::{Comparison, Function};
use crate::value::{Number, Scalar, ScalarType};

/// A result that no number holds.
pub(super) const TOO_LARGE: &str =
    "the result is too large for its type: cast an operand to number, or scale the values";
/// A division by zero.
pub(super) const BY_ZERO: &str =
    "division by zero: test the divisor first, as in if D <> 0 then N / D else null";

/// The value of a function; `to` is the type of the result. A message says what no value has a result for.
pub(super) fn apply(function: Function, given: &[Scalar], to: ScalarType) -> Result<Scalar, String> {
    match function {
        Function::And | Function::Or | Function::Xor | Function::Not => {
            let truth = |place: usize| match given.get(place) {
                Some(Scalar::Boolean(truth)) => Some(*truth),
                _ => None,
            };
            return Ok(logic::of_scalars(function, truth(0), truth(1)).map_or(Scalar::Null, Scalar::Boolean));
        }
        Function::IsNull => return Ok(Scalar::Boolean(given[0].is_null())),
        Function::Nvl => return Ok(if given[0].is_null() { given[1].clone() } else { given[0].clone() }),
        Function::Between if given.iter().any(Scalar::is_null) => return Ok(Scalar::Null),
        Function::Between => {
            let low = apply(
                Function::Compare(Comparison::GreaterOrEqual),
                &[given[0].clone(), given[1].clone()],
                to,
            )?;
            let high =
                apply(Function::Compare(Comparison::LessOrEqual), &[given[0].clone(), given[2].clone()], to)?;
            return apply(Function::And, &[low, high], to);
        }
        Function::Round | Function::Trunc if to == ScalarType::Integer => {
            let how = if function == Function::Round { Cut::Round } else { Cut::Trunc };
            return match number_of(&given[0]) {
                Some(number) => integer(number::cut(number, 0, how)),
                None => Ok(Scalar::Null),
            };
        }
        _ if given[..needed(function, given.len())].iter().any(Scalar::is_null) => return Ok(Scalar::Null),
        _ => {}
    }
    match function {
        Function::Compare(comparison) => compared(comparison, &given[0], &given[1]),
        Function::MatchCharacters => {
            pattern::matches(str_of(&given[0]), str_of(&given[1])).map(Scalar::Boolean)
        }
        Function::Levenshtein | Function::DamerauLevenshtein | Function::Hamming | Function::JaroWinkler => {
            distance::apply(function, str_of(&given[0]), str_of(&given[1]))
        }
        Function::Concatenate
        | Function::Trim
        | Function::Ltrim
        | Function::Rtrim
        | Function::Upper
        | Function::Lower
        | Function::Length
        | Function::Substr
        | Function::Replace
        | Function::Instr => text::apply(function, given),
        Function::PeriodIndicator
        | Function::Year
        | Function::Month
        | Function::DayOfMonth
        | Function::DayOfYear
        | Function::DayToYear
        | Function::DayToMonth
        | Function::YearToDay
        | Function::MonthToDay
        | Function::DateDiff
        | Function::DateAdd
        | Function::TimeAgg { .. } => temporal::apply(function, given),
        _ => numeric(function, given, to),
    }
}

/// How many arguments make the result null if they are; the others stand for their defaults then.
fn needed(function: Function, given: usize) -> usize {
    match function {
        Function::Round | Function::Trunc | Function::Substr => 1,
        Function::Instr => 2,
        _ => given,
    }
}

fn numeric(function: Function, given: &[Scalar], to: ScalarType) -> Result<Scalar, String> {
    let number = |place: usize| {
        given.get(place).and_then(number_of).unwrap_or(Number::Exact { unscaled: 0, scale: 0 })
    };
    let (a, b) = (number(0), number(1));
    let result = match function {
        Function::Plus => a,
        Function::Minus => number::subtract(Number::Exact { unscaled: 0, scale: 0 }, a),
        Function::Abs if number::order(a, Number::Exact { unscaled: 0, scale: 0 }).is_lt() => {
            number::subtract(Number::Exact { unscaled: 0, scale: 0 }, a)
        }
        Function::Abs => a,
        Function::Add => number::add(a, b),
        Function::Subtract => number::subtract(a, b),
        Function::Multiply => number::multiply(a, b),
        Function::Divide if float_of(b) == 0.0 => return Err(BY_ZERO.to_owned()),
        Function::Divide => Number::Float(float_of(a) / float_of(b)),
        Function::Mod => number::rest(a, b),
        Function::Ceil => number::cut(a, 0, Cut::Ceil),
        Function::Floor => number::cut(a, 0, Cut::Floor),
        Function::Round => number::cut(a, whole_or(given.get(1), 0), Cut::Round),
        Function::Trunc => number::cut(a, whole_or(given.get(1), 0), Cut::Trunc),
        Function::Power => Number::Float(float_of(a).powf(float_of(b))),
        Function::Exp => Number::Float(float_of(a).exp()),
        Function::Sqrt if float_of(a) < 0.0 => {
            return Err(format!("sqrt has no result for {}, which is less than 0", given[0]));
        }
        Function::Sqrt => Number::Float(float_of(a).sqrt()),
        Function::Ln | Function::Log if float_of(a) <= 0.0 => {
            return Err(format!("logarithms need a number greater than 0, not {}", given[0]));
        }
        Function::Ln => Number::Float(float_of(a).ln()),
        Function::Log => {
            let base = float_of(b);
            if base <= 0.0 || base == 1.0 {
                return Err(format!("the base of log must be greater than 0 and not 1; it is {}", given[1]));
            }
            Number::Float(logarithm(float_of(a), base))
        }
        Function::Random => Number::Float(random(float_of(a), whole_of(&given[1]))),
        _ => return Ok(Scalar::Null),
    };
    match (result, to) {
        (_, ScalarType::Integer) => integer(result),
        (Number::Float(value), _) if value.is_nan() => Err(format!(
            "there is no real number for {} to the power of {}",
            given[0],
            given[given.len() - 1]
        )),
        (Number::Float(value), _) if value.is_infinite() => Err(TOO_LARGE.to_owned()),
        _ => Ok(Scalar::Number(result)),
    }
}

/// Exact for powers of 2 and 10.
fn logarithm(value: f64, base: f64) -> f64 {
    if base == 10.0 {
        value.log10()
    } else if base == 2.0 {
        value.log2()
    } else {
        value.ln() / base.ln()
    }
}

fn integer(number: Number) -> Result<Scalar, String> {
    number::whole(number).map(Scalar::Integer).ok_or_else(|| TOO_LARGE.to_owned())
}

/// Between 0 and 1, the same for the same seed and index on every machine.
fn random(seed: f64, index: i64) -> f64 {
    let mut state = seed.to_bits() ^ (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for factor in [0xbf58_476d_1ce4_e5b9u64, 0x94d0_49bb_1331_11eb] {
        state = (state ^ (state >> 30)).wrapping_mul(factor);
        state ^= state >> 27;
    }
    // The upper 53 bits make every multiple of 2^-53.
    (state >> 11) as f64 / (1u64 << 53) as f64
}

/// A whole number, or its default where it is null or left out.
pub(super) fn whole_or(value: Option<&Scalar>, default: i64) -> i64 {
    if let Some(Scalar::Integer(whole)) = value { *whole } else { default }
}

pub(super) fn whole_of(value: &Scalar) -> i64 {
    if let Scalar::Integer(whole) = value { *whole } else { 0 }
}

pub(super) fn str_of(value: &Scalar) -> &str {
    if let Scalar::String(text) = value { text } else { "" }
}

fn compared(comparison: Comparison, a: &Scalar, b: &Scalar) -> Result<Scalar, String> {
    if let (Scalar::TimePeriod(x), Scalar::TimePeriod(y)) = (a, b)
        && x.frequency() != y.frequency()
        && !matches!(comparison, Comparison::Equal | Comparison::NotEqual)
    {
        return Err(format!(
            "{x} and {y} are periods of different frequency, of which none is earlier: bring them to one with time_agg"
        ));
    }
    Ok(order(a, b).map_or(Scalar::Null, |order| Scalar::Boolean(comparison.holds(order))))
}

/// The order of two values of one type.
pub(super) fn order(a: &Scalar, b: &Scalar) -> Option<Ordering> {
    Some(match (a, b) {
        (Scalar::String(a), Scalar::String(b)) => a.cmp(b),
        (Scalar::Boolean(a), Scalar::Boolean(b)) => a.cmp(b),
        (Scalar::Date(a), Scalar::Date(b)) => a.cmp(b),
        (Scalar::TimePeriod(a), Scalar::TimePeriod(b)) => a.cmp(b),
        (Scalar::Time(a), Scalar::Time(b)) => a.cmp(b),
        (Scalar::Duration(a), Scalar::Duration(b)) => a.cmp(b),
        _ => number::order(number_of(a)?, number_of(b)?),
    })
}
