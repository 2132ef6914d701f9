//! What is said about a token that cannot stand where it stands, and what its author may have meant.

use super::cursor::Parser;
use super::expr::{EXPRESSION, OPERATOR};
use super::keyword::is_keyword;
use super::lex::{Token, TokenKind};
use crate::diagnostic::Diagnostic;

/// Words that give expressions and statements their shape: nobody means them as names.
const SHAPE: &[&str] = &[
    "and",
    "as",
    "by",
    "case",
    "define",
    "else",
    "end",
    "errorcode",
    "errorlevel",
    "false",
    "group",
    "having",
    "if",
    "imbalance",
    "in",
    "is",
    "not",
    "not_in",
    "null",
    "or",
    "over",
    "returns",
    "ruleset",
    "then",
    "to",
    "true",
    "using",
    "when",
    "xor",
];

/// Longest piece of the script that is repeated in a message, in characters.
const SHOWN_MAX: usize = 40;

/// The diagnostic for the token that stands here.
pub(super) fn unexpected(parser: &Parser<'_>, expected: &[&'static str]) -> Diagnostic {
    let token = parser.peek(0);
    let written = parser.written(token);
    let message = match token.kind {
        TokenKind::End => "the script ends too early".to_owned(),
        TokenKind::String => format!("the text {} cannot stand here", shown(written)),
        TokenKind::Keyword => format!("the word `{}` cannot stand here", shown(written)),
        _ => format!("`{}` cannot stand here", shown(written)),
    };
    let diagnostic = Diagnostic::syntax("SYN-UNEXPECTED", token.span, message)
        .with_expected(expected.iter().map(|what| presented(what)));
    match help(parser, token, expected) {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

fn shown(written: &str) -> String {
    let line = written.lines().next().unwrap_or_default();
    if line.len() == written.len() && line.chars().count() <= SHOWN_MAX {
        return line.to_owned();
    }
    line.chars().take(SHOWN_MAX).chain("...".chars()).collect()
}

/// Kinds of things stand in plain words, what is to be written between marks.
fn presented(what: &str) -> String {
    let is_kind = ["a ", "an ", "the "].iter().any(|article| what.starts_with(article));
    if is_kind { what.to_owned() } else { format!("`{what}`") }
}

fn help(parser: &Parser<'_>, token: Token, expected: &[&'static str]) -> Option<String> {
    let written = parser.written(token);
    let wants = |what: &str| expected.contains(&what);
    let wants_name =
        wants(EXPRESSION) || expected.iter().any(|what| what.starts_with("the name of")) || wants("a code");
    match token.kind {
        TokenKind::Keyword if wants_name && !SHAPE.contains(&written) && !parser.is_ahead(1, "(") => {
            return Some(format!(
                "`{written}` is a word of the language; as a name it stands between quotes: '{written}'"
            ));
        }
        TokenKind::Name if is_keyword(&written.to_ascii_lowercase()) && wants_word(written, expected) => {
            let word = written.to_ascii_lowercase();
            return Some(format!("words of the language have small letters: {word}"));
        }
        TokenKind::Name if wants("a constant") && written.starts_with('\'') => {
            let text = written.trim_matches('\'');
            return Some(format!("single quotes make names; texts stand between double ones: \"{text}\""));
        }
        TokenKind::Sign if written == "=" && wants(":=") => {
            return Some("`=` compares; `:=` gives a name to a result".to_owned());
        }
        TokenKind::Sign if written == "=" && parser.written(parser.previous()) == "=" => {
            return Some("a single `=` compares".to_owned());
        }
        TokenKind::Integer | TokenKind::Number if wants("the name of a result") => {
            return Some("a statement starts with the name of its result: name := ...;".to_owned());
        }
        _ => {}
    }
    if written == "group" && parser.written(parser.previous()) == ")" {
        return Some("the grouping belongs between the brackets: sum(DS group by Id)".to_owned());
    }
    open_text(parser).or_else(|| open_bracket(parser, token, expected))
}

/// Whether the word, in small letters, could stand here.
fn wants_word(written: &str, expected: &[&'static str]) -> bool {
    let word = written.to_ascii_lowercase();
    let is_operator = matches!(word.as_str(), "and" | "or" | "xor" | "in" | "not_in");
    expected.contains(&word.as_str()) || (is_operator && expected.contains(&OPERATOR))
}

/// A text of several lines just before a mistake has most often lost its end.
fn open_text(parser: &Parser<'_>) -> Option<String> {
    let before = parser.previous();
    let text = parser.written(before);
    if before.kind != TokenKind::String || !text.contains('\n') {
        return None;
    }
    let line = line_of(parser.text, before.span.start);
    Some(format!("the text that starts in line {line} goes over several lines: is its end missing?"))
}

/// The bracket that is still open where a statement ends.
fn open_bracket(parser: &Parser<'_>, token: Token, expected: &[&'static str]) -> Option<String> {
    let written = parser.written(token);
    let ends = token.kind == TokenKind::End
        || matches!(written, ";" | "define" | "end")
        || parser.is_statement_ahead();
    let close = *expected.iter().find(|what| matches!(**what, ")" | "]" | "}"))?;
    if !ends {
        return None;
    }
    let open = parser.innermost_open()?;
    let line = line_of(parser.text, open.span.start);
    Some(format!("the `{}` in line {line} has no `{close}`", parser.written(open)))
}

fn line_of(text: &str, byte: u32) -> usize {
    memchr::memchr_iter(b'\n', &text.as_bytes()[..byte as usize]).count() + 1
}
