//! Parquet to batches of columns.

use std::io::{Read, Seek};
use std::sync::Arc;

use super::cells::ColumnCells;
use super::file::{ParquetFile, broken, problem};
use super::header::columns;
use super::places::ParquetPlaces;
use super::{GROUP_BYTES_MAX, key};
use crate::csv::{
    Action, Batch, Cell, CellIssue, CellProblem, Column, Header, HeaderError, Packed, Plan, ReadError,
    ReadSummary, Role, Row, RowBatch, STRUCTURES_MAX, TEXT_BYTES_MAX, Use, clip,
};
use crate::data::{DataFormat, DataReader, MessageProblem, Places, Resolve, StructureRef};
use crate::structure::DataDefinition;

const EMPTY: Cell = Cell { start: 0, end: 0, packed: Packed::EMPTY };

/// Reads a file of Parquet batch by batch: one that was written here, or any with a column for each dimension.
/// Codes may be text or integers, periods text, years or dates, figures any numbers; a number that is none (NaN)
/// is no value. Rows say of which dataflow they are in columns as those of SDMX-CSV, or the metadata say it under
/// [`key::DATAFLOW`]; if neither does, `resolve` is asked for the empty reference, so that a caller who knows the
/// dataflow can give it.
pub struct ParquetReader<'a, R> {
    file: ParquetFile<R>,
    resolve: Box<Resolve<'a>>,
    header: Header,
    /// Per column of the header, its place among the columns of the file; nothing if its type is not read.
    leaves: Vec<Option<usize>>,
    /// Per column of the header, the column with its figures digit by digit.
    exact: Vec<Option<usize>>,
    /// What the metadata say.
    of_file: Option<StructureRef>,
    /// Whether rows without period are about their series.
    is_own: bool,
    definitions: Vec<Arc<DataDefinition>>,
    assemblies: Vec<Assembly>,
    references: Vec<((String, String), Option<usize>)>,
    issues: Vec<CellIssue>,
    group: usize,
    columns: Vec<Option<ColumnCells>>,
    row: u64,
    left_out: u64,
    text: Vec<u8>,
    cells: Vec<Cell>,
    /// The row at hand was laid out and is not yet taken.
    is_held: bool,
    open: Option<(usize, Action)>,
}

struct Assembly {
    plan: Plan,
    batch: Batch,
    time: Option<usize>,
    measure: Option<usize>,
}

/// Counts the rows of a file.
pub(crate) fn count_rows(input: impl Read + Seek) -> Result<u64, ReadError> {
    Ok(ParquetFile::open(input)?.row_count())
}

impl<'a, R: Read + Seek> ParquetReader<'a, R> {
    /// Reads the metadata.
    pub fn new(
        input: R,
        resolve: impl FnMut(&str, &str) -> Option<Arc<DataDefinition>> + 'a,
    ) -> Result<Self, ReadError> {
        let file = ParquetFile::open(input)?;
        let of_file = file.value(key::DATAFLOW).and_then(StructureRef::of_urn);
        let (header, leaves) = columns(&file)?;
        let exact = |column: &Column| {
            let name = super::layout::exact_name(&column.name);
            header.columns.iter().position(|other| other.role == Role::Repeats && other.name == name)
        };
        Ok(Self {
            exact: header.columns.iter().map(exact).collect(),
            is_own: file.value(key::LAYOUT).is_some(),
            of_file,
            resolve: Box::new(resolve),
            definitions: Vec::new(),
            assemblies: Vec::new(),
            references: Vec::new(),
            issues: Vec::new(),
            group: 0,
            columns: Vec::new(),
            row: 0,
            left_out: 0,
            text: Vec::new(),
            cells: vec![EMPTY; header.columns.len()],
            is_held: false,
            open: None,
            header,
            leaves,
            file,
        })
    }

    /// Goes to the next row and lays it out; false at the end.
    fn advance(&mut self) -> Result<bool, ReadError> {
        loop {
            let mut has_row = None;
            for column in self.columns.iter_mut().flatten() {
                let advanced = column.advance().map_err(|error| broken(self.row, &error))?;
                if has_row.is_some_and(|has_row| has_row != advanced) {
                    return Err(broken(self.row, &"its columns are not of one length"));
                }
                has_row = Some(advanced);
            }
            if has_row == Some(true) {
                self.row += 1;
                self.lay_out();
                return Ok(true);
            }
            if self.group == self.file.metadata.num_row_groups() {
                return Ok(false);
            }
            self.open_group()?;
        }
    }

    fn open_group(&mut self) -> Result<(), ReadError> {
        self.columns.clear();
        let mut room = GROUP_BYTES_MAX;
        let schema = self.file.metadata.file_metadata().schema_descr_ptr();
        for (column, leaf) in self.header.columns.iter().zip(&self.leaves) {
            // Days of periods repeat what periods say.
            let is_read = column.role != Role::Absent;
            let cells = match leaf.filter(|_| is_read) {
                None => None,
                Some(leaf) => {
                    let reader = self.file.column(self.group, leaf, self.row, &mut room)?;
                    Some(ColumnCells::new(reader, &schema.column(leaf)))
                }
            };
            self.columns.push(cells);
        }
        self.group += 1;
        Ok(())
    }

    fn lay_out(&mut self) {
        self.text.clear();
        for (place, column) in self.columns.iter().enumerate() {
            let start = self.text.len();
            if let Some(column) = column {
                column.write(&mut self.text);
                // Longer texts are reported; that they are too long is seen all the same.
                self.text.truncate(start + TEXT_BYTES_MAX + 1);
            }
            self.cells[place] = cell(&self.text, start);
        }
    }

    fn content(&self, role: Role) -> Option<(usize, &str)> {
        let column = self.header.columns.iter().position(|column| column.role == role)?;
        let content = std::str::from_utf8(self.cells[column].raw(&self.text)).unwrap_or_default();
        Some((column, content))
    }

    /// The dataflow of the row at hand and what the row does, if it is known; nothing if the row is not read.
    fn classify(&mut self) -> Result<Option<(usize, Option<Action>)>, ReadError> {
        let kind = self.content(Role::Structure).map_or("dataflow", |(_, content)| content);
        let (column, kind, id) = match (self.content(Role::StructureId), &self.of_file) {
            (Some((column, id)), _) if !id.is_empty() => (column, kind, id),
            (given, Some(reference)) => {
                (given.map_or(0, |(column, _)| column), reference.kind.word(), &*reference.short)
            }
            (given, None) => (given.map_or(0, |(column, _)| column), kind, ""),
        };
        let known = self.references.iter().find(|(known, _)| known.0 == kind && known.1 == id);
        let structure = match known {
            Some((_, known)) => *known,
            None => {
                let spelling = (kind.to_owned(), id.to_owned());
                self.structure(spelling, column)?
            }
        };
        let Some(structure) = structure else { return Ok(None) };
        let action = match self.content(Role::Action) {
            None => Some(Action::Merge),
            Some((_, letter)) => Action::read(letter.as_bytes()),
        };
        Ok(Some((structure, action)))
    }

    fn structure(&mut self, spelling: (String, String), column: usize) -> Result<Option<usize>, ReadError> {
        if self.references.len() > STRUCTURES_MAX {
            return Ok(None);
        }
        let found = match self.references.len() == STRUCTURES_MAX {
            true => Err(CellProblem::TooManyStructures),
            false => (self.resolve)(&spelling.0, &spelling.1).ok_or(CellProblem::UnknownStructure),
        };
        let found = found.and_then(|definition| self.assembly(definition));
        let place = match found {
            Ok(place) => Some(place),
            Err(CellProblem::UnknownStructure) if spelling.1.is_empty() => {
                let text = format!(
                    "the file does not say of which dataflow its rows are: write AGENCY:ID(VERSION) in a column STRUCTURE_ID, or the dataflow's URN in the metadata under {}",
                    key::DATAFLOW
                );
                return Err(problem(self.row - 1, MessageProblem::Contents(text)));
            }
            Err(problem) => {
                let content = clip(spelling.1.as_bytes());
                self.issues.push(CellIssue { row: self.row, column, problem, content });
                None
            }
        };
        self.references.push((spelling, place));
        Ok(place)
    }

    fn assembly(&mut self, definition: Arc<DataDefinition>) -> Result<usize, CellProblem> {
        if let Some(known) = self.definitions.iter().position(|known| Arc::ptr_eq(known, &definition)) {
            return Ok(known);
        }
        let mut plan = Plan::new(&self.header, &definition);
        let unread = |column: &usize| self.leaves[*column].is_none();
        let missing = plan.dimensions.iter().copied().filter(unread);
        plan.missing.extend(missing.map(|column| self.header.columns[column].name.clone()));
        if !plan.missing.is_empty() {
            return Err(CellProblem::MissingColumns { missing: plan.missing.join(", ") });
        }
        if !plan.repeated.is_empty() {
            return Err(CellProblem::RepeatedColumns { repeated: plan.repeated.join(", ") });
        }
        let column_of =
            |wanted: Use| plan.others.iter().find(|(_, used)| *used == wanted).map(|(column, _)| *column);
        let (time, measure) = (column_of(Use::Time), column_of(Use::Measure));
        let batch = Batch::plain(&definition, &plan);
        self.assemblies.push(Assembly { plan, batch, time, measure });
        self.definitions.push(definition);
        Ok(self.definitions.len() - 1)
    }

    /// Takes the row at hand. Without an action it is read all the same, so that the rest of it is judged too.
    fn push_row(&mut self, structure: usize, action: Option<Action>) {
        if let Some(column) = self.assemblies[structure].measure {
            self.cells[column] = self.figure(column);
        }
        let unknown = self.header.columns.iter().position(|column| column.role == Role::Action);
        let unknown = unknown.filter(|_| action.is_none());
        let action = action.unwrap_or(Action::Merge);
        let Assembly { plan, batch, time, .. } = &mut self.assemblies[structure];
        if let Some(column) = time.filter(|column| self.cells[*column].packed == Packed::EMPTY)
            && self.is_own
            && action != Action::Delete
        {
            let start = self.text.len();
            self.text.push(b'~');
            self.cells[column] = cell(&self.text, start);
        }
        let row = Row { padded: &self.text, length: self.text.len(), quoted: false, number: self.row };
        batch.set_action(action);
        if let Some(column) = unknown {
            batch.issue(&row, column, CellProblem::UnknownAction, self.cells[column].raw(&self.text));
        }
        batch.count_bytes(row.length);
        if action == Action::Delete
            && let Some(column) =
                plan.unknown_in_deletion(|column| self.cells[column].packed != Packed::EMPTY)
        {
            return batch.issue(
                &row,
                column,
                CellProblem::UnknownInDeletion,
                self.cells[column].raw(&self.text),
            );
        }
        if let Some(key) = batch.read_key(plan, &row, &self.cells, 0) {
            batch.push_cells(plan, &row, &self.cells, 0, key.changed);
        }
    }

    /// The cell of a figure: digit by digit, if these are the digits of the double beside them. If somebody
    /// changed the double, it is the figure.
    fn figure(&self, column: usize) -> Cell {
        let cell = self.cells[column];
        let Some(exact) = self.exact[column].map(|exact| self.cells[exact]) else { return cell };
        let double = self.columns[column].as_ref().and_then(ColumnCells::double);
        let digits = std::str::from_utf8(exact.raw(&self.text)).unwrap_or_default();
        let is_same = double.is_some_and(|double| digits.parse() == Ok(double));
        if is_same { exact } else { cell }
    }

    fn take(&mut self) -> Result<Option<RowBatch>, ReadError> {
        let Some((structure, _)) = self.open.take() else { return Ok(None) };
        let Assembly { plan, batch, .. } = &mut self.assemblies[structure];
        if let Some(dimension) = batch.overflowing() {
            let column = self.header.columns[plan.dimensions[dimension]].name.clone();
            return Err(ReadError::TooManyCodes { line: self.row, column });
        }
        Ok((!batch.is_empty()).then(|| batch.take(&self.definitions[structure], structure)))
    }
}

impl<R: Read + Seek> DataReader for ParquetReader<'_, R> {
    fn next_batch(&mut self) -> Result<Option<RowBatch>, ReadError> {
        loop {
            if !std::mem::take(&mut self.is_held) && !self.advance()? {
                return match self.row {
                    // What was written here says by its metadata that nothing is all there is; anything else may
                    // have lost its rows on the way.
                    0 if !self.is_own => Err(HeaderError::NoRows.into()),
                    _ => self.take(),
                };
            }
            let Some((structure, action)) = self.classify()? else {
                self.left_out += 1;
                continue;
            };
            let class = (structure, action.unwrap_or(Action::Merge));
            if self.open.is_some_and(|open| open != class) {
                self.is_held = true;
                if let Some(batch) = self.take()? {
                    return Ok(Some(batch));
                }
                continue;
            }
            self.open = Some(class);
            self.push_row(structure, action);
            if self.assemblies[structure].batch.is_full()
                && let Some(batch) = self.take()?
            {
                return Ok(Some(batch));
            }
        }
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
        DataFormat::Parquet
    }

    fn finish(self: Box<Self>) -> ReadSummary {
        let names = self.header.columns.iter().map(|column| column.name.clone());
        let columns = names.zip(self.leaves).collect();
        ReadSummary {
            rows: self.row,
            rows_left_out: self.left_out,
            issues: self.issues,
            header: self.header,
            definitions: self.definitions,
            places: Places::new(ParquetPlaces { columns }),
        }
    }
}

#[inline]
fn cell(text: &[u8], start: usize) -> Cell {
    Cell { start: start as u32, end: text.len() as u32, packed: Packed::of(&text[start..]) }
}
