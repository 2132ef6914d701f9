//! A part of an answer: of one lane or one state of it, and of one effect.

use std::sync::Arc;

use mighub::block::{decode_proven, decompress};
use mighub_sdmx::columns::{Columns, Shape};

use super::{Batch, Effect, LaneFigures};
use crate::hub::blocks::LaneBlocks;
use crate::hub::lane::LaneId;
use crate::hub::retrieve::changes::{Change, Changes, Sides};
use crate::hub::retrieve::plan::candidates;
use crate::hub::retrieve::sight::Sight;
use crate::hub::retrieve::whole::{Parcel, columns_of};
use crate::hub::{Moment, Refusal};

/// What comes of one lane with one effect.
pub(super) struct Portion {
    lane: LaneId,
    figures: Arc<LaneFigures>,
    effect: Effect,
    shape: Arc<Shape>,
    work: Work,
}

enum Work {
    Whole { sight: Sight, candidates: std::vec::IntoIter<u32> },
    Changes { changes: Box<Changes>, ready: std::vec::IntoIter<Change> },
}

impl Portion {
    /// All of a lane.
    pub(super) fn whole(lane: LaneId, sight: Sight) -> Self {
        let figures = Arc::new(figures(&lane, &sight, None, None));
        let candidates = candidates(&sight.vintage.blocks, &sight.sieve).into_iter();
        let shape = sight.vintage.shape.clone();
        Self { lane, figures, effect: Effect::Replace, shape, work: Work::Whole { sight, candidates } }
    }

    /// What a lane shows now and did not before, or the other way round; nothing if it never showed anything.
    /// `state` is from when to when the state after is valid, in a history.
    pub(super) fn changes(
        lane: LaneId,
        sides: Sides,
        effect: Effect,
        state: Option<(Moment, Option<Moment>)>,
    ) -> Option<Self> {
        let terms = sides.after.as_ref().or(sides.before.as_ref())?;
        let (from, to) = match (state, effect) {
            (None, _) => (None, None),
            (Some((from, to)), Effect::Replace) => (Some(from), to),
            // What is gone was valid until then.
            (Some((from, _)), Effect::Delete) => (None, Some(from)),
        };
        let figures = Arc::new(figures(&lane, terms, from, to));
        let shape = terms.vintage.shape.clone();
        let changes = Box::new(Changes::new(sides, &shape));
        let work = Work::Changes { changes, ready: Vec::new().into_iter() };
        Some(Self { lane, figures, effect, shape, work })
    }

    pub(super) fn lane(&self) -> &LaneId {
        &self.lane
    }

    /// The next observations; nothing at the end.
    pub(super) fn next(&mut self, blocks: &LaneBlocks<'_>) -> Result<Option<Batch>, Refusal> {
        loop {
            let columns = match &mut self.work {
                Work::Whole { sight, candidates } => {
                    let Some(place) = candidates.next() else { return Ok(None) };
                    columns_of(&sight.vintage.blocks[place as usize], sight, blocks)?
                }
                Work::Changes { changes, ready } => {
                    let Some(change) = ready.next() else {
                        if changes.is_done() {
                            return Ok(None);
                        }
                        let mut found = Vec::new();
                        changes.step(blocks, &mut found)?;
                        *ready = found.into_iter();
                        continue;
                    };
                    match (change, self.effect) {
                        (Change::Put(parcel), Effect::Replace)
                        | (Change::Gone(parcel, _), Effect::Delete) => opened(&parcel, &self.shape)?,
                        _ => continue,
                    }
                }
            };
            if !columns.is_empty() {
                return Ok(Some(Batch { lane: self.figures.clone(), effect: self.effect, columns }));
            }
        }
    }
}

fn figures(lane: &LaneId, terms: &Sight, from: Option<Moment>, to: Option<Moment>) -> LaneFigures {
    LaneFigures {
        provider: lane.provider.clone(),
        valid_from: from,
        valid_to: to,
        absent_values: terms.vintage.absent_values.clone(),
        dataset_attributes: terms.vintage.dataset_attributes.clone(),
    }
}

/// The columns of a block that was made or read for a reader a moment ago.
fn opened((block, _): &Parcel, shape: &Arc<Shape>) -> Result<Arc<Columns>, Refusal> {
    let damaged = |error: mighub::block::BlockError| Refusal::internal(error.to_string());
    let raw = decompress(&block.frame).map_err(damaged)?;
    Ok(Arc::new(decode_proven(&raw, shape).map_err(damaged)?))
}
