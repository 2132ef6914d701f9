//! Datasets, series and observations to rows.

use super::layout::EMPTY;
use super::{ACTION_COLUMN, Assembly, EventReader, STRUCTURE_COLUMN};
use crate::csv::{Packed, Row, Use};
use crate::data::event::EventSource;
use crate::data::{Action, CellProblem, MessageProblem, ReadError};

/// Most bytes that are kept of what a dataset says of itself, in its tag and in as many elements as it likes.
const DATASET_BYTES_MAX: usize = 16 * 1024 * 1024;

impl<S: EventSource> EventReader<'_, S> {
    pub(super) fn dataset(&mut self) -> Result<(), ReadError> {
        let start = self.source.dataset().clone();
        self.marks.dataset(self.row, &start, &self.source);
        self.action = start.action;
        self.in_series = false;
        self.layout.begin_dataset();
        let structure = start.structure.clone();
        self.open = match structure {
            Some(structure) => self.structure(structure)?,
            None => {
                // There may be any number of such datasets.
                self.report_once(CellProblem::UnknownStructure, "");
                None
            }
        };
        self.columns();
        let Some(open) = self.open else { return Ok(()) };
        let assembly = &mut self.assemblies[open];
        if let Some(action) = &start.unknown_action {
            assembly.issue(self.row + 1, ACTION_COLUMN, CellProblem::UnknownAction, action.as_bytes());
        }
        if let Some(provider) = start.provider
            && *self.provider.get_or_insert_with(|| provider.clone()) != provider
        {
            let problem = CellProblem::SeveralProviders;
            assembly.issue(self.row + 1, STRUCTURE_COLUMN, problem, provider.as_bytes());
        }
        assembly.batch.set_action(self.action);
        assembly.groups.clear();
        self.layout.cells.resize(self.header.columns.len(), EMPTY);
        self.dataset_cells(open)?;
        self.layout.keep_as(|layout| &mut layout.dataset);
        self.layout.keep_as(|layout| &mut layout.series);
        Ok(())
    }

    /// What the part at hand says of the dataset as a whole; the rest is for all rows.
    pub(super) fn dataset_cells(&mut self, open: usize) -> Result<(), ReadError> {
        let mut of_dataset = Vec::new();
        self.layout.begin_part();
        for cell in self.record.cells() {
            let assembly = &self.assemblies[open];
            let column = assembly.columns[cell.name as usize] as usize;
            self.layout.put(column, self.record.content(cell));
            if let Some((_, Use::Dataset(place))) =
                assembly.plan.others.iter().find(|(known, _)| *known == column)
            {
                of_dataset.push((column, *place));
            }
        }
        if self.layout.text.len() > DATASET_BYTES_MAX {
            let most = format!("{} MiB", DATASET_BYTES_MAX / 1024 / 1024);
            return Err(self.error(MessageProblem::TooLarge { what: "what a dataset says of itself", most }));
        }
        self.report_repeated(open, self.row + 1);
        let text = &self.layout.text;
        let row = Row { padded: text, length: text.len(), quoted: false, number: self.row + 1 };
        let Assembly { plan, batch, .. } = &mut self.assemblies[open];
        for (column, place) in of_dataset {
            batch.dataset_attribute(plan, &row, column, place, self.layout.cells[column]);
            // Rows need not say it again.
            self.layout.cells[column] = EMPTY;
        }
        Ok(())
    }

    pub(super) fn series(&mut self) -> Result<(), ReadError> {
        self.in_series = true;
        self.observations_in_series = 0;
        self.marks.part(self.row, &self.source);
        self.columns();
        let Some(open) = self.open else { return Ok(()) };
        self.layout.back_to(|layout| &mut layout.dataset, self.header.columns.len());
        self.layout.begin_part();
        for cell in self.record.cells() {
            let column = self.assemblies[open].columns[cell.name as usize];
            self.layout.put(column as usize, self.record.content(cell));
        }
        self.report_repeated(open, self.row + 1);
        self.add_groups(open, self.row + 1);
        self.layout.keep_as(|layout| &mut layout.series);
        Ok(())
    }

    #[inline]
    pub(super) fn observation(&mut self) -> Result<(), ReadError> {
        if !self.in_series {
            self.marks.part(self.row, &self.source);
        }
        self.row += 1;
        self.observations_in_series += 1;
        self.columns();
        let Some(open) = self.open else {
            self.left_out += 1;
            return Ok(());
        };
        self.layout.take_back();
        self.layout.begin_part();
        let columns = &self.assemblies[open].columns;
        for cell in self.record.cells() {
            let column = columns[cell.name as usize];
            self.layout.put(column as usize, self.record.content(cell));
            self.layout.filled.push(column);
        }
        self.report_repeated(open, self.row);
        if !self.assemblies[open].groups.is_empty() && self.names_group(open) {
            self.add_groups(open, self.row);
        }
        self.push_row(open, self.row);
        Ok(())
    }

    pub(super) fn series_end(&mut self) -> Result<(), ReadError> {
        if self.observations_in_series == 0 {
            self.series_alone();
        }
        self.in_series = false;
        self.layout.back_to(|layout| &mut layout.dataset, self.header.columns.len());
        Ok(())
    }

    /// A series without observations: a row about the series, if it says anything.
    fn series_alone(&mut self) {
        self.row += 1;
        let Some(open) = self.open else {
            self.left_out += 1;
            return;
        };
        let plan = &self.assemblies[open].plan;
        let says = plan.others.iter().any(|(column, _)| self.layout.cells[*column].packed != Packed::EMPTY);
        if says || self.action == Action::Delete {
            self.about_series(open, self.row);
        }
    }

    /// A row without period.
    pub(super) fn about_series(&mut self, open: usize, row: u64) {
        if let Some(column) = self.assemblies[open].plan.time()
            && self.layout.cells[column].packed == Packed::EMPTY
            && self.action != Action::Delete
        {
            self.layout.put(column, b"~");
        }
        self.push_row(open, row);
    }

    #[inline]
    fn push_row(&mut self, open: usize, number: u64) {
        if self.action == Action::Delete && self.names_foreign(open, number) {
            return;
        }
        let Assembly { plan, batch, .. } = &mut self.assemblies[open];
        let layout = &mut self.layout;
        let row = Row { padded: &layout.text, length: layout.text.len(), quoted: false, number };
        batch.count_bytes(layout.text.len());
        if self.in_series
            && layout.key_stands
            && !layout.filled.iter().any(|column| plan.is_dimension(*column as usize))
        {
            batch.push_cells(plan, &row, &layout.cells, 0, false);
            return;
        }
        if let Some(key) = batch.read_key(plan, &row, &layout.cells, 0) {
            batch.push_cells(plan, &row, &layout.cells, 0, key.changed);
            layout.key_stands = key.sound;
        }
    }

    /// Whether a row that deletes names something that is no component. Then it is reported and not read: if that
    /// is a dimension in other words, all its codes would be deleted.
    fn names_foreign(&mut self, open: usize, row: u64) -> bool {
        let (assembly, layout) = (&mut self.assemblies[open], &self.layout);
        let filled = |column: &&usize| layout.cells[**column].packed != Packed::EMPTY;
        let Some(column) = assembly.foreign.iter().find(filled).copied() else { return false };
        let content = layout.cells[column].raw(&layout.text);
        assembly.issue(row, column, CellProblem::UnknownInDeletion, content);
        true
    }

    /// Reports a component that stands in the part at hand twice.
    #[inline]
    pub(super) fn report_repeated(&mut self, open: usize, row: u64) {
        if let Some(column) = self.layout.repeated.take() {
            let content = self.layout.cells[column].raw(&self.layout.text);
            self.assemblies[open].issue(row, column, CellProblem::RepeatedComponent, content);
        }
    }
}
