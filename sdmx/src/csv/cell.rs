//! Attribute cells: plain, multi-valued, multilingual (SDMX-CSV 2.x, sub-fields).

use std::sync::Arc;

use super::header::Column;
use crate::columns::{AttributeValue, LocalText};

/// Reads the content of an attribute cell; nothing if it is empty.
pub(super) fn read_value(
    content: &str,
    column: &Column,
    sub_separator: Option<char>,
) -> Option<AttributeValue> {
    if content.is_empty() {
        return None;
    }
    let Some(separator) = sub_separator.filter(|_| column.multi_valued || !column.languages.is_empty())
    else {
        return Some(AttributeValue::text(content));
    };
    let multilingual = !column.languages.is_empty();
    let parts = sub_fields(content, separator);
    // A cell may be both: then each set of texts is a quoted sub-field, itself divided.
    let sets: Vec<Vec<LocalText>> =
        if multilingual && parts.iter().any(|(_, quoted)| *quoted) && !starts_with_language(&parts[0].0) {
            parts.iter().map(|(part, _)| texts(&sub_fields(part, separator))).collect()
        } else if multilingual && parts.iter().all(|(_, quoted)| *quoted) {
            parts.iter().map(|(part, _)| texts(&sub_fields(part, separator))).collect()
        } else if multilingual {
            vec![texts(&parts)]
        } else {
            parts.iter().map(|(part, _)| vec![plain(part)]).collect()
        };
    Some(AttributeValue::Many(sets.into()))
}

/// Writes an attribute value as the content of a cell.
pub(super) fn write_value(value: &AttributeValue, separator: char, out: &mut String) {
    let sets = match value {
        AttributeValue::Text(text) => return out.push_str(text),
        AttributeValue::Many(sets) => sets,
    };
    let nested = sets.len() > 1 && sets.iter().flatten().any(|part| !part.language.is_empty());
    for (place, set) in sets.iter().enumerate() {
        if place > 0 {
            out.push(separator);
        }
        let mut one = String::new();
        for (nth, part) in set.iter().enumerate() {
            if nth > 0 {
                one.push(separator);
            }
            if !part.language.is_empty() {
                one.push_str(&part.language);
                one.push(':');
            }
            push_sub_field(&part.text, separator, &mut one);
        }
        if nested { quote_sub_field(&one, out) } else { out.push_str(&one) }
    }
}

fn push_sub_field(text: &str, separator: char, out: &mut String) {
    if text.contains([separator, '"']) { quote_sub_field(text, out) } else { out.push_str(text) }
}

fn quote_sub_field(text: &str, out: &mut String) {
    out.push('"');
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

fn sub_fields(content: &str, separator: char) -> Vec<(String, bool)> {
    let (mut fields, mut field, mut quoted, mut was_quoted) = (Vec::new(), String::new(), false, false);
    let mut characters = content.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => {
                was_quoted |= field.is_empty();
                quoted = !quoted;
            }
            character if character == separator && !quoted => {
                fields.push((std::mem::take(&mut field), std::mem::take(&mut was_quoted)));
            }
            character => field.push(character),
        }
    }
    fields.push((field, was_quoted));
    fields
}

fn starts_with_language(text: &str) -> bool {
    text.split_once(':').is_some_and(|(tag, _)| {
        !tag.is_empty() && tag.len() <= 35 && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    })
}

fn texts(parts: &[(String, bool)]) -> Vec<LocalText> {
    parts
        .iter()
        .map(|(part, _)| {
            part.split_once(':').map_or_else(
                || plain(part),
                |(tag, text)| LocalText { language: Arc::from(tag), text: Arc::from(text) },
            )
        })
        .collect()
}

fn plain(text: &str) -> LocalText {
    LocalText { language: Arc::from(""), text: Arc::from(text) }
}
