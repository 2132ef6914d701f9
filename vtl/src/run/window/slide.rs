//! Aggregates over frames that move along.
//!
//! Counts and exact sums are differences of running totals; extremes keep the candidates that can still win;
//! deviations grow with frames that begin where the partition does. What is left is computed frame by frame.

use std::collections::VecDeque;
use std::ops::Range;

use super::Work;
use super::frame::frames;
use crate::dataset::{Bitmap, Column, NO_ROW, Validity};
use crate::plan::AggregateFunction;
use crate::run::RunError;
use crate::run::aggregate::fold::{Moments, floats, middle};
use crate::run::keys::Keys;
use crate::run::number::{Numbers, exact_column, unit};
use crate::value::ScalarType;

/// Values between two looks at limits and cancellation.
const VALUES_PER_LOOK: usize = 1 << 20;

/// An aggregate over the frame of each row; nothing if a sum of integers outgrows them.
pub(super) fn slide(work: &Work<'_, '_>, function: AggregateFunction) -> Result<Option<Column>, RunError> {
    let rows = work.input.rows();
    let valid = work.argument.map_or(Validity::ALL, Column::validity);
    let Some(argument) = work.argument else {
        return Ok(Some(Column::fixed(totals(work, &valid, |_| 0)?.counts, Validity::ALL)));
    };
    let numbers = Numbers::of(argument);
    let is_exact = !matches!(numbers, Numbers::Floats(_));
    Ok(match function {
        AggregateFunction::Count => Some(Column::fixed(totals(work, &valid, |_| 0)?.counts, Validity::ALL)),
        AggregateFunction::Sum if is_exact => {
            let totals = totals(work, &valid, |row| numbers.unscaled(row).unwrap_or(0))?;
            let known = totals.known();
            exact_column(totals.sums, numbers.scale(), known, work.call.scalar_type)
        }
        AggregateFunction::Average if is_exact => {
            let totals = totals(work, &valid, |row| numbers.unscaled(row).unwrap_or(0))?;
            let unit = unit(numbers.scale());
            let mean = |(sum, count): (&i128, &i64)| (*count > 0).then(|| *sum as f64 / unit / *count as f64);
            Some(floats(totals.sums.iter().zip(&totals.counts).map(mean)))
        }
        AggregateFunction::Minimum | AggregateFunction::Maximum => {
            let greatest = function == AggregateFunction::Maximum;
            Some(argument.take(&extremes(work, argument, &valid, greatest)?))
        }
        _ if work.call.scalar_type == ScalarType::Integer => None,
        _ => {
            let mut values = vec![None; rows];
            by_frame(work, &numbers, &valid, function, |row, value| values[row] = value)?;
            Some(floats(values.into_iter()))
        }
    })
}

/// Per row, how many values its frame has, and their sum.
struct Totals {
    counts: Vec<i64>,
    sums: Vec<i128>,
}

impl Totals {
    fn known(&self) -> Validity {
        Validity::of(Bitmap::from_fn(self.counts.len(), |row| self.counts[row] > 0))
    }
}

/// Running totals wrap around where they must; their differences are right all the same.
fn totals(work: &Work<'_, '_>, valid: &Validity, value: impl Fn(usize) -> i128) -> Result<Totals, RunError> {
    let rows = work.input.rows();
    let mut totals = Totals { counts: vec![0; rows], sums: vec![0; rows] };
    let mut running: Vec<(i64, i128)> = Vec::new();
    for partition in work.layout.partitions() {
        running.clear();
        running.push((0, 0));
        let (mut count, mut sum) = (0, 0i128);
        for &row in &work.layout.rows[partition.clone()] {
            if valid.get(row as usize) {
                count += 1;
                sum = sum.wrapping_add(value(row as usize));
            }
            running.push((count, sum));
        }
        for (place, frame) in partition.clone().zip(frames(work, &partition)?) {
            let row = work.layout.rows[place] as usize;
            let (before, after) =
                (running[frame.start - partition.start], running[frame.end - partition.start]);
            totals.counts[row] = after.0 - before.0;
            totals.sums[row] = after.1.wrapping_sub(before.1);
        }
    }
    Ok(totals)
}

/// Per row, the row of the least or greatest value of its frame. Candidates stand in a queue, each better
/// than all behind it; frames only move forward.
fn extremes(
    work: &Work<'_, '_>,
    argument: &Column,
    valid: &Validity,
    greatest: bool,
) -> Result<Vec<u32>, RunError> {
    let keys = Keys::ordered(std::iter::once((argument, greatest)), argument.len());
    let key = |place: usize| keys.table(0)[work.layout.rows[place] as usize];
    let mut picked = vec![NO_ROW; work.input.rows()];
    let mut queue: VecDeque<usize> = VecDeque::new();
    for partition in work.layout.partitions() {
        queue.clear();
        let mut entered = partition.start;
        for (place, frame) in partition.clone().zip(frames(work, &partition)?) {
            entered = entered.max(frame.start);
            while entered < frame.end {
                if valid.get(work.layout.rows[entered] as usize) {
                    while queue.back().is_some_and(|last| key(*last) >= key(entered)) {
                        queue.pop_back();
                    }
                    queue.push_back(entered);
                }
                entered += 1;
            }
            while queue.front().is_some_and(|first| *first < frame.start) {
                queue.pop_front();
            }
            if let Some(first) = queue.front().filter(|first| **first < frame.end) {
                picked[work.layout.rows[place] as usize] = work.layout.rows[*first];
            }
        }
    }
    Ok(picked)
}

/// Means, medians and deviations of floats.
fn by_frame(
    work: &Work<'_, '_>,
    numbers: &Numbers<'_>,
    valid: &Validity,
    function: AggregateFunction,
    mut give: impl FnMut(usize, Option<f64>),
) -> Result<(), RunError> {
    let mut looked = 0;
    let mut values: Vec<f64> = Vec::new();
    for partition in work.layout.partitions() {
        let mut grown: (Range<usize>, Tally) = (partition.start..partition.start, Tally::default());
        for (place, frame) in partition.clone().zip(frames(work, &partition)?) {
            let row = work.layout.rows[place] as usize;
            let of_places = |places: Range<usize>| {
                let rows = work.layout.rows[places].iter().map(|row| *row as usize);
                rows.filter(|row| valid.get(*row)).map(|row| numbers.float(row))
            };
            if function == AggregateFunction::Median {
                values.clear();
                values.extend(of_places(frame.clone()));
                give(row, middle(&mut values));
                looked += frame.len();
            } else {
                if frame.start != grown.0.start || frame.end < grown.0.end {
                    grown = (frame.start..frame.start, Tally::default());
                }
                let news = grown.0.end..frame.end;
                looked += news.len();
                of_places(news).for_each(|value| grown.1.add(value));
                grown.0 = frame;
                give(row, grown.1.result(function));
            }
            if looked > VALUES_PER_LOOK {
                work.context.admit(0, 0, work.span)?;
                looked = 0;
            }
        }
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    count: u64,
    sum: f64,
    moments: Moments,
}

impl Tally {
    fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.moments.add(value);
    }

    fn result(&self, function: AggregateFunction) -> Option<f64> {
        match function {
            AggregateFunction::Sum => (self.count > 0).then_some(self.sum),
            AggregateFunction::Average => (self.count > 0).then(|| self.sum / self.count as f64),
            _ => self.moments.spread(function),
        }
    }
}
