//! Which rows around each row count.

use std::ops::Range;

use super::Work;
use crate::dataset::Column;
use crate::plan::{Bound, Frame};
use crate::run::RunError;
use crate::run::number::{Numbers, unit};
use crate::time::DAY_MICROS;
use crate::value::ScalarType;

/// Digits after the point to which floats are told apart in a frame by differences.
const FLOAT_SCALE: u8 = 9;

impl Frame {
    /// Whether every row sees its whole partition.
    pub(super) fn is_whole(&self) -> bool {
        self.start == Bound::Unbounded && self.end == Bound::Unbounded
    }

    /// Whether a bound counts steps, so that rows must have a distance.
    fn has_steps(&self) -> bool {
        [self.start, self.end].iter().any(|bound| !matches!(bound, Bound::Unbounded | Bound::Offset(0)))
    }
}

/// The frame of each place of a partition, as places. Starts and ends never go back from one to the next.
pub(super) fn frames(work: &Work<'_, '_>, partition: &Range<usize>) -> Result<Vec<Range<usize>>, RunError> {
    let frame = work.call.frame;
    let (positions, unit): (Vec<Option<i128>>, i128) = if frame.counts_rows {
        (partition.clone().map(|place| Some(place as i128)).collect(), 1)
    } else if frame.has_steps() {
        let (column, descending, unit) = distances(work)?;
        let position = |place| position(column, work.layout.rows[place] as usize, descending);
        (partition.clone().map(position).collect(), unit)
    } else {
        (partition.clone().map(|place| Some(i128::from(work.layout.key(place)))).collect(), 1)
    };
    // Nulls stand last, and are peers of each other.
    let known = positions.partition_point(Option::is_some);
    let before = |limit: i128| {
        positions[..known].partition_point(|position| position.is_some_and(|position| position < limit))
    };
    let step = |offset: i64| i128::from(offset) * unit;
    let range = |here: &Option<i128>| {
        let start = match (frame.start, here) {
            (Bound::Unbounded, _) => 0,
            (Bound::Offset(_), None) => known,
            (Bound::Offset(offset), Some(here)) => before(here.saturating_add(step(offset))),
        };
        let end = match (frame.end, here) {
            (Bound::Unbounded, _) | (_, None) => positions.len(),
            (Bound::Offset(offset), Some(here)) => {
                before(here.saturating_add(step(offset)).saturating_add(1))
            }
        };
        partition.start + start..partition.start + end.max(start)
    };
    Ok(positions.iter().map(range).collect())
}

/// The order column as a line: whether it descends, and how long a step is.
fn distances<'w>(work: &Work<'w, '_>) -> Result<(&'w Column, bool, i128), RunError> {
    let refused = |message: String| RunError::Value { message, span: work.span, key: String::new() };
    let [(place, descending)] = work.call.order[..] else {
        let message = "range with steps needs one component to order by: use data points";
        return Err(refused(message.to_owned()));
    };
    let column = &work.input.columns()[place];
    let unit = match work.input.structure().components()[place].scalar_type {
        ScalarType::Integer => 1,
        ScalarType::Number if matches!(column, Column::Floats(_)) => 10i128.pow(u32::from(FLOAT_SCALE)),
        ScalarType::Number => 10i128.pow(u32::from(Numbers::of(column).scale())),
        ScalarType::Date => i128::from(DAY_MICROS) * 2,
        other => {
            return Err(refused(format!(
                "range with steps counts differences of numbers or dates, the order is by {other}: use data points"
            )));
        }
    };
    Ok((column, descending, unit))
}

/// Where a row stands on the line; nothing if it is null.
fn position(column: &Column, row: usize, descending: bool) -> Option<i128> {
    if column.is_null(row) {
        return None;
    }
    let position = match column {
        Column::Floats(floats) => (floats.values[row] * unit(FLOAT_SCALE)) as i128,
        other => Numbers::of(other).unscaled(row)?,
    };
    Some(if descending { -position } else { position })
}
