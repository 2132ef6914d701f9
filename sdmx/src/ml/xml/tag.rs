//! The attributes of a tag, with the places of their values.

use std::borrow::Cow;

use crate::csv::COLUMNS_MAX;
use crate::data::MessageProblem;

/// Longest name of an element or an attribute in bytes; ids of SDMX have at most 255.
const NAME_BYTES_MAX: usize = 1024;

/// What a byte is in a tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Colon,
    Equals,
    Space,
    LineEnd,
    Quote,
    Angle,
    Reference,
}

/// Names and values are short: a look at each byte is faster than a search for several of them.
const CLASSES: [Class; 256] = {
    let mut classes = [Class::Plain; 256];
    classes[b':' as usize] = Class::Colon;
    classes[b'=' as usize] = Class::Equals;
    classes[b' ' as usize] = Class::Space;
    classes[b'\t' as usize] = Class::Space;
    classes[b'\n' as usize] = Class::LineEnd;
    classes[b'\r' as usize] = Class::LineEnd;
    classes[b'"' as usize] = Class::Quote;
    classes[b'\'' as usize] = Class::Quote;
    classes[b'<' as usize] = Class::Angle;
    classes[b'>' as usize] = Class::Angle;
    classes[b'&' as usize] = Class::Reference;
    classes
};

/// An attribute of a tag.
#[derive(Clone, Copy, Debug)]
pub(in crate::ml) struct Attribute<'t> {
    /// Its prefix, or nothing.
    pub(in crate::ml) prefix: &'t str,
    /// Its name without prefix.
    pub(in crate::ml) name: &'t str,
    /// Its value as it stands in the tag.
    raw: &'t str,
    /// Whether that is what is meant.
    is_plain: bool,
    /// Bytes from `<` to the value.
    pub(in crate::ml) at: u32,
}

/// Something wrong in a tag.
#[derive(Debug)]
pub(in crate::ml) struct TagError {
    /// Bytes from `<`.
    pub(in crate::ml) at: usize,
    pub(in crate::ml) problem: MessageProblem,
}

/// Walks through the attributes of a tag.
pub(in crate::ml) struct Attributes<'t> {
    /// What stands between `<` and `>`.
    tag: &'t str,
    at: usize,
    count: usize,
    last: &'t str,
}

impl<'t> Attributes<'t> {
    /// Of a tag whose name ends at `name_end`.
    pub(super) fn new(tag: &'t str, name_end: usize) -> Self {
        Self { tag, at: name_end, count: 0, last: "" }
    }

    fn fail<T>(&self, at: usize, problem: MessageProblem) -> Option<Result<T, TagError>> {
        Some(Err(TagError { at: at + 1, problem }))
    }

    /// What is no attribute where one must be: most often text behind an unescaped quotation mark.
    #[cold]
    fn broken<T>(&self, at: usize) -> Option<Result<T, TagError>> {
        let problem = if self.last.is_empty() {
            MessageProblem::Syntax("not an attribute: write name=\"value\"".to_owned())
        } else {
            MessageProblem::UnescapedQuote { name: self.last.to_owned() }
        };
        self.fail(at, problem)
    }
}

impl<'t> Iterator for Attributes<'t> {
    type Item = Result<Attribute<'t>, TagError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.tag.as_bytes();
        let before = self.at;
        while bytes.get(self.at).is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        let start = self.at;
        if start == bytes.len() {
            return None;
        }
        if start == before {
            return self.broken(start);
        }
        self.count += 1;
        if self.count > COLUMNS_MAX {
            let most = format!("{COLUMNS_MAX} attributes");
            return self.fail(start, MessageProblem::TooLarge { what: "a tag", most });
        }
        let mut end = start;
        let mut colon = None;
        while let Some(byte) = bytes.get(end) {
            match CLASSES[usize::from(*byte)] {
                Class::Plain => {}
                Class::Colon => colon = Some(end),
                Class::Space | Class::LineEnd | Class::Equals => break,
                Class::Quote | Class::Angle | Class::Reference => return self.broken(end),
            }
            end += 1;
        }
        if end - start > NAME_BYTES_MAX {
            let most = format!("{NAME_BYTES_MAX} bytes");
            return self.fail(start, MessageProblem::TooLarge { what: "a name", most });
        }
        let mut at = end;
        let skip = |mut at: usize| {
            while bytes.get(at).is_some_and(|byte| byte.is_ascii_whitespace()) {
                at += 1;
            }
            at
        };
        at = skip(at);
        if end == start || bytes.get(at) != Some(&b'=') {
            return self.broken(at.min(bytes.len()));
        }
        at = skip(at + 1);
        let Some(quote @ (b'"' | b'\'')) = bytes.get(at).copied() else {
            let text = format!("the value of {} does not stand in quotation marks", &self.tag[start..end]);
            return self.fail(at, MessageProblem::Syntax(text));
        };
        let value = at + 1;
        let (mut behind, mut is_plain, mut angle) = (value, true, None);
        loop {
            let Some(byte) = bytes.get(behind) else {
                let text = format!(
                    "the value of {} never ends: the message was cut off, or a quotation mark is not written as &quot;",
                    &self.tag[start..end],
                );
                return self.fail(at, MessageProblem::Syntax(text));
            };
            match CLASSES[usize::from(*byte)] {
                Class::Quote if *byte == quote => break,
                Class::Reference | Class::LineEnd => is_plain = false,
                Class::Angle if *byte == b'<' => angle = angle.or(Some(behind)),
                _ => {}
            }
            behind += 1;
        }
        let raw = &self.tag[value..behind];
        let (prefix, name) = match colon {
            Some(colon) => (&self.tag[start..colon], &self.tag[colon + 1..end]),
            None => ("", &self.tag[start..end]),
        };
        if let Some(open) = angle {
            // Most often the value began with the quotation mark that should have ended the one before.
            if !self.last.is_empty() && raw.contains('>') {
                return self.broken(start);
            }
            let text = format!("< stands in the value of {name}: write it as &lt;");
            return self.fail(open, MessageProblem::Syntax(text));
        }
        self.last = name;
        self.at = behind + 1;
        Some(Ok(Attribute { prefix, name, raw, is_plain, at: value as u32 + 1 }))
    }
}

impl<'t> Attribute<'t> {
    /// Its value.
    #[inline]
    pub(in crate::ml) fn value(&self) -> Result<Cow<'t, str>, TagError> {
        if self.is_plain {
            return Ok(Cow::Borrowed(self.raw));
        }
        // Line breaks in a value are spaces (XML, 3.3.3); those that are meant stand as character references.
        let text = self.raw.replace("\r\n", " ").replace(['\n', '\r'], " ");
        unescape(&text).map(Cow::Owned).map_err(|problem| TagError { at: self.at as usize, problem })
    }
}

/// A text with its entities replaced.
pub(super) fn unescape(text: &str) -> Result<String, MessageProblem> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((entity, after)) = after.split_once(';').filter(|(entity, _)| entity.len() <= 16) else {
            let text = "& stands alone: write it as &amp;".to_owned();
            return Err(MessageProblem::Syntax(text));
        };
        out.push(character(entity)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The character of an entity.
pub(super) fn character(entity: &str) -> Result<char, MessageProblem> {
    let known = match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#').and_then(|number| match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => number.parse().ok(),
            });
            let allowed = |c: &char| *c >= ' ' || matches!(c, '\t' | '\n' | '\r');
            number.and_then(char::from_u32).filter(allowed)
        }
    };
    known.ok_or_else(|| MessageProblem::UnknownEntity(entity.chars().take(32).collect()))
}
