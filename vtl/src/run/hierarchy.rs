//! `check_hierarchy` and `hierarchy`: rules on the codes of one component, group by group.
//!
//! What lives here: groups and what stands in them, the results of both operators. What must not: the
//! arithmetic of one rule in one group ([`group`]), and how conditions are computed.

mod amount;
mod group;
mod rules;

use std::sync::Arc;

use amount::{Amount, Amounts};
use group::{Cell, Group};
use rules::Rules;

use super::check::Outcomes;
use super::keys::Groups;
use super::{Context, RunError, compute};
use crate::ast::Span;
use crate::dataset::{Column, Dataset};
use crate::plan::{CheckColumn, CheckOutput, ErrorLiterals, Hierarchy, HierarchyTask, Relation};
use crate::value::{ScalarType, Structure};

/// Groups between two looks at limits and cancellation.
const GROUPS_PER_LOOK: usize = 4096;
/// Bytes of a row of results beside the columns of the input.
const ROW_BYTES: usize = 48;

/// Runs the operator.
pub(super) fn hierarchy(
    hierarchy: &Hierarchy,
    relation: &Relation,
    context: &Context<'_>,
) -> Result<Dataset, RunError> {
    let input = compute(&hierarchy.input, context)?;
    let work =
        Work { hierarchy, input: &input, structure: &relation.structure, span: relation.span, context };
    match &input.columns()[hierarchy.measure] {
        Column::Fixed(measure) => work.run(Amounts::<i64>::integers(measure)),
        Column::Decimals(measure) => work.run(Amounts::<i64>::decimals(measure)),
        Column::Wide(measure) => work.run(Amounts::<i128>::wide(measure)),
        Column::Floats(measure) => work.run(Amounts::<f64>::floats(measure)),
        // The analysis lets numbers pass only.
        Column::Booleans(_) | Column::Strings(_) => Ok(Dataset::empty(relation.structure.clone())),
    }
}

struct Work<'w, 'c> {
    hierarchy: &'w Hierarchy,
    input: &'w Dataset,
    structure: &'w Arc<Structure>,
    span: Span,
    context: &'w Context<'c>,
}

/// What comes out, one entry for each row.
struct Found<S> {
    /// First row of the group.
    rows: Vec<u32>,
    /// Place of the code of the left side.
    codes: Vec<u32>,
    /// The left side.
    values: Vec<Option<S>>,
    /// Left side less right side.
    imbalances: Vec<Option<S>>,
    outcomes: Outcomes,
}

impl Work<'_, '_> {
    fn run<A: Amount>(&self, amounts: Amounts<'_, A>) -> Result<Dataset, RunError> {
        let by: Vec<&Column> =
            self.hierarchy.group.iter().map(|&place| &self.input.columns()[place]).collect();
        let groups = Groups::of(&by, self.input.rows());
        let firsts = groups.first_row();
        let rules = Rules::new(self.hierarchy, self.input, firsts, self.context)?;
        let codes = &self.input.columns()[self.hierarchy.rule_column];
        let items = rules.items_of_rows(codes);
        let order = by_group(&groups, &items);
        let mut found = Found {
            rows: Vec::new(),
            codes: Vec::new(),
            values: Vec::new(),
            imbalances: Vec::new(),
            outcomes: Outcomes::default(),
        };
        let mut group = Group::new(&rules, self.hierarchy.mode, amounts);
        let row_bytes = self.input.bytes() / self.input.rows().max(1) + ROW_BYTES;
        for (place, members) in order.groups() {
            if place % GROUPS_PER_LOOK == 0 {
                self.context.admit(found.rows.len(), row_bytes, self.span)?;
            }
            group.fill(members.iter().map(|&row| (items[row as usize], row)));
            match &self.hierarchy.task {
                HierarchyTask::Check { computes_missing, output, .. } => {
                    group.check(place, *computes_missing, |rule, verdict| {
                        if *output == CheckOutput::Invalid && verdict.truth != Some(false) {
                            return;
                        }
                        found.rows.push(firsts[place]);
                        found.codes.push(rules.left_code(rule));
                        found.values.push(verdict.left.known());
                        found.imbalances.push(verdict.imbalance);
                        found.outcomes.push(rule as u32, verdict.truth);
                    });
                }
                HierarchyTask::Compute { source, .. } => {
                    group.compute(place, *source, |item, value| {
                        found.rows.push(firsts[place]);
                        found.codes.push(item as u32);
                        found.values.push(value);
                    });
                }
            }
            if group.overflowed() {
                return Err(self.overflow());
            }
        }
        match &self.hierarchy.task {
            HierarchyTask::Check { columns, .. } => self.checked(&amounts, &rules, &found, columns),
            HierarchyTask::Compute { with_input, .. } => {
                self.computed(&amounts, &rules, found, *with_input, &items, &groups)
            }
        }
    }

    fn overflow(&self) -> RunError {
        RunError::Value {
            message: "a sum has more digits than a number can have: check the scale of the measure"
                .to_owned(),
            span: self.span,
            key: String::new(),
        }
    }

    fn checked<A: Amount>(
        &self,
        amounts: &Amounts<'_, A>,
        rules: &Rules,
        found: &Found<A::Sum>,
        columns: &[CheckColumn],
    ) -> Result<Dataset, RunError> {
        let names = Arc::new(self.hierarchy.rules.iter().map(|rule| rule.name.clone()).collect::<Vec<_>>());
        let errors: Vec<&ErrorLiterals> = self.hierarchy.rules.iter().map(|rule| &rule.error).collect();
        let made = self.structure.components().iter().zip(columns).map(|(component, column)| match column {
            CheckColumn::Input(place) if *place == self.hierarchy.rule_column => {
                Ok(rules.codes(self.rule_type()).take(&found.codes))
            }
            CheckColumn::Input(place) if *place == self.hierarchy.measure => {
                amounts.column(&found.values, component.scalar_type).ok_or_else(|| self.overflow())
            }
            CheckColumn::Input(place) => Ok(self.input.columns()[*place].take(&found.rows)),
            CheckColumn::Imbalance => {
                amounts.column(&found.imbalances, component.scalar_type).ok_or_else(|| self.overflow())
            }
            other => Ok(found.outcomes.column(*other, &names, &errors, component.scalar_type)),
        });
        Ok(Dataset::new(self.structure.clone(), made.collect::<Result<_, _>>()?, found.rows.len()))
    }

    /// The computed data points, and those of the input that none of them replaces if they are wanted.
    fn computed<A: Amount>(
        &self,
        amounts: &Amounts<'_, A>,
        rules: &Rules,
        mut found: Found<A::Sum>,
        with_input: bool,
        items: &[u32],
        groups: &Groups,
    ) -> Result<Dataset, RunError> {
        let computed = found.rows.len();
        let mut kept: Vec<u32> = Vec::new();
        if with_input {
            let replaced: hashbrown::HashSet<(u32, u32)> =
                found.rows.iter().copied().zip(found.codes.iter().copied()).collect();
            let firsts = groups.first_row();
            kept = (0..self.input.rows() as u32)
                .filter(|&row| {
                    let first = firsts[groups.group_of_row()[row as usize] as usize];
                    !replaced.contains(&(first, items[row as usize]))
                })
                .collect();
            found.rows.extend(&kept);
            found.values.extend(kept.iter().map(|&row| amounts.cell(row).known()));
        }
        let codes = &self.input.columns()[self.hierarchy.rule_column];
        let rows = found.rows.len();
        let made = self.structure.components().iter().enumerate().map(|(place, component)| {
            if place == self.hierarchy.measure {
                amounts.column(&found.values, component.scalar_type).ok_or_else(|| self.overflow())
            } else if place == self.hierarchy.rule_column {
                Ok(rules.codes_then(codes, self.rule_type(), &found.codes[..computed], &kept))
            } else {
                Ok(self.input.columns()[place].take(&found.rows))
            }
        });
        Ok(Dataset::new(self.structure.clone(), made.collect::<Result<_, _>>()?, rows))
    }

    fn rule_type(&self) -> ScalarType {
        self.input.structure().components()[self.hierarchy.rule_column].scalar_type
    }
}

/// Rows that hold an item of a rule, group by group.
struct ByGroup {
    rows: Vec<u32>,
    /// Per group, the place after its last row.
    ends: Vec<u32>,
}

/// A counting sort by group; rows with codes that no rule names are left out.
fn by_group(groups: &Groups, items: &[u32]) -> ByGroup {
    let named = || groups.group_of_row().iter().enumerate().filter(|(row, _)| items[*row] != rules::NO_ITEM);
    let mut ends = vec![0u32; groups.first_row().len()];
    named().for_each(|(_, group)| ends[*group as usize] += 1);
    let mut start = 0;
    for end in &mut ends {
        (start, *end) = (start + *end, start);
    }
    let mut rows = vec![0u32; start as usize];
    for (row, group) in named() {
        let place = &mut ends[*group as usize];
        rows[*place as usize] = row as u32;
        *place += 1;
    }
    ByGroup { rows, ends }
}

impl ByGroup {
    fn groups(&self) -> impl Iterator<Item = (usize, &[u32])> {
        let mut start = 0;
        self.ends.iter().enumerate().map(move |(group, &end)| {
            let members = &self.rows[start..end as usize];
            start = end as usize;
            (group, members)
        })
    }
}
