//! XML of a part, event by event, within limits.

use std::borrow::Cow;
use std::io::{self, BufReader, Read};

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::PackageError;

/// Longest tag or text. A cell holds at most 32,767 characters, each of them six bytes as an escape.
const EVENT_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Deepest nesting; worksheets have about ten levels.
const DEPTH_MAX: u32 = 256;

/// A reader that ends with an error when a part, or one event of it, has more bytes than it may.
pub(crate) struct Limited<R> {
    inner: R,
    left: u64,
    event_left: u64,
    exceeded: bool,
}

impl<R: Read> Limited<R> {
    pub(crate) fn new(inner: R, limit: u64) -> Self {
        Self { inner, left: limit, event_left: EVENT_BYTES_MAX, exceeded: false }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.left.checked_sub(count as u64).zip(self.event_left.checked_sub(count as u64));
        let Some((left, event_left)) = left else {
            self.exceeded = true;
            return Err(io::Error::other("a part of a workbook is too large"));
        };
        (self.left, self.event_left) = (left, event_left);
        Ok(count)
    }
}

/// Why an event could not be read.
pub(crate) type XmlError = PackageError;

/// A part that is read.
pub(crate) struct Xml<R> {
    part: String,
    reader: Reader<BufReader<Limited<R>>>,
    buffer: Vec<u8>,
    depth: u32,
}

impl<R: Read> Xml<R> {
    pub(crate) fn new(part: &str, reader: BufReader<Limited<R>>) -> Self {
        let mut reader = Reader::from_reader(reader);
        let config = reader.config_mut();
        config.check_end_names = true;
        Self { part: part.to_owned(), reader, buffer: Vec::new(), depth: 0 }
    }

    pub(crate) fn part(&self) -> &str {
        &self.part
    }

    /// The next event; [`Event::Eof`] at the end.
    pub(crate) fn next(&mut self) -> Result<Event<'_>, XmlError> {
        self.buffer.clear();
        self.reader.get_mut().get_mut().event_left = EVENT_BYTES_MAX;
        // The borrow of the buffer must end before the error is looked at.
        if self.depth > DEPTH_MAX {
            return Err(PackageError::damaged(&self.part, "its elements are nested too deeply"));
        }
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => {
                return Err(match self.reader.get_ref().get_ref().exceeded {
                    true => PackageError::Inflates { part: self.part.clone(), limit: super::PART_BYTES_MAX },
                    false => PackageError::damaged(&self.part, error),
                });
            }
        };
        match &event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::DocType(_) => {
                return Err(PackageError::damaged(
                    &self.part,
                    "it has a document type, which no workbook has",
                ));
            }
            _ => {}
        }
        Ok(event)
    }
}

/// The name of an element without its namespace prefix.
pub(crate) fn local<'a>(name: quick_xml::name::QName<'a>) -> &'a str {
    name.into_inner().rsplit(':').next().unwrap_or_default()
}

/// The value of an attribute, found by its name without prefix.
pub(crate) fn attribute<'a>(element: &'a BytesStart<'_>, name: &str) -> Option<Cow<'a, str>> {
    element
        .attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .find(|attribute| local(attribute.key) == name)
        .and_then(|attribute| attribute.normalized_value(XmlVersion::Implicit1_0).ok())
}

/// The character of a reference such as `&amp;` or `&#10;`.
pub(crate) fn of_reference(reference: &BytesRef<'_>) -> Option<char> {
    match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => reference.resolve_char_ref().ok().flatten(),
    }
}
