//! Time periods: every form SDMX allows in TIME_PERIOD, packed in one integer, compared by start.
//!
//! What lives here: reading, writing, order and extent of a period. What must not: calendars of releases,
//! embargoes, and any idea of "now".

mod calendar;
mod parse;
mod print;

use std::cmp::Ordering;

use calendar::{add_months, civil_from_days, first_of};
pub use parse::PeriodError;

/// Seconds of a day, as SDMX periods know no leap seconds.
const DAY: i64 = 86_400;
/// Longest duration count a time range may have: it must fit beside its start in one integer.
const DURATION_MAX: i64 = (1 << 17) - 1;

/// The form in which a period is written; with its ordinal it is the whole period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Form {
    /// No period: the one pseudo-period of a data structure without time, and the wildcard of a deletion.
    Any = 0,
    /// `2024`; ordinal: the year.
    Year = 1,
    /// `2024-07`; ordinal: months since the year 0.
    Month = 2,
    /// `2024-07-31`; ordinal: days since 1970-01-01.
    Day = 3,
    /// `2024-07-31T12:00:00`; ordinal: seconds since 1970-01-01T00:00:00.
    DateTime = 4,
    /// The same with `Z`; other offsets are brought to it.
    DateTimeUtc = 5,
    /// `2024-A1`; ordinal: the year.
    ReportingYear = 6,
    /// `2024-S2`; ordinal: half-years since the year 0.
    ReportingSemester = 7,
    /// `2024-T3`; ordinal: four-month periods since the year 0.
    ReportingTrimester = 8,
    /// `2024-Q4`; ordinal: quarters since the year 0.
    ReportingQuarter = 9,
    /// `2024-M07`; ordinal: months since the year 0.
    ReportingMonth = 10,
    /// `2024-W31`, an ISO week; ordinal: weeks since the one that contains 1970-01-01.
    ReportingWeek = 11,
    /// `2024-D213`; ordinal: days since 1970-01-01.
    ReportingDay = 12,
    /// `2020-01-01/P5Y`; ordinal: start in minutes, then unit and count of the duration.
    Range = 13,
}

const FORMS: [Form; 14] = [
    Form::Any,
    Form::Year,
    Form::Month,
    Form::Day,
    Form::DateTime,
    Form::DateTimeUtc,
    Form::ReportingYear,
    Form::ReportingSemester,
    Form::ReportingTrimester,
    Form::ReportingQuarter,
    Form::ReportingMonth,
    Form::ReportingWeek,
    Form::ReportingDay,
    Form::Range,
];

/// One period. Periods order by start, then by length, then by form, as the SDMX standard's time range
/// queries need.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period(i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Year,
}

const UNITS: [Unit; 6] = [Unit::Second, Unit::Minute, Unit::Hour, Unit::Day, Unit::Month, Unit::Year];

impl Period {
    /// No period; see [`Form::Any`].
    pub const ANY: Self = Self(0);

    /// The calendar year `year`, 0 to 9999.
    pub const fn year(year: u16) -> Self {
        Self::new(Form::Year, year as i64)
    }

    /// A period of `form` with `ordinal`; the caller answers for the ordinal being one of that form.
    pub const fn new(form: Form, ordinal: i64) -> Self {
        Self(ordinal << 4 | form as i64)
    }

    /// The one integer that is this period: ordinal above, form in the low four bits.
    pub const fn packed(self) -> i64 {
        self.0
    }

    /// The period of a packed integer, if it is one: form known, ordinal within the years 0 to 9999.
    pub fn from_packed(packed: i64) -> Option<Self> {
        let period = Self(packed);
        FORMS.get((packed & 15) as usize)?;
        let ordinal = period.ordinal();
        let days = -719_528..=2_932_896;
        let sound = match period.form() {
            Form::Any => ordinal == 0,
            Form::Year | Form::ReportingYear => (0..=9999).contains(&ordinal),
            Form::Month | Form::ReportingMonth => (0..120_000).contains(&ordinal),
            Form::Day | Form::ReportingDay => days.contains(&ordinal),
            Form::DateTime | Form::DateTimeUtc => days.contains(&ordinal.div_euclid(DAY)),
            Form::ReportingSemester => (0..20_000).contains(&ordinal),
            Form::ReportingTrimester => (0..30_000).contains(&ordinal),
            Form::ReportingQuarter => (0..40_000).contains(&ordinal),
            Form::ReportingWeek => (-102_789..=418_984).contains(&ordinal),
            Form::Range => {
                let (start, unit, count) = unpack_range(ordinal);
                days.contains(&start.div_euclid(DAY)) && unit.is_some() && count > 0
            }
        };
        sound.then_some(period)
    }

    /// The form it is written in.
    pub const fn form(self) -> Form {
        // Only `new` and `from_packed` make periods, so the low bits are always one of FORMS.
        FORMS[(self.0 & 15) as usize]
    }

    /// Its place among the periods of its form.
    pub const fn ordinal(self) -> i64 {
        self.0 >> 4
    }

    /// The next period of the same form, where "next" has a meaning.
    pub const fn next(self) -> Self {
        Self(self.0 + 16)
    }

    /// First second of the period, counted from 1970-01-01T00:00:00.
    pub fn start(self) -> i64 {
        let ordinal = self.ordinal();
        match self.form() {
            Form::Any => i64::MIN,
            Form::Year | Form::ReportingYear => first_of(ordinal * 12),
            Form::Month | Form::ReportingMonth => first_of(ordinal),
            Form::Day | Form::ReportingDay => ordinal * DAY,
            Form::DateTime | Form::DateTimeUtc => ordinal,
            Form::ReportingSemester => first_of(ordinal * 6),
            Form::ReportingTrimester => first_of(ordinal * 4),
            Form::ReportingQuarter => first_of(ordinal * 3),
            Form::ReportingWeek => (ordinal * 7 - 3) * DAY,
            Form::Range => unpack_range(ordinal).0,
        }
    }

    /// First second after the period, counted like [`Period::start`].
    pub fn end(self) -> i64 {
        match self.form() {
            Form::Any => i64::MAX,
            Form::DateTime | Form::DateTimeUtc => self.ordinal() + 1,
            Form::Range => {
                let (start, unit, count) = unpack_range(self.ordinal());
                match unit.unwrap_or(Unit::Second) {
                    Unit::Second => start + count,
                    Unit::Minute => start + count * 60,
                    Unit::Hour => start + count * 3600,
                    Unit::Day => start + count * DAY,
                    Unit::Month => add_months(start, count),
                    Unit::Year => add_months(start, count * 12),
                }
            }
            _ => self.next().start(),
        }
    }

    /// The calendar year in which the period begins, 0 to 9999; nothing for [`Period::ANY`].
    pub fn first_year(self) -> Option<i64> {
        match self.form() {
            Form::Any => None,
            Form::Year | Form::ReportingYear => Some(self.ordinal()),
            _ => Some(civil_from_days(self.start().div_euclid(DAY)).0),
        }
    }

    /// The day on which the period begins, in days since 1970-01-01; nothing for [`Period::ANY`].
    pub fn first_day(self) -> Option<i64> {
        (self != Self::ANY).then(|| self.start().div_euclid(DAY))
    }
}

impl Ord for Period {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0 & 15 == other.0 & 15 && self.form() != Form::Range {
            return self.0.cmp(&other.0);
        }
        let order = |period: &Self| (period.start(), period.end(), period.0 & 15, period.0);
        order(self).cmp(&order(other))
    }
}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn unpack_range(ordinal: i64) -> (i64, Option<Unit>, i64) {
    ((ordinal >> 20) * 60, UNITS.get((ordinal >> 17 & 7) as usize).copied(), ordinal & DURATION_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Period, PeriodError> {
        Period::parse(text.as_bytes())
    }

    #[test]
    fn every_form_comes_out_as_it_went_in() {
        for text in [
            "2024",
            "0000",
            "9999",
            "2024-07",
            "2024-07-31",
            "1969-12-31",
            "2024-07-31T12:30:05",
            "2024-07-31T12:30:05Z",
            "2024-A1",
            "2024-S2",
            "2024-T3",
            "2024-Q4",
            "2024-M12",
            "2020-W53",
            "1970-W01",
            "2024-W01",
            "2024-D366",
            "2023-D001",
            "2020-01-01/P5Y",
            "2020-01-01/P18M",
            "2020-01-01T06:00:00/PT6H",
            "1950-07-01/P1D",
        ] {
            assert_eq!(read(text).map(|period| period.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn spellings_of_one_extent_come_out_in_one_spelling() {
        for (text, expected) in [
            ("2020-01-01/P1Y6M", "2020-01-01/P18M"),
            ("2020-01-01T00:00:00/P2W", "2020-01-01/P14D"),
            ("2024-07-31T12:30:05+02:00", "2024-07-31T10:30:05Z"),
            ("2024-07-31T12:30:05.000", "2024-07-31T12:30:05"),
        ] {
            assert_eq!(read(text).map(|period| period.to_string()), Ok(expected.to_owned()));
        }
    }

    #[test]
    fn what_is_no_period_is_refused_with_its_reason() {
        for (text, expected) in [
            ("", PeriodError::Malformed),
            ("24", PeriodError::Malformed),
            ("2024-", PeriodError::Malformed),
            ("2024-7", PeriodError::Malformed),
            ("2024-13", PeriodError::NoSuchDate),
            ("2023-02-29", PeriodError::NoSuchDate),
            ("2019-W53", PeriodError::NoSuchWeek),
            ("2023-D366", PeriodError::NoSuchDay),
            ("2024-Q5", PeriodError::NoSuchDate),
            ("2024-Q05", PeriodError::Malformed),
            ("2024/2025", PeriodError::Malformed),
            ("2020-01-01/P0Y", PeriodError::DurationTooLong),
            ("2020-01-01/P999999D", PeriodError::DurationTooLong),
            ("2024-07-31T25:00:00", PeriodError::NoSuchDate),
            ("２０２４", PeriodError::Malformed),
        ] {
            assert_eq!(read(text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn periods_order_by_start_then_by_length() {
        let in_order = [
            "2019-12-31",
            "2020-01-01",
            "2020-W01",
            "2020-01",
            "2020-Q1",
            "2020-S1",
            "2020",
            "2020-01-01/P5Y",
            "2020-02",
            "2021",
        ];
        // ISO week 1 of 2020 begins on 30 December 2019, before all of these.
        let mut periods: Vec<_> = in_order.iter().filter_map(|text| read(text).ok()).collect();
        periods.sort();
        let texts: Vec<_> = periods.iter().map(ToString::to_string).collect();
        assert_eq!(texts[0], "2020-W01");
        assert_eq!(
            &texts[1..],
            [
                "2019-12-31",
                "2020-01-01",
                "2020-01",
                "2020-Q1",
                "2020-S1",
                "2020",
                "2020-01-01/P5Y",
                "2020-02",
                "2021"
            ]
        );
    }

    #[test]
    fn a_period_ends_where_the_next_begins() {
        for text in ["2024", "2024-02", "2024-S1", "2024-Q4", "2024-W52", "2024-D366", "9999", "2024-A1"] {
            let period = read(text).expect(text);
            assert_eq!(period.end(), period.next().start(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_packed_period_prints_and_reads_as_itself(form in 1usize..14, ordinal in -800_000i64..3_000_000) {
            let ordinal = if FORMS[form] == Form::Range { ordinal.abs() << 20 | 5 << 17 | 3 } else { ordinal };
            if let Some(period) = Period::from_packed(Period::new(FORMS[form], ordinal).packed()) {
                prop_assert_eq!(read(&period.to_string()), Ok(period));
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[0-9TPYMDWQZ:/+.-]{0,30}") {
            if let Ok(period) = read(&text) {
                prop_assert_eq!(read(&period.to_string()), Ok(period));
                prop_assert!(period.start() < period.end());
            }
        }
    }
}
