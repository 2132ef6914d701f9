//! Periods of SDMX as regular periods of VTL, and back.
//!
//! What lives here: which form of SDMX is which frequency. What must not: texts and calendars.

use mighub_sdmx::period::{Form, Period};

use super::{Frequency, TimePeriod, calendar};

/// SDMX counts weeks from the one that contains 1970-01-01; [`calendar::ordinal`] calls that one −1.
const FIRST_WEEK: i64 = -1;

/// The regular period that a period of SDMX is; nothing for instants, trimesters and ranges.
pub fn of_sdmx(period: Period) -> Option<TimePeriod> {
    let ordinal = period.ordinal();
    match period.form() {
        Form::Year | Form::ReportingYear => calendar::of_ordinal(Frequency::Year, ordinal),
        Form::ReportingSemester => calendar::of_ordinal(Frequency::Semester, ordinal),
        Form::ReportingQuarter => calendar::of_ordinal(Frequency::Quarter, ordinal),
        Form::Month | Form::ReportingMonth => calendar::of_ordinal(Frequency::Month, ordinal),
        Form::ReportingWeek => calendar::of_ordinal(Frequency::Week, ordinal + FIRST_WEEK),
        Form::Day | Form::ReportingDay => calendar::of_ordinal(Frequency::Day, ordinal),
        Form::Any | Form::DateTime | Form::DateTimeUtc | Form::ReportingTrimester | Form::Range => None,
    }
}

/// A regular period in the form in which data report it: years, months and days of the calendar, the others as
/// reporting periods.
pub fn to_sdmx(period: TimePeriod) -> Period {
    let ordinal = calendar::ordinal(period);
    match period.frequency() {
        Frequency::Year => Period::new(Form::Year, ordinal),
        Frequency::Semester => Period::new(Form::ReportingSemester, ordinal),
        Frequency::Quarter => Period::new(Form::ReportingQuarter, ordinal),
        Frequency::Month => Period::new(Form::Month, ordinal),
        Frequency::Week => Period::new(Form::ReportingWeek, ordinal - FIRST_WEEK),
        Frequency::Day => Period::new(Form::Day, ordinal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_periods_go_there_and_back() {
        for (sdmx, vtl, back) in [
            ("2024", "2024-A1", "2024"),
            ("2024-A1", "2024-A1", "2024"),
            ("2024-S2", "2024-S2", "2024-S2"),
            ("2024-Q4", "2024-Q4", "2024-Q4"),
            ("2024-07", "2024-M07", "2024-07"),
            ("2024-M07", "2024-M07", "2024-07"),
            ("2020-W53", "2020-W53", "2020-W53"),
            ("1970-W01", "1970-W01", "1970-W01"),
            ("1969-W01", "1969-W01", "1969-W01"),
            ("2024-12-31", "2024-D366", "2024-12-31"),
            ("2024-D366", "2024-D366", "2024-12-31"),
        ] {
            let period = Period::parse(sdmx.as_bytes()).ok().and_then(of_sdmx);
            assert_eq!(period.map(|period| period.to_string()).as_deref(), Some(vtl));
            assert_eq!(period.map(|period| to_sdmx(period).to_string()).as_deref(), Some(back));
        }
        for irregular in ["2024-T1", "2024-07-31T12:00:00", "2020-01-01/P5Y"] {
            assert_eq!(Period::parse(irregular.as_bytes()).ok().and_then(of_sdmx), None, "{irregular}");
        }
    }
}
