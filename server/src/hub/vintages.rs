//! Vintages of lanes: found by position and moment, read from their manifests, kept while they are in use.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use mighub::block::Digest;
use mighub::convert::dataset_attribute;
use mighub::manifest::{read_manifest, read_page};
use mighub::v1;
use mighub_sdmx::columns::Shape;
use mighub_sdmx::structure::Reference;
use prost::Message;

use super::Hub;
use super::blocks::LaneBlocks;
use super::lane::{LaneId, LaneSecrets};
use super::moment::Moment;
use super::objects::content;
use super::reduce::row;
use super::refusal::Refusal;
use super::rows::{
    VintageRow, falling_position, lane_key, lanes_prefix, release_key, releases_prefix, vintage_key,
    vintages_prefix, withdrawal_key, withdrawals_prefix,
};
use super::vintage::Vintage;

/// Blocks of all vintages that are kept in memory, together. A block's entry has about a kilobyte, so this is
/// some 25 MB; 10 million observations have about 1,300 blocks.
const BLOCKS_KEPT: usize = 24_000;
/// Vintages kept, however small.
const VINTAGES_KEPT: usize = 512;

/// Vintages that were read lately, newest use last.
#[derive(Default)]
pub(super) struct VintageCache(Mutex<VecDeque<(Digest, Arc<Vintage>)>>);

impl VintageCache {
    fn get(&self, digest: &Digest) -> Option<Arc<Vintage>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| known == digest)?;
        let entry = kept.remove(place)?;
        let vintage = entry.1.clone();
        kept.push_back(entry);
        Some(vintage)
    }

    fn has(&self, digest: &Digest) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().any(|(known, _)| known == digest)
    }

    fn keep(&self, digest: Digest, vintage: &Arc<Vintage>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != digest);
        kept.push_back((digest, vintage.clone()));
        let mut blocks: usize = kept.iter().map(|(_, vintage)| vintage.blocks.len()).sum();
        while kept.len() > 1 && (blocks > BLOCKS_KEPT || kept.len() > VINTAGES_KEPT) {
            blocks -= kept.pop_front().map_or(0, |(_, vintage)| vintage.blocks.len());
        }
    }
}

/// A vintage of a lane and the position of the record that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Position.
    pub position: u64,
    /// What the record said.
    pub row: VintageRow,
}

impl Recorded {
    /// Digest of the manifest that somebody sees at a moment: with early access the full state. Nothing if
    /// nothing is visible.
    pub fn manifest_at(&self, moment: Moment, before_release: bool) -> Option<Digest> {
        let passed = |step: &&super::rows::StepRow| before_release || step.from_ms <= moment.0;
        Digest::from_slice(&self.row.steps.iter().rev().find(passed)?.manifest_digest)
    }

    /// Digest of the manifest of the full state; nothing for an empty lane.
    pub fn manifest(&self) -> Option<Digest> {
        self.manifest_at(Moment::BEGINNING, true)
    }

    /// Moments after `after` at which readers without early access see something else.
    pub fn releases(&self, after: Moment) -> impl Iterator<Item = Moment> {
        self.row.steps.iter().map(|step| Moment(step.from_ms)).filter(move |from| *from > after)
    }
}

impl Hub {
    /// The secrets of a lane.
    pub fn lane_secrets(&self, lane: &LaneId) -> LaneSecrets {
        LaneSecrets::derive(&self.secret, lane)
    }

    /// The blocks of a lane.
    pub fn lane_blocks(&self, lane: &LaneId, shape: Arc<Shape>) -> LaneBlocks<'_> {
        LaneBlocks { store: &self.store, secrets: self.lane_secrets(lane), shape }
    }

    /// Lanes of a dataflow that ever had a vintage, by provider.
    pub fn lanes(&self, dataflow: &Reference) -> Result<Vec<LaneId>, Refusal> {
        let prefix = lanes_prefix(&dataflow.short());
        let found = self.view.scan(&prefix, &[], usize::MAX)?;
        let lane = |(key, _): (Vec<u8>, Vec<u8>)| {
            let provider = std::str::from_utf8(&key[prefix.len()..]).unwrap_or_default();
            Ok(LaneId { dataflow: dataflow.clone(), provider: super::lane::agency("provider", provider)? })
        };
        found.into_iter().map(lane).collect()
    }

    /// Position of a lane's newest vintage.
    pub fn head_position(&self, lane: &LaneId) -> Result<Option<u64>, Refusal> {
        let bytes = self.view.get(&lane_key(lane))?;
        Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes))
    }

    /// The vintage that a record made.
    pub fn vintage_recorded_at(&self, lane: &LaneId, position: u64) -> Result<Option<Recorded>, Refusal> {
        let found: Option<VintageRow> = row(&*self.view, &vintage_key(lane, position))?;
        Ok(found.map(|row| Recorded { position, row }))
    }

    /// The newest vintage of a lane that was made at or before `position`.
    pub fn vintage_at(&self, lane: &LaneId, position: u64) -> Result<Option<Recorded>, Refusal> {
        Ok(self.vintages_from(lane, position, 1)?.pop())
    }

    /// Vintages of a lane made at or before `position`, newest first, at most `limit`.
    pub fn vintages_from(
        &self,
        lane: &LaneId,
        position: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, Refusal> {
        let prefix = vintages_prefix(lane);
        // Positions fall, so what comes after the key of the next greater one is what is asked for.
        let after = position.checked_add(1).map(|next| vintage_key(lane, next)).unwrap_or_default();
        let found = self.view.scan(&prefix, &after, limit)?;
        let read = |(key, value): (Vec<u8>, Vec<u8>)| {
            let position =
                falling_position(&key).ok_or_else(|| Refusal::internal("a vintage has no position"))?;
            let row = VintageRow::decode(&value[..]).map_err(|error| Refusal::internal(error.to_string()))?;
            Ok(Recorded { position, row })
        };
        found.into_iter().map(read).collect()
    }

    /// Digest of the manifest that readers without early access see of a vintage at a moment. If embargoes of the
    /// lane were moved since it was made, or one was taken back, it is read as it was until then: what was to become
    /// visible afterwards may never have.
    pub fn released_manifest(
        &self,
        lane: &LaneId,
        recorded: &Recorded,
        moment: Moment,
    ) -> Result<Option<Digest>, Refusal> {
        Ok(recorded.manifest_at(self.steps_until(lane, recorded, moment)?, false))
    }

    /// Up to when, before a moment, the steps of a vintage count.
    pub(super) fn steps_until(
        &self,
        lane: &LaneId,
        recorded: &Recorded,
        moment: Moment,
    ) -> Result<Moment, Refusal> {
        let withdrawn = withdrawal_key(lane, recorded.position);
        let withdrawn = self.just_before(&withdrawals_prefix(lane), &withdrawn)?;
        let moved = self.embargoes_moved_before(lane, recorded)?;
        Ok(withdrawn.into_iter().chain(moved).fold(moment, Moment::min))
    }

    /// The last moment before embargoes of a lane were moved, after a vintage was made.
    fn embargoes_moved_before(&self, lane: &LaneId, recorded: &Recorded) -> Result<Option<Moment>, Refusal> {
        self.just_before(&releases_prefix(lane), &release_key(lane, recorded.position))
    }

    /// The last moment before the first event behind a key, of which the moment is the row.
    fn just_before(&self, prefix: &[u8], after: &[u8]) -> Result<Option<Moment>, Refusal> {
        let found = self.view.scan(prefix, after, 1)?;
        let at_ms = found.first().and_then(|(_, value)| Some(i64::from_be_bytes(*value.first_chunk()?)));
        Ok(at_ms.map(|at_ms| Moment(at_ms.saturating_sub(1))))
    }

    /// What readers without early access see of the vintage of an edition, which may be an old one, today. It is one
    /// that holds, so nothing of it was taken back; if no embargo on it is pending, all of it is visible.
    pub(super) fn edition_manifest(
        &self,
        lane: &LaneId,
        recorded: &Recorded,
        now: Moment,
    ) -> Result<Option<Digest>, Refusal> {
        let moved = self.embargoes_moved_before(lane, recorded)?;
        if moved.is_some() && self.links(lane, recorded, now)?.pending().is_empty() {
            return Ok(recorded.manifest());
        }
        Ok(recorded.manifest_at(moved.map_or(now, |moved| moved.min(now)), false))
    }

    /// Position of the newest record that had taken effect at a moment; nothing before the first.
    pub fn position_at(&self, moment: Moment) -> Option<u64> {
        self.store.position_at(moment.0).map(|position| position.0)
    }

    /// Whether the vintage of a manifest is in memory.
    pub(super) fn keeps_vintage(&self, digest: &Digest) -> bool {
        self.vintages.has(digest)
    }

    /// As after a start.
    #[cfg(test)]
    pub(super) fn forget_vintages(&self) {
        self.vintages.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The vintage of a manifest.
    pub fn vintage(&self, shape: &Arc<Shape>, digest: &Digest) -> Result<Arc<Vintage>, Refusal> {
        if let Some(vintage) = self.vintages.get(digest) {
            // A data structure that has grown since reads the same blocks.
            let fits = vintage.shape == *shape;
            return Ok(if fits {
                vintage
            } else {
                Arc::new(Vintage { shape: shape.clone(), ..(*vintage).clone() })
            });
        }
        let damaged = |error: mighub::manifest::ManifestError| {
            Refusal::new(
                v1::ErrorReason::StoreDamaged,
                format!("the manifest {} is damaged: {error}", digest.short()),
            )
        };
        let manifest = read_manifest(&content(&self.store, &digest.0)?).map_err(damaged)?;
        let mut blocks = Vec::new();
        for page in manifest.parts.iter().flat_map(|part| &part.pages) {
            let page = content(&self.store, &page.digest)?;
            blocks
                .extend(read_page(&page, shape.dimensions.len()).map_err(damaged)?.into_iter().map(Arc::new));
        }
        let attributes = manifest.dataset_attributes.into_iter().map(dataset_attribute);
        let absent = manifest.absent_values.into_iter();
        let vintage = Arc::new(Vintage {
            shape: shape.clone(),
            blocks: blocks.into(),
            dataset_attributes: attributes.filter_map(|(id, value)| Some((id, value?))).collect(),
            absent_values: absent
                .map(|value| (Arc::from(value.id), Arc::from(value.value)))
                .collect::<BTreeMap<_, _>>(),
        });
        self.vintages.keep(*digest, &vintage);
        Ok(vintage)
    }
}
