//! Cells taken out of columns: which of them, and what is left. What must not live here: why.

use mighub_sdmx::columns::{
    AttributeColumn, Columns, ColumnsBuilder, NO_VALUE, ObservationRange, Runs, SourceMap,
};
use mighub_sdmx::key::Selection;

use crate::hub::agreement::CONF_STATUS;

/// What a confidential cell keeps.
const KEPT: [&str; 2] = ["OBS_STATUS", CONF_STATUS];

/// Hides cells that are hidden today; both batches are in canonical order.
pub(super) fn hide_as_today(columns: &Columns, hidden: &mut [bool], today: &Columns, hidden_today: &[bool]) {
    let (mut here, mut there) = (0, 0);
    while here < columns.series_count() && there < today.series_count() {
        let order = columns.key(here).cmp(&today.key(there));
        if order.is_eq() {
            let span = today.observations(there);
            let periods = &today.periods[span.clone()];
            for place in columns.observations(here) {
                if let Ok(at) = periods.binary_search(&columns.periods[place]) {
                    hidden[place] |= hidden_today[span.start + at];
                }
            }
        }
        here += usize::from(order.is_le());
        there += usize::from(order.is_ge());
    }
}

/// Marks the cells of a restriction.
pub(super) fn withhold(columns: &Columns, restriction: &Selection, left: &mut [bool]) {
    for (series, _) in
        restriction.matching_series(columns).iter().enumerate().filter(|(_, matches)| **matches)
    {
        for place in columns.observations(series) {
            left[place] |= restriction.matches_period(columns.periods[place]);
        }
    }
}

/// The columns without hidden observations.
pub(super) fn left_out(columns: &Columns, hidden: &[bool]) -> Columns {
    let mut builder = ColumnsBuilder::new(columns.shape.clone());
    let mut map = SourceMap::default();
    for series in 0..columns.series_count() {
        let whole = ObservationRange::whole(columns, series);
        if is_all_hidden(whole, hidden) {
            continue;
        }
        builder.start_series(columns, series, &mut map);
        builder.series_attributes_of(columns, series, &mut map);
        let mut start = whole.start;
        for stretch in hidden[whole.start..whole.end].chunk_by(|a, b| a == b) {
            let end = start + stretch.len();
            if !stretch[0] {
                builder.observations(ObservationRange { start, end, ..whole }, &mut map);
            }
            start = end;
        }
        builder.end_series();
    }
    builder.take()
}

/// The columns with hidden cells emptied; dictionaries hold nothing of what was hidden, and a series that is
/// hidden throughout has no attributes but those that are kept.
pub(super) fn emptied(columns: &Columns, hidden: &[bool]) -> Columns {
    let mut masked = columns.clone();
    for (place, _) in hidden.iter().enumerate().filter(|(_, hidden)| **hidden) {
        masked.unscaled[place] = 0;
        masked.scales[place] = NO_VALUE;
    }
    let series_hidden: Vec<bool> = (0..columns.series_count())
        .map(|series| is_all_hidden(ObservationRange::whole(columns, series), hidden))
        .collect();
    let shape = columns.shape.clone();
    for (ids, columns, hidden) in [
        (&shape.observation_attributes, &mut masked.observation_attributes, hidden),
        (&shape.series_attributes, &mut masked.series_attributes, &series_hidden[..]),
    ] {
        for (id, column) in ids.iter().zip(columns) {
            if !KEPT.contains(&&**id) && !column.all_absent() {
                *column = absent_where(column, hidden);
            }
        }
    }
    let mut builder = ColumnsBuilder::new(shape);
    let mut map = SourceMap::default();
    for series in 0..masked.series_count() {
        builder.push(ObservationRange::whole(&masked, series), &mut map);
    }
    builder.take()
}

fn is_all_hidden(range: ObservationRange<'_>, hidden: &[bool]) -> bool {
    hidden[range.start..range.end].iter().all(|hidden| *hidden)
}

fn absent_where(column: &AttributeColumn, hidden: &[bool]) -> AttributeColumn {
    let mut runs = Runs::default();
    for (code, range) in column.runs.runs() {
        for stretch in hidden[range].chunk_by(|a, b| a == b) {
            runs.push(if stretch[0] { 0 } else { code }, stretch.len());
        }
    }
    AttributeColumn { values: column.values.clone(), runs }
}
