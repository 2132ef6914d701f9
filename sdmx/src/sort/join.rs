//! Pieces of one key to one series.

use std::sync::Arc;

use super::group::{Piece, Source};
use super::{Clash, SERIES_ROWS_MAX, SERIES_TEXT_BYTES_MAX, SortError, SortedBatch};
use crate::columns::{AttributeValue, ColumnsBuilder, NO_VALUE, ObservationRange, Shape};
use crate::period::Period;

/// Builds batches out of pieces.
pub(super) struct Joiner {
    pub(super) shape: Arc<Shape>,
    pub(super) builder: ColumnsBuilder,
    batch_observations: usize,
    batch_text_bytes: usize,
    deletes: bool,
    clashes: Vec<Clash>,
    pub(super) cells: Vec<Cell>,
}

/// An observation of a piece. Orders by period, then by row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) period: Period,
    pub(super) row: u64,
    /// Place of its piece among those of the key.
    pub(super) piece: u32,
    pub(super) at: u32,
}

impl Joiner {
    pub(super) fn new(shape: Arc<Shape>, batch_observations: usize, batch_text_bytes: usize) -> Self {
        Self {
            builder: ColumnsBuilder::new(shape.clone()).keep_rows(),
            shape,
            batch_observations,
            batch_text_bytes,
            deletes: false,
            clashes: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// Rows say what is to be deleted.
    pub(super) fn deleting(self, deletes: bool) -> Self {
        Self { deletes, ..self }
    }

    /// Whether the batch is large enough.
    pub(super) fn is_full(&self) -> bool {
        self.builder.len() >= self.batch_observations
            || self.clashes.len() >= self.batch_observations
            || self.builder.text_bytes() >= self.batch_text_bytes
    }

    pub(super) fn take(&mut self) -> SortedBatch {
        SortedBatch { columns: self.builder.take(), clashes: std::mem::take(&mut self.clashes) }
    }

    /// Appends one series with the first row of every period and every attribute.
    pub(super) fn settle(&mut self, sources: &mut [Source], pieces: &[Piece]) -> Result<(), SortError> {
        self.check_length(sources, pieces)?;
        let Some(first) = pieces.first().copied() else { return Ok(()) };
        if let [piece] = pieces
            && ascends(sources, pieces)
        {
            let Source { columns, map } = &mut sources[piece.source as usize];
            self.builder.push(ObservationRange::whole(columns, piece.series as usize), map);
            return Ok(());
        }
        if self.deletes {
            self.settle_deletions(sources, pieces);
            return self.check_texts(sources, pieces);
        }
        let Source { columns, map } = &mut sources[first.source as usize];
        self.builder.start_series(columns, first.series as usize, map);
        self.settle_series_attributes(sources, pieces);
        if ascends(sources, pieces) {
            self.append(sources, pieces);
        } else {
            self.sort_cells(sources, pieces);
            self.drop_duplicates(sources, pieces);
            self.append_cells(sources, pieces);
        }
        self.builder.end_series();
        self.check_texts(sources, pieces)
    }

    /// Appends all rows of the pieces: one series for all pieces with the same series attributes.
    pub(super) fn keep(&mut self, sources: &mut [Source], pieces: &[Piece]) -> Result<(), SortError> {
        self.check_length(sources, pieces)?;
        for pieces in alike(sources, pieces) {
            let Some(first) = pieces.first() else { continue };
            let Source { columns, map } = &mut sources[first.source as usize];
            self.builder.start_series(columns, first.series as usize, map);
            self.builder.series_attributes_of(columns, first.series as usize, map);
            if ascends(sources, &pieces) {
                self.append(sources, &pieces);
            } else {
                self.sort_cells(sources, &pieces);
                self.append_cells(sources, &pieces);
            }
            self.builder.end_series();
        }
        self.check_texts(sources, pieces)
    }

    fn check_length(&self, sources: &[Source], pieces: &[Piece]) -> Result<(), SortError> {
        let rows: usize = pieces.iter().map(|piece| sources[piece.source as usize].range(*piece).len()).sum();
        if rows <= SERIES_ROWS_MAX {
            return Ok(());
        }
        Err(SortError::SeriesTooLong { key: key(sources, pieces) })
    }

    /// After a series was appended: the batch was not full before, so it is the series that has the texts.
    fn check_texts(&self, sources: &[Source], pieces: &[Piece]) -> Result<(), SortError> {
        if self.builder.text_bytes() <= self.batch_text_bytes + SERIES_TEXT_BYTES_MAX {
            return Ok(());
        }
        Err(SortError::SeriesTextTooLong { key: key(sources, pieces) })
    }

    fn settle_series_attributes(&mut self, sources: &[Source], pieces: &[Piece]) {
        for (place, id) in self.shape.series_attributes.iter().enumerate() {
            // Each value with the first of its rows.
            let mut given: Vec<(u64, &AttributeValue)> = Vec::new();
            for piece in pieces {
                let source = &sources[piece.source as usize];
                let Some(value) = source.columns.series_attributes[place].get(piece.series as usize) else {
                    continue;
                };
                let range = source.range(*piece);
                let rows = &source.columns.rows[range.start..range.end];
                let row = rows.iter().copied().min().unwrap_or_default();
                match given.iter_mut().find(|(_, known)| *known == value) {
                    Some((first, _)) => *first = row.min(*first),
                    None => given.push((row, value)),
                }
            }
            given.sort_unstable();
            self.builder.series_attribute(place, given.first().map(|(_, value)| *value));
            if let Some(((first_row, _), others)) = given.split_first() {
                self.clashes.extend(others.iter().map(|(row, _)| Clash::SeriesAttribute {
                    attribute: id.clone(),
                    first_row: *first_row,
                    row: *row,
                }));
            }
        }
    }

    fn append(&mut self, sources: &mut [Source], pieces: &[Piece]) {
        for piece in pieces {
            let Source { columns, map } = &mut sources[piece.source as usize];
            self.builder.observations(ObservationRange::whole(columns, piece.series as usize), map);
        }
    }

    pub(super) fn sort_cells(&mut self, sources: &[Source], pieces: &[Piece]) {
        self.cells.clear();
        for (place, piece) in pieces.iter().enumerate() {
            let range = sources[piece.source as usize].range(*piece);
            let columns = range.columns;
            self.cells.extend((range.start..range.end).map(|at| Cell {
                period: columns.periods[at],
                row: columns.rows[at],
                piece: place as u32,
                at: at as u32,
            }));
        }
        self.cells.sort_unstable();
    }

    fn drop_duplicates(&mut self, sources: &[Source], pieces: &[Piece]) {
        let timeless = self.shape.timeless;
        let clashes = &mut self.clashes;
        self.cells.dedup_by(|later, first| {
            if later.period != first.period {
                return false;
            }
            let about_series = |cell: &Cell| {
                let piece = pieces[cell.piece as usize];
                let source = &sources[piece.source as usize];
                says_nothing(source, cell.at as usize) && source.series_attributes(piece).any(|v| v.is_some())
            };
            // Rows that only give attributes of their series complete each other.
            let complete =
                !timeless && first.period == Period::ANY && about_series(first) && about_series(later);
            if !complete {
                clashes.push(Clash::Duplicate { first_row: first.row, row: later.row });
            }
            true
        });
    }

    /// Appends the sorted cells, neighbours of one piece together.
    fn append_cells(&mut self, sources: &mut [Source], pieces: &[Piece]) {
        let follows = |a: &Cell, b: &Cell| a.piece == b.piece && a.at + 1 == b.at;
        for cells in self.cells.chunk_by(follows) {
            let piece = pieces[cells[0].piece as usize];
            let Source { columns, map } = &mut sources[piece.source as usize];
            let (series, start) = (piece.series as usize, cells[0].at as usize);
            self.builder
                .observations(ObservationRange { columns, series, start, end: start + cells.len() }, map);
        }
    }
}

fn key(sources: &[Source], pieces: &[Piece]) -> String {
    let first = pieces.first().map(|piece| sources[piece.source as usize].range(*piece));
    first.map(|range| range.key().to_string()).unwrap_or_default()
}

/// Whether the rows of pieces, as they stand, have strictly ascending periods.
fn ascends(sources: &[Source], pieces: &[Piece]) -> bool {
    let mut last = None;
    pieces.iter().all(|piece| {
        let range = sources[piece.source as usize].range(*piece);
        let periods = &range.columns.periods[range.start..range.end];
        let follows = last < periods.first().copied();
        last = periods.last().copied();
        follows && periods.windows(2).all(|pair| pair[0] < pair[1])
    })
}

/// The pieces by their series attributes.
fn alike(sources: &[Source], pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let attributes = |piece: &Piece| sources[piece.source as usize].series_attributes(*piece);
    let all_alike = pieces.windows(2).all(|pair| attributes(&pair[0]).eq(attributes(&pair[1])));
    if all_alike {
        return vec![pieces.to_vec()];
    }
    let mut keyed: Vec<(Vec<Option<&AttributeValue>>, Piece)> =
        pieces.iter().map(|piece| (attributes(piece).collect(), *piece)).collect();
    keyed.sort();
    keyed.chunk_by(|a, b| a.0 == b.0).map(|chunk| chunk.iter().map(|(_, piece)| *piece).collect()).collect()
}

/// Whether an observation has neither value nor attribute.
pub(super) fn says_nothing(source: &Source, at: usize) -> bool {
    let columns = &source.columns;
    columns.scales[at] == NO_VALUE
        && columns.observation_attributes.iter().all(|column| column.get(at).is_none())
}
