//! One part against what flows by: Merge, Replace, and Delete of full keys.

use std::cmp::Ordering;
use std::sync::Arc;

use mighub::manifest::BlockInfo;
use mighub::v1::PartAction;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, ObservationRange, SourceMap};
use mighub_sdmx::period::Period;

use super::stage::{Peeked, Segment, Stage};
use super::{FoldError, Part};
use crate::hub::vintage::{BlockSource, load_joined};

/// Statuses that say a value is missing: without a value they clear one (DETAILS A4).
const CLEARING: [&str; 8] = ["H", "J", "K", "L", "M", "O", "Q", "S"];

pub(super) struct Merge<'a> {
    input: Peeked<'a>,
    source: &'a dyn BlockSource,
    action: PartAction,
    incoming: Incoming,
}

/// The part's series in order; at most one block is open.
struct Incoming {
    blocks: Arc<[Arc<BlockInfo>]>,
    next: usize,
    open: Option<(Arc<Columns>, usize)>,
}

impl<'a> Merge<'a> {
    pub(super) fn new(input: Box<dyn Stage + 'a>, source: &'a dyn BlockSource, part: &Part) -> Self {
        let incoming = Incoming { blocks: part.blocks.clone(), next: 0, open: None };
        Self { input: Peeked::new(input), source, action: part.action, incoming }
    }

    /// What comes before the next segment of the input, or all that is left.
    fn insertions(&mut self, before: Option<&[Arc<str>]>) -> Result<Option<Segment>, FoldError> {
        let deletes = self.action == PartAction::Delete;
        if let Some(block) = self.incoming.unopened() {
            // The part's own blocks are those of the vintage where nothing was there before: they are named
            // once, in both manifests. A row without period only carries attributes of a series.
            let alone = before.is_none_or(|key| block.last_key[..] < *key) && block.first_period != Period::ANY;
            let joined = self.incoming.joined_count();
            if alone && !deletes && joined == 1 {
                let cut = self.incoming.next + 1 < self.incoming.blocks.len();
                let block = block.clone();
                self.incoming.next += 1;
                return Ok(Some(Segment::Blocks { blocks: vec![block], cut, fresh: true }));
            }
        }
        let mut builder: Option<ColumnsBuilder> = None;
        while let Some((columns, series)) = self.incoming.open(self.source)? {
            if before.is_some_and(|key| columns.key(series).cmp_codes(key) != Ordering::Less) {
                break;
            }
            let builder = builder.get_or_insert_with(|| ColumnsBuilder::new(columns.shape.clone()));
            if !deletes {
                insert(builder, &columns, series);
            }
            if self.incoming.advance() {
                break;
            }
        }
        Ok(builder.map(|mut builder| Segment::Columns(Arc::new(builder.take()))))
    }

    fn overlap(&mut self, segment: Segment) -> Result<Segment, FoldError> {
        let last_key = segment.last_key();
        let present = segment.open(self.source)?;
        let mut builder = ColumnsBuilder::new(present.shape.clone());
        let mut map = SourceMap::default();
        let mut place = 0;
        loop {
            let incoming = self.incoming.open(self.source)?;
            let incoming = incoming.filter(|(columns, series)| columns.key(*series).cmp_codes(&last_key).is_le());
            match (place < present.series_count(), incoming) {
                (false, None) => break,
                (true, None) => {
                    builder.push(ObservationRange::whole(&present, place), &mut map);
                    place += 1;
                }
                (has_present, Some((columns, series))) => {
                    let order = if has_present {
                        present.key(place).cmp(&columns.key(series))
                    } else {
                        Ordering::Greater
                    };
                    match order {
                        Ordering::Less => {
                            builder.push(ObservationRange::whole(&present, place), &mut map);
                            place += 1;
                        }
                        Ordering::Greater => {
                            if self.action != PartAction::Delete {
                                insert(&mut builder, &columns, series);
                            }
                            self.incoming.advance();
                        }
                        Ordering::Equal => {
                            combine(&mut builder, self.action, (&present, place), (&columns, series));
                            place += 1;
                            self.incoming.advance();
                        }
                    }
                }
            }
        }
        Ok(Segment::Columns(Arc::new(builder.take())))
    }
}

impl Stage for Merge<'_> {
    fn next(&mut self) -> Result<Option<Segment>, FoldError> {
        loop {
            let segment = self.step()?;
            match &segment {
                // All observations of it were deleted, or the rows were only deletions of nothing.
                Some(Segment::Columns(columns)) if columns.is_empty() => {}
                _ => return Ok(segment),
            }
        }
    }
}

impl Merge<'_> {
    fn step(&mut self) -> Result<Option<Segment>, FoldError> {
        let Some(key) = self.incoming.peek_key() else { return self.input.take() };
        let Some(ahead) = self.input.peek()? else { return self.insertions(None) };
        if ahead.last_key() < key {
            return self.input.take();
        }
        let first_key = ahead.first_key();
        if key < first_key {
            return self.insertions(Some(&first_key));
        }
        match self.input.take()? {
            Some(segment) => self.overlap(segment).map(Some),
            None => Ok(None),
        }
    }
}

impl Incoming {
    fn peek_key(&self) -> Option<Vec<Arc<str>>> {
        match &self.open {
            Some((columns, series)) => Some(columns.key(*series).to_vec()),
            None => self.blocks.get(self.next).map(|block| block.first_key.clone()),
        }
    }

    fn unopened(&self) -> Option<&Arc<BlockInfo>> {
        if self.open.is_some() { None } else { self.blocks.get(self.next) }
    }

    fn joined_count(&self) -> usize {
        let rest = &self.blocks[self.next..];
        1 + rest.windows(2).take_while(|pair| pair[0].last_key == pair[1].first_key).count()
    }

    fn open(&mut self, source: &dyn BlockSource) -> Result<Option<(Arc<Columns>, usize)>, FoldError> {
        if self.open.is_none() && self.next < self.blocks.len() {
            let (columns, count) = load_joined(&source, &self.blocks[self.next..])?;
            self.next += count;
            self.open = Some((columns, 0));
        }
        Ok(self.open.clone())
    }

    /// Goes to the next series; true at the end of a block.
    fn advance(&mut self) -> bool {
        if let Some((columns, series)) = &mut self.open {
            *series += 1;
            if *series < columns.series_count() {
                return false;
            }
        }
        self.open = None;
        true
    }
}

/// A series that was not there before. Rows without period carry its attributes but are no observations.
fn insert(builder: &mut ColumnsBuilder, columns: &Columns, series: usize) {
    let mut range = ObservationRange::whole(columns, series);
    if columns.periods[range.start] == Period::ANY && !columns.shape_has_no_time() {
        range = range.part(1, range.len());
    }
    if !range.is_empty() {
        // Insertions are rare where blocks cannot pass whole, so each has a map of its own.
        builder.push(range, &mut SourceMap::default());
    }
}

/// A series that was there, and rows about it.
fn combine(
    builder: &mut ColumnsBuilder,
    action: PartAction,
    (present, p): (&Columns, usize),
    (incoming, i): (&Columns, usize),
) {
    let cells = merged_cells(action, (present, p), (incoming, i));
    if cells.is_empty() {
        return;
    }
    builder.start_series(present, p, &mut SourceMap::default());
    for (place, (old, new)) in present.series_attributes.iter().zip(&incoming.series_attributes).enumerate() {
        let (old, new) = (old.get(p), new.get(i));
        let value = match (action, new) {
            (PartAction::Delete, Some(_)) => None,
            (PartAction::Delete, None) | (_, None) => old,
            (_, new) => new,
        };
        builder.series_attribute(place, value);
    }
    for cell in cells {
        let period = match (cell.present, cell.incoming) {
            (Some(place), _) => present.periods[place],
            (None, place) => incoming.periods[place.unwrap_or(0)],
        };
        let old = |place: usize| cell.present.and_then(|at| present.observation_attributes[place].get(at));
        let new = |place: usize| cell.incoming.and_then(|at| incoming.observation_attributes[place].get(at));
        let old_value = cell.present.and_then(|at| present.value(at));
        let new_value = cell.incoming.and_then(|at| incoming.value(at));
        let touched = cell.incoming.is_some() && cell.present.is_some();
        match action {
            _ if !touched => {
                let value = if cell.present.is_some() { old_value } else { new_value };
                builder.observation(period, value, |place| old(place).or_else(|| new(place)));
            }
            PartAction::Replace => builder.observation(period, new_value, new),
            PartAction::Delete => {
                let value = if new_value.is_some() { None } else { old_value };
                builder.observation(period, value, |place| if new(place).is_some() { None } else { old(place) });
            }
            _ => {
                let status = present.shape.observation_attribute("OBS_STATUS").and_then(new);
                let clears = status.and_then(AttributeValue::as_text).is_some_and(|code| CLEARING.contains(&code));
                let value = if clears { new_value } else { new_value.or(old_value) };
                builder.observation(period, value, |place| new(place).or_else(|| old(place)));
            }
        }
    }
    builder.end_series();
}

/// Where an observation of the result comes from.
struct Cell {
    present: Option<usize>,
    incoming: Option<usize>,
}

fn merged_cells(
    action: PartAction,
    (present, p): (&Columns, usize),
    (incoming, i): (&Columns, usize),
) -> Vec<Cell> {
    let (mut olds, mut news) = (present.observations(p).peekable(), incoming.observations(i).peekable());
    let timeless = present.shape_has_no_time();
    let mut cells = Vec::with_capacity(olds.len());
    // Rows without period: in a deletion the stage of wildcards sees to them, otherwise they only carry
    // attributes of the series.
    let _ = news.next_if(|place| incoming.periods[*place] == Period::ANY && !timeless);
    let delete = action == PartAction::Delete;
    let bare_key = |place: usize| incoming.is_bare(i, place);
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => return cells,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => present.periods[*old].cmp(&incoming.periods[*new]),
        };
        let old = if order == Ordering::Greater { None } else { olds.next() };
        let new = if order == Ordering::Less { None } else { news.next() };
        if delete && (old.is_none() || new.is_some_and(bare_key)) {
            continue;
        }
        cells.push(Cell { present: old, incoming: new });
    }
}
