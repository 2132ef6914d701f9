//! What a dataset is of, and which column each name of the message has in its rows.

use std::sync::Arc;

use super::groups::Groups;
use super::layout::EMPTY;
use super::{Assembly, CONTROL, EventReader, OBS_VALUE, STRUCTURE_COLUMN};
use crate::csv::{Batch, Column, Plan, Role, STRUCTURES_MAX, clip};
use crate::data::event::{EventSource, StructureRef};
use crate::data::{CellIssue, CellProblem, MessageProblem, ReadError};
use crate::structure::DataDefinition;

impl<S: EventSource> EventReader<'_, S> {
    /// Reports a problem of datasets unless it was reported before.
    pub(super) fn report_once(&mut self, problem: CellProblem, content: &str) {
        let is_same = |issue: &CellIssue| issue.problem == problem && issue.content == content;
        if !self.issues.iter().any(is_same) {
            self.report(problem, content);
        }
    }

    fn report(&mut self, problem: CellProblem, content: &str) {
        let issue = CellIssue {
            row: self.row + 1,
            column: STRUCTURE_COLUMN,
            problem,
            content: clip(content.as_bytes()),
        };
        self.issues.push(issue);
    }

    /// The dataflow that a dataset names; the first of each that is not known is reported.
    pub(super) fn structure(&mut self, reference: StructureRef) -> Result<Option<usize>, ReadError> {
        if let Some((_, known)) = self.references.iter().find(|(known, _)| *known == reference) {
            return Ok(*known);
        }
        if self.references.len() > STRUCTURES_MAX {
            return Ok(None);
        }
        if self.references.len() == STRUCTURES_MAX {
            self.report(CellProblem::TooManyStructures, &reference.short);
            self.references.push((reference, None));
            return Ok(None);
        }
        let found = (self.resolve)(reference.kind.word(), &reference.short);
        let place = match found {
            None => {
                self.report(CellProblem::UnknownStructure, &reference.short);
                None
            }
            Some(definition) => Some(self.assembly(definition)?),
        };
        self.references.push((reference, place));
        Ok(place)
    }

    fn assembly(&mut self, definition: Arc<DataDefinition>) -> Result<usize, ReadError> {
        if let Some(known) = self.definitions.iter().position(|known| Arc::ptr_eq(known, &definition)) {
            return Ok(known);
        }
        for id in components(&definition) {
            if let Err(error) = self.record.number(id) {
                return Err(self.error(MessageProblem::Contents(error.to_string())));
            }
        }
        self.header_columns();
        let plan = Plan::new(&self.header, &definition);
        let batch = Batch::plain(&definition, &plan);
        let (columns, foreign) = (Vec::new(), Vec::new());
        self.assemblies.push(Assembly { plan, batch, columns, foreign, groups: Groups::default() });
        self.definitions.push(definition);
        Ok(self.definitions.len() - 1)
    }

    /// Gives every name of the message a column.
    fn header_columns(&mut self) {
        for name in &self.record.names()[self.header.columns.len()..] {
            self.header.columns.push(Column {
                name: name.to_string(),
                divided: false,
                languages: Vec::new(),
                labelled: false,
                role: Role::Other,
            });
        }
    }

    /// Learns names that were met for the first time.
    #[inline]
    pub(super) fn columns(&mut self) {
        let Some(open) = self.open else { return };
        if self.assemblies[open].columns.len() < self.record.names().len() {
            self.learn(open);
        }
    }

    #[cold]
    fn learn(&mut self, open: usize) {
        self.header_columns();
        self.layout.met.resize(self.header.columns.len(), false);
        let definition = &self.definitions[open];
        let assembly = &mut self.assemblies[open];
        for (number, name) in self.record.names().iter().enumerate().skip(assembly.columns.len()) {
            let is = |id: &&Arc<str>| **id == *name;
            let in_other_letters = |id: &&Arc<str>| id.eq_ignore_ascii_case(name);
            let known =
                components(definition).find(is).or_else(|| components(definition).find(in_other_letters));
            let known = known.or_else(|| (**name == *OBS_VALUE).then_some(&definition.measure.id));
            let column = known.and_then(|id| self.header.column_of(id));
            let column = column.unwrap_or(number);
            if number >= CONTROL.len() && assembly.plan.is_foreign(column) {
                assembly.foreign.push(column);
            }
            assembly.columns.push(column as u32);
        }
        self.layout.cells.resize(self.header.columns.len(), EMPTY);
    }
}

/// Ids of all components.
fn components(definition: &DataDefinition) -> impl Iterator<Item = &Arc<str>> {
    let dimensions = definition.dimensions.iter().map(|dimension| &dimension.id);
    let attributes = definition.attributes.iter().map(|attribute| &attribute.component.id);
    dimensions.chain(&definition.time).chain([&definition.measure.id]).chain(attributes)
}
