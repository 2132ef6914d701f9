//! How a secret can be known, in words: the sums that a reader with a pencil would write down.

use std::collections::BTreeSet;

use super::{Audit, Reason};
use crate::table::{Bounds, Care, Relation, Term};

/// Steps of a derivation that are written out.
const STEPS_MAX: usize = 12;

impl Audit<'_> {
    /// How the bounds of a cell come about: what is needed first comes first.
    pub(super) fn explain(&self, cell: u32) -> Vec<String> {
        let (steps, is_cut) = self.steps(cell);
        let mut words: Vec<String> = Vec::new();
        for step in steps {
            match self.reasons.get(&step) {
                Some(Reason::Passed(low, high)) => {
                    let relations: BTreeSet<u32> = low.iter().chain(high).copied().collect();
                    words.extend(relations.into_iter().map(|relation| self.solved_for(relation, step)));
                }
                Some(Reason::Combined { relations, cells }) => {
                    let shown = relations.iter().take(STEPS_MAX);
                    words.extend(shown.map(|relation| self.in_words(*relation)));
                    if relations.len() > STEPS_MAX {
                        words.push(format!("and {} more sums", relations.len() - STEPS_MAX));
                    }
                    let bounds = cells.iter().filter(|other| **other != step).take(STEPS_MAX);
                    words.extend(bounds.map(|other| {
                        let known = self.table.range(self.table.cell(*other).bounds);
                        format!("{} is known to be {known}", self.table.name(*other))
                    }));
                    let known = self.table.range(self.bounds[step as usize]);
                    words.push(format!("together they leave {} {known}", self.table.name(step)));
                }
                None => {
                    let known = self.table.range(self.table.cell(step).bounds);
                    words.push(format!("the rule by which it is hidden alone leaves {known}"));
                }
            }
        }
        if is_cut {
            words.insert(0, "further hidden figures were recovered first".to_owned());
        }
        words
    }

    /// Cells to be explained, each after those it needs; the flag says that some were left out.
    fn steps(&self, cell: u32) -> (Vec<u32>, bool) {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![cell];
        while let Some(next) = open.pop() {
            if !seen.insert(next) {
                continue;
            }
            if order.len() == STEPS_MAX {
                return (reversed(order), true);
            }
            order.push(next);
            let Some(Reason::Passed(low, high)) = self.reasons.get(&next) else { continue };
            for relation in low.iter().chain(high) {
                let terms = &self.table.relations()[*relation as usize].terms;
                let needed = terms.iter().map(|term| term.cell).filter(|other| self.was_narrowed(*other));
                open.extend(needed);
            }
        }
        (reversed(order), false)
    }

    fn was_narrowed(&self, cell: u32) -> bool {
        self.table.cell(cell).bounds != self.bounds[cell as usize] && self.reasons.contains_key(&cell)
    }

    /// Published cells that a derivation uses, step by step: without one of the first step's, all others fail.
    pub(super) fn leans_on(&self, cell: u32) -> Vec<Vec<u32>> {
        let (steps, _) = self.steps(cell);
        let shown = |step: &u32| {
            let relations: Vec<u32> = match self.reasons.get(step) {
                Some(Reason::Passed(low, high)) => low.iter().chain(high).copied().collect(),
                Some(Reason::Combined { relations, .. }) => relations.clone(),
                None => Vec::new(),
            };
            let terms = relations.iter().flat_map(|place| &self.table.relations()[*place as usize].terms);
            let shown = terms.map(|term| term.cell).filter(|cell| self.table.cell(*cell).care == Care::Shown);
            shown.collect::<BTreeSet<u32>>().into_iter().collect()
        };
        steps.iter().map(shown).filter(|cells: &Vec<u32>| !cells.is_empty()).collect()
    }

    pub(super) fn contradiction(&self, relation: u32) -> String {
        self.in_words(relation)
    }

    /// `SEXES in A.SWE.*.Y_LT18 2024: _T 57 - M 41 = F 16`.
    fn solved_for(&self, relation: u32, cell: u32) -> String {
        let of = &self.table.relations()[relation as usize];
        let Some(own) = of.terms.iter().find(|term| term.cell == cell) else {
            return self.in_words(relation);
        };
        let others = || of.terms.iter().filter(|term| term.cell != cell);
        let is_added = |term: &&Term| term.factor != own.factor;
        let name = |term: &Term| {
            let known = self.bounds[term.cell as usize];
            format!("{} {}", self.label(of, term.cell), self.table.range(known))
        };
        let added: Vec<String> = others().filter(is_added).map(name).collect();
        let taken: Vec<String> = others().filter(|term| !is_added(term)).map(name).collect();
        let mut sum = added.join(" + ");
        for part in taken {
            sum.push_str(" - ");
            sum.push_str(&part);
        }
        let known = self.bounds[cell as usize];
        let label = self.label(of, cell);
        let are_exact = others().all(|term| self.bounds[term.cell as usize].as_point().is_some());
        let relates =
            if known.as_point().is_some() && are_exact && !of.at_least { " = " } else { " leaves " };
        format!("{}: {sum}{relates}{label} {}", self.place(of), self.table.range(known))
    }

    /// `SEXES in A.SWE.*.Y_LT18 2024: _T 57 = F hidden + M 41`.
    fn in_words(&self, relation: u32) -> String {
        let of = &self.table.relations()[relation as usize];
        let name = |term: &Term| {
            let cell = self.table.cell(term.cell);
            let known = match (cell.bounds, cell.care) {
                (bounds, Care::Shown) => self.table.range(bounds),
                (bounds, _) if bounds == Bounds::NONE || bounds == Bounds::not_negative() => {
                    "hidden".to_owned()
                }
                (bounds, _) => format!("hidden ({})", self.table.range(bounds)),
            };
            format!("{} {known}", self.label(of, term.cell))
        };
        let Some((total, parts)) = of.terms.split_first() else { return String::new() };
        let added: Vec<String> = parts.iter().filter(|term| term.factor < 0).map(name).collect();
        let mut sum = added.join(" + ");
        for term in parts.iter().filter(|term| term.factor > 0) {
            sum.push_str(" - ");
            sum.push_str(&name(term));
        }
        let relates = if of.at_least { "is at least" } else { "=" };
        format!("{}: {} {relates} {sum}", self.place(of), name(total))
    }

    fn label(&self, relation: &Relation, cell: u32) -> &str {
        self.table.code(cell, relation.axis)
    }

    /// Where a relation stands: its cells' common key, with a star where they differ.
    fn place(&self, relation: &Relation) -> String {
        let Some(first) = relation.terms.first() else { return relation.source.to_string() };
        let last = self.table.dimensions().len().saturating_sub(1);
        let code = |dimension: usize| {
            if dimension == relation.axis { "*" } else { &**self.table.code(first.cell, dimension) }
        };
        let key: Vec<&str> = (0..last).map(code).collect();
        format!("{} in {} {}", relation.source, key.join("."), code(last)).trim_end().to_owned()
    }
}

fn reversed(mut order: Vec<u32>) -> Vec<u32> {
    order.reverse();
    order
}
