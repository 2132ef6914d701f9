//! XML as a stream of tags with places, within limits: no definitions of entities or document types, bounded
//! depth, names, attributes and texts.

mod decode;
mod input;
mod tag;

use std::io::Read;

use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::Event;

use crate::csv::ReadError;
use crate::data::{Mark, MessageError, MessageProblem};
use input::{EVENT_BYTES_MAX, Input, InputError};
pub(super) use tag::{Attributes, TagError};

/// Deepest nesting; messages of data have about ten levels.
const DEPTH_MAX: usize = 64;
/// Longest text of an element in bytes that is kept.
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// What comes next in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// An element begins.
    Start,
    /// An element that ends at once.
    Empty,
    /// An element ends.
    End,
    /// The message ends.
    Eof,
}

/// Text between tags.
struct Text {
    content: String,
    begins: Mark,
}

impl Text {
    fn add(&mut self, part: &str, mark: Mark) -> Result<(), ReadError> {
        if self.content.is_empty() {
            self.begins = mark;
        }
        // Line ends of a file are one character (XML, 2.11); those that are meant stand as references.
        match part.contains('\r') && part.len() > 1 {
            true => self.content.push_str(&part.replace("\r\n", "\n").replace('\r', "\n")),
            false => self.content.push_str(part),
        }
        if self.content.len() > TEXT_BYTES_MAX {
            let most = format!("{TEXT_BYTES_MAX} bytes");
            return Err(error(mark, MessageProblem::TooLarge { what: "a text", most }));
        }
        Ok(())
    }
}

/// Reads tags; text is passed over unless it is asked for.
pub(super) struct Xml<R> {
    reader: Reader<Input<R>>,
    /// The last tag, from `<` to `>`.
    buffer: Vec<u8>,
    token: Token,
    mark: Mark,
    /// Bytes between `<` and the end of what is before `>` or `/>`.
    length: usize,
    name_end: usize,
    /// Where the name without prefix begins.
    name_start: usize,
    depth: usize,
    is_held: bool,
}

impl<R: Read> Xml<R> {
    /// A message from its beginning.
    pub(super) fn new(input: R) -> Result<Self, ReadError> {
        Self::at(input, Mark { offset: 0, line: 1, column: 1 })
    }

    /// The rest of a message that is read from a place within it.
    pub(super) fn resume(input: R, mark: Mark) -> Result<Self, ReadError> {
        let mut xml = Self::at(input, mark)?;
        xml.reader.config_mut().allow_unmatched_ends = true;
        Ok(xml)
    }

    fn at(input: R, mark: Mark) -> Result<Self, ReadError> {
        let reader = Reader::from_reader(Input::new(input, mark)?);
        Ok(Self {
            reader,
            buffer: Vec::new(),
            token: Token::Eof,
            mark,
            length: 0,
            name_end: 0,
            name_start: 0,
            depth: 0,
            is_held: false,
        })
    }

    pub(super) fn is_verbatim(&self) -> bool {
        self.reader.get_ref().is_verbatim()
    }

    /// Where the last tag begins.
    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    /// Lets the next call give the last tag again.
    pub(super) fn hold(&mut self) {
        self.is_held = true;
    }

    /// The next tag; text before it is passed over.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Token, ReadError> {
        if std::mem::take(&mut self.is_held) {
            return Ok(self.token);
        }
        self.advance(None)
    }

    /// The next tag; text before it is added to `text`.
    #[inline]
    fn advance(&mut self, mut text: Option<&mut Text>) -> Result<Token, ReadError> {
        loop {
            self.buffer.clear();
            self.reader.get_mut().begin();
            let mark = self.reader.get_ref().mark();
            let (token, length, name_end) = match self.reader.read_event_into(&mut self.buffer) {
                Ok(Event::Start(tag)) => (Token::Start, tag.len(), tag.name().as_ref().len()),
                Ok(Event::Empty(tag)) => (Token::Empty, tag.len(), tag.name().as_ref().len()),
                Ok(Event::End(tag)) => (Token::End, tag.len(), tag.name().as_ref().len()),
                Ok(Event::Eof) => (Token::Eof, 0, 0),
                Ok(Event::DocType(_)) => return Err(error(mark, MessageProblem::DocumentType)),
                Ok(Event::Text(part)) => {
                    if let Some(text) = &mut text {
                        text.add(&part, mark)?;
                    }
                    continue;
                }
                Ok(Event::CData(part)) => {
                    if let Some(text) = &mut text {
                        text.add(&part, mark)?;
                    }
                    continue;
                }
                Ok(Event::GeneralRef(entity)) => {
                    let character = tag::character(&entity).map_err(|problem| error(mark, problem))?;
                    if let Some(text) = &mut text {
                        text.add(character.encode_utf8(&mut [0; 4]), mark)?;
                    }
                    continue;
                }
                Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => continue,
                Err(failed) => return Err(self.failed(failed, mark)),
            };
            (self.token, self.mark, self.length, self.name_end) = (token, mark, length, name_end);
            match token {
                Token::Start if self.depth == DEPTH_MAX => {
                    let most = format!("{DEPTH_MAX} elements within one another");
                    return Err(error(mark, MessageProblem::TooLarge { what: "the nesting", most }));
                }
                Token::Start => self.depth += 1,
                Token::End => self.depth = self.depth.saturating_sub(1),
                Token::Empty | Token::Eof => {}
            }
            let name = self.whole_name();
            self.name_start = memchr::memrchr(b':', name).map_or(0, |colon| colon + 1);
            return Ok(token);
        }
    }

    /// The bytes before the name of the last tag: `<` or `</`.
    fn before_name(&self) -> usize {
        if self.token == Token::End { 2 } else { 1 }
    }

    fn whole_name(&self) -> &[u8] {
        let before = self.before_name();
        self.buffer.get(before..before + self.name_end).unwrap_or_default()
    }

    /// The name of the last tag without its prefix.
    #[inline]
    pub(super) fn name(&self) -> &[u8] {
        &self.whole_name()[self.name_start..]
    }

    /// The prefix of the last tag.
    pub(super) fn prefix(&self) -> &[u8] {
        &self.whole_name()[..self.name_start.saturating_sub(1)]
    }

    /// Whether the last tag is an element that ends at once.
    #[inline]
    pub(super) fn is_empty_tag(&self) -> bool {
        self.token == Token::Empty
    }

    /// Whether every element that was begun has ended.
    pub(super) fn is_whole(&self) -> bool {
        self.depth == 0
    }

    /// The name as text, for messages.
    pub(super) fn shown_name(&self) -> String {
        String::from_utf8_lossy(self.name()).into_owned()
    }

    /// The attributes of the last tag.
    #[inline]
    pub(super) fn attributes(&self) -> Attributes<'_> {
        let tag = self.buffer.get(1..1 + self.length).unwrap_or_default();
        // The reader checked that it is UTF-8.
        Attributes::new(std::str::from_utf8(tag).unwrap_or_default(), self.name_end)
    }

    /// The value of an attribute without prefix, or with any.
    pub(super) fn attribute(&self, name: &str) -> Result<Option<String>, ReadError> {
        for attribute in self.attributes() {
            let attribute = attribute.map_err(|failed| self.in_tag(failed))?;
            if attribute.name == name && attribute.prefix != "xmlns" {
                return attribute
                    .value()
                    .map(|value| Some(value.into_owned()))
                    .map_err(|failed| self.in_tag(failed));
            }
        }
        Ok(None)
    }

    /// Passes over the element whose tag came last.
    pub(super) fn skip(&mut self) -> Result<(), ReadError> {
        if self.token != Token::Start {
            return Ok(());
        }
        let (depth, name) = (self.depth, self.shown_name());
        loop {
            match self.next()? {
                Token::End if self.depth < depth => return Ok(()),
                Token::Eof => return Err(self.truncated(&name)),
                _ => {}
            }
        }
    }

    /// The text between the last tag and the next, and where it begins. The next tag is then the last.
    pub(super) fn leading_text(&mut self) -> Result<(String, Mark), ReadError> {
        let mut text = Text { content: String::new(), begins: self.mark };
        if self.token != Token::Empty {
            self.advance(Some(&mut text))?;
        }
        Ok((text.content, text.begins))
    }

    /// The text of the element whose tag came last, without that of elements in it, and where it begins. The
    /// element is passed over.
    pub(super) fn text(&mut self) -> Result<(String, Mark), ReadError> {
        let mut text = Text { content: String::new(), begins: self.mark };
        if self.token == Token::Start {
            let (depth, name) = (self.depth, self.shown_name());
            loop {
                match self.advance(Some(&mut text))? {
                    Token::End if self.depth < depth => break,
                    Token::Start => self.skip()?,
                    Token::Eof => return Err(self.truncated(&name)),
                    Token::End | Token::Empty => {}
                }
            }
        }
        Ok((text.content, text.begins))
    }

    /// The message ends within an element.
    pub(super) fn truncated(&self, name: &str) -> ReadError {
        error(self.reader.get_ref().mark(), MessageProblem::Truncated { within: format!("<{name}>") })
    }

    /// An error at the last tag.
    pub(super) fn error(&self, problem: MessageProblem) -> ReadError {
        error(self.mark, problem)
    }

    /// An error within the last tag.
    #[cold]
    pub(super) fn in_tag(&self, failed: TagError) -> ReadError {
        let before = self.buffer.get(..failed.at).unwrap_or(&self.buffer);
        let mut mark = self.mark;
        match memchr::memrchr(b'\n', before) {
            None => mark.column += String::from_utf8_lossy(before).chars().count() as u64,
            Some(last) => {
                mark.line += memchr::memchr_iter(b'\n', before).count() as u64;
                mark.column = String::from_utf8_lossy(&before[last + 1..]).chars().count() as u64 + 1;
            }
        }
        error(mark, failed.problem)
    }

    /// What is wrong within a tag that does not end: where its quotation marks stop making sense.
    fn unclosed(&mut self, begin: Mark) -> Option<ReadError> {
        let tag = String::from_utf8_lossy(self.buffer.get(1..)?).into_owned();
        let name_end = tag.find(|c: char| c.is_ascii_whitespace())?;
        let failed = Attributes::new(&tag, name_end).find_map(Result::err)?;
        self.mark = begin;
        Some(self.in_tag(failed))
    }

    #[cold]
    fn failed(&mut self, failed: Error, begin: Mark) -> ReadError {
        let here = self.reader.get_ref().mark();
        let syntax = |text: &str| MessageProblem::Syntax(text.to_owned());
        match failed {
            Error::Io(failed) => {
                let of_input = failed.get_ref().and_then(|inner| inner.downcast_ref::<InputError>());
                match of_input {
                    Some(InputError::TooLong) => {
                        let is_unescaped = |failed: &ReadError| match failed {
                            ReadError::Message(failed) => {
                                matches!(failed.problem, MessageProblem::UnescapedQuote { .. })
                            }
                            _ => false,
                        };
                        let most = format!("{} KiB", EVENT_BYTES_MAX / 1024);
                        let too_large = MessageProblem::TooLarge { what: "what begins here", most };
                        self.unclosed(begin).filter(is_unescaped).unwrap_or_else(|| error(begin, too_large))
                    }
                    Some(character @ InputError::NotACharacter(_)) => error(
                        here,
                        MessageProblem::Syntax(format!("the character {character} may not stand in XML")),
                    ),
                    None => std::io::Error::new(failed.kind(), failed.to_string()).into(),
                }
            }
            Error::Syntax(SyntaxError::UnclosedTag) => {
                error(begin, MessageProblem::Truncated { within: "a tag that begins here".to_owned() })
            }
            Error::Syntax(
                SyntaxError::UnclosedDoubleQuotedAttributeValue
                | SyntaxError::UnclosedSingleQuotedAttributeValue,
            ) => self.unclosed(begin).unwrap_or_else(|| error(begin, syntax("a value never ends"))),
            Error::Syntax(other) => error(begin, MessageProblem::Syntax(other.to_string())),
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                error(begin, MessageProblem::Syntax(format!("</{found}> stands where </{expected}> must")))
            }
            Error::IllFormed(IllFormedError::UnmatchedEndTag(found)) => {
                error(begin, MessageProblem::Syntax(format!("</{found}> ends an element that was not begun")))
            }
            Error::IllFormed(IllFormedError::UnclosedReference) => {
                error(begin, syntax("& stands alone: write it as &amp;"))
            }
            Error::IllFormed(other) => error(begin, MessageProblem::Syntax(other.to_string())),
            Error::Encoding(_) => {
                error(begin, syntax("not UTF-8, nor is another encoding declared: save the message as UTF-8"))
            }
            other => error(begin, MessageProblem::Syntax(other.to_string())),
        }
    }
}

fn error(mark: Mark, problem: MessageProblem) -> ReadError {
    MessageError::new(mark.line, mark.column, problem).into()
}
