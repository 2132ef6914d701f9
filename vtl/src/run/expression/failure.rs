//! Which data point an expression has no result for.
//!
//! What lives here: the search for it, after the fact: kernels need not know rows. What must not: expressions.

use super::evaluate;
use crate::dataset::Dataset;
use crate::plan::Expression;
use crate::run::unique::key_of;
use crate::run::{Context, RunError};

/// The error with the key of the first data point that fails, if the error is one of values.
pub(in crate::run) fn located(
    error: RunError,
    expression: &Expression,
    input: &Dataset,
    context: &Context<'_>,
) -> RunError {
    if !matches!(&error, RunError::Value { key, .. } if key.is_empty()) || input.rows() == 0 {
        return error;
    }
    let failure = |rows: std::ops::Range<usize>| {
        let places: Vec<u32> = rows.map(|row| row as u32).collect();
        let piece = input.take(&places);
        evaluate(expression, piece.columns(), piece.rows(), context).err()
    };
    // Halves of the rows: the rows before `start` do not fail, those from `start` to `end` do.
    let (mut start, mut end) = (0, input.rows());
    while end - start > 1 {
        let middle = start + (end - start) / 2;
        if failure(start..middle).is_some() { end = middle } else { start = middle }
    }
    match failure(start..end) {
        Some(RunError::Value { message, span, .. }) => {
            RunError::Value { message, span, key: key_of(input, start) }
        }
        // It fails on all rows together only, or is cancelled.
        _ => error,
    }
}
