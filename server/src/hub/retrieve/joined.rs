//! Pieces of one lane put together: what a narrow question leaves of many blocks fills few.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::block::{TEXT_BYTES_PER_UNIT, UNITS_TARGET};
use mighub_sdmx::columns::{AttributeColumn, AttributeValue, Columns, DimensionColumn, Runs};

/// Bytes of distinct texts from which on no more is added.
const TEXT_BYTES_FULL: usize = UNITS_TARGET as usize * TEXT_BYTES_PER_UNIT;

/// Canonical columns that follow on each other, until they fill a block.
#[derive(Default)]
pub(super) struct Pieces {
    pieces: Vec<Columns>,
    observations: usize,
    text_bytes: usize,
}

impl Pieces {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether these find room as well.
    pub(super) fn has_room(&self, columns: &Columns) -> bool {
        self.is_empty()
            || (self.observations + columns.len() <= UNITS_TARGET as usize
                && self.text_bytes < TEXT_BYTES_FULL)
    }

    pub(super) fn push(&mut self, columns: Columns) {
        self.observations += columns.len();
        let attributes = columns.observation_attributes.iter().chain(&columns.series_attributes);
        self.text_bytes +=
            attributes.flat_map(|column| &column.values).map(AttributeValue::text_bytes).sum::<usize>();
        self.pieces.push(columns);
    }

    /// All of them as one, if there are any; it is empty afterwards.
    pub(super) fn take(&mut self) -> Option<Columns> {
        let Self { mut pieces, .. } = std::mem::take(self);
        if pieces.len() < 2 {
            return pieces.pop();
        }
        Some(joined(&pieces))
    }
}

fn joined(pieces: &[Columns]) -> Columns {
    let mut result = Columns::new(pieces[0].shape.clone());
    // Per piece, whether its first series goes on from the piece before.
    let mut goes_on = vec![false; pieces.len()];
    for (place, pair) in pieces.windows(2).enumerate() {
        goes_on[place + 1] = pair[0].key(pair[0].series_count() - 1).cmp(&pair[1].key(0)).is_eq();
    }
    for (piece, goes_on) in pieces.iter().zip(&goes_on) {
        let before = result.periods.len() as u32;
        if *goes_on {
            result.ends.pop();
        }
        result.ends.extend(piece.ends.iter().map(|end| before + end));
        result.periods.extend_from_slice(&piece.periods);
        result.unscaled.extend_from_slice(&piece.unscaled);
        result.scales.extend_from_slice(&piece.scales);
    }
    for place in 0..result.dimensions.len() {
        let columns: Vec<&DimensionColumn> = pieces.iter().map(|piece| &piece.dimensions[place]).collect();
        result.dimensions[place] = dimension(&columns, &goes_on);
    }
    for place in 0..result.observation_attributes.len() {
        let columns: Vec<_> =
            pieces.iter().map(|piece| (&piece.observation_attributes[place], piece.len(), 0)).collect();
        result.observation_attributes[place] = attribute(&columns);
    }
    for place in 0..result.series_attributes.len() {
        let columns: Vec<_> = pieces
            .iter()
            .zip(&goes_on)
            .map(|(piece, goes_on)| {
                (&piece.series_attributes[place], piece.series_count(), usize::from(*goes_on))
            })
            .collect();
        result.series_attributes[place] = attribute(&columns);
    }
    result
}

fn dimension(columns: &[&DimensionColumn], goes_on: &[bool]) -> DimensionColumn {
    if columns.windows(2).all(|pair| pair[0].codes == pair[1].codes) {
        let index = columns.iter().zip(goes_on);
        let index =
            index.flat_map(|(column, goes_on)| &column.index[usize::from(*goes_on)..]).copied().collect();
        return DimensionColumn { codes: columns[0].codes.clone(), index };
    }
    let codes: BTreeSet<&Arc<str>> = columns.iter().flat_map(|column| &column.codes).collect();
    let codes: Vec<Arc<str>> = codes.into_iter().cloned().collect();
    let mut index = Vec::with_capacity(columns.iter().map(|column| column.index.len()).sum());
    for (column, goes_on) in columns.iter().zip(goes_on) {
        let moved: Vec<u32> =
            column.codes.iter().map(|code| codes.partition_point(|other| other < code) as u32).collect();
        index.extend(column.index[usize::from(*goes_on)..].iter().map(|index| moved[*index as usize]));
    }
    DimensionColumn { codes, index }
}

/// Columns with their number of entries, and how many of them are left out at the beginning.
fn attribute(columns: &[(&AttributeColumn, usize, usize)]) -> AttributeColumn {
    let values: BTreeSet<&AttributeValue> = columns.iter().flat_map(|(column, ..)| &column.values).collect();
    let values: Vec<AttributeValue> = values.into_iter().cloned().collect();
    if values.is_empty() {
        return AttributeColumn::default();
    }
    let mut runs = Runs::default();
    for (column, entries, left_out) in columns {
        if column.runs.is_empty() {
            runs.push(0, entries - left_out);
            continue;
        }
        let moved: Vec<u32> = column
            .values
            .iter()
            .map(|value| values.partition_point(|other| other < value) as u32 + 1)
            .collect();
        for (code, count) in column.runs.range(*left_out..*entries) {
            runs.push(if code == 0 { 0 } else { moved[code as usize - 1] }, count);
        }
    }
    AttributeColumn { values, runs }
}
