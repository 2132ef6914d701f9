//! What is kept in memory between calls. All of it can be derived again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use mighub::block::Digest;
use mighub_sdmx::columns::Shape;
use mighub_sdmx::structure::Reference;
use prost::bytes::Bytes;

use super::coverage::Coverage;
use crate::hub::mask::Marks;
use crate::hub::vintage::Vintage;
use crate::hub::{Hub, Refusal};

/// Data structures of old vintages that are kept; one changes whenever one of its code lists does.
const SHAPES_KEPT: usize = 1_024;

/// Vintages whose marks are kept; each takes some dozens of bytes.
const MARKS_KEPT: usize = 16_384;

/// Vintages whose coverage is kept, of at most so many periods each: some tens of megabytes.
const COVERAGE_KEPT: usize = 512;
const COVERAGE_PERIODS_MAX: usize = 2_000;

/// What retrieval keeps.
#[derive(Default)]
pub(in crate::hub) struct Kept {
    /// By digest of the structure.
    shapes: Mutex<BTreeMap<Vec<u8>, Arc<Shape>>>,
    /// By digest of the manifest.
    marks: Mutex<HashMap<Digest, Marks>>,
    /// Of vintages of which nothing is hidden, by digest of the manifest.
    coverage: Mutex<HashMap<Digest, Arc<Coverage>>>,
    /// The position asked for last, with its mark: mostly the newest.
    history_mark: Mutex<Option<(u64, Bytes)>>,
}

impl Kept {
    /// What tells this journal up to a position from any other.
    pub(super) fn history_mark(
        &self,
        position: u64,
        read: impl FnOnce() -> Result<Bytes, Refusal>,
    ) -> Result<Bytes, Refusal> {
        let kept = || self.history_mark.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, mark)) = &*kept()
            && *known == position
        {
            return Ok(mark.clone());
        }
        let mark = read()?;
        *kept() = Some((position, mark.clone()));
        Ok(mark)
    }

    /// The columns of a dataflow as it was defined once.
    pub(super) fn shape(
        &self,
        hub: &Hub,
        dataflow: &Reference,
        digest: &[u8],
    ) -> Result<Arc<Shape>, Refusal> {
        let shapes = || self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = shapes().get(digest) {
            return Ok(shape.clone());
        }
        // Read without the lock: it takes milliseconds.
        let shape = hub.definition_of(dataflow, digest)?.data.shape.clone();
        let mut shapes = shapes();
        if shapes.len() >= SHAPES_KEPT {
            shapes.clear();
        }
        shapes.insert(digest.to_vec(), shape.clone());
        Ok(shape)
    }

    /// What the mask must know of a vintage, so that not all its blocks are looked at for one series.
    pub(super) fn marks(&self, manifest: &Digest, vintage: &Vintage) -> Marks {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = marks.get(manifest) {
            return *known;
        }
        if marks.len() >= MARKS_KEPT {
            marks.clear();
        }
        let found = Marks::of(vintage);
        marks.insert(*manifest, found);
        found
    }

    /// What there is of a vintage that is seen whole.
    pub(super) fn coverage(
        &self,
        manifest: &Digest,
        count: impl FnOnce() -> Result<Coverage, Refusal>,
    ) -> Result<Arc<Coverage>, Refusal> {
        let kept = || self.coverage.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(coverage) = kept().get(manifest) {
            return Ok(coverage.clone());
        }
        let coverage = Arc::new(count()?);
        if coverage.periods.len() <= COVERAGE_PERIODS_MAX {
            let mut kept = kept();
            if kept.len() >= COVERAGE_KEPT {
                kept.clear();
            }
            kept.insert(*manifest, coverage.clone());
        }
        Ok(coverage)
    }
}

/// Whether blocks of the old columns read as blocks of the new: dimensions are the same, and attributes were
/// only added. A block names the attributes that have values, in their order.
pub(super) fn is_readable_as(old: &Shape, new: &Shape) -> bool {
    let only_added = |old: &[Arc<str>], new: &[Arc<str>]| {
        let mut new = new.iter();
        old.iter().all(|id| new.any(|other| other == id))
    };
    old.dimensions == new.dimensions
        && old.timeless == new.timeless
        && only_added(&old.observation_attributes, &new.observation_attributes)
        && only_added(&old.series_attributes, &new.series_attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_stay_readable_when_attributes_are_added_and_only_then() {
        let shape = |dimensions: &str, attributes: &str| Shape {
            dimensions: dimensions.split(' ').map(Arc::from).collect(),
            observation_attributes: attributes.split(' ').map(Arc::from).collect(),
            series_attributes: Vec::new(),
            timeless: false,
        };
        let old = shape("FREQ REF_AREA", "OBS_STATUS CONF_STATUS");
        for (dimensions, attributes, readable) in [
            ("FREQ REF_AREA", "OBS_STATUS CONF_STATUS", true),
            ("FREQ REF_AREA", "OBS_STATUS NOTE CONF_STATUS SOURCE", true),
            ("FREQ REF_AREA", "CONF_STATUS OBS_STATUS", false),
            ("FREQ REF_AREA", "OBS_STATUS", false),
            ("REF_AREA FREQ", "OBS_STATUS CONF_STATUS", false),
            ("FREQ REF_AREA SEX", "OBS_STATUS CONF_STATUS", false),
        ] {
            let new = shape(dimensions, attributes);
            assert_eq!(is_readable_as(&old, &new), readable, "{dimensions} / {attributes}");
        }
    }
}
