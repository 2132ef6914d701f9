//! Pairs of rows with equal keys.

use std::sync::Arc;

use super::concat::concat;
use super::keys::{Index, Keys};
use super::{Context, RunError};
use crate::ast::Span;
use crate::dataset::{Bitmap, Dataset, NO_ROW};
use crate::plan::{JoinKind, JoinedColumn};
use crate::value::{Component, Structure};

/// What is joined how.
pub(super) struct Join<'a> {
    pub(super) kind: JoinKind,
    pub(super) on: &'a [(usize, usize)],
    pub(super) columns: &'a [JoinedColumn],
    pub(super) structure: &'a Arc<Structure>,
    pub(super) span: Span,
}

/// Row numbers of the pairs, side by side; [`NO_ROW`] where there is no partner.
#[derive(Default)]
struct Pairs {
    left: Vec<u32>,
    right: Vec<u32>,
    /// Pairs from here on have no left row.
    without_left: usize,
}

/// Joins two data sets.
pub(super) fn join(
    left: &Dataset,
    right: &Dataset,
    join: &Join<'_>,
    context: &Context<'_>,
) -> Result<Dataset, RunError> {
    let row_bytes = |dataset: &Dataset| dataset.bytes() / dataset.rows().max(1);
    let admit = |rows: usize| context.admit(rows, row_bytes(left) + row_bytes(right), join.span);
    let pairs = match join.kind {
        JoinKind::Cross => {
            admit(left.rows().saturating_mul(right.rows()))?;
            cross(left.rows() as u32, right.rows() as u32)
        }
        JoinKind::Inner | JoinKind::Left | JoinKind::Full => {
            let keys = Keys::of_tables(&[
                (join.on.iter().map(|pair| &left.columns()[pair.0]).collect(), left.rows()),
                (join.on.iter().map(|pair| &right.columns()[pair.1]).collect(), right.rows()),
            ]);
            matches(&keys, join.kind, admit)?
        }
    };
    let left_is_whole = is_whole(&pairs.left, left.rows());
    let right_is_whole = is_whole(&pairs.right, right.rows());
    let take = |dataset: &Dataset, place: usize, rows: &[u32], is_whole: bool| {
        let column = &dataset.columns()[place];
        if is_whole { column.clone() } else { column.take(rows) }
    };
    let column = |(source, component): (&JoinedColumn, &Component)| match *source {
        JoinedColumn::Left(place) => take(left, place, &pairs.left, left_is_whole),
        JoinedColumn::Right(place) => take(right, place, &pairs.right, right_is_whole),
        JoinedColumn::Either(of_left, _) if pairs.without_left == pairs.left.len() => {
            take(left, of_left, &pairs.left, left_is_whole)
        }
        JoinedColumn::Either(of_left, of_right) => {
            let with_left = left.columns()[of_left].take(&pairs.left[..pairs.without_left]);
            let without = right.columns()[of_right].take(&pairs.right[pairs.without_left..]);
            concat(&[with_left, without], component.scalar_type)
        }
    };
    let columns = join.columns.iter().zip(join.structure.components()).map(column).collect();
    Ok(Dataset::new(join.structure.clone(), columns, pairs.left.len()))
}

/// Whether these are all rows in their order, so that columns can be shared instead of copied.
fn is_whole(picked: &[u32], rows: usize) -> bool {
    picked.len() == rows && picked.iter().zip(0..).all(|(row, place)| *row == place)
}

fn cross(left: u32, right: u32) -> Pairs {
    let pairs = || (0..left).flat_map(move |row| (0..right).map(move |other| (row, other)));
    let (left, right): (Vec<u32>, Vec<u32>) = pairs().unzip();
    Pairs { without_left: left.len(), left, right }
}

/// The left table is table 0 of the keys, the right one table 1. The pairs are counted before they are made.
fn matches(
    keys: &Keys,
    kind: JoinKind,
    admit: impl Fn(usize) -> Result<(), RunError>,
) -> Result<Pairs, RunError> {
    let index = Index::of(keys, 1);
    let (left, right) = (keys.table(0), keys.table(1));
    let keeps_left = kind != JoinKind::Inner;
    let mut count = 0usize;
    for &key in left {
        count += match index.count(key) {
            0 => usize::from(keeps_left),
            partners => partners,
        };
    }
    admit(count.saturating_add(if kind == JoinKind::Full { right.len() } else { 0 }))?;
    let mut pairs =
        Pairs { left: Vec::with_capacity(count), right: Vec::with_capacity(count), without_left: 0 };
    for (row, &key) in left.iter().enumerate() {
        let before = pairs.left.len();
        for partner in index.rows(key) {
            pairs.left.push(row as u32);
            pairs.right.push(partner);
        }
        if keeps_left && pairs.left.len() == before {
            pairs.left.push(row as u32);
            pairs.right.push(NO_ROW);
        }
    }
    pairs.without_left = pairs.left.len();
    if kind == JoinKind::Full {
        let mut has_partner = Bitmap::filled(right.len(), false);
        let partners = pairs.right.iter().filter(|row| **row != NO_ROW);
        partners.for_each(|row| has_partner.set(*row as usize, true));
        pairs.right.extend(has_partner.not().ones().map(|row| row as u32));
        pairs.left.resize(pairs.right.len(), NO_ROW);
    }
    Ok(pairs)
}

#[cfg(test)]
#[path = "join/tests.rs"]
mod tests;
