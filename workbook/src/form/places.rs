//! Where the cells of extracted rows stand.

use std::sync::Arc;

use crate::address::{CellAddress, CellRef};

/// Remembers the cell of every row and column of an extracted text.
#[derive(Clone, Debug, Default)]
pub struct Places {
    pub(super) sheet: Arc<str>,
    /// Row of the header.
    pub(super) header_row: u32,
    /// Row of the sheet by row of the text; several rows of a text may come from one of the sheet.
    pub(super) rows: Vec<u32>,
    /// Which of `columns` holds for a row; empty if it is always the first.
    pub(super) groups: Vec<u16>,
    /// Columns of the sheet by column of the text.
    pub(super) columns: Vec<Vec<Option<u32>>>,
    /// The column of the figure, by group.
    pub(super) figures: Vec<Option<u32>>,
}

impl Places {
    /// Name of the sheet.
    pub fn sheet(&self) -> &Arc<str> {
        &self.sheet
    }

    /// The cell of row `row` (from 1; 0 is the header) and column `column` (from 0). What has no column of its
    /// own, because it is the same in all rows of a template, is shown at the row's figure. Nothing if there is
    /// no such row.
    pub fn address(&self, row: u64, column: Option<usize>) -> Option<CellAddress> {
        let (row, group) = match row.checked_sub(1) {
            None => (self.header_row, 0),
            Some(before) => {
                let place = usize::try_from(before).ok()?;
                let group = self.groups.get(place).copied().map_or(0, usize::from);
                (*self.rows.get(place)?, group)
            }
        };
        let columns = self.columns.get(group)?;
        let own = column.and_then(|column| columns.get(column).copied().flatten());
        // A cell behind the last column of the header.
        let behind = || {
            let last = columns.iter().flatten().max()?;
            column.filter(|column| *column >= columns.len()).map(|_| last + 1)
        };
        let figure = || self.figures.get(group).copied().flatten();
        let first = || columns.iter().flatten().min().copied();
        let column = own.or_else(behind).or_else(figure).or_else(first)?;
        Some(CellAddress { sheet: self.sheet.clone(), cell: CellRef { row, column } })
    }
}
