//! What differs between two vintages. Blocks that both name are not opened.

use std::cmp::Ordering;
use std::sync::Arc;

use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::{Columns, ObservationRange};

use super::vintage::{BlockSource, LoadError, load_joined};

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
    let (mut before, mut after) = (Cursor::new(before), Cursor::new(after));
    loop {
        if let (Some(old), Some(new)) = (before.unopened(), after.unopened())
            && old.digest == new.digest
            && same(new)
        {
            before.skip();
            after.skip();
            continue;
        }
        let order = match (before.key(), after.key()) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.cmp(&new),
        };
        let old = if order == Ordering::Greater { None } else { before.take()? };
        let new = if order == Ordering::Less { None } else { after.take()? };
        visit(Pair {
            before: old.as_ref().map(|(columns, series)| ObservationRange::whole(columns, *series)),
            after: new.as_ref().map(|(columns, series)| ObservationRange::whole(columns, *series)),
        })?;
    }
}

struct Cursor<'a> {
    side: Side<'a>,
    next: usize,
    open: Option<(Arc<Columns>, usize)>,
}

impl<'a> Cursor<'a> {
    fn new(side: Side<'a>) -> Self {
        Self { side, next: 0, open: None }
    }

    /// The next block, if none is open and it does not share a series with the one after it.
    fn unopened(&self) -> Option<&'a BlockInfo> {
        if self.open.is_some() {
            return None;
        }
        let block = self.side.blocks.get(self.next)?;
        let goes_on = self.side.blocks.get(self.next + 1).is_some_and(|next| next.first_key == block.last_key);
        (!goes_on).then_some(block)
    }

    fn skip(&mut self) {
        self.next += 1;
    }

    fn key(&self) -> Option<Vec<Arc<str>>> {
        match &self.open {
            Some((columns, series)) => Some(columns.key(*series).to_vec()),
            None => self.side.blocks.get(self.next).map(|block| block.first_key.clone()),
        }
    }

    fn take(&mut self) -> Result<Option<(Arc<Columns>, usize)>, LoadError> {
        if self.open.is_none() {
            let Some(rest) = self.side.blocks.get(self.next..).filter(|rest| !rest.is_empty()) else {
                return Ok(None);
            };
            let (columns, count) = load_joined(&self.side.source, rest)?;
            self.next += count;
            self.open = Some((columns, 0));
        }
        let taken = self.open.clone();
        if let Some((columns, series)) = &mut self.open {
            *series += 1;
            if *series == columns.series_count() {
                self.open = None;
            }
        }
        Ok(taken)
    }
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

impl Pair<'_> {
    /// The observations that differ, by period. A changed attribute of the series changes all of them.
    pub fn differences(&self) -> Vec<Difference> {
        match (self.before, self.after) {
            (Some(before), None) => (before.start..before.end).map(Difference::Deleted).collect(),
            (None, Some(after)) => (after.start..after.end).map(Difference::Inserted).collect(),
            (None, None) => Vec::new(),
            (Some(before), Some(after)) => differences(before, after),
        }
    }
}

fn differences(before: ObservationRange<'_>, after: ObservationRange<'_>) -> Vec<Difference> {
    let series_differs = series_attributes_differ(before, after);
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
                if series_differs || observation_differs((before.columns, old), (after.columns, new)) {
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
