//! Where the parser is: looking at tokens, taking them, and saying what was expected.
//!
//! What lives here: everything that all parts of the grammar need. What must not: the grammar.

use std::collections::HashMap;
use std::sync::Arc;

use super::explain;
use super::lex::{Token, TokenKind};
use super::{DIAGNOSTICS_MAX, EXPRESSION_DEPTH_MAX};
use crate::ast::{Name, Span};
use crate::diagnostic::Diagnostic;

/// The mistake has been reported; whoever knows where to go on catches this.
#[derive(Debug)]
pub(crate) struct Failed;

/// Something that was read, or a mistake that has been reported.
pub(crate) type Parsed<T> = Result<T, Failed>;

/// Reads one script.
pub(crate) struct Parser<'t> {
    pub(crate) text: &'t str,
    tokens: Vec<Token>,
    place: usize,
    /// What was asked for at this place and was not there.
    expected: Vec<&'static str>,
    diagnostics: Vec<Diagnostic>,
    names: HashMap<&'t str, Arc<str>>,
    /// How many expressions the present one is in.
    nesting: usize,
    /// Height of the expressions read so far within the present one.
    pub(crate) height: usize,
}

impl<'t> Parser<'t> {
    pub(crate) fn new(text: &'t str, tokens: Vec<Token>, diagnostics: Vec<Diagnostic>) -> Self {
        let names = HashMap::new();
        Self { text, tokens, place: 0, expected: Vec::new(), diagnostics, names, nesting: 0, height: 0 }
    }

    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// The token so many places ahead; beyond the end it is the end.
    pub(crate) fn peek(&self, ahead: usize) -> Token {
        let last = self.tokens.len() - 1;
        self.tokens[(self.place + ahead).min(last)]
    }

    /// The token before the present one.
    pub(crate) fn previous(&self) -> Token {
        self.tokens[self.place.saturating_sub(1)]
    }

    /// How a token is written.
    pub(crate) fn written(&self, token: Token) -> &'t str {
        &self.text[token.span.range()]
    }

    /// Where the present token starts.
    pub(crate) fn start(&self) -> Span {
        self.peek(0).span
    }

    /// From a start to the end of what has been taken.
    pub(crate) fn since(&self, start: Span) -> Span {
        Span::new(start.start, self.previous().span.end.max(start.start))
    }

    pub(crate) fn advance(&mut self) -> Token {
        let token = self.peek(0);
        self.place = (self.place + 1).min(self.tokens.len() - 1);
        self.expected.clear();
        token
    }

    /// Whether a keyword or sign stands so many places ahead.
    pub(crate) fn is_ahead(&self, ahead: usize, word: &str) -> bool {
        let token = self.peek(ahead);
        matches!(token.kind, TokenKind::Keyword | TokenKind::Sign) && self.written(token) == word
    }

    /// Whether a keyword or sign stands here; remembers that it was asked for.
    pub(crate) fn at(&mut self, word: &'static str) -> bool {
        if self.is_ahead(0, word) {
            return true;
        }
        self.expect_also(word);
        false
    }

    /// Takes a keyword or sign if it stands here.
    pub(crate) fn eat(&mut self, word: &'static str) -> bool {
        let found = self.at(word);
        if found {
            self.advance();
        }
        found
    }

    /// Takes a keyword or sign that must stand here.
    pub(crate) fn want(&mut self, word: &'static str) -> Parsed<Token> {
        if self.at(word) { Ok(self.advance()) } else { self.unexpected() }
    }

    /// Takes several keywords that must stand here, one behind the other.
    pub(crate) fn want_all(&mut self, words: &[&'static str]) -> Parsed<()> {
        words.iter().try_for_each(|word| self.want(word).map(|_| ()))
    }

    /// Takes the one of a list of words that stands here.
    pub(crate) fn eat_one_of<T: Copy>(&mut self, list: &[T], text: impl Fn(T) -> &'static str) -> Option<T> {
        list.iter().copied().find(|item| self.eat(text(*item)))
    }

    /// Remembers what could stand here.
    pub(crate) fn expect_also(&mut self, what: &'static str) {
        if !self.expected.contains(&what) {
            self.expected.push(what);
        }
    }

    /// Whether a token of this kind stands here; remembers that it was asked for.
    pub(crate) fn at_kind(&mut self, kind: TokenKind, what: &'static str) -> bool {
        let found = self.peek(0).kind == kind;
        if !found {
            self.expect_also(what);
        }
        found
    }

    /// A name that must stand here; `what` says of what.
    pub(crate) fn name(&mut self, what: &'static str) -> Parsed<Name> {
        if !self.at_kind(TokenKind::Name, what) {
            return self.unexpected();
        }
        let token = self.advance();
        Ok(self.name_of(token))
    }

    /// The name a token stands for.
    pub(crate) fn name_of(&mut self, token: Token) -> Name {
        let written = self.written(token);
        let text = written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(written);
        Name { text: self.intern(text), span: token.span }
    }

    /// The text between quotation marks, which must stand here; `what` says what it is for.
    pub(crate) fn quoted_text(&mut self, what: &'static str) -> Parsed<Arc<str>> {
        if !self.at_kind(TokenKind::String, what) {
            return self.unexpected();
        }
        let token = self.advance();
        Ok(self.text_of(token))
    }

    /// The text that a token stands for.
    pub(crate) fn text_of(&mut self, token: Token) -> Arc<str> {
        let written = self.written(token);
        self.intern(&written[1..written.len() - 1])
    }

    /// Equal texts share their memory.
    pub(crate) fn intern(&mut self, text: &'t str) -> Arc<str> {
        self.names.entry(text).or_insert_with(|| text.into()).clone()
    }

    /// One or more, with commas between.
    pub(crate) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Reports that the present token cannot stand here.
    pub(crate) fn unexpected<T>(&mut self) -> Parsed<T> {
        // What the lexer could not read has been reported.
        if self.peek(0).kind != TokenKind::Bad {
            let expected = std::mem::take(&mut self.expected);
            let diagnostic = explain::unexpected(self, &expected);
            self.report(diagnostic);
        }
        Err(Failed)
    }

    /// Reports a mistake with a message of its own.
    pub(crate) fn fail<T>(&mut self, diagnostic: Diagnostic) -> Parsed<T> {
        self.report(diagnostic);
        Err(Failed)
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        // One more than is shown is enough to know that there were more.
        if !self.has_enough_mistakes() {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether there are more mistakes than anybody reads.
    pub(crate) fn has_enough_mistakes(&self) -> bool {
        self.diagnostics.len() > DIAGNOSTICS_MAX
    }

    /// The last bracket before this place that has not been closed.
    pub(crate) fn innermost_open(&self) -> Option<Token> {
        let mut closed = 0usize;
        for token in self.tokens[..self.place].iter().rev().filter(|token| token.kind == TokenKind::Sign) {
            match self.written(*token) {
                ")" | "]" | "}" => closed += 1,
                "(" | "[" | "{" if closed == 0 => return Some(*token),
                "(" | "[" | "{" => closed -= 1,
                _ => {}
            }
        }
        None
    }

    /// Reads something one level deeper, and keeps count of depth.
    pub(crate) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let around = std::mem::take(&mut self.height);
        self.nesting += 1;
        let result = self.check_depth().and_then(|()| read(self));
        self.nesting -= 1;
        self.height = around.max(self.height + 1);
        result
    }

    /// Counts one more link of a chain that leans to the left.
    pub(crate) fn link(&mut self) -> Parsed<()> {
        self.height += 1;
        self.check_depth()
    }

    fn check_depth(&mut self) -> Parsed<()> {
        if self.nesting + self.height <= EXPRESSION_DEPTH_MAX {
            return Ok(());
        }
        let message = format!("this expression is nested deeper than {EXPRESSION_DEPTH_MAX} levels");
        let help = "give parts of it names of their own: `part := ...;`";
        let diagnostic = Diagnostic::syntax("SYN-TOO-DEEP", self.start(), message).with_help(help);
        self.fail(diagnostic)
    }
}
