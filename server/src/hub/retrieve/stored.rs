//! Blocks as they travel: relayed as they lie, or made anew from what a reader may have of them.

use std::ops::Range;
use std::sync::Arc;

use mighub::block::{Digest, TEXT_BYTES_PER_UNIT, UNITS_TARGET, compress, encode};
use mighub::manifest::BlockInfo;
use mighub::v1;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, ObservationRange, Shape, SourceMap};
use prost::bytes::Bytes;

use crate::hub::Refusal;

/// Bytes of distinct texts from which on a block made anew is closed.
const TEXT_BYTES_FULL: usize = UNITS_TARGET as usize * TEXT_BYTES_PER_UNIT;

/// A block as it lies. Its name is left out where it is made with the lane's key and the reader lacks the key.
pub(super) fn relayed(block: &BlockInfo, frame: Bytes, holds_key: bool) -> v1::StoredBlock {
    let digest = if block.keyed && !holds_key { Bytes::new() } else { block.digest.to_bytes() };
    v1::StoredBlock { digest, keyed: block.keyed, frame }
}

/// A block of columns in canonical order.
pub(super) fn remade(columns: &Columns) -> Result<v1::StoredBlock, Refusal> {
    let raw = encode(columns);
    let frame = compress(&raw).map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(v1::StoredBlock { digest: Digest::of(&raw).to_bytes(), keyed: false, frame: frame.into() })
}

/// Gathers observations from here and there, in canonical order, until they fill a block.
pub(super) struct Gatherer {
    builder: ColumnsBuilder,
    map: SourceMap,
    /// Where the open series was taken from.
    open: Option<(Arc<Columns>, usize)>,
    /// Whether that source has so long texts that they are taken one by one, to close the block in time.
    has_long_texts: bool,
}

impl Gatherer {
    pub(super) fn new(shape: Arc<Shape>) -> Self {
        Self {
            builder: ColumnsBuilder::new(shape),
            map: SourceMap::default(),
            open: None,
            has_long_texts: false,
        }
    }

    /// Whether it is time to [`take`](Self::take).
    pub(super) fn is_full(&self) -> bool {
        self.builder.len() >= UNITS_TARGET as usize || self.builder.text_bytes() >= TEXT_BYTES_FULL
    }

    /// Takes some observations of a series, whole, one at least and as many as there is room for; gives how many
    /// were taken.
    pub(super) fn push(&mut self, columns: &Arc<Columns>, series: usize, range: Range<usize>) -> usize {
        if self.begin(columns, series) {
            self.builder.series_attributes_of(columns, series, &mut self.map);
        }
        let room = (UNITS_TARGET as usize).saturating_sub(self.builder.len()).max(1);
        let count = if self.has_long_texts { 1 } else { range.len().min(room) };
        let (start, end) = (range.start, range.start + count);
        self.builder.observations(ObservationRange { columns, series, start, end }, &mut self.map);
        count
    }

    /// Takes key and period of an observation, and nothing else.
    pub(super) fn push_place(&mut self, columns: &Arc<Columns>, series: usize, observation: usize) {
        if self.begin(columns, series) {
            (0..columns.series_attributes.len()).for_each(|place| self.builder.series_attribute(place, None));
        }
        self.builder.observation(columns.periods[observation], None, |_| None);
    }

    /// Opens a series, if it is not the one that is open.
    fn begin(&mut self, columns: &Arc<Columns>, series: usize) -> bool {
        let known = self.open.as_ref().map(|(open, at)| (Arc::ptr_eq(open, columns), *at));
        if known == Some((true, series)) {
            return false;
        }
        if known.is_some() {
            self.builder.end_series();
        }
        if !known.is_some_and(|(same_source, _)| same_source) {
            self.map = SourceMap::default();
            let values = columns.observation_attributes.iter().flat_map(|column| &column.values);
            self.has_long_texts = values.map(AttributeValue::text_bytes).sum::<usize>() >= TEXT_BYTES_FULL;
        }
        self.builder.start_series(columns, series, &mut self.map);
        self.open = Some((columns.clone(), series));
        true
    }

    /// What was gathered, if anything; it is empty afterwards.
    pub(super) fn take(&mut self) -> Option<Columns> {
        self.open.take()?;
        self.builder.end_series();
        self.map = SourceMap::default();
        Some(self.builder.take())
    }
}
