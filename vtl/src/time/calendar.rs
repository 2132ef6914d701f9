//! Days, periods and frequencies of the civil calendar.
//!
//! What lives here: first and last days of periods, the period of a day, moving by whole periods. What must
//! not: texts.

use super::{Date, Frequency, TimePeriod};

/// A day of the civil calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// Year.
    pub year: i32,
    /// Month from 1.
    pub month: u32,
    /// Day of the month from 1.
    pub day: u32,
}

/// Years that dates and periods can have.
pub const YEARS: std::ops::RangeInclusive<i32> = 0..=9999;

/// A day that is counted from 1970-01-01.
pub fn civil(days: i32) -> Civil {
    // Counted from 0000-03-01, leap days come last: 400 years are 146,097 days, and months from March follow
    // one line.
    let shifted = i64::from(days) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Civil { year: year as i32, month: month as u32, day: day as u32 }
}

/// Days from 1970-01-01; a month or day too large runs on into the next.
pub fn days(year: i32, month: u32, day: u32) -> i32 {
    let months = i64::from(year) * 12 + i64::from(month) - 1;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + i64::from(day) - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    (era * 146_097 + of_era - 719_468) as i32
}

/// Number of days of a month.
pub fn days_of_month(year: i32, month: u32) -> u32 {
    (days(year, month + 1, 1) - days(year, month, 1)) as u32
}

/// Day of the year from 1.
pub fn day_of_year(day: i32) -> u32 {
    (day - days(civil(day).year, 1, 1) + 1) as u32
}

/// Whole periods of a frequency since a fixed one; neighbours differ by 1.
pub fn ordinal(period: TimePeriod) -> i64 {
    let (year, number) = (i64::from(period.year()), i64::from(period.number()) - 1);
    match period.frequency() {
        Frequency::Year => year,
        Frequency::Semester => year * 2 + number,
        Frequency::Quarter => year * 4 + number,
        Frequency::Month => year * 12 + number,
        Frequency::Week => i64::from(first_monday(period.year())).div_euclid(7) + number,
        Frequency::Day => i64::from(days(period.year(), 1, 1)) + number,
    }
}

/// The period that [`ordinal`] gave; nothing outside of [`YEARS`].
pub fn of_ordinal(frequency: Frequency, ordinal: i64) -> Option<TimePeriod> {
    let within = |year: i64| i32::try_from(year).ok().filter(|year| YEARS.contains(year));
    let part = |parts: i64| {
        let year = within(ordinal.div_euclid(parts))?;
        Some(TimePeriod::new(frequency, year, (ordinal.rem_euclid(parts) + 1) as u16))
    };
    match frequency {
        Frequency::Year => part(1),
        Frequency::Semester => part(2),
        Frequency::Quarter => part(4),
        Frequency::Month => part(12),
        Frequency::Week => {
            // Mondays are 4 days behind the Thursdays that weeks of 1970-01-01 are counted by.
            let monday = i32::try_from(ordinal.checked_mul(7)?.checked_add(4)?).ok()?;
            within(i64::from(civil(monday + 3).year))?;
            Some(week_of(monday))
        }
        Frequency::Day => {
            let day = i32::try_from(ordinal).ok()?;
            within(i64::from(civil(day).year))?;
            Some(period_of(day, Frequency::Day))
        }
    }
}

/// So many periods later, or earlier.
pub fn shifted(period: TimePeriod, periods: i64) -> Option<TimePeriod> {
    of_ordinal(period.frequency(), ordinal(period).checked_add(periods)?)
}

/// First day of a period.
pub fn first_day(period: TimePeriod) -> i32 {
    let (year, number) = (period.year(), u32::from(period.number()));
    match period.frequency() {
        Frequency::Year => days(year, 1, 1),
        Frequency::Semester => days(year, number * 6 - 5, 1),
        Frequency::Quarter => days(year, number * 3 - 2, 1),
        Frequency::Month => days(year, number, 1),
        Frequency::Week => first_monday(year) + (number as i32 - 1) * 7,
        Frequency::Day => days(year, 1, 1) + number as i32 - 1,
    }
}

/// Last day of a period.
pub fn last_day(period: TimePeriod) -> i32 {
    let (year, number) = (period.year(), u32::from(period.number()));
    match period.frequency() {
        Frequency::Year => days(year, 12, 31),
        Frequency::Semester => days(year, number * 6 + 1, 1) - 1,
        Frequency::Quarter => days(year, number * 3 + 1, 1) - 1,
        Frequency::Month => days(year, number + 1, 1) - 1,
        Frequency::Week => first_day(period) + 6,
        Frequency::Day => first_day(period),
    }
}

/// The period of a frequency that a day lies in.
pub fn period_of(day: i32, frequency: Frequency) -> TimePeriod {
    let Civil { year, month, .. } = civil(day);
    let number = match frequency {
        Frequency::Year => 1,
        Frequency::Semester => (month - 1) / 6 + 1,
        Frequency::Quarter => (month - 1) / 3 + 1,
        Frequency::Month => month,
        Frequency::Week => return week_of(day),
        Frequency::Day => day_of_year(day),
    };
    TimePeriod::new(frequency, year, number as u16)
}

/// The period from one day to another, if there is one.
pub fn period_between(first: i32, last: i32) -> Option<TimePeriod> {
    let longest_first = Frequency::ALL.into_iter().rev();
    let mut periods = longest_first.map(|frequency| period_of(first, frequency));
    periods.find(|period| (first_day(*period), last_day(*period)) == (first, last))
}

/// A date so many periods later, or earlier; the day is that of the month as far as it has one.
pub fn date_plus(date: Date, periods: i64, frequency: Frequency) -> Option<Date> {
    let months = match frequency {
        Frequency::Day | Frequency::Week => {
            let step = if frequency == Frequency::Week { 7 } else { 1 };
            let moved = i64::from(date.days()).checked_add(periods.checked_mul(step)?)?;
            let moved = i32::try_from(moved).ok()?;
            return YEARS.contains(&civil(moved).year).then(|| date.with_days(moved));
        }
        Frequency::Month => 1,
        Frequency::Quarter => 3,
        Frequency::Semester => 6,
        Frequency::Year => 12,
    };
    let Civil { year, month, day } = civil(date.days());
    let moved = (i64::from(year) * 12 + i64::from(month) - 1).checked_add(periods.checked_mul(months)?)?;
    let year = i32::try_from(moved.div_euclid(12)).ok().filter(|year| YEARS.contains(year))?;
    let month = moved.rem_euclid(12) as u32 + 1;
    Some(date.with_days(days(year, month, day.min(days_of_month(year, month)))))
}

/// Monday of the first ISO week: that of 4 January.
fn first_monday(year: i32) -> i32 {
    monday_of(days(year, 1, 4))
}

fn monday_of(day: i32) -> i32 {
    // 1970-01-01 was a Thursday.
    day - (day + 3).rem_euclid(7)
}

/// The ISO week of a day; its year is that of its Thursday.
fn week_of(day: i32) -> TimePeriod {
    let monday = monday_of(day);
    let year = civil(monday + 3).year;
    let week = (monday - first_monday(year)) / 7 + 1;
    TimePeriod::new(Frequency::Week, year, week as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIRST: i32 = -719_162;
    const LAST: i32 = 2_932_896;

    proptest! {
        #[test]
        fn days_and_civil_days_are_each_others_inverse_and_agree_with_another_calendar(day in FIRST..=LAST) {
            let Civil { year, month, day: of_month } = civil(day);
            prop_assert_eq!(days(year, month, of_month), day);
            let other = jiff::civil::date(1970, 1, 1) + jiff::Span::new().days(day);
            prop_assert_eq!(
                (year, month, of_month, day_of_year(day)),
                (i32::from(other.year()), other.month() as u32, other.day() as u32, other.day_of_year() as u32)
            );
            let week = period_of(day, Frequency::Week);
            let iso = other.iso_week_date();
            prop_assert_eq!((week.year(), week.number()), (i32::from(iso.year()), iso.week() as u16));
        }

        #[test]
        fn periods_cover_the_calendar_without_gaps(day in FIRST + 400..=LAST - 400, frequency in 0i64..6) {
            let frequency = Frequency::from_packed(frequency).unwrap_or(Frequency::Year);
            let period = period_of(day, frequency);
            prop_assert!(first_day(period) <= day && day <= last_day(period));
            let next = shifted(period, 1);
            prop_assert_eq!(next.map(first_day), Some(last_day(period) + 1));
            prop_assert_eq!(next.and_then(|next| shifted(next, -1)), Some(period));
            prop_assert_eq!(of_ordinal(frequency, ordinal(period)), Some(period));
            let between = period_between(first_day(period), last_day(period));
            prop_assert_eq!(between, Some(period));
        }
    }

    #[test]
    fn moving_by_months_stays_within_the_month() {
        let day = |year, month, day| Date::day(days(year, month, day));
        for (from, periods, frequency, to) in [
            (day(2024, 1, 31), 1, Frequency::Month, day(2024, 2, 29)),
            (day(2024, 2, 29), 1, Frequency::Year, day(2025, 2, 28)),
            (day(2024, 1, 31), -1, Frequency::Quarter, day(2023, 10, 31)),
            (day(2024, 12, 31), 1, Frequency::Day, day(2025, 1, 1)),
            (day(2024, 12, 31), -1, Frequency::Week, day(2024, 12, 24)),
        ] {
            assert_eq!(date_plus(from, periods, frequency), Some(to));
        }
        assert_eq!(date_plus(day(9999, 12, 31), 1, Frequency::Day), None);
        assert_eq!(date_plus(day(2024, 1, 1), i64::MAX, Frequency::Semester), None);
    }
}
