//! The first and last observations of each series, and pages of observations or series, while batches pass by.
//!
//! What lives here: counting across batches, as a series may go on in the next. What must not: conditions.

use std::collections::VecDeque;
use std::sync::Arc;

use mighub_sdmx::columns::Columns;

use super::fault::Fault;
use super::filter::{Stretch, taken};
use crate::hub::{Batch, Effect, LaneFigures};

/// Observations of one series that `lastNObservations` may ask for; so many are held until the series ends.
pub(crate) const LAST_OBSERVATIONS_MAX: u64 = 100_000;

/// Which part of what passes is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// Of each series, so many from its beginning.
    pub(crate) first: Option<u64>,
    /// Of each series, so many before its end.
    pub(crate) last: Option<u64>,
    /// Observations, or series, that are left out.
    pub(crate) offset: u64,
    /// Observations, or series, that are given after them.
    pub(crate) limit: Option<u64>,
    /// Whether series are counted, because only they are given.
    pub(crate) of_series: bool,
}

impl Part {
    /// Refuses what could not be held.
    pub(crate) fn check(self) -> Result<Self, Fault> {
        if self.last.is_some_and(|last| last > LAST_OBSERVATIONS_MAX) {
            let text = format!(
                "is more than {LAST_OBSERVATIONS_MAX}: ask for fewer, or for a range of periods with \
                 c[TIME_PERIOD]=ge:..."
            );
            return Err(Fault::too_much("lastNObservations", text));
        }
        Ok(self)
    }
}

/// Cuts what passes by.
pub(crate) struct Cutter {
    part: Part,
    open: Option<Open>,
    /// Observations, or series, that still are to be left out, and then to be given.
    to_skip: u64,
    to_give: u64,
    /// The series that was counted last.
    counted: Option<SeriesName>,
}

/// A series that may go on.
struct Open {
    name: SeriesName,
    /// Observations of it so far.
    seen: u64,
    /// Its last observations but those that were given; pieces of one series each.
    held: VecDeque<Arc<Columns>>,
}

/// Which series of which lane, in which dataset.
#[derive(Clone)]
struct SeriesName {
    lane: Arc<LaneFigures>,
    effect: Effect,
    key: Vec<Arc<str>>,
}

impl SeriesName {
    fn of(batch: &Batch, series: usize) -> Self {
        Self { lane: batch.lane.clone(), effect: batch.effect, key: batch.columns.key(series).to_vec() }
    }

    fn is(&self, batch: &Batch, series: usize) -> bool {
        Arc::ptr_eq(&self.lane, &batch.lane)
            && self.effect == batch.effect
            && batch.columns.key(series).cmp_codes(&self.key).is_eq()
    }
}

impl Cutter {
    pub(crate) fn new(part: Part) -> Self {
        let (to_skip, to_give) = (part.offset, part.limit.unwrap_or(u64::MAX));
        Self { part, open: None, to_skip, to_give, counted: None }
    }

    /// Whether nothing more can pass.
    pub(crate) fn is_full(&self) -> bool {
        self.to_give == 0
    }

    /// What passes of the stretches of a batch.
    pub(crate) fn push(&mut self, batch: &Batch, stretches: Vec<Stretch>, out: &mut Vec<Batch>) {
        if self.part.first.is_none() && self.part.last.is_none() {
            return self.page(batch, stretches, out);
        }
        // Every series is one group of stretches.
        let groups: Vec<&[Stretch]> = stretches.chunk_by(|a, b| a.0 == b.0).collect();
        let Some(first) = groups.first() else { return };
        if !self.open.as_ref().is_some_and(|open| open.name.is(batch, first[0].0)) {
            self.close(out);
        }
        let mut chosen = Vec::new();
        for (place, group) in groups.iter().enumerate() {
            let mut open = self.open.take().unwrap_or_else(|| Open::begin(batch, group[0].0));
            let rest = open.begun(group, self.part, &mut chosen);
            if place + 1 < groups.len() {
                // Another comes after it, so it is complete.
                let tail = open.ended(rest, self.part);
                self.give(open, out);
                chosen.extend(tail);
            } else {
                open.hold(batch, &rest, self.part);
                self.open = Some(open);
            }
        }
        self.page(batch, chosen, out);
    }

    /// Gives what is held. Call it once, at the end.
    pub(crate) fn finish(&mut self, out: &mut Vec<Batch>) {
        self.close(out);
    }

    fn close(&mut self, out: &mut Vec<Batch>) {
        if let Some(open) = self.open.take() {
            self.give(open, out);
        }
    }

    fn give(&mut self, open: Open, out: &mut Vec<Batch>) {
        for columns in open.held {
            let batch = Batch { lane: open.name.lane.clone(), effect: open.name.effect, columns };
            let whole = vec![(0, batch.columns.observations(0))];
            self.page(&batch, whole, out);
        }
    }

    /// Leaves out what comes before the page and after it.
    fn page(&mut self, batch: &Batch, stretches: Vec<Stretch>, out: &mut Vec<Batch>) {
        let mut given = Vec::with_capacity(stretches.len());
        for (series, mut range) in stretches {
            if self.part.of_series {
                let is_known = self.counted.as_ref().is_some_and(|counted| counted.is(batch, series));
                if !is_known {
                    self.counted = Some(SeriesName::of(batch, series));
                    if self.to_skip > 0 {
                        self.to_skip -= 1;
                    } else if self.to_give > 0 {
                        self.to_give -= 1;
                        given.push((series, range.start..range.start));
                    }
                }
                continue;
            }
            let skipped = self.to_skip.min(range.len() as u64);
            self.to_skip -= skipped;
            range.start += skipped as usize;
            let count = self.to_give.min(range.len() as u64);
            self.to_give -= count;
            range.end = range.start + count as usize;
            if !range.is_empty() {
                given.push((series, range));
            }
        }
        if !given.is_empty() {
            let columns = taken(&batch.columns, &given);
            out.push(Batch { lane: batch.lane.clone(), effect: batch.effect, columns });
        }
    }
}

impl Open {
    fn begin(batch: &Batch, series: usize) -> Self {
        Self { name: SeriesName::of(batch, series), seen: 0, held: VecDeque::new() }
    }

    /// Gives the observations that are among the first, and leaves the others.
    fn begun(&mut self, group: &[Stretch], part: Part, given: &mut Vec<Stretch>) -> Vec<Stretch> {
        let mut rest = Vec::new();
        for (series, range) in group {
            let among_first = part.first.unwrap_or(0).saturating_sub(self.seen).min(range.len() as u64);
            let middle = range.start + among_first as usize;
            self.seen += range.len() as u64;
            given.extend((among_first > 0).then_some((*series, range.start..middle)));
            rest.extend((middle < range.end).then_some((*series, middle..range.end)));
        }
        rest
    }

    /// The last observations of a series that is complete, without those that are held of it.
    fn ended(&mut self, mut rest: Vec<Stretch>, part: Part) -> Vec<Stretch> {
        let last = part.last.unwrap_or(0);
        let length = length_of(&rest);
        self.keep(last.saturating_sub(length));
        drop_front(&mut rest, length.saturating_sub(last));
        rest
    }

    /// Holds what may be among the last.
    fn hold(&mut self, batch: &Batch, rest: &[Stretch], part: Part) {
        let last = part.last.unwrap_or(0);
        let mut rest = rest.to_vec();
        let length = length_of(&rest);
        drop_front(&mut rest, length.saturating_sub(last));
        if !rest.is_empty() {
            self.held.push_back(taken(&batch.columns, &rest));
        }
        self.keep(last);
    }

    /// Keeps so many of what is held.
    fn keep(&mut self, count: u64) {
        let mut spare = self.held.iter().map(|piece| piece.len() as u64).sum::<u64>().saturating_sub(count);
        while spare > 0 {
            let Some(piece) = self.held.pop_front() else { return };
            let dropped = spare.min(piece.len() as u64);
            spare -= dropped;
            if dropped < piece.len() as u64 {
                self.held.push_front(taken(&piece, &[(0, dropped as usize..piece.len())]));
            }
        }
    }
}

fn length_of(stretches: &[Stretch]) -> u64 {
    stretches.iter().map(|(_, range)| range.len() as u64).sum()
}

/// Drops so many observations from the front.
fn drop_front(stretches: &mut Vec<Stretch>, mut count: u64) {
    stretches.retain_mut(|(_, range)| {
        let dropped = count.min(range.len() as u64);
        count -= dropped;
        range.start += dropped as usize;
        range.start < range.end
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mighub_sdmx::columns::{ColumnsBuilder, Shape};
    use mighub_sdmx::{Decimal, Period};
    use proptest::prelude::*;

    use super::*;

    /// Series and period of an observation.
    type Place = (u8, u16);

    fn batches(places: &[Place], length: usize) -> Vec<Batch> {
        let shape = Arc::new(Shape {
            dimensions: vec![Arc::from("SERIES")],
            observation_attributes: Vec::new(),
            series_attributes: Vec::new(),
            timeless: false,
        });
        let lane = Arc::new(LaneFigures {
            provider: mighub_sdmx::structure::AgencyId::new("SWE").expect("an id"),
            valid_from: None,
            valid_to: None,
            absent_values: BTreeMap::new(),
            dataset_attributes: BTreeMap::new(),
        });
        let batch = |places: &[Place]| {
            let mut builder = ColumnsBuilder::new(shape.clone());
            for group in places.chunk_by(|a, b| a.0 == b.0) {
                builder.start_series_with_key(&[Arc::from(group[0].0.to_string())]);
                for (_, year) in group {
                    builder.observation(Period::year(*year), Some(Decimal::integer(1)), |_| None);
                }
                builder.end_series();
            }
            Batch { lane: lane.clone(), effect: Effect::Replace, columns: Arc::new(builder.take()) }
        };
        places.chunks(length).map(batch).collect()
    }

    fn cut(batches: &[Batch], part: Part) -> Vec<Place> {
        let mut cutter = Cutter::new(part);
        let mut out = Vec::new();
        for batch in batches {
            let columns = &batch.columns;
            let whole = (0..columns.series_count()).map(|series| (series, columns.observations(series)));
            cutter.push(batch, whole.collect(), &mut out);
        }
        cutter.finish(&mut out);
        let mut found = Vec::new();
        for batch in &out {
            let columns = &batch.columns;
            for series in 0..columns.series_count() {
                let code: u8 = columns.code(series, 0).parse().expect("a number");
                let year = |place: usize| columns.periods[place].to_string().parse().expect("a year");
                found.extend(columns.observations(series).map(|place| (code, year(place))));
                if columns.observations(series).is_empty() {
                    found.push((code, 0));
                }
            }
        }
        found
    }

    proptest! {
        #[test]
        fn a_cut_across_batches_is_the_cut_of_all(
            series in proptest::collection::vec(1u16..9, 1..7),
            length in 1usize..12,
            first in proptest::option::of(1u64..5),
            last in proptest::option::of(1u64..5),
            offset in 0u64..10,
            limit in proptest::option::of(1u64..20),
            of_series: bool,
        ) {
            let places: Vec<Place> = (0u8..)
                .zip(&series)
                .flat_map(|(code, count)| (0..*count).map(move |year| (code, 2000 + year)))
                .collect();
            let in_series = |(code, year): &Place| {
                let (count, place) = (u64::from(series[usize::from(*code)]), u64::from(year - 2000));
                let all = first.is_none() && last.is_none();
                all || first.is_some_and(|n| place < n) || last.is_some_and(|n| place + n >= count)
            };
            let mut expected: Vec<Place> = places.iter().copied().filter(in_series).collect();
            if of_series {
                expected.iter_mut().for_each(|place| place.1 = 0);
                expected.dedup();
            }
            let expected: Vec<Place> =
                expected.into_iter().skip(offset as usize).take(limit.unwrap_or(99) as usize).collect();
            let part = Part { first, last, offset, limit, of_series };
            prop_assert_eq!(cut(&batches(&places, length), part), expected);
        }
    }
}
