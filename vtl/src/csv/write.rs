//! Writing: a header and a row for each data point; the same data set always gives the same bytes.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::dataset::{Column, Dataset};

/// Bytes that are collected before they are handed on.
const CHUNK_BYTES: usize = 64 * 1024;

/// Writes a data set with the separator `,`; null is an empty field, the empty text is `""`.
pub fn write(dataset: &Dataset, sink: &mut dyn Write) -> io::Result<()> {
    let mut text = String::with_capacity(CHUNK_BYTES + 1024);
    for (place, component) in dataset.structure().components().iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        push_text(&mut text, &component.name);
    }
    text.push('\n');
    for row in 0..dataset.rows() {
        for place in 0..dataset.columns().len() {
            if place > 0 {
                text.push(',');
            }
            push_value(&mut text, dataset, row, place);
        }
        text.push('\n');
        if text.len() >= CHUNK_BYTES {
            sink.write_all(text.as_bytes())?;
            text.clear();
        }
    }
    sink.write_all(text.as_bytes())
}

/// A value as it stands in a field.
fn push_value(text: &mut String, dataset: &Dataset, row: usize, place: usize) {
    let column = &dataset.columns()[place];
    if column.is_null(row) {
        return;
    }
    match column {
        Column::Strings(strings) => push_text(text, &strings.dictionary[strings.codes[row] as usize]),
        // Writing to a string does not fail.
        _ => drop(write!(text, "{}", dataset.value(row, place))),
    }
}

fn push_text(text: &mut String, content: &str) {
    let needs_marks = content.is_empty()
        || content.starts_with(['"', ' '])
        || content.ends_with(' ')
        || content.contains([',', '\n', '\r', '"']);
    if !needs_marks {
        text.push_str(content);
        return;
    }
    text.push('"');
    for part in content.split_inclusive('"') {
        text.push_str(part);
        if part.ends_with('"') {
            text.push('"');
        }
    }
    text.push('"');
}
