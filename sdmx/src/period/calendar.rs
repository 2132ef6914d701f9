//! Days, months and years of the proleptic Gregorian calendar, as numbers.

use jiff::civil::Date;

use super::DAY;

pub(super) fn days(date: Date) -> i64 {
    days_from_civil(i64::from(date.year()), i64::from(date.month()), i64::from(date.day()))
}

/// Seconds at the first of the month `months` after January of the year 0.
pub(super) fn first_of(months: i64) -> i64 {
    days_from_civil(months.div_euclid(12), months.rem_euclid(12) + 1, 1) * DAY
}

pub(super) fn add_months(start: i64, count: i64) -> i64 {
    let (year, month, day) = civil_from_days(start.div_euclid(DAY));
    let months = year * 12 + month - 1 + count;
    let length = (first_of(months + 1) - first_of(months)) / DAY;
    first_of(months) + (day.min(length) - 1) * DAY + start.rem_euclid(DAY)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, for any year (jiff ends at 9999, and the end of
/// a period of 9999 lies beyond).
pub(super) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

pub(super) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}
