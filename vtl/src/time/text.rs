//! Dates, periods, intervals and durations as texts, in VTL's and in SDMX's spelling.
//!
//! What lives here: reading every spelling that inputs use, writing one. What must not: calendars.

use std::fmt;

use jiff::civil;

use super::{DAY_MICROS, Date, Frequency, Interval, TimePeriod};

const SECOND_MICROS: i64 = 1_000_000;
const DAY_SECONDS: i64 = 86_400;

/// Reads `2020-01-31`, also without leading zeros, and with a time behind `T` or a blank:
/// `2020-01-31T10:30:00.5`.
pub fn date(text: &str) -> Option<Date> {
    let (day, time) = match text.find(['T', ' ']) {
        Some(place) => (&text[..place], Some(&text[place + 1..])),
        None => (text, None),
    };
    let days = day_of(day)?;
    match time {
        None => Some(Date::day(days)),
        Some(time) => Some(Date::instant(i64::from(days) * DAY_MICROS + micros_of(time)?)),
    }
}

/// Reads a regular period: `2020`, `2020A`, `2020-A1`, `2020S2`, `2020-Q4`, `2020M1`, `2020-01`, `2020W53`,
/// `2020D366`, and a day, `2020-12-31`.
pub fn time_period(text: &str) -> Option<TimePeriod> {
    let (year, rest) = text.split_at_checked(4)?;
    let year = digits(year, 4)? as i32;
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    let Some(first) = rest.chars().next() else {
        return (text.len() == 4).then(|| TimePeriod::new(Frequency::Year, year, 1));
    };
    if first.is_ascii_digit() {
        return match rest.split_once('-') {
            Some(_) => day_period(text),
            None if text.as_bytes()[4] == b'-' => period(Frequency::Month, year, digits(rest, 2)?),
            None => None,
        };
    }
    let frequency = Frequency::from_letter(&rest[..first.len_utf8()])?;
    let number = &rest[first.len_utf8()..];
    if number.is_empty() {
        return (frequency == Frequency::Year).then(|| TimePeriod::new(frequency, year, 1));
    }
    period(frequency, year, digits(number, 3)?)
}

/// Reads `2020-01-01/2020-12-31`; a day, a month `2020-01` and a year `2020` are intervals, too.
pub fn interval(text: &str) -> Option<Interval> {
    let interval = match text.split_once('/') {
        Some((start, end)) => Interval { start: date(start)?.days(), end: date(end)?.days() },
        None if text.len() == 4 => {
            let year = digits(text, 4)?;
            Interval { start: day_number(year, 1, 1)?, end: day_number(year, 12, 31)? }
        }
        None if text.len() == 7 => {
            let (year, month) = text.split_once('-')?;
            let first = civil_date(digits(year, 4)?, digits(month, 2)?, 1)?;
            Interval { start: days_since_1970(first), end: days_since_1970(first.last_of_month()) }
        }
        None => {
            let day = date(text)?.days();
            Interval { start: day, end: day }
        }
    };
    (interval.start <= interval.end).then_some(interval)
}

/// Reads the letter of a duration.
pub fn frequency(text: &str) -> Option<Frequency> {
    Frequency::from_letter(text)
}

fn period(frequency: Frequency, year: i32, number: u32) -> Option<TimePeriod> {
    let last = match frequency {
        Frequency::Year => 1,
        Frequency::Semester => 2,
        Frequency::Quarter => 4,
        Frequency::Month => 12,
        // The week of 28 December is always the last of its ISO year.
        Frequency::Week => civil_date(year as u32, 12, 28)?.iso_week_date().week() as u32,
        Frequency::Day => civil_date(year as u32, 12, 31)?.day_of_year() as u32,
    };
    (1..=last).contains(&number).then(|| TimePeriod::new(frequency, year, number as u16))
}

fn day_period(text: &str) -> Option<TimePeriod> {
    let day = civil_of(text)?;
    Some(TimePeriod::new(Frequency::Day, i32::from(day.year()), day.day_of_year() as u16))
}

fn day_of(text: &str) -> Option<i32> {
    civil_of(text).map(days_since_1970)
}

fn civil_of(text: &str) -> Option<civil::Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    civil_date(digits(year, 4)?, digits(month, 2)?, digits(day, 2)?)
}

fn civil_date(year: u32, month: u32, day: u32) -> Option<civil::Date> {
    civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

fn day_number(year: u32, month: u32, day: u32) -> Option<i32> {
    civil_date(year, month, day).map(days_since_1970)
}

fn days_since_1970(day: civil::Date) -> i32 {
    let epoch = civil::date(1970, 1, 1);
    (day.duration_since(epoch).as_secs() / DAY_SECONDS) as i32
}

/// Microseconds of a time of day: `10:30:00`, `10:30:00.123456`, with or without `Z`.
fn micros_of(time: &str) -> Option<i64> {
    let time = time.strip_suffix('Z').unwrap_or(time);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = clock.split(':').map(|part| digits(part, 2).map(i64::from));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let places = u32::try_from(fraction.len()).ok().filter(|places| *places <= 9)?;
    let nanos = i64::from(digits(fraction, 9)?) * 10i64.pow(9 - places);
    Some(((hours * 60 + minutes) * 60 + seconds) * SECOND_MICROS + nanos / 1_000)
}

/// One to `most` digits.
fn digits(text: &str, most: usize) -> Option<u32> {
    let is_number = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Date {
    /// `2020-01-31`, and with its time if it has one: `2020-01-31T10:30:00`, `2020-01-31T10:30:00.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_day(f, self.days())?;
        if !self.has_time() {
            return Ok(());
        }
        let within = self.micros().rem_euclid(DAY_MICROS);
        let (seconds, micros) = (within / SECOND_MICROS, within % SECOND_MICROS);
        write!(f, "T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if micros > 0 {
            write!(f, ".{}", format!("{micros:06}").trim_end_matches('0'))?;
        }
        Ok(())
    }
}

impl fmt::Display for TimePeriod {
    /// As SDMX reports it: `2020-A1`, `2020-S1`, `2020-Q1`, `2020-M01`, `2020-W01`, `2020-D001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = match self.frequency() {
            Frequency::Year | Frequency::Semester | Frequency::Quarter => 1,
            Frequency::Month | Frequency::Week => 2,
            Frequency::Day => 3,
        };
        write!(f, "{:04}-{}{:0width$}", self.year(), self.frequency().letter(), self.number())
    }
}

impl fmt::Display for Interval {
    /// `2020-01-01/2020-12-31`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_day(f, self.start)?;
        f.write_str("/")?;
        write_day(f, self.end)
    }
}

impl fmt::Display for Frequency {
    /// Its letter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

fn write_day(f: &mut fmt::Formatter<'_>, days: i32) -> fmt::Result {
    let epoch = civil::date(1970, 1, 1);
    match epoch.checked_add(jiff::Span::new().try_days(days).map_err(|_| fmt::Error)?) {
        Ok(day) => write!(f, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day()),
        // Days that no calendar of four digits has: arithmetic went out of bounds.
        Err(_) => write!(f, "day {days}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_spelling_of_a_period_is_read_and_one_is_written() {
        for (spellings, written) in [
            (&["2020", "2020A", "2020A1", "2020-A1"][..], "2020-A1"),
            (&["2020S2", "2020-S2"], "2020-S2"),
            (&["2020Q4", "2020-Q4"], "2020-Q4"),
            (&["2020M1", "2020M01", "2020-M01", "2020-01", "2020-1"], "2020-M01"),
            (&["2020W53", "2020-W53"], "2020-W53"),
            (&["2020D366", "2020-D366", "2020-12-31"], "2020-D366"),
        ] {
            for spelling in spellings {
                assert_eq!(time_period(spelling).map(|period| period.to_string()).as_deref(), Some(written));
            }
        }
    }

    #[test]
    fn what_no_calendar_has_is_not_read() {
        for text in
            ["2010Y", "2015L03", "2019W53", "2019D366", "2020-13", "2020M0", "202", "20201", "2020-", ""]
        {
            assert_eq!(time_period(text), None, "{text}");
        }
        for text in ["2000-12-", "2020-0-01", "200-01-", "2019-02-29", "2020-01-01T24:00:00", "2020-01-01 x"]
        {
            assert_eq!(date(text), None, "{text}");
        }
        for text in ["2010M1/2010M12", "2020-01-02/2020-01-01", "2020-Q1"] {
            assert_eq!(interval(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            days in -719_162i32..2_932_896, longer in 0i32..4000, micros in 0i64..DAY_MICROS, year in 0i32..=9999,
        ) {
            let instant = Date::instant(i64::from(days) * DAY_MICROS + micros);
            let end = days.saturating_add(longer).min(2_932_896);
            let interval_written = Interval { start: days, end };
            prop_assert_eq!(date(&Date::day(days).to_string()), Some(Date::day(days)));
            prop_assert_eq!(date(&instant.to_string()), Some(instant));
            prop_assert_eq!(interval(&interval_written.to_string()), Some(interval_written));
            for frequency in Frequency::ALL {
                let period = TimePeriod::new(frequency, year, 1);
                prop_assert_eq!(time_period(&period.to_string()), Some(period));
            }
        }
    }
}
