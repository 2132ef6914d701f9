//! The audit across vintages: what older published figures tell of cells that are hidden today.
//!
//! What lives here: the three ways in which they tell it: a cell was shown; it could be recovered then; it can be
//! recovered now from what was shown then. What must not: where vintages come from.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::audit::{Exposure, Finding, Proof, Report, audit};
use crate::policy::Width;
use crate::table::{Bounds, Care, Table};

/// Vintages that are looked at, newest first. Each is audited on its own.
pub const EARLIER_MAX: usize = 16;

/// An older vintage as it was published.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// What it is called in findings: when it was published.
    pub label: String,
    /// Its cells.
    pub table: Table,
}

/// Audits a table, and what older vintages, newest first, tell of it. Findings name the vintage.
pub fn audit_across(table: &Table, earlier: &[Earlier], width: Width) -> Report {
    let mut report = audit(table, width);
    let places = Places::of(table);
    let mut told: BTreeMap<u32, (i128, &str)> = BTreeMap::new();
    for vintage in earlier.iter().take(EARLIER_MAX) {
        let mut known: BTreeSet<u32> = report.findings.iter().map(|finding| finding.cell).collect();
        let mut then = vintage.table.clone();
        for cell in 0..vintage.table.cells().len() as u32 {
            let Some(today) = places.find(&vintage.table, cell) else { continue };
            if table.cell(today).care != Care::Secret {
                // What is shown today is no secret, whatever it was.
                if then.cell(cell).care == Care::Secret {
                    then.cell_mut(cell).care = Care::Missing;
                }
                continue;
            }
            let was = vintage.table.cell(cell);
            let Some(figure) = was.bounds.as_point().filter(|_| was.care == Care::Shown) else { continue };
            let Some(figure) = rescaled(figure, vintage.table.scale(), table.scale()) else { continue };
            told.entry(today).or_insert((figure, &vintage.label));
            if known.insert(today) {
                let words = format!(
                    "the vintage of {} shows {} {}",
                    vintage.label,
                    table.name(today),
                    table.figure(figure)
                );
                add(&mut report, table, today, Exposure::Recovered { figure }, vec![words], &vintage.label);
            }
        }
        for finding in audit(&then, width).findings {
            let Some(today) = places.find(&vintage.table, finding.cell) else { continue };
            let of = |figure: i128| rescaled(figure, vintage.table.scale(), table.scale());
            let exposure = match finding.exposure {
                Exposure::Recovered { figure } => of(figure).map(|figure| Exposure::Recovered { figure }),
                Exposure::TooNarrow { bounds, required } => of(required).map(|required| {
                    let bounds = Bounds { low: bounds.low.and_then(of), high: bounds.high.and_then(of) };
                    Exposure::TooNarrow { bounds, required }
                }),
            };
            if let (Some(exposure), true) = (exposure, known.insert(today)) {
                let mut words = vec![format!("in the vintage of {}:", vintage.label)];
                words.extend(finding.derivation);
                add(&mut report, table, today, exposure, words, &vintage.label);
            }
        }
    }
    with_what_was_told(&mut report, table, &told, width);
    report.findings.sort_by_key(|finding| finding.cell);
    report
}

/// What follows for others, if figures that were told have not changed since.
fn with_what_was_told(report: &mut Report, table: &Table, told: &BTreeMap<u32, (i128, &str)>, width: Width) {
    if told.is_empty() {
        return;
    }
    let mut assumed = table.clone();
    for (cell, (figure, _)) in told {
        let known = assumed.cell_mut(*cell);
        (known.bounds, known.care) = (Bounds::point(*figure), Care::Shown);
    }
    let known: BTreeSet<u32> = report.findings.iter().map(|finding| finding.cell).collect();
    for finding in audit(&assumed, width).findings {
        if known.contains(&finding.cell) {
            continue;
        }
        let used = finding.leans_on.iter().flatten().filter_map(|cell| Some((*cell, told.get(cell)?)));
        let mut words: Vec<String> = used
            .map(|(cell, (figure, label))| {
                let (name, figure) = (table.name(cell), table.figure(*figure));
                format!("if {name} is still {figure}, as in the vintage of {label}:")
            })
            .collect();
        let label = told.values().next().map_or("", |(_, label)| label);
        words.extend(finding.derivation);
        add(report, table, finding.cell, finding.exposure, words, label);
    }
}

/// Adds a finding on a cell of which nothing was found in the table itself.
fn add(
    report: &mut Report,
    table: &Table,
    cell: u32,
    exposure: Exposure,
    derivation: Vec<String>,
    vintage: &str,
) {
    let proof = report.intervals.binary_search_by_key(&cell, |(cell, ..)| *cell);
    let proof = proof.map_or(Proof::Whole, |place| report.intervals[place].2);
    let counts = &mut report.counts;
    match proof {
        Proof::Outer => counts.unproven = counts.unproven.saturating_sub(1),
        _ => counts.proven = counts.proven.saturating_sub(1),
    }
    match exposure {
        Exposure::Recovered { .. } => counts.recovered += 1,
        Exposure::TooNarrow { .. } => counts.too_narrow += 1,
    }
    report.findings.push(Finding {
        cell,
        name: table.name(cell),
        exposure,
        proof: Proof::Fractions,
        derivation,
        leans_on: Vec::new(),
        vintage: Some(vintage.to_owned()),
    });
}

/// Finds the cells of a table by what other tables call them.
struct Places<'t> {
    table: &'t Table,
    /// By the codes of the table's own dictionaries.
    by_codes: HashMap<&'t [u32], u32>,
    dictionaries: Vec<HashMap<&'t str, u32>>,
}

impl<'t> Places<'t> {
    fn of(table: &'t Table) -> Self {
        let dictionary = |axis: usize| table.dictionary(axis).iter().map(|code| &**code).zip(0..).collect();
        Self {
            table,
            by_codes: (0..table.cells().len() as u32).map(|cell| (table.codes(cell), cell)).collect(),
            dictionaries: (0..table.dimensions().len()).map(dictionary).collect(),
        }
    }

    fn find(&self, other: &Table, cell: u32) -> Option<u32> {
        if self.table.dimensions() != other.dimensions() {
            return None;
        }
        let place =
            |(axis, known): (usize, &HashMap<&str, u32>)| known.get(&**other.code(cell, axis)).copied();
        let codes: Option<Vec<u32>> = self.dictionaries.iter().enumerate().map(place).collect();
        self.by_codes.get(&*codes?).copied()
    }
}

/// A figure in another table's units; nothing, if it is no whole number of them.
fn rescaled(figure: i128, from: u8, to: u8) -> Option<i128> {
    let factor = |difference: u8| 10i128.checked_pow(difference.into());
    match to.checked_sub(from) {
        Some(finer) => figure.checked_mul(factor(finer)?),
        None => {
            let coarser = factor(from - to)?;
            (figure % coarser == 0).then(|| figure / coarser)
        }
    }
}
