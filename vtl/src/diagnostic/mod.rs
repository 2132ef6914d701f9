//! What is wrong, where, and what the reader can do.
//!
//! What lives here: the one type in which all phases speak to the author of a script, and its picture in
//! plain text. What must not: how mistakes are found.

mod render;

use std::fmt;

use crate::ast::Span;

/// When a mistake is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// While the text of the script is read.
    Syntax,
    /// While its meaning is settled, before any data is touched.
    Semantic,
    /// While data is computed.
    Run,
    /// While data is read.
    Input,
}

impl Phase {
    /// In one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Semantic => "semantic",
            Self::Run => "run",
            Self::Input => "input",
        }
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// When it was found.
    pub phase: Phase,
    /// A name that stays the same over versions: `SYN-...`, `SEM-...`.
    pub code: &'static str,
    /// The piece of the script it is about.
    pub span: Span,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What could stand there instead; empty where that says nothing.
    pub expected: Vec<String>,
    /// What the author can do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake with nothing further to say.
    pub fn new(phase: Phase, code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { phase, code, span, message: message.into(), expected: Vec::new(), help: None }
    }

    /// A mistake of the language.
    pub fn syntax(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Phase::Syntax, code, span, message)
    }

    /// A mistake of meaning.
    pub fn semantic(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Phase::Semantic, code, span, message)
    }

    /// With what the author can do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With what could stand there instead.
    #[must_use]
    pub fn with_expected(mut self, expected: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.expected = expected.into_iter().map(Into::into).collect();
        self
    }
}

impl Diagnostic {
    /// Line and column (from 1, in characters) where it starts in the script.
    pub fn place(&self, script: &str) -> (usize, usize) {
        render::place(script, self.span.start)
    }

    /// A picture for people: the message, the line with the piece underlined, what was expected, and help.
    /// `source` says where the script comes from, like a file's name.
    pub fn render<'a>(&'a self, script: &'a str, source: &'a str) -> impl fmt::Display + 'a {
        render::Picture { diagnostic: self, script, source }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Diagnostic {}
