//! The fold: a vintage and the parts of a submission give the next vintage.
//!
//! Each part is a stage through which the blocks of the vintage flow. A block that a stage does not touch
//! passes as its name, unopened; the last stage cuts what was touched anew and, as soon as its cuts fall
//! together with old ones, lets old blocks pass again. So the work is that of the change, not of the whole.

mod combine;
mod defaults;
mod delete;
mod merge;
mod recut;
mod stage;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::block::{FinishedBlock, LaneKey, Naming};
use mighub::manifest::BlockInfo;
use mighub::v1::PartAction;
use mighub_sdmx::columns::AttributeValue;
use mighub_sdmx::key::Selection;
use mighub_sdmx::structure::AttributeDefault;

use super::refusal::Refusal;
use super::vintage::{BlockSource, LoadError, Vintage};
use defaults::{Absences, is_of_series};
use delete::{Deletion, Deletions, Fill};
use merge::Merge;
use recut::recut;
use stage::{Blocks, Stage};

/// Wildcard deletions one part may hold: each is matched against every block.
pub const WILDCARDS_MAX: usize = 10_000;
/// Blocks that one series may run through, or several that share blocks: they are opened together. Twenty thousand
/// observations stand in each, and a figure for every day of 500 years fills eight.
pub const SERIES_BLOCKS_MAX: usize = 64;
/// Parts that are folded at once: each is a stage that calls the one before it. More parts take several passes.
const PARTS_A_PASS: usize = 16;

/// What a submission does to a vintage.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What the submission is complete for: observations of the vintage within it that the parts do not
    /// bring back are withdrawn.
    pub complete: Option<Selection>,
    /// The parts in their order.
    pub parts: Vec<Part>,
    /// Dataset attributes to set, or with nothing to delete, in order.
    pub dataset_attributes: Vec<(Arc<str>, Option<AttributeValue>)>,
    /// What an absent attribute stands for from now on. Where the vintage has observations and says nothing of an
    /// attribute, it is written out instead.
    pub absent_values: BTreeMap<Arc<str>, Arc<str>>,
    /// Defaults that depend on series or period: they are written out wherever the submission touches an
    /// observation or a series that lacks the attribute.
    pub written_out: Vec<AttributeDefault>,
}

/// One part of a submission.
#[derive(Clone, Debug)]
pub struct Part {
    /// What its rows do.
    pub action: PartAction,
    /// Its blocks, ascending by key.
    pub blocks: Arc<[Arc<BlockInfo>]>,
}

/// Why there is no next vintage.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FoldError {
    /// A block could not be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A new block could not be kept.
    #[error(transparent)]
    Keep(Refusal),
    /// More wildcards than can be matched.
    #[error(
        "a deletion has more than {WILDCARDS_MAX} rows with wildcards: delete by wider wildcards or by full keys"
    )]
    TooManyWildcards,
    /// A series that runs through more blocks than are opened together.
    #[error(
        "a series, or several that share blocks, would run through more than {SERIES_BLOCKS_MAX} blocks: divide it"
    )]
    SeriesTooLong,
}

/// Where new blocks go.
pub trait BlockSink {
    /// Takes a block.
    fn keep(&mut self, block: FinishedBlock) -> Result<(), FoldError>;
    /// Makes all that was taken readable through the source of the fold.
    fn settle(&mut self) -> Result<(), FoldError>;
}

/// The next vintage. Blocks of it that did not exist before went to `sink`, and perhaps some that are not of it.
pub fn fold(
    base: &Vintage,
    change: &Change,
    source: &dyn BlockSource,
    key: &LaneKey,
    sink: &mut dyn BlockSink,
) -> Result<Vintage, FoldError> {
    let afresh = base.blocks.is_empty() || change.complete.as_ref().is_some_and(Selection::is_all);
    let absences = Absences::of(base, change, afresh);
    // A cell without CONF_STATUS is free only if absence says so in this very vintage.
    let is_free = absences.values.get("CONF_STATUS").is_some_and(|code| &**code == "F");
    let naming = Naming { key: *key, unmarked_restricted: !is_free };
    let mut blocks: Arc<[Arc<BlockInfo>]> = if afresh { Arc::new([]) } else { base.blocks.clone() };
    let passes = change.parts.chunks(PARTS_A_PASS).map(Some);
    for (nth, parts) in passes.chain(change.parts.is_empty().then_some(None)).enumerate() {
        if nth > 0 {
            sink.settle()?;
        }
        let mut stage: Box<dyn Stage + '_> = Box::new(Blocks::new(blocks));
        if nth == 0 && !absences.outdated.is_empty() {
            stage = Box::new(Fill::new(stage, source, &absences.outdated));
        }
        if let Some(scope) = change.complete.as_ref().filter(|_| nth == 0) {
            let deletions = vec![Deletion::whole(scope.clone())];
            stage = Box::new(Deletions::new(stage, source, &absences.write_out, deletions));
        }
        for part in parts.unwrap_or_default() {
            if part.action == PartAction::Delete {
                let wildcards = delete::wildcards(part, source)?;
                if !wildcards.is_empty() {
                    stage = Box::new(Deletions::new(stage, source, &absences.write_out, wildcards));
                }
            }
            stage = Box::new(Merge::new(stage, source, &absences.write_out, base.shape.clone(), part));
        }
        blocks = recut(stage, source, base.shape.clone(), &naming, sink)?.into();
    }
    if longest_series(&blocks) > SERIES_BLOCKS_MAX {
        return Err(FoldError::SeriesTooLong);
    }
    let mut dataset_attributes = base.dataset_attributes.clone();
    for (id, value) in &absences.outdated {
        if !is_of_series(&base.shape, id) {
            dataset_attributes.entry(id.clone()).or_insert_with(|| value.clone());
        }
    }
    for (id, value) in &change.dataset_attributes {
        match value {
            Some(value) => dataset_attributes.insert(id.clone(), value.clone()),
            None => dataset_attributes.remove(id),
        };
    }
    Ok(Vintage { shape: base.shape.clone(), blocks, dataset_attributes, absent_values: absences.values })
}

/// How many blocks of a list follow each other so that each two share a series, at most.
pub fn longest_series(blocks: &[Arc<BlockInfo>]) -> usize {
    let (mut longest, mut run) = (0, 0);
    for pair in blocks.windows(2) {
        run = if pair[0].last_key == pair[1].first_key { run + 1 } else { 0 };
        longest = longest.max(run + 1);
    }
    longest
}
