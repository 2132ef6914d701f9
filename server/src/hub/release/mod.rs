//! What becomes visible, when, and by whose decision: review, release, restriction, and what needs two persons.
//!
//! What lives here: ReleaseService but for the log of reads. What must not: what a reader sees of a lane at a
//! moment (`retrieve`, `mask`); here it is decided, there it is looked up.

mod audit;
mod decide;
mod embargo;
pub(super) mod four_eyes;
mod reduced;
mod restrict;

use mighub::v1::ErrorReason;

use super::refusal::Refusal;
pub(super) use audit::end_of_day;

/// Characters of a reason, at most; it stays in the journal.
const REASON_CHARACTERS_MAX: usize = 2_000;
/// Characters of a person's name, at most.
const PERSON_CHARACTERS_MAX: usize = 200;

/// A reason without which nothing is done.
pub(super) fn reason(text: &str, what: &str) -> Result<String, Refusal> {
    let reason = text.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARACTERS_MAX {
        let text = format!(
            "{what} needs a reason of 1 to {REASON_CHARACTERS_MAX} characters: it stays in the journal"
        );
        return Err(Refusal::new(ErrorReason::ReasonRequired, text).of_field("reason"));
    }
    Ok(reason.to_owned())
}

/// A reason that may be empty.
pub(super) fn reason_if_any(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() { Ok(String::new()) } else { reason(text, "this") }
}

/// A person, as the agency names them; may be empty.
pub(super) fn person(text: &str) -> Result<&str, Refusal> {
    if text.chars().count() > PERSON_CHARACTERS_MAX || text.chars().any(char::is_control) {
        let text = format!("write at most {PERSON_CHARACTERS_MAX} characters, on one line");
        return Err(Refusal::malformed("person", text));
    }
    Ok(text)
}
