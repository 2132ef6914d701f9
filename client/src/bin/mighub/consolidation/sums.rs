//! Sums of corridors in words, JSON and CSV.

use mighub::v1;
use serde_json::{Value, json};

use crate::json;

/// A figure, or null if there is none.
pub(super) fn figure(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::from(text) }
}

pub(super) fn object(total: &v1::Total) -> Value {
    json!({
        "value": figure(&total.value),
        "standing": json::name(total.standing().as_str_name(), "TOTAL_STANDING_"),
        "members": total.members,
        "present": total.present,
        "missing": total.missing,
        "corridors": total.corridors,
        "hidden": total.hidden,
    })
}

/// The figure, with a mark where it is no total: `*` some members are missing or hidden, `(c)` it is hidden.
pub(super) fn marked(total: &v1::Total) -> String {
    match total.standing() {
        v1::TotalStanding::Partial => format!("{}*", total.value),
        v1::TotalStanding::Hidden => "(c)".to_owned(),
        v1::TotalStanding::Inside => "x".to_owned(),
        _ if total.value.is_empty() => "-".to_owned(),
        _ => total.value.clone(),
    }
}

/// What the marks mean, of those there are; nothing if there are none.
pub(super) fn legend<'a>(totals: impl IntoIterator<Item = &'a v1::Total>) -> Option<String> {
    let (mut partial, mut hidden, mut inside) = (false, false, false);
    for total in totals {
        match total.standing() {
            v1::TotalStanding::Partial => partial = true,
            v1::TotalStanding::Hidden => hidden = true,
            v1::TotalStanding::Inside => inside = true,
            _ => {}
        }
    }
    let meanings = [
        (partial, "* no total: some members are missing or hidden"),
        (hidden, "(c) hidden: a figure that is not free could be told from it"),
        (inside, "x all moves would be inside"),
    ];
    let said: Vec<_> = meanings.into_iter().filter(|(is_used, _)| *is_used).map(|(_, text)| text).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

pub(super) const CSV_HEAD: &str = "OBS_VALUE,STANDING,MEMBERS,PRESENT,CORRIDORS,HIDDEN";

/// The fields of [`CSV_HEAD`]: codes and numbers, which need no quotes.
pub(super) fn csv(total: &v1::Total) -> String {
    let standing = total.standing().as_str_name().trim_start_matches("TOTAL_STANDING_");
    format!(
        "{},{standing},{},{},{},{}",
        total.value, total.members, total.present, total.corridors, total.hidden
    )
}
