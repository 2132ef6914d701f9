//! The tags of a message, one after another, within limits and with their places.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::MlStructureError;
use super::element::{Element, Place, quoted};
use crate::structure::{ITEMS_MAX, TEXT_BYTES_MAX};

/// Deepest nesting; nested categories of real schemes have about ten levels. Trees are dropped level by
/// level on the stack, so this also bounds the stack.
pub(super) const DEPTH_MAX: usize = 128;
/// Most attributes of one element; the richest of the standard has about twenty.
const ATTRIBUTES_MAX: usize = 64;

/// Reads tags from a message.
pub(super) struct Scanner<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    /// Up to where `place` is counted, in bytes.
    counted: usize,
    place: Place,
    depth: usize,
    elements: usize,
}

/// What the level of sections looks at.
pub(super) enum Tag {
    /// An element begins; what is in it has not been read.
    Open(Element),
    /// An element ends.
    Close,
    /// The message ends.
    End,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = true;
        config.expand_empty_elements = true;
        let place = Place { line: 1, column: 1 };
        Self { reader, text, counted: 0, place, depth: 0, elements: 0 }
    }

    /// The next tag; text between tags is passed over.
    pub(super) fn tag(&mut self) -> Result<Tag, MlStructureError> {
        loop {
            let place = self.here();
            match self.event()? {
                Event::Start(start) => return self.open(&start, place).map(Tag::Open),
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Tag::Close);
                }
                Event::Eof => return Ok(Tag::End),
                _ => {}
            }
        }
    }

    /// Reads what is in an element that has just begun.
    pub(super) fn fill(&mut self, element: Element) -> Result<Element, MlStructureError> {
        let (mut current, mut open) = (element, Vec::new());
        loop {
            let place = self.here();
            match self.event()? {
                Event::Start(start) => {
                    let child = self.open(&start, place)?;
                    open.push(std::mem::replace(&mut current, child));
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    let Some(parent) = open.pop() else { return Ok(current) };
                    let child = std::mem::replace(&mut current, parent);
                    current.children.push(child);
                }
                Event::Text(text) => push(&mut current, &text.xml10_content(), place)?,
                Event::CData(text) => push(&mut current, &text.xml10_content(), place)?,
                Event::GeneralRef(reference) => {
                    let mut buffer = [0; 4];
                    push(&mut current, character(&reference, place)?.encode_utf8(&mut buffer), place)?;
                }
                Event::Eof => {
                    let reason = format!("it ends within the element {}", current.name);
                    return Err(MlStructureError::NotXml { place: self.here().to_string(), reason });
                }
                _ => {}
            }
        }
    }

    /// Passes over what is in an element that has just begun.
    pub(super) fn skip(&mut self) -> Result<(), MlStructureError> {
        let end = self.depth;
        while self.depth >= end {
            if let Tag::End = self.tag()? {
                break;
            }
        }
        Ok(())
    }

    fn event(&mut self) -> Result<Event<'a>, MlStructureError> {
        let place = self.here();
        let event = match self.reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let at = usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX);
                let place = self.place_of(at).to_string();
                return Err(MlStructureError::NotXml { place, reason: error.to_string() });
            }
        };
        match event {
            Event::DocType(_) => Err(MlStructureError::DocumentType { place: place.to_string() }),
            event => Ok(event),
        }
    }

    /// The place of what comes next.
    fn here(&mut self) -> Place {
        let at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        self.place_of(at)
    }

    /// Counts on to `at`, in bytes; never back.
    fn place_of(&mut self, at: usize) -> Place {
        let passed = self.text.get(self.counted..at).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', passed.as_bytes()).count();
        let last = passed.rsplit('\n').next().unwrap_or_default();
        let characters = u32::try_from(last.chars().count()).unwrap_or(u32::MAX);
        if lines > 0 {
            self.place.line = self.place.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            self.place.column = 1;
        }
        self.place.column = self.place.column.saturating_add(characters);
        self.counted += passed.len();
        self.place
    }

    fn open(&mut self, start: &BytesStart<'_>, place: Place) -> Result<Element, MlStructureError> {
        self.depth += 1;
        self.elements += 1;
        if self.depth > DEPTH_MAX {
            return Err(MlStructureError::TooDeep { place: place.to_string() });
        }
        if self.elements > ITEMS_MAX {
            return Err(MlStructureError::TooManyItems);
        }
        let not_xml = |reason: String| MlStructureError::NotXml { place: place.to_string(), reason };
        let mut attributes: Vec<(Box<str>, Box<str>)> = Vec::new();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| not_xml(error.to_string()))?;
            let name = attribute.key.into_inner();
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| not_xml(error.to_string()))?;
            check_length(&value, place)?;
            if attributes.len() == ATTRIBUTES_MAX || attributes.iter().any(|(known, _)| **known == *name) {
                let reason = format!("the attribute {} stands twice, or there are too many", quoted(name));
                return Err(not_xml(reason));
            }
            attributes.push((name.into(), value.into()));
        }
        let name = start.local_name().into_inner().into();
        Ok(Element { name, place, attributes, children: Vec::new(), text: String::new() })
    }
}

fn push(element: &mut Element, text: &str, place: Place) -> Result<(), MlStructureError> {
    // Elements with children hold only the spaces between them.
    if element.children.is_empty() || !text.trim().is_empty() {
        element.text.push_str(text);
    }
    check_length(&element.text, place)
}

fn check_length(text: &str, place: Place) -> Result<(), MlStructureError> {
    if text.len() <= TEXT_BYTES_MAX {
        return Ok(());
    }
    Err(MlStructureError::TextTooLong { place: place.to_string(), beginning: quoted(text) })
}

/// The character of `&amp;` or `&#10;`. No other entities exist, as there is no document type.
fn character(reference: &BytesRef<'_>, place: Place) -> Result<char, MlStructureError> {
    let character = match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => reference.resolve_char_ref().ok().flatten(),
    };
    character.ok_or_else(|| MlStructureError::NotXml {
        place: place.to_string(),
        reason: format!("the entity {} is unknown", quoted(reference)),
    })
}
