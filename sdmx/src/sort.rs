//! Rows in any order to series in canonical order, in bounded memory: an external merge sort.
//!
//! What lives here: order, joining of series, finding of what two rows say differently. What must not: formats,
//! and what to do about a duplicate.

mod deletions;
mod group;
mod in_order;
mod join;
mod merge;
mod rank;
mod spill;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::sync::Arc;

pub use in_order::{InOrder, OutOfOrder};

use crate::columns::{Columns, Shape};
use group::{Groups, in_memory};
use join::Joiner;
use merge::merged;

/// Observations of a batch that comes out, about: a series is never divided.
const BATCH_OBSERVATIONS: usize = 16 * 1024;
/// A batch that comes out ends early with so many bytes of attribute text.
const BATCH_TEXT_BYTES: usize = 4 * 1024 * 1024;
/// Observations of one batch within a scratch file, about.
const RUN_BATCH_OBSERVATIONS: usize = 8 * 1024;
/// Bytes of attribute text of one: while files are merged, one batch of each is in memory.
const RUN_BATCH_TEXT_BYTES: usize = 256 * 1024;
/// Scratch files merged at a time; more are merged in passes. Each holds one batch in memory.
const FAN_IN: usize = 32;
/// Scratch files of one level before some of them are merged. More than [`FAN_IN`], because the last merge takes
/// as many: a file of a few runs more is then not written twice.
const FILES_OF_LEVEL: usize = 2 * FAN_IN;
/// Most rows of one series, which must fit in memory. Hourly figures of twenty-nine years are as many.
pub const SERIES_ROWS_MAX: usize = 256 * 1024;
/// Most bytes of distinct attribute texts of one series, which must fit in memory too.
pub const SERIES_TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Something two rows disagree about. The row that stands first in the file is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clash {
    /// Two rows have the same key and period. (Rows whose period could not be read have
    /// [`crate::Period::ANY`]; a clash of such rows is none.)
    Duplicate {
        /// The row that is kept.
        first_row: u64,
        /// The row that is not.
        row: u64,
    },
    /// Two rows of a series give an attribute of the series different values. Reported once per further value.
    SeriesAttribute {
        /// Id of the attribute.
        attribute: Arc<str>,
        /// The row whose value is kept.
        first_row: u64,
        /// The first row with the other value.
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
    #[error(
        "the series {key} has more than {SERIES_ROWS_MAX} rows; most often a dimension's column was left empty or holds the same code throughout"
    )]
    SeriesTooLong {
        /// Its key.
        key: String,
    },
    /// The texts of a series are too long.
    #[error(
        "the footnotes of the series {key} have more than {SERIES_TEXT_BYTES_MAX} bytes: send long texts as a document"
    )]
    SeriesTextTooLong {
        /// Its key.
        key: String,
    },
    /// Dimensions and their codes are so many that keys cannot be compared as integers.
    #[error(
        "the dimensions have too many distinct codes together: keys of more than 512 bits cannot be sorted"
    )]
    KeyTooWide,
}

/// Makes scratch files.
pub type Scratch = Box<dyn FnMut() -> io::Result<File> + Send>;

/// Takes rows in any order.
pub struct Sorter {
    shape: Arc<Shape>,
    memory_bytes: usize,
    pending: Vec<Columns>,
    pending_bytes: usize,
    /// Per dimension, the codes of all rows that were written to scratch files.
    codes: Vec<BTreeSet<Arc<str>>>,
    /// Scratch files, by how often their rows were merged.
    levels: Vec<Vec<File>>,
    scratch: Scratch,
    deletes: bool,
}

/// A batch in canonical order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortedBatch {
    /// One series per key over all batches, in order of their codes; strictly ascending periods within it.
    /// Row numbers are kept.
    pub columns: Columns,
    /// What rows of these series disagree about.
    pub clashes: Vec<Clash>,
}

/// The rows in canonical order, batch by batch.
pub struct Sorted {
    groups: Box<dyn Groups + Send>,
    joiner: Joiner,
    pieces: Vec<group::Piece>,
    is_done: bool,
}

impl Sorter {
    /// A sorter that keeps about `memory_bytes` of rows in memory and the rest in files that `scratch` makes.
    pub fn new(shape: Arc<Shape>, memory_bytes: usize, scratch: Scratch) -> Self {
        Self {
            memory_bytes,
            pending: Vec::new(),
            pending_bytes: 0,
            codes: vec![BTreeSet::new(); shape.dimensions.len()],
            levels: Vec::new(),
            scratch,
            shape,
            deletes: false,
        }
    }

    /// The rows say what is to be deleted: those of one key and period complete each other, and nothing clashes.
    pub fn deleting(self) -> Self {
        Self { deletes: true, ..self }
    }

    /// Takes rows; they must have row numbers.
    pub fn push(&mut self, columns: Columns) -> Result<(), SortError> {
        self.pending_bytes += group::memory_bytes(&columns);
        self.pending.push(columns);
        if self.pending_bytes > self.memory_bytes { self.spill() } else { Ok(()) }
    }

    /// Gives everything in canonical order.
    pub fn finish(mut self) -> Result<Sorted, SortError> {
        let groups = if self.levels.is_empty() {
            in_memory(&self.shape, self.pending)?
        } else {
            if !self.pending.is_empty() {
                self.spill()?;
            }
            // The smallest files are merged until the rest can be merged at once.
            while let Some(over) = self.files().checked_sub(FAN_IN).filter(|over| *over > 0) {
                let smallest = self.levels.iter().position(|files| !files.is_empty()).unwrap_or(0);
                match self.levels[smallest].len() {
                    1 => self.raise(smallest)?,
                    // One comes out for those that go in: no more are merged than must be.
                    here => self.merge(smallest, here.min(over + 1).min(FAN_IN))?,
                }
            }
            let files = self.levels.into_iter().flatten().collect();
            merged(&self.shape, &self.codes, files)?
        };
        let joiner = Joiner::new(self.shape, BATCH_OBSERVATIONS, BATCH_TEXT_BYTES).deleting(self.deletes);
        Ok(Sorted { groups, joiner, pieces: Vec::new(), is_done: false })
    }

    fn spill(&mut self) -> Result<(), SortError> {
        let pending = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        for columns in &pending {
            for (codes, column) in self.codes.iter_mut().zip(&columns.dimensions) {
                codes.extend(column.codes.iter().cloned());
            }
        }
        let run = self.write_run(in_memory(&self.shape, pending)?)?;
        self.add_run(0, run)
    }

    fn add_run(&mut self, level: usize, run: File) -> Result<(), SortError> {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        self.levels[level].push(run);
        if self.levels[level].len() == FILES_OF_LEVEL { self.merge(level, FAN_IN) } else { Ok(()) }
    }

    /// Scratch files there are.
    fn files(&self) -> usize {
        self.levels.iter().map(Vec::len).sum()
    }

    /// Merges `count` files of a level to one of the next.
    fn merge(&mut self, level: usize, count: usize) -> Result<(), SortError> {
        let files = self.levels[level].drain(..count).collect();
        let run = self.write_run(merged(&self.shape, &self.codes, files)?)?;
        self.add_run(level + 1, run)
    }

    /// Counts the only file of a level to the next, as it is.
    fn raise(&mut self, level: usize) -> Result<(), SortError> {
        match self.levels[level].pop() {
            Some(run) => self.add_run(level + 1, run),
            None => Ok(()),
        }
    }

    /// Writes all rows in order. What they disagree about is seen when they come out in the end, so that the
    /// answer does not depend on how much memory there is.
    fn write_run(&mut self, mut groups: Box<dyn Groups + Send>) -> Result<File, SortError> {
        let mut file = (self.scratch)()?;
        let mut writer = BufWriter::with_capacity(256 * 1024, &mut file);
        let mut joiner = Joiner::new(self.shape.clone(), RUN_BATCH_OBSERVATIONS, RUN_BATCH_TEXT_BYTES);
        let mut pieces = Vec::new();
        while groups.next(&mut pieces)? {
            if joiner.is_full() {
                spill::write(&joiner.take().columns, &mut writer)?;
            }
            joiner.keep(groups.sources(), &pieces)?;
        }
        spill::write(&joiner.take().columns, &mut writer)?;
        writer.flush()?;
        drop(writer);
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

impl Iterator for Sorted {
    type Item = Result<SortedBatch, SortError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let result = self.fill();
        self.is_done = !matches!(result, Ok(true));
        if let Err(error) = result {
            return Some(Err(error));
        }
        let batch = self.joiner.take();
        (!batch.columns.is_empty()).then_some(Ok(batch))
    }
}

impl Sorted {
    /// Fills one batch; false at the end.
    fn fill(&mut self) -> Result<bool, SortError> {
        while !self.joiner.is_full() {
            if !self.groups.next(&mut self.pieces)? {
                return Ok(false);
            }
            self.joiner.settle(self.groups.sources(), &self.pieces)?;
        }
        Ok(true)
    }
}
