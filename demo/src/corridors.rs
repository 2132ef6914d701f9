//! The two sides of a flow: what the origin says left, and what the destination says arrived.

use std::collections::BTreeMap;

use mighub_sdmx::{Columns, Decimal};

/// Figures of one year, by origin and destination: the origin's and the destination's.
#[derive(Default)]
pub(crate) struct Corridors(BTreeMap<(String, String), (Option<i64>, Option<i64>)>);

impl Corridors {
    /// Takes the figures of `year` from a batch of MIG_FLOW.
    pub(crate) fn add(&mut self, columns: &Columns, year: &str) {
        let place = |id: &str| columns.shape.dimensions.iter().position(|dimension| **dimension == *id);
        let places = [place("REF_AREA"), place("FLOW_DIR"), place("COUNTERPART_AREA")];
        let [Some(area), Some(direction), Some(counterpart)] = places else { return };
        for series in 0..columns.series_count() {
            let reporter = columns.code(series, area).to_string();
            let other = columns.code(series, counterpart).to_string();
            for observation in columns.observations(series) {
                let Some(Decimal { unscaled, scale: 0 }) = columns.value(observation) else { continue };
                if columns.periods[observation].to_string() != year {
                    continue;
                }
                match &**columns.code(series, direction) {
                    "EMI" => self.0.entry((reporter.clone(), other.clone())).or_default().0 = Some(unscaled),
                    "IMM" => self.0.entry((other.clone(), reporter.clone())).or_default().1 = Some(unscaled),
                    _ => {}
                }
            }
        }
    }

    /// The largest flows of which both sides are known.
    pub(crate) fn largest(&self, count: usize) -> Vec<(&str, &str, i64, i64)> {
        let mut known: Vec<_> = self
            .0
            .iter()
            .filter_map(|((from, to), (left, arrived))| Some((&**from, &**to, (*left)?, (*arrived)?)))
            .collect();
        known.sort_by_key(|(.., left, arrived)| std::cmp::Reverse((*left).max(*arrived)));
        known.truncate(count);
        known
    }
}
