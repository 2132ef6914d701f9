//! Cells that are tied to each other by relations, and to no others: they are looked at on their own.

use std::collections::BTreeMap;

use crate::table::{Bounds, Table};

/// One component: unknown figures, and rows that say what sums of them are.
#[derive(Clone, Debug, Default)]
pub(super) struct Component {
    /// Per cell, its place in the table.
    pub(super) cells: Vec<u32>,
    /// Per cell, what is known of it.
    pub(super) bounds: Vec<Bounds>,
    /// The sums.
    pub(super) rows: Vec<Row>,
}

/// The sum of some cells, with what is known exactly on the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The relation, as a place in the table.
    pub(super) relation: u32,
    /// Cells of the component, each once.
    pub(super) terms: Vec<(usize, i8)>,
    /// What they add up to.
    pub(super) sum: i128,
    /// They add up to this or more.
    pub(super) at_least: bool,
}

/// Splits all unknown cells of a table, with `bounds` as they are known by now; `is_broken` relations are left out.
/// Components come in the order of their first cells.
pub(super) fn components(table: &Table, bounds: &[Bounds], is_broken: &[bool]) -> Vec<Component> {
    let mut joined = Joined::new(bounds.len());
    let is_open = |cell: u32| bounds[cell as usize].as_point().is_none();
    let usable = || table.relations().iter().zip(0u32..).filter(|(_, place)| !is_broken[*place as usize]);
    for (relation, _) in usable() {
        let mut open = relation.terms.iter().map(|term| term.cell).filter(|cell| is_open(*cell));
        if let Some(first) = open.next() {
            open.for_each(|other| joined.join(first, other));
        }
    }
    let mut found: BTreeMap<u32, Component> = BTreeMap::new();
    let mut places = vec![0usize; bounds.len()];
    let mut roots = vec![u32::MAX; bounds.len()];
    for (relation, place) in usable() {
        let mut terms: Vec<(usize, i8)> = Vec::new();
        let mut sum = 0i128;
        let mut root = None;
        for term in &relation.terms {
            let cell = term.cell as usize;
            if let Some(figure) = bounds[cell].as_point() {
                sum -= i128::from(term.factor) * figure;
                continue;
            }
            let of = joined.root(term.cell);
            root = Some(of);
            let component = found.entry(of).or_default();
            if roots[cell] == u32::MAX {
                roots[cell] = of;
                places[cell] = component.cells.len();
                component.cells.push(term.cell);
                component.bounds.push(bounds[cell]);
            }
            match terms.iter_mut().find(|(known, _)| *known == places[cell]) {
                Some((_, factor)) => *factor += term.factor,
                None => terms.push((places[cell], term.factor)),
            }
        }
        terms.retain(|(_, factor)| *factor != 0);
        if let (Some(root), false) = (root, terms.is_empty())
            && let Some(component) = found.get_mut(&root)
        {
            component.rows.push(Row { relation: place, terms, sum, at_least: relation.at_least });
        }
    }
    let mut components: Vec<_> = found.into_values().collect();
    components.sort_by_key(|component| component.cells.iter().min().copied());
    components
}

impl Component {
    /// A digest of everything that decides what can be known of its cells.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        let mut number = |number: i128| {
            hasher.update(&number.to_le_bytes());
        };
        number(self.cells.len() as i128);
        for (cell, bounds) in self.cells.iter().zip(&self.bounds) {
            number(i128::from(*cell));
            number(bounds.low.unwrap_or(i128::MIN));
            number(bounds.high.unwrap_or(i128::MAX));
        }
        for row in &self.rows {
            number(row.sum);
            number(i128::from(row.at_least));
            number(row.terms.len() as i128);
            for (cell, factor) in &row.terms {
                number(*cell as i128);
                number(i128::from(*factor));
            }
        }
        *hasher.finalize().as_bytes()
    }

    /// What is still open once these bounds are known, in parts that are no longer tied to each other.
    pub(super) fn split(&self, bounds: &[Bounds]) -> Vec<Self> {
        let mut joined = Joined::new(bounds.len());
        let is_open = |cell: usize| bounds[cell].as_point().is_none();
        for row in &self.rows {
            let mut open = row.terms.iter().map(|(cell, _)| *cell).filter(|cell| is_open(*cell));
            if let Some(first) = open.next() {
                open.for_each(|other| joined.join(first as u32, other as u32));
            }
        }
        let mut found: BTreeMap<u32, Self> = BTreeMap::new();
        let mut places = vec![0usize; bounds.len()];
        for cell in (0..bounds.len()).filter(|cell| is_open(*cell)) {
            let part = found.entry(joined.root(cell as u32)).or_default();
            places[cell] = part.cells.len();
            part.cells.push(self.cells[cell]);
            part.bounds.push(bounds[cell]);
        }
        for row in &self.rows {
            let Some((first, _)) = row.terms.iter().find(|(cell, _)| is_open(*cell)) else { continue };
            let mut left = Row { terms: Vec::new(), ..row.clone() };
            for (cell, factor) in &row.terms {
                match bounds[*cell].as_point() {
                    Some(figure) => left.sum -= i128::from(*factor) * figure,
                    None => left.terms.push((places[*cell], *factor)),
                }
            }
            if let Some(part) = found.get_mut(&joined.root(*first as u32)) {
                part.rows.push(left);
            }
        }
        found.into_values().collect()
    }
}

/// Cells that belong together.
struct Joined {
    parent: Vec<u32>,
}

impl Joined {
    fn new(cells: usize) -> Self {
        Self { parent: (0..cells as u32).collect() }
    }

    fn root(&mut self, mut cell: u32) -> u32 {
        while self.parent[cell as usize] != cell {
            let above = self.parent[self.parent[cell as usize] as usize];
            self.parent[cell as usize] = above;
            cell = above;
        }
        cell
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // The lower place is the root, so that the outcome does not depend on the order of relations.
        self.parent[a.max(b) as usize] = a.min(b);
    }
}
