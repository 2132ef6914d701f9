//! The fold: a vintage and the parts of a submission give the next vintage.
//!
//! Each part is a stage through which the blocks of the vintage flow. A block that a stage does not touch
//! passes as its name, unopened; the last stage cuts what was touched anew and, as soon as its cuts fall
//! together with old ones, lets old blocks pass again. So the work is that of the change, not of the whole.

mod defaults;
mod delete;
mod merge;
mod recut;
mod stage;

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::block::{FinishedBlock, Naming};
use mighub::manifest::BlockInfo;
use mighub::v1::PartAction;
use mighub_sdmx::columns::AttributeValue;
use mighub_sdmx::key::Selection;
use mighub_sdmx::structure::AttributeDefault;

use super::refusal::Refusal;
use super::vintage::{BlockSource, LoadError, Vintage};
use stage::{Blocks, Stage};

/// Wildcard deletions one part may hold: each is matched against every block.
pub const WILDCARDS_MAX: usize = 10_000;

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
    /// What an absent attribute stands for from now on.
    pub absent_values: BTreeMap<Arc<str>, Arc<str>>,
    /// Defaults that depend on series or period: they are written out wherever the attribute is absent.
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
    #[error("a deletion has more than {WILDCARDS_MAX} rows with wildcards: delete by wider wildcards or by full keys")]
    TooManyWildcards,
}

/// The next vintage; blocks that did not exist before are given to `keep`.
pub fn fold(
    base: &Vintage,
    change: &Change,
    source: &dyn BlockSource,
    naming: &Naming,
    keep: &mut dyn FnMut(FinishedBlock) -> Result<(), FoldError>,
) -> Result<Vintage, FoldError> {
    let mut stage: Box<dyn Stage + '_> = Box::new(Blocks::new(base.blocks.clone()));
    let filled = delete::outdated_absences(&base.absent_values, &change.absent_values, base);
    if !filled.is_empty() {
        stage = Box::new(delete::Fill::new(stage, source, filled));
    }
    if let Some(scope) = &change.complete {
        stage = Box::new(delete::Deletions::new(stage, source, vec![delete::Deletion::whole(scope.clone())]));
    }
    for part in &change.parts {
        if part.action == PartAction::Delete {
            let wildcards = delete::wildcards(part, source)?;
            if !wildcards.is_empty() {
                stage = Box::new(delete::Deletions::new(stage, source, wildcards));
            }
        }
        stage = Box::new(merge::Merge::new(stage, source, part));
    }
    if !change.written_out.is_empty() {
        stage = Box::new(defaults::WriteOut::new(stage, source, &change.written_out));
    }
    let blocks = recut::recut(stage, source, base.shape.clone(), naming, keep)?;
    let mut dataset_attributes = base.dataset_attributes.clone();
    for (id, value) in &change.dataset_attributes {
        match value {
            Some(value) => dataset_attributes.insert(id.clone(), value.clone()),
            None => dataset_attributes.remove(id),
        };
    }
    Ok(Vintage {
        shape: base.shape.clone(),
        blocks: blocks.into(),
        dataset_attributes,
        absent_values: change.absent_values.clone(),
    })
}
