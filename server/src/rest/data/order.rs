//! Another order than that in which figures are stored (`sort`).
//!
//! Stored order is that of the keys, dimension by dimension, and of time within them; it costs nothing. Any other
//! needs all observations at once, so it is offered for answers of a limited size.

use std::cmp::Ordering;
use std::sync::Arc;

use mighub_sdmx::columns::{ColumnsBuilder, ObservationRange, SourceMap};
use mighub_sdmx::data::ObservationLevel;
use mighub_sdmx::structure::{AttributeLevel, DataDefinition};

use super::fault::Fault;
use super::filter::components;
use crate::hub::Batch;

/// Observations that are put in another order: with their keys they take about 10 MB until they are sent.
pub(crate) const SORTED_OBSERVATIONS_MAX: usize = 100_000;
/// Bytes of texts, such as notes, of observations that are put in another order.
pub(crate) const SORTED_TEXT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Observations of a batch that is made of them.
const BATCH_OBSERVATIONS: usize = 8_000;

/// By what an answer is sorted; by nothing: as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Order(Vec<(By, bool)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Dimension(usize),
    Time,
    Measure,
    SeriesAttribute(usize),
    ObservationAttribute(usize),
    /// The same for all.
    Nothing,
}

impl Order {
    /// Reads `series_key+TIME_PERIOD:desc`.
    pub(crate) fn read(
        definition: &DataDefinition,
        level: &ObservationLevel,
        text: &str,
    ) -> Result<Self, Fault> {
        let mut order = Vec::new();
        for part in text.split('+') {
            let (name, is_falling) = match part.split_once(':') {
                None => (part, false),
                Some((name, "asc")) => (name, false),
                Some((name, "desc")) => (name, true),
                Some((_, other)) => {
                    let rule =
                        format!("{other:?} is no direction: write asc or desc, as in TIME_PERIOD:desc");
                    return Err(Fault::malformed("sort", rule));
                }
            };
            let dimensions = (0..definition.dimensions.len()).map(By::Dimension);
            let time = definition.time.as_ref().map(|_| By::Time);
            match (name, level) {
                ("*", _) => order.extend(dimensions.chain(time).map(|by| (by, is_falling))),
                ("series_key", ObservationLevel::Dimension(left_out)) => {
                    let kept = dimensions.filter(|by| {
                        !matches!(by, By::Dimension(place) if definition.dimensions[*place].id == *left_out)
                    });
                    order.extend(kept.chain(time).map(|by| (by, is_falling)));
                }
                ("series_key", _) => order.extend(dimensions.map(|by| (by, is_falling))),
                _ => order.push((by(definition, name)?, is_falling)),
            }
        }
        Ok(Self(if is_stored_order(definition, &order) { Vec::new() } else { order }))
    }

    /// Whether figures come in this order by themselves.
    pub(crate) fn is_stored(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts batches in order.
    pub(crate) fn sorted(&self, batches: &[Batch]) -> Vec<Batch> {
        let mut places: Vec<Place> = Vec::new();
        for (batch, Batch { columns, .. }) in batches.iter().enumerate() {
            for series in 0..columns.series_count() {
                let place = |observation| Place { batch, series, observation };
                places.extend(columns.observations(series).map(place));
            }
        }
        places.sort_by(|a, b| self.compare(batches, a, b));
        gathered(batches, &places)
    }

    fn compare(&self, batches: &[Batch], a: &Place, b: &Place) -> Ordering {
        let (left, right) = (&*batches[a.batch].columns, &*batches[b.batch].columns);
        for (by, is_falling) in &self.0 {
            let order = match by {
                By::Nothing => Ordering::Equal,
                By::Dimension(place) => left.code(a.series, *place).cmp(right.code(b.series, *place)),
                By::Time => left.periods[a.observation].cmp(&right.periods[b.observation]),
                By::Measure => match (left.value(a.observation), right.value(b.observation)) {
                    (Some(left), Some(right)) => left.compare(right),
                    (left, right) => left.is_some().cmp(&right.is_some()),
                },
                By::SeriesAttribute(place) => {
                    let (left, right) = (&left.series_attributes[*place], &right.series_attributes[*place]);
                    left.get(a.series).cmp(&right.get(b.series))
                }
                By::ObservationAttribute(place) => {
                    let (left, right) =
                        (&left.observation_attributes[*place], &right.observation_attributes[*place]);
                    left.get(a.observation).cmp(&right.get(b.observation))
                }
            };
            let order = if *is_falling { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

#[derive(Clone, Copy, Debug)]
struct Place {
    batch: usize,
    series: usize,
    observation: usize,
}

fn by(definition: &DataDefinition, name: &str) -> Result<By, Fault> {
    if let Some(place) = definition.dimensions.iter().position(|dimension| *dimension.id == *name) {
        return Ok(By::Dimension(place));
    }
    if definition.time.as_deref() == Some(name) {
        return Ok(By::Time);
    }
    if *definition.measure.id == *name {
        return Ok(By::Measure);
    }
    let place = definition.attribute(name).and_then(|attribute| match attribute.level {
        AttributeLevel::Dataset => Some(By::Nothing),
        AttributeLevel::Series => definition.shape.series_attribute(name).map(By::SeriesAttribute),
        AttributeLevel::Observation => {
            definition.shape.observation_attribute(name).map(By::ObservationAttribute)
        }
    });
    place.ok_or_else(|| {
        let ids = components(definition).join(", ");
        Fault::malformed(
            "sort",
            format!("{name:?} is no component of these data; there are: *, series_key, {ids}"),
        )
    })
}

/// Whether an order is the one by dimensions and time, or its beginning.
fn is_stored_order(definition: &DataDefinition, order: &[(By, bool)]) -> bool {
    let stored = (0..definition.dimensions.len()).map(By::Dimension).chain([By::Time]);
    order.len() <= definition.dimensions.len() + 1
        && order.iter().zip(stored).all(|((by, is_falling), stored)| *by == stored && !is_falling)
}

fn gathered(batches: &[Batch], places: &[Place]) -> Vec<Batch> {
    let Some(first) = batches.first() else { return Vec::new() };
    let mut maps = vec![SourceMap::default(); batches.len()];
    let mut builder = ColumnsBuilder::new(first.columns.shape.clone());
    let mut result: Vec<Batch> = Vec::new();
    let mut lane = first.lane.clone();
    let mut effect = first.effect;
    let mut flush = |builder: &mut ColumnsBuilder, lane: &Arc<_>, effect| {
        if !builder.is_empty() {
            result.push(Batch { lane: Arc::clone(lane), effect, columns: Arc::new(builder.take()) });
        }
    };
    let goes_on = |a: &Place, b: &Place| {
        a.batch == b.batch && a.series == b.series && a.observation + 1 == b.observation
    };
    for stretch in places.chunk_by(goes_on) {
        let Place { batch, series, observation: start } = stretch[0];
        let source = &batches[batch];
        if builder.len() >= BATCH_OBSERVATIONS || !Arc::ptr_eq(&lane, &source.lane) {
            flush(&mut builder, &lane, effect);
            (lane, effect) = (source.lane.clone(), source.effect);
        }
        let range = ObservationRange { columns: &source.columns, series, start, end: start + stretch.len() };
        builder.push(range, &mut maps[batch]);
    }
    flush(&mut builder, &lane, effect);
    result
}
