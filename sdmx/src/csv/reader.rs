//! Rows to batches of columns.

use std::io::Read;
use std::sync::Arc;

use super::header::{Column, Header, HeaderError, Role, Use};
use super::place::Places;
use super::rows::{RowError, RowSpan, Rows, split, unquote};
use super::{BATCH_ROWS, CLIP_CHARACTERS, TEXT_BYTES_MAX, cell};
use crate::columns::{AttributeBuilder, AttributeValue, Columns, DimensionColumn, Interner, NO_VALUE};
use crate::decimal::{Decimal, DecimalError};
use crate::period::{Period, PeriodError};
use crate::structure::DataDefinition;

/// What a row does (column ACTION).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// M, and I, A and an absent column too (DETAILS A4).
    Merge,
    /// R.
    Replace,
    /// D.
    Delete,
}

/// A cell that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct CellIssue {
    /// Row, from 1 below the header.
    pub row: u64,
    /// Column of the file, from 0.
    pub column: usize,
    /// What is wrong.
    pub problem: CellProblem,
    /// Its content, clipped.
    pub content: String,
}

/// Why a cell could not be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CellProblem {
    /// The row has more or fewer cells than the header.
    #[error("the row has {found} cells, the header {expected}")]
    CellCount {
        /// Cells of the row.
        found: usize,
        /// Columns of the header.
        expected: usize,
    },
    /// No such dataflow.
    #[error("there is no such dataflow")]
    UnknownStructure,
    /// None of I, A, M, R, D.
    #[error("not an action: write M to insert or update, R to replace, D to delete")]
    UnknownAction,
    /// A dimension without code where one is needed.
    #[error("the dimension has no code; only rows with ACTION D may leave one empty")]
    EmptyDimension,
    /// `~` in some dimensions but not in all or only in the last.
    #[error("~ may stand in TIME_PERIOD alone, or in every dimension")]
    SwitchedOff,
    /// Not a period.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// Not a number.
    #[error(transparent)]
    Number(#[from] DecimalError),
    /// Not UTF-8.
    #[error("not UTF-8 text: save the file with encoding UTF-8")]
    NotUtf8,
    /// Too long.
    #[error("longer than {TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// `#N/A`.
    #[error(
        "#N/A is not a value: leave the cell empty to leave the attribute as it is, delete it with ACTION D"
    )]
    NotAvailable,
    /// Another row says otherwise.
    #[error("another row gives this dataset attribute another value")]
    DatasetConflict,
}

/// Rows of one dataflow and one action, in the order of the file.
#[derive(Clone, Debug)]
pub struct RowBatch {
    /// Place of the dataflow in [`CsvReader::definitions`].
    pub structure: usize,
    /// What the rows do.
    pub action: Action,
    /// The rows. Not sorted: a series is a run of rows with one key. Rows with unreadable cells stand here
    /// too, with no value and [`Period::ANY`].
    pub columns: Columns,
    /// Dataset attributes found in these rows; nothing: to be deleted.
    pub dataset_attributes: Vec<(Arc<str>, Option<AttributeValue>)>,
    /// Cells that could not be read.
    pub issues: Vec<CellIssue>,
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
}

/// Finds the definition of a dataflow by what STRUCTURE and STRUCTURE_ID say.
type Resolve<'a> = dyn FnMut(&str, &str) -> Option<Arc<DataDefinition>> + 'a;

/// Reads a file batch by batch. Memory is that of one batch, whatever the size of the file.
pub struct CsvReader<'a, R> {
    rows: Rows<R>,
    header: Arc<Header>,
    resolve: Box<Resolve<'a>>,
    definitions: Vec<Arc<DataDefinition>>,
    uses: Vec<Vec<Use>>,
    references: Vec<(Vec<u8>, Option<usize>)>,
    places: Places,
    row: u64,
    ahead: Option<(RowSpan, usize, Action)>,
}

impl<'a, R: Read> CsvReader<'a, R> {
    /// Reads the header.
    pub fn new(
        input: R,
        resolve: impl FnMut(&str, &str) -> Option<Arc<DataDefinition>> + 'a,
    ) -> Result<Self, ReadError> {
        let mut rows = Rows::new(input);
        let mark = Header::sniff(rows.peek().map_err(RowError::from)?)?;
        rows.skip(mark);
        let span = rows.next()?.ok_or(HeaderError::Empty)?;
        let row = rows.bytes(span.start, span.end);
        let header = Header::parse(row, span.quoted)?;
        let mut places = Places::default();
        places.set_header(span.offset, row, header.separator);
        Ok(Self {
            rows,
            header: Arc::new(header),
            resolve: Box::new(resolve),
            definitions: Vec::new(),
            uses: Vec::new(),
            references: Vec::new(),
            places,
            row: 0,
            ahead: None,
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
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Rows read so far.
    pub fn row_count(&self) -> u64 {
        self.row
    }

    /// The next rows; nothing at the end.
    pub fn next_batch(&mut self) -> Result<Option<RowBatch>, ReadError> {
        let mut issues = Vec::new();
        let Some((first, structure, action)) = self.next_row(&mut issues)? else {
            return Ok(None);
        };
        let definition = self.definitions[structure].clone();
        let mut batch = Batch::new(&definition, &self.header, self.uses[structure].clone(), action);
        batch.issues = issues;
        let mut row = Some(first);
        while let Some(span) = row {
            batch.push(self.rows.bytes(span.start, span.end), span.quoted, self.row);
            if batch.periods.len() >= BATCH_ROWS {
                break;
            }
            row = match self.next_row(&mut batch.issues)? {
                Some((span, s, a)) if (s, a) == (structure, action) => Some(span),
                Some(other) => {
                    self.ahead = Some(other);
                    None
                }
                None => None,
            };
        }
        Ok(Some(batch.finish(structure)))
    }

    fn next_row(
        &mut self,
        issues: &mut Vec<CellIssue>,
    ) -> Result<Option<(RowSpan, usize, Action)>, ReadError> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        while let Some(span) = self.rows.next()? {
            self.row += 1;
            self.places.note(self.row, span.offset, span.line);
            match self.classify(span) {
                Ok((structure, action)) => return Ok(Some((span, structure, action))),
                Err((column, problem, content)) => {
                    issues.push(CellIssue { row: self.row, column, problem, content: clip(&content) });
                }
            }
        }
        Ok(None)
    }

    /// Which dataflow a row is of, and what it does.
    fn classify(&mut self, span: RowSpan) -> Result<(usize, Action), (usize, CellProblem, Vec<u8>)> {
        let row = self.rows.bytes(span.start, span.end);
        let (mut reference, mut kind, mut action) = (&row[..0], &b"dataflow"[..], None);
        let (mut reference_column, mut action_column) = (0, 0);
        let mut rest = row;
        // These columns come first in every file that the standard's guide describes; a quoted row is split.
        let mut cells = Vec::new();
        if span.quoted {
            split(row, true, self.header.separator, &mut cells);
        }
        let last =
            [Role::StructureId, Role::Action].iter().filter_map(|role| self.header.place_of(*role)).max();
        for place in 0..=last.unwrap_or(0) {
            let cell = if span.quoted {
                let (start, end) = cells.get(place).copied().unwrap_or_default();
                &row[start as usize..end as usize]
            } else {
                let end = memchr::memchr(self.header.separator, rest).unwrap_or(rest.len());
                let cell = &rest[..end];
                rest = rest.get(end + 1..).unwrap_or_default();
                cell
            };
            match self.header.columns.get(place).map(|column| column.role) {
                Some(Role::Structure) => kind = cell,
                Some(Role::StructureId) => (reference, reference_column) = (cell, place),
                Some(Role::Action) => (action, action_column) = (Some(cell), place),
                _ => {}
            }
        }
        let action = match action.map(|cell| unquote(cell)).as_deref() {
            None | Some(b"" | b"I" | b"A" | b"M") => Action::Merge,
            Some(b"R") => Action::Replace,
            Some(b"D") => Action::Delete,
            Some(other) => return Err((action_column, CellProblem::UnknownAction, other.to_vec())),
        };
        if let Some((_, known)) = self.references.iter().find(|(known, _)| known == reference) {
            let unknown = || (reference_column, CellProblem::UnknownStructure, reference.to_vec());
            return known.map(|structure| (structure, action)).ok_or_else(unknown);
        }
        let (kind, content) = (unquote(kind).into_owned(), unquote(reference).into_owned());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        let id = text(&content);
        // With labels=both a name follows: `MIGHUB:MIG_FLOW(1.0.0): Flows`.
        let id = id.split_once(": ").map_or(&*id, |(id, _)| id);
        let found = (self.resolve)(&text(&kind), id);
        let structure = found.map(|definition| {
            self.uses.push(self.header.uses(&definition));
            self.definitions.push(definition);
            self.definitions.len() - 1
        });
        let reference = reference.to_vec();
        if self.references.len() < 1_000 {
            self.references.push((reference.clone(), structure));
        }
        structure.map(|structure| (structure, action)).ok_or((
            reference_column,
            CellProblem::UnknownStructure,
            reference,
        ))
    }
}

fn clip(content: &[u8]) -> String {
    String::from_utf8_lossy(content).chars().take(CLIP_CHARACTERS).collect()
}

/// What a column's last cells said, so that equal cells are not read again.
#[derive(Default)]
struct Recent {
    entries: Vec<(Vec<u8>, u32)>,
    next: usize,
}

/// Distinct values remembered per column: statuses and units have fewer.
const RECENT_MAX: usize = 8;

impl Recent {
    fn find(&self, cell: &[u8]) -> Option<u32> {
        self.entries.iter().find(|(known, _)| known == cell).map(|(_, code)| *code)
    }

    fn add(&mut self, cell: &[u8], code: u32) {
        if cell.len() > 32 {
            return;
        }
        if self.entries.len() < RECENT_MAX {
            self.entries.push((cell.to_vec(), code));
        } else {
            self.entries[self.next] = (cell.to_vec(), code);
            self.next = (self.next + 1) % RECENT_MAX;
        }
    }
}

struct Batch {
    definition: Arc<DataDefinition>,
    header: Arc<Header>,
    uses: Vec<Use>,
    action: Action,
    interners: Vec<Interner>,
    recent: Vec<Recent>,
    key: Vec<u32>,
    indexes: Vec<Vec<u32>>,
    ends: Vec<u32>,
    periods: Vec<Period>,
    unscaled: Vec<i64>,
    scales: Vec<u8>,
    rows: Vec<u64>,
    observation_attributes: Vec<AttributeBuilder>,
    series_attributes: Vec<AttributeBuilder>,
    /// Codes of the series attributes of the series that is open.
    series_codes: Vec<u32>,
    dataset_attributes: Vec<(Arc<str>, Option<AttributeValue>)>,
    issues: Vec<CellIssue>,
    cells: Vec<(u32, u32)>,
    series_scratch: Vec<u32>,
    observation_scratch: Vec<u32>,
    /// Bytes of the last row up to its last dimension, and how many columns they are.
    prefix: Vec<u8>,
    prefix_columns: usize,
    prefix_sound: bool,
    period_cell: (Vec<u8>, Period),
}

impl Batch {
    fn new(definition: &Arc<DataDefinition>, header: &Arc<Header>, uses: Vec<Use>, action: Action) -> Self {
        let shape = &definition.shape;
        let in_prefix = |(place, used): &(usize, &Use)| {
            matches!(used, Use::Dimension(_)) || header.columns[*place].role != Role::Other
        };
        let leading = uses.iter().enumerate().take_while(in_prefix).count();
        let dimensions = uses.iter().filter(|used| matches!(used, Use::Dimension(_))).count();
        let led = uses[..leading].iter().filter(|used| matches!(used, Use::Dimension(_))).count();
        Self {
            definition: definition.clone(),
            header: header.clone(),
            action,
            interners: vec![Interner::default(); shape.dimensions.len()],
            recent: uses.iter().map(|_| Recent::default()).collect(),
            key: vec![u32::MAX; shape.dimensions.len()],
            indexes: vec![Vec::new(); shape.dimensions.len()],
            ends: Vec::new(),
            periods: Vec::with_capacity(BATCH_ROWS),
            unscaled: Vec::with_capacity(BATCH_ROWS),
            scales: Vec::with_capacity(BATCH_ROWS),
            rows: Vec::with_capacity(BATCH_ROWS),
            observation_attributes: vec![AttributeBuilder::default(); shape.observation_attributes.len()],
            series_attributes: vec![AttributeBuilder::default(); shape.series_attributes.len()],
            series_codes: Vec::new(),
            dataset_attributes: Vec::new(),
            issues: Vec::new(),
            cells: Vec::new(),
            series_scratch: Vec::new(),
            observation_scratch: Vec::new(),
            prefix: Vec::new(),
            prefix_columns: if led == dimensions { leading } else { 0 },
            prefix_sound: false,
            period_cell: (Vec::new(), Period::ANY),
            uses,
        }
    }

    fn issue(&mut self, row: u64, column: usize, problem: CellProblem, content: &[u8]) {
        self.issues.push(CellIssue { row, column, problem, content: clip(content) });
    }

    fn push(&mut self, bytes: &[u8], quoted: bool, row: u64) {
        let separator = self.header.separator;
        let same_series = self.prefix_sound && !quoted && bytes.starts_with(&self.prefix);
        let skipped = if same_series { self.prefix_columns } else { 0 };
        let (offset, rest) =
            if same_series { (self.prefix.len(), &bytes[self.prefix.len()..]) } else { (0, bytes) };
        let mut cells = std::mem::take(&mut self.cells);
        split(rest, quoted, separator, &mut cells);
        if cells.len() + skipped != self.uses.len() {
            let problem = CellProblem::CellCount { found: cells.len() + skipped, expected: self.uses.len() };
            self.issue(row, (cells.len() + skipped).min(self.uses.len().saturating_sub(1)), problem, b"");
            self.cells = cells;
            return;
        }
        let mut fields = Fields { bytes, offset, cells: &cells, skipped, quoted };
        if same_series {
            self.push_observation(&mut fields, row, false);
        } else {
            self.push_row(&mut fields, row);
            if self.prefix_columns > 0 && !quoted {
                let end = cells[self.prefix_columns - 1].1 as usize + 1;
                self.prefix.clear();
                self.prefix.extend_from_slice(bytes.get(..end).unwrap_or(bytes));
                self.prefix_sound = self.key_complete() && end <= bytes.len();
            } else {
                self.prefix_sound = false;
            }
        }
        self.cells = cells;
    }

    fn key_complete(&self) -> bool {
        !self.periods.is_empty() && self.key.iter().all(|code| *code != u32::MAX)
    }

    /// A row whose key must be read.
    fn push_row(&mut self, fields: &mut Fields<'_>, row: u64) {
        let mut switched_off = 0;
        let mut changed = self.ends.is_empty();
        let mut empty = None;
        for column in 0..self.uses.len() {
            let Use::Dimension(place) = self.uses[column] else { continue };
            let cell = fields.cell(column);
            switched_off += usize::from(cell == b"~");
            if cell.is_empty() && self.action != Action::Delete {
                empty = empty.or(Some(column));
            }
            let code = match self.recent[column].find(cell) {
                Some(code) => code,
                None => self.intern(column, place, cell, row),
            };
            changed |= self.key[place] != code;
            self.key[place] = code;
        }
        if let Some(column) = empty {
            self.issue(row, column, CellProblem::EmptyDimension, b"");
        }
        if switched_off == self.definition.dimensions.len() {
            self.key.fill(u32::MAX);
            return self.push_dataset_attributes(fields, row);
        }
        if switched_off > 0 {
            let column = (0..self.uses.len()).find(|column| {
                matches!(self.uses[*column], Use::Dimension(_)) && fields.cell(*column) == b"~"
            });
            self.issue(row, column.unwrap_or(0), CellProblem::SwitchedOff, b"~");
        }
        self.push_observation(fields, row, changed);
    }

    fn intern(&mut self, column: usize, place: usize, cell: &[u8], row: u64) -> u32 {
        let content = unquote(cell);
        let code = match std::str::from_utf8(&content) {
            Ok(text) => {
                let text = if self.header.columns[column].labelled {
                    text.split_once(": ").map_or(text, |(id, _)| id)
                } else {
                    text
                };
                self.interners[place].intern(text)
            }
            Err(_) => {
                self.issue(row, column, CellProblem::NotUtf8, &content);
                self.interners[place].intern("")
            }
        };
        self.recent[column].add(cell, code);
        code
    }

    fn push_dataset_attributes(&mut self, fields: &mut Fields<'_>, row: u64) {
        for column in 0..self.uses.len() {
            if let Use::Dataset(place) = self.uses[column] {
                self.dataset_attribute(column, place, fields.cell(column), row);
            }
        }
    }

    fn dataset_attribute(&mut self, column: usize, place: usize, cell: &[u8], row: u64) {
        let Some(value) = self.value(column, cell, row) else { return };
        let id = self.definition.attributes[place].component.id.clone();
        let value = (self.action != Action::Delete).then_some(value);
        match self.dataset_attributes.iter().find(|(known, _)| *known == id) {
            Some((_, known)) if *known != value => {
                self.issue(row, column, CellProblem::DatasetConflict, cell)
            }
            Some(_) => {}
            None => self.dataset_attributes.push((id, value)),
        }
    }

    fn push_observation(&mut self, fields: &mut Fields<'_>, row: u64, changed: bool) {
        let mut period = Period::ANY;
        let mut value = None;
        let mut series_codes = std::mem::take(&mut self.series_scratch);
        let mut observation_codes = std::mem::take(&mut self.observation_scratch);
        series_codes.clear();
        series_codes.resize(self.series_attributes.len(), 0);
        observation_codes.clear();
        observation_codes.resize(self.observation_attributes.len(), 0);
        let deletes = self.action == Action::Delete;
        for column in fields.skipped..self.uses.len() {
            let cell = fields.cell(column);
            match self.uses[column] {
                Use::None | Use::Dimension(_) => {}
                Use::Time => period = self.period(column, cell, row),
                Use::Measure => value = self.number(column, cell, row),
                Use::Dataset(place) => self.dataset_attribute(column, place, cell, row),
                Use::Observation(_, place) => {
                    if !cell.is_empty() {
                        observation_codes[place] = self
                            .attribute(column, cell, row, |batch| &mut batch.observation_attributes[place]);
                    }
                }
                Use::Series(_, place) => {
                    if !cell.is_empty() {
                        series_codes[place] =
                            self.attribute(column, cell, row, |batch| &mut batch.series_attributes[place]);
                    }
                }
            }
        }
        // In a deletion, attributes of a series are deleted by a row of their own without period.
        let about_series = deletes && period != Period::ANY && series_codes.iter().any(|code| *code != 0);
        if about_series {
            let nothing_else = value.is_none() && observation_codes.iter().all(|code| *code == 0);
            self.start_series(&series_codes);
            self.observation(Period::ANY, None, &[], row);
            series_codes.fill(0);
            if nothing_else {
                self.series_scratch = series_codes;
                self.observation_scratch = observation_codes;
                return;
            }
        }
        if changed || about_series || self.ends.is_empty() || self.series_codes != series_codes {
            self.start_series(&series_codes);
        }
        self.observation(period, value, &observation_codes, row);
        self.series_scratch = series_codes;
        self.observation_scratch = observation_codes;
    }

    fn start_series(&mut self, series_codes: &[u32]) {
        for (index, code) in self.indexes.iter_mut().zip(&self.key) {
            index.push(*code);
        }
        for (builder, code) in self.series_attributes.iter_mut().zip(series_codes) {
            builder.push(*code, 1);
        }
        self.series_codes.clear();
        self.series_codes.extend_from_slice(series_codes);
        self.ends.push(self.periods.len() as u32);
    }

    fn observation(&mut self, period: Period, value: Option<Decimal>, codes: &[u32], row: u64) {
        self.periods.push(period);
        self.unscaled.push(value.map_or(0, |value| value.unscaled));
        self.scales.push(value.map_or(NO_VALUE, |value| value.scale));
        self.rows.push(row);
        for (place, builder) in self.observation_attributes.iter_mut().enumerate() {
            builder.push(codes.get(place).copied().unwrap_or(0), 1);
        }
        if let Some(end) = self.ends.last_mut() {
            *end = self.periods.len() as u32;
        }
    }

    fn period(&mut self, column: usize, cell: &[u8], row: u64) -> Period {
        if cell == self.period_cell.0 {
            return self.period_cell.1;
        }
        if cell == b"~" || (cell.is_empty() && self.action == Action::Delete) {
            return Period::ANY;
        }
        let content = unquote(cell);
        match Period::parse(&content) {
            Ok(period) => {
                self.period_cell = (cell.to_vec(), period);
                period
            }
            Err(_) if content.is_empty() => {
                self.issue(row, column, CellProblem::EmptyDimension, b"");
                Period::ANY
            }
            Err(error) => {
                self.issue(row, column, error.into(), &content);
                Period::ANY
            }
        }
    }

    fn number(&mut self, column: usize, cell: &[u8], row: u64) -> Option<Decimal> {
        if cell.is_empty() {
            return None;
        }
        if self.action == Action::Delete {
            return Some(Decimal::integer(0));
        }
        let content = unquote(cell);
        match Decimal::parse(&content) {
            Ok(number) => Some(number),
            Err(_) if content.is_empty() => None,
            Err(error) => {
                self.issue(row, column, error.into(), &content);
                None
            }
        }
    }

    fn attribute(
        &mut self,
        column: usize,
        cell: &[u8],
        row: u64,
        builder: impl Fn(&mut Self) -> &mut AttributeBuilder,
    ) -> u32 {
        if let Some(code) = self.recent[column].find(cell) {
            return code;
        }
        let value = self.value(column, cell, row);
        let code = builder(self).code(value.as_ref());
        self.recent[column].add(cell, code);
        code
    }

    fn value(&mut self, column: usize, cell: &[u8], row: u64) -> Option<AttributeValue> {
        let content = unquote(cell);
        if content.len() > TEXT_BYTES_MAX {
            self.issue(row, column, CellProblem::TooLong, &content);
            return None;
        }
        if &*content == b"#N/A" {
            self.issue(row, column, CellProblem::NotAvailable, &content);
            return None;
        }
        let header = self.header.clone();
        let described: &Column = &header.columns[column];
        match std::str::from_utf8(&content) {
            Ok(text) => {
                let text =
                    if described.labelled { text.split_once(": ").map_or(text, |(id, _)| id) } else { text };
                cell::read_value(text, described, self.header.sub_separator)
            }
            Err(_) => {
                self.issue(row, column, CellProblem::NotUtf8, &content);
                None
            }
        }
    }

    fn finish(mut self, structure: usize) -> RowBatch {
        let mut columns = Columns::new(self.definition.shape.clone());
        for ((column, interner), index) in
            columns.dimensions.iter_mut().zip(&self.interners).zip(self.indexes)
        {
            *column = DimensionColumn { codes: interner.codes().to_vec(), index };
        }
        columns.ends = self.ends;
        columns.periods = self.periods;
        columns.unscaled = self.unscaled;
        columns.scales = self.scales;
        columns.rows = self.rows;
        columns.observation_attributes =
            self.observation_attributes.iter_mut().map(AttributeBuilder::take).collect();
        columns.series_attributes = self.series_attributes.iter_mut().map(AttributeBuilder::take).collect();
        RowBatch {
            structure,
            action: self.action,
            columns,
            dataset_attributes: self.dataset_attributes,
            issues: self.issues,
        }
    }
}

/// The cells of one row.
struct Fields<'r> {
    bytes: &'r [u8],
    offset: usize,
    cells: &'r [(u32, u32)],
    skipped: usize,
    quoted: bool,
}

impl<'r> Fields<'r> {
    /// The cell of a column, still quoted if it was.
    fn cell(&self, column: usize) -> &'r [u8] {
        let (start, end) = self.cells[column - self.skipped];
        let cell = &self.bytes[self.offset + start as usize..self.offset + end as usize];
        if self.quoted && cell == b"\"\"" { &cell[..0] } else { cell }
    }
}
