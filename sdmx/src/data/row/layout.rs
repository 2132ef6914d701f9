//! The row at hand while the parts of a message come in: what the dataset says, then the series, then the
//! observation.

use crate::csv::{Cell, Packed};

/// A cell that says nothing.
pub(super) const EMPTY: Cell = Cell { start: 0, end: 0, packed: Packed::EMPTY };

/// The row at hand: the text of all its cells, and per column where its cell stands in it.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) text: Vec<u8>,
    pub(super) cells: Vec<Cell>,
    /// What the dataset and the series say, for all rows.
    pub(super) dataset: Level,
    pub(super) series: Level,
    /// Columns that the observation filled.
    pub(super) filled: Vec<u32>,
    /// Whether the key of the series was read and stands.
    pub(super) key_stands: bool,
    /// Per column, whether it was met in the message.
    pub(super) met: Vec<bool>,
    /// Where the text of the part at hand begins.
    part: usize,
    /// A column that the part at hand fills twice, with different contents.
    pub(super) repeated: Option<usize>,
}

/// What one level said.
#[derive(Default)]
pub(super) struct Level {
    pub(super) text: usize,
    pub(super) cells: Vec<Cell>,
}

impl Layout {
    /// Forgets everything but which columns were met.
    pub(super) fn begin_dataset(&mut self) {
        *self = Self { met: std::mem::take(&mut self.met), ..Self::default() };
    }

    /// Forgets what came after a level, and begins with what it says.
    pub(super) fn back_to(&mut self, level: fn(&mut Self) -> &mut Level, columns: usize) {
        let Level { text, cells } = std::mem::take(level(self));
        self.text.truncate(text);
        self.cells.clear();
        self.cells.extend_from_slice(&cells);
        self.cells.resize(columns, EMPTY);
        *level(self) = Level { text, cells };
        self.filled.clear();
        self.key_stands = false;
    }

    pub(super) fn keep_as(&mut self, level: fn(&mut Self) -> &mut Level) {
        let (text, cells) = (self.text.len(), self.cells.clone());
        *level(self) = Level { text, cells };
    }

    /// What is put from now on is of one part.
    #[inline]
    pub(super) fn begin_part(&mut self) {
        self.part = self.text.len();
        self.repeated = None;
    }

    /// Whether the series or the observation fills a column, and not only the dataset.
    pub(super) fn is_of_row(&self, column: usize) -> bool {
        let cell = self.cells[column];
        cell.packed != Packed::EMPTY && cell.start as usize >= self.dataset.text
    }

    /// Whether the part at hand fills a column.
    pub(super) fn is_of_part(&self, column: usize) -> bool {
        let cell = self.cells[column];
        cell.packed != Packed::EMPTY && cell.start as usize >= self.part
    }

    #[inline]
    pub(super) fn put(&mut self, column: usize, content: &[u8]) {
        if self.is_of_part(column) && self.cells[column].raw(&self.text) != content {
            self.repeated = Some(column);
        }
        let start = self.text.len() as u32;
        self.text.extend_from_slice(content);
        let end = self.text.len() as u32;
        self.cells[column] = Cell { start, end, packed: Packed::of(content) };
        self.met[column] = true;
    }

    /// Takes away what the last observation said.
    #[inline]
    pub(super) fn take_back(&mut self) {
        for column in self.filled.drain(..) {
            self.cells[column as usize] = self.series.cells.get(column as usize).copied().unwrap_or(EMPTY);
        }
        self.text.truncate(self.series.text);
    }
}
