//! Runs a plan.
//!
//! What lives here: the order of assignments, limits, cancellation, and one file for each operator of
//! [`crate::plan::Node`]. What must not: names of a script that are not in the plan, types that are not settled.

mod aggregate;
mod check;
mod concat;
mod context;
mod error;
mod expression;
mod held;
mod hierarchy;
mod inputs;
mod join;
mod keys;
mod node;
mod number;
mod pivot;
mod project;
#[cfg(test)]
mod sample;
mod series;
mod set;
mod sort;
mod unique;
mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use context::Context;
pub use error::RunError;
pub(crate) use expression::{cast_value, check_pattern, promote_value};
pub(crate) use node::compute;

use crate::dataset::Dataset;
use crate::plan::{Plan, Value};
use crate::time::Date;
use crate::value::Scalar;

/// What a run is given: one for each name of the [`crate::Environment`].
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Data sets; their structures are those of the environment.
    pub datasets: BTreeMap<Arc<str>, Dataset>,
    /// Single values.
    pub scalars: BTreeMap<Arc<str>, Scalar>,
}

/// Where a run ends before it has used up the machine.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of columns that all results together, and any one relation on the way, may take.
    pub bytes_max: usize,
    /// Rows of any one relation: an unfortunate join multiplies rows.
    pub rows_max: usize,
}

impl Default for Limits {
    /// 1 GiB and 50 million rows: a large national cube with room for what is computed from it.
    fn default() -> Self {
        Self { bytes_max: 1 << 30, rows_max: 50_000_000 }
    }
}

/// How to run.
#[derive(Clone, Copy, Default)]
pub struct RunOptions<'o> {
    /// Limits.
    pub limits: Limits,
    /// Whether the results of `:=` are wanted as well.
    pub with_temporary: bool,
    /// What `current_date()` gives; without it that is an error, as the engine has no clock.
    pub today: Option<Date>,
    /// Asked now and then; true ends the run with [`RunError::Cancelled`].
    pub is_cancelled: Option<&'o (dyn Fn() -> bool + Sync)>,
}

/// What a run gives.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// Data sets, by name. Rows are in no particular order; see [`Dataset::sorted`].
    pub datasets: BTreeMap<Arc<str>, Dataset>,
    /// Single values, by name.
    pub scalars: BTreeMap<Arc<str>, Scalar>,
}

/// Runs a plan.
pub fn run(plan: &Plan, inputs: Inputs, options: &RunOptions<'_>) -> Result<Results, RunError> {
    let mut context = Context::new(inputs, options, plan);
    let mut results = Results::default();
    for assignment in &plan.statements {
        let wanted = assignment.persistent || options.with_temporary;
        match &assignment.value {
            Value::Dataset(relation) => {
                let dataset = compute(relation, &context)?;
                if wanted {
                    results.datasets.insert(assignment.name.clone(), dataset.clone());
                }
                context.keep_dataset(assignment, dataset, wanted)?;
            }
            Value::Scalar(expression) => {
                let value = expression::expression_value(expression, &context)?;
                if wanted {
                    results.scalars.insert(assignment.name.clone(), value.clone());
                }
                context.keep_scalar(assignment, value);
            }
        }
    }
    Ok(results)
}
