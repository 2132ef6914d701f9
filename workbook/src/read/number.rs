//! Numbers and dates of cells as text.

/// Digits that Excel calculates with and shows.
const DIGITS: usize = 15;
/// Digits of a whole number that a value of the hub holds.
const WHOLE_DIGITS: usize = 18;

/// A number as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NumberText {
    pub(super) text: String,
    /// It had more digits than Excel calculates with.
    pub(super) rounded: bool,
}

/// The number that a cell shows at most, in plain digits. What another program stored exactly stays as it is;
/// the remains of binary arithmetic (0.30000000000000004) go. Nothing if it is no number.
pub(super) fn number(stored: &str) -> Option<NumberText> {
    if is_exact(stored) {
        return Some(NumberText { text: stored.to_owned(), rounded: false });
    }
    let value: f64 = stored.parse().ok().filter(|value: &f64| value.is_finite())?;
    let shortest = plain(value);
    if digits(&shortest) <= DIGITS {
        return Some(NumberText { text: shortest, rounded: false });
    }
    let rounded = format!("{value:.*e}", DIGITS - 1).parse().ok()?;
    Some(NumberText { text: plain(rounded), rounded: true })
}

/// A share as its cell shows it: 0.123 as 12.3%.
pub(super) fn percent(stored: &str) -> Option<NumberText> {
    let NumberText { text, rounded } = number(stored)?;
    let value: f64 = text.parse().ok()?;
    let hundredfold = number(&format!("{:e}", value * 100.0))?;
    Some(NumberText { text: format!("{}%", hundredfold.text), rounded })
}

/// Plain digits that need no arithmetic.
fn is_exact(stored: &str) -> bool {
    let unsigned = stored.strip_prefix('-').unwrap_or(stored);
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(w, f)| (w, Some(f)));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let short = match fraction {
        None => whole.len() <= WHOLE_DIGITS,
        Some(_) => digits(unsigned) <= DIGITS,
    };
    let is_zero = !unsigned.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    // Excel shows no negative zero.
    (unsigned == stored || !is_zero)
        && plain(whole)
        && fraction.is_none_or(plain)
        && (whole == "0" || !whole.starts_with('0'))
        && short
}

fn plain(value: f64) -> String {
    // Excel shows no negative zero.
    if value == 0.0 { "0".to_owned() } else { value.to_string() }
}

/// Significant digits.
fn digits(text: &str) -> usize {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    if text.contains('.') { digits.len() } else { digits.trim_end_matches('0').len() }
}

/// How much of a date its format shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// The year alone.
    Year,
    /// Year and month.
    Month,
    /// The day, and the time if it is not midnight.
    Day,
}

/// Day numbers of Excel's own calendar end with the year 9999.
const DAYS_MAX: f64 = 2_958_466.0;
/// Days from 1900-01-01 to 1904-01-01 as Excel counts them, with a 29 February 1900 that never was.
const DAYS_TO_1904: f64 = 1462.0;
/// Excel's day number of 1970-01-01.
const DAY_OF_1970: i64 = 25_569;
/// Excel's day number of 1900-03-01, from which on its calendar is right.
const DAY_OF_MARCH_1900: i64 = 61;
const SECONDS_PER_DAY: i64 = 86_400;

/// A date as its cell shows it. Nothing if the number is no day.
pub(super) fn date(stored: &str, from_1904: bool, shows: Shows) -> Option<String> {
    let value: f64 = stored.parse().ok()?;
    let value = if from_1904 { value + DAYS_TO_1904 } else { value };
    if !(1.0..DAYS_MAX).contains(&value) {
        return None;
    }
    let seconds = (value * SECONDS_PER_DAY as f64).round() as i64;
    let (day, second) = (seconds.div_euclid(SECONDS_PER_DAY), seconds.rem_euclid(SECONDS_PER_DAY));
    let day = if day < DAY_OF_MARCH_1900 { day + 1 } else { day };
    let (year, month, of_month) = civil(day - DAY_OF_1970);
    Some(match shows {
        Shows::Year => format!("{year:04}"),
        Shows::Month => format!("{year:04}-{month:02}"),
        Shows::Day if second == 0 => format!("{year:04}-{month:02}-{of_month:02}"),
        Shows::Day => {
            let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
            format!("{year:04}-{month:02}-{of_month:02}T{hour:02}:{minute:02}:{second:02}")
        }
    })
}

/// Year, month and day of days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_their_cells_show_them() {
        for (stored, expected, rounded) in [
            ("1234", "1234", false),
            ("1.50", "1.50", false),
            ("-0.5", "-0.5", false),
            ("0.10000000000000001", "0.1", false),
            ("0.30000000000000004", "0.3", true),
            ("1.2345678901234567E+16", "12345678901234600", true),
            ("123456789012345678", "123456789012345678", false),
            ("5E-2", "0.05", false),
            ("1e3", "1000", false),
            ("-0", "0", false),
        ] {
            let read = number(stored).expect(stored);
            assert_eq!((&*read.text, read.rounded), (expected, rounded), "{stored}");
        }
        for stored in ["", "x", "NaN", "inf", "1e999", "1,5"] {
            assert_eq!(number(stored), None, "{stored}");
        }
        assert_eq!(percent("0.123").expect("a share").text, "12.3%");
        assert_eq!(percent("0.07").expect("a share").text, "7%");
    }

    #[test]
    fn dates_are_read_as_their_cells_show_them() {
        for (stored, from_1904, shows, expected) in [
            ("45658", false, Shows::Day, "2025-01-01"),
            ("44196", true, Shows::Day, "2025-01-01"),
            ("45658", false, Shows::Year, "2025"),
            ("45658", false, Shows::Month, "2025-01"),
            ("45658.375", false, Shows::Day, "2025-01-01T09:00:00"),
            ("1", false, Shows::Day, "1900-01-01"),
            ("59", false, Shows::Day, "1900-02-28"),
            ("61", false, Shows::Day, "1900-03-01"),
        ] {
            assert_eq!(date(stored, from_1904, shows).as_deref(), Some(expected), "{stored}");
        }
        for stored in ["0", "-1", "2958466", "1e300", "NaN", "x"] {
            assert_eq!(date(stored, false, Shows::Day), None, "{stored}");
        }
    }

    proptest! {
        #[test]
        fn fifteen_digits_survive_as_excel_stores_them(unscaled in -999_999_999_999_999i64..=999_999_999_999_999, scale in 0..=6u32) {
            let value = unscaled as f64 / 10f64.powi(scale as i32);
            let read = number(&format!("{value:.16e}")).expect("a number");
            prop_assert!(!read.rounded);
            prop_assert_eq!(read.text.parse::<f64>().expect("a number"), value);
        }
    }
}
