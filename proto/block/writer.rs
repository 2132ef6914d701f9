//! Observations in canonical order to finished blocks, and the check that a block ends where it must.

use std::sync::Arc;

use mighub_sdmx::columns::{AttributeColumn, Columns, ColumnsBuilder, ObservationRange, Shape, SourceMap};
use mighub_sdmx::structure::{AttributeDefault, DefaultValue};

use super::canon::{Cutter, code_hashes, key_hash};
use super::{BlockError, Digest, LaneKey, PIECE_UNITS_MAX, TEXT_BYTES_PER_UNIT, UNITS_FORCED, encode};
use crate::manifest::BlockInfo;

/// A block with the name under which it is stored.
#[derive(Clone, Debug)]
pub struct FinishedBlock {
    /// Canonical bytes, uncompressed.
    pub raw: Vec<u8>,
    /// What a manifest says of it.
    pub info: BlockInfo,
}

/// Cuts a stream of observations into canonical blocks.
#[derive(Debug)]
pub struct BlockWriter {
    builder: ColumnsBuilder,
    cutter: Cutter,
    naming: Naming,
}

/// How blocks of a lane are named.
#[derive(Clone, Debug)]
pub struct Naming {
    /// The key for blocks with restricted cells.
    pub key: LaneKey,
    /// Whether a cell without CONF_STATUS is restricted: what absence stands for in this lane is not F.
    pub unmarked_restricted: bool,
}

impl Naming {
    /// How blocks of a lane are named, where `defaults` say what absent attributes stand for: a cell without
    /// CONF_STATUS is free only if the first default for it says so, and always. Client and hub reckon alike.
    pub fn of_lane<'d>(key: LaneKey, defaults: impl IntoIterator<Item = &'d AttributeDefault>) -> Self {
        let first = defaults.into_iter().find(|default| &*default.attribute == "CONF_STATUS");
        let is_free = |default: &AttributeDefault| {
            default.when.is_none() && matches!(&default.value, DefaultValue::Text(text) if &**text == "F")
        };
        Self { key, unmarked_restricted: !first.is_some_and(is_free) }
    }

    /// What a manifest says of a block with this content.
    pub fn name(&self, columns: &Columns, raw: &[u8]) -> BlockInfo {
        let mut info = BlockInfo::describe(columns, raw.len());
        info.keyed = info.restricted || (info.unmarked && self.unmarked_restricted);
        info.digest = if info.keyed { Digest::keyed(&self.key, raw) } else { Digest::of(raw) };
        info
    }
}

impl BlockWriter {
    /// A writer of blocks of `shape`.
    pub fn new(shape: Arc<Shape>, naming: Naming) -> Self {
        Self { builder: ColumnsBuilder::new(shape), cutter: Cutter::default(), naming }
    }

    /// Whether a block ended exactly with what was pushed last, so that the next block starts afresh.
    pub fn is_at_cut(&self) -> bool {
        self.cutter.is_fresh()
    }

    /// Takes observations that follow, in canonical order, on those before; gives each block that ends to
    /// `finished`. A series may go on from one call to the next only if `continues` says so of the last one.
    pub fn push<E>(
        &mut self,
        columns: &Columns,
        finished: &mut impl FnMut(FinishedBlock) -> Result<(), E>,
    ) -> Result<(), E> {
        let weights = Weights::of(columns);
        let mut map = SourceMap::default();
        for series in 0..columns.series_count() {
            let mut done = columns.observations(series).start;
            weights.pieces(columns, series, |end, units, ends_series| {
                let cut = self.cutter.add(weights.key_hash(columns, series), units, ends_series);
                if cut || ends_series {
                    self.builder.push(ObservationRange { columns, series, start: done, end }, &mut map);
                    done = end;
                }
                if cut { finished(self.take()) } else { Ok(()) }
            })?;
        }
        Ok(())
    }

    /// The last block, if anything is left.
    pub fn finish(&mut self) -> Option<FinishedBlock> {
        self.cutter = Cutter::default();
        (!self.builder.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> FinishedBlock {
        let columns = self.builder.take();
        let raw = encode(&columns);
        FinishedBlock { info: self.naming.name(&columns, &raw), raw }
    }
}

/// Checks that a block is cut where canon 1 cuts it. `next_key` is the key with which the next block of the
/// part begins; a last block may end anywhere.
pub fn check_cut(columns: &Columns, next_key: Option<&[Arc<str>]>) -> Result<(), BlockError> {
    let weights = Weights::of(columns);
    let mut cutter = Cutter::default();
    let mut units_total = 0u32;
    let mut ended_before = false;
    let mut cut_at_end = false;
    for series in 0..columns.series_count() {
        weights.pieces(columns, series, |_, units, ends_series| {
            ended_before |= cut_at_end;
            units_total = units_total.saturating_add(units);
            cut_at_end = cutter.add(weights.key_hash(columns, series), units, ends_series);
            Ok::<_, BlockError>(())
        })?;
    }
    if ended_before {
        return Err(BlockError::NotCanonical("it should have ended earlier"));
    }
    let Some(next_key) = next_key else { return Ok(()) };
    let last = columns.key(columns.series_count().saturating_sub(1));
    let splits_series = last.cmp_codes(next_key).is_eq();
    if !cut_at_end || (splits_series && units_total < UNITS_FORCED) {
        return Err(BlockError::NotCanonical("it should not have ended yet"));
    }
    Ok(())
}

/// What the series of some columns weigh, and their hashes.
struct Weights {
    code_hashes: Vec<Vec<u64>>,
    observation_texts: Vec<(usize, Vec<u32>)>,
    series_texts: Vec<(usize, Vec<u32>)>,
}

impl Weights {
    fn of(columns: &Columns) -> Self {
        Self {
            code_hashes: columns.dimensions.iter().map(|column| code_hashes(&column.codes)).collect(),
            observation_texts: text_units(&columns.observation_attributes),
            series_texts: text_units(&columns.series_attributes),
        }
    }

    fn key_hash(&self, columns: &Columns, series: usize) -> u64 {
        let codes = columns.dimensions.iter().zip(&self.code_hashes);
        key_hash(codes.map(|(column, hashes)| hashes[column.index[series] as usize]))
    }

    /// Calls `piece(end, units, ends_series)` for each piece of a series; nearly always there is one.
    fn pieces<E>(
        &self,
        columns: &Columns,
        series: usize,
        mut piece: impl FnMut(usize, u32, bool) -> Result<(), E>,
    ) -> Result<(), E> {
        let span = columns.observations(series);
        let of_series: u32 = self
            .series_texts
            .iter()
            .map(|(place, units)| units[columns.series_attributes[*place].runs.get(series) as usize])
            .sum();
        let mut units = of_series;
        if self.observation_texts.is_empty()
            && span.len() <= PIECE_UNITS_MAX as usize - of_series.min(PIECE_UNITS_MAX / 2) as usize
        {
            return piece(span.end, units + span.len() as u32, true);
        }
        for observation in span.clone() {
            let texts = self.observation_texts.iter();
            let weight = 1 + texts
                .map(|(place, units)| {
                    units[columns.observation_attributes[*place].runs.get(observation) as usize]
                })
                .sum::<u32>();
            if observation > span.start && units + weight > PIECE_UNITS_MAX {
                piece(observation, units, false)?;
                units = 0;
            }
            units += weight;
        }
        piece(span.end, units, true)
    }
}

/// Per attribute with long texts: its place, and per code how many units its text weighs.
fn text_units(columns: &[AttributeColumn]) -> Vec<(usize, Vec<u32>)> {
    let units = |column: &AttributeColumn| {
        let of_value = column.values.iter().map(|value| (value.text_bytes() / TEXT_BYTES_PER_UNIT) as u32);
        std::iter::once(0).chain(of_value).collect::<Vec<_>>()
    };
    let weighed = columns.iter().map(units).enumerate();
    weighed.filter(|(_, units)| units.iter().any(|unit| *unit > 0)).collect()
}
