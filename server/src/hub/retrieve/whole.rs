//! All of a lane that is asked for, block by block.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{available_parallelism, scope};

use mighub::manifest::BlockInfo;
use mighub::v1;
use mighub_sdmx::columns::Columns;
use prost::bytes::Bytes;

use super::plan::candidates;
use super::sight::Sight;
use super::stored::{relayed, remade};
use crate::hub::Refusal;
use crate::hub::blocks::LaneBlocks;
use crate::hub::vintage::{BlockSource, LoadError};

/// Blocks that are cut or masked are made in batches, by several threads: some milliseconds of work, so that a
/// thread is worth its making, and less than a megabyte of blocks.
const BATCH_BLOCKS: usize = 64;
/// More threads than this do not make one reader's answer faster, but everybody else's slower.
const THREADS_MAX: usize = 4;

/// Blocks of a lane as they lie, opened or not.
pub(super) trait StoredBlocks: BlockSource + Sync {
    /// The compressed block.
    fn stored_frame(&self, block: &BlockInfo) -> Result<Bytes, LoadError>;
}

impl StoredBlocks for LaneBlocks<'_> {
    fn stored_frame(&self, block: &BlockInfo) -> Result<Bytes, LoadError> {
        self.frame(block)
    }
}

/// Blocks as a reader gets them: masked, and only what is asked for.
pub(super) struct Given<'a> {
    pub(super) sight: &'a Sight,
    pub(super) blocks: &'a dyn BlockSource,
}

impl BlockSource for Given<'_> {
    fn load(&self, block: &BlockInfo) -> Result<Arc<Columns>, LoadError> {
        let columns = self.sight.mask.load(block, self.blocks)?;
        Ok(if self.sight.sieve.lets_pass(block) { columns } else { self.sight.sieve.sift(columns) })
    }
}

/// A block on its way, and how many observations it has.
pub(super) type Parcel = (v1::StoredBlock, u64);

/// The blocks of one lane, one by one.
pub(super) struct Whole {
    sight: Sight,
    holds_key: bool,
    candidates: Vec<u32>,
    next: usize,
    /// What was made of the next candidates already.
    made: VecDeque<Option<Parcel>>,
}

impl Whole {
    pub(super) fn new(sight: Sight, holds_key: bool) -> Self {
        let candidates = candidates(&sight.vintage.blocks, &sight.sieve);
        Self { sight, holds_key, candidates, next: 0, made: VecDeque::new() }
    }

    /// Goes on with the block at this place of the vintage.
    pub(super) fn start_at(&mut self, block: u64) {
        self.next = self.candidates.partition_point(|place| u64::from(*place) < block);
    }

    /// The place in the vintage of the block that comes next.
    pub(super) fn next_block(&self) -> u64 {
        let end = self.sight.vintage.blocks.len() as u64;
        self.candidates.get(self.next).map_or(end, |place| u64::from(*place))
    }

    /// Observations to come: exact if nothing is cut or masked, else an upper bound; 0 where even that would
    /// tell of hidden keys.
    pub(super) fn observations_expected(&self) -> u64 {
        let blocks = || self.candidates.iter().map(|place| &self.sight.vintage.blocks[*place as usize]);
        if self.sight.mask.hides_keys() && !blocks().all(|block| self.sight.mask.lets_pass(block)) {
            return 0;
        }
        blocks().map(|block| u64::from(block.observations)).sum()
    }

    pub(super) fn is_done(&self) -> bool {
        self.next == self.candidates.len()
    }

    /// The next block that may have something; nothing if it has nothing for this reader.
    pub(super) fn step(&mut self, blocks: &dyn StoredBlocks) -> Result<Option<Parcel>, Refusal> {
        if self.made.is_empty() {
            self.make(blocks)?;
        }
        self.next += 1;
        Ok(self.made.pop_front().flatten())
    }

    fn make(&mut self, blocks: &dyn StoredBlocks) -> Result<(), Refusal> {
        let rest = &self.candidates[self.next..];
        let is_relayed = self.sight.sieve.is_open() && !self.sight.hides;
        let batch = if is_relayed || rest.len() < BATCH_BLOCKS { 1 } else { BATCH_BLOCKS };
        let rest = &rest[..batch.min(rest.len())];
        let make = |places: &[u32]| -> Result<Vec<_>, Refusal> {
            let block = |place: &u32| &self.sight.vintage.blocks[*place as usize];
            places.iter().map(|place| parcel(block(place), &self.sight, self.holds_key, blocks)).collect()
        };
        if batch == 1 {
            self.made = make(rest)?.into();
            return Ok(());
        }
        let threads = available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
        let (own, others) = rest.split_at(rest.len().div_ceil(threads));
        let made = scope(|scope| {
            let spawned: Vec<_> = others.chunks(own.len()).map(|part| scope.spawn(|| make(part))).collect();
            let mut made = vec![make(own)];
            made.extend(spawned.into_iter().map(|thread| match thread.join() {
                Ok(part) => part,
                Err(payload) => std::panic::resume_unwind(payload),
            }));
            made
        });
        self.made = made.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        Ok(())
    }
}

/// What a reader gets of a block. As it lies wherever possible; nothing if nothing is left of it.
pub(super) fn parcel(
    block: &BlockInfo,
    sight: &Sight,
    holds_key: bool,
    blocks: &dyn StoredBlocks,
) -> Result<Option<Parcel>, Refusal> {
    let relay = || {
        let frame = blocks.stored_frame(block)?;
        Ok(Some((relayed(block, frame, holds_key), u64::from(block.observations))))
    };
    let is_shown = sight.mask.lets_pass(block);
    if is_shown && sight.sieve.lets_pass(block) {
        return relay();
    }
    let columns = Given { sight, blocks }.load(block)?;
    match columns.len() {
        0 => Ok(None),
        length if is_shown && length == block.observations as usize => relay(),
        length => Ok(Some((remade(&columns)?, length as u64))),
    }
}

/// How many observations of a lane a reader gets. Opens only blocks of which that is not known.
pub(super) fn total(sight: &Sight, blocks: &dyn BlockSource) -> Result<u64, Refusal> {
    let counts = |block: &BlockInfo| {
        sight.sieve.lets_pass(block) && (!sight.mask.hides_keys() || sight.mask.lets_pass(block))
    };
    let given = Given { sight, blocks };
    let mut total = 0;
    for place in candidates(&sight.vintage.blocks, &sight.sieve) {
        let block = &sight.vintage.blocks[place as usize];
        total += if counts(block) { u64::from(block.observations) } else { given.load(block)?.len() as u64 };
    }
    Ok(total)
}
