//! Which submission brought each figure of a lane: the one with which it came to be seen as it is.
//!
//! The states that the public came to see are gone through from the newest to the oldest; a figure belongs to the first
//! that differs from the one before. What was withdrawn never was: the way goes along the vintages beneath, and from one
//! that came about by a withdrawal or a release to the one that it restored or released.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::block::Digest;
use mighub::manifest::BlockInfo;
use mighub::v1::{self, record::What};
use mighub_sdmx::columns::{Columns, SeriesKey, Shape};
use mighub_sdmx::key::Selection;
use mighub_store::Position;
use prost::Message;

use crate::hub::delta::{Comparison, Difference, Pair, Place, Step};
use crate::hub::lane::LaneId;
use crate::hub::vintage::{BlockSource, LoadError, Vintage};
use crate::hub::vintages::Recorded;
use crate::hub::{Hub, Moment, Refusal};

/// States that are looked at, at most; what is older than all of them is said to be of the oldest.
const STATES_MAX: usize = 10_000;
/// Nobody is known yet.
const UNKNOWN: u32 = u32::MAX;

/// The states of one lane, newest first.
pub(super) struct Origins {
    lane: LaneId,
    shape: Arc<Shape>,
    states: Vec<State>,
}

/// A state that the public came to see.
struct State {
    manifest: Option<Digest>,
    origin: Origin,
}

/// Where figures came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) submission: Arc<str>,
    /// Position of the vintage with which they came to be seen.
    pub(super) version: Arc<str>,
}

/// Walks along figures in ascending order of keys and notes who brought them.
struct Noting<'c> {
    columns: &'c [Columns],
    noted: Vec<Vec<u32>>,
    left: usize,
    batch: usize,
    series: usize,
}

impl Origins {
    /// Those of what is seen of a vintage at a moment.
    pub(super) fn of(
        hub: &Hub,
        lane: &LaneId,
        shape: &Arc<Shape>,
        seen: &Recorded,
        now: Moment,
    ) -> Result<Self, Refusal> {
        let moved = hub.moved_embargoes(lane)?;
        // Who was waited for until a moment: embargoes are moved by records, or end as they were sent.
        let mut waited: BTreeMap<Moment, Arc<str>> = BTreeMap::new();
        let mut vintages = Vec::new();
        let mut next = Some(seen.clone());
        while let Some(vintage) = next.filter(|_| vintages.len() < STATES_MAX) {
            let row = &vintage.row;
            let until = moved.get(&row.submission_id).copied().or(row.embargo_ms.map(Moment));
            if let Some(until) = until {
                waited.entry(until).or_insert_with(|| Arc::from(&*row.submission_id));
            }
            next = hub.vintage_before(lane, &vintage)?;
            vintages.push(vintage);
        }
        let (mut states, mut until) = (Vec::new(), now);
        for vintage in &vintages {
            let row = &vintage.row;
            let effective = Moment(row.effective_ms);
            let sent = |moment: Moment| {
                let submission = waited.get(&moment).cloned();
                let submission = submission.unwrap_or_else(|| Arc::from(&*row.submission_id));
                Origin { submission, version: Arc::from(vintage.position.to_string()) }
            };
            for step in row.steps.iter().rev().filter(|step| step.from_ms <= until.0) {
                let came = Moment(step.from_ms).max(effective);
                let at_once = came == effective && !row.by_release;
                let manifest = Digest::from_slice(&step.manifest_digest);
                let origin = if at_once { sent(Moment::BEGINNING) } else { sent(came) };
                states.push(State { manifest, origin });
                if step.from_ms <= effective.0 {
                    break;
                }
            }
            until = Moment(effective.0 - 1).min(until);
        }
        Ok(Self { lane: lane.clone(), shape: shape.clone(), states })
    }

    /// The origin with a number.
    pub(super) fn origin(&self, number: u32) -> Option<&Origin> {
        self.states.get(number as usize).map(|state| &state.origin)
    }

    /// Per observation of columns in canonical order, the number of its origin. They are figures of the newest state,
    /// all within `selection`.
    pub(super) fn of_columns(
        &self,
        hub: &Hub,
        columns: &[Columns],
        selection: &Selection,
    ) -> Result<Vec<Vec<u32>>, Refusal> {
        let noted: Vec<Vec<u32>> = columns.iter().map(|columns| vec![UNKNOWN; columns.len()]).collect();
        let left = noted.iter().map(Vec::len).sum();
        let mut noting = Noting { columns, noted, left, batch: 0, series: 0 };
        let mut newer = self.blocks(hub, self.states.first(), selection)?;
        for (number, state) in self.states.iter().enumerate() {
            if noting.left == 0 {
                break;
            }
            let older = self.blocks(hub, self.states.get(number + 1), selection)?;
            if older.is_empty() {
                // Whatever is seen here was not seen before.
                match self.states[number + 1..].iter().any(|state| state.manifest.is_some()) {
                    true => self.compare(hub, older.clone(), newer, number as u32, &mut noting)?,
                    false => noting.all(number as u32),
                }
            } else if state.manifest != self.states[number + 1].manifest {
                let compared = self.compare(hub, older.clone(), newer, number as u32, &mut noting);
                match compared {
                    // What was before was expunged: nobody can say any more what changed.
                    Err(LoadError::Store(error)) if matches!(*error, mighub_store::Error::Gone(_)) => {
                        noting.all(number as u32);
                    }
                    compared => compared?,
                }
            }
            newer = older;
        }
        noting.all(self.states.len().saturating_sub(1) as u32);
        Ok(noting.noted)
    }

    fn blocks(
        &self,
        hub: &Hub,
        state: Option<&State>,
        selection: &Selection,
    ) -> Result<Arc<[Arc<BlockInfo>]>, Refusal> {
        let Some(manifest) = state.and_then(|state| state.manifest) else { return Ok(Arc::new([])) };
        let vintage: Arc<Vintage> = hub.vintage(&self.shape, &manifest)?;
        if selection.is_all() {
            return Ok(vintage.blocks.clone());
        }
        Ok(vintage.blocks.iter().filter(|block| block.may_match(selection)).cloned().collect())
    }

    /// Notes what is other in a state than in the one before.
    fn compare(
        &self,
        hub: &Hub,
        older: Arc<[Arc<BlockInfo>]>,
        newer: Arc<[Arc<BlockInfo>]>,
        number: u32,
        noting: &mut Noting<'_>,
    ) -> Result<(), LoadError> {
        let blocks = hub.lane_blocks(&self.lane, self.shape.clone());
        let mut comparison = Comparison::new(older, newer);
        noting.rewind();
        while let Some(step) = comparison.next(&blocks, &blocks, |_| true)? {
            match step {
                Step::Gone(_) => {}
                Step::New(block) => {
                    let columns = blocks.load(&block)?;
                    for series in 0..columns.series_count() {
                        for observation in columns.observations(series) {
                            noting.note(&columns, series, observation, number);
                        }
                    }
                }
                Step::Series { before, after } => {
                    let Some(after) = after else { continue };
                    let pair = Pair { before: before.as_ref().map(Place::whole), after: Some(after.whole()) };
                    for difference in pair.differences() {
                        if let Difference::Inserted(at) | Difference::Changed(_, at) = difference {
                            noting.note(&after.columns, after.series, at, number);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

impl Hub {
    /// The vintage that one follows on, without what was taken back.
    fn vintage_before(&self, lane: &LaneId, vintage: &Recorded) -> Result<Option<Recorded>, Refusal> {
        let row = &vintage.row;
        let mut before = row.below;
        if row.by_withdrawal || row.by_release {
            let entry = self.store.record(Position(vintage.position))?;
            let record = v1::Record::decode(entry.payload);
            match record.map_err(|error| Refusal::internal(error.to_string()))?.what {
                Some(What::Withdrawn(withdrawn)) => before = withdrawn.restores,
                Some(What::Released(released)) => before = Some(released.base),
                _ => {}
            }
        }
        Ok(before.map(|before| self.vintage_recorded_at(lane, before)).transpose()?.flatten())
    }

    /// Whether something of a lane was taken back or released after a position: then figures that are seen as before may
    /// have come otherwise.
    pub(super) fn was_rearranged(&self, lane: &LaneId, after: u64, until: u64) -> Result<bool, Refusal> {
        let mut until = Some(until);
        while let Some(position) = until.filter(|position| *position > after) {
            let Some(vintage) = self.vintage_at(lane, position)?.filter(|vintage| vintage.position > after)
            else {
                return Ok(false);
            };
            if vintage.row.by_withdrawal || vintage.row.by_release {
                return Ok(true);
            }
            until = vintage.position.checked_sub(1);
        }
        Ok(false)
    }
}

impl Noting<'_> {
    fn rewind(&mut self) {
        (self.batch, self.series) = (0, 0);
    }

    /// Whatever has no origin yet has this one.
    fn all(&mut self, number: u32) {
        for known in self.noted.iter_mut().flatten().filter(|known| **known == UNKNOWN) {
            *known = number;
        }
        self.left = 0;
    }

    /// Keys are asked for in ascending order.
    fn note(&mut self, other: &Columns, series: usize, observation: usize, number: u32) {
        self.advance(other.key(series));
        // A series may go on in the next batch.
        let (mut batch, mut place) = (self.batch, self.series);
        while let Some(columns) = self.columns.get(batch) {
            if place == columns.series_count() {
                (batch, place) = (batch + 1, 0);
                continue;
            }
            if columns.key(place).cmp(&other.key(series)).is_ne() {
                return;
            }
            let range = columns.observations(place);
            let period = other.periods[observation];
            if let Ok(at) = columns.periods[range.clone()].binary_search(&period) {
                let known = &mut self.noted[batch][range.start + at];
                if *known == UNKNOWN {
                    *known = number;
                    self.left -= 1;
                }
                return;
            }
            place += 1;
        }
    }

    fn advance(&mut self, key: SeriesKey<'_>) {
        while let Some(columns) = self.columns.get(self.batch) {
            if self.series == columns.series_count() {
                (self.batch, self.series) = (self.batch + 1, 0);
            } else if columns.key(self.series).cmp(&key).is_lt() {
                self.series += 1;
            } else {
                return;
            }
        }
    }
}
