//! What all operators of a run share: earlier results, limits, cancellation.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::held::Held;
use super::{Inputs, RunError, RunOptions};
use crate::ast::Span;
use crate::dataset::Dataset;
use crate::plan::{Assignment, Plan};
use crate::time::Date;
use crate::value::Scalar;

/// What all operators of a run share.
pub(crate) struct Context<'o> {
    datasets: RefCell<Held>,
    scalars: HashMap<Arc<str>, Scalar>,
    options: &'o RunOptions<'o>,
}

impl<'o> Context<'o> {
    pub(super) fn new(inputs: Inputs, options: &'o RunOptions<'o>, plan: &Plan) -> Self {
        let mut held = Held::new(plan);
        inputs.datasets.into_iter().for_each(|(name, dataset)| held.keep(name, dataset));
        Self { datasets: RefCell::new(held), scalars: inputs.scalars.into_iter().collect(), options }
    }

    /// A data set by name; after the last read that the plan foresees it is let go.
    pub(crate) fn dataset(&self, name: &str) -> Result<Dataset, RunError> {
        self.datasets.borrow_mut().read(name).ok_or_else(|| RunError::Input { name: name.to_owned() })
    }

    pub(crate) fn scalar(&self, name: &str) -> Result<Scalar, RunError> {
        self.scalars.get(name).cloned().ok_or_else(|| RunError::Input { name: name.to_owned() })
    }

    pub(crate) fn today(&self) -> Option<Date> {
        self.options.today
    }

    /// Keeps the result of an assignment for those that read it, and if it is wanted, to the end.
    pub(super) fn keep_dataset(
        &mut self,
        assignment: &Assignment,
        dataset: Dataset,
        wanted: bool,
    ) -> Result<(), RunError> {
        let held = self.datasets.get_mut();
        if wanted {
            held.count(&dataset);
        }
        held.keep(assignment.name.clone(), dataset);
        let bytes = held.bytes();
        self.within_bytes(bytes, assignment.span)
    }

    pub(super) fn keep_scalar(&mut self, assignment: &Assignment, value: Scalar) {
        self.scalars.insert(assignment.name.clone(), value);
    }

    /// Asked before so many rows of so many bytes are made, and at least once a node.
    pub(crate) fn admit(&self, rows: usize, bytes_per_row: usize, span: Span) -> Result<(), RunError> {
        if self.options.is_cancelled.is_some_and(|is_cancelled| is_cancelled()) {
            return Err(RunError::Cancelled);
        }
        if rows > self.options.limits.rows_max {
            return Err(RunError::Limit {
                what: format!("a result of {rows} rows"),
                limit: format!("{} rows", self.options.limits.rows_max),
                remedy: "join on all identifiers, or filter before",
                span,
            });
        }
        self.within_bytes(rows.saturating_mul(bytes_per_row), span)
    }

    fn within_bytes(&self, bytes: usize, span: Span) -> Result<(), RunError> {
        let limit = self.options.limits.bytes_max;
        if bytes <= limit {
            return Ok(());
        }
        Err(RunError::Limit {
            what: format!("{} MiB of columns", bytes >> 20),
            limit: format!("{} MiB", limit >> 20),
            remedy: "keep only the components that are needed, or judge smaller pieces",
            span,
        })
    }
}
