//! Rows of one dataflow to the columns of a batch.

use std::sync::Arc;

use super::attributes::{AttributeCells, DatasetCell};
use super::cell::{code_of, read_value};
use super::dictionary::Dictionary;
use super::issue::{CellIssue, CellProblem, clip};
use super::plan::{Plan, Use};
use super::reader::{Action, RowBatch};
use super::split::{Cell, Packed, split, unquote};
use super::{BATCH_BYTES, BATCH_ISSUES, BATCH_ROWS, CODE_BYTES_MAX, CODES_MAX, TEXT_BYTES_MAX};
use crate::columns::{Columns, DimensionColumn, NO_VALUE};
use crate::decimal::{Decimal, DecimalError};
use crate::period::Period;
use crate::structure::DataDefinition;

/// Bytes of the distinct codes of one dimension that are kept in memory.
const CODE_BYTES_KEPT: usize = 32 * 1024 * 1024;
/// Periods remembered by their text; a file has some dozens.
const PERIODS_KEPT: usize = 256;
/// Spreads texts over the places for them; any odd number with many bits does.
const PERIOD_SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// A row in the buffer.
pub(super) struct Row<'r> {
    /// Its bytes, and some meaningless ones behind.
    pub(super) padded: &'r [u8],
    pub(super) length: usize,
    pub(super) quoted: bool,
    pub(super) number: u64,
}

impl<'r> Row<'r> {
    fn bytes(&self) -> &'r [u8] {
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
        let batch = &self.batch;
        batch.periods.len() >= BATCH_ROWS || batch.bytes >= BATCH_BYTES || batch.issues.len() >= BATCH_ISSUES
    }

    /// The column with more distinct codes than are kept, if there is one.
    pub(super) fn overflowing(&self) -> Option<usize> {
        let place =
            self.batch.dimensions.iter().position(|codes| codes.exceeds(CODES_MAX, CODE_BYTES_KEPT))?;
        Some(self.plan.dimensions[place])
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
        self.batch.bytes += row.length;
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
        batch.action = action;
        batch.bytes += row.length;
        let Some(key) = batch.read_key(&self.plan, row, &self.cells, first) else { return };
        batch.push_cells(&self.plan, row, &self.cells, first, key.changed);
        if key.sound && self.plan.key_columns > first {
            let end = self.cells[self.plan.key_columns - 1 - first].end as usize + 1;
            self.prefix.extend_from_slice(&row.bytes()[..end.min(row.length)]);
        }
    }

    /// A row with more or fewer cells than the header. Reported where the first missing cell should begin, or
    /// at the last cell that has a column.
    fn refuse(&mut self, row: &Row<'_>, before: usize) {
        let found = self.cells.len() + before;
        let problem = CellProblem::CellCount { found, expected: self.columns };
        self.batch.bytes += row.length;
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

/// What a row's key is to the series that is open.
struct KeyRead {
    changed: bool,
    /// Whether every dimension has a code.
    sound: bool,
}

struct Batch {
    action: Action,
    dimensions: Vec<Dictionary<Arc<str>>>,
    /// The key of the series that is open.
    key: Vec<u32>,
    indexes: Vec<Vec<u32>>,
    ends: Vec<u32>,
    periods: Vec<Period>,
    unscaled: Vec<i64>,
    scales: Vec<u8>,
    rows: Vec<u64>,
    observation: Vec<AttributeCells>,
    series: Vec<AttributeCells>,
    dataset: Vec<DatasetCell>,
    dataset_found: Vec<usize>,
    period_texts: Vec<(Packed, Period)>,
    /// Series attributes whose deletion was noted last.
    deleted: Vec<u32>,
    issues: Vec<CellIssue>,
    bytes: usize,
}

impl Batch {
    fn new(definition: &DataDefinition, plan: &Plan) -> Self {
        let shape = &definition.shape;
        let attributes = |count: usize| (0..count).map(|_| AttributeCells::new()).collect();
        let dataset = plan.dataset.iter().map(|place| &definition.attributes[*place].component.id);
        Self {
            action: Action::Merge,
            dimensions: shape.dimensions.iter().map(|_| Dictionary::new()).collect(),
            key: vec![u32::MAX; shape.dimensions.len()],
            indexes: vec![Vec::new(); shape.dimensions.len()],
            ends: Vec::new(),
            periods: Vec::new(),
            unscaled: Vec::new(),
            scales: Vec::new(),
            rows: Vec::new(),
            observation: attributes(shape.observation_attributes.len()),
            series: attributes(shape.series_attributes.len()),
            dataset: dataset.map(|id| DatasetCell::new(id.clone())).collect(),
            dataset_found: Vec::new(),
            period_texts: vec![(Packed::EMPTY, Period::ANY); PERIODS_KEPT],
            deleted: Vec::new(),
            issues: Vec::new(),
            bytes: 0,
        }
    }

    #[cold]
    fn issue(&mut self, row: &Row<'_>, column: usize, problem: CellProblem, content: &[u8]) {
        self.issues.push(CellIssue { row: row.number, column, problem, content: clip(content) });
    }

    /// Reads the dimensions of a row; nothing if the row is about the dataset as a whole.
    fn read_key(&mut self, plan: &Plan, row: &Row<'_>, cells: &[Cell], first: usize) -> Option<KeyRead> {
        let tilde = Packed::of(b"~");
        let mut key = KeyRead { changed: self.ends.is_empty(), sound: true };
        let mut switched_off = 0;
        for (dimension, column) in plan.dimensions.iter().enumerate() {
            let cell = cells[*column - first];
            switched_off += usize::from(cell.packed == tilde);
            let known = match cell.packed {
                Packed::QUOTED => None,
                packed => self.dimensions[dimension].find(packed, cell.raw(row.bytes())),
            };
            let code = known.unwrap_or_else(|| self.read_code(plan, row, *column, dimension, cell, &mut key));
            if cell.packed == Packed::EMPTY && self.action != Action::Delete {
                key.sound = false;
                self.issue(row, *column, CellProblem::EmptyDimension, b"");
            }
            key.changed |= self.key[dimension] != code;
            self.key[dimension] = code;
        }
        if switched_off == 0 {
            return Some(key);
        }
        let of_time = plan.others.iter().find(|(_, used)| *used == Use::Time);
        let time_off = of_time.is_none_or(|(column, _)| {
            let packed = cells[*column - first].packed;
            packed == tilde || packed == Packed::EMPTY
        });
        if switched_off == plan.dimensions.len() && time_off {
            self.key.fill(u32::MAX);
            for (column, used) in &plan.others {
                if let Use::Dataset(place) = used {
                    self.dataset_attribute(plan, row, *column, *place, cells[*column - first]);
                }
            }
            return None;
        }
        key.sound = false;
        let column = plan.dimensions.iter().find(|column| cells[**column - first].packed == tilde);
        self.issue(row, column.copied().unwrap_or(0), CellProblem::SwitchedOff, b"~");
        Some(key)
    }

    /// Reads a code whose spelling was not met before, or that stands in quotes.
    fn read_code(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        column: usize,
        dimension: usize,
        cell: Cell,
        key: &mut KeyRead,
    ) -> u32 {
        let raw = cell.raw(row.bytes());
        let read = unquote(raw).ok_or(CellProblem::StrayQuote).and_then(|content| {
            if content.len() > CODE_BYTES_MAX {
                return Err(CellProblem::CodeTooLong);
            }
            if std::str::from_utf8(&content).is_err() { Err(CellProblem::NotUtf8) } else { Ok(content) }
        });
        let content = match read {
            Ok(content) => content,
            Err(problem) => {
                key.sound = false;
                self.issue(row, column, problem, raw);
                b"".into()
            }
        };
        let packed = Packed::of(&content);
        if let Some(code) = self.dimensions[dimension].find(packed, &content) {
            return code;
        }
        let text = String::from_utf8_lossy(&content);
        let code = if plan.forms[column].labelled { code_of(&text) } else { &text };
        self.dimensions[dimension].add(packed, &content, Arc::from(code))
    }

    /// Reads everything but the key. `cells` begin with column `first`.
    #[inline]
    fn push_cells(&mut self, plan: &Plan, row: &Row<'_>, cells: &[Cell], first: usize, changed: bool) {
        let (mut period, mut value) = (Period::ANY, None);
        for (column, used) in &plan.others {
            let cell = cells[*column - first];
            match *used {
                Use::Time => period = self.period(row, *column, cell),
                Use::Measure => value = self.number(row, *column, cell),
                Use::Observation(place) => {
                    self.observation[place].code = self.attribute(plan, row, *column, cell, |batch| {
                        &mut batch.observation[place].dictionary
                    });
                }
                Use::Series(place) => {
                    self.series[place].code =
                        self.attribute(plan, row, *column, cell, |batch| &mut batch.series[place].dictionary);
                }
                Use::Dataset(place) => self.dataset_attribute(plan, row, *column, place, cell),
            }
        }
        let mut changed = changed || self.ends.is_empty();
        if self.action == Action::Delete && self.series.iter().any(|attribute| attribute.code != 0) {
            changed |= self.delete_series_attributes(row, changed);
            if value.is_none() && self.observation.iter().all(|attribute| attribute.code == 0) {
                return;
            }
        }
        if changed || self.series.iter().any(|attribute| attribute.code != attribute.last()) {
            self.start_series();
        }
        self.push_observation(row, period, value);
    }

    /// A deletion that names attributes of a series deletes them by an entry of its own, without period. True
    /// if there was need for it.
    fn delete_series_attributes(&mut self, row: &Row<'_>, changed: bool) -> bool {
        let codes = self.series.iter().map(|attribute| attribute.code);
        // Rows of one series mostly delete the same.
        let needed = changed || !codes.clone().eq(self.deleted.iter().copied());
        if needed {
            self.deleted = codes.collect();
            let take = |attribute: &mut AttributeCells| std::mem::take(&mut attribute.code);
            let of_observation: Vec<u32> = self.observation.iter_mut().map(take).collect();
            self.start_series();
            self.push_observation(row, Period::ANY, None);
            for (attribute, code) in self.observation.iter_mut().zip(of_observation) {
                attribute.code = code;
            }
        }
        self.series.iter_mut().for_each(|attribute| attribute.code = 0);
        needed
    }

    fn start_series(&mut self) {
        for (index, code) in self.indexes.iter_mut().zip(&self.key) {
            index.push(*code);
        }
        let series = self.ends.len();
        for attribute in &mut self.series {
            attribute.push(series, attribute.code);
        }
        self.ends.push(0);
    }

    #[inline]
    fn push_observation(&mut self, row: &Row<'_>, period: Period, value: Option<Decimal>) {
        let entry = self.periods.len();
        self.periods.push(period);
        self.unscaled.push(value.map_or(0, |value| value.unscaled));
        self.scales.push(value.map_or(NO_VALUE, |value| value.scale));
        self.rows.push(row.number);
        for attribute in &mut self.observation {
            attribute.push(entry, attribute.code);
        }
        if let Some(end) = self.ends.last_mut() {
            *end = entry as u32 + 1;
        }
    }

    #[inline]
    fn period(&mut self, row: &Row<'_>, column: usize, cell: Cell) -> Period {
        let place = (cell.packed.0.wrapping_mul(PERIOD_SPREAD) >> 48) as usize % PERIODS_KEPT;
        let (known, period) = self.period_texts[place];
        if known == cell.packed && known != Packed::EMPTY {
            return period;
        }
        self.read_period(row, column, cell, place)
    }

    fn read_period(&mut self, row: &Row<'_>, column: usize, cell: Cell, place: usize) -> Period {
        let raw = cell.raw(row.bytes());
        let content = match unquote(raw) {
            Some(content) => content,
            None => {
                self.issue(row, column, CellProblem::StrayQuote, raw);
                return Period::ANY;
            }
        };
        if content.is_empty() && self.action != Action::Delete {
            self.issue(row, column, CellProblem::EmptyPeriod, b"");
        }
        if content.is_empty() || &*content == b"~" {
            return Period::ANY;
        }
        match Period::parse(&content) {
            Ok(period) => {
                if cell.packed.is_whole() {
                    self.period_texts[place] = (cell.packed, period);
                }
                period
            }
            Err(error) => {
                self.issue(row, column, error.into(), &content);
                Period::ANY
            }
        }
    }

    #[inline]
    fn number(&mut self, row: &Row<'_>, column: usize, cell: Cell) -> Option<Decimal> {
        if cell.packed == Packed::EMPTY {
            return None;
        }
        if self.action != Action::Delete
            && cell.packed != Packed::QUOTED
            && let Ok(number) = Decimal::parse(cell.raw(row.bytes()))
        {
            return Some(number);
        }
        self.read_number(row, column, cell)
    }

    fn read_number(&mut self, row: &Row<'_>, column: usize, cell: Cell) -> Option<Decimal> {
        let raw = cell.raw(row.bytes());
        let Some(content) = unquote(raw) else {
            self.issue(row, column, CellProblem::StrayQuote, raw);
            return None;
        };
        if content.is_empty() {
            return None;
        }
        if self.action == Action::Delete {
            return Some(Decimal::integer(0));
        }
        let read = match &*content {
            b"#N/A" => Err(DecimalError::Special("#N/A")),
            content => Decimal::parse(content),
        };
        read.map_err(|error| self.issue(row, column, error.into(), &content)).ok()
    }

    #[inline]
    fn attribute(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        column: usize,
        cell: Cell,
        dictionary: impl Fn(&mut Self) -> &mut Dictionary<crate::columns::AttributeValue>,
    ) -> u32 {
        if cell.packed == Packed::EMPTY {
            return 0;
        }
        let known = match cell.packed {
            Packed::QUOTED => None,
            packed => dictionary(self).find(packed, cell.raw(row.bytes())),
        };
        if let Some(number) = known {
            return number + 1;
        }
        let Some((packed, content)) = self.text(row, column, cell) else { return 0 };
        if let Some(number) = dictionary(self).find(packed, content.as_bytes()) {
            return number + 1;
        }
        let Some(value) = read_value(&content, &plan.forms[column]) else { return 0 };
        dictionary(self).add(packed, content.as_bytes(), value) + 1
    }

    /// The content of an attribute's cell; nothing if it is empty or cannot be read.
    fn text(&mut self, row: &Row<'_>, column: usize, cell: Cell) -> Option<(Packed, String)> {
        let raw = cell.raw(row.bytes());
        let read = match unquote(raw) {
            None => Err(CellProblem::StrayQuote),
            Some(content) if content.len() > TEXT_BYTES_MAX => Err(CellProblem::TextTooLong),
            Some(content) if &*content == b"#N/A" && self.action != Action::Delete => {
                Err(CellProblem::NotAvailable)
            }
            Some(content) => String::from_utf8(content.into_owned()).map_err(|_| CellProblem::NotUtf8),
        };
        match read {
            Ok(content) => (!content.is_empty()).then(|| (Packed::of(content.as_bytes()), content)),
            Err(problem) => {
                self.issue(row, column, problem, raw);
                None
            }
        }
    }

    fn dataset_attribute(&mut self, plan: &Plan, row: &Row<'_>, column: usize, place: usize, cell: Cell) {
        let raw = cell.raw(row.bytes());
        let known = &self.dataset[place];
        if raw.is_empty() || (known.last == raw && known.given.iter().any(|given| given.0 == self.action)) {
            return;
        }
        let Some((_, content)) = self.text(row, column, cell) else { return };
        let Some(value) = read_value(&content, &plan.forms[column]) else { return };
        let value = (self.action != Action::Delete).then_some(value);
        let known = &mut self.dataset[place];
        match known.given.iter().find(|given| given.0 == self.action) {
            Some((_, first, first_row)) if *first != value => {
                let first_row = *first_row;
                return self.issue(row, column, CellProblem::DatasetConflict { first_row }, raw);
            }
            Some(_) => {}
            None => {
                known.given.push((self.action, value, row.number));
                self.dataset_found.push(place);
            }
        }
        self.dataset[place].last = raw.to_vec();
    }

    fn take(&mut self, definition: &DataDefinition, structure: usize) -> RowBatch {
        let mut columns = Columns::new(definition.shape.clone());
        for ((column, codes), index) in
            columns.dimensions.iter_mut().zip(&mut self.dimensions).zip(&mut self.indexes)
        {
            *column = DimensionColumn { codes: codes.take_used(), index: std::mem::take(index) };
        }
        let (series, observations) = (self.ends.len(), self.periods.len());
        let of = |attributes: &mut Vec<AttributeCells>, entries: usize| {
            attributes.iter_mut().map(|attribute| attribute.take(entries)).collect()
        };
        columns.observation_attributes = of(&mut self.observation, observations);
        columns.series_attributes = of(&mut self.series, series);
        // A batch is about as large as the one before.
        fn next<T>(column: &mut Vec<T>) -> Vec<T> {
            let next = Vec::with_capacity(column.len());
            std::mem::replace(column, next)
        }
        columns.ends = next(&mut self.ends);
        columns.periods = next(&mut self.periods);
        columns.unscaled = next(&mut self.unscaled);
        columns.scales = next(&mut self.scales);
        columns.rows = next(&mut self.rows);
        self.bytes = 0;
        let found = std::mem::take(&mut self.dataset_found);
        let dataset_attributes = found.into_iter().filter_map(|place| {
            let cell = &self.dataset[place];
            let given = cell.given.iter().find(|given| given.0 == self.action)?;
            Some((cell.id.clone(), given.1.clone()))
        });
        RowBatch {
            structure,
            action: self.action,
            columns,
            dataset_attributes: dataset_attributes.collect(),
            issues: std::mem::take(&mut self.issues),
        }
    }
}
