//! Text to a period.

use jiff::civil::{Date, ISOWeekDate, Weekday};

use super::calendar::days;
use super::{DAY, DURATION_MAX, Form, Period, Unit};

/// Why a text is not a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// None of the forms.
    #[error(
        "not a time period: write 2024, 2024-07, 2024-07-31, 2024-Q3, 2024-S1, 2024-W31 or 2020-01-01/P5Y"
    )]
    Malformed,
    /// `2023-02-30`, `2024-M13`.
    #[error("no such date in the calendar")]
    NoSuchDate,
    /// `2019-W53`.
    #[error("that ISO year has only 52 weeks: its last week is W52")]
    NoSuchWeek,
    /// `2023-D366`.
    #[error("that year has only 365 days")]
    NoSuchDay,
    /// A duration of more than 131,071 units.
    #[error("the duration is longer than this hub can hold: use a larger unit")]
    DurationTooLong,
}

impl Period {
    /// Reads a TIME_PERIOD text.
    pub fn parse(text: &[u8]) -> Result<Self, PeriodError> {
        if let [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', d @ b'0'..=b'9'] = *text {
            let digit = |byte: u8| u16::from(byte - b'0');
            return Ok(Self::year(digit(a) * 1000 + digit(b) * 100 + digit(c) * 10 + digit(d)));
        }
        let text = std::str::from_utf8(text).map_err(|_| PeriodError::Malformed)?;
        if !text.is_ascii() || text.len() > 48 {
            return Err(PeriodError::Malformed);
        }
        if let Some((start, duration)) = text.split_once('/') {
            return Self::parse_range(start, duration);
        }
        let (year, rest) = text.split_at_checked(4).ok_or(PeriodError::Malformed)?;
        let year = number(year)?;
        let rest = rest.strip_prefix('-').ok_or(PeriodError::Malformed)?;
        match rest.as_bytes().first() {
            Some(b'0'..=b'9') if rest.len() == 2 => {
                let month = within(number(rest)?, 1, 12).ok_or(PeriodError::NoSuchDate)?;
                Ok(Self::new(Form::Month, year * 12 + month - 1))
            }
            Some(b'0'..=b'9') if rest.len() == 5 => Ok(Self::new(Form::Day, days(parse_date(text)?))),
            Some(b'0'..=b'9') => Self::parse_date_time(text),
            Some(_) => Self::parse_reporting(year, rest),
            None => Err(PeriodError::Malformed),
        }
    }

    fn parse_reporting(year: i64, rest: &str) -> Result<Self, PeriodError> {
        let (letter, digits) = rest.split_at(1);
        let part = number(digits)?;
        let (form, width, count) = match letter {
            "A" => (Form::ReportingYear, 1, 1),
            "S" => (Form::ReportingSemester, 1, 2),
            "T" => (Form::ReportingTrimester, 1, 3),
            "Q" => (Form::ReportingQuarter, 1, 4),
            "M" => (Form::ReportingMonth, 2, 12),
            "W" => (Form::ReportingWeek, 2, 53),
            "D" => (Form::ReportingDay, 3, 366),
            _ => return Err(PeriodError::Malformed),
        };
        if digits.len() != width {
            return Err(PeriodError::Malformed);
        }
        let part = within(part, 1, count).ok_or(PeriodError::NoSuchDate)?;
        let ordinal = match form {
            Form::ReportingWeek => {
                let week = ISOWeekDate::new(year as i16, part as i8, Weekday::Monday).map_err(|_| {
                    if part == 53 { PeriodError::NoSuchWeek } else { PeriodError::NoSuchDate }
                })?;
                (days(week.date()) + 3).div_euclid(7)
            }
            Form::ReportingDay => {
                let first = Date::new(year as i16, 1, 1).map_err(|_| PeriodError::NoSuchDate)?;
                if part > i64::from(first.days_in_year()) {
                    return Err(PeriodError::NoSuchDay);
                }
                days(first) + part - 1
            }
            _ => year * count + part - 1,
        };
        Ok(Self::new(form, ordinal))
    }

    fn parse_date_time(text: &str) -> Result<Self, PeriodError> {
        let (date, time) = text.split_once('T').ok_or(PeriodError::Malformed)?;
        let date = parse_date(date)?;
        let (clock, offset) = match time.find(['Z', '+', '-']) {
            Some(at) => (&time[..at], Some(&time[at..])),
            None => (time, None),
        };
        let seconds = days(date) * DAY + parse_clock(clock)?;
        match offset {
            None => Ok(Self::new(Form::DateTime, seconds)),
            Some("Z") => Ok(Self::new(Form::DateTimeUtc, seconds)),
            Some(offset) => {
                let (sign, offset) = offset.split_at(1);
                let ahead = parse_clock(offset)?;
                let utc = if sign == "+" { seconds - ahead } else { seconds + ahead };
                Self::from_packed(Self::new(Form::DateTimeUtc, utc).0).ok_or(PeriodError::NoSuchDate)
            }
        }
    }

    fn parse_range(start: &str, duration: &str) -> Result<Self, PeriodError> {
        let seconds = match start.split_once('T') {
            None => days(parse_date(start)?) * DAY,
            Some((date, clock)) => days(parse_date(date)?) * DAY + parse_clock(clock.trim_end_matches('Z'))?,
        };
        if seconds % 60 != 0 {
            return Err(PeriodError::Malformed);
        }
        let (unit, count) = parse_duration(duration)?;
        let count = within(count, 1, DURATION_MAX).ok_or(PeriodError::DurationTooLong)?;
        Ok(Self::new(Form::Range, (seconds / 60) << 20 | (unit as i64) << 17 | count))
    }
}

fn number(digits: &str) -> Result<i64, PeriodError> {
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PeriodError::Malformed);
    }
    digits.parse().map_err(|_| PeriodError::Malformed)
}

fn within(value: i64, first: i64, last: i64) -> Option<i64> {
    (first..=last).contains(&value).then_some(value)
}

fn parse_date(text: &str) -> Result<Date, PeriodError> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return Err(PeriodError::Malformed);
    }
    let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..])?);
    Date::new(year as i16, month as i8, day as i8).map_err(|_| PeriodError::NoSuchDate)
}

fn parse_clock(text: &str) -> Result<i64, PeriodError> {
    // Fractions of a second are dropped only if they are zero: no statistic is that exact.
    let text = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return Err(PeriodError::Malformed),
        None => text,
    };
    let mut parts = text.split(':');
    let mut next = |last: i64| -> Result<Option<i64>, PeriodError> {
        match parts.next() {
            None => Ok(None),
            Some(part) if part.len() == 2 => {
                within(number(part)?, 0, last).map(Some).ok_or(PeriodError::NoSuchDate)
            }
            Some(_) => Err(PeriodError::Malformed),
        }
    };
    let (hours, minutes, seconds) = (next(23)?, next(59)?, next(59)?);
    match (hours, minutes, parts.next()) {
        (Some(hours), Some(minutes), None) => Ok(hours * 3600 + minutes * 60 + seconds.unwrap_or(0)),
        _ => Err(PeriodError::Malformed),
    }
}

/// `P5Y`, `P18M`, `P1Y6M`, `P2W`, `P10D`, `PT6H`, `PT1H30M`: brought to the largest single unit that holds it.
fn parse_duration(text: &str) -> Result<(Unit, i64), PeriodError> {
    let rest = text.strip_prefix('P').ok_or(PeriodError::Malformed)?;
    let (date, time) = rest.split_once('T').unwrap_or((rest, ""));
    if rest.is_empty() || rest.ends_with('T') {
        return Err(PeriodError::Malformed);
    }
    let mut total: Option<(Unit, i64)> = None;
    let mut add = |unit: Unit, count: i64| -> Result<(), PeriodError> {
        let sum = match total {
            None => (unit, count),
            Some((Unit::Year, years)) if unit == Unit::Month => (unit, years * 12 + count),
            Some((Unit::Day, days)) if unit == Unit::Hour => (unit, days * 24 + count),
            Some((Unit::Day, days)) if unit == Unit::Minute => (unit, days * 1440 + count),
            Some((Unit::Hour, hours)) if unit == Unit::Minute => (unit, hours * 60 + count),
            Some((Unit::Hour, hours)) if unit == Unit::Second => (unit, hours * 3600 + count),
            Some((Unit::Minute, minutes)) if unit == Unit::Second => (unit, minutes * 60 + count),
            Some((first, count_before)) if first == unit && unit == Unit::Day => (unit, count_before + count),
            Some(_) => return Err(PeriodError::Malformed),
        };
        total = Some(sum);
        Ok(())
    };
    for (mut half, in_time) in [(date, false), (time, true)] {
        while !half.is_empty() {
            let at = half.find(|c: char| !c.is_ascii_digit()).ok_or(PeriodError::Malformed)?;
            let count = number(&half[..at])?;
            match (&half[at..=at], in_time) {
                ("Y", false) => add(Unit::Year, count)?,
                ("M", false) => add(Unit::Month, count)?,
                ("W", false) => add(Unit::Day, count * 7)?,
                ("D", false) => add(Unit::Day, count)?,
                ("H", true) => add(Unit::Hour, count)?,
                ("M", true) => add(Unit::Minute, count)?,
                ("S", true) => add(Unit::Second, count)?,
                _ => return Err(PeriodError::Malformed),
            }
            half = &half[at + 1..];
        }
    }
    total.ok_or(PeriodError::Malformed)
}
