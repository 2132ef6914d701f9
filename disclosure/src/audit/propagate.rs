//! Bounds out of bounds: what each sum leaves for each of its cells, again and again until nothing changes.

use std::collections::VecDeque;

use super::component::{Component, Row};
use crate::table::Bounds;

/// How often each row may be looked at, on average: bounds that creep by 1 at a time are left to the other methods.
const LOOKS_PER_ROW_MAX: usize = 64;

/// What follows, and from what.
#[derive(Clone, Debug)]
pub(super) struct Propagated {
    /// Per cell of the component.
    pub(super) bounds: Vec<Bounds>,
    /// Per cell, the rows that gave its ends.
    pub(super) by: Vec<(Option<usize>, Option<usize>)>,
}

/// A row that no figures within the bounds fulfil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contradiction {
    pub(super) row: usize,
}

/// Which rows a cell stands in.
pub(super) struct RowsOfCells {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl RowsOfCells {
    pub(super) fn of(component: &Component) -> Self {
        let mut starts = vec![0u32; component.cells.len() + 1];
        let terms = || {
            component
                .rows
                .iter()
                .zip(0u32..)
                .flat_map(|(row, place)| row.terms.iter().map(move |term| (term.0, place)))
        };
        for (cell, _) in terms() {
            starts[cell + 1] += 1;
        }
        for cell in 0..component.cells.len() {
            starts[cell + 1] += starts[cell];
        }
        let mut next = starts.clone();
        let mut rows = vec![0u32; starts.last().map_or(0, |end| *end as usize)];
        for (cell, row) in terms() {
            rows[next[cell] as usize] = row;
            next[cell] += 1;
        }
        Self { starts, rows }
    }

    pub(super) fn of_cell(&self, cell: usize) -> &[u32] {
        &self.rows[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }
}

/// Tightens `bounds` by all rows.
pub(super) fn propagate(
    component: &Component,
    rows_of: &RowsOfCells,
    bounds: Vec<Bounds>,
) -> Result<Propagated, Contradiction> {
    let all = 0..component.rows.len();
    let by = vec![(None, None); bounds.len()];
    let mut state = Propagated { bounds, by };
    tighten(component, rows_of, &mut state, all)?;
    Ok(state)
}

/// The same after some cells changed: only `rows` are looked at, and what follows from them.
pub(super) fn tighten(
    component: &Component,
    rows_of: &RowsOfCells,
    state: &mut Propagated,
    rows: impl IntoIterator<Item = usize>,
) -> Result<(), Contradiction> {
    let mut queue: VecDeque<usize> = rows.into_iter().collect();
    let mut waits = vec![false; component.rows.len()];
    queue.iter().for_each(|row| waits[*row] = true);
    let mut looks = component.rows.len().max(16).saturating_mul(LOOKS_PER_ROW_MAX);
    while let Some(place) = queue.pop_front() {
        waits[place] = false;
        if looks == 0 {
            break;
        }
        looks -= 1;
        let row = &component.rows[place];
        let reach = Reach::of(row, &state.bounds);
        let falls_short = reach.high().is_some_and(|high| high < row.sum);
        let exceeds = !row.at_least && reach.low().is_some_and(|low| low > row.sum);
        if falls_short || exceeds {
            return Err(Contradiction { row: place });
        }
        for (cell, factor) in &row.terms {
            let known = state.bounds[*cell];
            if known.as_point().is_some() {
                continue;
            }
            let tighter = known.within(reach.leaves(row, known, *factor));
            if tighter == known {
                continue;
            }
            if tighter.width().is_some_and(|width| width < 0) {
                return Err(Contradiction { row: place });
            }
            if tighter.low != known.low {
                state.by[*cell].0 = Some(place);
            }
            if tighter.high != known.high {
                state.by[*cell].1 = Some(place);
            }
            state.bounds[*cell] = tighter;
            for other in rows_of.of_cell(*cell) {
                let other = *other as usize;
                if !waits[other] {
                    waits[other] = true;
                    queue.push_back(other);
                }
            }
        }
    }
    Ok(())
}

/// The least and the greatest that a row can add up to; of ends without limit, how many there are.
struct Reach {
    low: i128,
    high: i128,
    without_low: u32,
    without_high: u32,
}

impl Reach {
    fn of(row: &Row, bounds: &[Bounds]) -> Self {
        let mut reach = Self { low: 0, high: 0, without_low: 0, without_high: 0 };
        for (cell, factor) in &row.terms {
            let part = times(bounds[*cell], *factor);
            match part.low {
                Some(low) => reach.low = reach.low.saturating_add(low),
                None => reach.without_low += 1,
            }
            match part.high {
                Some(high) => reach.high = reach.high.saturating_add(high),
                None => reach.without_high += 1,
            }
        }
        reach
    }

    fn low(&self) -> Option<i128> {
        (self.without_low == 0).then_some(self.low)
    }

    fn high(&self) -> Option<i128> {
        (self.without_high == 0).then_some(self.high)
    }

    /// What a row leaves for one of its cells.
    fn leaves(&self, row: &Row, known: Bounds, factor: i8) -> Bounds {
        let own = times(known, factor);
        let rest = |all: i128, without: u32, own: Option<i128>| match (without, own) {
            (0, Some(own)) => Some(all.saturating_sub(own)),
            (1, None) => Some(all),
            _ => None,
        };
        let others_low = rest(self.low, self.without_low, own.low);
        let others_high = rest(self.high, self.without_high, own.high);
        let low = others_high.map(|others| row.sum.saturating_sub(others));
        let high = others_low.filter(|_| !row.at_least).map(|others| row.sum.saturating_sub(others));
        let factor = i128::from(factor);
        // Whole figures: a half is rounded inwards.
        let up =
            |bound: i128| bound.div_euclid(factor.abs()) + i128::from(bound.rem_euclid(factor.abs()) != 0);
        let down = |bound: i128| bound.div_euclid(factor.abs());
        match factor > 0 {
            true => Bounds { low: low.map(up), high: high.map(down) },
            false => Bounds { low: high.map(|high| up(-high)), high: low.map(|low| down(-low)) },
        }
    }
}

fn times(bounds: Bounds, factor: i8) -> Bounds {
    let product = |bound: Option<i128>| bound.map(|bound| bound.saturating_mul(i128::from(factor)));
    match factor > 0 {
        true => Bounds { low: product(bounds.low), high: product(bounds.high) },
        false => Bounds { low: product(bounds.high), high: product(bounds.low) },
    }
}
