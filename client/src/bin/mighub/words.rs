//! Numbers, times and states in words.

use mighub::v1;
use mighub_client::{TableRead, clock};

/// What the sender of a workbook should know beside the findings.
pub(crate) fn notice(notice: &mighub_client::Notice) -> String {
    match &notice.address {
        Some(address) => format!("{address}: {}", notice.kind),
        None => notice.kind.to_string(),
    }
}

/// What was marked in a workbook.
pub(crate) fn marked(path: &std::path::Path, marked: &mighub_client::Marked) -> String {
    format!(
        "{}: {} marked in {}, all of them in the sheet {}",
        path.display(),
        some(marked.findings, "finding"),
        some(marked.cells, "cell"),
        marked.sheets.join(", "),
    )
}

/// A number with a space after every three digits.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun, in singular or plural.
pub(crate) fn some(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Bytes in the largest unit that leaves at least one.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = [("GB", 1_000_000_000u64), ("MB", 1_000_000), ("kB", 1_000)];
    match units.iter().find(|(_, size)| bytes >= *size) {
        Some((unit, size)) => format!("{}.{} {unit}", bytes / size, bytes % size * 10 / size),
        None => format!("{bytes} bytes"),
    }
}

/// An instant in UTC, to the second.
pub(crate) fn time(message: &prost_types::Timestamp) -> String {
    clock::instant(message).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The same, or a dash.
pub(crate) fn time_or_dash(message: Option<&prost_types::Timestamp>) -> String {
    message.map_or_else(|| "-".to_owned(), time)
}

/// A dataflow and its provider.
pub(crate) fn lane(lane: Option<&v1::Lane>) -> String {
    lane.map_or_else(|| "-".to_owned(), |lane| format!("{} of {}", lane.dataflow, lane.provider))
}

/// The name of an enum's value without its prefix, in small letters with spaces.
pub(crate) fn plain(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).replace('_', " ").to_lowercase()
}

/// Where a submission stands.
pub(crate) fn state(state: v1::SubmissionState) -> String {
    plain(state.as_str_name(), "SUBMISSION_STATE_")
}

/// What an office does next about a submission in this state.
pub(crate) fn next_step(state: v1::SubmissionState, submission: &str) -> Option<String> {
    use v1::SubmissionState as S;
    match state {
        S::Receiving => Some("push the same file again: it goes on where it was".to_owned()),
        S::NeedsCorrection => Some(format!("see `mighub report {submission}`, correct the file, push it")),
        S::NeedsAnswer => Some(format!(
            "see `mighub report {submission}`; then `mighub answer {submission} TEXT`, or correct the file and push it"
        )),
        S::UnderReview => Some("wait for the reviewer; `mighub status` tells".to_owned()),
        _ => None,
    }
}

/// What a step changed.
pub(crate) fn changes(counts: &v1::ObservationCounts) -> String {
    format!(
        "{} new, {} changed, {} deleted; {} in all",
        count(counts.inserted),
        count(counts.changed),
        count(counts.deleted),
        count(counts.total)
    )
}

/// What stands for an absent attribute.
pub(crate) fn default(default: &v1::AttributeDefault) -> String {
    use v1::attribute_default::Value;
    let value = match &default.value {
        Some(Value::Text(text) | Value::DayOfYear(text)) => text.as_str(),
        None => "?",
    };
    let mut text = format!("{}={value}", default.attribute);
    if let Some(only) = &default.only_for {
        text.push_str(&format!(" where {} is {}", only.dimension, only.codes.join(" or ")));
    }
    match default.origin() {
        v1::AttributeDefaultOrigin::Agreement => text.push_str(" (agreement)"),
        v1::AttributeDefaultOrigin::Dataflow => text.push_str(" (dataflow)"),
        v1::AttributeDefaultOrigin::Unspecified => {}
    }
    text
}

/// What was made of a table of another layout or encoding, in a few lines.
pub(crate) fn table(read: &TableRead) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(encoding) = &read.encoding {
        let guess = if read.encoding_guessed { ", which is a guess: --encoding says another" } else { "" };
        lines.push(format!("read as {encoding}{guess}"));
    }
    if let Some(mapping) = &read.mapping {
        lines.push(format!("read by the mapping {mapping}: {}", some(read.rows, "row")));
    }
    if let Some(scheme) = &read.area_scheme {
        lines.push(format!("area codes are {scheme}: no other scheme knows them all"));
    }
    let left_out = read.rows_left_out.iter();
    lines.extend(left_out.map(|(reason, rows)| format!("left out {}: {reason}", some(*rows, "row"))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1 000"), (1234567, "1 234 567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(some(1, "row"), "1 row");
        assert_eq!(bytes(1_234_567), "1.2 MB");
        assert_eq!(bytes(12), "12 bytes");
    }
}
