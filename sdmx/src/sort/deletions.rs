//! What rows delete, put together: two deletions of one key and period complete each other.
//!
//! What must not be here: rows that give values, which can contradict each other.

use super::group::{Piece, Source};
use super::join::{Cell, Joiner, says_nothing};
use crate::columns::ObservationRange;
use crate::period::Period;

impl Joiner {
    /// Appends one series with everything that its rows delete.
    pub(super) fn settle_deletions(&mut self, sources: &mut [Source], pieces: &[Piece]) {
        let Some(first) = pieces.first().copied() else { return };
        let Source { columns, map } = &mut sources[first.source as usize];
        self.builder.start_series(columns, first.series as usize, map);
        self.sort_cells(sources, pieces);
        let cells = std::mem::take(&mut self.cells);
        // Where all observations go, nothing else is left to delete.
        match cells.iter().find(|cell| takes_all(sources, pieces, cell)) {
            Some(cell) => {
                (0..self.shape.series_attributes.len())
                    .for_each(|place| self.builder.series_attribute(place, None));
                self.delete_at(sources, pieces, std::slice::from_ref(cell));
            }
            None => {
                self.delete_series_attributes(sources, pieces);
                let by_period = cells.chunk_by(|a, b| a.period == b.period);
                by_period.for_each(|cells| self.delete_at(sources, pieces, cells));
            }
        }
        self.cells = cells;
        self.builder.end_series();
    }

    /// Every attribute that any piece names. What stands in its cell says nothing.
    fn delete_series_attributes(&mut self, sources: &[Source], pieces: &[Piece]) {
        for place in 0..self.shape.series_attributes.len() {
            let of_piece = |piece: &Piece| {
                let columns = &sources[piece.source as usize].columns;
                columns.series_attributes[place].get(piece.series as usize)
            };
            self.builder.series_attribute(place, pieces.iter().find_map(of_piece));
        }
    }

    /// Appends what the rows of one period delete: the whole observation if one of them does.
    fn delete_at(&mut self, sources: &mut [Source], pieces: &[Piece], cells: &[Cell]) {
        let of = |cell: &Cell| pieces[cell.piece as usize];
        let whole = cells.iter().find(|cell| {
            cell.period != Period::ANY && says_nothing(&sources[of(cell).source as usize], cell.at as usize)
        });
        let alone = if let [cell] = cells { Some(cell) } else { whole };
        if let Some(cell) = alone {
            let piece = of(cell);
            let Source { columns, map } = &mut sources[piece.source as usize];
            let (series, start) = (piece.series as usize, cell.at as usize);
            self.builder.observations(ObservationRange { columns, series, start, end: start + 1 }, map);
            return;
        }
        let named =
            || cells.iter().map(|cell| (&sources[of(cell).source as usize].columns, cell.at as usize));
        let value = named().find_map(|(columns, at)| columns.value(at));
        let attribute =
            |place: usize| named().find_map(|(columns, at)| columns.observation_attributes[place].get(at));
        self.builder.observation(cells[0].period, value, attribute);
        self.builder.row(cells[0].row);
    }
}

/// Whether a row deletes all observations of its key.
fn takes_all(sources: &[Source], pieces: &[Piece], cell: &Cell) -> bool {
    let piece = pieces[cell.piece as usize];
    let columns = &sources[piece.source as usize].columns;
    cell.period == Period::ANY && columns.is_bare(piece.series as usize, cell.at as usize)
}
