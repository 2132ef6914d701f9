//! One row for each group.
//!
//! What lives here: the node. What must not: the functions themselves ([`fold`]).

pub(super) mod fold;

use std::borrow::Cow;

use super::keys::Groups;
use super::{Context, RunError};
use crate::dataset::{Column, Dataset};
use crate::plan::{Aggregate, AggregateFunction, Relation};
use crate::time::TimePeriod;
use crate::value::ScalarType;
use fold::{Partition, fold};

/// Groups rows by columns and aggregates others; without grouping columns all rows are one group, be there
/// any or not.
pub(super) fn aggregate(
    input: &Dataset,
    by: &[usize],
    aggregates: &[Aggregate],
    relation: &Relation,
    context: &Context<'_>,
) -> Result<Dataset, RunError> {
    let columns: Vec<&Column> = by.iter().map(|place| &input.columns()[*place]).collect();
    let groups = (!by.is_empty()).then(|| Groups::of(&columns, input.rows()));
    let partition = match &groups {
        Some(groups) => {
            Partition { group_of_row: Cow::Borrowed(groups.group_of_row()), groups: groups.len() }
        }
        None => Partition { group_of_row: Cow::Owned(vec![0; input.rows()]), groups: 1 },
    };
    let mut made: Vec<Column> = match &groups {
        Some(groups) => columns.iter().map(|column| column.take(groups.first_row())).collect(),
        None => Vec::new(),
    };
    for aggregate in aggregates {
        context.admit(partition.groups, 0, relation.span)?;
        let argument = aggregate.argument.map(|place| &input.columns()[place]);
        check_order(aggregate.function, argument, aggregate.scalar_type, relation)?;
        let column = fold(aggregate.function, argument, &partition, aggregate.scalar_type);
        made.push(column.ok_or_else(|| overflow(relation))?);
    }
    Ok(Dataset::new(relation.structure.clone(), made, partition.groups))
}

/// The least and the greatest period are asked of periods of one frequency: of others none comes first.
pub(super) fn check_order(
    function: AggregateFunction,
    argument: Option<&Column>,
    scalar_type: ScalarType,
    relation: &Relation,
) -> Result<(), RunError> {
    let is_extreme = matches!(function, AggregateFunction::Minimum | AggregateFunction::Maximum);
    let Some(Column::Fixed(periods)) =
        argument.filter(|_| is_extreme && scalar_type == ScalarType::TimePeriod)
    else {
        return Ok(());
    };
    let rows = periods.values.iter().enumerate().filter(|(row, _)| periods.valid.get(*row));
    let mut known = rows.map(|(_, packed)| TimePeriod::from_packed(*packed));
    let Some(first) = known.next() else { return Ok(()) };
    let Some(other) = known.find(|period| period.frequency() != first.frequency()) else { return Ok(()) };
    Err(RunError::Value {
        message: format!(
            "{first} and {other} are of different frequencies: filter by period_indicator before min or max"
        ),
        span: relation.span,
        key: String::new(),
    })
}

/// A sum of integers that is no integer any more.
pub(super) fn overflow(relation: &Relation) -> RunError {
    RunError::Value {
        message: "a sum of integers is larger than an integer can be: cast the measure to number before"
            .to_owned(),
        span: relation.span,
        key: String::new(),
    }
}

#[cfg(test)]
pub(super) mod tests;
