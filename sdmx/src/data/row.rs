//! Parts of a message to rows, and rows to batches: what SDMX-ML and SDMX-JSON share.

mod dataflow;
mod grouped;
mod groups;
mod layout;
mod locate;
mod parts;

use std::sync::Arc;

use super::event::{EventKind, EventSource, Mark, MessageInfo, Record, StructureRef};
use super::place::Places;
use super::read::{DataReader, Resolve};
use super::{
    Action, CellIssue, CellProblem, DataFormat, Header, MessageError, MessageProblem, ReadError, ReadSummary,
    RowBatch,
};
use crate::csv::{Batch, Column, Plan, Role, Row, Version};
use crate::structure::DataDefinition;
use groups::Groups;
use layout::Layout;
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
    /// The first provider that a dataset names.
    provider: Option<String>,
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
    /// Columns of names that are no components.
    foreign: Vec<usize>,
    groups: Groups,
}

impl Assembly {
    /// Reports what is wrong with a part that has no row of its own.
    #[cold]
    fn issue(&mut self, row: u64, column: usize, problem: CellProblem, content: &[u8]) {
        let row = Row { padded: &[], length: 0, quoted: false, number: row };
        self.batch.issue(&row, column, problem, content);
    }
}

impl<'a, S: EventSource> EventReader<'a, S> {
    /// Reads a source. `reopen` makes such a source again, to look cells up.
    pub fn new(source: S, resolve: Box<Resolve<'a>>, reopen: Reopen) -> Self {
        let mut record = Record::new();
        let column = |(name, role): (&str, Role)| {
            // The first names of a record that is empty: there is room. No component can be called so, for a
            // data structure may well have one that is called ACTION.
            let _ = record.number(&format!("{name}:"));
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
            provider: None,
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
            EventKind::SeriesEnd => self.series_end(),
            EventKind::DatasetEnd => {
                self.groups_alone();
                self.due = self.open.take();
                Ok(())
            }
        }
    }

    /// What the message itself says is wrong with it, when it was read to its end.
    fn check_whole(&self) -> Result<(), ReadError> {
        let Some(notice) = self.source.message().error() else { return Ok(()) };
        let said = format!("error {} {}", notice.code, notice.text).trim().to_owned();
        Err(self.error(MessageProblem::NotWhole { said }))
    }
}

impl<S: EventSource> DataReader for EventReader<'_, S> {
    fn next_batch(&mut self) -> Result<Option<RowBatch>, ReadError> {
        let batch = self.batch()?;
        if batch.is_none() {
            self.check_whole()?;
            if self.row == 0 && !self.gave {
                return Err(self.error(MessageProblem::Empty));
            }
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
