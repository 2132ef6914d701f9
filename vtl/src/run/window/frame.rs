//! Which rows around each row count.

use std::ops::Range;

use super::Work;
use crate::dataset::{Column, Dataset};
use crate::plan::{Bound, Frame};
use crate::run::RunError;
use crate::run::number::Numbers;
use crate::time::DAY_MICROS;
use crate::value::ScalarType;

impl Frame {
    /// Whether every row sees its whole partition.
    pub(super) fn is_whole(&self) -> bool {
        self.start == Bound::Unbounded && self.end == Bound::Unbounded
    }
}

/// The frame of each place of a partition, as places. Starts and ends never go back from one to the next.
pub(super) fn frames(work: &Work<'_, '_>, partition: &Range<usize>) -> Result<Vec<Range<usize>>, RunError> {
    let frame = work.call.frame;
    if frame.counts_rows {
        let clamp = |place: i64| place.clamp(partition.start as i64, partition.end as i64) as usize;
        let bounds = |place: usize| {
            let start = match frame.start {
                Bound::Unbounded => partition.start,
                Bound::Offset(offset) => clamp((place as i64).saturating_add(offset)),
            };
            let end = match frame.end {
                Bound::Unbounded => partition.end,
                Bound::Offset(offset) => clamp((place as i64).saturating_add(offset).saturating_add(1)),
            };
            start..end.max(start)
        };
        return Ok(partition.clone().map(bounds).collect());
    }
    ranges(work, partition)
}

/// Frames by differences of the order column; nulls are peers of each other and of nothing else.
fn ranges(work: &Work<'_, '_>, partition: &Range<usize>) -> Result<Vec<Range<usize>>, RunError> {
    let distances = Distances::of(work)?;
    let positions: Vec<Option<i128>> =
        partition.clone().map(|place| distances.position(work.layout.rows[place] as usize)).collect();
    // Nulls stand last.
    let known = positions.partition_point(Option::is_some);
    let before = |limit: i128| {
        positions[..known].partition_point(|position| position.is_some_and(|position| position < limit))
    };
    let range = |here: &Option<i128>| {
        let start = match (work.call.frame.start, here) {
            (Bound::Unbounded, _) => 0,
            (Bound::Offset(_), None) => known,
            (Bound::Offset(offset), Some(here)) => before(here.saturating_add(distances.offset(offset))),
        };
        let end = match (work.call.frame.end, here) {
            (Bound::Unbounded, _) | (_, None) => positions.len(),
            (Bound::Offset(offset), Some(here)) => {
                before(here.saturating_add(distances.offset(offset)).saturating_add(1))
            }
        };
        partition.start + start..partition.start + end.max(start)
    };
    Ok(positions.iter().map(range).collect())
}

/// The order column on a line.
struct Distances<'w> {
    column: Option<&'w Column>,
    descending: bool,
    /// What one step of an offset is.
    unit: i128,
}

impl<'w> Distances<'w> {
    fn of(work: &Work<'w, '_>) -> Result<Self, RunError> {
        let input: &'w Dataset = work.input;
        let Some((place, descending)) = work.call.order.first().copied() else {
            return Ok(Self { column: None, descending: false, unit: 1 });
        };
        let column = &input.columns()[place];
        let steps = [work.call.frame.start, work.call.frame.end];
        let has_steps = steps.iter().any(|bound| !matches!(bound, Bound::Unbounded | Bound::Offset(0)));
        let unit = match input.structure().components()[place].scalar_type {
            ScalarType::Integer => 1,
            ScalarType::Number => 10i128.pow(u32::from(scale(column))),
            ScalarType::Date => i128::from(DAY_MICROS) * 2,
            _ if !has_steps && work.call.order.len() == 1 => 1,
            other => {
                return Err(RunError::Value {
                    message: format!(
                        "range counts differences of numbers or dates; the order is by {other}: use data points"
                    ),
                    span: work.span,
                    key: String::new(),
                });
            }
        };
        Ok(Self { column: Some(column), descending, unit })
    }

    /// Where a row stands; nothing if it is null.
    fn position(&self, row: usize) -> Option<i128> {
        let Some(column) = self.column else { return Some(0) };
        if column.is_null(row) {
            return None;
        }
        let position = match column {
            Column::Strings(strings) => i128::from(strings.codes[row]),
            Column::Booleans(booleans) => i128::from(booleans.truth.get(row)),
            Column::Floats(floats) => (floats.values[row] * super::super::number::unit(FLOAT_SCALE)) as i128,
            other => Numbers::of(other).unscaled(row)?,
        };
        Some(if self.descending { -position } else { position })
    }

    fn offset(&self, steps: i64) -> i128 {
        i128::from(steps) * self.unit
    }
}

/// Digits after the point to which floats are told apart on the line.
const FLOAT_SCALE: u8 = 9;

fn scale(column: &Column) -> u8 {
    match column {
        Column::Floats(_) => FLOAT_SCALE,
        other => Numbers::of(other).scale(),
    }
}
