//! The audit: what can be known of hidden cells by who knows everything else.
//!
//! For each hidden cell it finds the interval that the relations leave. Bounds are passed on until nothing changes;
//! what is then still tied together is optimised exactly, if it is small enough, and otherwise searched for linear
//! combinations that leave no choice. Every end that the optimiser gives is proven by a certificate which is checked
//! against the relations.
//!
//! What it proves: given these relations and no others, the intervals hold. What it does not: that no other relation
//! exists (DETAILS C20).

mod component;
mod eliminate;
mod judge;
mod nearby;
mod propagate;
mod report;
mod search;
mod simplex;
mod words;

use std::collections::HashMap;

use crate::policy::Width;
use crate::table::{Bounds, Care, Table};
use component::components;
use judge::Judge;
pub use report::{Counts, Exposure, Finding, Proof, Report};

/// Cells of a component that is optimised; a larger one is searched by elimination only, and the report says so.
pub const OPTIMISED_CELLS_MAX: usize = 200;
/// Its relations.
pub const OPTIMISED_ROWS_MAX: usize = 500;
/// Cells of a component of which every interval is found exactly; in larger ones, two solutions that lie far enough
/// apart are enough.
pub const EXACT_CELLS_MAX: usize = 40;
/// Steps of arithmetic that one component may take to be optimised: about half a second.
pub const STEPS_PER_COMPONENT_MAX: u64 = 10_000_000;
/// Steps that may be taken to find out whether whole figures reach the end of an interval.
pub const WHOLE_STEPS_MAX: u64 = 200_000;
/// Findings that a report describes; it counts all.
pub const FINDINGS_MAX: usize = 10_000;
/// Relations that published figures contradict, of which a report names so many.
pub const CONTRADICTIONS_MAX: usize = 100;

/// Tries to recover the secrets of a table.
pub fn audit(table: &Table, width: Width) -> Report {
    audit_again(table, width, &mut Memory::default())
}

/// The same, for a table of which most was audited before: parts in which nothing was found are not looked at again
/// as long as nothing of them changes.
pub(crate) fn audit_again(table: &Table, width: Width, memory: &mut Memory) -> Report {
    let mut audit = Audit::new(table, width, memory);
    audit.set_aside_what_is_contradicted();
    for component in components(table, &audit.bounds, &audit.is_broken) {
        Judge::new(&mut audit).component(component);
    }
    audit.report()
}

/// Parts of a table in which nothing was found, by what they are made of.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    parts: HashMap<[u8; 32], Vec<(Bounds, Proof)>>,
    /// The figures themselves, where they are known: to whoever hides them, not to those they are hidden from. They
    /// are one solution, from which others can be found near each cell of a part that is too large as a whole.
    figures: Option<Vec<Option<i128>>>,
    /// Findings go without words: nobody reads them.
    is_brief: bool,
}

impl Memory {
    /// Nothing is remembered, and the figures are known.
    pub(crate) fn knowing(figures: &[Option<i128>]) -> Self {
        Self { figures: Some(figures.to_vec()), ..Self::default() }
    }

    /// Nothing is remembered, and findings go without words.
    pub(crate) fn brief() -> Self {
        Self { is_brief: true, ..Self::default() }
    }
}

/// The state of an audit.
struct Audit<'t> {
    table: &'t Table,
    memory: &'t mut Memory,
    /// The width that is asked for, in the table's units.
    at_least: i128,
    percent: i128,
    /// Per cell, what is known by now.
    bounds: Vec<Bounds>,
    /// Per relation, whether published figures contradict it.
    is_broken: Vec<bool>,
    contradicted: Vec<u32>,
    /// Of cells whose bounds were narrowed: why.
    reasons: HashMap<u32, Reason>,
    proofs: HashMap<u32, Proof>,
    components: usize,
}

/// Why bounds are what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    /// Relations, one for each end.
    Passed(Option<u32>, Option<u32>),
    /// A combination of relations, and bounds of cells.
    Combined { relations: Vec<u32>, cells: Vec<u32> },
}

impl<'t> Audit<'t> {
    fn new(table: &'t Table, width: Width, memory: &'t mut Memory) -> Self {
        let unit = 10i128.pow(u32::from(table.scale()).min(18));
        Self {
            table,
            memory,
            at_least: i128::from(width.at_least.max(1)) * unit,
            percent: width.percent.into(),
            bounds: table.cells().iter().map(|cell| cell.bounds).collect(),
            is_broken: vec![false; table.relations().len()],
            contradicted: Vec::new(),
            reasons: HashMap::new(),
            proofs: HashMap::new(),
            components: 0,
        }
    }

    /// Relations between published figures alone that do not hold teach nothing about hidden ones.
    fn set_aside_what_is_contradicted(&mut self) {
        for (place, relation) in self.table.relations().iter().enumerate() {
            let mut sum = 0i128;
            let mut is_known = true;
            for term in &relation.terms {
                match self.bounds[term.cell as usize].as_point() {
                    Some(figure) => sum += i128::from(term.factor) * figure,
                    None => is_known = false,
                }
            }
            if is_known && (sum < 0 || (sum > 0 && !relation.at_least)) {
                self.set_aside(place as u32);
            }
        }
    }

    fn set_aside(&mut self, relation: u32) {
        self.is_broken[relation as usize] = true;
        self.contradicted.push(relation);
    }

    /// How wide the interval of a secret must stay: no wider than what is known of it without any relation.
    fn required(&self, cell: u32, known: Bounds) -> i128 {
        let share = known.high.map_or(0, |high| (high.abs().saturating_mul(self.percent) + 99) / 100);
        let required = self.at_least.max(share);
        self.table.cell(cell).bounds.width().map_or(required, |prior| required.min(prior.max(1)))
    }

    /// Whether what is known leaves a secret too little room; nothing where it leaves enough.
    fn exposure(&self, cell: u32) -> Option<Exposure> {
        let known = self.bounds[cell as usize];
        if let Some(figure) = known.as_point() {
            return Some(Exposure::Recovered { figure });
        }
        let required = self.required(cell, known);
        let width = known.width()?;
        (width < required).then_some(Exposure::TooNarrow { bounds: known, required })
    }

    fn report(&self) -> Report {
        let mut counts = Counts { relations: self.table.relations().len(), ..Counts::default() };
        (counts.components, counts.contradicted) = (self.components, self.contradicted.len());
        let mut report = Report::default();
        for cell in 0..self.table.cells().len() as u32 {
            counts.cells += 1;
            match self.table.cell(cell).care {
                Care::Shown => counts.shown += 1,
                Care::Missing => counts.missing += 1,
                Care::Helper => {
                    counts.helpers += 1;
                    counts.helpers_recovered += usize::from(self.bounds[cell as usize].as_point().is_some());
                }
                Care::Secret => {
                    counts.secrets += 1;
                    let proof = self.proofs.get(&cell).copied().unwrap_or(Proof::Whole);
                    let exposure = self.exposure(cell);
                    counts.count(proof, exposure.as_ref());
                    report.intervals.push((cell, self.bounds[cell as usize], proof));
                    if let Some(exposure) = exposure
                        && report.findings.len() < FINDINGS_MAX
                    {
                        report.findings.push(self.finding(cell, exposure, proof));
                    }
                }
            }
        }
        let named = self.contradicted.iter().take(CONTRADICTIONS_MAX);
        report.contradictions = named.map(|relation| self.contradiction(*relation)).collect();
        report.counts = counts;
        report
    }

    fn finding(&self, cell: u32, exposure: Exposure, proof: Proof) -> Finding {
        Finding {
            cell,
            name: self.table.name(cell),
            exposure,
            proof,
            derivation: if self.memory.is_brief { Vec::new() } else { self.explain(cell) },
            leans_on: self.leans_on(cell),
            vintage: None,
        }
    }
}
