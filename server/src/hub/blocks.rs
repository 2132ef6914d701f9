//! The blocks of one lane, as they lie in the store.

use std::sync::Arc;

use bytes::Bytes;
use mighub::block::{decode_proven, decompress};
use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::{Columns, Shape};
use mighub_store::Store;

use super::lane::LaneSecrets;
use super::vintage::{BlockSource, LoadError};

/// Reads blocks that were proven canonical when they were accepted. The store checks the hash of the bytes as
/// they lie on every read; what they decompress to is checked against the manifest's counts.
#[derive(Clone)]
pub struct LaneBlocks<'a> {
    pub(super) store: &'a Store,
    pub(super) secrets: LaneSecrets,
    pub(super) shape: Arc<Shape>,
}

impl LaneBlocks<'_> {
    /// The compressed block as it lies: for relay.
    pub fn frame(&self, block: &BlockInfo) -> Result<Bytes, LoadError> {
        let frame = self.store.object(&self.secrets.place(&block.digest));
        frame.map_err(|error| LoadError::Store(Arc::new(error)))
    }

    /// The first of these blocks as they lie, one at least, as many as have `bytes_max` together.
    pub fn frames(&self, blocks: &[&BlockInfo], bytes_max: usize) -> Result<Vec<Bytes>, LoadError> {
        let names: Vec<_> = blocks.iter().map(|block| self.secrets.place(&block.digest)).collect();
        self.store.objects(&names, bytes_max).map_err(|error| LoadError::Store(Arc::new(error)))
    }

    /// The secrets of the lane.
    pub fn secrets(&self) -> &LaneSecrets {
        &self.secrets
    }
}

impl BlockSource for LaneBlocks<'_> {
    fn load(&self, block: &BlockInfo) -> Result<Arc<Columns>, LoadError> {
        let damaged = |reason: String| LoadError::Damaged { block: block.digest.short(), reason };
        let raw = decompress(&self.frame(block)?).map_err(|error| damaged(error.to_string()))?;
        let columns = decode_proven(&raw, &self.shape).map_err(|error| damaged(error.to_string()))?;
        if columns.len() != block.observations as usize || columns.series_count() != block.series as usize {
            return Err(damaged("it has other counts than its manifest says".to_owned()));
        }
        Ok(Arc::new(columns))
    }
}
