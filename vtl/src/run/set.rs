//! Union, intersection and differences by key, and the question whether a key exists.

use std::sync::Arc;

use super::concat::concat;
use super::keys::{Index, Keys};
use super::{Context, RunError};
use crate::dataset::{Bitmap, Column, Dataset, Validity};
use crate::plan::{Relation, SetOperator};
use crate::value::Structure;

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
    let column = |(place, component): (usize, &crate::value::Component)| {
        let parts: Vec<Column> =
            kept.iter().filter(|part| part.rows() > 0).map(|part| part.columns()[place].clone()).collect();
        concat(&parts, component.scalar_type)
    };
    let columns = relation.structure.components().iter().enumerate().map(column).collect();
    Ok(Dataset::new(relation.structure.clone(), columns, rows.iter().map(Vec::len).sum()))
}

/// Per input, the rows that stay.
fn rows_of(operator: SetOperator, keys: &Keys, inputs: usize) -> Vec<Vec<u32>> {
    let rows_where = |table: usize, mut stays: Box<dyn FnMut(u64) -> bool + '_>| -> Vec<u32> {
        let rows = keys.table(table).iter().zip(0..);
        rows.filter(|(key, _)| stays(**key)).map(|(_, row)| row).collect()
    };
    let index = |table: usize| Index::of(keys, table);
    match operator {
        SetOperator::Union => {
            let mut seen = keys.places((0..inputs).map(|table| keys.table(table).len()).sum());
            // A key that an earlier input has is taken; a place remembers the input that had it first.
            (0..inputs)
                .map(|table| {
                    rows_where(
                        table,
                        Box::new(|key| {
                            let first = seen.slot(key);
                            *first = (*first).min(table as u32);
                            *first == table as u32
                        }),
                    )
                })
                .collect()
        }
        SetOperator::Intersect => {
            let others: Vec<Index> = (1..inputs).map(index).collect();
            let first = rows_where(0, Box::new(|key| others.iter().all(|other| other.contains(key))));
            std::iter::once(first).chain((1..inputs).map(|_| Vec::new())).collect()
        }
        SetOperator::SetDiff => {
            let second = index(1);
            vec![rows_where(0, Box::new(|key| !second.contains(key))), Vec::new()]
        }
        SetOperator::SymDiff => {
            let (first, second) = (index(0), index(1));
            vec![
                rows_where(0, Box::new(|key| !second.contains(key))),
                rows_where(1, Box::new(|key| !first.contains(key))),
            ]
        }
    }
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
