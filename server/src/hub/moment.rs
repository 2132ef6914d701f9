//! Time as an argument.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use mighub::convert::{timestamp, timestamp_message};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// Before anything happened.
    pub const BEGINNING: Self = Self(i64::MIN);

    /// The moment of a message's field.
    pub fn of_message(message: &prost_types::Timestamp) -> Self {
        Self(timestamp(message))
    }

    /// For a message's field.
    pub fn to_message(self) -> prost_types::Timestamp {
        timestamp_message(self.0)
    }

    /// The first moment of a day, in UTC.
    pub fn beginning_of(day: Date) -> Self {
        // Days that no timestamp can have lie beyond all moments there are.
        let end = if day.year() < 1970 { i64::MIN } else { i64::MAX };
        let midnight = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
        Self(midnight.map_or(end, Timestamp::as_millisecond))
    }

    /// The day in UTC: agreements begin and end with it.
    pub fn day(self) -> Date {
        let clamped = self.0.clamp(Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
        let timestamp = Timestamp::from_millisecond(clamped).unwrap_or_default();
        timestamp.to_zoned_datetime(TimeZone::UTC).date()
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => timestamp.fmt(f),
            Err(_) => f.write_str("no date"),
        }
    }
}
