//! Instants as clients write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use mighub_sdmx::Period;

use super::fault::Fault;
use super::parameters::Parameters;
use crate::hub::Moment;

/// Takes an instant.
pub(crate) fn instant(parameters: &mut Parameters, names: &[&str]) -> Result<Option<Moment>, Fault> {
    let Some(text) = parameters.take(names)? else { return Ok(None) };
    match read_instant(&text) {
        Some(moment) => Ok(Some(moment)),
        None => {
            let rule = format!(
                "{text:?} is no instant: write a date or a date and time, such as 2026-01-31 or \
                 2026-01-31T12:00:00Z; without a zone it is UTC"
            );
            Err(Fault::malformed(names[0], rule))
        }
    }
}

/// Date and time, with a zone or in UTC; a date or a year is its beginning.
pub(crate) fn read_instant(text: &str) -> Option<Moment> {
    let in_utc = |date: DateTime| TimeZone::UTC.to_timestamp(date).ok();
    let timestamp = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<DateTime>().ok().and_then(in_utc))
        .or_else(|| {
            text.parse::<Date>().ok().and_then(|date| in_utc(date.to_datetime(jiff::civil::Time::midnight())))
        });
    match timestamp {
        Some(timestamp) => Some(Moment(timestamp.as_millisecond())),
        None => Period::parse(text.as_bytes()).ok().map(|period| Moment(period.start().saturating_mul(1000))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_as_clients_write_them() {
        let beginning = |text: &str| read_instant(text).map(|moment| moment.to_string());
        for (text, expected) in [
            ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
            ("2026-01-31T12:00:00+01:00", "2026-01-31T11:00:00Z"),
            ("2026-01-31T12:00:00.250Z", "2026-01-31T12:00:00.25Z"),
            ("2026-01-31T12:00:00", "2026-01-31T12:00:00Z"),
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01", "2026-01-01T00:00:00Z"),
            ("2026", "2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(beginning(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(read_instant("yesterday"), None);
    }
}
