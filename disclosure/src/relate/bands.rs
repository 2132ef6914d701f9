//! Bands of whole numbers along a line: ages, years since arrival.
//!
//! A band is an edge between two cut points: `Y15T24` leads from 15 to 25. Bands add up exactly where edges form a
//! cycle. Going through them from the shortest to the widest, every band whose ends are joined already closes one;
//! those cycles imply every other sum, however partitions overlap and whether anybody named them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::Line;
use crate::table::{Relation, Table, Term};

/// Where a band without upper end ends.
const NO_END: u32 = u32::MAX;
/// The code of all bands together, and of those whose band is not known.
const TOTAL: &str = "_T";
const UNKNOWN: &str = "_U";

/// Bands by code, as places in the dictionary.
pub(super) struct Bands {
    source: Arc<str>,
    bands: BTreeMap<u32, Band>,
    total: Option<u32>,
    unknown: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Band {
    from: u32,
    to: u32,
}

/// A band of the line.
#[derive(Clone, Copy)]
struct Edge {
    band: Band,
    cell: u32,
    is_total: bool,
}

impl Bands {
    pub(super) fn prepare(table: &Table, axis: usize) -> Self {
        let codes = || table.dictionary(axis).iter().zip(0..);
        let place = |id: &str| codes().find(|(code, _)| ***code == *id).map(|(_, place)| place);
        let bands = codes().filter_map(|(code, place)| Some((place, Band::read(code)?))).collect();
        let source = format!("bands of {}", table.dimensions()[axis]).into();
        Self { source, bands, total: place(TOTAL), unknown: place(UNKNOWN) }
    }

    pub(super) fn relate(&self, line: &Line<'_>, relations: &mut Vec<Relation>) {
        let axis = line.axis;
        let code = |cell: u32| line.table.codes(cell)[axis];
        let band = |cell: &u32| Some((*self.bands.get(&code(*cell))?, *cell));
        let mut edges: Vec<Edge> = line
            .cells
            .iter()
            .filter_map(band)
            .map(|(band, cell)| Edge { band, cell, is_total: false })
            .collect();
        if edges.is_empty() {
            return;
        }
        let whole = Band { from: 0, to: NO_END };
        if let Some(cell) = self.total.and_then(|total| line.cell(total)) {
            edges.push(Edge { band: whole, cell, is_total: true });
        }
        edges.sort_by_key(|edge| (edge.band.to - edge.band.from, edge.is_total, edge.cell));
        let unknown = self.unknown.and_then(|unknown| line.cell(unknown));
        let mut forest: BTreeMap<u32, Vec<(u32, Term, bool)>> = BTreeMap::new();
        for edge in &edges {
            let Band { from, to } = edge.band;
            let Some(path) = path(&forest, from, to) else {
                let term = Term { cell: edge.cell, factor: -1 };
                let back = Term { cell: edge.cell, factor: 1 };
                forest.entry(from).or_default().push((to, term, edge.is_total));
                forest.entry(to).or_default().push((from, back, edge.is_total));
                continue;
            };
            let mut terms = vec![Term { cell: edge.cell, factor: 1 }];
            // The total counts those of unknown age, too.
            let mut unknowns = i8::from(edge.is_total);
            for (term, is_total) in path {
                unknowns += term.factor * i8::from(is_total);
                terms.push(term);
            }
            if let (Some(cell), true) = (unknown, unknowns != 0) {
                terms.push(Term { cell, factor: -unknowns });
            }
            relations.push(Relation { axis, source: self.source.clone(), terms, at_least: false });
        }
        self.enclose(&edges, line, relations);
    }

    /// A band is not less than bands within it that do not overlap, even where others are missing.
    fn enclose(&self, edges: &[Edge], line: &Line<'_>, relations: &mut Vec<Relation>) {
        for (place, outer) in edges.iter().enumerate() {
            let mut within: Vec<&Edge> = edges[..place].iter().filter(|edge| outer.has(edge)).collect();
            within.sort_by_key(|edge| (edge.band.from, std::cmp::Reverse(edge.band.to)));
            let mut end = outer.band.from;
            let mut parts = Vec::new();
            let mut is_whole = true;
            for edge in within {
                if edge.band.from >= end {
                    is_whole &= edge.band.from == end;
                    end = edge.band.to;
                    parts.push(edge.cell);
                }
            }
            is_whole &= end == outer.band.to;
            let cells = parts.iter().copied().chain([outer.cell]);
            if !is_whole && !parts.is_empty() && line.none_signed(cells) {
                relations.push(Relation::sum(line.axis, self.source.clone(), outer.cell, parts).partly());
            }
        }
    }
}

impl Edge {
    /// Whether another band lies within and is not the same.
    fn has(&self, other: &Edge) -> bool {
        let (outer, inner) = (self.band, other.band);
        outer.from <= inner.from && inner.to <= outer.to && outer != inner
    }
}

impl Band {
    /// `Y7`, `Y15T24`, `Y_LT15`, `Y_GE65`.
    fn read(code: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number < 1_000);
        let text = code.strip_prefix('Y')?;
        let band = if let Some(to) = text.strip_prefix("_LT") {
            Self { from: 0, to: number(to)? }
        } else if let Some(from) = text.strip_prefix("_GE") {
            Self { from: number(from)?, to: NO_END }
        } else if let Some((from, last)) = text.split_once('T') {
            Self { from: number(from)?, to: number(last)? + 1 }
        } else {
            let year = number(text)?;
            Self { from: year, to: year + 1 }
        };
        (band.from < band.to).then_some(band)
    }
}

/// The way between two cut points in a forest of bands, as terms; nothing if they are not joined. Empty between a
/// point and itself.
fn path(forest: &BTreeMap<u32, Vec<(u32, Term, bool)>>, from: u32, to: u32) -> Option<Vec<(Term, bool)>> {
    let mut came: BTreeMap<u32, (u32, Term, bool)> = BTreeMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        if at == to {
            break;
        }
        for (next, term, is_total) in forest.get(&at).into_iter().flatten() {
            if *next != from && !came.contains_key(next) {
                came.insert(*next, (at, *term, *is_total));
                queue.push_back(*next);
            }
        }
    }
    let mut terms = Vec::new();
    let mut at = to;
    while at != from {
        let (before, term, is_total) = came.get(&at)?;
        terms.push((*term, *is_total));
        at = *before;
    }
    terms.reverse();
    Some(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_bands_are_read() {
        for (code, band) in [
            ("Y0T4", Some((0, 5))),
            ("Y_LT15", Some((0, 15))),
            ("Y_GE65", Some((65, NO_END))),
            ("Y7", Some((7, 8))),
            ("_U", None),
            ("Y_T", None),
            ("Y9T4", None),
        ] {
            assert_eq!(Band::read(code).map(|band| (band.from, band.to)), band, "{code}");
        }
    }
}
