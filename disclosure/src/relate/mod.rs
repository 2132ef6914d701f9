//! From declared sums to the relations between the cells of a table.
//!
//! What lives here: finding the lines of a table along a dimension, and what adds up in each. What must not: what
//! follows from it.

mod bands;
mod partitions;
mod years;

use crate::policy::Policy;
use crate::sums::{Sums, Tree};
use crate::table::{Relation, Table};

/// Cells of a table that differ in one dimension only.
struct Line<'t> {
    table: &'t Table,
    axis: usize,
    /// In ascending order of their codes' places.
    cells: &'t [u32],
}

impl Line<'_> {
    /// The cell with this code, by its place in the dictionary.
    fn cell(&self, code: u32) -> Option<u32> {
        let place = self.cells.binary_search_by_key(&code, |cell| self.table.codes(*cell)[self.axis]).ok()?;
        Some(self.cells[place])
    }

    /// Whether all these cells can be of a sum with parts missing: a part below 0 may make up for it.
    fn none_signed(&self, cells: impl IntoIterator<Item = u32>) -> bool {
        cells.into_iter().all(|cell| !self.table.cell(cell).signed)
    }
}

impl Table {
    /// Adds all relations that follow from sums and trees; those of dimensions that the table does not have are
    /// passed over.
    pub fn relate_by(&mut self, sums: &Sums, trees: &[Tree], policy: &Policy) {
        let mut found: Vec<Relation> = Vec::new();
        for declared in &sums.dimensions {
            let Some(axis) = self.dimension(&declared.dimension) else { continue };
            let trees: Vec<&Tree> = match declared.trees {
                true => trees.iter().filter(|tree| tree.dimension == declared.dimension).collect(),
                false => Vec::new(),
            };
            let partitions = partitions::Partitions::prepare(self, axis, declared, &trees, policy);
            let bands = declared.bands.then(|| bands::Bands::prepare(self, axis));
            if self.dictionary(axis).len() < 2 {
                continue;
            }
            let ordered = self.along(axis);
            for cells in ordered.chunk_by(|a, b| self.share_all_but(*a, *b, axis)) {
                let line = Line { table: self, axis, cells };
                if cells.len() > 1 {
                    partitions.relate(&line, &mut found);
                    bands.iter().for_each(|bands| bands.relate(&line, &mut found));
                }
            }
        }
        if policy.adds_over_time {
            years::relate(self, &mut found);
        }
        self.relate(found);
    }

    /// Cells that add up, in the order of all other dimensions, then of this one.
    fn along(&self, axis: usize) -> Vec<u32> {
        let additive = |cell: &u32| self.cell(*cell).additive;
        let mut cells: Vec<u32> = (0..self.cells().len() as u32).filter(additive).collect();
        cells.sort_unstable_by(|a, b| {
            let (a, b) = (self.codes(*a), self.codes(*b));
            a[..axis]
                .cmp(&b[..axis])
                .then_with(|| a[axis + 1..].cmp(&b[axis + 1..]))
                .then_with(|| a[axis].cmp(&b[axis]))
        });
        cells
    }

    fn share_all_but(&self, a: u32, b: u32, axis: usize) -> bool {
        let (a, b) = (self.codes(a), self.codes(b));
        a[..axis] == b[..axis] && a[axis + 1..] == b[axis + 1..]
    }
}
