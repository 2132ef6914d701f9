//! One artefact as a tree of elements, from which readers take what they know; what is left is what the model
//! does not hold.

use std::fmt;

use super::reading::Flaw;

/// Where something begins in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::ml::structure) struct Place {
    /// From 1.
    pub(super) line: u32,
    /// In characters, from 1.
    pub(super) column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// An element, without namespace prefixes.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: Box<str>,
    pub(super) place: Place,
    pub(super) attributes: Vec<(Box<str>, Box<str>)>,
    pub(super) children: Vec<Element>,
    /// All text directly within.
    pub(super) text: String,
}

impl Element {
    /// Takes an attribute out.
    pub(super) fn attribute(&mut self, name: &str) -> Option<Box<str>> {
        let place = self.attributes.iter().position(|(known, _)| **known == *name)?;
        Some(self.attributes.swap_remove(place).1)
    }

    /// Takes an attribute out that must be there.
    pub(super) fn required(&mut self, name: &str) -> Result<Box<str>, Flaw> {
        self.attribute(name).ok_or_else(|| self.flaw(format!("the attribute {name} is missing: give it")))
    }

    /// Takes an attribute out, read by its own grammar.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Option<T>,
        expected: &str,
    ) -> Result<Option<T>, Flaw> {
        let Some(text) = self.attribute(name) else { return Ok(None) };
        let refuse = || self.flaw(format!("the attribute {name} is {}: write {expected}", quoted(&text)));
        parse(text.trim()).map(Some).ok_or_else(refuse)
    }

    /// Takes a truth value out.
    pub(super) fn truth(&mut self, name: &str) -> Result<Option<bool>, Flaw> {
        let parse = |text: &str| match text {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        };
        self.parsed(name, parse, "true or false")
    }

    /// Takes the first child of this name out.
    pub(super) fn child(&mut self, name: &str) -> Option<Element> {
        let place = self.children.iter().position(|child| *child.name == *name)?;
        Some(self.children.remove(place))
    }

    /// Takes a child out that must be there.
    pub(super) fn required_child(&mut self, name: &str) -> Result<Element, Flaw> {
        self.child(name).ok_or_else(|| self.flaw(format!("it has no {name}: give it one")))
    }

    /// Takes all children of this name out, in their order.
    pub(super) fn children(&mut self, name: &str) -> Vec<Element> {
        self.children.extract_if(.., |child| *child.name == *name).collect()
    }

    /// Takes the text out, without the spaces around it.
    pub(super) fn word(&mut self) -> Box<str> {
        Box::from(std::mem::take(&mut self.text).trim())
    }

    /// What is wrong at this element.
    pub(super) fn flaw(&self, text: impl Into<String>) -> Flaw {
        Flaw { place: self.place, text: format!("{}: {}", self.name, text.into()) }
    }
}

/// The beginning of a text, in quotation marks.
pub(super) fn quoted(text: &str) -> String {
    const CHARACTERS_QUOTED: usize = 100;
    format!("{:?}", text.chars().take(CHARACTERS_QUOTED).collect::<String>())
}
