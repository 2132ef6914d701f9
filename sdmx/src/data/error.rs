//! Why a message cannot be read, with line and column.

use std::fmt;

/// A message that cannot be read further.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct MessageError {
    /// Line, from 1.
    pub line: u64,
    /// Character of the line, from 1.
    pub column: u64,
    /// What is wrong there.
    #[source]
    pub problem: MessageProblem,
}

/// What is wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageProblem {
    /// The syntax of the format is broken.
    #[error("{0}")]
    Syntax(String),
    /// The message ends too early.
    #[error("the message ends within {within}: it was cut off; send it again as a whole")]
    Truncated {
        /// What is open.
        within: String,
    },
    /// Larger than a named limit.
    #[error("{what} is larger than {most}, which no message needs")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The limit with its unit.
        most: String,
    },
    /// A definition of a document type or of entities.
    #[error(
        "the message defines a document type or entities, which SDMX does not need and which are not read: remove <!DOCTYPE ...>"
    )]
    DocumentType,
    /// An entity that XML does not have by itself.
    #[error("&{0}; is not an entity of XML: write the character itself, or & as &amp;")]
    UnknownEntity(String),
    /// A quotation mark within an attribute's value.
    #[error("the value of {name} is followed by text: a quotation mark within it must be written as &quot;")]
    UnescapedQuote {
        /// The attribute.
        name: String,
    },
    /// Another message of SDMX, such as one of structures.
    #[error("the message is {found}, not data: {remedy}")]
    OtherMessage {
        /// What it is.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Nothing in it.
    #[error("the message has no observations")]
    Empty,
    /// Its sender says that more belongs to it.
    #[error("the message says that it is not whole, with {said}: ask its sender again, for less at once")]
    NotWhole {
        /// The error that it reports: code and text.
        said: String,
    },
    /// A part of the message says something that cannot be.
    #[error("{0}")]
    Contents(String),
}

impl MessageError {
    /// An error at a place.
    pub fn new(line: u64, column: u64, problem: MessageProblem) -> Self {
        Self { line, column, problem }
    }

    /// Broken syntax at a place.
    pub fn syntax(line: u64, column: u64, text: impl fmt::Display) -> Self {
        Self::new(line, column, MessageProblem::Syntax(text.to_string()))
    }
}
