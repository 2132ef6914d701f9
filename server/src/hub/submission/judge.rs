//! The judge's bench: the blocks of a submission are proven, read once, and judged.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use mighub::block::{BlockError, Digest, Naming, check_cut, decode, decompress};
use mighub::convert::dataset_attribute;
use mighub::manifest::BlockInfo;
use mighub::v1::{ErrorReason, PartAction};
use mighub_sdmx::columns::{Columns, SeriesKey};
use mighub_sdmx::csv::Action;
use mighub_sdmx::period::Period;
use mighub_validation::{Checker, Findings, Stage};

use super::case::Case;
use super::upload::block_refusal;
use crate::hub::Hub;
use crate::hub::blocks::LaneBlocks;
use crate::hub::refusal::Refusal;
use crate::hub::vintage::{BlockSource, Vintage};

/// A scratch file for findings that do not fit in memory; it has no name and ends with the hub.
pub(in crate::hub) fn findings() -> Findings {
    Findings::new(Box::new(scratch_file))
}

pub(super) fn scratch_file() -> std::io::Result<std::fs::File> {
    tempfile::tempfile()
}

impl Case {
    /// Reads every block, proves it canonical and what the manifest says of it, and judges it. A block that is
    /// not what it must be is a refusal: its sender's program is wrong. What the judge finds is not. `is_whole`: its
    /// only part meets nothing, so that its rows are their own result.
    pub(super) fn judge(
        &self,
        hub: &Hub,
        naming: &Naming,
        is_whole: bool,
        checker: &mut Checker,
        findings: &mut Findings,
    ) -> Result<(), Refusal> {
        let blocks = hub.lane_blocks(&self.lane, self.definition.data.shape.clone());
        let attributes: Vec<_> =
            self.manifest.dataset_attributes.iter().cloned().map(dataset_attribute).collect();
        let sent = if is_whole { Stage::Inserted } else { Stage::Submitted(Action::Merge) };
        checker.check_dataset_attributes(&attributes, sent, findings);
        let mut index = 0;
        for part in &self.parts {
            let action = action(part.action);
            let stage =
                if is_whole && action != Action::Delete { Stage::Inserted } else { Stage::Submitted(action) };
            let mut before: Option<Arc<Columns>> = None;
            for (place, block) in part.blocks.iter().enumerate() {
                let about = |refusal: Refusal| refusal.about("block", index);
                let next = part.blocks.get(place + 1);
                let columns = self.prove(&blocks, naming, block, next).map_err(about)?;
                if before.as_ref().is_some_and(|before| !follows(before, &columns)) {
                    let error = BlockError::NotCanonical("it does not follow on the block before");
                    return Err(about(block_refusal(&error)));
                }
                checker.check(&columns, stage, findings);
                before = Some(Arc::new(columns));
                index += 1;
            }
        }
        Ok(())
    }

    fn prove(
        &self,
        blocks: &LaneBlocks<'_>,
        naming: &Naming,
        block: &Arc<BlockInfo>,
        next: Option<&Arc<BlockInfo>>,
    ) -> Result<Columns, Refusal> {
        let refuse = |error: BlockError| block_refusal(&error);
        let raw = decompress(&blocks.frame(block)?).map_err(refuse)?;
        let columns = decode(&raw, &self.definition.data.shape).map_err(refuse)?;
        check_cut(&columns, next.map(|next| &next.first_key[..])).map_err(refuse)?;
        if naming.name(&columns, &raw) != **block {
            let text = "the manifest says other things of a block than the block itself: correct the program";
            return Err(Refusal::new(ErrorReason::ManifestMalformed, text));
        }
        Ok(columns)
    }
}

/// Whether a block begins after the one before it ends. A series that goes on has the same attributes in both.
fn follows(before: &Columns, after: &Columns) -> bool {
    let last = before.series_count() - 1;
    match before.key(last).cmp(&after.key(0)) {
        std::cmp::Ordering::Less => true,
        std::cmp::Ordering::Equal => {
            let mut attributes = before.series_attributes.iter().zip(&after.series_attributes);
            before.periods.last() < after.periods.first()
                && attributes.all(|(before, after)| before.get(last) == after.get(0))
        }
        std::cmp::Ordering::Greater => false,
    }
}

/// The action of a part.
fn action(action: PartAction) -> Action {
    match action {
        PartAction::Replace => Action::Replace,
        PartAction::Delete => Action::Delete,
        PartAction::Merge | PartAction::Unspecified => Action::Merge,
    }
}

/// Says of rows without period, which give attributes of their series, that they are left out where the lane has
/// no such series once the submission is in.
pub(super) fn judge_left_out(
    case: &Case,
    blocks: &LaneBlocks<'_>,
    after: &Vintage,
    checker: &mut Checker,
    findings: &mut Findings,
) -> Result<(), Refusal> {
    if blocks.shape.timeless {
        return Ok(());
    }
    let puts = case.parts.iter().filter(|part| action(part.action) != Action::Delete);
    // The block that was looked at last: keys ascend, and neighbours are mostly in one.
    let mut open: Option<(usize, Arc<Columns>)> = None;
    for block in puts.flat_map(|part| &*part.blocks).filter(|block| block.first_period == Period::ANY) {
        let columns = blocks.load(block)?;
        let mut left_out = Vec::new();
        for series in 0..columns.series_count() {
            if columns.periods[columns.observations(series).start] != Period::ANY {
                continue;
            }
            let key = columns.key(series);
            let place = after.blocks.partition_point(|block| key.cmp_codes(&block.last_key).is_gt());
            let Some(holder) = after.blocks.get(place) else {
                left_out.push(series);
                continue;
            };
            let held = match &open {
                Some((known, held)) if *known == place => held.clone(),
                _ => blocks.load(holder)?,
            };
            if find_series(&held, &key).is_none() {
                left_out.push(series);
            }
            open = Some((place, held));
        }
        checker.series_left_out(&columns, left_out, findings);
    }
    Ok(())
}

/// The place of a series in canonical columns.
fn find_series(columns: &Columns, key: &SeriesKey<'_>) -> Option<usize> {
    let key = key.to_vec();
    let (mut from, mut to) = (0, columns.series_count());
    while from < to {
        let middle = from.midpoint(to);
        match columns.key(middle).cmp_codes(&key) {
            Ordering::Less => from = middle + 1,
            Ordering::Greater => to = middle,
            Ordering::Equal => return Some(middle),
        }
    }
    None
}

/// Judges what the lane holds once a submission is in: the blocks that were not there before, whoever made them.
pub(super) fn judge_result(
    blocks: &LaneBlocks<'_>,
    before: &Vintage,
    after: &Vintage,
    checker: &mut Checker,
    findings: &mut Findings,
) -> Result<(), Refusal> {
    let attributes: Vec<_> =
        after.dataset_attributes.iter().map(|(id, value)| (id.clone(), Some(value.clone()))).collect();
    checker.check_dataset_attributes(&attributes, Stage::Resulting, findings);
    let known: HashSet<Digest> = before.blocks.iter().map(|block| block.digest).collect();
    for block in after.blocks.iter().filter(|block| !known.contains(&block.digest)) {
        checker.check(&*blocks.load(block)?, Stage::Resulting, findings);
    }
    Ok(())
}
