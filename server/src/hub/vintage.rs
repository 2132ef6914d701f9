//! A vintage in memory: the list of its blocks, and where their content is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::{AttributeValue, Columns, Shape};

/// A full state of a lane: what its manifest says, pages unfolded. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Vintage {
    /// Columns of its data structure.
    pub shape: Arc<Shape>,
    /// Ascending by key.
    pub blocks: Arc<[Arc<BlockInfo>]>,
    /// Values of attributes that hold for the whole dataset.
    pub dataset_attributes: BTreeMap<Arc<str>, AttributeValue>,
    /// What an absent attribute stands for.
    pub absent_values: BTreeMap<Arc<str>, Arc<str>>,
}

impl Vintage {
    /// The state of a lane to which nothing was sent yet.
    pub fn empty(shape: Arc<Shape>) -> Self {
        Self {
            shape,
            blocks: Arc::new([]),
            dataset_attributes: BTreeMap::new(),
            absent_values: BTreeMap::new(),
        }
    }

    /// Number of observations.
    pub fn observations(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.observations)).sum()
    }
}

/// Why a block could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoadError {
    /// The store cannot give it.
    #[error(transparent)]
    Store(Arc<mighub_store::Error>),
    /// Its bytes are not what they were when it was accepted.
    #[error("block {block} of the record is damaged: {reason}; stop the hub and run `mighub-server fsck`")]
    Damaged {
        /// Short name of the block.
        block: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Gives the content of blocks.
pub trait BlockSource {
    /// The columns of a block that a manifest names.
    fn load(&self, block: &BlockInfo) -> Result<Arc<Columns>, LoadError>;
}

impl<S: BlockSource + ?Sized> BlockSource for &S {
    fn load(&self, block: &BlockInfo) -> Result<Arc<Columns>, LoadError> {
        (**self).load(block)
    }
}

/// Reads one or more blocks that share a series as one batch: a series longer than a block goes on in the
/// next. Gives the columns and how many blocks they are.
pub fn load_joined(
    source: &impl BlockSource,
    blocks: &[Arc<BlockInfo>],
) -> Result<(Arc<Columns>, usize), LoadError> {
    let goes_on = |pair: &&[Arc<BlockInfo>]| pair[0].last_key == pair[1].first_key;
    let count = 1 + blocks.windows(2).take_while(goes_on).count();
    let first = source.load(&blocks[0])?;
    if count == 1 {
        return Ok((first, 1));
    }
    let mut joined = mighub_sdmx::columns::ColumnsJoin::new(first.shape.clone());
    joined.push(&first);
    for block in &blocks[1..count] {
        joined.push(&*source.load(block)?);
    }
    Ok((Arc::new(joined.finish()), count))
}
