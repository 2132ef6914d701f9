//! What the public came to see of a lane, state by state, as it saw it then: what somebody may have kept.
//!
//! Unlike a pull, an older state is not governed by today's confidentiality here, and what is hidden keeps its key:
//! this is for the disclosure audit alone, which asks what can be known by now, not what may be.

use std::sync::Arc;

use mighub::v1;
use mighub_sdmx::columns::Columns;
use mighub_sdmx::key::Selection;

use super::changes::{SideSource, asked};
use super::history::Manifests;
use super::reading::Reading;
use super::sieve::Sieve;
use super::sight::{Ask, Providers, Sight};
use crate::hub::lane::LaneId;
use crate::hub::mask::Audience;
use crate::hub::permit::{Permit, Read};
use crate::hub::vintage::BlockSource;
use crate::hub::{Hub, Moment, Refusal};

/// One lane of a dataflow, seen with the eyes of the public.
pub(in crate::hub) struct PublishedLane {
    ask: Ask,
    lane: LaneId,
    before_release: bool,
    /// Newest first; the first is what the lane shows today.
    states: Vec<PublishedState>,
}

/// A state that the public came to see.
pub(in crate::hub) struct PublishedState {
    /// Since when it was visible.
    pub(in crate::hub) since: Moment,
    /// Cells that a restriction withheld at the time.
    withheld: Vec<Arc<Selection>>,
    sight: Sight,
}

impl Hub {
    /// The newest states of a lane that the public came to see, `earlier` of them before today's; nothing, if it
    /// shows nothing today. With `before_release`, as if all embargoes had passed.
    pub(in crate::hub) fn published(
        &self,
        public: &Permit<Read>,
        lane: &LaneId,
        selection: Option<&v1::Selection>,
        earlier: usize,
        before_release: bool,
        now: Moment,
    ) -> Result<Option<PublishedLane>, Refusal> {
        let (today, rights) = self.today(now);
        let of_provider = Providers::These([lane.provider.clone()].into());
        let ask = Ask::everything(self, public, rights.clone(), lane.dataflow.clone())?;
        let ask = ask.selecting(selection, of_provider)?;
        let vantage = ask.vantage(Reading::of(today));
        let Some(outlook) = ask.outlook(self, lane, &vantage)? else { return Ok(None) };
        let sieve = Sieve::new(ask.selection.clone(), ask.bounds.clone(), outlook.rivals);
        let sieve = Arc::new(sieve);
        let mut states = Vec::new();
        // What is yet to be released is one state; those before it are what the public really saw.
        let to_come = match before_release {
            true => Manifests::new(self, lane, true, today)?.next(),
            false => None,
        };
        for shown in to_come.into_iter().chain(Manifests::new(self, lane, false, today)?) {
            let shown = shown?;
            let Some(manifest) = shown.manifest else {
                if states.is_empty() {
                    return Ok(None);
                }
                continue;
            };
            let position = if states.is_empty() { today.position } else { shown.recorded.position };
            let then = rights.audience(public.principal(), lane, position, shown.since.max(Moment(0)));
            let audience = Audience {
                before_release,
                keys_hidden: false,
                restricted: false,
                withheld: Vec::new(),
                // For what is to be released nothing was chosen yet.
                policy: then.policy.clone().filter(|_| !(before_release && states.is_empty())),
                ..then.clone()
            };
            let sight = ask.sight(self, (lane, &audience), &shown.recorded, &manifest, None, sieve.clone());
            // What is kept back today shows nothing, whatever was shown before.
            if states.is_empty()
                && !before_release
                && audience.policy.as_ref().is_some_and(|one| !one.shows(&manifest))
            {
                return Ok(None);
            }
            // An older state of other columns cannot be compared; it is passed over like one that is gone.
            let Ok(sight) = sight else { continue };
            if let Some(sight) = sight {
                states.push(PublishedState { since: shown.since, withheld: then.withheld, sight });
            }
            if states.len() > earlier {
                break;
            }
        }
        if states.is_empty() {
            return Ok(None);
        }
        Ok(Some(PublishedLane { ask, lane: lane.clone(), before_release, states }))
    }
}

impl PublishedLane {
    /// The states, newest first; the first is today's.
    pub(in crate::hub) fn states(&self) -> &[PublishedState] {
        &self.states
    }

    /// Whether figures under embargo are among them.
    pub(in crate::hub) fn is_before_release(&self) -> bool {
        self.before_release
    }

    /// What an observation without CONF_STATUS has in a state.
    pub(in crate::hub) fn unmarked(&self, state: &PublishedState) -> Option<Arc<str>> {
        let vintage = &state.sight.vintage;
        let of_dataset = vintage.dataset_attributes.get("CONF_STATUS").and_then(|value| value.as_text());
        of_dataset.map(Arc::from).or_else(|| vintage.absent_values.get("CONF_STATUS").cloned())
    }

    /// Calls `visit` for all of a state, in order, with the places of withheld observations.
    pub(in crate::hub) fn each(
        &self,
        hub: &Hub,
        state: &PublishedState,
        mut visit: impl FnMut(&Columns, &[bool]) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let blocks = hub.lane_blocks(&self.lane, self.ask.shape().clone());
        let source = SideSource { sight: Some(&state.sight), blocks: &blocks };
        for block in asked(Some(&state.sight)).iter() {
            let columns: Arc<Columns> = source.load(block)?;
            if !columns.is_empty() {
                visit(&columns, &withheld(&columns, &state.withheld))?;
            }
        }
        Ok(())
    }
}

/// Per observation, whether a restriction withholds it.
fn withheld(columns: &Columns, selections: &[Arc<Selection>]) -> Vec<bool> {
    let mut withheld = vec![false; columns.len()];
    for selection in selections {
        let matching = selection.matching_series(columns);
        for series in (0..columns.series_count()).filter(|series| matching[*series]) {
            for place in columns.observations(series) {
                withheld[place] |= selection.matches_period(columns.periods[place]);
            }
        }
    }
    withheld
}
