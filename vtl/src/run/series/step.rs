//! From one period to the next: regular periods by their frequency, days and intervals by the spacing of the
//! data set.

use crate::time::calendar::{YEARS, civil, days, days_of_month, ordinal, shifted};
use crate::time::{Date, Frequency, Interval, TimePeriod};
use crate::value::ScalarType;

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
            Self::Period => shifted(TimePeriod::from_packed(packed), steps).map(TimePeriod::packed),
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
    /// days. The days ascend.
    fn of_days(days: &[i32]) -> Self {
        if days.len() < 2 {
            return Self::Months(12, false);
        }
        let at_ends = days.iter().all(|day| is_month_end(*day));
        let gaps = || days.windows(2).map(|pair| (pair[0], pair[1]));
        let whole_months = |(first, second): (i32, i32)| {
            let months = months_between(first, second);
            let same_day = Self::Months(months, false).shift(first, 1) == Some(second);
            months > 0 && (same_day || (is_month_end(first) && is_month_end(second)))
        };
        if gaps().all(whole_months) {
            let divides =
                |months: &i64| gaps().all(|(first, second)| months_between(first, second) % months == 0);
            return Self::Months([12, 6, 3].into_iter().find(divides).unwrap_or(1), at_ends);
        }
        let weekly = gaps().all(|(first, second)| (second - first) % 7 == 0);
        Self::Days(if weekly { 7 } else { 1 })
    }

    /// An interval is as long as the step to the next.
    fn of_interval(interval: Interval) -> Self {
        let after = interval.end.saturating_add(1);
        let months = months_between(interval.start, after);
        if months > 0 && Self::Months(months, false).shift(interval.start, 1) == Some(after) {
            return Self::Months(months, false);
        }
        Self::Days((i64::from(after) - i64::from(interval.start)).max(1))
    }

    /// A day moved by so many steps; nothing outside the years of the calendar.
    fn shift(self, day: i32, steps: i64) -> Option<i32> {
        let moved = match self {
            Self::Days(length) => {
                i32::try_from(i64::from(day).checked_add(length.checked_mul(steps)?)?).ok()?
            }
            Self::Months(length, at_ends) => {
                let from = civil(day);
                let months = i64::from(from.year) * 12 + i64::from(from.month) - 1;
                let months = months.checked_add(length.checked_mul(steps)?)?;
                let year = i32::try_from(months.div_euclid(12)).ok().filter(|year| YEARS.contains(year))?;
                let month = months.rem_euclid(12) as u32 + 1;
                let last = days_of_month(year, month);
                days(year, month, if at_ends { last } else { from.day.min(last) })
            }
        };
        YEARS.contains(&civil(moved).year).then_some(moved)
    }
}

fn is_month_end(day: i32) -> bool {
    civil(day.saturating_add(1)).day == 1
}

/// Months from the month of one day to that of another.
fn months_between(first: i32, second: i32) -> i64 {
    let (first, second) = (civil(first), civil(second));
    i64::from(second.year - first.year) * 12 + i64::from(second.month) - i64::from(first.month)
}

/// Places of the first and the last period of a frequency in these years.
pub(super) fn of_years(frequency: Frequency, first: i32, last: i32) -> (i64, i64) {
    let first_of = |year| ordinal(TimePeriod::new(frequency, year, 1));
    (first_of(first), first_of(last + 1) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> i32 {
        crate::time::text::date(text).expect("a date").days()
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
            let dates: Vec<i32> = dates.iter().map(|text| day(text)).collect();
            assert_eq!(Spacing::of_days(&dates), expected);
        }
    }

    #[test]
    fn month_ends_move_to_month_ends() {
        let monthly = Spacing::Months(1, true);
        assert_eq!(monthly.shift(day("2020-02-29"), 1), Some(day("2020-03-31")));
        assert_eq!(monthly.shift(day("2020-03-31"), -1), Some(day("2020-02-29")));
    }

    proptest! {
        #[test]
        fn a_period_moved_there_and_back_is_the_same(
            frequency in 0usize..6,
            place in -600_000i64..600_000,
            steps in -2000i64..2000,
        ) {
            let frequency = Frequency::ALL[frequency];
            let period = crate::time::calendar::of_ordinal(frequency, place);
            let moved = period.and_then(|period| Step::Period.shift(period.packed(), steps));
            if let (Some(period), Some(moved)) = (period, moved) {
                prop_assert_eq!(Step::Period.shift(moved, -steps), Some(period.packed()));
                prop_assert_eq!(moved.cmp(&period.packed()), steps.cmp(&0));
            }
        }
    }
}
