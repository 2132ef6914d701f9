//! Secondary suppression: which further cells to hide, so that hidden ones cannot be had from the others.
//!
//! The choice is greedy: for each secret that the audit finds, the published cell that gives it away and is missed
//! least. Whether it is enough, only the audit says; it judges every round and the outcome.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{Memory, Report, audit_again};
use crate::policy::Policy;
use crate::table::{Bounds, Care, Table};

/// Rounds of choice and audit. Each hides at least one cell; tables of this trade take fewer than ten.
pub const ROUNDS_MAX: usize = 200;
/// Cells of a table in which every choice is tried for whether it is still needed at the end.
const REVISED_CELLS_MAX: usize = 5_000;
/// Choices that are tried so.
const REVISED_MAX: usize = 64;

/// The outcome.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// The table with the chosen cells hidden.
    pub table: Table,
    /// Cells that were chosen, in their order.
    pub chosen: Vec<u32>,
    /// What the audit says of the outcome: the judge.
    pub report: Report,
    /// What readers lose.
    pub loss: Loss,
    /// Rounds of choice and audit.
    pub rounds: usize,
}

/// What readers lose by the chosen cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Published cells before.
    pub shown: usize,
    /// Cells hidden for others' sake.
    pub chosen: usize,
    /// The sum of all published figures before, in the table's units; of those below 0 their size.
    pub sum: i128,
    /// That of the chosen cells.
    pub chosen_sum: i128,
}

/// Chooses cells until the audit finds nothing, or there is nothing left to choose; the report says which. `stored`
/// are the figures of all cells, those of hidden ones where they are known.
pub fn suppress(mut table: Table, stored: &[Option<i128>], policy: &Policy) -> Suppression {
    let figures: Vec<i128> = table.cells().iter().map(|cell| cell.bounds.low.unwrap_or(0)).collect();
    let size = |cells: &[u32]| cells.iter().map(|cell| figures[*cell as usize].abs()).sum();
    let shown: Vec<u32> = (0..figures.len() as u32).filter(|cell| is_shown(&table, *cell)).collect();
    let mut chosen = BTreeSet::new();
    let mut memory = Memory::brief();
    let mut report = audit_again(&table, policy.width, &mut memory);
    let mut rounds = 0;
    while rounds < ROUNDS_MAX {
        if report.counts.is_clean() {
            break;
        }
        let picked = pick(&table, &report, &figures, policy);
        if picked.is_empty() {
            break;
        }
        for cell in picked {
            hide(&mut table, cell, policy);
            chosen.insert(cell);
        }
        report = audit_again(&table, policy.width, &mut memory);
        rounds += 1;
        eprintln!("ROUND {rounds} {:?}", report.counts);
    }
    if report.counts.is_clean() && table.cells().len() <= REVISED_CELLS_MAX {
        revise(&mut table, &mut chosen, &mut report, &mut memory, &figures, policy);
    }
    let mut last = if stored.len() == figures.len() { Memory::knowing(stored) } else { Memory::default() };
    if report.counts.unproven > 0 || !report.counts.is_clean() {
        report = audit_again(&table, policy.width, &mut last);
    }
    let chosen: Vec<u32> = chosen.into_iter().collect();
    let loss =
        Loss { shown: shown.len(), chosen: chosen.len(), sum: size(&shown), chosen_sum: size(&chosen) };
    Suppression { table, chosen, report, loss, rounds }
}

/// For each finding one cell that gives it away, unless one was picked for another finding already.
fn pick(table: &Table, report: &Report, figures: &[i128], policy: &Policy) -> BTreeSet<u32> {
    let minimum = least_to_hide(table, policy);
    let may_be_hidden = |cell: &&u32| is_shown(table, **cell) && figures[**cell as usize] >= minimum;
    let mut uses: BTreeMap<u32, i128> = BTreeMap::new();
    for finding in &report.findings {
        for cell in finding.leans_on.iter().filter(may_be_hidden) {
            *uses.entry(*cell).or_default() += 1;
        }
    }
    let mut picked: BTreeSet<u32> = BTreeSet::new();
    for finding in &report.findings {
        if finding.leans_on.iter().any(|cell| picked.contains(cell)) {
            continue;
        }
        // The smaller the figure and the more secrets it gives away, the less it is missed.
        let best = finding.leans_on.iter().filter(may_be_hidden).min_by_key(|cell| {
            let uses = uses.get(cell).copied().unwrap_or(1).max(1);
            (figures[**cell as usize].saturating_mul(1_000) / uses, **cell)
        });
        picked.extend(best);
    }
    picked
}

/// Zeros and small figures that were let through protect nobody: a hidden cell is known to be none of them.
fn least_to_hide(table: &Table, policy: &Policy) -> i128 {
    let unit = 10i128.pow(u32::from(table.scale()).min(18));
    (i128::from(policy.minimum_cell) * unit).max(1)
}

fn hide(table: &mut Table, cell: u32, policy: &Policy) {
    let least = least_to_hide(table, policy);
    let codes = &policy.conf_status;
    let known = table.cell_mut(cell);
    known.care = Care::Helper;
    known.bounds = match known.signed {
        true => Bounds::NONE,
        // Readers who can tell it from small ones know that it is not small.
        false if policy.rule_is_public && codes.primary != codes.secondary => {
            Bounds { low: Some(least), high: None }
        }
        false => Bounds::not_negative(),
    };
}

fn is_shown(table: &Table, cell: u32) -> bool {
    table.cell(cell).care == Care::Shown
}

/// Shows chosen cells again that are not needed after all, the largest first.
fn revise(
    table: &mut Table,
    chosen: &mut BTreeSet<u32>,
    report: &mut Report,
    memory: &mut Memory,
    figures: &[i128],
    policy: &Policy,
) {
    let mut tried: Vec<u32> = chosen.iter().copied().collect();
    tried.sort_by_key(|cell| (std::cmp::Reverse(figures[*cell as usize]), *cell));
    for cell in tried.into_iter().take(REVISED_MAX) {
        let hidden = *table.cell(cell);
        let known = table.cell_mut(cell);
        (known.bounds, known.care) = (Bounds::point(figures[cell as usize]), Care::Shown);
        let judged = audit_again(table, policy.width, memory);
        if judged.counts.is_clean() && judged.counts.unproven <= report.counts.unproven {
            chosen.remove(&cell);
            *report = judged;
        } else {
            *table.cell_mut(cell) = hidden;
        }
    }
}
