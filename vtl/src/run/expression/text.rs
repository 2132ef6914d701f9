//! Functions of texts. Characters are counted, not bytes.
//!
//! What lives here: cutting, joining, finding. What must not: patterns and distances.

use std::sync::Arc;

use super::scalar::{str_of, whole_or};
use crate::plan::Function;
use crate::value::Scalar;

/// Most bytes of a text that functions make: chains of `||` and `replace` must not eat the machine.
const TEXT_BYTES_MAX: usize = 1 << 20;

pub(super) fn apply(function: Function, given: &[Scalar]) -> Result<Scalar, String> {
    let text = |place: usize| given.get(place).map_or("", str_of);
    let whole = |place: usize, default: i64| whole_or(given.get(place), default);
    let made = match function {
        Function::Concatenate => {
            within_limit(text(0).len() + text(1).len()).map(|()| [text(0), text(1)].concat())?
        }
        Function::Trim => text(0).trim().to_owned(),
        Function::Ltrim => text(0).trim_start().to_owned(),
        Function::Rtrim => text(0).trim_end().to_owned(),
        Function::Upper => text(0).to_uppercase(),
        Function::Lower => text(0).to_lowercase(),
        Function::Length => return Ok(Scalar::Integer(text(0).chars().count() as i64)),
        Function::Substr => substr(text(0), whole(1, 1), whole(2, i64::MAX))?.to_owned(),
        Function::Replace => replace(text(0), text(1), text(2))?,
        Function::Instr => return instr(text(0), text(1), whole(2, 1), whole(3, 1)).map(Scalar::Integer),
        _ => return Ok(Scalar::Null),
    };
    Ok(Scalar::String(Arc::from(made)))
}

fn within_limit(bytes: usize) -> Result<(), String> {
    if bytes <= TEXT_BYTES_MAX {
        return Ok(());
    }
    Err(format!("the text would have {bytes} bytes, and texts have at most {TEXT_BYTES_MAX}"))
}

fn replace(text: &str, pattern: &str, with: &str) -> Result<String, String> {
    if pattern.is_empty() {
        return Ok(text.to_owned());
    }
    let found = text.matches(pattern).count();
    within_limit(text.len() + found.saturating_mul(with.len()))?;
    Ok(text.replace(pattern, with))
}

/// Byte where a character stands, from 0; the end of the text for those behind it.
fn byte_of(text: &str, characters: i64) -> usize {
    let characters = usize::try_from(characters).unwrap_or(usize::MAX);
    text.char_indices().nth(characters).map_or(text.len(), |(byte, _)| byte)
}

fn substr(text: &str, start: i64, length: i64) -> Result<&str, String> {
    if start < 1 || length < 0 {
        return Err(format!(
            "substr starts at 1 or later, with 0 characters or more; here at {start} with {length}"
        ));
    }
    let rest = &text[byte_of(text, start - 1)..];
    Ok(&rest[..byte_of(rest, length)])
}

/// Place of an occurrence from 1, counted from the start of the text; 0 if there is none.
fn instr(text: &str, pattern: &str, start: i64, occurrence: i64) -> Result<i64, String> {
    if start < 1 || occurrence < 1 {
        return Err(format!(
            "instr starts at 1 or later, and counts from 1; here at {start}, occurrence {occurrence}"
        ));
    }
    let mut from = byte_of(text, start - 1);
    let mut left = occurrence;
    while let Some(place) = text[from..].find(pattern).filter(|_| !pattern.is_empty()) {
        let place = from + place;
        left -= 1;
        if left == 0 {
            return Ok(text[..place].chars().count() as i64 + 1);
        }
        // Occurrences may overlap: the search goes on one character further.
        from = place + text[place..].chars().next().map_or(1, char::len_utf8);
    }
    Ok(0)
}
