//! Attribute columns of a batch while its rows come in.

use std::sync::Arc;

use super::dictionary::Dictionary;
use super::reader::Action;
use crate::columns::{AttributeColumn, AttributeValue, Runs};

/// Spellings of an attribute's values remembered from batch to batch: codes have fewer, and footnotes are
/// not worth it.
const SPELLINGS_KEPT: usize = 4096;
/// Bytes of them.
const SPELLING_BYTES_KEPT: usize = 1024 * 1024;

/// One attribute of a batch.
pub(super) struct AttributeCells {
    /// Its values.
    pub(super) dictionary: Dictionary<AttributeValue>,
    /// The code of the row at hand: 0 is absent.
    pub(super) code: u32,
    /// The run that is open.
    open: u32,
    since: usize,
    runs: Runs,
}

impl AttributeCells {
    pub(super) fn new() -> Self {
        Self { dictionary: Dictionary::new(), code: 0, open: 0, since: 0, runs: Runs::default() }
    }

    /// Appends the code of the row at hand as the entry `entry`.
    #[inline]
    pub(super) fn push(&mut self, entry: usize, code: u32) {
        if code != self.open {
            self.runs.push(self.open, entry - self.since);
            (self.open, self.since) = (code, entry);
        }
    }

    /// The code of the last entry.
    pub(super) fn last(&self) -> u32 {
        self.open
    }

    /// The column of this batch; the next begins.
    pub(super) fn take(&mut self, entries: usize) -> AttributeColumn {
        self.push(entries, u32::MAX);
        (self.open, self.since) = (0, 0);
        let mut runs = std::mem::take(&mut self.runs);
        let values = self.dictionary.take_used();
        if self.dictionary.exceeds(SPELLINGS_KEPT, SPELLING_BYTES_KEPT) {
            self.dictionary = Dictionary::new();
        }
        if runs.all_absent() {
            runs = Runs::default();
        }
        AttributeColumn { values, runs }
    }
}

/// What the rows of a file say about one attribute of the dataset.
#[derive(Clone, Debug)]
pub(super) struct DatasetCell {
    /// Id of the attribute.
    pub(super) id: Arc<str>,
    /// The cell that was read last: most often each row repeats it.
    pub(super) last: Vec<u8>,
    /// Per action: the first value and its row.
    pub(super) given: Vec<(Action, Option<AttributeValue>, u64)>,
}

impl DatasetCell {
    pub(super) fn new(id: Arc<str>) -> Self {
        Self { id, last: Vec::new(), given: Vec::new() }
    }
}
