//! Pieces of series by key: everything that rows say about one key comes together.

use std::sync::Arc;

use super::SortError;
use super::rank::{Key, Ranks, WIDE};
use crate::columns::{AttributeColumn, AttributeValue, Columns, ObservationRange, Shape, SourceMap};

/// Columns from which pieces are taken.
pub(super) struct Source {
    pub(super) columns: Columns,
    pub(super) map: SourceMap,
}

impl Source {
    pub(super) fn new(columns: Columns) -> Self {
        Self { columns, map: SourceMap::default() }
    }

    pub(super) fn range(&self, piece: Piece) -> ObservationRange<'_> {
        ObservationRange::whole(&self.columns, piece.series as usize)
    }

    /// The values of the series attributes of a piece.
    pub(super) fn series_attributes(&self, piece: Piece) -> impl Iterator<Item = Option<&AttributeValue>> {
        self.columns.series_attributes.iter().map(move |column| column.get(piece.series as usize))
    }
}

/// A series of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    pub(super) source: u32,
    pub(super) series: u32,
}

/// Gives pieces, key by key in order.
pub(super) trait Groups {
    /// Puts the pieces of the next key into `pieces`; false at the end.
    fn next(&mut self, pieces: &mut Vec<Piece>) -> Result<bool, SortError>;

    /// Where the pieces are.
    fn sources(&mut self) -> &mut [Source];
}

/// About how many bytes it takes to hold and to sort columns.
pub(super) fn memory_bytes(columns: &Columns) -> usize {
    let codes = columns.dimensions.iter().map(|column| column.codes.len()).sum::<usize>();
    let attribute = |column: &AttributeColumn| {
        let values = column.values.iter().map(|value| 64 + value.text_bytes()).sum::<usize>();
        values + column.runs.run_count() * 8
    };
    let attributes = columns.observation_attributes.iter().chain(&columns.series_attributes);
    let of_series = size_of::<(Key<1>, Piece)>() + 4 * (columns.dimensions.len() + 1);
    columns.len() * 25
        + columns.series_count() * of_series
        + codes * 20
        + attributes.map(attribute).sum::<usize>()
}

/// Groups of columns in memory.
struct InMemory<const WORDS: usize> {
    sources: Vec<Source>,
    order: Vec<(Key<WORDS>, Piece)>,
    at: usize,
}

/// Groups the series of columns by key.
pub(super) fn in_memory(shape: &Shape, batches: Vec<Columns>) -> Result<Box<dyn Groups + Send>, SortError> {
    let codes = (0..shape.dimensions.len()).map(|dimension| {
        let all = batches.iter().flat_map(|columns| &columns.dimensions[dimension].codes);
        let mut codes: Vec<&Arc<str>> = all.collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    });
    let (ranks, words) = Ranks::new(codes)?;
    Ok(if words == 1 {
        Box::new(InMemory::<1>::new(&ranks, batches))
    } else {
        Box::new(InMemory::<WIDE>::new(&ranks, batches))
    })
}

impl<const WORDS: usize> InMemory<WORDS> {
    fn new(ranks: &Ranks, batches: Vec<Columns>) -> Self {
        let mut order = Vec::with_capacity(batches.iter().map(Columns::series_count).sum());
        for (source, columns) in batches.iter().enumerate() {
            let keys = ranks.keys::<WORDS>(columns).into_iter().enumerate();
            let pieces = keys.filter(|(series, _)| !columns.observations(*series).is_empty());
            order.extend(
                pieces.map(|(series, key)| (key, Piece { source: source as u32, series: series as u32 })),
            );
        }
        order.sort_unstable();
        Self { sources: batches.into_iter().map(Source::new).collect(), order, at: 0 }
    }
}

impl<const WORDS: usize> Groups for InMemory<WORDS> {
    fn next(&mut self, pieces: &mut Vec<Piece>) -> Result<bool, SortError> {
        pieces.clear();
        let rest = &self.order[self.at..];
        let Some((key, _)) = rest.first() else { return Ok(false) };
        pieces.extend(rest.iter().take_while(|(other, _)| other == key).map(|(_, piece)| *piece));
        self.at += pieces.len();
        Ok(true)
    }

    fn sources(&mut self) -> &mut [Source] {
        &mut self.sources
    }
}
