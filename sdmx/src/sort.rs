//! Rows in any order to series in canonical order, in bounded memory: an external merge sort.
//!
//! What lives here: order, joining of series, finding of duplicates. What must not: formats, and what to
//! do about a duplicate.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use crate::columns::{AttributeValue, Columns, ColumnsBuilder, ObservationRange, Shape, SourceMap, ranks};
use crate::period::Period;

mod spill;

/// Observations of a batch that comes out, about; a series is never divided.
const BATCH_OBSERVATIONS: usize = 32 * 1024;
/// Runs merged at a time; more are merged in passes. Each holds one batch in memory.
const FAN_IN: usize = 64;
/// Observations of one batch within a run.
const RUN_BATCH: usize = 8 * 1024;
/// Longest series: longer ones are no time series, and a series must fit in memory.
pub const SERIES_OBSERVATIONS_MAX: usize = 1_000_000;

/// Something two rows disagree about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// Two rows have the same key and period; the first is kept.
    Duplicate {
        /// The row that is kept.
        first_row: u64,
        /// The row that is not.
        row: u64,
    },
    /// Two rows of a series give an attribute of the series different values; the first is kept.
    SeriesAttribute {
        /// Id of the attribute.
        attribute: Arc<str>,
        /// The row that is kept.
        first_row: u64,
        /// The row that is not.
        row: u64,
    },
}

/// Why sorting ended.
#[derive(Debug, thiserror::Error)]
pub enum SortError {
    /// A scratch file could not be written or read.
    #[error("a scratch file could not be used: {0}; make room in the folder for temporary files")]
    Scratch(#[from] io::Error),
    /// A series is too long.
    #[error("the series {key} has more than {SERIES_OBSERVATIONS_MAX} observations")]
    SeriesTooLong {
        /// Its key.
        key: String,
    },
}

/// Makes scratch files.
pub type Scratch = Box<dyn FnMut() -> io::Result<File> + Send>;

/// Takes rows in any order.
pub struct Sorter {
    shape: Arc<Shape>,
    observations_max: usize,
    pending: Vec<Columns>,
    pending_observations: usize,
    runs: Vec<File>,
    scratch: Scratch,
    clashes: Vec<Clash>,
}

impl Sorter {
    /// A sorter that keeps about `observations_max` observations in memory and the rest in files that
    /// `scratch` makes.
    pub fn new(shape: Arc<Shape>, observations_max: usize, scratch: Scratch) -> Self {
        Self {
            shape,
            observations_max: observations_max.max(1),
            pending: Vec::new(),
            pending_observations: 0,
            runs: Vec::new(),
            scratch,
            clashes: Vec::new(),
        }
    }

    /// Takes rows; they must have row numbers.
    pub fn push(&mut self, columns: Columns) -> Result<(), SortError> {
        self.pending_observations += columns.len();
        self.pending.push(columns);
        if self.pending_observations >= self.observations_max { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<(), SortError> {
        let mut file = (self.scratch)()?;
        let mut writer = BufWriter::with_capacity(1024 * 1024, &mut file);
        self.sort_pending(RUN_BATCH, &mut |columns| Ok(spill::write(&columns, &mut writer)?))?;
        writer.flush()?;
        drop(writer);
        file.seek(SeekFrom::Start(0))?;
        self.runs.push(file);
        if self.runs.len() == FAN_IN { self.merge_runs() } else { Ok(()) }
    }

    fn merge_runs(&mut self) -> Result<(), SortError> {
        let mut file = (self.scratch)()?;
        let mut writer = BufWriter::with_capacity(1024 * 1024, &mut file);
        let runs = std::mem::take(&mut self.runs);
        merge(&self.shape, runs, RUN_BATCH, &mut self.clashes, &mut |columns| {
            Ok(spill::write(&columns, &mut writer)?)
        })?;
        writer.flush()?;
        drop(writer);
        file.seek(SeekFrom::Start(0))?;
        self.runs.push(file);
        Ok(())
    }

    /// Gives everything in canonical order: one series per key, strictly ascending periods. Gives what
    /// clashed, in no particular order.
    pub fn finish<E: From<SortError>>(
        mut self,
        visit: &mut dyn FnMut(Columns) -> Result<(), E>,
    ) -> Result<Vec<Clash>, E> {
        let mut failure = None;
        let mut sink = |columns: Columns| match visit(columns) {
            Ok(()) => Ok(()),
            Err(error) => {
                failure = Some(error);
                Err(SortError::Scratch(io::Error::other("stopped")))
            }
        };
        let done = if self.runs.is_empty() {
            self.sort_pending(BATCH_OBSERVATIONS, &mut sink)
        } else {
            let spilled = if self.pending_observations > 0 { self.spill() } else { Ok(()) };
            let runs = std::mem::take(&mut self.runs);
            spilled.and_then(|()| merge(&self.shape, runs, BATCH_OBSERVATIONS, &mut self.clashes, &mut sink))
        };
        match (done, failure) {
            (_, Some(failure)) => Err(failure),
            (Err(error), None) => Err(error.into()),
            (Ok(()), None) => Ok(self.clashes),
        }
    }

    /// Sorts what is in memory: rows get one integer each that orders them.
    fn sort_pending(
        &mut self,
        batch: usize,
        visit: &mut dyn FnMut(Columns) -> Result<(), SortError>,
    ) -> Result<(), SortError> {
        let pending = std::mem::take(&mut self.pending);
        self.pending_observations = 0;
        let keys = packed_keys(&pending, self.shape.dimensions.len());
        let mut order: Vec<(u128, u32, u32)> = Vec::new();
        for (place, (columns, keys)) in pending.iter().zip(&keys).enumerate() {
            order.extend(
                keys.iter()
                    .enumerate()
                    .filter(|(series, _)| !columns.observations(*series).is_empty())
                    .map(|(series, key)| (*key, place as u32, series as u32)),
            );
        }
        order.sort_unstable();
        let mut joiner = Joiner::new(self.shape.clone(), batch, &mut self.clashes);
        let mut maps: Vec<SourceMap> = pending.iter().map(|_| SourceMap::default()).collect();
        for group in order.chunk_by(|a, b| a.0 == b.0) {
            let ranges: Vec<(usize, ObservationRange<'_>)> = group
                .iter()
                .map(|(_, place, series)| {
                    (*place as usize, ObservationRange::whole(&pending[*place as usize], *series as usize))
                })
                .collect();
            joiner.series(&ranges, &mut maps, visit)?;
        }
        joiner.finish(visit)
    }
}

/// Per batch and series, an integer that orders keys as their codes do. Where the codes do not fit in 128
/// bits, keys are numbered by comparing them whole.
fn packed_keys(batches: &[Columns], dimensions: usize) -> Vec<Vec<u128>> {
    let mut keys: Vec<Vec<u128>> = batches.iter().map(|columns| vec![0; columns.series_count()]).collect();
    let mut bits_left = 128u32;
    for dimension in 0..dimensions {
        let mut codes: Vec<&Arc<str>> =
            batches.iter().flat_map(|columns| &columns.dimensions[dimension].codes).collect();
        codes.sort_unstable();
        codes.dedup();
        let bits = usize::BITS - codes.len().saturating_sub(1).leading_zeros();
        let Some(left) = bits_left.checked_sub(bits) else { return compared_keys(batches) };
        bits_left = left;
        for (columns, keys) in batches.iter().zip(&mut keys) {
            let column = &columns.dimensions[dimension];
            let rank = |code: &Arc<str>| codes.binary_search(&code).unwrap_or(0) as u128;
            let table: Vec<u128> = column.codes.iter().map(rank).collect();
            for (key, index) in keys.iter_mut().zip(&column.index) {
                *key = *key << bits | table[*index as usize];
            }
        }
    }
    keys
}

fn compared_keys(batches: &[Columns]) -> Vec<Vec<u128>> {
    let all: Vec<_> = batches
        .iter()
        .flat_map(|columns| (0..columns.series_count()).map(|series| columns.key(series)))
        .collect();
    let ranks = ranks(&all);
    // Equal keys must have equal numbers: the first of equals lends its own.
    let mut by_rank: Vec<u32> = vec![0; all.len()];
    ranks.iter().enumerate().for_each(|(place, rank)| by_rank[*rank as usize] = place as u32);
    let mut numbers = vec![0u128; all.len()];
    let mut number = 0;
    for pair in 0..by_rank.len() {
        let here = by_rank[pair] as usize;
        if pair > 0 && all[by_rank[pair - 1] as usize] != all[here] {
            number = pair as u128;
        }
        numbers[here] = number;
    }
    let mut numbers = numbers.into_iter();
    batches.iter().map(|columns| numbers.by_ref().take(columns.series_count()).collect()).collect()
}

/// Puts stretches of one key together, series by series.
struct Joiner<'c> {
    builder: ColumnsBuilder,
    batch: usize,
    clashes: &'c mut Vec<Clash>,
}

impl<'c> Joiner<'c> {
    fn new(shape: Arc<Shape>, batch: usize, clashes: &'c mut Vec<Clash>) -> Self {
        Self { builder: ColumnsBuilder::new(shape).keep_rows(), batch, clashes }
    }

    fn series(
        &mut self,
        ranges: &[(usize, ObservationRange<'_>)],
        maps: &mut [SourceMap],
        visit: &mut dyn FnMut(Columns) -> Result<(), SortError>,
    ) -> Result<(), SortError> {
        let total: usize = ranges.iter().map(|(_, range)| range.len()).sum();
        if total > SERIES_OBSERVATIONS_MAX {
            return Err(SortError::SeriesTooLong { key: ranges[0].1.key().to_string() });
        }
        if self.builder.len() + total > self.batch && !self.builder.is_empty() {
            visit(self.builder.take())?;
        }
        if let [(source, range)] = ranges
            && range.columns.periods[range.start..range.end].windows(2).all(|pair| pair[0] < pair[1])
        {
            self.builder.push(*range, &mut maps[*source]);
            return Ok(());
        }
        let mut cells: Vec<(Period, u64, usize, usize)> = Vec::with_capacity(total);
        for (nth, (_, range)) in ranges.iter().enumerate() {
            cells.extend(
                (range.start..range.end)
                    .map(|at| (range.columns.periods[at], range.columns.rows[at], nth, at)),
            );
        }
        cells.sort_unstable();
        let (first_source, first) = ranges[0];
        self.builder.start_series(first.columns, first.series, &mut maps[first_source]);
        self.series_attributes(ranges);
        let mut kept: Option<(Period, u64)> = None;
        for (period, row, nth, at) in cells {
            match kept {
                Some((before, first_row)) if before == period => {
                    self.clashes.push(Clash::Duplicate { first_row, row });
                    continue;
                }
                _ => kept = Some((period, row)),
            }
            let (source, range) = ranges[nth];
            let one = ObservationRange { start: at, end: at + 1, ..range };
            self.builder.observations(one, &mut maps[source]);
        }
        self.builder.end_series();
        Ok(())
    }

    fn series_attributes(&mut self, ranges: &[(usize, ObservationRange<'_>)]) {
        let shape = ranges[0].1.columns.shape.clone();
        for (place, id) in shape.series_attributes.iter().enumerate() {
            let mut given: Vec<(u64, &AttributeValue)> = ranges
                .iter()
                .filter_map(|(_, range)| {
                    let value = range.columns.series_attributes[place].get(range.series)?;
                    Some((range.columns.rows[range.start], value))
                })
                .collect();
            given.sort_unstable();
            let first = given.first().copied();
            if let Some((first_row, value)) = first {
                let others = given.iter().filter(|(_, other)| *other != value);
                self.clashes.extend(others.map(|(row, _)| Clash::SeriesAttribute {
                    attribute: id.clone(),
                    first_row,
                    row: *row,
                }));
            }
            self.builder.series_attribute(place, first.map(|(_, value)| value));
        }
    }

    fn finish(mut self, visit: &mut dyn FnMut(Columns) -> Result<(), SortError>) -> Result<(), SortError> {
        if self.builder.is_empty() { Ok(()) } else { visit(self.builder.take()) }
    }
}

/// One run, read batch by batch.
struct Run {
    file: BufReader<File>,
    open: Arc<Columns>,
    series: usize,
}

impl Run {
    fn start(shape: &Arc<Shape>, file: File) -> io::Result<Option<Self>> {
        let mut run = Self {
            file: BufReader::with_capacity(256 * 1024, file),
            open: Arc::new(Columns::new(shape.clone())),
            series: 0,
        };
        Ok(run.refill(shape)?.then_some(run))
    }

    fn refill(&mut self, shape: &Arc<Shape>) -> io::Result<bool> {
        self.series = 0;
        match spill::read(shape, &mut self.file)? {
            Some(columns) => {
                self.open = Arc::new(columns);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn key(&self) -> Vec<Arc<str>> {
        self.open.key(self.series).to_vec()
    }
}

/// A run in the heap: the least key comes out first.
struct Ahead {
    key: Vec<Arc<str>>,
    run: usize,
}

impl Ord for Ahead {
    fn cmp(&self, other: &Self) -> Ordering {
        (&other.key, other.run).cmp(&(&self.key, self.run))
    }
}

impl PartialOrd for Ahead {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ahead {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ahead {}

fn merge(
    shape: &Arc<Shape>,
    files: Vec<File>,
    batch: usize,
    clashes: &mut Vec<Clash>,
    visit: &mut dyn FnMut(Columns) -> Result<(), SortError>,
) -> Result<(), SortError> {
    let mut runs = Vec::new();
    for file in files {
        runs.extend(Run::start(shape, file)?);
    }
    let mut heap: BinaryHeap<Ahead> =
        runs.iter().enumerate().map(|(run, open)| Ahead { key: open.key(), run }).collect();
    let mut joiner = Joiner::new(shape.clone(), batch, clashes);
    let mut maps: Vec<SourceMap> = runs.iter().map(|_| SourceMap::default()).collect();
    while let Some(first) = heap.pop() {
        let mut same = vec![first.run];
        while heap.peek().is_some_and(|ahead| ahead.key == first.key) {
            same.extend(heap.pop().map(|ahead| ahead.run));
        }
        let open: Vec<(usize, Arc<Columns>, usize)> =
            same.iter().map(|run| (*run, runs[*run].open.clone(), runs[*run].series)).collect();
        let ranges: Vec<_> = open
            .iter()
            .map(|(run, columns, series)| (*run, ObservationRange::whole(columns, *series)))
            .collect();
        joiner.series(&ranges, &mut maps, visit)?;
        for run in same {
            runs[run].series += 1;
            if runs[run].series == runs[run].open.series_count() {
                maps[run] = SourceMap::default();
                if !runs[run].refill(shape)? {
                    continue;
                }
            }
            heap.push(Ahead { key: runs[run].key(), run });
        }
    }
    joiner.finish(visit)
}

/// Lets rows pass that already are in canonical order, so that they need not be sorted.
pub struct InOrder {
    builder: ColumnsBuilder,
    last: Option<(Vec<Arc<str>>, Period)>,
    open: bool,
}

/// A row does not come after the one before it: the file must be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOrder {
    /// The row.
    pub row: u64,
}

impl InOrder {
    /// Nothing yet.
    pub fn new(shape: Arc<Shape>) -> Self {
        Self { builder: ColumnsBuilder::new(shape).keep_rows(), last: None, open: false }
    }

    /// Takes rows; gives those that are complete, series by series.
    pub fn push(&mut self, columns: &Columns) -> Result<Option<Columns>, OutOfOrder> {
        let mut done = None;
        let mut map = SourceMap::default();
        let codes: Vec<Vec<u32>> = columns.dimensions.iter().map(|column| ranks(&column.codes)).collect();
        for series in 0..columns.series_count() {
            let range = ObservationRange::whole(columns, series);
            if range.is_empty() {
                continue;
            }
            let out_of_order = OutOfOrder { row: columns.rows[range.start] };
            let order = if series == 0 {
                self.last.as_ref().map_or(Ordering::Greater, |(key, _)| columns.key(series).cmp_codes(key))
            } else {
                let rank = |series: usize| {
                    columns
                        .dimensions
                        .iter()
                        .zip(&codes)
                        .map(move |(column, ranks)| ranks[column.index[series] as usize])
                };
                rank(series).cmp(rank(series - 1))
            };
            let ascends = columns.periods[range.start..range.end].windows(2).all(|pair| pair[0] < pair[1]);
            match order {
                Ordering::Less => return Err(out_of_order),
                // A series that goes on, with attributes of its own: only sorting sees whether they agree.
                Ordering::Equal if series > 0 => return Err(out_of_order),
                Ordering::Equal => {
                    let follows =
                        self.last.as_ref().is_some_and(|(_, last)| *last < columns.periods[range.start]);
                    let plain = columns.series_attributes.iter().all(|column| column.get(series).is_none());
                    if !follows || !ascends || !plain {
                        return Err(out_of_order);
                    }
                    self.builder.observations(range, &mut map);
                }
                Ordering::Greater => {
                    if !ascends {
                        return Err(out_of_order);
                    }
                    if self.open {
                        self.builder.end_series();
                        if self.builder.len() >= BATCH_OBSERVATIONS / 2 {
                            done = Some(self.builder.take());
                            map = SourceMap::default();
                        }
                    }
                    self.builder.start_series(columns, series, &mut map);
                    self.builder.series_attributes_of(columns, series, &mut map);
                    self.builder.observations(range, &mut map);
                    self.open = true;
                }
            }
            self.last = Some((Vec::new(), columns.periods[range.end - 1]));
        }
        if let (Some(last), Some(count)) = (&mut self.last, columns.series_count().checked_sub(1)) {
            last.0 = columns.key(count).to_vec();
        }
        Ok(done)
    }

    /// The rows that are left.
    pub fn finish(mut self) -> Option<Columns> {
        if self.open {
            self.builder.end_series();
        }
        (!self.builder.is_empty()).then(|| self.builder.take())
    }
}

/// Reads exactly `count` bytes, or nothing at a clean end.
fn read_exactly(input: &mut impl Read, count: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = vec![0; count];
    let mut filled = 0;
    while filled < count {
        match input.read(&mut bytes[filled..])? {
            0 if filled == 0 => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => filled += read,
        }
    }
    Ok(Some(bytes))
}
