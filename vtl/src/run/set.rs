//! Union, intersection and differences by key, and the question whether a key exists.

use std::sync::Arc;

use super::concat::concat;
use super::keys::{Index, Keys};
use super::{Context, RunError};
use crate::dataset::{Bitmap, Column, Dataset, Validity};
use crate::plan::{Relation, SetOperator};
use crate::value::{Component, Structure};

/// A set operator over data sets with the same columns.
pub(super) fn set(
    inputs: &[Dataset],
    operator: SetOperator,
    identifiers: &[usize],
    relation: &Relation,
    context: &Context<'_>,
) -> Result<Dataset, RunError> {
    let bytes: usize = inputs.iter().map(Dataset::bytes).sum();
    let rows: usize = inputs.iter().map(Dataset::rows).sum();
    context.admit(rows, bytes / rows.max(1), relation.span)?;
    let tables: Vec<(Vec<&Column>, usize)> = inputs
        .iter()
        .map(|input| (identifiers.iter().map(|place| &input.columns()[*place]).collect(), input.rows()))
        .collect();
    let keys = Keys::of_tables(&tables);
    let rows = rows_of(operator, &keys, inputs.len());
    let kept: Vec<Dataset> = inputs.iter().zip(&rows).map(|(input, rows)| input.take(rows)).collect();
    let column = |(place, component): (usize, &Component)| {
        let parts: Vec<Column> =
            kept.iter().filter(|part| part.rows() > 0).map(|part| part.columns()[place].clone()).collect();
        concat(&parts, component.scalar_type)
    };
    let columns = relation.structure.components().iter().enumerate().map(column).collect();
    Ok(Dataset::new(relation.structure.clone(), columns, rows.iter().map(Vec::len).sum()))
}

/// Per input, the rows that stay.
fn rows_of(operator: SetOperator, keys: &Keys, inputs: usize) -> Vec<Vec<u32>> {
    match operator {
        SetOperator::Union => {
            let mut first_input = keys.places((0..inputs).map(|table| keys.table(table).len()).sum());
            // A key that an earlier input has is taken.
            let mut is_new = |key, table| {
                let first = first_input.slot(key);
                *first = (*first).min(table);
                *first == table
            };
            (0..inputs).map(|table| rows_where(keys, table, |key| is_new(key, table as u32))).collect()
        }
        SetOperator::Intersect => {
            let others: Vec<Index> = (1..inputs).map(|table| Index::of(keys, table)).collect();
            let mut rows = vec![Vec::new(); inputs];
            rows[0] = rows_where(keys, 0, |key| others.iter().all(|other| other.contains(key)));
            rows
        }
        SetOperator::SetDiff => {
            let second = Index::of(keys, 1);
            vec![rows_where(keys, 0, |key| !second.contains(key)), Vec::new()]
        }
        SetOperator::SymDiff => {
            let (first, second) = (Index::of(keys, 0), Index::of(keys, 1));
            vec![
                rows_where(keys, 0, |key| !second.contains(key)),
                rows_where(keys, 1, |key| !first.contains(key)),
            ]
        }
    }
}

fn rows_where(keys: &Keys, table: usize, mut stays: impl FnMut(u64) -> bool) -> Vec<u32> {
    let rows = keys.table(table).iter().zip(0..);
    rows.filter(|(key, _)| stays(**key)).map(|(_, row)| row).collect()
}

/// All columns of the first data set, and whether its key occurs in the second.
pub(super) fn exists(
    left: &Dataset,
    right: &Dataset,
    on: &[(usize, usize)],
    structure: &Arc<Structure>,
) -> Dataset {
    let keys = Keys::of_tables(&[
        (on.iter().map(|pair| &left.columns()[pair.0]).collect(), left.rows()),
        (on.iter().map(|pair| &right.columns()[pair.1]).collect(), right.rows()),
    ]);
    let index = Index::of(&keys, 1);
    let keys = keys.table(0);
    let found = Column::booleans(Bitmap::from_fn(keys.len(), |row| index.contains(keys[row])), Validity::ALL);
    let columns = left.columns().iter().cloned().chain([found]).collect();
    Dataset::new(structure.clone(), columns, left.rows())
}

#[cfg(test)]
#[path = "set/tests.rs"]
mod tests;
