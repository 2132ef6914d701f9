//! What several commands read from their arguments in the same way.

use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use mighub_client::{At, Decided, Error, Home, Hub, TableReading, add_mappings, clock, read_mapping};
use mighub_sdmx::table::{AREA_SCHEMES, EncodingError, TableOptions};

use crate::arguments;

/// A point in time: a date, which means its end in UTC, or date and time with zone. What lies in the future is
/// now.
pub(crate) fn instant(text: &str) -> Result<Timestamp, Error> {
    let now = clock::now();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.min(now));
    }
    let refuse =
        || Error::Request(format!("{text:?} is not a time: write 2024-06-30, or 2024-06-30T12:00:00+02:00"));
    // A date with a time but without zone would read as a date too.
    let day = (text.len() == "2024-06-30".len()).then(|| text.parse::<Date>().ok()).flatten();
    let day = day.ok_or_else(refuse)?;
    let next = day.checked_add(1.day()).map_err(|_| refuse())?;
    let end = TimeZone::UTC.to_timestamp(next.at(0, 0, 0, 0)).map_err(|_| refuse())?;
    Ok(end.checked_sub(1.millisecond()).unwrap_or(end).min(now))
}

/// A time to come, with zone.
pub(crate) fn future(text: &str) -> Result<Timestamp, Error> {
    text.parse().map_err(|_| {
        Error::Request(format!("{text:?} is not a time with zone: write it as 2027-01-15T09:00+01:00"))
    })
}

/// As of when.
pub(crate) fn at(as_of: Option<&str>) -> Result<At, Error> {
    as_of.map_or(Ok(At::Now), |text| instant(text).map(At::AsOf))
}

/// The lane that is named, with the own agency as its provider if no other is.
pub(crate) async fn lane(name: arguments::LaneName, hub: &Hub) -> Result<mighub::v1::Lane, Error> {
    let dataflow = hub.dataflow(&name.dataflow).await?;
    let provider = name.provider.unwrap_or_else(|| hub.config().agency);
    Ok(mighub::v1::Lane { dataflow, provider })
}

/// Why something is done, and by whom.
pub(crate) fn decided(why: arguments::Why, hub: &Hub) -> Decided {
    Decided { reason: why.reason, person: person(why.person, hub) }
}

/// Who acts: the one named, else the one in the configuration, else the login name.
pub(crate) fn person(named: Option<String>, hub: &Hub) -> String {
    let configured = || Some(hub.config().person).filter(|person| !person.is_empty());
    let login = || std::env::var("USER").or_else(|_| std::env::var("USERNAME")).ok();
    named.or_else(configured).or_else(login).unwrap_or_default()
}

/// How a table of another layout is read; `structures` is a folder that may have mappings of its own.
pub(crate) fn table(
    arguments: &arguments::Table,
    home: &Home,
    structures: Option<&Path>,
) -> Result<TableReading, Error> {
    let mut known = home.mappings()?;
    if let Some(structures) = structures {
        add_mappings(&mut known, &structures.join("mappings"))?;
    }
    let mapping = arguments.mapping.as_deref().map(|name| match known.find(name) {
        Some(mapping) => Ok(mapping.clone()),
        None if Path::new(name).is_file() => read_mapping(Path::new(name)),
        None => {
            let known: Vec<String> = known.iter().map(|mapping| mapping.identity.id.to_string()).collect();
            let known = known.join(", ");
            Err(Error::Request(format!("there is no mapping or file {name}: known are {known}")))
        }
    });
    let encoding = arguments.encoding.as_deref().map(str::parse).transpose();
    let encoding = encoding.map_err(|error: EncodingError| Error::Request(error.to_string()))?;
    let separator = arguments.separator.as_deref().map(|sign| match sign.as_bytes() {
        _ if matches!(sign, "tab" | "\\t") => Ok(b'\t'),
        [sign] if sign.is_ascii_punctuation() || *sign == b'\t' => Ok(*sign),
        _ => Err(Error::Request(format!("{sign:?} separates no cells: write one of , ; | or tab"))),
    });
    if let Some(sign) = arguments.decimal.filter(|sign| !matches!(sign, '.' | ',')) {
        return Err(Error::Request(format!("{sign:?} is no decimal sign: write . or ,")));
    }
    let areas = arguments.areas.as_deref().map(|scheme| match &*scheme.to_uppercase() {
        "EUROSTAT" => Ok("ESTAT".to_owned()),
        scheme if AREA_SCHEMES.contains(&scheme) => Ok(scheme.to_owned()),
        _ => Err(Error::Request(format!("{scheme:?} is no scheme of areas: {}", AREA_SCHEMES.join(", ")))),
    });
    let options = TableOptions {
        separator: separator.transpose()?,
        decimal: arguments.decimal,
        areas: areas.transpose()?,
    };
    Ok(TableReading { mapping: mapping.transpose()?, known, encoding, options })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_means_its_end_and_what_is_to_come_is_now() {
        assert_eq!(instant("2024-06-30").expect("a date").to_string(), "2024-06-30T23:59:59.999Z");
        let exact = instant("2024-06-30T12:00:00+02:00").expect("a time");
        assert_eq!(exact.to_string(), "2024-06-30T10:00:00Z");
        assert!(instant("9000-01-01").expect("a date") <= clock::now());
        for text in ["", "yesterday", "2024-13-01", "2024-06-30T12:00:00"] {
            assert!(instant(text).is_err(), "{text}");
        }
        assert!(future("2027-01-15T09:00+01:00").is_ok());
        assert!(future("2027-01-15").is_err());
    }
}
