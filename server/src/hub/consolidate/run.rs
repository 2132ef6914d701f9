//! When something is made anew, and what of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use mighub::v1;
use mighub_consolidation::{Scope, Target};

use super::basis::Basis;
use super::own;
use super::rows::{Making, Reading};
use crate::hub::lane::LaneId;
use crate::hub::permit::{Permit, Read};
use crate::hub::reduce::row;
use crate::hub::retrieve::Since;
use crate::hub::rows::consolidated_key;
use crate::hub::{Hub, Moment, Principal, Refusal};

/// Reported observations that are paired at once when all is made anew, about: some hundred megabytes.
const OBSERVATIONS_AT_ONCE: u64 = 2_000_000;

/// What a consolidation came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Consolidated {
    /// The lane.
    pub lane: LaneId,
    /// Position of the record.
    pub position: u64,
    /// What it changed.
    pub observations: v1::ObservationCounts,
    /// Whether all was made anew.
    pub full: bool,
}

/// Up to where each target was found to need nothing, since its last record. Forgotten with the hub: it is only that less
/// has to be compared.
pub(in crate::hub) type LookedUpTo = std::sync::Mutex<BTreeMap<Target, Since>>;

impl Hub {
    /// Makes derived dataflows anew as far as their inputs, or what they rest on, changed since the last time; with
    /// `all`, all of them. Gives what was recorded; nothing if all is as it was. One at a time; takes as long as what
    /// changed, so never on a thread of the network.
    pub fn consolidate(&self, all: bool, now: Moment) -> Result<Vec<Consolidated>, Refusal> {
        let public = self.authorise(&Principal::PUBLIC, Read, now)?;
        let mut made = Vec::new();
        for target in Target::ALL {
            made.extend(self.consolidate_one(&public, target, all, now)?);
        }
        Ok(made)
    }

    /// The next moment at which an embargo on an input ends.
    pub fn next_input_release(&self, now: Moment) -> Result<Option<Moment>, Refusal> {
        let mut next = None;
        for input in Target::ALL.iter().flat_map(|target| target.inputs()) {
            for lane in self.lanes(&own::dataflow_of(*input)?)? {
                let head = self.head(&lane)?;
                let releases = head.iter().flat_map(|head| head.releases(now)).min();
                next = next.into_iter().chain(releases).min();
            }
        }
        Ok(next)
    }

    fn consolidate_one(
        &self,
        public: &Permit<Read>,
        target: Target,
        all: bool,
        now: Moment,
    ) -> Result<Option<Consolidated>, Refusal> {
        let lane = own::lane_of(target)?;
        let lock = self.desk.lane(&lane);
        let _one_at_a_time = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let today = self.since_now(now);
        let Some(basis) = Basis::of(self, target, today.position, now)? else { return Ok(None) };
        let known: Option<v1::Consolidated> = row(&*self.view, &consolidated_key(&lane))?;
        let before = known.as_ref().map(|known| self.read_up_to(target, known));
        let readings = self.readings(public, target, before, today)?;
        let as_before = known.as_ref().is_some_and(|known| known.basis_digest[..] == basis.digest);
        let mut scope = if all || !as_before {
            Scope::All
        } else {
            self.touched(&basis, &readings, before.unwrap_or(today), today)?
        };
        if scope.is_nothing() {
            self.looked_up_to(target, today);
            return Ok(None);
        }
        if !basis.consolidation.is_local() {
            scope = Scope::All;
        }
        let scope = scope.of_target(target);
        let making = Making { hub: self, target, basis: &basis, readings: &readings, now };
        let parts = parts(&scope, &basis, &readings);
        let made = self.make(&lane, &making, &scope, &parts, today)?;
        if made.is_none() {
            self.looked_up_to(target, today);
        }
        Ok(made)
    }

    /// The inputs of a target: what is seen of them and was seen before.
    fn readings(
        &self,
        public: &Permit<Read>,
        target: Target,
        before: Option<Since>,
        today: Since,
    ) -> Result<Vec<Reading>, Refusal> {
        let mut readings = Vec::new();
        for input in target.inputs() {
            for lane in self.inputs(public, &own::dataflow_of(*input)?, before, today)? {
                let ranks = self.source_ranks(&lane.lane, today.position, today.moment)?;
                readings.push(Reading { input: *input, lane, ranks });
            }
        }
        Ok(readings)
    }

    /// The corridors of which an input is seen otherwise than at the last consolidation, or said to be of another
    /// quality.
    fn touched(
        &self,
        basis: &Basis,
        readings: &[Reading],
        before: Since,
        today: Since,
    ) -> Result<Scope, Refusal> {
        let mut scope = Scope::nothing();
        for reading in readings {
            let lane = &reading.lane.lane;
            reading.lane.each_changed(self, |columns| scope.touch(reading.input, columns, &basis.areas))?;
            let graded = self.source_ranks(lane, before.position, before.moment)?.changed_at();
            let graded_as_before = graded == reading.ranks.changed_at();
            if !graded_as_before || self.was_rearranged(lane, before.position, today.position)? {
                reading.lane.each(self, &Arc::default(), |columns| {
                    scope.touch(reading.input, &columns, &basis.areas);
                    Ok(())
                })?;
            }
        }
        Ok(scope)
    }

    fn read_up_to(&self, target: Target, known: &v1::Consolidated) -> Since {
        let moment = known.read_time.as_ref().map_or(Moment::BEGINNING, Moment::of_message);
        let recorded = Since { position: known.read_position, moment };
        let looked = self.consolidating.lock().unwrap_or_else(PoisonError::into_inner);
        looked.get(&target).copied().map_or(recorded, |looked| looked.max(recorded))
    }

    fn looked_up_to(&self, target: Target, since: Since) {
        self.consolidating.lock().unwrap_or_else(PoisonError::into_inner).insert(target, since);
    }
}

/// A scope in parts that fit into memory.
fn parts(scope: &Scope, basis: &Basis, readings: &[Reading]) -> Vec<Scope> {
    let observations: u64 = readings.iter().map(|reading| reading.lane.observations()).sum();
    let count = observations.div_ceil(OBSERVATIONS_AT_ONCE) as usize;
    if *scope != Scope::All || count <= 1 || !basis.consolidation.is_local() {
        return vec![scope.clone()];
    }
    let areas: Vec<Arc<str>> = basis.areas.iter().cloned().collect();
    let piece = |areas: &[Arc<str>]| Scope::Destinations(areas.iter().cloned().collect::<BTreeSet<_>>());
    areas.chunks(areas.len().div_ceil(count).max(1)).map(piece).collect()
}
