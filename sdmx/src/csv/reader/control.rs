//! What the first cells of a row say: of which dataflow it is, and what it does.

use std::io::Read;
use std::sync::Arc;

use super::{Action, CsvReader};
use crate::csv::assembler::{Assembler, Row};
use crate::csv::cell::code_of;
use crate::csv::header::Role;
use crate::csv::issue::{CellIssue, CellProblem, clip};
use crate::csv::plan::Plan;
use crate::csv::rows::RowSpan;
use crate::csv::split::{split, unquote};
use crate::csv::{CODE_BYTES_MAX, STRUCTURES_MAX};

/// A reference as it stands in a file: STRUCTURE and STRUCTURE_ID.
pub(super) type Spelling = (Vec<u8>, Vec<u8>);

/// What the first cells of a row say about it; the next row mostly says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Of a dataflow, with an action.
    Of(usize, Action),
    /// Of a structure that is not read.
    LeftOut,
    /// Nothing but separators: spreadsheets leave such rows below the data.
    Blank,
}

impl<R: Read> CsvReader<'_, R> {
    /// Which dataflow a row is of, and what it does.
    pub(super) fn classify(&mut self, span: RowSpan) -> Class {
        let row = self.rows.row(span);
        if !self.control.0.is_empty() && row.starts_with(&self.control.0) {
            self.left_out += u64::from(self.control.1 == Class::LeftOut);
            return self.control.1;
        }
        self.cells.clear();
        let padded = self.rows.row_with_slack(span);
        split(padded, span.len(), 0, span.quoted, self.header.separator, &mut self.cells);
        let (mut kind, mut reference, mut reference_column) = (b"dataflow".to_vec(), Vec::new(), 0);
        let mut action = (b"".to_vec(), 0);
        for (place, cell) in self.cells.iter().enumerate().take(self.control_columns) {
            let Some(column) = self.header.columns.get(place) else { break };
            let raw = cell.raw(row);
            let content =
                || unquote(&raw[..raw.len().min(CODE_BYTES_MAX)]).unwrap_or(raw.into()).into_owned();
            match column.role {
                Role::Structure => kind = content(),
                Role::StructureId => (reference, reference_column) = (content(), place),
                Role::Action => action = (content(), place),
                Role::Repeats | Role::Other | Role::Absent => {}
            }
        }
        let end = self
            .cells
            .get(self.control_columns.saturating_sub(1))
            .map_or(row.len(), |cell| cell.end as usize + 1);
        self.control.0.clear();
        if end < row.len() {
            self.control.0.extend_from_slice(&row[..end]);
        }
        let is_blank = self.cells.iter().all(|cell| cell.start == cell.end);
        let class = if is_blank {
            Class::Blank
        } else {
            self.class_of((kind, reference), reference_column, &action, span)
        };
        if is_blank {
            self.control.0.clear();
        }
        self.control.1 = class;
        self.left_out += u64::from(class == Class::LeftOut);
        class
    }

    fn class_of(
        &mut self,
        spelling: Spelling,
        column: usize,
        action: &(Vec<u8>, usize),
        span: RowSpan,
    ) -> Class {
        let Some(structure) = self.structure(spelling, column) else { return Class::LeftOut };
        if let Some(action) = Action::read(&action.0) {
            return Class::Of(structure, action);
        }
        // The row is read all the same, so that the rest of it is judged too; but the next one is reported again.
        self.control.0.clear();
        let padded = self.rows.row_with_slack(span);
        let row = Row { padded, length: span.len(), quoted: span.quoted, number: self.row };
        self.assemblers[structure].issue(&row, action.1, CellProblem::UnknownAction, &action.0);
        Class::Of(structure, Action::Merge)
    }

    /// The dataflow that a row names; the first row of each that is not read is reported.
    fn structure(&mut self, spelling: Spelling, column: usize) -> Option<usize> {
        if let Some((_, known)) = self.references.iter().find(|(known, _)| *known == spelling) {
            return *known;
        }
        let problem = if self.references.len() > STRUCTURES_MAX {
            return None;
        } else if self.references.len() == STRUCTURES_MAX {
            CellProblem::TooManyStructures
        } else {
            match self.resolve(&spelling) {
                Ok(structure) => {
                    self.references.push((spelling, Some(structure)));
                    return Some(structure);
                }
                Err(problem) => problem,
            }
        };
        let content = clip(&spelling.1);
        self.issues.push(CellIssue { row: self.row, column, problem, content });
        self.references.push((spelling, None));
        None
    }

    fn resolve(&mut self, (kind, id): &Spelling) -> Result<usize, CellProblem> {
        let (kind, id) = (String::from_utf8_lossy(kind), String::from_utf8_lossy(id));
        // With labels=both a name follows: `MIGHUB:MIG_FLOW(1.0.0): Flows`.
        let found = (self.resolve)(kind.trim(), code_of(id.trim()));
        let definition = found.ok_or(CellProblem::UnknownStructure)?;
        if let Some(known) = self.definitions.iter().position(|known| Arc::ptr_eq(known, &definition)) {
            return Ok(known);
        }
        let plan = Plan::new(&self.header, &definition);
        if !plan.missing.is_empty() {
            return Err(CellProblem::MissingColumns { missing: plan.missing.join(", ") });
        }
        if !plan.repeated.is_empty() {
            return Err(CellProblem::RepeatedColumns { repeated: plan.repeated.join(", ") });
        }
        let columns = self.header.columns.len();
        self.assemblers.push(Assembler::new(definition.clone(), plan, columns, self.header.separator));
        self.definitions.push(definition);
        Ok(self.definitions.len() - 1)
    }
}
