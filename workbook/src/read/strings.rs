//! Texts that cells share.

use std::io::{Read, Seek};

use quick_xml::events::Event;

use crate::package::{Package, PackageError, local, of_reference};

/// Most bytes of all shared texts together; they are kept in memory while a workbook is read.
const TEXT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// All shared texts, one after another.
#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn read<R: Read + Seek>(package: &mut Package<R>, part: &str) -> Result<Self, PackageError> {
        let mut strings = Self::default();
        let mut collector = RichText::default();
        let mut xml = package.xml(part)?;
        loop {
            match xml.next()? {
                Event::Eof => return Ok(strings),
                Event::Start(element) if local(element.name()) == "si" => collector = RichText::default(),
                Event::Empty(element) if local(element.name()) == "si" => strings.push(""),
                Event::End(element) if local(element.name()) == "si" => strings.push(&collector.text()),
                event => collector.take(&event),
            }
            if strings.text.len() > TEXT_BYTES_MAX {
                let limit = TEXT_BYTES_MAX as u64;
                return Err(PackageError::Inflates { part: part.to_owned(), limit });
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }

    pub(super) fn get(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)? as usize;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        Some(&self.text[start..end])
    }
}

/// A text that may be in pieces of several fonts.
#[derive(Debug, Default)]
pub(super) struct RichText {
    raw: String,
    in_text: bool,
    /// How a word is pronounced is no part of it.
    in_phonetic: bool,
}

impl RichText {
    pub(super) fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(element) => match local(element.name()) {
                "t" => self.in_text = true,
                "rPh" => self.in_phonetic = true,
                _ => {}
            },
            Event::End(element) => match local(element.name()) {
                "t" => self.in_text = false,
                "rPh" => self.in_phonetic = false,
                _ => {}
            },
            _ if !self.in_text || self.in_phonetic => {}
            Event::Text(text) => self.raw.push_str(&text.xml10_content()),
            Event::CData(text) => self.raw.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => self.raw.extend(of_reference(reference)),
            _ => {}
        }
    }

    pub(super) fn text(&self) -> String {
        unescaped(&self.raw)
    }
}

/// `_x000D_` stands for a character that XML cannot hold.
pub(super) fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find("_x") {
        let (before, escape) = rest.split_at(at);
        text.push_str(before);
        let code = escape.get(2..6).filter(|_| escape.as_bytes().get(6) == Some(&b'_'));
        let character = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        match character {
            Some(character) => {
                text.push(character);
                rest = &escape[7..];
            }
            None => {
                text.push_str("_x");
                rest = &escape[2..];
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn escapes_of_excel_are_undone_and_nothing_else() {
        for (raw, expected) in [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_x00", "_x00"),
            ("_xé000_", "_xé000_"),
            ("_x_x0041_", "_xA"),
        ] {
            assert_eq!(unescaped(raw), expected);
        }
    }
}
