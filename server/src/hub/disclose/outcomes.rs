//! What is kept in memory of suppression: lists of cells that were read, and why lanes are kept back. All of it can be
//! derived again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mighub::block::Digest;
use mighub_disclosure::RoundingKey;

use super::cells::CellSet;
use super::in_force::{InForce, Suppressed};
use crate::hub::Hub;
use crate::hub::lane::LaneId;
use crate::hub::mask::PolicyView;
use crate::hub::objects::content;
use crate::hub::refusal::Refusal;

/// Cells of all lists that are kept, together: 64 MB.
const CELLS_KEPT: usize = 4_000_000;
/// Lists that are kept, however short.
const SETS_KEPT: usize = 1_024;
/// Context of the secret that rounding of a lane is keyed by; another use of the hub's secret has another context.
const ROUNDING_CONTEXT: &[u8] = b"mighub rounding key 1";

/// What was found.
#[derive(Default)]
pub(in crate::hub) struct Outcomes {
    sets: Mutex<BTreeMap<Digest, Arc<CellSet>>>,
    failures: Mutex<BTreeMap<LaneId, Failure>>,
}

/// What could not be worked out.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// Position of the policy.
    pub(super) policy: u64,
    /// What the public was to see.
    pub(super) manifest: Digest,
    /// When what is restricted was last changed.
    pub(super) restricted_at: Option<u64>,
    /// In words, for publishers and auditors: no figures.
    pub(super) why: String,
}

impl Outcomes {
    /// Whether just this was tried before.
    pub(super) fn has_failed(
        &self,
        lane: &LaneId,
        in_force: &InForce,
        manifest: &Digest,
        restricted_at: Option<u64>,
    ) -> bool {
        self.failures().get(lane).is_some_and(|failure| {
            failure.policy == in_force.position
                && failure.manifest == *manifest
                && failure.restricted_at == restricted_at
        })
    }

    pub(super) fn note(&self, lane: &LaneId, failure: Option<Failure>) {
        match failure {
            Some(failure) => self.failures().insert(lane.clone(), failure),
            None => self.failures().remove(lane),
        };
    }

    /// Why a lane is kept back.
    pub(super) fn why_not(&self, lane: &LaneId) -> String {
        let known = self.failures().get(lane).map(|failure| failure.why.clone());
        known.unwrap_or_else(|| "the cells to be hidden are being chosen: look again in a minute".to_owned())
    }

    fn failures(&self) -> MutexGuard<'_, BTreeMap<LaneId, Failure>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// How a policy is carried out on a lane.
    pub(in crate::hub) fn policy_view(
        &self,
        lane: &LaneId,
        in_force: &Arc<InForce>,
    ) -> Result<PolicyView, Refusal> {
        let suppressed = match &in_force.suppressed {
            Some(suppressed) => self.cell_set(suppressed)?,
            None => Arc::default(),
        };
        Ok(PolicyView::new(in_force.clone(), self.rounding_key(lane), suppressed))
    }

    /// The key of a lane's rounding. It never leaves the hub: who has it can narrow what rounding hides.
    fn rounding_key(&self, lane: &LaneId) -> RoundingKey {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        hasher.update(ROUNDING_CONTEXT).update(&[0]).update(lane.to_string().as_bytes());
        RoundingKey::derive(hasher.finalize().as_bytes())
    }

    /// The list of cells that a record names.
    pub(super) fn cell_set(&self, suppressed: &Suppressed) -> Result<Arc<CellSet>, Refusal> {
        let sets = || self.outcomes.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sets().get(&suppressed.cells) {
            return Ok(known.clone());
        }
        // Read without the lock: it may have to wait for the disk.
        let read = Arc::new(CellSet::read(&content(&self.store, &suppressed.cells.0)?)?);
        let mut sets = sets();
        let cells: usize = sets.values().map(|set| set.len()).sum();
        if sets.len() >= SETS_KEPT || cells + read.len() > CELLS_KEPT {
            sets.clear();
        }
        sets.insert(suppressed.cells, read.clone());
        Ok(read)
    }
}
