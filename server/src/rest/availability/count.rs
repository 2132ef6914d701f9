//! Counting what a reader may see: values by dimension, the first and the last period, series, observations.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub_sdmx::Period;
use mighub_sdmx::columns::Columns;
use mighub_sdmx::structure::{Bound, DataDefinition, Id, KeyValues, Qualifiers, TimeRange};

use crate::hub::Effect;
use crate::rest::data::{Chosen, MakingError};

/// What there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// Values by dimension, in the order of the dimensions.
    pub(super) values: Vec<BTreeSet<Arc<str>>>,
    /// The first period and the last.
    pub(super) periods: Option<(Period, Period)>,
    /// Series that have observations.
    pub(super) series: u64,
    /// Observations.
    pub(super) observations: u64,
}

/// Counts figures to their end.
pub(super) fn count(mut chosen: Chosen) -> Result<Counted, MakingError> {
    let dimensions = chosen.query().definition.dimensions.len();
    let mut counted = Counted { values: vec![BTreeSet::new(); dimensions], ..Counted::default() };
    let mut last: Option<Vec<Arc<str>>> = None;
    while let Some(batch) = chosen.next()? {
        // Of what changed, what is gone is not there.
        if batch.effect == Effect::Replace {
            counted.add(&batch.columns, &mut last);
        }
    }
    Ok(counted)
}

impl Counted {
    fn add(&mut self, columns: &Columns, last: &mut Option<Vec<Arc<str>>>) {
        let Some(newest) = columns.series_count().checked_sub(1) else { return };
        // A long series goes on from one batch to the next.
        let goes_on = last.as_ref().is_some_and(|last| columns.key(0).cmp_codes(last).is_eq());
        self.series += columns.series_count() as u64 - u64::from(goes_on);
        *last = Some(columns.key(newest).to_vec());
        self.observations += columns.len() as u64;
        for (values, column) in self.values.iter_mut().zip(&columns.dimensions) {
            // The dictionary of a cut batch may have more than its series do.
            let used: BTreeSet<u32> = column.index.iter().copied().collect();
            for code in used.into_iter().filter_map(|code| column.codes.get(code as usize)) {
                if !values.contains(code) {
                    values.insert(code.clone());
                }
            }
        }
        let known = columns.periods.iter().filter(|period| **period != Period::ANY);
        for period in known {
            let (first, end) = self.periods.get_or_insert((*period, *period));
            if period.start() < first.start() {
                *first = *period;
            }
            if period.end() > end.end() {
                *end = *period;
            }
        }
    }

    /// The region of a constraint that says so, for these components, or all.
    pub(super) fn key_values(
        &self,
        definition: &DataDefinition,
        wanted: Option<&[String]>,
    ) -> Vec<KeyValues> {
        let is_wanted = |id: &str| wanted.is_none_or(|wanted| wanted.iter().any(|name| name == id));
        let dimensions =
            definition.dimensions.iter().zip(&self.values).filter(|(dimension, _)| is_wanted(&dimension.id));
        let of_dimension = dimensions.filter_map(|(dimension, values)| {
            Some(KeyValues {
                id: Id::new(&dimension.id).ok()?,
                include: true,
                values: values.iter().cloned().collect(),
                time_range: None,
                qualifiers: Qualifiers::default(),
            })
        });
        let of_time = definition.time.as_ref().filter(|time| is_wanted(time)).zip(self.periods);
        let of_time = of_time.and_then(|(time, (first, last))| {
            let bound = |period| Bound { period, is_inclusive: true };
            Some(KeyValues {
                id: Id::new(time).ok()?,
                include: true,
                values: Vec::new(),
                time_range: Some(TimeRange::Between(bound(first), bound(last))),
                qualifiers: Qualifiers::default(),
            })
        });
        of_dimension.chain(of_time).collect()
    }
}
