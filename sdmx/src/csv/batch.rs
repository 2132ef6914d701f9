//! The columns of a batch while its rows come in.

mod contents;

use std::borrow::Cow;
use std::sync::Arc;

use super::assembler::Row;
use super::attributes::{AttributeCells, DatasetCell};
use super::cell::{DIVIDED, code_of, read_divided, read_value};
use super::dictionary::Dictionary;
use super::issue::{CellIssue, CellProblem, clip};
use super::plan::{CellForm, Plan, Use};
use super::reader::{Action, RowBatch};
use super::split::{Cell, Packed, unquote};
use super::{BATCH_BYTES, BATCH_ISSUES, BATCH_ROWS, CODE_BYTES_MAX, CODES_MAX};
use crate::columns::{AttributeValue, Columns, DimensionColumn, NO_VALUE};
use crate::decimal::{Decimal, DecimalError};
use crate::period::Period;
use crate::structure::DataDefinition;
use contents::PERIODS_KEPT;

/// The attribute that says why there is no value.
const STATUS: &str = "OBS_STATUS";
/// Bytes of the distinct codes of one dimension that are kept in memory.
const CODE_BYTES_KEPT: usize = 8 * 1024 * 1024;

/// What a row's key is to the series that is open.
pub(crate) struct KeyRead {
    pub(crate) changed: bool,
    /// Whether every dimension has a code.
    pub(crate) sound: bool,
}

/// What was read of the rows of one dataflow and one action.
pub(crate) struct Batch {
    action: Action,
    dimensions: Vec<Dictionary<Arc<str>>>,
    /// The key of the series that is open.
    key: Vec<u32>,
    /// The cells that gave it, where they are short: most of a key stays the same from row to row.
    key_cells: Vec<Packed>,
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
    /// Attributes of the open series whose deletion was noted last.
    deleted: Vec<u32>,
    issues: Vec<CellIssue>,
    /// Of the row at hand: its value is missing on purpose; the column, and what is wrong if that cannot be.
    no_value: Option<(usize, DecimalError)>,
    /// The place of OBS_STATUS.
    status: Option<usize>,
    bytes: usize,
    /// Whether cells are contents as they are, and not in the quotes of CSV.
    is_plain: bool,
}

impl Batch {
    pub(crate) fn new(definition: &DataDefinition, plan: &Plan) -> Self {
        let shape = &definition.shape;
        let attributes = |count: usize| (0..count).map(|_| AttributeCells::new()).collect();
        let dataset = plan.dataset.iter().map(|place| &definition.attributes[*place].component.id);
        Self {
            action: Action::Merge,
            dimensions: shape.dimensions.iter().map(|_| Dictionary::new()).collect(),
            key: vec![u32::MAX; shape.dimensions.len()],
            key_cells: vec![Packed::LONG; shape.dimensions.len()],
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
            no_value: None,
            status: shape.observation_attribute(STATUS),
            bytes: 0,
            is_plain: false,
        }
    }

    /// A batch for cells that are contents as they are.
    pub(crate) fn plain(definition: &DataDefinition, plan: &Plan) -> Self {
        Self { is_plain: true, ..Self::new(definition, plan) }
    }

    /// Whether there is nothing in it yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.periods.is_empty() && self.issues.is_empty() && self.dataset_found.is_empty()
    }

    /// The content of a cell; nothing if text follows its closing quotation mark.
    fn content<'r>(&self, raw: &'r [u8]) -> Option<Cow<'r, [u8]>> {
        if self.is_plain { Some(raw.into()) } else { unquote(raw) }
    }

    /// Reads the content of an attribute's cell.
    fn value(&self, content: &str, form: &CellForm) -> Option<AttributeValue> {
        match content.strip_prefix(DIVIDED).filter(|_| self.is_plain) {
            Some(divided) => read_divided(divided),
            None => read_value(content, form),
        }
    }

    /// Whether it is large enough.
    pub(crate) fn is_full(&self) -> bool {
        self.periods.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES || self.issues.len() >= BATCH_ISSUES
    }

    /// The dimension with more distinct codes than are kept, if there is one.
    pub(crate) fn overflowing(&self) -> Option<usize> {
        self.dimensions.iter().position(|codes| codes.exceeds(CODES_MAX, CODE_BYTES_KEPT))
    }

    /// What its rows do; the same for all of them.
    pub(crate) fn set_action(&mut self, action: Action) {
        self.action = action;
    }

    /// Whether its rows delete.
    pub(crate) fn deletes(&self) -> bool {
        self.action == Action::Delete
    }

    pub(crate) fn count_bytes(&mut self, of_row: usize) {
        self.bytes += of_row;
    }

    #[cold]
    pub(crate) fn issue(&mut self, row: &Row<'_>, column: usize, problem: CellProblem, content: &[u8]) {
        self.issues.push(CellIssue { row: row.number, column, problem, content: clip(content) });
    }

    /// Reads the dimensions of a row; nothing if the row is about the dataset as a whole.
    pub(crate) fn read_key(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        cells: &[Cell],
        first: usize,
    ) -> Option<KeyRead> {
        let tilde = Packed::of(b"~");
        let mut key = KeyRead { changed: self.ends.is_empty(), sound: true };
        let mut switched_off = 0;
        for (dimension, column) in plan.dimensions.iter().enumerate() {
            let cell = cells[*column - first];
            if cell.packed == self.key_cells[dimension] && cell.packed.is_whole() {
                continue;
            }
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
            // Cells that are reported are looked at each time.
            let plain = cell.packed != tilde && cell.packed != Packed::EMPTY;
            self.key_cells[dimension] = if plain { cell.packed } else { Packed::LONG };
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
            self.key_cells.fill(Packed::LONG);
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
        let read = self.content(raw).ok_or(CellProblem::StrayQuote).and_then(|content| {
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
    pub(crate) fn push_cells(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        cells: &[Cell],
        first: usize,
        changed: bool,
    ) {
        let (mut period, mut value) = (Period::ANY, None);
        let mut names_dataset = false;
        for (column, used) in &plan.others {
            let cell = cells[*column - first];
            match *used {
                Use::Time => period = self.period(row, *column, cell),
                Use::Measure => value = self.number(row, *column, cell),
                Use::Observation(place) => {
                    self.observation[place].code = self.attribute(plan, row, *column, cell, true, |batch| {
                        &mut batch.observation[place].dictionary
                    });
                }
                Use::Series(place) => {
                    self.series[place].code = self.attribute(plan, row, *column, cell, false, |batch| {
                        &mut batch.series[place].dictionary
                    });
                }
                Use::Dataset(place) => {
                    names_dataset |= cell.packed != Packed::EMPTY;
                    self.dataset_attribute(plan, row, *column, place, cell);
                }
            }
        }
        if let Some((column, error)) = self.no_value.take() {
            self.missing_on_purpose(row, column, error);
        }
        let mut changed = changed || self.ends.is_empty();
        if self.action == Action::Delete {
            if changed {
                self.deleted.clear();
            }
            let names_series = self.series.iter().any(|attribute| attribute.code != 0);
            let names_cells = value.is_some() || self.observation.iter().any(|attribute| attribute.code != 0);
            // An entry without period that names cells can name attributes of its series as well: two entries
            // without period would be one too many.
            if names_series && !(names_cells && period == Period::ANY) {
                changed |= self.delete_series_attributes(row, changed);
            }
            // A row that names something else does not mean the whole observation.
            if (names_series || names_dataset) && !names_cells {
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

    /// What was read; the next batch begins.
    pub(crate) fn take(&mut self, definition: &DataDefinition, structure: usize) -> RowBatch {
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
        self.key_cells.fill(Packed::LONG);
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
