//! A period to text.

use std::fmt;
use std::io::Write;

use super::calendar::{civil_from_days, days_from_civil};
use super::{DAY, Form, Period, Unit, unpack_range};

impl Period {
    /// Appends the text to `out`: what was read comes out again, but for equal spellings of a time zone or
    /// a duration (`P1Y6M` comes out as `P18M`).
    pub fn write(self, out: &mut Vec<u8>) {
        if self.form() == Form::Year {
            let year = self.ordinal() as u16;
            let digit = |place: u16| b'0' + (year / place % 10) as u8;
            out.extend_from_slice(&[digit(1000), digit(100), digit(10), digit(1)]);
        } else {
            write!(out, "{self}").expect("a vector takes everything");
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ordinal = self.ordinal();
        let parts = |count: i64| (ordinal.div_euclid(count), ordinal.rem_euclid(count) + 1);
        match self.form() {
            Form::Any => Ok(()),
            Form::Year => write!(f, "{ordinal:04}"),
            Form::ReportingYear => write!(f, "{ordinal:04}-A1"),
            Form::Month => parts(12).fmt_as(f, "-", 2),
            Form::ReportingMonth => parts(12).fmt_as(f, "-M", 2),
            Form::ReportingSemester => parts(2).fmt_as(f, "-S", 1),
            Form::ReportingTrimester => parts(3).fmt_as(f, "-T", 1),
            Form::ReportingQuarter => parts(4).fmt_as(f, "-Q", 1),
            Form::Day => write_date(f, ordinal),
            Form::DateTime => write_date_time(f, ordinal),
            Form::DateTimeUtc => write_date_time(f, ordinal).and_then(|()| f.write_str("Z")),
            Form::ReportingWeek => {
                // The Thursday of an ISO week lies in the year the week belongs to.
                let thursday = ordinal * 7;
                let year = civil_from_days(thursday).0;
                let first = days_from_civil(year, 1, 1);
                write!(f, "{year:04}-W{:02}", (thursday - first).div_euclid(7) + 1)
            }
            Form::ReportingDay => {
                let year = civil_from_days(ordinal).0;
                write!(f, "{year:04}-D{:03}", ordinal - days_from_civil(year, 1, 1) + 1)
            }
            Form::Range => {
                let (start, unit, count) = unpack_range(ordinal);
                if start.rem_euclid(DAY) == 0 {
                    write_date(f, start.div_euclid(DAY))?;
                } else {
                    write_date_time(f, start)?;
                }
                let (time, letter) = match unit.unwrap_or(Unit::Second) {
                    Unit::Second => ("T", 'S'),
                    Unit::Minute => ("T", 'M'),
                    Unit::Hour => ("T", 'H'),
                    Unit::Day => ("", 'D'),
                    Unit::Month => ("", 'M'),
                    Unit::Year => ("", 'Y'),
                };
                write!(f, "/P{time}{count}{letter}")
            }
        }
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ANY { f.write_str("(any period)") } else { fmt::Display::fmt(self, f) }
    }
}

trait YearAndPart {
    fn fmt_as(self, f: &mut fmt::Formatter<'_>, mark: &str, width: usize) -> fmt::Result;
}

impl YearAndPart for (i64, i64) {
    fn fmt_as(self, f: &mut fmt::Formatter<'_>, mark: &str, width: usize) -> fmt::Result {
        write!(f, "{:04}{mark}{:0width$}", self.0, self.1)
    }
}

fn write_date(f: &mut fmt::Formatter<'_>, days: i64) -> fmt::Result {
    let (year, month, day) = civil_from_days(days);
    write!(f, "{year:04}-{month:02}-{day:02}")
}

fn write_date_time(f: &mut fmt::Formatter<'_>, seconds: i64) -> fmt::Result {
    write_date(f, seconds.div_euclid(DAY))?;
    let clock = seconds.rem_euclid(DAY);
    write!(f, "T{:02}:{:02}:{:02}", clock / 3600, clock / 60 % 60, clock % 60)
}
