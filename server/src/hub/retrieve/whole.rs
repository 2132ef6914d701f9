//! All of a lane that is asked for, block by block.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{available_parallelism, scope};

use mighub::block::{BlockError, decompress};
use mighub::manifest::BlockInfo;
use mighub::v1;
use mighub_sdmx::columns::Columns;
use prost::bytes::Bytes;

use super::MESSAGE_BYTES;
use super::joined::Pieces;
use super::plan::candidates;
use super::sight::Sight;
use super::stored::{relayed, remade};
use crate::hub::Refusal;
use crate::hub::blocks::LaneBlocks;
use crate::hub::vintage::{BlockSource, LoadError};

/// Blocks that are cut or masked are made in batches of so many: what is left of neighbours fills fewer blocks.
const BATCH_BLOCKS: usize = 256;
/// A batch ends early with so many bytes of blocks, uncompressed: it is in memory until it is sent.
const BATCH_RAW_BYTES: usize = 8 * 1024 * 1024;
/// From so many blocks on several threads make them: some milliseconds of work are worth a thread's making.
const THREADED_BLOCKS_MIN: usize = 64;
/// Blocks that travel as they lie, looked up at a time: about those of one message.
const RELAYED_BLOCKS: usize = 256;
/// More threads than this do not make one reader's answer faster, but everybody else's slower.
const THREADS_MAX: usize = 4;

/// Blocks of a lane as they lie, opened or not.
pub(super) trait StoredBlocks: BlockSource + Sync {
    /// The compressed block.
    fn stored_frame(&self, block: &BlockInfo) -> Result<Bytes, LoadError>;
    /// The first of some compressed blocks, one at least, as many as have `bytes_max` together.
    fn stored_frames(&self, blocks: &[&BlockInfo], bytes_max: usize) -> Result<Vec<Bytes>, LoadError>;
}

impl StoredBlocks for LaneBlocks<'_> {
    fn stored_frame(&self, block: &BlockInfo) -> Result<Bytes, LoadError> {
        self.frame(block)
    }

    fn stored_frames(&self, blocks: &[&BlockInfo], bytes_max: usize) -> Result<Vec<Bytes>, LoadError> {
        self.frames(blocks, bytes_max)
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
    /// What was made of the next candidates already, with how many of them are in it.
    made: VecDeque<(usize, Option<Parcel>)>,
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

    /// Whether all blocks travel as they lie, so that hardly any work is in them.
    pub(super) fn is_relayed(&self) -> bool {
        self.sight.sieve.is_open() && !self.sight.hides
    }

    /// Blocks that may still have something.
    pub(super) fn candidates_left(&self) -> usize {
        self.candidates.len() - self.next
    }

    pub(super) fn is_done(&self) -> bool {
        self.next == self.candidates.len()
    }

    /// The next block that may have something; nothing if it has nothing for this reader.
    pub(super) fn step(&mut self, blocks: &dyn StoredBlocks) -> Result<Option<Parcel>, Refusal> {
        if self.made.is_empty() {
            self.make(blocks)?;
        }
        let Some((candidates, parcel)) = self.made.pop_front() else { return Ok(None) };
        self.next += candidates;
        Ok(parcel)
    }

    fn make(&mut self, blocks: &dyn StoredBlocks) -> Result<(), Refusal> {
        let rest = &self.candidates[self.next..];
        let made = if self.is_relayed() {
            self.relay(&rest[..rest.len().min(RELAYED_BLOCKS)], blocks)?
        } else {
            let batch = &rest[..self.batch_length(rest)];
            if batch.len() < THREADED_BLOCKS_MIN {
                self.parcels(batch, blocks)?
            } else {
                self.by_threads(batch, blocks)?
            }
        };
        self.made = made.into();
        Ok(())
    }

    /// The first of some candidates as they lie, about as many as travel in one message.
    fn relay(
        &self,
        places: &[u32],
        blocks: &dyn StoredBlocks,
    ) -> Result<Vec<(usize, Option<Parcel>)>, Refusal> {
        let of = |place: &u32| &*self.sight.vintage.blocks[*place as usize];
        let infos: Vec<&BlockInfo> = places.iter().map(of).collect();
        let frames = blocks.stored_frames(&infos, MESSAGE_BYTES)?;
        let parcel = |(block, frame): (&&BlockInfo, Bytes)| {
            (1, Some((relayed(block, frame, self.holds_key), u64::from(block.observations))))
        };
        Ok(infos.iter().zip(frames).map(parcel).collect())
    }

    /// How many of some candidates make a batch.
    fn batch_length(&self, places: &[u32]) -> usize {
        let mut raw_bytes = 0;
        let fits = |place: &&u32| {
            raw_bytes += self.sight.vintage.blocks[**place as usize].raw_bytes as usize;
            raw_bytes <= BATCH_RAW_BYTES
        };
        places.iter().take(BATCH_BLOCKS).take_while(fits).count().max(1).min(places.len())
    }

    fn by_threads(
        &self,
        places: &[u32],
        blocks: &dyn StoredBlocks,
    ) -> Result<Vec<(usize, Option<Parcel>)>, Refusal> {
        let threads = available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
        let (own, others) = places.split_at(places.len().div_ceil(threads));
        let made = scope(|scope| {
            let spawned: Vec<_> =
                others.chunks(own.len()).map(|part| scope.spawn(|| self.parcels(part, blocks))).collect();
            let mut made = vec![self.parcels(own, blocks)];
            made.extend(spawned.into_iter().map(|thread| match thread.join() {
                Ok(part) => part,
                Err(payload) => std::panic::resume_unwind(payload),
            }));
            made
        });
        Ok(made.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// Parcels of some candidates: what is left of blocks that are cut is put together to fill one.
    fn parcels(
        &self,
        places: &[u32],
        blocks: &dyn StoredBlocks,
    ) -> Result<Vec<(usize, Option<Parcel>)>, Refusal> {
        let mut parcels = Vec::new();
        let mut pieces = Pieces::default();
        let mut candidates = 0;
        for place in places {
            let left =
                left_of(&self.sight.vintage.blocks[*place as usize], &self.sight, self.holds_key, blocks)?;
            let has_room = matches!(&left, Left::Cut(columns) if pieces.has_room(columns));
            if !has_room
                && !matches!(left, Left::Nothing)
                && let Some(parcel) = of_pieces(&mut pieces)?
            {
                parcels.push((std::mem::take(&mut candidates), Some(parcel)));
            }
            candidates += 1;
            match left {
                Left::Nothing => {}
                Left::Cut(columns) => pieces.push(columns),
                Left::Whole(parcel) => parcels.push((std::mem::take(&mut candidates), Some(parcel))),
            }
        }
        let last = of_pieces(&mut pieces)?;
        parcels.push((candidates, last));
        Ok(parcels)
    }
}

fn of_pieces(pieces: &mut Pieces) -> Result<Option<Parcel>, Refusal> {
    let Some(columns) = pieces.take() else { return Ok(None) };
    Ok(Some((remade(&columns)?, columns.len() as u64)))
}

/// What is left of a block for a reader.
enum Left {
    Nothing,
    /// All of it, as it lies.
    Whole(Parcel),
    Cut(Columns),
}

fn left_of(
    block: &BlockInfo,
    sight: &Sight,
    holds_key: bool,
    blocks: &dyn StoredBlocks,
) -> Result<Left, Refusal> {
    let relay = |frame: Bytes| Left::Whole((relayed(block, frame, holds_key), u64::from(block.observations)));
    let is_shown = sight.mask.lets_pass(block);
    if is_shown && sight.sieve.lets_pass(block) {
        return Ok(relay(blocks.stored_frame(block)?));
    }
    if is_shown {
        let frame = blocks.stored_frame(block)?;
        let damaged =
            |error: BlockError| LoadError::Damaged { block: block.digest.short(), reason: error.to_string() };
        let raw = decompress(&frame).map_err(damaged)?;
        if let Some(columns) = sight.sieve.part_of(&raw, &sight.vintage.shape).map_err(damaged)? {
            return Ok(match columns.len() {
                0 => Left::Nothing,
                length if length == block.observations as usize => relay(frame),
                _ => Left::Cut(columns),
            });
        }
    }
    let columns = Given { sight, blocks }.load(block)?;
    Ok(match columns.len() {
        0 => Left::Nothing,
        length if is_shown && length == block.observations as usize => relay(blocks.stored_frame(block)?),
        _ => Left::Cut(Arc::unwrap_or_clone(columns)),
    })
}

/// What a reader gets of a block. As it lies wherever possible; nothing if nothing is left of it.
pub(super) fn parcel(
    block: &BlockInfo,
    sight: &Sight,
    holds_key: bool,
    blocks: &dyn StoredBlocks,
) -> Result<Option<Parcel>, Refusal> {
    match left_of(block, sight, holds_key, blocks)? {
        Left::Nothing => Ok(None),
        Left::Whole(parcel) => Ok(Some(parcel)),
        Left::Cut(columns) => Ok(Some((remade(&columns)?, columns.len() as u64))),
    }
}

/// What is left of a block for a reader, opened; it may be nothing.
pub(super) fn columns_of(
    block: &BlockInfo,
    sight: &Sight,
    blocks: &dyn StoredBlocks,
) -> Result<Arc<Columns>, LoadError> {
    if sight.mask.lets_pass(block) && !sight.sieve.lets_pass(block) {
        let damaged =
            |error: BlockError| LoadError::Damaged { block: block.digest.short(), reason: error.to_string() };
        let raw = decompress(&blocks.stored_frame(block)?).map_err(damaged)?;
        if let Some(columns) = sight.sieve.part_of(&raw, &sight.vintage.shape).map_err(damaged)? {
            return Ok(Arc::new(columns));
        }
    }
    Given { sight, blocks }.load(block)
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
