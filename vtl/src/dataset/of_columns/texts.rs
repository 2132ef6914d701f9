//! Texts with one dictionary, batch by batch.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::dataset::{Column, Strings};

/// Takes codes and counts; texts are looked at once for each distinct one of a batch.
#[derive(Clone, Debug, Default)]
pub(super) struct TextsBuilder {
    dictionary: Vec<Arc<str>>,
    code_of: HashMap<Arc<str>, u32>,
    codes: Vec<u32>,
}

impl TextsBuilder {
    /// The code of a text, which is added if it is new.
    pub(super) fn code(&mut self, text: &Arc<str>) -> u32 {
        let next = self.dictionary.len() as u32;
        let code = *self.code_of.entry(text.clone()).or_insert(next);
        if code == next {
            self.dictionary.push(text.clone());
        }
        code
    }

    /// Appends so many rows of a code.
    pub(super) fn push(&mut self, code: u32, count: usize) {
        if count == 1 {
            self.codes.push(code);
        } else {
            self.codes.extend(std::iter::repeat_n(code, count));
        }
    }

    /// The column.
    pub(super) fn finish(mut self) -> Column {
        self.codes.shrink_to_fit();
        Column::Strings(Strings { dictionary: Arc::new(self.dictionary), codes: Arc::new(self.codes) })
    }
}
