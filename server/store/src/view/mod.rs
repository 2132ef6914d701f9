//! The view: an ordered key space in which the hub keeps what it derived from the journal. It may be deleted at
//! any time; the hub derives it again.

use std::ops::Bound;

mod memory;
mod sled;

pub use memory::MemoryView;
pub use sled::{SledView, ViewOpened};

/// Changes that take effect together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewBatch {
    /// Key and new value; nothing deletes the key. Later entries win.
    pub changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl ViewBatch {
    /// Sets a key.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.changes.push((key.into(), Some(value.into())));
    }

    /// Deletes a key.
    pub fn delete(&mut self, key: impl Into<Vec<u8>>) {
        self.changes.push((key.into(), None));
    }
}

/// Keys with their values, in ascending order.
pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// The view cannot answer. It must be cleared and derived again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the view is damaged ({0}) and will be rebuilt from the journal when the hub starts again")]
pub struct ViewError(pub String);

/// An ordered key space with the number of records it has taken in.
pub trait View: Send + Sync {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError>;
    /// Keys that begin with `prefix` and come after `after` (exclusive; from the first if empty), ascending, at
    /// most `limit`, with their values.
    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Pairs, ViewError>;
    /// Makes the changes and notes that `records` records are taken in, all together.
    fn apply(&self, batch: &ViewBatch, records: u64) -> Result<(), ViewError>;
    /// Number of records taken in.
    fn records(&self) -> Result<u64, ViewError>;
    /// Makes what was applied durable, as far as the engine can.
    fn checkpoint(&self) -> Result<(), ViewError>;
    /// Forgets everything.
    fn clear(&self) -> Result<(), ViewError>;
}

/// Where a scan begins: behind `after`, or at the first key with the prefix.
fn start_of<'k>(prefix: &'k [u8], after: &'k [u8]) -> Bound<&'k [u8]> {
    if after.is_empty() || after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) }
}
