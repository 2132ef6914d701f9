//! Functions of dates, periods and durations.
//!
//! What lives here: parts of dates, differences, longer periods. What must not: the calendar itself.

use std::sync::Arc;

use super::scalar::whole_of;
use crate::plan::Function;
use crate::time::{Date, Frequency, calendar};
use crate::value::Scalar;

/// Days that `daytoyear` and `yeartoday` count for a year, `daytomonth` and `monthtoday` for a month: the manual's.
const YEAR_DAYS: i64 = 365;
const MONTH_DAYS: i64 = 30;

pub(super) fn apply(function: Function, given: &[Scalar]) -> Result<Scalar, String> {
    match function {
        Function::PeriodIndicator => Ok(match &given[0] {
            Scalar::TimePeriod(period) => Scalar::Duration(period.frequency()),
            _ => Scalar::Null,
        }),
        Function::Year | Function::Month | Function::DayOfMonth | Function::DayOfYear => {
            part(function, &given[0])
        }
        Function::DayToYear => days_as(whole_of(&given[0]), YEAR_DAYS, 'Y'),
        Function::DayToMonth => days_as(whole_of(&given[0]), MONTH_DAYS, 'M'),
        Function::YearToDay => as_days(&given[0], YEAR_DAYS, 'Y'),
        Function::MonthToDay => as_days(&given[0], MONTH_DAYS, 'M'),
        Function::DateDiff => Ok(match (last_day(&given[0]), last_day(&given[1])) {
            (Some(a), Some(b)) => Scalar::Integer((i64::from(a) - i64::from(b)).abs()),
            _ => Scalar::Null,
        }),
        Function::DateAdd => date_add(&given[0], whole_of(&given[1]), &given[2]),
        Function::TimeAgg { from, takes_last } => match &given[1] {
            Scalar::Duration(to) => time_agg(&given[0], *to, from, takes_last),
            _ => Ok(Scalar::Null),
        },
        _ => Ok(Scalar::Null),
    }
}

/// The day of a date, the last of a period.
fn last_day(value: &Scalar) -> Option<i32> {
    match value {
        Scalar::Date(date) => Some(date.days()),
        Scalar::TimePeriod(period) => Some(calendar::last_day(*period)),
        _ => None,
    }
}

fn part(function: Function, value: &Scalar) -> Result<Scalar, String> {
    if let (Function::Year, Scalar::TimePeriod(period)) = (function, value) {
        return Ok(Scalar::Integer(i64::from(period.year())));
    }
    // A period is in the month of its first day, and on its last: so the reference engine has it.
    let day = match (function, value) {
        (Function::Month, Scalar::TimePeriod(period)) => Some(calendar::first_day(*period)),
        _ => last_day(value),
    };
    let Some(day) = day else { return Ok(Scalar::Null) };
    let civil = calendar::civil(day);
    Ok(Scalar::Integer(match function {
        Function::Year => i64::from(civil.year),
        Function::Month => i64::from(civil.month),
        Function::DayOfMonth => i64::from(civil.day),
        _ => i64::from(calendar::day_of_year(day)),
    }))
}

/// `P1Y30D`
fn days_as(days: i64, unit: i64, letter: char) -> Result<Scalar, String> {
    if days < 0 {
        return Err(format!("a duration has no negative length; here are {days} days"));
    }
    Ok(Scalar::String(Arc::from(format!("P{}{letter}{}D", days / unit, days % unit))))
}

fn as_days(value: &Scalar, unit: i64, letter: char) -> Result<Scalar, String> {
    let text = match value {
        Scalar::String(text) => text.trim(),
        Scalar::Duration(Frequency::Year) if letter == 'Y' => return Ok(Scalar::Integer(unit)),
        Scalar::Duration(Frequency::Month) if letter == 'M' => return Ok(Scalar::Integer(unit)),
        other => return Err(format!("{other} is no duration of the form P2{letter}10D")),
    };
    let days = || -> Option<i64> {
        let mut rest = text.strip_prefix('P')?;
        let mut days = 0i64;
        for (letter, unit) in [(letter, unit), ('D', 1)] {
            if let Some((count, behind)) = rest.split_once(letter) {
                days = days.checked_add(count.parse::<u32>().map(i64::from).ok()?.checked_mul(unit)?)?;
                rest = behind;
            }
        }
        rest.is_empty().then_some(days)
    };
    days().map(Scalar::Integer).ok_or_else(|| format!("\"{text}\" is no duration of the form P2{letter}10D"))
}

fn date_add(value: &Scalar, periods: i64, frequency: &Scalar) -> Result<Scalar, String> {
    let frequency = match frequency {
        Scalar::Duration(frequency) => *frequency,
        other => Frequency::from_letter(&other.to_string())
            .ok_or_else(|| format!("\"{other}\" is no frequency: write A, S, Q, M, W or D"))?,
    };
    let date = match value {
        Scalar::Date(date) => *date,
        other => match last_day(other) {
            Some(day) => Date::day(day),
            None => return Ok(Scalar::Null),
        },
    };
    calendar::date_plus(date, periods, frequency)
        .map(Scalar::Date)
        .ok_or_else(|| format!("{date} plus {periods} periods lies outside of the years 0 to 9999"))
}

/// The longer period that a period or a date lies in; a date becomes the first or last day of it.
fn time_agg(
    value: &Scalar,
    to: Frequency,
    from: Option<Frequency>,
    takes_last: Option<bool>,
) -> Result<Scalar, String> {
    match value {
        Scalar::TimePeriod(period) => {
            let own = period.frequency();
            if from.is_some_and(|from| from != own) {
                return Ok(value.clone());
            }
            if own > to {
                return Err(format!("{period} is longer than a period of frequency {}", to.letter()));
            }
            // A week belongs to the year, month ... of its Thursday, as in ISO 8601; other periods lie in one.
            let day = match own {
                _ if own == to => return Ok(value.clone()),
                Frequency::Week => calendar::first_day(*period) + 3,
                _ => calendar::first_day(*period),
            };
            Ok(Scalar::TimePeriod(calendar::period_of(day, to)))
        }
        Scalar::Date(date) => {
            let period = calendar::period_of(date.days(), to);
            let last = takes_last.unwrap_or(true);
            Ok(Scalar::Date(Date::day(if last {
                calendar::last_day(period)
            } else {
                calendar::first_day(period)
            })))
        }
        _ => Ok(Scalar::Null),
    }
}
