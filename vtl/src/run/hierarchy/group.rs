//! One group: what stands in it for each code, and what a rule says of it.
//!
//! What lives here: the six modes, the sum of a right side, computed items. What must not: rows of results.

use super::amount::{Amount, Amounts};
use super::rules::{NO_ITEM, Rule, Rules};
use crate::plan::{ComputeSource, HierarchyMode};

/// What stands for a code in a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<S> {
    /// There is no data point.
    Missing,
    /// There is one, without a value.
    Null,
    /// Its value.
    Known(S),
}

impl<S> Cell<S> {
    pub(super) fn known(self) -> Option<S> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing | Self::Null => None,
        }
    }

    fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

/// What a rule says of a group.
pub(super) struct Verdict<S> {
    /// The left side, a missing one as the mode counts it.
    pub(super) left: Cell<S>,
    /// Left side less right side.
    pub(super) imbalance: Option<S>,
    /// Whether the rule holds.
    pub(super) truth: Option<bool>,
}

/// One group after the other, in the same memory.
pub(super) struct Group<'g, A: Amount> {
    rules: &'g Rules,
    mode: HierarchyMode,
    amounts: Amounts<'g, A>,
    cells: Vec<Cell<A::Sum>>,
    computed: Vec<Cell<A::Sum>>,
    filled: Vec<u32>,
    overflowed: bool,
}

/// What the items of a rule are in a group.
struct Tally<S> {
    sum: Option<S>,
    /// Items that have a data point.
    present: usize,
    /// Items that have none.
    missing: usize,
    /// Items whose data point has no value.
    nulls: usize,
    /// Whether an item has a value other than 0.
    nonzero: bool,
}

impl<'g, A: Amount> Group<'g, A> {
    pub(super) fn new(rules: &'g Rules, mode: HierarchyMode, amounts: Amounts<'g, A>) -> Self {
        let cells = vec![Cell::Missing; rules.item_count()];
        Self { rules, mode, amounts, computed: cells.clone(), cells, filled: Vec::new(), overflowed: false }
    }

    /// Whether a sum had no room.
    pub(super) fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Takes the next group: places of codes and rows.
    pub(super) fn fill(&mut self, members: impl Iterator<Item = (u32, u32)>) {
        for item in self.filled.drain(..) {
            self.cells[item as usize] = Cell::Missing;
        }
        for (item, row) in members {
            debug_assert_ne!(item, NO_ITEM);
            self.cells[item as usize] = self.amounts.cell(row);
            self.filled.push(item);
        }
    }

    /// Every rule that the mode lets speak of this group.
    pub(super) fn check(
        &mut self,
        group: usize,
        computes_missing: bool,
        mut found: impl FnMut(usize, Verdict<A::Sum>),
    ) {
        let rules = self.rules;
        if computes_missing {
            self.compute_missing(group);
        }
        for (place, rule) in rules.rules.iter().enumerate() {
            if rule.is_identity || !holds(&rule.when, group) {
                continue;
            }
            let cells = if computes_missing { &self.computed } else { &self.cells };
            let (tally, overflowed) = self.tally(rule, group, |code| cells[code]);
            self.overflowed |= overflowed;
            let left = self.cells[rule.left];
            if !self.speaks(&tally, Some(left)) {
                continue;
            }
            let left = if left.is_missing() && self.counts_zero() { Cell::Known(A::ZERO) } else { left };
            let sides = left.known().zip(tally.sum);
            let imbalance = sides.and_then(|(left, right)| A::subtract(left, right));
            self.overflowed |= sides.is_some() && imbalance.is_none();
            let truth = sides.map(|(left, right)| rule.relation.holds(A::compare(left, right)));
            found(place, Verdict { left, imbalance, truth });
        }
    }

    /// Items that are missing or null and that an `=` rule computes (`dataset_priority`).
    fn compute_missing(&mut self, group: usize) {
        let rules = self.rules;
        self.computed.copy_from_slice(&self.cells);
        for &place in &rules.by_dependency {
            let rule = &rules.rules[place];
            if rule.is_identity || self.cells[rule.left].known().is_some() || !holds(&rule.when, group) {
                continue;
            }
            let (tally, overflowed) = self.tally(rule, group, |code| self.computed[code]);
            self.overflowed |= overflowed;
            if let (Some(sum), true) = (tally.sum, self.speaks(&tally, None)) {
                self.computed[rule.left] = Cell::Known(sum);
            }
        }
    }

    /// Every data point that an `=` rule computes (`hierarchy`).
    pub(super) fn compute(
        &mut self,
        group: usize,
        source: ComputeSource,
        mut found: impl FnMut(usize, Option<A::Sum>),
    ) {
        let rules = self.rules;
        self.computed.fill(Cell::Missing);
        for &place in &rules.by_dependency {
            let rule = &rules.rules[place];
            if !holds(&rule.when, group) {
                continue;
            }
            let cell = |code: usize| {
                let (computed, given) = (self.computed[code], self.cells[code]);
                match source {
                    _ if code == rule.left || !rules.is_computed(code) => given,
                    ComputeSource::Dataset => given,
                    ComputeSource::Rule => computed,
                    ComputeSource::RulePriority if computed.known().is_some() => computed,
                    ComputeSource::RulePriority if given.is_missing() => computed,
                    ComputeSource::RulePriority => given,
                }
            };
            let (tally, overflowed) = self.tally(rule, group, cell);
            let speaks = self.speaks(&tally, None);
            self.overflowed |= overflowed;
            if !speaks {
                continue;
            }
            self.computed[rule.left] = tally.sum.map_or(Cell::Null, Cell::Known);
            // Items may be other than 0 and cancel each other out.
            let is_zero = tally.sum.is_some_and(|sum| sum == A::ZERO);
            if self.mode != HierarchyMode::NonZero || !is_zero {
                found(rule.left, tally.sum);
            }
        }
    }

    fn counts_zero(&self) -> bool {
        use HierarchyMode::{AlwaysZero, NonZero, PartialZero};
        matches!(self.mode, NonZero | PartialZero | AlwaysZero)
    }

    fn tally(
        &self,
        rule: &Rule,
        group: usize,
        cell: impl Fn(usize) -> Cell<A::Sum>,
    ) -> (Tally<A::Sum>, bool) {
        let mut tally = Tally { sum: Some(A::ZERO), present: 0, missing: 0, nulls: 0, nonzero: false };
        let mut overflowed = false;
        let counts_zero = self.counts_zero();
        for item in &rule.items {
            if !holds(&item.condition, group) {
                continue;
            }
            match cell(item.code) {
                Cell::Missing => {
                    tally.missing += 1;
                    if !counts_zero {
                        tally.sum = None;
                    }
                }
                Cell::Null => {
                    tally.present += 1;
                    tally.nulls += 1;
                    tally.sum = None;
                }
                Cell::Known(value) => {
                    tally.present += 1;
                    tally.nonzero |= value != A::ZERO;
                    if let Some(sum) = tally.sum {
                        tally.sum = if item.negative { A::subtract(sum, value) } else { A::add(sum, value) };
                        overflowed |= tally.sum.is_none();
                    }
                }
            }
        }
        (tally, overflowed)
    }

    /// Whether the mode gives a row for the items of a rule; `left` takes part in checks only.
    fn speaks(&self, tally: &Tally<A::Sum>, left: Option<Cell<A::Sum>>) -> bool {
        let left_present = left.is_some_and(|left| !left.is_missing());
        match self.mode {
            HierarchyMode::NonNull => {
                tally.missing == 0 && tally.nulls == 0 && left.is_none_or(|left| left.known().is_some())
            }
            // A null may be anything, so it counts as other than 0.
            HierarchyMode::NonZero => {
                let of_left = match left {
                    Some(Cell::Known(value)) => value != A::ZERO,
                    Some(Cell::Null) => true,
                    Some(Cell::Missing) | None => false,
                };
                tally.nonzero || tally.nulls > 0 || of_left
            }
            // Of a group that has none of the items of a rule, not even `always` can tell anything.
            HierarchyMode::PartialNull
            | HierarchyMode::PartialZero
            | HierarchyMode::AlwaysNull
            | HierarchyMode::AlwaysZero => tally.present > 0 || left_present,
        }
    }
}

fn holds(condition: &Option<crate::dataset::Booleans>, group: usize) -> bool {
    condition.as_ref().is_none_or(|condition| condition.truth.get(group))
}
