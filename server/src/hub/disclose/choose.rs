//! Choosing cells that are hidden for the sake of small ones. It takes the whole table, so it is done once when a state
//! of a lane becomes public, and recorded; until then the state is kept back.
//!
//! One list of cells is hidden in all states of a lane, so that what one state hides another does not show. To hide a
//! cell more never helps who wants to know: a state that is safe with some cells of the list is safe with all.

use std::collections::BTreeSet;

use mighub::block::Digest;
use mighub::v1::{self, record::What};
use mighub_disclosure::table::CELLS_MAX;
use mighub_disclosure::{CellView, Policy, Reading, Seen, Stage, Sums, Tree, cell_name, suppress_more};

use super::cells::CellSet;
use super::in_force::InForce;
use super::outcomes::Failure;
use crate::hub::append::{Actor, record};
use crate::hub::lane::LaneId;
use crate::hub::objects::object;
use crate::hub::permit::{Permit, Read};
use crate::hub::retrieve::{BareLane, BareState};
use crate::hub::{Hub, Moment, Principal, Refusal};

/// States of a lane that are shown under a policy with suppression, newest first; older ones are kept back.
const STATES_MAX: usize = 16;

/// What was chosen for a lane.
struct Chosen {
    cells: CellSet,
    /// Manifests of the states for which they are enough.
    states: Vec<Digest>,
}

impl Hub {
    /// Chooses cells of all lanes of which something is kept back for want of them. Gives how many lanes are shown
    /// that were not. Takes seconds for large lanes; whoever calls it is alone in doing so.
    pub fn choose_suppressed(&self, now: Moment) -> Result<usize, Refusal> {
        let rights = self.rights();
        let mut shown = 0;
        for name in rights.policies().dataflows() {
            let dataflow = super::dataflow("dataflow", name)?;
            for lane in self.lanes(&dataflow)? {
                shown += usize::from(self.choose_for(&lane, now)?);
            }
        }
        Ok(shown)
    }

    /// Whether a lane is shown that was not.
    fn choose_for(&self, lane: &LaneId, now: Moment) -> Result<bool, Refusal> {
        let (position, rights) = (self.position().unwrap_or(0), self.rights());
        let Some(in_force) = rights.policy_on(lane, position) else { return Ok(false) };
        let Some(head) = self.vintage_at(lane, position)? else { return Ok(false) };
        let Some(manifest) = head.manifest_at(now, false) else { return Ok(false) };
        let restricted_at = rights.restricted_at(lane, position);
        if in_force.shows(&manifest) || self.outcomes.has_failed(lane, &in_force, &manifest, restricted_at) {
            return Ok(false);
        }
        let chosen = match self.chosen(lane, &in_force, now)? {
            Ok(chosen) => chosen,
            Err(why) => {
                tracing::warn!(%lane, %why, "a lane is kept back from who does not see restricted cells");
                let failure = Failure { policy: in_force.position, manifest, restricted_at, why };
                self.outcomes.note(lane, Some(failure));
                return Ok(false);
            }
        };
        // What was chosen holds for what was restricted when it was: nobody changes that until it is recorded.
        let _one_at_a_time = self.desk.changing_rights();
        let rights = self.rights();
        let is_as_before =
            rights.policy_on(lane, u64::MAX).is_some_and(|now| now.position == in_force.position)
                && rights.restricted_at(lane, u64::MAX) == restricted_at;
        if !is_as_before {
            return Ok(false);
        }
        self.record_suppression(lane, &in_force, &chosen, now)?;
        self.outcomes.note(lane, None);
        Ok(true)
    }

    fn record_suppression(
        &self,
        lane: &LaneId,
        in_force: &InForce,
        chosen: &Chosen,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let (digest, stored) = object(chosen.cells.to_bytes());
        let what = What::Suppression(v1::SuppressionRecorded {
            dataflow: lane.dataflow.short(),
            provider: lane.provider.to_string(),
            policy: in_force.position,
            cells_digest: digest.to_bytes(),
            manifest_digests: chosen.states.iter().map(|state| state.to_bytes()).collect(),
        });
        let mut present = Vec::new();
        let objects = self.stored_or_small(vec![stored], &mut present, now)?;
        let actor = Actor::default();
        self.append(None, &present, now, |_| Ok((objects.clone(), record(&actor, what.clone(), now))))
    }

    /// The cells of a lane, or why there are none that would do.
    fn chosen(
        &self,
        lane: &LaneId,
        in_force: &InForce,
        now: Moment,
    ) -> Result<Result<Chosen, String>, Refusal> {
        let public: Permit<Read> = self.authorise(&Principal::PUBLIC, Read, now)?;
        let bare = self.bare_lane(&public, lane, STATES_MAX, now)?;
        let definition = self.definition(&lane.dataflow)?.data;
        let work = Work {
            hub: self,
            lane: &bare,
            policy: &in_force.policy,
            sums: Sums::shipped(),
            trees: Tree::all(&definition, &self.known_structures()),
        };
        work.choose()
    }
}

struct Work<'a> {
    hub: &'a Hub,
    lane: &'a BareLane,
    policy: &'a Policy,
    sums: Sums,
    trees: Vec<Tree>,
}

impl Work<'_> {
    fn choose(&self) -> Result<Result<Chosen, String>, Refusal> {
        let states = self.within_limit();
        let mut hidden = BTreeSet::new();
        for state in states {
            self.small(state, &mut hidden)?;
        }
        let mut enough = Vec::new();
        for (nth, state) in states.iter().enumerate() {
            match self.suppress(state, &mut hidden)? {
                Ok(()) => enough.push(state.manifest()),
                Err(why) if nth == 0 => return Ok(Err(why)),
                // Older states are kept back with this one.
                Err(_) => break,
            }
        }
        Ok(Ok(Chosen { cells: CellSet::of(hidden.iter().map(|name| &**name)), states: enough }))
    }

    /// The newest states, as many as have a million cells together, and one at least.
    fn within_limit(&self) -> &[BareState] {
        let mut cells = 0;
        let states = self.lane.states();
        let fits = states.iter().take_while(|state| {
            cells += state.observations();
            cells <= CELLS_MAX as u64
        });
        &states[..fits.count().max(1).min(states.len())]
    }

    /// Adds the names of the cells of a state that are small: they are hidden in all.
    fn small(&self, state: &BareState, hidden: &mut BTreeSet<String>) -> Result<(), Refusal> {
        // Rounding hides nothing.
        let view = CellView::new(self.policy, None);
        self.lane.each(self.hub, state, |stored| {
            let columns = &stored.columns;
            for series in (0..columns.series_count()).filter(|series| view.concerns(columns, *series)) {
                for place in columns.observations(series).filter(|place| !stored.hidden[*place]) {
                    let seen = columns.value(place).map(|value| view.seen(value, String::new));
                    if seen == Some(Seen::Small) {
                        hidden.insert(cell_name(columns, series, place));
                    }
                }
            }
            Ok(())
        })
    }

    /// Adds the names of further cells, so that nothing hidden in a state can be had from the rest of it.
    fn suppress(
        &self,
        state: &BareState,
        hidden: &mut BTreeSet<String>,
    ) -> Result<Result<(), String>, Refusal> {
        let mut reading = Reading::new(self.lane.shape(), self.policy, &self.sums, Stage::Stored)
            .unmarked(self.lane.unmarked(state));
        let mut too_large = None;
        self.lane.each(self.hub, state, |stored| {
            if too_large.is_none() {
                too_large = reading.push_withheld(&stored.columns, &stored.withheld).err();
            }
            Ok(())
        })?;
        if let Some(error) = too_large {
            return Ok(Err(error.to_string()));
        }
        let figures = reading.figures();
        let table = reading.finish(&self.trees);
        let suppression = suppress_more(table, &figures, self.policy, |name| hidden.contains(name));
        let counts = &suppression.report.counts;
        if !counts.is_clean() {
            let text = format!(
                "{} hidden figures could still be had, or nearly, however many others are hidden: restrict totals \
                 beside them, or publish less detail; `mighub-server disclose audit --before-release` tells which",
                counts.recovered + counts.too_narrow
            );
            return Ok(Err(text));
        }
        hidden.extend(suppression.chosen.iter().map(|cell| suppression.table.name(*cell)));
        Ok(Ok(()))
    }
}
