//! Attribute cells: plain, multi-valued, multilingual (SDMX-CSV 2.x, sub-fields).

use std::sync::Arc;

use super::plan::CellForm;
use crate::columns::{AttributeValue, LocalText};

/// Longest subtag of a language, such as `Latn` or `1996`.
const SUBTAG_MAX: usize = 8;

/// Reads the content of an attribute cell; nothing if it is empty.
pub(super) fn read_value(content: &str, form: &CellForm) -> Option<AttributeValue> {
    let content = if form.labelled { code_of(content) } else { content };
    if content.is_empty() {
        return None;
    }
    let Some(separator) = form.separator else { return Some(AttributeValue::text(content)) };
    let parts = sub_fields(content, separator);
    let sets: Vec<Vec<LocalText>> = if !form.multilingual {
        parts.into_iter().map(|(part, _)| vec![plain(part)]).collect()
    } else if form.multi_valued && parts.iter().all(|(_, quoted)| *quoted) {
        // Each set of texts is a quoted sub-field, itself divided.
        let set = |(part, _): &(String, bool)| sub_fields(part, separator).into_iter().map(local).collect();
        parts.iter().map(set).collect()
    } else {
        vec![parts.into_iter().map(local).collect()]
    };
    Some(simplest(sets))
}

/// Stands before a content that is divided into values and languages although no column says so: formats other
/// than CSV hand such cells over in one form. No text begins so.
pub(crate) const DIVIDED: char = '\u{1F}';
const DIVIDED_FORM: CellForm =
    CellForm { separator: Some(';'), multi_valued: true, multilingual: true, labelled: false };

/// Writes a value in the form that [`read_divided`] reads behind [`DIVIDED`].
pub(crate) fn write_divided(value: &AttributeValue, out: &mut String) {
    out.push(DIVIDED);
    write_value(value, &DIVIDED_FORM, out);
}

/// Reads what follows [`DIVIDED`].
pub(super) fn read_divided(content: &str) -> Option<AttributeValue> {
    read_value(content, &DIVIDED_FORM)
}

/// `A: Annual` is the code `A` with its name.
pub(super) fn code_of(content: &str) -> &str {
    content.split_once(": ").map_or(content, |(code, _)| code)
}

/// One text without language is written in one way only, so that equal contents have equal digests.
pub(crate) fn simplest(sets: Vec<Vec<LocalText>>) -> AttributeValue {
    match &sets[..] {
        [set] => match &set[..] {
            [one] if one.language.is_empty() => AttributeValue::Text(one.text.clone()),
            _ => AttributeValue::Many(sets.into()),
        },
        _ => AttributeValue::Many(sets.into()),
    }
}

/// Writes an attribute value as the content of a cell of that form.
pub(crate) fn write_value(value: &AttributeValue, form: &CellForm, out: &mut String) {
    let one;
    let sets = match (value, form.separator) {
        (AttributeValue::Text(text), None) => return out.push_str(text),
        (AttributeValue::Text(text), Some(_)) => {
            one = [vec![plain(text.to_string())]];
            &one[..]
        }
        (AttributeValue::Many(sets), _) => sets,
    };
    // Without declared sub-fields, values stand side by side as a reader would like to see them.
    let separator = form.separator.unwrap_or(';');
    let nested = form.separator.is_some() && form.multilingual && form.multi_valued;
    for (place, set) in sets.iter().enumerate() {
        if place > 0 {
            out.push(separator);
        }
        let mut texts = String::new();
        for (nth, part) in set.iter().enumerate() {
            if nth > 0 {
                texts.push(separator);
            }
            let text = match (&*part.language, &*part.text) {
                ("", text) if form.multilingual && language_of(text).is_some() => format!(":{text}"),
                ("", text) => text.to_owned(),
                (language, text) => format!("{language}:{text}"),
            };
            push_sub_field(&text, form.separator, &mut texts);
        }
        if nested { quote_sub_field(&texts, out) } else { out.push_str(&texts) }
    }
}

fn push_sub_field(text: &str, separator: Option<char>, out: &mut String) {
    match separator {
        Some(separator) if text.contains(separator) || text.starts_with('"') => quote_sub_field(text, out),
        _ => out.push_str(text),
    }
}

fn quote_sub_field(text: &str, out: &mut String) {
    out.push('"');
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

/// The parts of a cell, and whether each stood in quotes. A quotation mark opens only at the beginning.
fn sub_fields(content: &str, separator: char) -> Vec<(String, bool)> {
    let (mut fields, mut field) = (Vec::new(), String::new());
    let (mut open, mut quoted, mut at_start) = (false, false, true);
    let mut characters = content.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if at_start => (open, quoted) = (true, true),
            '"' if open && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if open => open = false,
            character if character == separator && !open => {
                fields.push((std::mem::take(&mut field), std::mem::take(&mut quoted)));
                at_start = true;
                continue;
            }
            character => field.push(character),
        }
        at_start = false;
    }
    fields.push((field, quoted));
    fields
}

/// The language and the text of `en:Text`; a colon in front says that there is no language.
fn language_of(text: &str) -> Option<(&str, &str)> {
    let (tag, rest) = text.split_once(':')?;
    let mut subtags = tag.split('-');
    let primary = subtags.next().unwrap_or_default();
    let is_tag = matches!(primary.len(), 2 | 3)
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=SUBTAG_MAX).contains(&subtag.len())
                && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    (tag.is_empty() || is_tag).then_some((tag, rest))
}

fn local((part, _): (String, bool)) -> LocalText {
    match language_of(&part) {
        Some((language, text)) => LocalText { language: Arc::from(language), text: Arc::from(text) },
        None => plain(part),
    }
}

fn plain(text: String) -> LocalText {
    LocalText { language: Arc::from(""), text: Arc::from(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(language: &'static str) -> impl Strategy<Value = Vec<LocalText>> {
        let text = "[a-e:;\" \\-]{1,8}";
        let part = (language, text)
            .prop_map(|(language, text)| LocalText { language: language.into(), text: text.into() });
        prop::collection::vec(part, 1..4)
    }

    fn again(sets: Vec<Vec<LocalText>>, multi_valued: bool, multilingual: bool) -> Result<(), TestCaseError> {
        let value = simplest(sets);
        let form = CellForm { separator: Some(';'), multi_valued, multilingual, labelled: false };
        let mut content = String::new();
        write_value(&value, &form, &mut content);
        prop_assert_eq!(read_value(&content, &form), Some(value), "{}", content);
        Ok(())
    }

    proptest! {
        #[test]
        fn several_values_come_out_as_they_went_in(values in texts("")) {
            again(values.into_iter().map(|value| vec![value]).collect(), true, false)?;
        }

        #[test]
        fn several_languages_come_out_as_they_went_in(set in texts("(|en|fr|zh-Hant)")) {
            again(vec![set], false, true)?;
        }

        #[test]
        fn several_values_in_several_languages_come_out_as_they_went_in(
            sets in prop::collection::vec(texts("(|en|fr)"), 1..4),
        ) {
            again(sets, true, true)?;
        }
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        let form = CellForm { separator: Some(';'), multi_valued: true, multilingual: true, labelled: false };
        let local = |language: &str, text: &str| LocalText { language: language.into(), text: text.into() };
        for (content, expected) in [
            ("en:A;fr:B", vec![vec![local("en", "A"), local("fr", "B")]]),
            (
                "\"en:A;fr:B\";\"en:C\"",
                vec![vec![local("en", "A"), local("fr", "B")], vec![local("en", "C")]],
            ),
            ("en:Note: see below", vec![vec![local("en", "Note: see below")]]),
        ] {
            assert_eq!(read_value(content, &form), Some(AttributeValue::Many(expected.into())), "{content}");
        }
        let form = CellForm { multilingual: false, ..form };
        let expected = vec![vec![local("", "X")], vec![local("", "")], vec![local("", "Y;Z")]];
        assert_eq!(read_value("X;;\"Y;Z\"", &form), Some(AttributeValue::Many(expected.into())));
    }
}
