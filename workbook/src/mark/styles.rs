//! Formats of cells with a colour laid over them.

use std::collections::HashMap;

use mighub_validation::Severity;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::MarkError;
use crate::package::{PackageError, local};

/// Most formats that Excel reads.
const FORMATS_MAX: usize = 65_000;
/// What a workbook without formats gets.
const MINIMAL: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    "\n",
    r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#,
    r#"<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>"#,
    r#"<fills count="2"><fill><patternFill patternType="none"/></fill>"#,
    r#"<fill><patternFill patternType="gray125"/></fill></fills>"#,
    r#"<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"#,
    r#"<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>"#,
    r#"<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>"#,
    r#"</styleSheet>"#,
);
/// Fills that Excel has for itself.
const RESERVED_FILLS: usize = 2;
/// Fills, in the order of [`fill`]: red, amber, blue.
const COLOURS: [&str; 3] = ["FFFFC7CE", "FFFFEB9C", "FFDDEBF7"];

/// The part with the formats, and what is added to it.
#[derive(Debug)]
pub(super) struct StyleSheet {
    text: String,
    prefix: String,
    formats: Vec<Format>,
    fills: usize,
    /// Where `</fills>` and `</cellXfs>` begin.
    ends: (usize, usize),
    /// Tags whose count changes.
    tags: (std::ops::Range<usize>, std::ops::Range<usize>),
    added: Vec<(usize, Severity)>,
    known: HashMap<(usize, Severity), usize>,
}

/// One format: its attributes but for the fill, and what is inside.
#[derive(Clone, Debug, Default)]
struct Format {
    attributes: String,
    inside: String,
}

impl StyleSheet {
    pub(super) fn minimal() -> Self {
        Self::read("xl/styles.xml", MINIMAL.to_owned()).expect("a test reads the minimal formats")
    }

    pub(super) fn read(part: &str, text: String) -> Result<Self, PackageError> {
        let mut sheet = Self {
            prefix: String::new(),
            formats: Vec::new(),
            fills: 0,
            ends: (0, 0),
            tags: (0..0, 0..0),
            added: Vec::new(),
            known: HashMap::new(),
            text: String::new(),
        };
        let mut reader = Reader::from_str(&text);
        let mut within = Vec::<String>::new();
        let mut inside_from = None;
        let mut before = 0;
        loop {
            let event = reader.read_event().map_err(|error| PackageError::damaged(part, error))?;
            let after = reader.buffer_position() as usize;
            match &event {
                Event::Eof => break,
                Event::Start(element) | Event::Empty(element) => {
                    let parent = within.last().map(String::as_str);
                    match (local(element.name()), parent) {
                        (_, None) => sheet.prefix = prefix(element),
                        ("fills", Some("styleSheet")) => sheet.tags.0 = before..after,
                        ("cellXfs", Some("styleSheet")) => sheet.tags.1 = before..after,
                        ("fill", Some("fills")) => sheet.fills += 1,
                        ("xf", Some("cellXfs")) => {
                            sheet
                                .formats
                                .push(Format { attributes: attributes(element), inside: String::new() });
                            inside_from = matches!(event, Event::Start(_)).then_some(after);
                        }
                        _ => {}
                    }
                    if matches!(event, Event::Start(_)) {
                        within.push(local(element.name()).to_owned());
                    }
                }
                Event::End(element) => {
                    within.pop();
                    match (local(element.name()), within.last().map(String::as_str)) {
                        ("fills", Some("styleSheet")) => sheet.ends.0 = before,
                        ("cellXfs", Some("styleSheet")) => sheet.ends.1 = before,
                        ("xf", Some("cellXfs")) => {
                            let from = inside_from.take().unwrap_or(before);
                            let inside = text[from..before].to_owned();
                            sheet
                                .formats
                                .iter_mut()
                                .last()
                                .into_iter()
                                .for_each(|f| f.inside.clone_from(&inside));
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
            before = after;
        }
        if sheet.ends.0 == 0 || sheet.ends.1 == 0 || sheet.formats.is_empty() {
            return Err(PackageError::damaged(part, "it has no formats of cells"));
        }
        sheet.text = text;
        Ok(sheet)
    }

    /// The format `style` with the colour of a severity.
    pub(super) fn coloured(&mut self, style: usize, severity: Severity) -> usize {
        let style = if style < self.formats.len() { style } else { 0 };
        let next = self.formats.len() + self.added.len();
        *self.known.entry((style, severity)).or_insert_with(|| {
            self.added.push((style, severity));
            next
        })
    }

    /// The part with what was added.
    pub(super) fn text(&self) -> Result<String, MarkError> {
        let formats = self.formats.len() + self.added.len();
        if formats > FORMATS_MAX {
            return Err(MarkError::Formats);
        }
        let p = &self.prefix;
        // Excel takes the first two fills for none and grey, whatever the file says.
        let missing = RESERVED_FILLS.saturating_sub(self.fills);
        let reserved =
            format!(r#"<{p}fill><{p}patternFill patternType="gray125"/></{p}fill>"#).repeat(missing);
        let fills: String = COLOURS
            .iter()
            .map(|colour| {
                format!(
                    r#"<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{colour}"/><{p}bgColor indexed="64"/></{p}patternFill></{p}fill>"#
                )
            })
            .collect();
        let xfs: String = self
            .added
            .iter()
            .map(|(style, severity)| {
                let Format { attributes, inside } = &self.formats[*style];
                let fill = self.fills + missing + fill(*severity);
                let end = if inside.is_empty() { "/>".to_owned() } else { format!(">{inside}</{p}xf>") };
                format!(r#"<{p}xf{attributes} fillId="{fill}" applyFill="1"{end}"#)
            })
            .collect();
        // From the back, so that places before stay where they are. Fills come before formats.
        let mut edits = [
            (self.ends.0..self.ends.0, reserved + &fills),
            (self.ends.1..self.ends.1, xfs),
            (
                self.tags.0.clone(),
                counted(&self.text[self.tags.0.clone()], self.fills + missing + COLOURS.len()),
            ),
            (self.tags.1.clone(), counted(&self.text[self.tags.1.clone()], formats)),
        ];
        edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let mut text = self.text.clone();
        for (range, replacement) in edits {
            text.replace_range(range, &replacement);
        }
        Ok(text)
    }
}

fn fill(severity: Severity) -> usize {
    match severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Note => 2,
    }
}

/// The namespace prefix of an element with its colon, or nothing.
pub(super) fn prefix(element: &BytesStart<'_>) -> String {
    let name = element.name().into_inner();
    name.rfind(':').map_or_else(String::new, |at| name[..=at].to_owned())
}

/// Attributes as they stand, but for those of the fill.
fn attributes(element: &BytesStart<'_>) -> String {
    let attributes = element
        .attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .map(|attribute| (attribute.key.into_inner().to_owned(), attribute.value.replace('"', "&quot;")))
        .collect::<Vec<_>>();
    let kept = attributes.iter().filter(|(key, _)| key != "fillId" && key != "applyFill");
    kept.map(|(key, value)| format!(" {key}=\"{value}\"")).collect()
}

/// A start tag with another count.
fn counted(tag: &str, count: usize) -> String {
    let inside = tag.trim_start_matches('<').trim_end_matches('>');
    let name = inside.split([' ', '\t', '\n', '\r']).next().unwrap_or_default();
    let element = BytesStart::from_content(inside, name.len());
    let others = element
        .attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .map(|attribute| (attribute.key.into_inner().to_owned(), attribute.value.replace('"', "&quot;")))
        .collect::<Vec<_>>();
    let others = others.iter().filter(|(key, _)| key != "count");
    let others: String = others.map(|(key, value)| format!(" {key}=\"{value}\"")).collect();
    format!("<{name}{others} count=\"{count}\">")
}
