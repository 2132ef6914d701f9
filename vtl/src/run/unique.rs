//! Keys are unique: where an operator could break that, it is checked.

use super::RunError;
use super::keys::Groups;
use crate::ast::Span;
use crate::dataset::Dataset;
use crate::plan::{ExpressionKind, Node, Relation, TimeSeriesOperator};
use crate::value::{Component, Structure};

/// Whether the inputs of a node need unique keys. An aggregation makes keys unique itself; what only passes
/// rows on needs them if its reader does.
pub(super) fn inputs_must_be_unique(node: &Node, result_must_be: bool) -> bool {
    match node {
        Node::Aggregate { .. } => false,
        Node::Project { .. } | Node::Filter { .. } | Node::Window { .. } | Node::Unpivot { .. } => {
            result_must_be
        }
        _ => true,
    }
}

/// Whether keys of the result may occur twice though those of the inputs do not: projections that do not
/// pass on all identifiers, joins that do not ask for all of them, days that are moved.
pub(super) fn may_break_key(relation: &Relation) -> bool {
    match &relation.node {
        Node::Project { input, columns } => {
            let outputs = relation.structure.components().iter().zip(columns);
            let passed: Vec<usize> = outputs
                .filter(|(component, _)| component.is_identifier())
                .filter_map(|(_, expression)| match expression.kind {
                    ExpressionKind::Column(place) => Some(place),
                    _ => None,
                })
                .collect();
            !input.structure.identifiers().all(|(place, _)| passed.contains(&place))
        }
        Node::Join { left, right, on, .. } => {
            let kept = |structure: &Structure, key: fn(&(usize, usize)) -> usize| {
                structure.identifiers().all(|(place, component)| {
                    on.iter().any(|pair| key(pair) == place)
                        || relation.structure.identifiers().any(|(_, out)| out.name == component.name)
                })
            };
            !kept(&left.structure, |pair| pair.0) || !kept(&right.structure, |pair| pair.1)
        }
        // Days of different months can move to the same last day of a shorter one.
        Node::TimeSeries { operator: TimeSeriesOperator::Timeshift(_), .. } => true,
        _ => false,
    }
}

/// Fails with the first key that occurs twice.
pub(super) fn check(dataset: &Dataset, span: Span) -> Result<(), RunError> {
    let Some(row) = duplicate_row(dataset) else { return Ok(()) };
    let key = key_of(dataset, row);
    Err(RunError::Value {
        message: "two data points have the same key: keep all identifiers, or aggregate".to_owned(),
        span,
        key,
    })
}

/// The first row whose key stands in an earlier row.
pub(super) fn duplicate_row(dataset: &Dataset) -> Option<usize> {
    let columns: Vec<_> =
        dataset.structure().identifiers().map(|(place, _)| &dataset.columns()[place]).collect();
    let groups = Groups::of(&columns, dataset.rows());
    if groups.len() == dataset.rows() {
        return None;
    }
    let is_first = |(row, group): (usize, &u32)| groups.first_row()[*group as usize] as usize == row;
    groups.group_of_row().iter().enumerate().position(|entry| !is_first(entry))
}

/// The key of a row as `NAME=value` pairs.
pub(super) fn key_of(dataset: &Dataset, row: usize) -> String {
    let pair =
        |(place, component): (usize, &Component)| format!("{}={}", component.name, dataset.value(row, place));
    dataset.structure().identifiers().map(pair).collect::<Vec<_>>().join(", ")
}

impl Dataset {
    /// The key of the first data point whose key an earlier one has, as `NAME=value` pairs.
    pub fn duplicate_key(&self) -> Option<String> {
        duplicate_row(self).map(|row| key_of(self, row))
    }
}
