//! The view in memory: the oracle of tests, and the last resort where no disk view can be kept.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use super::{Pairs, View, ViewBatch, ViewError, start_of};

/// A map.
#[derive(Debug, Default)]
pub struct MemoryView(RwLock<Held>);

#[derive(Debug, Default)]
struct Held {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    records: u64,
}

impl View for MemoryView {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).entries.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Pairs, ViewError> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = held.entries.range::<[u8], _>((start_of(prefix, after), Bound::Unbounded));
        let found = found.take_while(|(key, _)| key.starts_with(prefix));
        Ok(found.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn apply(&self, batch: &ViewBatch, records: u64) -> Result<(), ViewError> {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in &batch.changes {
            match value {
                Some(value) => held.entries.insert(key.clone(), value.clone()),
                None => held.entries.remove(key),
            };
        }
        held.records = records;
        Ok(())
    }

    fn records(&self) -> Result<u64, ViewError> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).records)
    }

    fn checkpoint(&self) -> Result<(), ViewError> {
        Ok(())
    }

    fn clear(&self) -> Result<(), ViewError> {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Held::default();
        Ok(())
    }
}
