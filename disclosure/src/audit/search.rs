//! Whole figures: whether a cell can have a value when all figures are whole. The simplex method knows fractions
//! too; where they matter, this closes the gap, for small components and within a budget.

use super::component::Component;
use super::propagate::{Propagated, RowsOfCells, tighten};
use crate::table::Bounds;

/// Whether some whole figures fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// The budget is used up.
    Unknown,
}

/// Looks for whole figures that fit all rows, with one cell fixed.
pub(super) fn has_solution(
    component: &Component,
    rows_of: &RowsOfCells,
    bounds: &[Bounds],
    fixed: (usize, i128),
    budget: &mut u64,
) -> Answer {
    let mut start = Propagated { bounds: bounds.to_vec(), by: vec![(None, None); bounds.len()] };
    start.bounds[fixed.0] = Bounds::point(fixed.1);
    let all = 0..component.rows.len();
    if tighten(component, rows_of, &mut start, all).is_err() {
        return Answer::No;
    }
    // Each entry is a part of the figures that was not looked at yet.
    let mut open = vec![start.bounds];
    while let Some(bounds) = open.pop() {
        let Some(left) = budget.checked_sub(component.rows.len() as u64 + 1) else { return Answer::Unknown };
        *budget = left;
        let widths = bounds.iter().enumerate().filter(|(_, bounds)| bounds.as_point().is_none());
        let narrowest = widths.min_by_key(|(_, bounds)| bounds.width().unwrap_or(i128::MAX));
        let Some((cell, known)) = narrowest else {
            if fits(component, &bounds) {
                return Answer::Yes;
            }
            continue;
        };
        // A cell without upper end is tried at its lowest first; without both ends, from 0.
        let first = known.low.or(known.high).unwrap_or(0);
        let (point, rest) = match (known.low, known.high) {
            (Some(_), high) => (first, vec![Bounds { low: Some(first + 1), high }]),
            (None, Some(_)) => (first, vec![Bounds { low: None, high: Some(first - 1) }]),
            (None, None) => {
                (first, vec![Bounds { low: Some(1), high: None }, Bounds { low: None, high: Some(-1) }])
            }
        };
        for part in rest.into_iter().chain([Bounds::point(point)]) {
            let mut state = Propagated { bounds: bounds.clone(), by: vec![(None, None); bounds.len()] };
            state.bounds[cell] = part;
            let touched = rows_of.of_cell(cell).iter().map(|row| *row as usize);
            if tighten(component, rows_of, &mut state, touched).is_ok() {
                open.push(state.bounds);
            }
        }
    }
    Answer::No
}

/// Whether figures, all of them known, fulfil every row. Tightening may stop before it has looked at all.
fn fits(component: &Component, bounds: &[Bounds]) -> bool {
    let figure = |cell: usize| bounds[cell].as_point().unwrap_or(0);
    component.rows.iter().all(|row| {
        let sum: i128 = row.terms.iter().map(|(cell, factor)| i128::from(*factor) * figure(*cell)).sum();
        sum == row.sum || (row.at_least && sum > row.sum)
    })
}
