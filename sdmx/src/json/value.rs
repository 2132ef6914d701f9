//! Values as they stand in arrays: numbers, texts, texts by language, and several of them.

use std::io::Read;
use std::sync::Arc;

use super::problem::JsonError;
use super::tokens::{Token, Tokens};
use super::{TEXT_BYTES_MAX, VALUE_PARTS_MAX};
use crate::columns::{AttributeValue, LocalText};
use crate::data::MessageProblem;

/// A value that is not a plain scalar, while its parts come in.
#[derive(Default)]
struct Parts {
    sets: Vec<Vec<LocalText>>,
    count: usize,
    bytes: usize,
}

impl Parts {
    fn note<R: Read>(&mut self, tokens: &mut Tokens<R>, bytes: usize) -> Result<(), JsonError> {
        self.count += 1;
        self.bytes += bytes;
        if self.count > VALUE_PARTS_MAX {
            let (what, most) = ("a value with several parts", format!("{VALUE_PARTS_MAX} parts"));
            return Err(tokens.problem(MessageProblem::TooLarge { what, most }));
        }
        if self.bytes > TEXT_BYTES_MAX {
            let (what, most) = ("a value with several parts", format!("{TEXT_BYTES_MAX} bytes"));
            return Err(tokens.problem(MessageProblem::TooLarge { what, most }));
        }
        Ok(())
    }

    fn plain<R: Read>(&mut self, tokens: &mut Tokens<R>, text: &str) -> Result<(), JsonError> {
        self.note(tokens, text.len())?;
        self.sets.push(vec![LocalText { language: Arc::from(""), text: Arc::from(text) }]);
        Ok(())
    }

    /// Reads the members of an object that has begun: texts by language.
    fn texts<R: Read>(&mut self, tokens: &mut Tokens<R>) -> Result<(), JsonError> {
        let mut set = Vec::new();
        while tokens.next()? == Token::Name {
            let language: Arc<str> = Arc::from(tokens.text());
            match tokens.next()? {
                Token::Text | Token::Number => {
                    let text: Arc<str> = Arc::from(tokens.text());
                    self.note(tokens, language.len() + text.len())?;
                    set.push(LocalText { language, text });
                }
                Token::Null => {}
                token => tokens.skip_rest(token)?,
            }
        }
        if !set.is_empty() {
            self.sets.push(set);
        }
        Ok(())
    }

    fn whole(self) -> Option<AttributeValue> {
        match &self.sets[..] {
            [] => None,
            [set] => match &set[..] {
                [one] if one.language.is_empty() => Some(AttributeValue::Text(one.text.clone())),
                _ => Some(AttributeValue::Many(self.sets.into())),
            },
            _ => Some(AttributeValue::Many(self.sets.into())),
        }
    }
}

/// The word of a token that stands for itself.
pub(super) fn word(token: Token) -> Option<&'static str> {
    match token {
        Token::True => Some("true"),
        Token::False => Some("false"),
        _ => None,
    }
}

/// Reads the value that begins with `first`; arrays within arrays are read as one. `listed` finds the value
/// that a numeral is the index of; nothing if it stands for itself.
pub(super) fn read<R: Read>(
    tokens: &mut Tokens<R>,
    first: Token,
    listed: impl Fn(&str) -> Option<AttributeValue>,
) -> Result<Option<AttributeValue>, JsonError> {
    let mut parts = Parts::default();
    let (mut token, mut open) = (first, 0u32);
    loop {
        match token {
            Token::BeginArray => open += 1,
            Token::EndArray => open -= 1,
            Token::BeginObject => parts.texts(tokens)?,
            Token::Number => match listed(tokens.text()) {
                Some(AttributeValue::Many(sets)) => {
                    parts.note(tokens, AttributeValue::Many(sets.clone()).text_bytes())?;
                    parts.sets.extend(sets.iter().cloned());
                }
                Some(AttributeValue::Text(text)) => parts.plain(tokens, &text)?,
                None => {
                    let text = tokens.text().to_owned();
                    parts.plain(tokens, &text)?;
                }
            },
            Token::Text => {
                let text = tokens.text().to_owned();
                parts.plain(tokens, &text)?;
            }
            token => {
                if let Some(word) = word(token) {
                    parts.plain(tokens, word)?;
                }
            }
        }
        if open == 0 {
            return Ok(parts.whole());
        }
        token = tokens.next()?;
    }
}
