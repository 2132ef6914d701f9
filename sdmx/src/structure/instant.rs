//! Instants in structure messages: `validFrom` and `validTo` of artefacts and of hierarchical codes.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::id::beginning;

/// Why a text is not an instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an instant: write it as 2026-01-31T00:00:00Z")]
pub struct InstantError(pub String);

/// Reads an xs:dateTime or a day. Where no offset is given, UTC is meant: a server elsewhere must read the same.
pub fn parse_instant(text: &str) -> Result<Timestamp, InstantError> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let civil = text
        .parse::<DateTime>()
        .ok()
        .or_else(|| Some(text.parse::<Date>().ok()?.to_datetime(Default::default())));
    let instant = civil.and_then(|civil| TimeZone::UTC.to_timestamp(civil).ok());
    instant.ok_or_else(|| InstantError(beginning(text)))
}

/// For serde: an instant that may be absent.
pub(super) mod optional {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub(in super::super) fn serialize<S: Serializer>(
        instant: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        instant.map(|instant| instant.to_string()).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| super::parse_instant(&text)).transpose().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_without_offset_is_in_utc() {
        for (text, expected) in [
            ("2020-01-31T12:00:00", "2020-01-31T12:00:00Z"),
            ("2020-01-31", "2020-01-31T00:00:00Z"),
            ("2020-01-31T12:00:00+02:00", "2020-01-31T10:00:00Z"),
            ("2020-01-31T12:00:00.5Z", "2020-01-31T12:00:00.5Z"),
        ] {
            assert_eq!(parse_instant(text).map(|instant| instant.to_string()), Ok(expected.to_owned()));
        }
        for text in ["", "2020", "yesterday", "2020-02-31"] {
            assert!(parse_instant(text).is_err(), "{text:?}");
        }
    }
}
