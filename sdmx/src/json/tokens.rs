//! Bytes to tokens of JSON: a pull reader over one buffer that knows where it is and can go back.
//!
//! What lives here: the grammar of JSON, its limits and its errors. What must not: anything about SDMX.

mod once;
mod scalars;
mod walk;

use std::io::{self, Read, Seek};

pub(super) use once::Once;
pub(super) use scalars::is_numeral;

use super::input::Input;
use super::problem::{JsonError, Malformed};
use super::{DEPTH_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
use crate::data::{Mark as Place, MessageProblem};

/// One token. The text of a name, a string or a number is [`Tokens::text`] until the next token is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    BeginObject,
    EndObject,
    BeginArray,
    EndArray,
    /// Name of a member; its value follows.
    Name,
    Text,
    /// A numeral as it stands in the document, or `NaN`, `Infinity`, `-Infinity`: some writers leave them
    /// bare.
    Number,
    True,
    False,
    Null,
    /// The document ends.
    End,
}

/// What may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Value,
    /// Behind `[`.
    ValueOrEnd,
    /// Behind `{`.
    NameOrEnd,
    /// Behind a value in an object or an array.
    CommaOrEnd,
    /// Behind the outermost value.
    Nothing,
}

/// Where reading stands, to come back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    place: Place,
    /// One bit per open object or array, 1 for an object, the innermost lowest.
    nesting: u64,
    depth: u32,
    expected: Expected,
}

impl Mark {
    /// Where it is.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The same, where `self` stands before an object of which a member begins at `place`.
    pub(super) fn at_member(&self, place: Place) -> Self {
        Self { place, nesting: self.nesting << 1 | 1, depth: self.depth + 1, expected: Expected::NameOrEnd }
    }
}

/// Where the text of the last token lies.
#[derive(Clone, Copy, Debug)]
enum TextAt {
    Buffer { start: usize, end: usize },
    Decoded,
}

/// Reads tokens.
pub(super) struct Tokens<R> {
    input: Input<R>,
    nesting: u64,
    depth: u32,
    expected: Expected,
    text: TextAt,
    decoded: Vec<u8>,
}

impl<R: Read> Tokens<R> {
    pub(super) fn new(input: R) -> Result<Self, JsonError> {
        let mut input = Input::new(input);
        input.pass_over_mark()?;
        Ok(Self {
            input,
            nesting: 0,
            depth: 0,
            expected: Expected::Value,
            text: TextAt::Decoded,
            decoded: Vec::new(),
        })
    }

    /// The text of the last token, if it has one.
    pub(super) fn text(&self) -> &str {
        let bytes = match self.text {
            TextAt::Buffer { start, end } => self.input.slice(start, end),
            TextAt::Decoded => &self.decoded,
        };
        // Every text is checked once, where it is read.
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Byte of the document at which the last token begins.
    pub(super) fn begin(&self) -> u64 {
        self.input.token()
    }

    /// Line and column of the last token.
    pub(super) fn place(&mut self) -> Place {
        self.input.token_place()
    }

    /// An error at the last token.
    pub(super) fn error(&mut self, problem: Malformed) -> JsonError {
        let place = self.place();
        JsonError::malformed(place, problem)
    }

    /// An error at the last token that is not one of syntax.
    pub(super) fn problem(&mut self, problem: MessageProblem) -> JsonError {
        let place = self.place();
        JsonError::new(place, problem)
    }

    /// An error of contents at the last token.
    pub(super) fn contents(&mut self, problem: impl Into<String>) -> JsonError {
        self.problem(MessageProblem::Contents(problem.into()))
    }

    fn too_large(&mut self, what: &'static str, most: usize, unit: &str) -> JsonError {
        self.problem(MessageProblem::TooLarge { what, most: format!("{most} {unit}") })
    }

    /// The next token.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Token, JsonError> {
        let mut byte = self.input.next_visible()?;
        self.input.begin_token();
        if self.expected == Expected::CommaOrEnd {
            match byte {
                Some(b',') => {
                    self.input.pass(1);
                    byte = self.input.next_visible()?;
                    self.input.begin_token();
                    if let Some(closing @ (b']' | b'}')) = byte {
                        return Err(self.error(Malformed::CommaBeforeEnd(char::from(closing))));
                    }
                    if self.in_object() {
                        return self.name(byte);
                    }
                }
                Some(closing @ (b']' | b'}')) => return self.close(closing),
                Some(_) => return Err(self.error(Malformed::MissingComma)),
                None => return Err(self.truncated()),
            }
        }
        match (self.expected, byte) {
            (Expected::Nothing, None) => Ok(Token::End),
            (Expected::Nothing, Some(_)) => Err(self.error(Malformed::Trailing)),
            (_, None) => Err(self.truncated()),
            (Expected::NameOrEnd, Some(b'}')) => self.close(b'}'),
            (Expected::NameOrEnd, _) => self.name(byte),
            (Expected::ValueOrEnd, Some(b']')) => self.close(b']'),
            (_, Some(byte)) => self.value(byte),
        }
    }

    fn in_object(&self) -> bool {
        self.nesting & 1 == 1
    }

    fn truncated(&mut self) -> JsonError {
        self.input.pass(self.input.buffered().len());
        self.input.begin_token();
        let within = match (self.depth, self.in_object()) {
            (0, _) => "its first value",
            (_, true) => "an object",
            (_, false) => "an array",
        };
        self.problem(MessageProblem::Truncated { within: within.to_owned() })
    }

    fn open_text(&mut self) -> JsonError {
        let within = "a text that a quotation mark opened".to_owned();
        self.problem(MessageProblem::Truncated { within })
    }

    fn close(&mut self, closing: u8) -> Result<Token, JsonError> {
        let (token, own) = if self.in_object() { (Token::EndObject, b'}') } else { (Token::EndArray, b']') };
        if closing != own {
            let (found, expected) = (char::from(closing), char::from(own));
            return Err(self.error(Malformed::WrongEnd { found, expected }));
        }
        self.input.pass(1);
        self.nesting >>= 1;
        self.depth -= 1;
        self.after_value();
        Ok(token)
    }

    fn after_value(&mut self) {
        self.expected = if self.depth == 0 { Expected::Nothing } else { Expected::CommaOrEnd };
    }

    fn open(&mut self, is_object: bool) -> Result<Token, JsonError> {
        if self.depth == DEPTH_MAX {
            return Err(self.too_large("the nesting of objects and arrays", DEPTH_MAX as usize, "levels"));
        }
        self.input.pass(1);
        self.nesting = self.nesting << 1 | u64::from(is_object);
        self.depth += 1;
        if is_object {
            self.expected = Expected::NameOrEnd;
            Ok(Token::BeginObject)
        } else {
            self.expected = Expected::ValueOrEnd;
            Ok(Token::BeginArray)
        }
    }

    fn name(&mut self, byte: Option<u8>) -> Result<Token, JsonError> {
        match byte {
            Some(b'"') => self.string(NAME_BYTES_MAX)?,
            Some(_) => return Err(self.error(Malformed::NameExpected)),
            None => return Err(self.truncated()),
        }
        // The name may lie in the buffer; what follows may have to be read into it.
        if self.input.peek() != Some(b':') {
            self.keep_text();
            if self.input.next_visible()? != Some(b':') {
                self.input.begin_token();
                let at_end = self.input.peek().is_none();
                return Err(if at_end { self.truncated() } else { self.error(Malformed::MissingColon) });
            }
        }
        self.input.pass(1);
        self.expected = Expected::Value;
        Ok(Token::Name)
    }

    /// Takes the text of the last token out of the buffer.
    fn keep_text(&mut self) {
        if let TextAt::Buffer { start, end } = self.text {
            self.decoded.clear();
            self.decoded.extend_from_slice(self.input.slice(start, end));
            self.text = TextAt::Decoded;
        }
    }

    #[inline]
    fn value(&mut self, byte: u8) -> Result<Token, JsonError> {
        let token = match byte {
            b'{' => return self.open(true),
            b'[' => return self.open(false),
            b'"' => {
                self.string(TEXT_BYTES_MAX)?;
                Token::Text
            }
            b'-' | b'0'..=b'9' | b'N' | b'I' => self.number()?,
            b't' => self.word(b"true", Token::True)?,
            b'f' => self.word(b"false", Token::False)?,
            b'n' => self.word(b"null", Token::Null)?,
            b'\'' => return Err(self.error(Malformed::SingleQuote)),
            _ => return Err(self.error(Malformed::ValueExpected)),
        };
        self.after_value();
        Ok(token)
    }

    fn word(&mut self, word: &'static [u8], token: Token) -> Result<Token, JsonError> {
        let found = self.input.window(word.len())?;
        if !found.starts_with(word) {
            let at_end = found.len() < word.len() && word.starts_with(found);
            return Err(if at_end { self.truncated() } else { self.error(Malformed::ValueExpected) });
        }
        self.input.pass(word.len());
        Ok(token)
    }

    /// Where reading stands: behind the last token.
    pub(super) fn mark(&mut self) -> Mark {
        let place = self.input.place();
        Mark { place, nesting: self.nesting, depth: self.depth, expected: self.expected }
    }
}

impl<R: Read + Seek> Tokens<R> {
    /// Goes to a mark.
    pub(super) fn jump(&mut self, mark: Mark) -> io::Result<()> {
        self.input.jump(mark.place)?;
        self.nesting = mark.nesting;
        self.depth = mark.depth;
        self.expected = mark.expected;
        Ok(())
    }
}
