//! What the public would see of a lane without its disclosure policy, as it is stored: what the policy's choice of
//! cells starts from. Nothing of this is ever given to a reader.

use std::sync::Arc;

use mighub::block::Digest;
use mighub_sdmx::columns::Shape;

use super::history::Manifests;
use super::reading::Reading;
use super::sight::{Ask, Sight};
use crate::hub::agreement::CONF_STATUS;
use crate::hub::lane::LaneId;
use crate::hub::mask::{Audience, Stored};
use crate::hub::permit::{Permit, Read};
use crate::hub::{Hub, Moment, Refusal};

/// A lane, with the states that the public came to see.
pub(in crate::hub) struct BareLane {
    ask: Ask,
    lane: LaneId,
    /// Newest first.
    states: Vec<BareState>,
}

/// A state of it, governed by what is restricted today.
pub(in crate::hub) struct BareState(Sight);

impl Hub {
    /// The newest states of a lane, at most so many.
    pub(in crate::hub) fn bare_lane(
        &self,
        public: &Permit<Read>,
        lane: &LaneId,
        states_max: usize,
        now: Moment,
    ) -> Result<BareLane, Refusal> {
        let (today, rights) = self.today(now);
        let ask = Ask::everything(self, public, rights, lane.dataflow.clone())?;
        let audience = Audience { policy: None, ..ask.audience(lane, &Reading::of(today)) };
        let mut states: Vec<BareState> = Vec::new();
        let mut newest = None;
        for shown in Manifests::new(self, lane, false, today)? {
            let shown = shown?;
            let Some(manifest) = shown.manifest else { continue };
            let governing = *newest.get_or_insert(manifest);
            let governing = (governing != manifest).then_some(governing);
            let sight =
                ask.sight(self, (lane, &audience), &shown.recorded, &manifest, governing, Arc::default());
            // An older state of other columns, or one of which something was expunged, stays kept back.
            let Ok(sight) = sight else { break };
            states.extend(sight.map(BareState));
            if states.len() >= states_max {
                break;
            }
        }
        Ok(BareLane { ask, lane: lane.clone(), states })
    }
}

impl BareLane {
    /// Newest first.
    pub(in crate::hub) fn states(&self) -> &[BareState] {
        &self.states
    }

    /// The columns in which all of them are given.
    pub(in crate::hub) fn shape(&self) -> &Arc<Shape> {
        self.ask.shape()
    }

    /// CONF_STATUS of an observation of a state without one; nothing: it is not free.
    pub(in crate::hub) fn unmarked(&self, BareState(sight): &BareState) -> Option<Arc<str>> {
        let vintage = &sight.vintage;
        let of_dataset = vintage.dataset_attributes.get(CONF_STATUS).and_then(|value| value.as_text());
        let of_absence = || vintage.absent_values.get(CONF_STATUS).cloned();
        let shape = self.shape();
        let is_known = shape.observation_attribute(CONF_STATUS).is_some()
            || shape.series_attribute(CONF_STATUS).is_some();
        of_dataset.map(Arc::from).or_else(of_absence).or_else(|| (!is_known).then(|| Arc::from("F")))
    }

    /// Calls `visit` for all of a state, block by block.
    pub(in crate::hub) fn each(
        &self,
        hub: &Hub,
        BareState(sight): &BareState,
        mut visit: impl FnMut(&Stored) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let blocks = hub.lane_blocks(&self.lane, self.shape().clone());
        for block in sight.vintage.blocks.iter() {
            visit(&sight.mask.stored(block, &blocks)?)?;
        }
        Ok(())
    }
}

impl BareState {
    /// Of its manifest.
    pub(in crate::hub) fn manifest(&self) -> Digest {
        self.0.manifest
    }

    /// How many there are.
    pub(in crate::hub) fn observations(&self) -> u64 {
        self.0.vintage.observations()
    }
}
