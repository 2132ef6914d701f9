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
/// Rounds in which one cell must do for all findings that lean on it; from then on each gets one of its own.
const THRIFTY_ROUNDS: usize = 8;
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
pub fn suppress(table: Table, stored: &[Option<i128>], policy: &Policy) -> Suppression {
    suppress_more(table, stored, policy, |_| false)
}

/// The same where some cells are hidden already, such as those that were chosen in another state of the table: what
/// stays hidden everywhere cannot be had by comparing. They are named as the table does, and not shown again.
pub fn suppress_more(
    table: Table,
    stored: &[Option<i128>],
    policy: &Policy,
    is_hidden: impl Fn(&str) -> bool,
) -> Suppression {
    let figures: Vec<i128> = table.cells().iter().map(|cell| cell.bounds.low.unwrap_or(0)).collect();
    let shown: Vec<u32> = (0..figures.len() as u32).filter(|cell| is_shown(&table, *cell)).collect();
    let mut memory = Memory::brief();
    let mut choice = Choice::new(table, &figures, policy);
    // A cell that is 0 now, or less, hides nothing.
    let may_hide = |cell: &&u32| figures[**cell as usize] >= choice.least;
    let given: Vec<u32> =
        shown.iter().filter(may_hide).copied().filter(|cell| is_hidden(&choice.table.name(*cell))).collect();
    given.into_iter().for_each(|cell| choice.hide(cell));
    choice.chosen.clear();
    let mut report = audit_again(&choice.table, policy.width, &mut memory);
    let mut rounds = 0;
    while rounds < ROUNDS_MAX && !report.counts.is_clean() && choice.round(&report, rounds < THRIFTY_ROUNDS) {
        report = audit_again(&choice.table, policy.width, &mut memory);
        rounds += 1;
    }
    let Choice { mut table, mut chosen, .. } = choice;
    if report.counts.is_clean() && table.cells().len() <= REVISED_CELLS_MAX {
        revise(&mut table, &mut chosen, &mut report, &mut memory, &figures, policy);
    }
    let mut last = if stored.len() == figures.len() { Memory::knowing(stored) } else { Memory::default() };
    if report.counts.unproven > 0 || !report.counts.is_clean() {
        report = audit_again(&table, policy.width, &mut last);
    }
    let size = |cells: &[u32]| cells.iter().map(|cell| figures[*cell as usize].abs()).sum();
    let chosen: Vec<u32> = chosen.into_iter().collect();
    let loss =
        Loss { shown: shown.len(), chosen: chosen.len(), sum: size(&shown), chosen_sum: size(&chosen) };
    Suppression { table, chosen, report, loss, rounds }
}

/// A table in which cells are being chosen.
struct Choice<'a> {
    table: Table,
    lines: Lines,
    figures: &'a [i128],
    policy: &'a Policy,
    /// Smaller cells protect nobody: a hidden cell is known to be no zero, and no small figure that was let through.
    least: i128,
    chosen: BTreeSet<u32>,
}

impl<'a> Choice<'a> {
    fn new(table: Table, figures: &'a [i128], policy: &'a Policy) -> Self {
        let unit = 10i128.pow(u32::from(table.scale()).min(18));
        let least = (i128::from(policy.minimum_cell) * unit).max(1);
        Self { lines: Lines::of(&table), table, figures, policy, least, chosen: BTreeSet::new() }
    }

    /// For each finding one cell that gives it away, unless one was chosen for another finding already; false if
    /// there was none to choose.
    fn round(&mut self, report: &Report, is_thrifty: bool) -> bool {
        let before = self.chosen.len();
        let mut uses: BTreeMap<u32, i128> = BTreeMap::new();
        for cell in report.findings.iter().filter_map(|finding| finding.leans_on.first()).flatten() {
            *uses.entry(*cell).or_default() += 1;
        }
        for finding in &report.findings {
            // What it leans on was shown when it was found.
            let is_open = finding.leans_on.iter().flatten().all(|cell| is_shown(&self.table, *cell));
            if is_open || !is_thrifty {
                // A step may lean on cells alone that are too small to be hidden: then the next one must do.
                let mut steps = finding.leans_on.iter();
                let best = steps.find_map(|cells| self.best(cells.iter().copied(), &uses));
                if let Some(best) = best {
                    self.hide_and_close(best);
                }
            }
        }
        self.chosen.len() > before
    }

    /// The cell that is missed least: small, used by many secrets, and in few sums in which it would stand alone.
    fn best(&self, cells: impl Iterator<Item = u32>, uses: &BTreeMap<u32, i128>) -> Option<u32> {
        let may_be_hidden =
            |cell: &u32| is_shown(&self.table, *cell) && self.figures[*cell as usize] >= self.least;
        cells.filter(may_be_hidden).min_by_key(|cell| {
            let uses = uses.get(cell).copied().unwrap_or(1);
            let alone = 1 + self.lines.alone(*cell);
            (self.figures[*cell as usize].saturating_mul(100 * alone * alone) / uses, *cell)
        })
    }

    /// Hides a cell, and with it one more in every sum in which it would be the only hidden one, and so on: alone it
    /// is recovered at once.
    fn hide_and_close(&mut self, cell: u32) {
        let mut open = vec![cell];
        while let Some(cell) = open.pop() {
            if !is_shown(&self.table, cell) {
                continue;
            }
            self.hide(cell);
            for line in self.lines.of_cell(cell).to_vec() {
                if self.lines.hidden[line as usize] == 1 {
                    let terms = &self.table.relations()[line as usize].terms;
                    open.extend(self.best(terms.iter().map(|term| term.cell), &BTreeMap::new()));
                }
            }
        }
    }

    fn hide(&mut self, cell: u32) {
        let codes = &self.policy.conf_status;
        let can_be_told = self.policy.rule_is_public && codes.primary != codes.secondary;
        let known = self.table.cell_mut(cell);
        known.care = Care::Helper;
        known.bounds = match known.signed {
            true => Bounds::NONE,
            // Readers who can tell it from small ones know that it is not small.
            false if can_be_told => Bounds { low: Some(self.least), high: None },
            false => Bounds::not_negative(),
        };
        for line in self.lines.of_cell(cell).to_vec() {
            self.lines.hidden[line as usize] += 1;
        }
        self.chosen.insert(cell);
    }
}

/// The sums that each cell stands in, and how many cells of each are hidden.
struct Lines {
    starts: Vec<u32>,
    lines: Vec<u32>,
    hidden: Vec<u32>,
}

impl Lines {
    fn of(table: &Table) -> Self {
        let sums = || table.relations().iter().zip(0u32..).filter(|(relation, _)| !relation.at_least);
        let mut starts = vec![0u32; table.cells().len() + 1];
        for (relation, _) in sums() {
            relation.terms.iter().for_each(|term| starts[term.cell as usize + 1] += 1);
        }
        for cell in 0..table.cells().len() {
            starts[cell + 1] += starts[cell];
        }
        let mut next = starts.clone();
        let mut lines = vec![0u32; starts.last().map_or(0, |end| *end as usize)];
        let mut hidden = vec![0u32; table.relations().len()];
        for (relation, line) in sums() {
            for term in &relation.terms {
                let place = &mut next[term.cell as usize];
                lines[*place as usize] = line;
                *place += 1;
                hidden[line as usize] += u32::from(!is_shown(table, term.cell));
            }
        }
        Self { starts, lines, hidden }
    }

    fn of_cell(&self, cell: u32) -> &[u32] {
        let cell = cell as usize;
        &self.lines[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }

    /// In how many sums a cell would be the only hidden one.
    fn alone(&self, cell: u32) -> i128 {
        self.of_cell(cell).iter().filter(|line| self.hidden[**line as usize] == 0).count() as i128
    }
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
