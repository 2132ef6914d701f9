//! Values in the order in which they were first used: their places are the indexes in the data.

use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::sync::Arc;

use crate::columns::AttributeValue;
use crate::json::{VALUE_BYTES_MAX, VALUES_MAX};
use crate::period::Period;

/// Distinct values of one component.
#[derive(Debug)]
pub(super) struct Listed<V> {
    values: Vec<V>,
    lookup: HashMap<V, u32>,
    bytes: usize,
}

/// A value that can be listed.
pub(super) trait Value: Clone + Eq + Hash {
    /// About so many bytes in memory.
    fn bytes(&self) -> usize;
}

impl Value for Arc<str> {
    fn bytes(&self) -> usize {
        self.len()
    }
}

impl Value for AttributeValue {
    fn bytes(&self) -> usize {
        self.text_bytes()
    }
}

impl Value for Period {
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

impl<V> Default for Listed<V> {
    fn default() -> Self {
        Self { values: Vec::new(), lookup: HashMap::new(), bytes: 0 }
    }
}

impl<V: Value> Listed<V> {
    /// The index of a value, which is added if it is new.
    #[inline]
    pub(super) fn index(&mut self, value: &V) -> io::Result<u32> {
        match self.lookup.get(value) {
            Some(index) => Ok(*index),
            None => self.add(value),
        }
    }

    fn add(&mut self, value: &V) -> io::Result<u32> {
        self.bytes += value.bytes();
        if self.values.len() >= VALUES_MAX || self.bytes > VALUE_BYTES_MAX {
            let reason = format!(
                "the data have more than {VALUES_MAX} values of one component or {VALUE_BYTES_MAX} bytes of them, \
                 which SDMX-JSON would have to list: ask for SDMX-CSV or SDMX-ML, or for less"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let index = self.values.len() as u32;
        self.values.push(value.clone());
        self.lookup.insert(value.clone(), index);
        Ok(index)
    }

    /// All values, by index.
    pub(super) fn values(&self) -> &[V] {
        &self.values
    }
}
