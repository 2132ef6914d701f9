//! The one place that reads the time.

use jiff::Timestamp;

/// Now, by this machine's clock.
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this is the clock module that the rule speaks of")]
    Timestamp::now()
}

/// Now, to compare with the times of files.
pub(crate) fn system_now() -> std::time::SystemTime {
    #[expect(clippy::disallowed_methods, reason = "this is the clock module that the rule speaks of")]
    std::time::SystemTime::now()
}

/// The instant of a message, to the millisecond. A message beyond the years 0 to 9999 is read as the edge.
pub fn instant(message: &prost_types::Timestamp) -> Timestamp {
    of_milliseconds(mighub::convert::timestamp(message))
}

/// The instant so many milliseconds after 1970 began; beyond the years 0 to 9999 the edge.
pub(crate) fn of_milliseconds(ms: i64) -> Timestamp {
    let edge = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(ms).unwrap_or(edge)
}

/// The message of an instant, to the millisecond.
pub fn instant_message(at: Timestamp) -> prost_types::Timestamp {
    mighub::convert::timestamp_message(at.as_millisecond())
}
