//! A file to batches of columns.

mod control;

use std::io::Read;
use std::sync::Arc;

use super::assembler::{Assembler, Row};
use super::header::{Header, HeaderError};
use super::issue::CellIssue;
use super::place::RowPlaces;
use super::rows::{RowError, RowSpan, Rows};
use super::split::Cell;
use super::{CODES_MAX, sniff};
use crate::columns::{AttributeValue, Columns};
use crate::data::{MessageError, Places};
use crate::structure::DataDefinition;
use control::{Class, Spelling};

/// What a row does (column ACTION).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// M, and I, A and an absent column too (DETAILS A4).
    Merge,
    /// R.
    Replace,
    /// D.
    Delete,
}

impl Action {
    /// Its letter in SDMX-CSV.
    pub fn letter(self) -> char {
        match self {
            Self::Merge => 'M',
            Self::Replace => 'R',
            Self::Delete => 'D',
        }
    }

    /// The action of a cell.
    pub(crate) fn read(cell: &[u8]) -> Option<Self> {
        match cell {
            b"" | b"M" | b"I" | b"A" => Some(Self::Merge),
            b"R" => Some(Self::Replace),
            b"D" => Some(Self::Delete),
            _ => None,
        }
    }
}

/// Rows of one dataflow and one action, in the order of the file.
#[derive(Clone, Debug)]
pub struct RowBatch {
    /// Place of the dataflow in [`CsvReader::definitions`].
    pub structure: usize,
    /// What the rows do.
    pub action: Action,
    /// The rows. Not sorted: a series is a run of rows with one key and the same series attributes. Rows with
    /// unreadable cells stand here too, with no value, no period ([`crate::Period::ANY`]) or the empty code;
    /// only rows with too few or too many cells do not.
    pub columns: Columns,
    /// Dataset attributes that no earlier batch had; nothing as value: to be deleted.
    pub dataset_attributes: Vec<(Arc<str>, Option<AttributeValue>)>,
    /// Cells of these rows that could not be read.
    pub issues: Vec<CellIssue>,
}

/// What is known when a file was read.
#[derive(Clone, Debug)]
pub struct ReadSummary {
    /// Rows below the header, without empty ones.
    pub rows: u64,
    /// Rows that stand in no batch, because their dataflow is not known or its columns cannot be told, or because
    /// they are groups without series.
    pub rows_left_out: u64,
    /// Why, where no batch says it: one for the first such row of each structure.
    pub issues: Vec<CellIssue>,
    /// The header.
    pub header: Header,
    /// The dataflows.
    pub definitions: Vec<Arc<DataDefinition>>,
    /// Where rows stand.
    pub places: Places,
}

/// Why reading ended.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not SDMX-CSV.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A row cannot be split, or reading failed.
    #[error(transparent)]
    Row(#[from] RowError),
    /// Too many distinct codes.
    #[error(
        "line {line}: column {column} has too many distinct codes, more than {CODES_MAX} or than 8 MiB of them; most often it holds figures, or cells have moved"
    )]
    TooManyCodes {
        /// The line that was read last.
        line: u64,
        /// Name of the column.
        column: String,
    },
    /// A message of another format cannot be read further.
    #[error(transparent)]
    Message(#[from] MessageError),
}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> Self {
        Self::Row(error.into())
    }
}

/// Finds the definition of a dataflow by what STRUCTURE and STRUCTURE_ID say.
type Resolve<'a> = dyn FnMut(&str, &str) -> Option<Arc<DataDefinition>> + 'a;

/// Reads a file batch by batch. Memory is that of one batch and of the distinct codes, whatever the size of
/// the file.
pub struct CsvReader<'a, R> {
    rows: Rows<R>,
    header: Header,
    resolve: Box<Resolve<'a>>,
    definitions: Vec<Arc<DataDefinition>>,
    assemblers: Vec<Assembler>,
    /// Spellings of references met so far, and the dataflows they name.
    references: Vec<(Spelling, Option<usize>)>,
    issues: Vec<CellIssue>,
    places: RowPlaces,
    row: u64,
    left_out: u64,
    /// Columns up to the last of STRUCTURE, STRUCTURE_ID and ACTION.
    control_columns: usize,
    /// These cells of the last row, and what they said.
    control: (Vec<u8>, Class),
    ahead: Option<(RowSpan, usize, Action)>,
    cells: Vec<Cell>,
}

impl<'a, R: Read> CsvReader<'a, R> {
    /// Reads the header. `resolve` gets a row's STRUCTURE (`dataflow`, `datastructure`, `dataprovision`;
    /// `dataflow` in version 1) and STRUCTURE_ID (`AGENCY:ID(VERSION)`).
    pub fn new(
        input: R,
        resolve: impl FnMut(&str, &str) -> Option<Arc<DataDefinition>> + 'a,
    ) -> Result<Self, ReadError> {
        let mut rows = Rows::new(input);
        let before = sniff::text_begins(rows.peek().map_err(RowError::from)?)?;
        rows.pass_over(before);
        let span = rows.next()?.ok_or(HeaderError::Empty)?;
        let row = rows.row(span);
        let header = Header::parse(row)?;
        let places = RowPlaces::new(row, header.separator);
        rows.set_separator(header.separator);
        Ok(Self {
            rows,
            control_columns: header.control_columns(),
            header,
            resolve: Box::new(resolve),
            definitions: Vec::new(),
            assemblers: Vec::new(),
            references: Vec::new(),
            issues: Vec::new(),
            places,
            row: 0,
            left_out: 0,
            control: (Vec::new(), Class::LeftOut),
            ahead: None,
            cells: Vec::new(),
        })
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Dataflows met so far.
    pub fn definitions(&self) -> &[Arc<DataDefinition>] {
        &self.definitions
    }

    /// Where rows stand.
    pub fn places(&self) -> Places {
        Places::of_rows(self.places.clone())
    }

    /// Rows read so far.
    pub fn row_count(&self) -> u64 {
        self.row
    }

    /// What is known of the file as a whole; after the last batch, or after an error.
    pub fn finish(self) -> ReadSummary {
        ReadSummary {
            rows: self.row,
            rows_left_out: self.left_out,
            issues: self.issues,
            header: self.header,
            definitions: self.definitions,
            places: Places::of_rows(self.places),
        }
    }

    /// The next rows; nothing at the end. [`CsvReader::finish`] then has what is left to know.
    pub fn next_batch(&mut self) -> Result<Option<RowBatch>, ReadError> {
        let Some((first, structure, action)) = self.first_row()? else {
            return if self.row == 0 { Err(HeaderError::NoRows.into()) } else { Ok(None) };
        };
        let mut span = first;
        let mut continues = false;
        loop {
            let row = Row {
                padded: self.rows.row_with_slack(span),
                length: span.len(),
                quoted: span.quoted,
                number: self.row,
            };
            let assembler = &mut self.assemblers[structure];
            if continues {
                assembler.push_continuing(&row);
            } else {
                assembler.push(&row, action, self.control.0.len());
            }
            if assembler.is_full() {
                break;
            }
            let Some(next) = self.next_row()? else { break };
            continues = self.assemblers[structure].continues(self.rows.row(next));
            if !continues {
                match self.classify(next) {
                    Class::Of(s, a) if (s, a) == (structure, action) => {}
                    Class::Of(s, a) => {
                        self.ahead = Some((next, s, a));
                        break;
                    }
                    Class::LeftOut | Class::Blank => {
                        let Some(further) = self.first_row()? else { break };
                        if (further.1, further.2) != (structure, action) {
                            self.ahead = Some(further);
                            break;
                        }
                        span = further.0;
                        continue;
                    }
                }
            }
            span = next;
        }
        let assembler = &mut self.assemblers[structure];
        if let Some(column) = assembler.overflowing() {
            let column = self.header.columns[column].name.clone();
            return Err(ReadError::TooManyCodes { line: span.line, column });
        }
        Ok(Some(assembler.take(structure)))
    }

    /// The next row that is of a dataflow.
    fn first_row(&mut self) -> Result<Option<(RowSpan, usize, Action)>, ReadError> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        while let Some(span) = self.next_row()? {
            if let Class::Of(structure, action) = self.classify(span) {
                return Ok(Some((span, structure, action)));
            }
        }
        Ok(None)
    }

    #[inline]
    fn next_row(&mut self) -> Result<Option<RowSpan>, ReadError> {
        let Some(span) = self.rows.next()? else { return Ok(None) };
        self.row += 1;
        self.places.note(self.row, span.offset, span.line);
        Ok(Some(span))
    }
}
