//! Instants: in messages seconds and nanoseconds, inside milliseconds since 1970.

use prost_types::Timestamp;

/// Milliseconds since 1970-01-01T00:00:00Z; finer parts are cut off.
pub fn timestamp(message: &Timestamp) -> i64 {
    message.seconds.saturating_mul(1000).saturating_add(i64::from(message.nanos) / 1_000_000)
}

/// The message of milliseconds since 1970.
pub fn timestamp_message(ms: i64) -> Timestamp {
    Timestamp { seconds: ms.div_euclid(1000), nanos: ms.rem_euclid(1000) as i32 * 1_000_000 }
}
