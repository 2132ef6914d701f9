//! From one period to the next: regular periods by their frequency, days and intervals by the spacing of the
//! data set.

use jiff::civil::{Date as Day, ISOWeekDate, Weekday};
use jiff::{SignedDuration, ToSpan};

use crate::time::{Date, Frequency, Interval, TimePeriod};
use crate::value::ScalarType;

const EPOCH: Day = jiff::civil::date(1970, 1, 1);
const HOURS_OF_DAY: i64 = 24;

/// How time moves by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A period of any frequency: its own.
    Period,
    /// A date.
    Date(Spacing),
    /// Both ends of an interval.
    Interval(Spacing),
}

/// Distance of two neighbours on the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spacing {
    Days(i64),
    /// The flag says that all are last days of months and stay so.
    Months(i64, bool),
}

impl Step {
    /// The step of a column of time.
    pub(super) fn of(values: &[i64], scalar_type: ScalarType) -> Self {
        match scalar_type {
            ScalarType::Date => {
                let mut days: Vec<i32> =
                    values.iter().map(|value| Date::from_packed(*value).days()).collect();
                days.sort_unstable();
                days.dedup();
                Self::Date(Spacing::of_days(&days))
            }
            ScalarType::Time => {
                let first = values.first().map(|value| Interval::from_packed(*value));
                Self::Interval(first.map_or(Spacing::Months(12, false), Spacing::of_interval))
            }
            _ => Self::Period,
        }
    }

    /// A packed value moved by so many steps; nothing if it leaves the calendar.
    pub(super) fn shift(self, packed: i64, steps: i64) -> Option<i64> {
        match self {
            Self::Period => {
                let period = TimePeriod::from_packed(packed);
                let moved = ordinal(period)?.checked_add(steps)?;
                from_ordinal(period.frequency(), moved).map(TimePeriod::packed)
            }
            Self::Date(spacing) => {
                let date = Date::from_packed(packed);
                Some(date.with_days(spacing.shift(date.days(), steps)?).packed())
            }
            Self::Interval(spacing) => {
                let interval = Interval::from_packed(packed);
                // The day after the last is moved, so that whole months stay whole months.
                let end = spacing.shift(interval.end.checked_add(1)?, steps)?.checked_sub(1)?;
                Some(Interval { start: spacing.shift(interval.start, steps)?, end }.packed())
            }
        }
    }
}

impl Spacing {
    /// The widest spacing of which all distances are multiples: years, half-years, quarters, months, weeks,
    /// days.
    fn of_days(days: &[i32]) -> Self {
        let civil: Option<Vec<Day>> = days.iter().map(|days| day(*days)).collect();
        let Some(civil) = civil.filter(|civil| civil.len() > 1) else { return Self::Months(12, false) };
        let at_ends = civil.iter().all(|day| *day == day.last_of_month());
        let gaps = || civil.windows(2);
        let whole_months = |pair: &[Day]| {
            let months = months_between(pair[0], pair[1]);
            let same_day = pair[0].checked_add(months.months()).is_ok_and(|day| day == pair[1]);
            months > 0 && (same_day || pair.iter().all(|day| *day == day.last_of_month()))
        };
        if gaps().all(whole_months) {
            let all_multiples =
                |months: i64| gaps().all(|pair| months_between(pair[0], pair[1]) % months == 0);
            let months = [12, 6, 3].into_iter().find(|months| all_multiples(*months)).unwrap_or(1);
            return Self::Months(months, at_ends);
        }
        let weekly = days.windows(2).all(|pair| (pair[1] - pair[0]) % 7 == 0);
        Self::Days(if weekly { 7 } else { 1 })
    }

    /// An interval is as long as the step to the next.
    fn of_interval(interval: Interval) -> Self {
        let days = i64::from(interval.end) - i64::from(interval.start) + 1;
        let ends = interval.end.checked_add(1).and_then(day).zip(day(interval.start));
        let months = ends.map_or(0, |(after, first)| months_between(first, after));
        let is_whole = ends
            .is_some_and(|(after, first)| first.checked_add(months.months()).is_ok_and(|day| day == after));
        if months > 0 && is_whole { Self::Months(months, false) } else { Self::Days(days.max(1)) }
    }

    fn shift(self, days: i32, steps: i64) -> Option<i32> {
        match self {
            Self::Days(length) => {
                let moved = i64::from(days).checked_add(length.checked_mul(steps)?)?;
                i32::try_from(moved).ok().filter(|days| day(*days).is_some())
            }
            Self::Months(months, at_ends) => {
                let months = months.checked_mul(steps)?;
                let span = jiff::Span::new().try_months(months).ok()?;
                let moved = day(days)?.checked_add(span).ok()?;
                Some(days_of(if at_ends { moved.last_of_month() } else { moved }))
            }
        }
    }
}

fn day(days: i32) -> Option<Day> {
    EPOCH.checked_add(SignedDuration::from_hours(i64::from(days) * HOURS_OF_DAY)).ok()
}

fn days_of(day: Day) -> i32 {
    (day.duration_since(EPOCH).as_hours() / HOURS_OF_DAY) as i32
}

fn months_between(first: Day, second: Day) -> i64 {
    (i64::from(second.year()) - i64::from(first.year())) * 12 + i64::from(second.month())
        - i64::from(first.month())
}

/// Periods of a frequency in a year; nothing for weeks and days, which differ.
fn per_year(frequency: Frequency) -> Option<i64> {
    match frequency {
        Frequency::Year => Some(1),
        Frequency::Semester => Some(2),
        Frequency::Quarter => Some(4),
        Frequency::Month => Some(12),
        Frequency::Week | Frequency::Day => None,
    }
}

/// The place of a period among all of its frequency; nothing if there is no such period.
pub(super) fn ordinal(period: TimePeriod) -> Option<i64> {
    let (year, number) = (period.year(), i64::from(period.number()));
    if let Some(parts) = per_year(period.frequency()) {
        return Some(i64::from(year) * parts + number - 1);
    }
    let year = i16::try_from(year).ok()?;
    if period.frequency() == Frequency::Week {
        let week = ISOWeekDate::new(year, i8::try_from(number).ok()?, Weekday::Thursday).ok()?;
        return Some(i64::from(days_of(week.date())).div_euclid(7));
    }
    Some(i64::from(days_of(Day::new(year, 1, 1).ok()?)) + number - 1)
}

/// The period at a place; nothing outside the years 0 to 9999.
pub(super) fn from_ordinal(frequency: Frequency, ordinal: i64) -> Option<TimePeriod> {
    let (year, number) = if let Some(parts) = per_year(frequency) {
        (ordinal.div_euclid(parts), ordinal.rem_euclid(parts) + 1)
    } else if frequency == Frequency::Week {
        // 1970-01-01 was a Thursday, and the Thursday tells the year of a week.
        let week = day(i32::try_from(ordinal.checked_mul(7)?).ok()?)?.iso_week_date();
        (i64::from(week.year()), i64::from(week.week()))
    } else {
        let day = day(i32::try_from(ordinal).ok()?)?;
        (i64::from(day.year()), i64::from(day.day_of_year()))
    };
    (0..=9999).contains(&year).then(|| TimePeriod::new(frequency, year as i32, number as u16))
}

/// The first and the last period of a frequency that belong to a stretch of years.
pub(super) fn of_years(frequency: Frequency, first: i32, last: i32) -> Option<(i64, i64)> {
    let start = ordinal(TimePeriod::new(frequency, first, 1))?;
    let end = match ordinal(TimePeriod::new(frequency, last + 1, 1)) {
        Some(next) => next - 1,
        // The year 9999 has no year behind it.
        None => {
            ordinal(TimePeriod::new(frequency, last, if frequency == Frequency::Week { 52 } else { 365 }))?
        }
    };
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn days(text: &str) -> i32 {
        days_of(text.parse().expect("a date"))
    }

    #[test]
    fn the_spacing_of_dates_is_the_widest_that_fits() {
        for (dates, expected) in [
            (&["2020-12-31"][..], Spacing::Months(12, false)),
            (&["2010-12-31", "2012-12-31"], Spacing::Months(12, true)),
            (&["2010-02-10", "2010-08-10"], Spacing::Months(6, false)),
            (&["2020-03-31", "2020-06-30", "2020-12-31"], Spacing::Months(3, true)),
            (&["2020-01-15", "2020-02-15"], Spacing::Months(1, false)),
            (&["2020-01-01", "2020-01-08", "2020-01-22"], Spacing::Days(7)),
            (&["2020-01-01", "2020-01-02"], Spacing::Days(1)),
        ] {
            let dates: Vec<i32> = dates.iter().map(|text| days(text)).collect();
            assert_eq!(Spacing::of_days(&dates), expected);
        }
    }

    #[test]
    fn month_ends_move_to_month_ends() {
        let monthly = Spacing::Months(1, true);
        assert_eq!(monthly.shift(days("2020-02-29"), 1), Some(days("2020-03-31")));
        assert_eq!(monthly.shift(days("2020-03-31"), -1), Some(days("2020-02-29")));
    }

    proptest! {
        #[test]
        fn a_period_moved_there_and_back_is_the_same(
            frequency in 0usize..6,
            place in -600_000i64..600_000,
            steps in -2000i64..2000,
        ) {
            let frequency = Frequency::ALL[frequency];
            if let Some(period) = from_ordinal(frequency, place) {
                prop_assert_eq!(ordinal(period), Some(place));
                if let Some(moved) = Step::Period.shift(period.packed(), steps) {
                    prop_assert_eq!(Step::Period.shift(moved, -steps), Some(period.packed()));
                    prop_assert_eq!(moved.cmp(&period.packed()), steps.cmp(&0));
                }
            }
        }
    }
}
