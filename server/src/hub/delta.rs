//! What differs between two vintages. Blocks that both name are not opened.

use std::cmp::Ordering;
use std::sync::Arc;

use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::{Columns, ObservationRange, SeriesKey};

use super::vintage::{BlockSource, LoadError, load_joined};

/// Walks along two lists of blocks and stops where they differ. It owns what it needs, so that it can rest
/// between two messages; the sources are given anew at every step.
pub struct Comparison {
    before: Cursor,
    after: Cursor,
}

/// Where two vintages may differ next, ascending by key.
pub enum Step {
    /// All of a block is only in the earlier vintage. Nobody opened it.
    Gone(Arc<BlockInfo>),
    /// All of a block is only in the later vintage. Nobody opened it.
    New(Arc<BlockInfo>),
    /// The same series before and after, as a whole.
    Series {
        /// As it was; nothing if it is new.
        before: Option<Place>,
        /// As it is; nothing if it is gone.
        after: Option<Place>,
    },
}

/// A series where it stands.
#[derive(Clone)]
pub struct Place {
    /// Its batch.
    pub columns: Arc<Columns>,
    /// Its number there.
    pub series: usize,
}

impl Place {
    /// All its observations.
    pub fn whole(&self) -> ObservationRange<'_> {
        ObservationRange::whole(&self.columns, self.series)
    }
}

impl Comparison {
    /// Compares two lists of blocks, each ascending by key.
    pub fn new(before: Arc<[Arc<BlockInfo>]>, after: Arc<[Arc<BlockInfo>]>) -> Self {
        Self { before: Cursor::new(before), after: Cursor::new(after) }
    }

    /// Goes on behind a series.
    pub fn start_behind(&mut self, key: &[Arc<str>]) {
        self.before.start_behind(key);
        self.after.start_behind(key);
    }

    /// Whether everything up to this series was compared, and nothing of it is left.
    pub fn is_behind(&self, key: &[Arc<str>]) -> bool {
        let comes_later =
            |bound: Option<Bound<'_>>| bound.is_none_or(|bound| bound.cmp(&Bound::Block(key)).is_gt());
        comes_later(self.before.bound()) && comes_later(self.after.bound())
    }

    /// The next place where the two may differ. The sources read blocks as the reader of the comparison may see
    /// them; `same` says of a block that both sides name whether it also reads alike on both.
    pub fn next(
        &mut self,
        before: &dyn BlockSource,
        after: &dyn BlockSource,
        same: impl Fn(&BlockInfo) -> bool,
    ) -> Result<Option<Step>, LoadError> {
        loop {
            let both = self.before.unshared().zip(self.after.unshared());
            if both.is_some_and(|(old, new)| old.digest == new.digest && same(new)) {
                self.before.next += 1;
                self.after.next += 1;
                continue;
            }
            if let Some(block) = self.before.take_block_before(self.after.bound()) {
                return Ok(Some(Step::Gone(block)));
            }
            if let Some(block) = self.after.take_block_before(self.before.bound()) {
                return Ok(Some(Step::New(block)));
            }
            let order = match (self.before.bound(), self.after.bound()) {
                (None, None) => return Ok(None),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.cmp(&new),
            };
            // The first key of a block that nobody opened is only a bound of what can be seen of it.
            if order.is_le() && self.before.open.is_none() {
                self.before.open(before)?;
            } else if order.is_ge() && self.after.open.is_none() {
                self.after.open(after)?;
            } else {
                let before = if order.is_le() { self.before.take_series() } else { None };
                let after = if order.is_ge() { self.after.take_series() } else { None };
                return Ok(Some(Step::Series { before, after }));
            }
        }
    }
}

struct Cursor {
    blocks: Arc<[Arc<BlockInfo>]>,
    next: usize,
    open: Option<Place>,
    /// Series up to this one were compared already.
    behind: Option<Vec<Arc<str>>>,
}

/// Nothing of a cursor comes before it.
#[derive(Clone, Copy)]
enum Bound<'a> {
    Series(SeriesKey<'a>),
    Block(&'a [Arc<str>]),
}

impl Bound<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Series(key), Self::Series(other)) => key.cmp(other),
            (Self::Series(key), Self::Block(other)) => key.cmp_codes(other),
            (Self::Block(key), Self::Series(other)) => other.cmp_codes(key).reverse(),
            (Self::Block(key), Self::Block(other)) => key.cmp(other),
        }
    }
}

impl Cursor {
    fn new(blocks: Arc<[Arc<BlockInfo>]>) -> Self {
        Self { blocks, next: 0, open: None, behind: None }
    }

    fn start_behind(&mut self, key: &[Arc<str>]) {
        self.next = self.blocks.partition_point(|block| block.last_key[..] <= *key);
        self.behind = Some(key.to_vec());
    }

    /// The next block, if none is open.
    fn unopened(&self) -> Option<&Arc<BlockInfo>> {
        if self.open.is_some() { None } else { self.blocks.get(self.next) }
    }

    /// The same, if it does not share a series with the block after it.
    fn unshared(&self) -> Option<&Arc<BlockInfo>> {
        let block = self.unopened()?;
        let goes_on = self.blocks.get(self.next + 1).is_some_and(|next| next.first_key == block.last_key);
        (!goes_on).then_some(block)
    }

    fn bound(&self) -> Option<Bound<'_>> {
        match &self.open {
            Some(place) => Some(Bound::Series(place.columns.key(place.series))),
            None => self.blocks.get(self.next).map(|block| Bound::Block(&block.first_key)),
        }
    }

    /// Takes the next block unopened, if it ends before the other side goes on and none of it was compared yet.
    fn take_block_before(&mut self, other: Option<Bound<'_>>) -> Option<Arc<BlockInfo>> {
        let block = self.unopened()?;
        let is_alone = other.is_none_or(|other| Bound::Block(&block.last_key).cmp(&other).is_lt());
        let is_fresh = self.behind.as_ref().is_none_or(|behind| block.first_key > *behind);
        let block = (is_alone && is_fresh).then(|| block.clone())?;
        self.next += 1;
        Some(block)
    }

    /// Opens the next block that has anything to be seen.
    fn open(&mut self, source: &dyn BlockSource) -> Result<(), LoadError> {
        while self.open.is_none() && self.next < self.blocks.len() {
            let (columns, count) = load_joined(&source, &self.blocks[self.next..])?;
            self.next += count;
            let compared = |series: &usize| {
                self.behind.as_ref().is_some_and(|behind| columns.key(*series).cmp_codes(behind).is_le())
            };
            let series = (0..columns.series_count()).take_while(compared).count();
            if series < columns.series_count() {
                self.open = Some(Place { columns, series });
            }
        }
        Ok(())
    }

    fn take_series(&mut self) -> Option<Place> {
        let taken = self.open.clone();
        if let Some(place) = &mut self.open {
            place.series += 1;
            if place.series == place.columns.series_count() {
                self.open = None;
            }
        }
        taken
    }
}

/// The same series before and after; one side is missing where the series is new or gone. At least one
/// observation may differ; equal ones come along.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// The series as it was.
    pub before: Option<ObservationRange<'a>>,
    /// The series as it is.
    pub after: Option<ObservationRange<'a>>,
}

/// One side of a comparison.
pub struct Side<'a> {
    /// Ascending by key.
    pub blocks: &'a [Arc<BlockInfo>],
    /// Reads them, as the reader of the comparison may see them.
    pub source: &'a dyn BlockSource,
}

/// Calls `visit` for every series that may differ, in ascending order. `same` says of a block that both
/// sides name whether it also reads alike on both.
pub fn compare<E: From<LoadError>>(
    before: Side<'_>,
    after: Side<'_>,
    same: impl Fn(&BlockInfo) -> bool,
    mut visit: impl FnMut(Pair<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut comparison = Comparison::new(before.blocks.into(), after.blocks.into());
    while let Some(step) = comparison.next(before.source, after.source, &same)? {
        match step {
            Step::Gone(block) => {
                let columns = before.source.load(&block)?;
                for series in 0..columns.series_count() {
                    visit(Pair { before: Some(ObservationRange::whole(&columns, series)), after: None })?;
                }
            }
            Step::New(block) => {
                let columns = after.source.load(&block)?;
                for series in 0..columns.series_count() {
                    visit(Pair { before: None, after: Some(ObservationRange::whole(&columns, series)) })?;
                }
            }
            Step::Series { before, after } => visit(Pair {
                before: before.as_ref().map(Place::whole),
                after: after.as_ref().map(Place::whole),
            })?,
        }
    }
    Ok(())
}

/// How one observation differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Only after; its place there.
    Inserted(usize),
    /// On both sides with other content; its places before and after.
    Changed(usize, usize),
    /// Only before; its place there.
    Deleted(usize),
}

/// Attributes whose absence stands for something else after than before: an observation that lacks one is
/// changed although its cells are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AbsenceChanges {
    /// Places of observation attributes.
    pub of_observations: Vec<usize>,
    /// Places of series attributes.
    pub of_series: Vec<usize>,
}

impl AbsenceChanges {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.of_observations.is_empty() && self.of_series.is_empty()
    }
}

impl Pair<'_> {
    /// The observations that differ, by period. A changed attribute of the series changes all of them.
    pub fn differences(&self) -> Vec<Difference> {
        self.differences_with(&AbsenceChanges::default())
    }

    /// The same where absence has another meaning.
    pub fn differences_with(&self, absences: &AbsenceChanges) -> Vec<Difference> {
        match (self.before, self.after) {
            (Some(before), None) => (before.start..before.end).map(Difference::Deleted).collect(),
            (None, Some(after)) => (after.start..after.end).map(Difference::Inserted).collect(),
            (None, None) => Vec::new(),
            (Some(before), Some(after)) => differences(before, after, absences),
        }
    }
}

fn differences(
    before: ObservationRange<'_>,
    after: ObservationRange<'_>,
    absences: &AbsenceChanges,
) -> Vec<Difference> {
    let lacks_of_series = |place: &usize| after.columns.series_attributes[*place].get(after.series).is_none();
    let lacks = |at: usize| {
        let lacks = |place: &usize| after.columns.observation_attributes[*place].get(at).is_none();
        absences.of_observations.iter().any(lacks)
    };
    let series_differs =
        series_attributes_differ(before, after) || absences.of_series.iter().any(lacks_of_series);
    let (mut old, mut new) = (before.start, after.start);
    let mut found = Vec::new();
    while old < before.end || new < after.end {
        let order = if old == before.end {
            Ordering::Greater
        } else if new == after.end {
            Ordering::Less
        } else {
            before.columns.periods[old].cmp(&after.columns.periods[new])
        };
        match order {
            Ordering::Less => found.push(Difference::Deleted(old)),
            Ordering::Greater => found.push(Difference::Inserted(new)),
            Ordering::Equal => {
                let differs = series_differs
                    || observation_differs((before.columns, old), (after.columns, new))
                    || lacks(new);
                if differs {
                    found.push(Difference::Changed(old, new));
                }
            }
        }
        old += usize::from(order.is_le());
        new += usize::from(order.is_ge());
    }
    found
}

fn series_attributes_differ(before: ObservationRange<'_>, after: ObservationRange<'_>) -> bool {
    let columns = before.columns.series_attributes.iter().zip(&after.columns.series_attributes);
    let mut pairs = columns.map(|(old, new)| (old.get(before.series), new.get(after.series)));
    pairs.any(|(old, new)| old != new)
}

fn observation_differs((before, old): (&Columns, usize), (after, new): (&Columns, usize)) -> bool {
    before.value(old) != after.value(new)
        || before
            .observation_attributes
            .iter()
            .zip(&after.observation_attributes)
            .any(|(before, after)| before.get(old) != after.get(new))
}
