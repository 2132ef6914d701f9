//! Attribute values and their columns.

use std::collections::HashMap;
use std::sync::Arc;

use super::runs::Runs;

/// A text in one language; the language is empty where none was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalText {
    /// BCP 47 tag, or empty.
    pub language: Arc<str>,
    /// The text.
    pub text: Arc<str>,
}

/// What stands in one attribute cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AttributeValue {
    /// A code or one text without language: nearly always.
    Text(Arc<str>),
    /// Several values (the outer list), each in one or more languages (SDMX 3.0, multi-valued and
    /// multilingual components).
    Many(Arc<[Vec<LocalText>]>),
}

impl AttributeValue {
    /// One plain text.
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// The plain text, if the value is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Many(_) => None,
        }
    }

    /// Bytes of all texts and languages together.
    pub fn text_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Many(values) => {
                values.iter().flatten().map(|part| part.text.len() + part.language.len()).sum()
            }
        }
    }
}

/// One attribute over all series or all observations of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributeColumn {
    /// Distinct values; code `n` of the runs is `values[n - 1]`, code 0 is absent. In canonical columns
    /// exactly the used ones in order.
    pub values: Vec<AttributeValue>,
    /// Per series or per observation. May be empty instead of all absent.
    pub runs: Runs,
}

impl AttributeColumn {
    /// The value of one entry; nothing if absent.
    pub fn get(&self, entry: usize) -> Option<&AttributeValue> {
        self.value(self.runs.get(entry))
    }

    /// The value of a run's code; nothing for 0.
    pub fn value(&self, code: u32) -> Option<&AttributeValue> {
        self.values.get((code as usize).checked_sub(1)?)
    }

    /// Whether no entry has a value.
    pub fn all_absent(&self) -> bool {
        self.runs.all_absent()
    }

    pub(super) fn check(&self, entries: usize) -> bool {
        (self.runs.is_empty() || self.runs.len() == entries)
            && self.runs.runs().all(|(code, _)| code as usize <= self.values.len())
    }
}

/// Builds an [`AttributeColumn`] while values come in.
#[derive(Clone, Debug, Default)]
pub struct AttributeBuilder {
    column: AttributeColumn,
    lookup: HashMap<AttributeValue, u32>,
    text_bytes: usize,
}

impl AttributeBuilder {
    /// The code of a value in this column, added if new; 0 for none.
    pub fn code(&mut self, value: Option<&AttributeValue>) -> u32 {
        let Some(value) = value else { return 0 };
        if let Some(code) = self.lookup.get(value) {
            return *code;
        }
        self.text_bytes += value.text_bytes();
        self.column.values.push(value.clone());
        let code = self.column.values.len() as u32;
        self.lookup.insert(value.clone(), code);
        code
    }

    /// Bytes of all distinct values so far.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Appends `count` entries of a code that [`AttributeBuilder::code`] gave.
    pub fn push(&mut self, code: u32, count: usize) {
        self.column.runs.push(code, count);
    }

    /// The column so far; the builder is empty afterwards.
    pub fn take(&mut self) -> AttributeColumn {
        self.lookup.clear();
        self.text_bytes = 0;
        std::mem::take(&mut self.column)
    }
}
