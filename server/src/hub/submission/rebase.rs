//! Whether a submission touches what changed since its sender looked.

use std::sync::Arc;

use mighub::convert::dataset_attribute;
use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::Columns;

use super::case::Case;
use crate::hub::Hub;
use crate::hub::delta::{Side, compare};
use crate::hub::refusal::Refusal;
use crate::hub::vintage::BlockSource;
use crate::hub::vintages::Recorded;

impl Hub {
    /// Whether a submission has rows for a series, or an attribute of the dataset, that differs between two
    /// vintages. A row with wildcards is for every series that it matches.
    pub(super) fn touch_the_same(
        &self,
        case: &Case,
        before: Option<&Recorded>,
        after: &Recorded,
    ) -> Result<bool, Refusal> {
        let scope = case.header.complete_scope(case.definition.data.dimensions.len())?;
        let (before, after) = (self.full_vintage(case, before)?, self.full_vintage(case, Some(after))?);
        let differs = |id: &str| before.dataset_attributes.get(id) != after.dataset_attributes.get(id);
        if case.manifest.dataset_attributes.iter().cloned().map(dataset_attribute).any(|(id, _)| differs(&id))
        {
            return Ok(true);
        }
        let blocks = self.lane_blocks(&case.lane, case.definition.data.shape.clone());
        let mut rows = Rows { blocks: &case.blocks, source: &blocks, open: None };
        let mut touched = false;
        let side = |vintage| Side { blocks: vintage, source: &blocks };
        compare::<Refusal>(
            side(&before.blocks),
            side(&after.blocks),
            |_| true,
            |pair| {
                if touched || pair.differences().is_empty() {
                    return Ok(());
                }
                let Some(range) = pair.before.or(pair.after) else { return Ok(()) };
                let in_scope = scope.as_ref().is_some_and(|scope| scope.matches_series(range.key()));
                touched = in_scope || rows.touch(&range.key().to_vec())?;
                Ok(())
            },
        )?;
        Ok(touched)
    }
}

/// The rows of a submission. Keys are asked for in ascending order, so that mostly the block is open already.
struct Rows<'a> {
    blocks: &'a [Arc<BlockInfo>],
    source: &'a dyn BlockSource,
    open: Option<(usize, Arc<Columns>)>,
}

impl Rows<'_> {
    fn touch(&mut self, key: &[Arc<str>]) -> Result<bool, Refusal> {
        for (nth, block) in self.blocks.iter().enumerate() {
            let has = |(codes, code): (&Arc<[Arc<str>]>, &Arc<str>)| {
                codes.binary_search(code).is_ok() || codes.first().is_some_and(|first| first.is_empty())
            };
            if !block.codes.iter().zip(key).all(has) {
                continue;
            }
            let columns = match &self.open {
                Some((open, columns)) if *open == nth => columns.clone(),
                _ => self.source.load(block)?,
            };
            self.open = Some((nth, columns.clone()));
            let matches = |series: usize| {
                columns.key(series).codes().zip(key).all(|(code, wanted)| code.is_empty() || code == wanted)
            };
            if (0..columns.series_count()).any(matches) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
