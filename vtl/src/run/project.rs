//! Inputs, projections and filters.

use std::sync::Arc;

use super::check::truth_of;
use super::expression::{evaluate, located};
use super::{Context, RunError};
use crate::dataset::Dataset;
use crate::plan::{Expression, ExpressionKind};
use crate::value::Structure;

/// An input or an earlier result, which must have the structure of the analysis.
pub(super) fn scan(
    name: &str,
    structure: &Arc<Structure>,
    context: &Context<'_>,
) -> Result<Dataset, RunError> {
    let dataset = context.dataset(name)?;
    let (given, wanted) = (dataset.structure().components(), structure.components());
    let alike = given.len() == wanted.len()
        && given.iter().zip(wanted).all(|(given, wanted)| {
            given.name == wanted.name && given.scalar_type == wanted.scalar_type && given.role == wanted.role
        });
    if alike {
        Ok(dataset.with_structure(structure.clone()))
    } else {
        Err(RunError::Input { name: name.to_owned() })
    }
}

/// One expression for each column; columns that are only passed on are shared.
pub(super) fn project(
    input: &Dataset,
    columns: &[Expression],
    structure: &Arc<Structure>,
    context: &Context<'_>,
) -> Result<Dataset, RunError> {
    let column = |expression: &Expression| match expression.kind {
        ExpressionKind::Column(place) => Ok(input.columns()[place].clone()),
        _ => evaluate(expression, input.columns(), input.rows(), context)
            .map_err(|error| located(error, expression, input, context)),
    };
    let columns = columns.iter().map(column).collect::<Result<_, _>>()?;
    Ok(Dataset::new(structure.clone(), columns, input.rows()))
}

/// The rows for which the condition is true.
pub(super) fn filter(
    input: &Dataset,
    condition: &Expression,
    structure: &Arc<Structure>,
    context: &Context<'_>,
) -> Result<Dataset, RunError> {
    let truth = truth_of(condition, input.columns(), input.rows(), context)
        .map_err(|error| located(error, condition, input, context))?
        .truth;
    let kept = if truth.is_full() {
        input.clone()
    } else {
        input.take(&truth.ones().map(|row| row as u32).collect::<Vec<_>>())
    };
    Ok(kept.with_structure(structure.clone()))
}
