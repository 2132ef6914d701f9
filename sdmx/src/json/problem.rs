//! What can be wrong with a document of JSON, in words that say what to do.

use std::io;

use crate::csv::{ReadError, RowError};
use crate::data::{Mark as Place, MessageError, MessageProblem};

/// Why a document cannot be read further.
#[derive(Debug)]
pub(super) enum JsonError {
    /// Reading failed.
    Io(io::Error),
    /// The document is not what it should be.
    Message(MessageError),
}

/// What is wrong with the syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("a comma stands before {0}: remove it")]
    CommaBeforeEnd(char),
    #[error("a comma is missing before this")]
    MissingComma,
    #[error("a colon is missing between a name and its value")]
    MissingColon,
    #[error("something follows the end of the message: a file holds one message; remove what follows")]
    Trailing,
    #[error("{found} stands where {expected} should close what is open")]
    WrongEnd { found: char, expected: char },
    #[error("a name in double quotation marks should stand here")]
    NameExpected,
    #[error(
        "the member \"{0}\" stands in its object a second time, and only one of them would be read: put both into one"
    )]
    Repeated(&'static str),
    #[error(
        "a value should stand here: an object, an array, a text in double quotation marks, a number, true, false or null"
    )]
    ValueExpected,
    #[error("texts stand in double quotation marks, not in single ones")]
    SingleQuote,
    #[error(
        "this is not a number: write digits with at most one decimal point and no leading zero, or a text in quotation marks"
    )]
    Number,
    #[error("a line break or another control character stands within a text: write it as \\n or \\u00XX")]
    ControlCharacter,
    #[error("this is not an escape of JSON: a backslash that belongs to the text is written twice")]
    Escape,
    #[error("the text is not UTF-8: save the file in that encoding")]
    NotUtf8,
}

impl JsonError {
    /// An error at a place.
    pub(super) fn new(place: Place, problem: MessageProblem) -> Self {
        Self::Message(MessageError::new(place.line, place.column, problem))
    }

    /// Broken syntax at a place.
    pub(super) fn malformed(place: Place, problem: Malformed) -> Self {
        Self::Message(MessageError::syntax(place.line, place.column, problem))
    }
}

impl From<io::Error> for JsonError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<JsonError> for ReadError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Io(error) => RowError::from(error).into(),
            JsonError::Message(error) => error.into(),
        }
    }
}
