//! XML, tag by tag.

use std::borrow::Cow;

/// A document that is being written.
#[derive(Debug, Default)]
pub(in crate::ml::structure) struct Xml {
    bytes: Vec<u8>,
    open: Vec<Cow<'static, str>>,
    /// Whether the last tag may still get attributes.
    is_tag_open: bool,
}

impl Xml {
    /// A document with its declaration.
    pub(in crate::ml::structure) fn new() -> Self {
        let bytes = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec();
        Self { bytes, open: Vec::new(), is_tag_open: false }
    }

    /// Begins an element.
    pub(in crate::ml::structure) fn open(&mut self, name: impl Into<Cow<'static, str>>) -> &mut Self {
        self.end_tag();
        let name = name.into();
        self.bytes.push(b'<');
        self.bytes.extend_from_slice(name.as_bytes());
        self.open.push(name);
        self.is_tag_open = true;
        self
    }

    /// Gives the element that has just begun an attribute.
    pub(in crate::ml::structure) fn attribute(&mut self, name: &str, value: impl AsRef<str>) -> &mut Self {
        debug_assert!(self.is_tag_open, "the attribute {name} comes after what is in its element");
        self.bytes.push(b' ');
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(b"=\"");
        self.escape(value.as_ref(), true);
        self.bytes.push(b'"');
        self
    }

    /// The same, if there is a value.
    pub(in crate::ml::structure) fn optional(
        &mut self,
        name: &str,
        value: Option<impl ToString>,
    ) -> &mut Self {
        if let Some(value) = value {
            self.attribute(name, value.to_string());
        }
        self
    }

    /// Text in the element.
    pub(in crate::ml::structure) fn text(&mut self, text: &str) -> &mut Self {
        self.end_tag();
        self.escape(text, false);
        self
    }

    /// Ends the element.
    pub(in crate::ml::structure) fn close(&mut self) {
        let name = self.open.pop().unwrap_or_default();
        if std::mem::take(&mut self.is_tag_open) {
            self.bytes.extend_from_slice(b"/>");
            return;
        }
        self.bytes.extend_from_slice(b"</");
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(b'>');
    }

    /// An element with a text and nothing else.
    pub(in crate::ml::structure) fn leaf(&mut self, name: impl Into<Cow<'static, str>>, text: &str) {
        self.open(name).text(text).close();
    }

    /// A line break between artefacts, for whoever looks at the message.
    pub(in crate::ml::structure) fn line(&mut self) {
        self.end_tag();
        self.bytes.push(b'\n');
    }

    /// The document, when all elements are closed.
    pub(in crate::ml::structure) fn finish(mut self) -> Vec<u8> {
        debug_assert!(self.open.is_empty(), "{:?} are open", self.open);
        self.bytes.push(b'\n');
        self.bytes
    }

    fn end_tag(&mut self) {
        if std::mem::take(&mut self.is_tag_open) {
            self.bytes.push(b'>');
        }
    }

    fn escape(&mut self, text: &str, is_attribute: bool) {
        for character in text.chars() {
            match character {
                '&' => self.bytes.extend_from_slice(b"&amp;"),
                '<' => self.bytes.extend_from_slice(b"&lt;"),
                '>' => self.bytes.extend_from_slice(b"&gt;"),
                '"' if is_attribute => self.bytes.extend_from_slice(b"&quot;"),
                // Readers make one space of these in attributes, and of a carriage return a line feed.
                '\t' if is_attribute => self.bytes.extend_from_slice(b"&#9;"),
                '\n' if is_attribute => self.bytes.extend_from_slice(b"&#10;"),
                '\r' => self.bytes.extend_from_slice(b"&#13;"),
                _ => {
                    let character =
                        if is_of_xml(character) { character } else { char::REPLACEMENT_CHARACTER };
                    let mut buffer = [0; 4];
                    self.bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                }
            }
        }
    }
}

/// Whether XML 1.0 has this character (its production 2).
pub(in crate::ml::structure) fn is_of_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
