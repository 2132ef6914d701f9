//! Texts, numbers and names as JSON.

use crate::columns::{AttributeValue, LocalText};
use crate::json::tokens::is_numeral;
use crate::structure::Names;

/// Appends a text in quotation marks.
pub(super) fn push_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..=0x1F => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(escape);
        if escape.is_empty() {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        }
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
    out.push(b'"');
}

/// Appends a member before which others stand: `,"name":"text"`.
pub(super) fn push_member(name: &str, text: &str, out: &mut Vec<u8>) {
    push_name(name, out);
    push_text(text, out);
}

/// Appends `,"name":`.
pub(super) fn push_name(name: &str, out: &mut Vec<u8>) {
    out.push(b',');
    push_text(name, out);
    out.push(b':');
}

/// Appends items with commas between them.
pub(super) fn push_items<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    mut item: impl FnMut(T, &mut Vec<u8>),
) {
    for (nth, each) in items.into_iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        item(each, out);
    }
}

/// Appends `,"name":…` and, where there are any in `languages`, `,"names":{…}`. Without a name the id stands for it.
pub(super) fn push_names(names: &Names, id: &str, languages: &[String], out: &mut Vec<u8>) {
    let best = languages.iter().find_map(|language| names.all().get(language)).map(String::as_str);
    push_member("name", best.or_else(|| names.best("en")).unwrap_or(id), out);
    let wanted = || names.all().iter().filter(|(language, _)| languages.contains(language));
    if wanted().next().is_some() {
        out.extend_from_slice(b",\"names\":{");
        push_items(wanted(), out, |(language, name), out| {
            push_text(language, out);
            out.push(b':');
            push_text(name, out);
        });
        out.push(b'}');
    }
}

/// Appends a value that is not in a list: a number with its own digits where the component has numbers, else a
/// text; texts by language; or an array of these, which the schemas want to be of one kind.
pub(super) fn push_value(value: &AttributeValue, is_number: bool, out: &mut Vec<u8>) {
    match value {
        AttributeValue::Text(text) => push_scalar(text, is_number, out),
        AttributeValue::Many(sets) => {
            let has_languages = sets.iter().flatten().any(|part| !part.language.is_empty());
            match &sets[..] {
                [one] => push_set(one, has_languages, out),
                sets => {
                    out.push(b'[');
                    push_items(sets, out, |set, out| push_set(set, has_languages, out));
                    out.push(b']');
                }
            }
        }
    }
}

fn push_scalar(text: &str, is_number: bool, out: &mut Vec<u8>) {
    // `NaN` is a numeral for the reader, not for JSON.
    let digits_first = text.bytes().next().is_some_and(|byte| byte == b'-' || byte.is_ascii_digit());
    if is_number && digits_first && is_numeral(text.as_bytes()) && text != "-Infinity" {
        out.extend_from_slice(text.as_bytes());
    } else {
        push_text(text, out);
    }
}

fn push_set(set: &[LocalText], has_languages: bool, out: &mut Vec<u8>) {
    match set {
        [one] if !has_languages => push_text(&one.text, out),
        set => {
            out.push(b'{');
            push_items(set, out, |part, out| {
                push_text(&part.language, out);
                out.push(b':');
                push_text(&part.text, out);
            });
            out.push(b'}');
        }
    }
}

/// The texts of a value side by side, as a reader would like to see them.
pub(super) fn side_by_side(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text.to_string(),
        AttributeValue::Many(sets) => {
            let texts = sets.iter().filter_map(|set| set.first()).map(|part| &*part.text);
            texts.collect::<Vec<_>>().join("; ")
        }
    }
}
