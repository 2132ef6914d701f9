//! Keys and arrays of a message to the cells of a record.

use std::io::Read;

use super::layout::{Component, KeyOf, Layout};
use super::problem::JsonError;
use super::tokens::{Token, Tokens};
use super::value;
use crate::columns::{AttributeValue, LocalText};
use crate::csv::DIVIDED;
use crate::data::{Mark, Record};

/// Where cells go.
pub(super) struct Into<'r> {
    pub(super) record: &'r mut Record,
    /// Where the part begins.
    pub(super) mark: Mark,
    /// A deletion names what it deletes: defaults say nothing in it.
    pub(super) is_delete: bool,
}

impl Into<'_> {
    /// Adds the dimensions of the key that is the last token.
    #[inline]
    pub(super) fn key<R: Read>(
        &mut self,
        tokens: &mut Tokens<R>,
        layout: &Layout,
        of: KeyOf,
    ) -> Result<(), JsonError> {
        let key = tokens.text();
        let count = if key.is_empty() { 0 } else { memchr::memchr_iter(b':', key.as_bytes()).count() + 1 };
        let places = layout.key(of, count).or_else(|| layout.key(of, 1).filter(|_| key.is_empty()));
        let Some(places) = places else { return self.wrong_key(tokens, layout, of) };
        let mut pushed = Ok(());
        // The name begins with a quotation mark.
        let mut at = 1;
        for (index, place) in key.split(':').zip(places) {
            let dimension = &layout.dimensions[*place];
            let name = dimension.id.as_bytes();
            pushed = pushed.and(match (index, dimension.listed(index)) {
                // A wildcard, or not of the group.
                ("", _) => Ok(()),
                ("~", _) => self.record.push(name, b"~", at),
                (_, Some(AttributeValue::Text(code))) => self.record.push(name, code.as_bytes(), at),
                (_, Some(value)) => self.record.push_value(name, value, at),
                // No code begins so: it is reported where codes are.
                (index, None) => self.record.push(name, format!("[{index}]").as_bytes(), at),
            });
            at += index.len() as u32 + 1;
        }
        pushed.map_err(|error| tokens.contents(error.to_string()))
    }

    /// A key of which nobody can tell what its indexes are of: no dimension may seem to be left out, for in a
    /// deletion that means all its codes.
    #[cold]
    fn wrong_key<R: Read>(
        &mut self,
        tokens: &mut Tokens<R>,
        layout: &Layout,
        of: KeyOf,
    ) -> Result<(), JsonError> {
        let content = format!("[{}]", tokens.text());
        for place in layout.key_dimensions(of) {
            let pushed = self.record.push(layout.dimensions[*place].id.as_bytes(), content.as_bytes(), 1);
            pushed.map_err(|error| tokens.contents(error.to_string()))?;
        }
        Ok(())
    }

    /// Adds a dimension that has one value for the whole dataset. If it has none, or several, it is reported and
    /// not left out: in a deletion that would mean all its codes. A key that names it comes later and counts.
    pub(super) fn dimension<R: Read>(
        &mut self,
        tokens: &mut Tokens<R>,
        dimension: &Component,
    ) -> Result<(), JsonError> {
        match dimension.of_dataset() {
            Ok(only) => self.value(tokens, &dimension.id, only, 0),
            Err(indexes) => {
                let pushed = self.record.push(dimension.id.as_bytes(), indexes.as_bytes(), 0);
                pushed.map_err(|error| tokens.contents(error.to_string()))
            }
        }
    }

    /// Adds what the array says that `first` begins, component by component. Behind them are annotations.
    #[inline]
    pub(super) fn cells<R: Read>(
        &mut self,
        tokens: &mut Tokens<R>,
        first: Token,
        components: &[Component],
    ) -> Result<(), JsonError> {
        let mut rest = components.iter();
        match first {
            Token::BeginArray => loop {
                match tokens.next()? {
                    Token::EndArray => break,
                    first => match rest.next() {
                        Some(component) => self.cell(tokens, first, component)?,
                        None => tokens.skip_rest(first)?,
                    },
                }
            },
            Token::Null => {}
            // Drafts have the value of an observation without an array.
            first => match rest.next() {
                Some(component) => self.cell(tokens, first, component)?,
                None => tokens.skip_rest(first)?,
            },
        }
        self.defaults(tokens, rest.as_slice())
    }

    /// Adds what components stand for that are left out.
    #[inline]
    pub(super) fn defaults<R: Read>(
        &mut self,
        tokens: &mut Tokens<R>,
        components: &[Component],
    ) -> Result<(), JsonError> {
        if self.is_delete {
            return Ok(());
        }
        for component in components {
            if let Some(default) = &component.default {
                self.value(tokens, &component.id, default, 0)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn cell<R: Read>(
        &mut self,
        tokens: &mut Tokens<R>,
        first: Token,
        component: &Component,
    ) -> Result<(), JsonError> {
        let at = tokens.begin().saturating_sub(self.mark.offset).try_into().unwrap_or(u32::MAX);
        let name = component.id.as_bytes();
        let pushed = match first {
            Token::Null => return Ok(()),
            Token::Number if component.values.is_none() => {
                self.record.push(name, tokens.text().as_bytes(), at)
            }
            Token::Number => match component.listed(tokens.text()) {
                Some(value) => self.record.push_value(name, value, at),
                None if component.is_listed_null(tokens.text()) => return Ok(()),
                None => self.record.push(name, format!("[{}]", tokens.text()).as_bytes(), at),
            },
            Token::Text if !tokens.text().starts_with(DIVIDED) => {
                self.record.push(name, tokens.text().as_bytes(), at)
            }
            first => match value::word(first) {
                Some(word) => self.record.push(name, word.as_bytes(), at),
                None => {
                    let value = value::read(tokens, first, |index| component.listed(index).cloned())?;
                    return value.map_or(Ok(()), |value| self.value(tokens, &component.id, &value, at));
                }
            },
        };
        pushed.map_err(|error| tokens.contents(error.to_string()))
    }

    /// Adds a value.
    pub(super) fn value<R: Read>(
        &mut self,
        tokens: &mut Tokens<R>,
        name: &str,
        value: &AttributeValue,
        at: u32,
    ) -> Result<(), JsonError> {
        let pushed = match value {
            // A text that looks like several is one all the same.
            AttributeValue::Text(text) if text.starts_with(DIVIDED) => {
                let one = LocalText { language: "".into(), text: text.clone() };
                self.record.push_value(name.as_bytes(), &AttributeValue::Many([vec![one]].into()), at)
            }
            value => self.record.push_value(name.as_bytes(), value, at),
        };
        pushed.map_err(|error| tokens.contents(error.to_string()))
    }
}
