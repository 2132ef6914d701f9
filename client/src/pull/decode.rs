//! Blocks to columns, with the proof that they are what their names say; and what was delivered already is left
//! out after a resume.

use std::sync::Arc;

use mighub::block::{Digest, LaneKey, decode_proven, decompress};
use mighub::v1;
use mighub_sdmx::Period;
use mighub_sdmx::columns::{Columns, ColumnsBuilder, ObservationRange, Shape, SourceMap};

use crate::error::Error;

/// A place in a lane: everything up to it was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delivered {
    key: Vec<Arc<str>>,
    period: Period,
}

impl Delivered {
    /// The last observation of some columns.
    pub(super) fn last_of(columns: &Columns) -> Option<Self> {
        let series = columns.series_count().checked_sub(1)?;
        Some(Self { key: columns.key(series).to_vec(), period: *columns.periods.last()? })
    }

    /// What of some columns comes after this place.
    pub(super) fn rest_of(&self, columns: Columns) -> Option<Columns> {
        let follows = |series: usize, period: Period| {
            columns.key(series).cmp_codes(&self.key).then_with(|| period.cmp(&self.period)).is_gt()
        };
        let last = columns.series_count().checked_sub(1)?;
        if follows(0, columns.periods[0]) {
            return Some(columns);
        }
        if !follows(last, columns.periods[columns.len() - 1]) {
            return None;
        }
        let mut builder = ColumnsBuilder::new(columns.shape.clone());
        let mut map = SourceMap::default();
        for series in 0..columns.series_count() {
            let whole = columns.observations(series);
            let start = whole.clone().find(|observation| follows(series, columns.periods[*observation]));
            let Some(start) = start else { continue };
            builder.push(ObservationRange { columns: &columns, series, start, end: whole.end }, &mut map);
        }
        Some(builder.take())
    }
}

/// The columns of a block.
pub(crate) fn decode(
    block: &v1::StoredBlock,
    shape: &Arc<Shape>,
    key: Option<&LaneKey>,
) -> Result<Columns, Error> {
    let raw = decompress(&block.frame)?;
    if !block.digest.is_empty() {
        let digest = match (block.keyed, key) {
            (false, _) => Some(Digest::of(&raw)),
            (true, Some(key)) => Some(Digest::keyed(key, &raw)),
            // Only the lane's own office can check a keyed name.
            (true, None) => None,
        };
        if digest.is_some_and(|digest| digest.0[..] != block.digest[..]) {
            return Err(mighub::block::BlockError::WrongDigest.into());
        }
    }
    Ok(decode_proven(&raw, shape)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mighub_sdmx::Decimal;
    use proptest::prelude::*;

    fn columns(cells: &[(u8, u16)]) -> Columns {
        let shape = Shape {
            dimensions: vec![Arc::from("REF_AREA")],
            observation_attributes: Vec::new(),
            series_attributes: Vec::new(),
            timeless: false,
        };
        let mut builder = ColumnsBuilder::new(Arc::new(shape));
        for series in cells.chunk_by(|a, b| a.0 == b.0) {
            builder.start_series_with_key(&[Arc::from(format!("{:03}", series[0].0))]);
            for (_, year) in series {
                builder.observation(Period::year(*year), Some(Decimal::integer(1)), |_| None);
            }
            builder.end_series();
        }
        builder.take()
    }

    proptest! {
        #[test]
        fn nothing_comes_twice_and_nothing_is_lost(
            cells in proptest::collection::btree_set((0u8..6, 2000u16..2010), 1..40),
            cut in 0usize..40,
        ) {
            let cells: Vec<_> = cells.into_iter().collect();
            let cut = cut.min(cells.len() - 1);
            let delivered = Delivered::last_of(&columns(&cells[..=cut])).expect("not empty");
            let rest = delivered.rest_of(columns(&cells));
            prop_assert_eq!(rest.map_or(0, |rest| rest.len()), cells.len() - cut - 1);
            if cut + 1 < cells.len() {
                prop_assert_eq!(delivered.rest_of(columns(&cells)), Some(columns(&cells[cut + 1..])));
            }
        }
    }
}
