//! Changes of type of values.
//!
//! What lives here: `cast`, its masks, and implicit promotion. What must not: which changes are allowed.

use std::sync::Arc;

use super::value::Value;
use super::{arithmetic, number};
use crate::dataset::Column;
use crate::time::{DAY_MICROS, Date, Frequency, Interval, calendar, text};
use crate::value::{Number, Scalar, ScalarType};

/// A value in a type it can stand for; what cannot becomes null.
pub(crate) fn promote_value(value: Scalar, to: ScalarType) -> Scalar {
    if value.is_null() || value.scalar_type() == to {
        value
    } else {
        cast_value(&value, to, None).unwrap_or(Scalar::Null)
    }
}

/// Whole numbers that become numbers cost nothing.
pub(super) fn promote(value: Value, from: ScalarType, to: ScalarType, rows: usize) -> Result<Value, String> {
    match (value, to) {
        (Value::Column(column @ Column::Fixed(_)), ScalarType::Number) => {
            Ok(Value::Column(arithmetic::to_numbers(column)))
        }
        (value, _) => value.map(from, to, rows, |one| cast_value(one, to, None)),
    }
}

/// A value in another type. A message says what could not be read.
pub(crate) fn cast_value(value: &Scalar, to: ScalarType, mask: Option<&str>) -> Result<Scalar, String> {
    match mask {
        _ if value.is_null() => Ok(Scalar::Null),
        Some(mask) => cast_by_mask(value, to, mask),
        None if value.scalar_type() == to => Ok(value.clone()),
        None => {
            cast_plainly(value, to).ok_or_else(|| format!("\"{value}\" cannot become a value of type {to}"))
        }
    }
}

/// Masks describe texts of dates.
fn cast_by_mask(value: &Scalar, to: ScalarType, mask: &str) -> Result<Scalar, String> {
    match (value, to) {
        (Scalar::Date(date), ScalarType::String) => Ok(Scalar::String(Arc::from(masked(*date, mask)))),
        (Scalar::String(text), ScalarType::Date) => unmasked(text.trim(), mask)
            .map(Scalar::Date)
            .ok_or_else(|| format!("\"{text}\" is no date of the form {mask}")),
        _ => Err(format!("a mask describes the text of a date; here {} becomes {to}", value.scalar_type())),
    }
}

fn cast_plainly(value: &Scalar, to: ScalarType) -> Option<Scalar> {
    match (value, to) {
        // With a capital, as the engines that scripts were written for have it.
        (Scalar::Boolean(truth), ScalarType::String) => {
            Some(Scalar::String(Arc::from(if *truth { "True" } else { "False" })))
        }
        (_, ScalarType::String) => Some(Scalar::String(Arc::from(value.to_string()))),
        (Scalar::String(text), _) => read(text.trim(), to),
        (Scalar::Boolean(truth), ScalarType::Integer) => Some(Scalar::Integer(i64::from(*truth))),
        (Scalar::Boolean(truth), ScalarType::Number) => {
            Some(Scalar::Number(Number::Exact { unscaled: i128::from(*truth), scale: 0 }))
        }
        (Scalar::Integer(whole), ScalarType::Number) => {
            Some(Scalar::Number(Number::Exact { unscaled: i128::from(*whole), scale: 0 }))
        }
        (Scalar::Number(number), ScalarType::Integer) => number::whole(*number).map(Scalar::Integer),
        (Scalar::Integer(_) | Scalar::Number(_), ScalarType::Boolean) => {
            number::number_of(value).map(|number| Scalar::Boolean(number::float_of(number) != 0.0))
        }
        (Scalar::Date(date), ScalarType::TimePeriod) => {
            Some(Scalar::TimePeriod(calendar::period_of(date.days(), Frequency::Day)))
        }
        (Scalar::Date(date), ScalarType::Time) => {
            Some(Scalar::Time(Interval { start: date.days(), end: date.days() }))
        }
        (Scalar::TimePeriod(period), ScalarType::Time) => Some(Scalar::Time(Interval {
            start: calendar::first_day(*period),
            end: calendar::last_day(*period),
        })),
        (Scalar::TimePeriod(period), ScalarType::Date) => (period.frequency() == Frequency::Day)
            .then(|| Scalar::Date(Date::day(calendar::first_day(*period)))),
        (Scalar::TimePeriod(period), ScalarType::Duration) => Some(Scalar::Duration(period.frequency())),
        (Scalar::Time(interval), ScalarType::Date) => {
            (interval.start == interval.end).then(|| Scalar::Date(Date::day(interval.start)))
        }
        (Scalar::Time(interval), ScalarType::TimePeriod) => {
            calendar::period_between(interval.start, interval.end).map(Scalar::TimePeriod)
        }
        _ => None,
    }
}

fn read(text: &str, to: ScalarType) -> Option<Scalar> {
    match to {
        ScalarType::Integer => match read_number(text)? {
            exact @ Number::Exact { .. }
                if number::order(exact, number::cut(exact, 0, number::Cut::Trunc)).is_eq() =>
            {
                number::whole(exact).map(Scalar::Integer)
            }
            _ => None,
        },
        ScalarType::Number => read_number(text).map(Scalar::Number),
        ScalarType::Boolean => match text {
            _ if text.eq_ignore_ascii_case("true") || text == "1" => Some(Scalar::Boolean(true)),
            _ if text.eq_ignore_ascii_case("false") || text == "0" => Some(Scalar::Boolean(false)),
            _ => None,
        },
        ScalarType::Date => text::date(text).map(Scalar::Date),
        ScalarType::TimePeriod => text::time_period(text).map(Scalar::TimePeriod),
        ScalarType::Time => text::interval(text)
            .or_else(|| {
                text::time_period(text).map(|period| Interval {
                    start: calendar::first_day(period),
                    end: calendar::last_day(period),
                })
            })
            .map(Scalar::Time),
        ScalarType::Duration => text::frequency(text).map(Scalar::Duration),
        ScalarType::String | ScalarType::Null => Some(Scalar::String(Arc::from(text))),
    }
}

/// Digits with a sign and a point are exact; with an exponent, or more digits than fit, the nearest float.
fn read_number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_plain = !(whole.is_empty() && fraction.is_empty())
        && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    if is_plain
        && fraction.len() <= usize::from(crate::dataset::SCALE_MAX)
        && let Ok(digits) = format!("{whole}{fraction}").parse::<i128>().or_else(|error| match error.kind() {
            std::num::IntErrorKind::Empty => Ok(0),
            _ => Err(error),
        })
    {
        let unscaled = if text.starts_with('-') { -digits } else { digits };
        return Some(Number::Exact { unscaled, scale: fraction.len() as u8 });
    }
    let starts_well = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    text.parse().ok().filter(|value: &f64| starts_well && value.is_finite()).map(Number::Float)
}

/// Parts of masks: years, months and days in capitals, times in small letters (`hh:mm:ss`).
const PARTS: [(&str, Part); 6] = [
    ("YYYY", Part::Year),
    ("MM", Part::Month),
    ("DD", Part::Day),
    ("hh", Part::Hour),
    ("mm", Part::Minute),
    ("ss", Part::Second),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Year = 0,
    Month = 1,
    Day = 2,
    Hour = 3,
    Minute = 4,
    Second = 5,
}

/// The pieces of a mask: parts, and characters that stand for themselves.
fn pieces(mask: &str) -> Vec<Result<(Part, usize), char>> {
    let mut pieces = Vec::new();
    let mut rest = mask;
    while let Some(first) = rest.chars().next() {
        match PARTS.iter().find(|(written, _)| rest.starts_with(written)) {
            Some((written, part)) => {
                pieces.push(Ok((*part, written.len())));
                rest = &rest[written.len()..];
            }
            None => {
                pieces.push(Err(first));
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    pieces
}

fn masked(date: Date, mask: &str) -> String {
    let civil = calendar::civil(date.days());
    let seconds = date.micros().rem_euclid(DAY_MICROS) / 1_000_000;
    let values = [
        i64::from(civil.year),
        i64::from(civil.month),
        i64::from(civil.day),
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
    ];
    let text = |piece| match piece {
        Ok((part, width)) => format!("{:0width$}", values[part as usize]),
        Err(character) => char::to_string(&character),
    };
    pieces(mask).into_iter().map(text).collect()
}

/// Reads a date by a mask, which must name year, month and day.
fn unmasked(text: &str, mask: &str) -> Option<Date> {
    let mut values: [Option<u32>; 6] = [None; 6];
    let mut rest = text;
    for piece in pieces(mask) {
        match piece {
            Err(character) => rest = rest.strip_prefix(character)?,
            Ok((part, width)) => {
                let (digits, behind) = rest.split_at_checked(width)?;
                let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
                values[part as usize] = is_number.then(|| digits.parse().ok()).flatten();
                values[part as usize]?;
                rest = behind;
            }
        }
    }
    let [year, month, day, hour, minute, second] = values;
    let (year, month, day) = (year? as i32, month?, day?);
    let exists = (1..=12).contains(&month) && (1..=calendar::days_of_month(year, month)).contains(&day);
    if !rest.is_empty() || !exists {
        return None;
    }
    let days = calendar::days(year, month, day);
    if hour.is_none() && minute.is_none() && second.is_none() {
        return Some(Date::day(days));
    }
    let (hour, minute, second) = (hour.unwrap_or(0), minute.unwrap_or(0), second.unwrap_or(0));
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    Some(Date::instant(i64::from(days) * DAY_MICROS + seconds * 1_000_000))
}
