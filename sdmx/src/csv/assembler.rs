//! Rows of one dataflow to the columns of a batch.

use std::sync::Arc;

use super::batch::Batch;
use super::issue::CellProblem;
use super::plan::Plan;
use super::reader::{Action, RowBatch};
use super::split::{Cell, split};
use crate::structure::DataDefinition;

/// A row in the buffer.
pub(crate) struct Row<'r> {
    /// Its bytes, and some meaningless ones behind.
    pub(crate) padded: &'r [u8],
    pub(crate) length: usize,
    pub(crate) quoted: bool,
    pub(crate) number: u64,
}

impl<'r> Row<'r> {
    pub(crate) fn bytes(&self) -> &'r [u8] {
        &self.padded[..self.length]
    }
}

/// Takes rows of one dataflow and gives batches of columns.
pub(super) struct Assembler {
    definition: Arc<DataDefinition>,
    plan: Plan,
    columns: usize,
    separator: u8,
    batch: Batch,
    /// The cells of [`Plan::key_columns`] of the last row, with their last separator; empty if the next row's
    /// key must be read.
    prefix: Vec<u8>,
    cells: Vec<Cell>,
}

impl Assembler {
    pub(super) fn new(definition: Arc<DataDefinition>, plan: Plan, columns: usize, separator: u8) -> Self {
        let batch = Batch::new(&definition, &plan);
        Self { definition, plan, columns, separator, batch, prefix: Vec::new(), cells: Vec::new() }
    }

    /// Whether a row begins as the last one did, and so has the same dataflow, action and series.
    #[inline]
    pub(super) fn continues(&self, row: &[u8]) -> bool {
        !self.prefix.is_empty() && row.starts_with(&self.prefix)
    }

    /// Whether the batch is large enough.
    pub(super) fn is_full(&self) -> bool {
        self.batch.is_full()
    }

    /// The column with more distinct codes than are kept, if there is one.
    pub(super) fn overflowing(&self) -> Option<usize> {
        self.batch.overflowing().map(|dimension| self.plan.dimensions[dimension])
    }

    /// Takes a row that [`Assembler::continues`].
    #[inline]
    pub(super) fn push_continuing(&mut self, row: &Row<'_>) {
        let first = self.plan.key_columns;
        self.cells.clear();
        split(row.padded, row.length, self.prefix.len(), row.quoted, self.separator, &mut self.cells);
        if self.cells.len() + first != self.columns {
            return self.refuse(row, first);
        }
        self.batch.count_bytes(row.length);
        if self.batch.deletes() && self.names_unknown(row, first) {
            return;
        }
        self.batch.push_cells(&self.plan, row, &self.cells, first, false);
    }

    /// Takes any row of the dataflow and the action of the batch. `control_bytes` are the bytes before its
    /// components, 0 if they are not known.
    pub(super) fn push(&mut self, row: &Row<'_>, action: Action, control_bytes: usize) {
        let skips = control_bytes > 0 && self.plan.control_columns > 0;
        let (first, from) = if skips { (self.plan.control_columns, control_bytes) } else { (0, 0) };
        self.cells.clear();
        split(row.padded, row.length, from, row.quoted, self.separator, &mut self.cells);
        self.prefix.clear();
        if self.cells.len() + first != self.columns {
            return self.refuse(row, first);
        }
        let batch = &mut self.batch;
        batch.set_action(action);
        batch.count_bytes(row.length);
        if action == Action::Delete && self.names_unknown(row, first) {
            return;
        }
        let batch = &mut self.batch;
        let Some(key) = batch.read_key(&self.plan, row, &self.cells, first) else { return };
        batch.push_cells(&self.plan, row, &self.cells, first, key.changed);
        if key.sound && self.plan.key_columns > first {
            let end = self.cells[self.plan.key_columns - 1 - first].end as usize + 1;
            self.prefix.extend_from_slice(&row.bytes()[..end.min(row.length)]);
        }
    }

    /// Whether a row that deletes says something of what is no component. Then it is reported and not read: without
    /// what it names it would delete the whole observation.
    fn names_unknown(&mut self, row: &Row<'_>, first: usize) -> bool {
        let cells = &self.cells;
        let is_filled = |column: usize| {
            column
                .checked_sub(first)
                .and_then(|place| cells.get(place))
                .is_some_and(|cell| cell.start < cell.end)
        };
        let Some(column) = self.plan.unknown_in_deletion(is_filled) else { return false };
        let content = cells[column - first].raw(row.bytes());
        self.batch.issue(row, column, CellProblem::UnknownInDeletion, content);
        true
    }

    /// A row with more or fewer cells than the header. Reported where the first missing cell should begin, or
    /// at the last cell that has a column.
    fn refuse(&mut self, row: &Row<'_>, before: usize) {
        let found = self.cells.len() + before;
        let problem = CellProblem::CellCount { found, expected: self.columns };
        self.batch.count_bytes(row.length);
        self.batch.issue(row, found.min(self.columns - 1), problem, b"");
    }

    pub(super) fn issue(&mut self, row: &Row<'_>, column: usize, problem: CellProblem, content: &[u8]) {
        self.batch.issue(row, column, problem, content);
    }

    /// What was taken; the next batch begins.
    pub(super) fn take(&mut self, structure: usize) -> RowBatch {
        self.prefix.clear();
        self.batch.take(&self.definition, structure)
    }
}
