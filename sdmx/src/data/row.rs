//! Parts of a message to rows, and rows to batches: what SDMX-ML and SDMX-JSON share.

mod dataflow;
mod groups;
mod layout;
mod locate;

use std::sync::Arc;

use super::event::{EventKind, EventSource, Mark, MessageInfo, Record, StructureRef};
use super::place::Places;
use super::read::{DataReader, Resolve};
use super::{
    Action, CellIssue, CellProblem, DataFormat, Header, MessageError, MessageProblem, ReadError, ReadSummary,
    RowBatch,
};
use crate::csv::{Batch, Column, Packed, Plan, Role, Row, Use, Version, clip};
use crate::structure::DataDefinition;
use groups::Groups;
use layout::{EMPTY, Layout};
use locate::{EventPlaces, Marks};
pub use locate::{Reopen, Resume};

/// Columns before those of components: what a dataset is of, and what it does.
const CONTROL: [(&str, Role); 2] = [("STRUCTURE_ID", Role::StructureId), ("ACTION", Role::Action)];
const STRUCTURE_COLUMN: usize = 0;
const ACTION_COLUMN: usize = 1;
/// The measure of messages that call every measure so.
const OBS_VALUE: &str = "OBS_VALUE";

/// Reads the events of a message batch by batch.
pub struct EventReader<'a, S> {
    source: S,
    resolve: Box<Resolve<'a>>,
    reopen: Reopen,
    record: Record,
    header: Header,
    definitions: Vec<Arc<DataDefinition>>,
    assemblies: Vec<Assembly>,
    references: Vec<(StructureRef, Option<usize>)>,
    issues: Vec<CellIssue>,
    marks: Marks,
    row: u64,
    left_out: u64,
    /// Of the dataset that is open: its place in `assemblies`.
    open: Option<usize>,
    action: Action,
    /// The batch of this assembly is to be given out before anything else is read.
    due: Option<usize>,
    in_series: bool,
    observations_in_series: u64,
    layout: Layout,
    at_end: bool,
    /// Whether a batch was given.
    gave: bool,
}

/// A dataflow and its rows.
struct Assembly {
    plan: Plan,
    batch: Batch,
    /// Per name of the message, the column that has its component.
    columns: Vec<u32>,
    groups: Groups,
}

impl<'a, S: EventSource> EventReader<'a, S> {
    /// Reads a source. `reopen` makes such a source again, to look cells up.
    pub fn new(source: S, resolve: Box<Resolve<'a>>, reopen: Reopen) -> Self {
        let mut record = Record::new();
        let column = |(name, role): (&str, Role)| {
            // The first names of a record that is empty: there is room.
            let _ = record.number(name);
            Column { name: name.to_owned(), divided: false, languages: Vec::new(), labelled: false, role }
        };
        let columns = CONTROL.map(column).into();
        Self {
            source,
            resolve,
            reopen,
            record,
            header: Header { version: Version::V2, separator: b',', sub_separator: None, columns },
            definitions: Vec::new(),
            assemblies: Vec::new(),
            references: Vec::new(),
            issues: Vec::new(),
            marks: Marks::default(),
            row: 0,
            left_out: 0,
            open: None,
            action: Action::Merge,
            due: None,
            in_series: false,
            observations_in_series: 0,
            layout: Layout::default(),
            at_end: false,
            gave: false,
        }
    }

    fn error(&self, problem: MessageProblem) -> ReadError {
        let Mark { line, column, .. } = self.source.mark();
        MessageError::new(line, column, problem).into()
    }

    /// The next batch that is full or at the end of its kind.
    fn batch(&mut self) -> Result<Option<RowBatch>, ReadError> {
        while !self.at_end {
            if let Some(due) = self.due.take()
                && let Some(batch) = self.take(due)?
            {
                return Ok(Some(batch));
            }
            let Some(kind) = self.source.next(&mut self.record)? else {
                self.at_end = true;
                break;
            };
            self.event(kind)?;
            if let Some(open) = self.open
                && self.assemblies[open].batch.is_full()
            {
                self.due = Some(open);
            }
        }
        for place in 0..self.assemblies.len() {
            if let Some(batch) = self.take(place)? {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    fn take(&mut self, place: usize) -> Result<Option<RowBatch>, ReadError> {
        let assembly = &mut self.assemblies[place];
        if let Some(dimension) = assembly.batch.overflowing() {
            let column = self.header.columns[assembly.plan.dimensions[dimension]].name.clone();
            return Err(ReadError::TooManyCodes { line: self.source.mark().line, column });
        }
        self.layout.key_stands = false;
        Ok((!assembly.batch.is_empty()).then(|| assembly.batch.take(&self.definitions[place], place)))
    }

    fn event(&mut self, kind: EventKind) -> Result<(), ReadError> {
        match kind {
            EventKind::Dataset => self.dataset(),
            EventKind::Series => self.series(),
            EventKind::Observation => self.observation(),
            EventKind::Group => self.group(),
            EventKind::SeriesEnd => {
                if self.observations_in_series == 0 {
                    self.series_alone()?;
                }
                self.in_series = false;
                self.layout.back_to(|layout| &mut layout.dataset, self.header.columns.len());
                Ok(())
            }
            EventKind::DatasetEnd => {
                self.due = self.open.take();
                Ok(())
            }
        }
    }

    fn dataset(&mut self) -> Result<(), ReadError> {
        let start = self.source.dataset().clone();
        self.marks.dataset(self.row, &start, &self.source);
        self.action = start.action;
        self.in_series = false;
        self.layout = Layout { met: std::mem::take(&mut self.layout.met), ..Layout::default() };
        let structure = start.structure.clone();
        self.open = match structure {
            Some(structure) => self.structure(structure)?,
            None => {
                self.report(CellProblem::UnknownStructure, "");
                None
            }
        };
        if let Some(action) = &start.unknown_action {
            let issue = CellIssue {
                row: self.row + 1,
                column: ACTION_COLUMN,
                problem: CellProblem::UnknownAction,
                content: clip(action.as_bytes()),
            };
            self.issues.push(issue);
        }
        self.columns();
        let Some(open) = self.open else { return Ok(()) };
        self.assemblies[open].batch.set_action(self.action);
        self.assemblies[open].groups.clear();
        self.layout.cells.resize(self.header.columns.len(), EMPTY);
        self.dataset_cells(open);
        self.layout.keep_as(|layout| &mut layout.dataset);
        self.layout.keep_as(|layout| &mut layout.series);
        Ok(())
    }

    /// What the part at hand says of the dataset as a whole; the rest is for all rows.
    fn dataset_cells(&mut self, open: usize) {
        let mut of_dataset = Vec::new();
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
        let text = &self.layout.text;
        let row = Row { padded: text, length: text.len(), quoted: false, number: self.row + 1 };
        let Assembly { plan, batch, .. } = &mut self.assemblies[open];
        for (column, place) in of_dataset {
            batch.dataset_attribute(plan, &row, column, place, self.layout.cells[column]);
            // Rows need not say it again.
            self.layout.cells[column] = EMPTY;
        }
    }

    fn series(&mut self) -> Result<(), ReadError> {
        self.in_series = true;
        self.observations_in_series = 0;
        self.marks.part(self.row, &self.source);
        self.columns();
        let Some(open) = self.open else { return Ok(()) };
        self.layout.back_to(|layout| &mut layout.dataset, self.header.columns.len());
        for cell in self.record.cells() {
            let column = self.assemblies[open].columns[cell.name as usize];
            self.layout.put(column as usize, self.record.content(cell));
        }
        self.add_groups(open);
        self.layout.keep_as(|layout| &mut layout.series);
        Ok(())
    }

    #[inline]
    fn observation(&mut self) -> Result<(), ReadError> {
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
        let columns = &self.assemblies[open].columns;
        for cell in self.record.cells() {
            let column = columns[cell.name as usize];
            self.layout.put(column as usize, self.record.content(cell));
            self.layout.filled.push(column);
        }
        if !self.in_series && !self.assemblies[open].groups.is_empty() {
            self.add_groups(open);
        }
        self.push_row(open);
        Ok(())
    }

    #[inline]
    fn push_row(&mut self, open: usize) {
        let Assembly { plan, batch, .. } = &mut self.assemblies[open];
        let layout = &mut self.layout;
        let row = Row { padded: &layout.text, length: layout.text.len(), quoted: false, number: self.row };
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

    /// A series without observations: a row about the series, if it says anything.
    fn series_alone(&mut self) -> Result<(), ReadError> {
        self.row += 1;
        let Some(open) = self.open else {
            self.left_out += 1;
            return Ok(());
        };
        let plan = &self.assemblies[open].plan;
        let says = plan.others.iter().any(|(column, _)| self.layout.cells[*column].packed != Packed::EMPTY);
        if says || self.action == Action::Delete {
            self.about_series(open);
        }
        Ok(())
    }

    /// A row without period.
    fn about_series(&mut self, open: usize) {
        let plan = &self.assemblies[open].plan;
        let time = plan.others.iter().find(|(_, used)| *used == Use::Time).map(|(column, _)| *column);
        if let Some(column) = time.filter(|column| self.layout.cells[*column].packed == Packed::EMPTY)
            && self.action != Action::Delete
        {
            self.layout.put(column, b"~");
        }
        self.push_row(open);
    }

    fn group(&mut self) -> Result<(), ReadError> {
        self.marks.part(self.row, &self.source);
        self.row += 1;
        self.columns();
        let Some(open) = self.open else {
            self.left_out += 1;
            return Ok(());
        };
        let Assembly { plan, columns, groups, .. } = &mut self.assemblies[open];
        let is_of_dimensions = |cell: &super::Cell| plan.is_dimension(columns[cell.name as usize] as usize);
        if !self.record.cells().iter().any(is_of_dimensions) {
            self.layout.back_to(|layout| &mut layout.dataset, self.header.columns.len());
            self.dataset_cells(open);
            self.layout.keep_as(|layout| &mut layout.dataset);
            self.layout.keep_as(|layout| &mut layout.series);
            return Ok(());
        }
        if self.action != Action::Delete {
            if groups.add(plan, columns, &self.record).is_err() {
                return Err(self.error(groups::too_large()));
            }
            return Ok(());
        }
        // Attributes are deleted for all series of the group.
        self.layout.back_to(|layout| &mut layout.dataset, self.header.columns.len());
        let (mut names_attribute, columns) = (false, &self.assemblies[open].columns);
        for cell in self.record.cells() {
            let column = columns[cell.name as usize] as usize;
            names_attribute |= !self.assemblies[open].plan.is_dimension(column);
            self.layout.put(column, self.record.content(cell));
        }
        if names_attribute {
            self.about_series(open);
        }
        self.layout.back_to(|layout| &mut layout.dataset, self.header.columns.len());
        Ok(())
    }

    /// Gives the row what groups say of its series, where it does not say it itself.
    fn add_groups(&mut self, open: usize) {
        let layout = &mut self.layout;
        for (column, content) in self.assemblies[open].groups.find(&layout.text, &layout.cells) {
            if layout.cells[column].packed == Packed::EMPTY {
                layout.put(column, content);
                layout.filled.push(column as u32);
            }
        }
    }
}

impl<S: EventSource> DataReader for EventReader<'_, S> {
    fn next_batch(&mut self) -> Result<Option<RowBatch>, ReadError> {
        let batch = self.batch()?;
        if batch.is_none() && self.row == 0 && !self.gave {
            return Err(self.error(MessageProblem::Empty));
        }
        self.gave = true;
        Ok(batch)
    }

    fn header(&self) -> &Header {
        &self.header
    }

    fn definitions(&self) -> &[Arc<DataDefinition>] {
        &self.definitions
    }

    fn row_count(&self) -> u64 {
        self.row
    }

    fn format(&self) -> DataFormat {
        self.source.format()
    }

    fn message(&self) -> Option<&MessageInfo> {
        Some(self.source.message())
    }

    fn finish(self: Box<Self>) -> ReadSummary {
        let EventReader {
            source, reopen, mut header, definitions, issues, marks, row, left_out, layout, ..
        } = *self;
        for (column, met) in header.columns.iter_mut().zip(layout.met) {
            if !met && column.role == Role::Other {
                column.role = Role::Absent;
            }
        }
        let names = header.columns.iter().map(|column| column.name.clone()).collect();
        let places = Places::new(EventPlaces::new(marks, names, reopen, source.is_verbatim()));
        ReadSummary { rows: row, rows_left_out: left_out, issues, header, definitions, places }
    }
}
