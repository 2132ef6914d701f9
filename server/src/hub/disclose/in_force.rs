//! The policies of all lanes as of any position of the journal, with the cells that were chosen by them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mighub::block::Digest;
use mighub_disclosure::Policy;
use mighub_sdmx::structure::Reference;
use mighub_store::{View, ViewError};
use prost::Message;

use crate::hub::lane::LaneId;
use crate::hub::rows::{POLICIES, PolicyRow, SUPPRESSIONS, SuppressionRow, policy_place, suppression_place};

/// Policies and suppressions, with what held before.
#[derive(Clone, Debug, Default)]
pub(in crate::hub) struct Policies {
    /// By dataflow and provider, which is empty for a policy of all lanes; oldest first. Nothing: none any more.
    states: BTreeMap<(String, String), Vec<State>>,
    /// By lane, oldest first.
    suppressions: BTreeMap<LaneId, Vec<Arc<Suppressed>>>,
}

/// Position of a record and what it set.
type State = (u64, Option<Arc<Policy>>);

/// The policy that a lane follows, and the cells that were chosen by it.
#[derive(Clone, Debug)]
pub struct InForce {
    /// Position of the policy.
    pub position: u64,
    /// The policy.
    pub policy: Arc<Policy>,
    /// Nothing: none were chosen, or something was restricted since.
    pub suppressed: Option<Arc<Suppressed>>,
}

/// Cells that are hidden in all states of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// Position of the record.
    pub position: u64,
    policy: u64,
    /// Digest of the list of cells.
    pub cells: Digest,
    /// The states for which they are enough.
    pub states: BTreeSet<Digest>,
}

/// Two with the same positions are the same.
impl PartialEq for InForce {
    fn eq(&self, other: &Self) -> bool {
        let suppressed = |one: &Self| one.suppressed.as_ref().map(|suppressed| suppressed.position);
        self.position == other.position && suppressed(self) == suppressed(other)
    }
}

impl Eq for InForce {}

impl InForce {
    /// Whether a state of the lane may be shown through the policy: one that suppresses hides a state altogether until
    /// its cells are chosen.
    pub fn shows(&self, manifest: &Digest) -> bool {
        !self.policy.suppression
            || self.suppressed.as_ref().is_some_and(|suppressed| suppressed.states.contains(manifest))
    }
}

impl Policies {
    /// Reads them from the view.
    pub(in crate::hub) fn read(view: &dyn View) -> Result<Self, ViewError> {
        let malformed = |what: &str| ViewError(format!("a disclosure policy cannot be read: {what}"));
        let mut policies = Self::default();
        for (key, value) in view.scan(POLICIES, &[], usize::MAX)? {
            let row = PolicyRow::decode(&value[..]).map_err(|error| malformed(&error.to_string()))?;
            let (dataflow, provider, position) =
                policy_place(&key).ok_or_else(|| malformed("it has no place"))?;
            let policy = match &row.policy[..] {
                [] => None,
                json => Some(Arc::new(Policy::read(json).map_err(|error| malformed(&error.to_string()))?)),
            };
            let of = (dataflow.to_owned(), provider.to_owned());
            policies.states.entry(of).or_default().push((position, policy));
        }
        for (key, value) in view.scan(SUPPRESSIONS, &[], usize::MAX)? {
            let row = SuppressionRow::decode(&value[..]).map_err(|error| malformed(&error.to_string()))?;
            let place = suppression_place(&key).zip(Digest::from_slice(&row.cells_digest));
            let ((lane, position), cells) = place.ok_or_else(|| malformed("a suppression has no place"))?;
            let states =
                row.manifest_digests.iter().filter_map(|digest| Digest::from_slice(digest)).collect();
            let suppressed = Suppressed { position, policy: row.policy, cells, states };
            policies.suppressions.entry(lane).or_default().push(Arc::new(suppressed));
        }
        Ok(policies)
    }

    /// The policy that a lane follows after the record at `position`. `restricted_at`: when what is restricted of it
    /// last changed until then: cells that were chosen before may not be enough any more.
    pub(in crate::hub) fn in_force(
        &self,
        lane: &LaneId,
        position: u64,
        restricted_at: impl FnOnce() -> Option<u64>,
    ) -> Option<Arc<InForce>> {
        if self.states.is_empty() {
            return None;
        }
        let dataflow = lane.dataflow.short();
        let own = self.state(&dataflow, &lane.provider, position);
        let (since, policy) = own.or_else(|| self.state(&dataflow, "", position))?;
        let suppressed = policy.suppression.then(|| {
            let all = self.suppressions.get(lane)?;
            let newest = all[..all.partition_point(|one| one.position <= position)].last()?;
            let holds = newest.policy == since && restricted_at().is_none_or(|at| at < newest.position);
            holds.then(|| newest.clone())
        });
        Some(Arc::new(InForce { position: since, policy, suppressed: suppressed.flatten() }))
    }

    fn state(&self, dataflow: &str, provider: &str, position: u64) -> Option<(u64, Arc<Policy>)> {
        let states = self.states.get(&(dataflow.to_owned(), provider.to_owned()))?;
        let (since, policy) = states[..states.partition_point(|(since, _)| *since <= position)].last()?;
        Some((*since, policy.clone()?))
    }

    /// Policies of a dataflow as they stood after the record at `position`: provider, and position of the record.
    pub(in crate::hub) fn of(
        &self,
        dataflow: &Reference,
        position: u64,
    ) -> impl Iterator<Item = (&str, u64)> {
        let name = dataflow.short();
        self.states.iter().filter(move |((dataflow, _), _)| *dataflow == name).filter_map(
            move |((_, provider), states)| {
                let held = states.partition_point(|(since, _)| *since <= position);
                let (since, policy) = states[..held].last()?;
                policy.as_ref().map(|_| (&**provider, *since))
            },
        )
    }

    /// Position of the newest record about what is published of a dataflow.
    pub(in crate::hub) fn changed_at(&self, dataflow: &Reference) -> Option<u64> {
        let name = dataflow.short();
        let states = self.states.iter().filter(|((dataflow, _), _)| *dataflow == name);
        let states = states.filter_map(|(_, states)| states.last()).map(|(since, _)| *since);
        let chosen = self.suppressions.iter().filter(|(lane, _)| lane.dataflow == *dataflow);
        states.chain(chosen.filter_map(|(_, all)| Some(all.last()?.position))).max()
    }

    /// Dataflows of which some lane follows, or followed, a policy.
    pub(in crate::hub) fn dataflows(&self) -> BTreeSet<&str> {
        self.states.keys().map(|(dataflow, _)| &**dataflow).collect()
    }
}
