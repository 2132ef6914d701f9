//! What changed of a lane for one reader: observations that are new or other, and those that are gone.

use std::ops::Range;
use std::sync::Arc;

use mighub::manifest::BlockInfo;
use mighub::v1::TombstoneReason;
use mighub_sdmx::columns::{Columns, Shape};

use super::plan::candidates;
use super::sight::Sight;
use super::stored::{Gatherer, remade};
use super::whole::{Given, Parcel, StoredBlocks, parcel};
use crate::hub::Refusal;
use crate::hub::delta::{AbsenceChanges, Comparison, Difference, Pair, Place, Step};
use crate::hub::vintage::{BlockSource, LoadError};

/// What a reader saw of a lane, what it sees, and why something may be withheld.
pub(super) struct Sides {
    /// Nothing: nothing was visible.
    pub(super) before: Option<Sight>,
    /// Nothing: nothing is visible.
    pub(super) after: Option<Sight>,
    /// Whether the reader saw what was not released yet, and does so no more.
    pub(super) lost_early_access: bool,
    /// Whether the reader has the lane's key.
    pub(super) holds_key: bool,
}

/// A part of what changed.
pub(super) enum Change {
    /// Observations that are new or other.
    Put(Parcel),
    /// Keys and periods that are gone.
    Gone(Parcel, TombstoneReason),
}

/// The changes of one lane, step by step.
pub(super) struct Changes {
    sides: Sides,
    comparison: Comparison,
    likeness: Likeness,
    put: Gatherer,
    deleted: Gatherer,
    withheld: Gatherer,
    unmasked: Option<Lookup>,
    /// The last series that was compared.
    last: Option<Vec<Arc<str>>>,
    is_done: bool,
}

impl Changes {
    pub(super) fn new(sides: Sides, shape: &Arc<Shape>) -> Self {
        let comparison = Comparison::new(asked(sides.before.as_ref()), asked(sides.after.as_ref()));
        let likeness = Likeness::of(sides.before.as_ref(), sides.after.as_ref());
        let gatherer = || Gatherer::new(shape.clone());
        Self {
            comparison,
            likeness,
            put: gatherer(),
            deleted: gatherer(),
            withheld: gatherer(),
            unmasked: sides.after.as_ref().filter(|after| !after.shows_all()).map(Lookup::new),
            last: None,
            is_done: false,
            sides,
        }
    }

    /// Goes on behind a series.
    pub(super) fn start_behind(&mut self, key: &[Arc<str>]) {
        self.comparison.start_behind(key);
        self.last = Some(key.to_vec());
    }

    /// The series behind which this could go on another time, if everything before was flushed; nothing in the
    /// midst of a series.
    pub(super) fn place(&self) -> Option<&[Arc<str>]> {
        self.last.as_deref().filter(|last| self.comparison.is_behind(last))
    }

    /// Whether everything was compared.
    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Compares the next series or block.
    pub(super) fn step(&mut self, blocks: &dyn StoredBlocks, out: &mut Vec<Change>) -> Result<(), Refusal> {
        match self.next_step(blocks)? {
            None => {
                self.flush(out)?;
                self.is_done = true;
            }
            Some(Step::New(block)) => {
                self.last = Some(block.last_key.clone());
                self.inserted_block(&block, blocks, out)?;
            }
            Some(Step::Gone(block)) => {
                self.last = Some(block.last_key.clone());
                let Some(before) = &self.sides.before else { return Ok(()) };
                let columns = Given { sight: before, blocks }.load(&block)?;
                for series in 0..columns.series_count() {
                    let place = Place { columns: columns.clone(), series };
                    self.gone(&place, columns.observations(series), blocks, out)?;
                }
            }
            Some(Step::Series { before, after }) => {
                self.last = before.as_ref().or(after.as_ref()).map(|place| place.whole().key().to_vec());
                self.series(before.as_ref(), after.as_ref(), blocks, out)?;
            }
        }
        Ok(())
    }

    fn next_step(&mut self, blocks: &dyn StoredBlocks) -> Result<Option<Step>, Refusal> {
        let (before, after) = (self.sides.before.as_ref(), self.sides.after.as_ref());
        let same = |block: &BlockInfo| self.likeness.holds(before, after, block);
        let (old, new) = (SideSource { sight: before, blocks }, SideSource { sight: after, blocks });
        Ok(self.comparison.next(&old, &new, same)?)
    }

    fn inserted_block(
        &mut self,
        block: &BlockInfo,
        blocks: &dyn StoredBlocks,
        out: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        let Some(after) = self.sides.after.clone() else { return Ok(()) };
        if after.mask.lets_pass(block) && after.sieve.lets_pass(block) {
            flush(&mut self.put, out, None)?;
            out.extend(parcel(block, &after, self.sides.holds_key, blocks)?.map(Change::Put));
            return Ok(());
        }
        let columns = Given { sight: &after, blocks }.load(block)?;
        for series in 0..columns.series_count() {
            self.inserted(&columns, series, columns.observations(series), out)?;
        }
        Ok(())
    }

    fn series(
        &mut self,
        before: Option<&Place>,
        after: Option<&Place>,
        blocks: &dyn StoredBlocks,
        out: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        let pair = Pair { before: before.map(Place::whole), after: after.map(Place::whole) };
        // What follows each other is taken in one piece.
        let (mut put, mut gone) = (0..0, 0..0);
        for difference in pair.differences_with(&self.likeness.absences) {
            match difference {
                Difference::Inserted(at) | Difference::Changed(_, at) if at == put.end => put.end += 1,
                Difference::Inserted(at) | Difference::Changed(_, at) => {
                    let range = std::mem::replace(&mut put, at..at + 1);
                    if let Some(after) = after {
                        self.inserted(&after.columns, after.series, range, out)?;
                    }
                }
                Difference::Deleted(at) if at == gone.end => gone.end += 1,
                Difference::Deleted(at) => {
                    let range = std::mem::replace(&mut gone, at..at + 1);
                    if let Some(before) = before {
                        self.gone(before, range, blocks, out)?;
                    }
                }
            }
        }
        if let Some(after) = after {
            self.inserted(&after.columns, after.series, put, out)?;
        }
        if let Some(before) = before {
            self.gone(before, gone, blocks, out)?;
        }
        Ok(())
    }

    fn inserted(
        &mut self,
        columns: &Arc<Columns>,
        series: usize,
        mut range: Range<usize>,
        out: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        while !range.is_empty() {
            range.start += self.put.push(columns, series, range.clone());
            if self.put.is_full() {
                flush(&mut self.put, out, None)?;
            }
        }
        Ok(())
    }

    fn gone(
        &mut self,
        place: &Place,
        range: Range<usize>,
        blocks: &dyn StoredBlocks,
        out: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        for observation in range {
            let is_withheld = self.sides.lost_early_access
                || match &mut self.unmasked {
                    Some(unmasked) => unmasked.has(place, observation, blocks)?,
                    None => false,
                };
            let (gatherer, reason) = if is_withheld {
                (&mut self.withheld, TombstoneReason::Withheld)
            } else {
                (&mut self.deleted, TombstoneReason::Deleted)
            };
            gatherer.push_place(&place.columns, place.series, observation);
            if gatherer.is_full() {
                flush(gatherer, out, Some(reason))?;
            }
        }
        Ok(())
    }

    /// Gives out what was gathered.
    pub(super) fn flush(&mut self, out: &mut Vec<Change>) -> Result<(), Refusal> {
        flush(&mut self.put, out, None)?;
        flush(&mut self.deleted, out, Some(TombstoneReason::Deleted))?;
        flush(&mut self.withheld, out, Some(TombstoneReason::Withheld))
    }
}

fn flush(
    gatherer: &mut Gatherer,
    out: &mut Vec<Change>,
    reason: Option<TombstoneReason>,
) -> Result<(), Refusal> {
    if let Some(columns) = gatherer.take() {
        let parcel = (remade(&columns)?, columns.len() as u64);
        out.push(match reason {
            None => Change::Put(parcel),
            Some(reason) => Change::Gone(parcel, reason),
        });
    }
    Ok(())
}

/// One side of a comparison as its reader gets it; a side on which nothing is visible has no blocks.
pub(super) struct SideSource<'a> {
    pub(super) sight: Option<&'a Sight>,
    pub(super) blocks: &'a dyn StoredBlocks,
}

impl BlockSource for SideSource<'_> {
    fn load(&self, block: &BlockInfo) -> Result<Arc<Columns>, LoadError> {
        match self.sight {
            Some(sight) => Given { sight, blocks: self.blocks }.load(block),
            None => self.blocks.load(block),
        }
    }
}

/// The blocks that may have what is asked for.
pub(super) fn asked(sight: Option<&Sight>) -> Arc<[Arc<BlockInfo>]> {
    let Some(sight) = sight else { return Arc::new([]) };
    let blocks = &sight.vintage.blocks;
    if sight.sieve.is_open() {
        return blocks.clone();
    }
    candidates(blocks, &sight.sieve).into_iter().map(|place| blocks[place as usize].clone()).collect()
}

/// What two sides have in common, so that blocks need not be opened.
pub(super) struct Likeness {
    /// Where absence has another meaning.
    pub(super) absences: AbsenceChanges,
    /// Whether both masks hide the same.
    same_mask: bool,
}

impl Likeness {
    pub(super) fn of(before: Option<&Sight>, after: Option<&Sight>) -> Self {
        let Some((before, after)) = before.zip(after) else {
            return Self { absences: AbsenceChanges::default(), same_mask: false };
        };
        Self { absences: absence_changes(before, after), same_mask: before.mask == after.mask }
    }

    /// Whether a block that both sides name reads alike on both.
    pub(super) fn holds(&self, before: Option<&Sight>, after: Option<&Sight>, block: &BlockInfo) -> bool {
        before.zip(after).is_some_and(|(before, after)| {
            self.absences.is_empty()
                && before.sieve.passes_alike(&after.sieve, block)
                && (self.same_mask || (before.mask.lets_pass(block) && after.mask.lets_pass(block)))
        })
    }
}

fn absence_changes(before: &Sight, after: &Sight) -> AbsenceChanges {
    let (old, new) = (&before.vintage.absent_values, &after.vintage.absent_values);
    if old == new {
        return AbsenceChanges::default();
    }
    let shape = &after.vintage.shape;
    let changed = |ids: &[Arc<str>]| {
        let of_id = |(_, id): &(usize, &Arc<str>)| old.get(*id) != new.get(*id);
        ids.iter().enumerate().filter(of_id).map(|(place, _)| place).collect()
    };
    AbsenceChanges {
        of_observations: changed(&shape.observation_attributes),
        of_series: changed(&shape.series_attributes),
    }
}

/// Looks up ascending places in a vintage without its mask: is it there, though this reader does not get it?
struct Lookup {
    blocks: Arc<[Arc<BlockInfo>]>,
    open: Option<(usize, Arc<Columns>)>,
}

impl Lookup {
    fn new(sight: &Sight) -> Self {
        Self { blocks: sight.vintage.blocks.clone(), open: None }
    }

    fn has(
        &mut self,
        place: &Place,
        observation: usize,
        source: &dyn StoredBlocks,
    ) -> Result<bool, LoadError> {
        let key = place.columns.key(place.series);
        let period = place.columns.periods[observation];
        let first = self.blocks.partition_point(|block| key.cmp_codes(&block.last_key).is_gt());
        let holds = |block: &Arc<BlockInfo>| key.cmp_codes(&block.first_key).is_ge();
        for at in (first..self.blocks.len()).take_while(|at| holds(&self.blocks[*at])) {
            let columns = match &self.open {
                Some((open, columns)) if *open == at => columns.clone(),
                _ => source.load(&self.blocks[at])?,
            };
            self.open = Some((at, columns.clone()));
            let series =
                partition_point(columns.series_count(), |series| columns.key(series).cmp(&key).is_lt());
            let is_there = series < columns.series_count()
                && columns.key(series) == key
                && columns.periods[columns.observations(series)].binary_search(&period).is_ok();
            if is_there {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn partition_point(length: usize, in_front: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, length);
    while low < high {
        let middle = low.midpoint(high);
        if in_front(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests;
