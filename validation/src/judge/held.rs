//! What a judge was given, until it runs: batches in memory, or scratch files divided into slices.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use mighub_sdmx::Columns;
use mighub_sdmx::columns::{ColumnsBuilder, ObservationRange, SourceMap};
use mighub_sdmx::period::{Form, Period};
use mighub_sdmx::sort::Scratch;
use mighub_sdmx::structure::DataDefinition;
use mighub_vtl::Dataset;
use mighub_vtl::dataset::Column;

use super::affected::{Affected, hash};
use super::slices::Slices;
use crate::rulebook::PreparedInput;

/// Batches of one input.
pub(super) struct Held {
    input: PreparedInput,
    definition: Arc<DataDefinition>,
    /// Places of the dimensions that no rule crosses, if this input can be divided by them.
    divide_by: Vec<usize>,
    batches: Vec<Columns>,
    slices: Option<Slices>,
    bytes: usize,
    observations: usize,
    /// Observations left out, as their periods are none that rules can work with.
    pub(super) irregular: u64,
}

/// One input, or one slice of it, as the engine takes it.
pub(super) struct Loaded {
    pub(super) dataset: Dataset,
    /// Rows of the file, in the order of the data set; empty where there is no file.
    pub(super) rows: Vec<u64>,
    /// Periods by the number the engine has for them.
    pub(super) periods: HashMap<i64, Period>,
}

impl Held {
    pub(super) fn new(input: PreparedInput, definition: Arc<DataDefinition>, divide_by: Vec<usize>) -> Self {
        Self {
            input,
            definition,
            divide_by,
            batches: Vec::new(),
            slices: None,
            bytes: 0,
            observations: 0,
            irregular: 0,
        }
    }

    /// Takes a batch; of it only what a correction touches, if that is said.
    pub(super) fn push(&mut self, columns: &Columns, affected: Option<&Affected>) -> io::Result<()> {
        let Some(columns) = self.relevant(columns, affected) else { return Ok(()) };
        self.observations += columns.len();
        if let Some(slices) = &mut self.slices {
            return slices.write(&columns);
        }
        self.bytes += bytes(&columns);
        self.batches.push(columns);
        Ok(())
    }

    /// The part of a batch that is judged, if there is any.
    fn relevant(&mut self, columns: &Columns, affected: Option<&Affected>) -> Option<Columns> {
        let is_wanted: Vec<bool> = (0..columns.series_count())
            .map(|series| {
                affected
                    .is_none_or(|affected| affected.needs(&columns.key(series).codes().collect::<Vec<_>>()))
            })
            .collect();
        let all_wanted = is_wanted.iter().all(|wanted| *wanted);
        if all_wanted && columns.periods.iter().all(|period| is_regular(*period)) {
            return (!columns.is_empty()).then(|| columns.clone());
        }
        let mut builder = ColumnsBuilder::new(columns.shape.clone());
        if !columns.rows.is_empty() {
            builder = builder.keep_rows();
        }
        let mut map = SourceMap::default();
        for series in (0..columns.series_count()).filter(|series| is_wanted[*series]) {
            let whole = ObservationRange::whole(columns, series);
            let span = columns.observations(series);
            if columns.periods[span.clone()].iter().all(|period| is_regular(*period)) {
                builder.push(whole, &mut map);
                continue;
            }
            builder.start_series(columns, series, &mut map);
            for observation in span {
                let period = columns.periods[observation];
                if is_regular(period) {
                    builder.observations(whole.part(observation, observation + 1), &mut map);
                } else if period != Period::ANY {
                    self.irregular += 1;
                }
            }
            builder.end_series();
        }
        (!builder.is_empty()).then(|| builder.take())
    }

    /// Bytes that lie in memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// About bytes that the engine needs for its columns.
    pub(super) fn engine_bytes(&self) -> usize {
        let texts = self.definition.dimensions.len() + self.input.wanted.len();
        self.observations * (4 * texts + 8 + 8)
    }

    /// Moves everything to scratch files.
    pub(super) fn divide(&mut self, scratch: &mut Scratch) -> io::Result<()> {
        if self.slices.is_some() || self.divide_by.is_empty() {
            return Ok(());
        }
        let mut slices = Slices::new(self.definition.shape.clone(), self.divide_by.clone(), scratch)?;
        for batch in std::mem::take(&mut self.batches) {
            slices.write(&batch)?;
        }
        self.bytes = 0;
        self.slices = Some(slices);
        Ok(())
    }

    /// Everything, or what belongs to one slice; inputs that are not divided belong to each.
    pub(super) fn load(&mut self, slice: Option<usize>) -> io::Result<Loaded> {
        let mut builder = self.input.builder(&self.definition);
        let mut rows = Vec::new();
        let mut periods: Vec<Period> = Vec::new();
        let mut push = |batch: &Columns| {
            // Irregular periods, which alone it refuses, were left out.
            if builder.push(batch).is_ok() {
                rows.extend_from_slice(&batch.rows);
                periods.extend_from_slice(&batch.periods);
            }
        };
        match (&mut self.slices, slice) {
            (Some(slices), Some(slice)) => slices.read(slice, &mut push)?,
            (_, None) => std::mem::take(&mut self.batches).iter().for_each(&mut push),
            (None, Some(_)) => self.batches.iter().for_each(&mut push),
        }
        let dataset = builder.finish();
        let known = periods_of(&dataset, self.definition.dimensions.len(), &periods);
        Ok(Loaded { dataset, rows, periods: known })
    }
}

/// Which period the engine's numbers stand for.
fn periods_of(dataset: &Dataset, time: usize, periods: &[Period]) -> HashMap<i64, Period> {
    let mut known = HashMap::new();
    if let Some(Column::Fixed(packed)) = dataset.columns().get(time) {
        let mut last = None;
        for (packed, period) in packed.values.iter().zip(periods) {
            if last.replace(*packed) != Some(*packed) {
                known.insert(*packed, *period);
            }
        }
    }
    known
}

/// In which of `count` slices a series lies.
pub(super) fn slice_of(key: &[&Arc<str>], divide_by: &[usize], count: usize) -> usize {
    (hash(key, divide_by) % count.max(1) as u64) as usize
}

/// Periods that the engine knows.
fn is_regular(period: Period) -> bool {
    !matches!(
        period.form(),
        Form::Any | Form::DateTime | Form::DateTimeUtc | Form::ReportingTrimester | Form::Range
    )
}

fn bytes(columns: &Columns) -> usize {
    let series = columns.series_count() * (4 * columns.shape.dimensions.len() + 4);
    series + columns.len() * (8 + 8 + 1) + columns.rows.len() * 8
}
