//! From text to words, numbers, texts and signs.
//!
//! What lives here: where each token starts and ends, and characters that belong to none. What must not:
//! which token may follow which.

use super::DIAGNOSTICS_MAX;
use super::keyword::is_keyword;
use crate::ast::Span;
use crate::diagnostic::Diagnostic;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name; the span includes its quotes, if it has any.
    Name,
    /// A word of the language.
    Keyword,
    /// Digits.
    Integer,
    /// Digits with a point.
    Number,
    /// A text with its quotation marks.
    String,
    /// `:=`, `(`, ...
    Sign,
    /// Something that has been reported already.
    Bad,
    /// Behind the last character.
    End,
}

impl TokenKind {
    fn is_word(self) -> bool {
        matches!(self, Self::Name | Self::Keyword | Self::Integer | Self::Number)
    }
}

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// Signs, longer ones before their beginnings.
const SIGNS: &[&str] = &[
    ":=", "<-", "<=", "<>", ">=", "||", "->", "(", ")", "[", "]", "{", "}", "=", "<", ">", "+", "-", "*",
    "/", ",", ":", "#", ";", "_",
];

/// Splits a text, which must be shorter than 4 GB, into tokens; the last one is [`TokenKind::End`].
pub(crate) fn lex(text: &str) -> (Vec<Token>, Vec<Diagnostic>) {
    let mut lexer = Lexer { text, tokens: Vec::with_capacity(text.len() / 4), diagnostics: Vec::new() };
    // Editors on Windows mark UTF-8 with an invisible character at the start.
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while at < text.len() {
        at = lexer.step(at);
    }
    lexer.push(TokenKind::End, text.len(), text.len());
    (lexer.tokens, lexer.diagnostics)
}

struct Lexer<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
}

impl Lexer<'_> {
    /// Reads what starts at `at` and tells where it ends.
    fn step(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let bytes = rest.as_bytes();
        match bytes[0] {
            b' ' | b'\t' | b'\r' | b'\n' | 0x0c => return at + 1,
            b'/' if bytes.get(1) == Some(&b'/') => {
                return memchr::memchr(b'\n', bytes).map_or(self.text.len(), |line| at + line + 1);
            }
            b'/' if bytes.get(1) == Some(&b'*') => return self.comment(at),
            b'"' => return self.quoted(at, b'"', TokenKind::String),
            b'\'' => return self.quoted(at, b'\'', TokenKind::Name),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => return self.word(at),
            _ => {}
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            let end = at + sign.len();
            self.push(TokenKind::Sign, at, end);
            return end;
        }
        self.stray(at)
    }

    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        self.tokens.push(Token { kind, span: span(start, end) });
    }

    fn word(&mut self, at: usize) -> usize {
        let bytes = &self.text.as_bytes()[at..];
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        let len = bytes.iter().position(|byte| !is_part(byte)).unwrap_or(bytes.len());
        let word = &self.text[at..at + len];
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let kind = if is_keyword(word) {
            TokenKind::Keyword
        } else if is_digits(word) {
            TokenKind::Integer
        } else if word.split_once('.').is_some_and(|(whole, rest)| is_digits(whole) && is_digits(rest)) {
            TokenKind::Number
        } else {
            TokenKind::Name
        };
        self.push(kind, at, at + len);
        at + len
    }

    fn quoted(&mut self, at: usize, quote: u8, kind: TokenKind) -> usize {
        if let Some(len) = memchr::memchr(quote, &self.text.as_bytes()[at + 1..]) {
            let end = at + len + 2;
            self.push(kind, at, end);
            return end;
        }
        let (what, mark) = if quote == b'"' { ("text", "\"") } else { ("quoted name", "'") };
        // The rest of the line is the most that can be meant; what follows is read as usual.
        let end =
            memchr::memchr(b'\n', &self.text.as_bytes()[at..]).map_or(self.text.len(), |line| at + line);
        let message = format!("the {what} that starts here has no end");
        self.report("SYN-OPEN-QUOTE", at, at + 1, message, format!("write {mark} where the {what} ends"));
        self.push(TokenKind::Bad, at, end);
        end
    }

    fn comment(&mut self, at: usize) -> usize {
        if let Some(len) = self.text[at + 2..].find("*/") {
            return at + len + 4;
        }
        let message = "the comment that starts here has no end".to_owned();
        self.report("SYN-OPEN-COMMENT", at, at + 2, message, "write */ where the comment ends".to_owned());
        self.text.len()
    }

    /// Characters that start no token: the whole run of them is one mistake, and a whole word if they are
    /// letters.
    fn stray(&mut self, at: usize) -> usize {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let starts_token = |c: char| {
            c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || "\"'()[]{}=<>+-*/,:#;_|".contains(c)
        };
        let rest = &self.text[at..];
        let first = rest.chars().next().unwrap_or_default();
        let mut start = at;
        let end = at
            + if first.is_alphabetic() {
                let before =
                    self.tokens.pop_if(|token| token.span.end as usize == at && token.kind.is_word());
                start = before.map_or(at, |token| token.span.start as usize);
                rest.find(|c| !is_part(c)).unwrap_or(rest.len())
            } else {
                let len =
                    rest.chars().skip(1).take_while(|c| !starts_token(*c)).map(char::len_utf8).sum::<usize>();
                first.len_utf8() + len
            };
        let (message, help) = explain_stray(&self.text[start..end], first, &self.text[end..]);
        self.report("SYN-CHARACTER", start, end, message, help);
        self.push(TokenKind::Bad, start, end);
        end
    }

    fn report(&mut self, code: &'static str, start: usize, end: usize, message: String, help: String) {
        // One more than is shown is enough to know that there were more.
        if self.diagnostics.len() <= DIAGNOSTICS_MAX {
            self.diagnostics.push(Diagnostic::syntax(code, span(start, end), message).with_help(help));
        }
    }
}

/// `first` is the first character of what was found that cannot stand in a script.
fn explain_stray(found: &str, first: char, rest: &str) -> (String, String) {
    let shown = if first.is_control() { format!("U+{:04X}", u32::from(first)) } else { found.to_owned() };
    let message = format!("`{shown}` has no meaning here");
    let help = match first {
        '!' if rest.starts_with('=') => "`<>` says that two values differ".to_owned(),
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => {
            "write texts between straight quotation marks: \"text\"".to_owned()
        }
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '`' => {
            "write quoted names between straight marks: 'name'".to_owned()
        }
        '\u{2013}' | '\u{2014}' | '\u{2212}' => "write minus as `-`".to_owned(),
        '\u{2260}' => "`<>` says that two values differ".to_owned(),
        '\u{2264}' => "write `<=`".to_owned(),
        '\u{2265}' => "write `>=`".to_owned(),
        '|' => "`||` joins texts; `or` joins conditions".to_owned(),
        '&' => "`and` joins conditions".to_owned(),
        '%' => "`mod(a, b)` gives the rest of a division".to_owned(),
        '^' => "`power(a, b)` raises to a power".to_owned(),
        '\u{a0}' | '\u{feff}' | '\u{200b}' => "it looks like a blank and is none; delete it".to_owned(),
        _ if first.is_alphabetic() => {
            "names have letters a-z, digits, `_` and `.`; write others between quotes: 'name'".to_owned()
        }
        _ => "delete it, or put the name it belongs to between quotes: 'name'".to_owned(),
    };
    (message, help)
}

/// Scripts are far shorter than 4 GB (`SCRIPT_BYTES_MAX`).
fn span(start: usize, end: usize) -> Span {
    Span::new(start as u32, end as u32)
}
