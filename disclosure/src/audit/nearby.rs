//! Room near a cell, for parts of a table that are too large to be optimised as a whole.
//!
//! If the figures themselves are known, they are one solution. All but the nearest cells are held at theirs, and the
//! small rest is optimised: what is possible there is possible in the whole. So a secret can be proven to have room
//! enough; that it has too little cannot be found this way.

use std::collections::{BTreeMap, VecDeque};

use super::component::{Component, Row};
use super::judge::Judge;
use super::propagate::RowsOfCells;
use super::simplex::{End, Simplex};
use super::{Proof, STEPS_PER_COMPONENT_MAX};
use crate::table::Bounds;

/// Cells around a secret that may change with it.
const NEAR_CELLS_MAX: usize = 40;
/// Of one row: what one cell loses another must gain, and a few are enough. Long rows would leave no room for those
/// that cross them.
const NEAR_PER_ROW_MAX: usize = 3;

impl Judge<'_, '_> {
    /// Proves secrets of a part to have room enough, where it finds it nearby.
    pub(super) fn look_nearby(&mut self, part: &Component) {
        let Some(figures) = self.audit.memory.figures.take() else { return };
        let rows_of = RowsOfCells::of(part);
        for place in 0..part.cells.len() {
            let cell = part.cells[place];
            if self.is_secret(cell) && self.audit.proofs.get(&cell) == Some(&Proof::Outer) {
                let near = nearest(part, &rows_of, place);
                if let Some(near) = held(part, &rows_of, &near, &figures) {
                    self.prove(&near);
                }
            }
        }
        self.audit.memory.figures = Some(figures);
    }

    /// Moves the first cell of a small component as far as it goes, and looks how far all its secrets went.
    fn prove(&mut self, near: &Component) {
        let Ok(mut simplex) = Simplex::solve(near, STEPS_PER_COMPONENT_MAX) else { return };
        for end in [End::Least, End::Greatest] {
            // What was seen on the way to an end that was not reached is a solution, too.
            let _ = simplex.optimum(0, end);
        }
        for (place, cell) in near.cells.iter().enumerate() {
            if !self.is_secret(*cell) {
                continue;
            }
            let (least, greatest) = simplex.seen[place];
            let seen = Bounds::between(least.ceil(), greatest.floor());
            if seen.width() >= Some(self.audit.required(*cell, self.audit.bounds[*cell as usize])) {
                self.audit.proofs.insert(*cell, Proof::Wide);
            }
        }
    }
}

/// The cells nearest to one, itself first: those it shares a row with, then those they share one with.
fn nearest(part: &Component, rows_of: &RowsOfCells, place: usize) -> Vec<usize> {
    let mut near = vec![place];
    let mut queue = VecDeque::from([place]);
    while let Some(at) = queue.pop_front() {
        for row in rows_of.of_cell(at) {
            for (other, _) in part.rows[*row as usize].terms.iter().take(NEAR_PER_ROW_MAX) {
                if near.len() == NEAR_CELLS_MAX {
                    return near;
                }
                if !near.contains(other) {
                    near.push(*other);
                    queue.push_back(*other);
                }
            }
        }
    }
    near
}

/// The component of some cells with all others held at their figures; nothing, if one of those is not known.
fn held(
    part: &Component,
    rows_of: &RowsOfCells,
    near: &[usize],
    figures: &[Option<i128>],
) -> Option<Component> {
    let places: BTreeMap<usize, usize> = near.iter().copied().zip(0..).collect();
    let mut rows: Vec<u32> = near.iter().flat_map(|cell| rows_of.of_cell(*cell)).copied().collect();
    rows.sort_unstable();
    rows.dedup();
    let mut component = Component {
        cells: near.iter().map(|place| part.cells[*place]).collect(),
        bounds: near.iter().map(|place| part.bounds[*place]).collect(),
        rows: Vec::with_capacity(rows.len()),
    };
    for row in rows {
        let whole = &part.rows[row as usize];
        let mut left = Row { terms: Vec::new(), ..whole.clone() };
        for (cell, factor) in &whole.terms {
            match places.get(cell) {
                Some(place) => left.terms.push((*place, *factor)),
                None => left.sum -= i128::from(*factor) * figures[part.cells[*cell] as usize]?,
            }
        }
        component.rows.push(left);
    }
    Some(component)
}
