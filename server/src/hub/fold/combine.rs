//! What one series becomes, cell by cell: the table of actions of the SDMX-CSV guide.
//!
//! An observation of which nothing but the key is left stays, without value: silence is for the judge to refuse,
//! not for the fold to interpret. A series of which no observation is left is gone, and its attributes with it.

use std::cmp::Ordering;

use mighub::v1::PartAction;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, ObservationRange, SourceMap};
use mighub_sdmx::period::Period;

use super::defaults::WriteOut;

/// Statuses that say a value is missing: without a value they clear one (DETAILS A4).
const CLEARING: [&str; 8] = ["H", "J", "K", "L", "M", "O", "Q", "S"];

/// A series that was not there before. Rows without period carry its attributes but are no observations.
pub(super) fn insert(
    builder: &mut ColumnsBuilder,
    write_out: &WriteOut,
    (columns, series): (&Columns, usize),
    map: &mut SourceMap,
) {
    let mut range = ObservationRange::whole(columns, series);
    if is_about_series(columns, range.start) {
        range = range.part(1, range.len());
    }
    if range.is_empty() {
        return;
    }
    if write_out.is_empty() {
        return builder.push(range, map);
    }
    let defaults = write_out.in_series(columns, series);
    builder.start_series(columns, series, map);
    for (place, column) in columns.series_attributes.iter().enumerate() {
        let default = || defaults.of_series(place, columns.periods[range.start]);
        builder.series_attribute(place, column.get(series).cloned().or_else(default).as_ref());
    }
    for at in range.start..range.end {
        defaults.observation(builder, columns.periods[at], columns.value(at), |place| {
            columns.observation_attributes[place].get(at)
        });
    }
    builder.end_series();
}

/// A series that was there, and rows about it.
pub(super) fn combine(
    builder: &mut ColumnsBuilder,
    action: PartAction,
    write_out: &WriteOut,
    (present, p): (&Columns, usize),
    (incoming, i): (&Columns, usize),
) {
    let cells = cells(action, (present, p), (incoming, i));
    let Some(first) = cells.first().map(|cell| cell.period) else { return };
    let defaults = write_out.in_series(present, p);
    // A row without period that deletes cells deletes them from every observation.
    let general = Some(incoming.observations(i).start);
    let general = general.filter(|at| action == PartAction::Delete && is_about_series(incoming, *at));
    let touches_all = general.is_some_and(|at| has_cells(incoming, at));
    builder.start_series(present, p, &mut SourceMap::default());
    for (place, (old, new)) in present.series_attributes.iter().zip(&incoming.series_attributes).enumerate() {
        let (old, new) = (old.get(p), new.get(i));
        let default = defaults.of_series(place, first);
        let value = match (action, new) {
            (PartAction::Delete, None) => old,
            (PartAction::Delete, Some(_)) => default.as_ref(),
            _ => new.or(old).or(default.as_ref()),
        };
        builder.series_attribute(place, value);
    }
    for cell in cells {
        let old = |place: usize| cell.present.and_then(|at| present.observation_attributes[place].get(at));
        let new = |place: usize| cell.incoming.and_then(|at| incoming.observation_attributes[place].get(at));
        let old_value = cell.present.and_then(|at| present.value(at));
        let new_value = cell.incoming.and_then(|at| incoming.value(at));
        if cell.incoming.is_none() && !touches_all {
            builder.observation(cell.period, old_value, old);
            continue;
        }
        match action {
            PartAction::Replace => defaults.observation(builder, cell.period, new_value, new),
            PartAction::Delete => {
                let all_value = general.and_then(|at| incoming.value(at));
                let all =
                    |place: usize| general.and_then(|at| incoming.observation_attributes[place].get(at));
                let value = if new_value.or(all_value).is_some() { None } else { old_value };
                defaults.observation(builder, cell.period, value, |place| {
                    if new(place).or(all(place)).is_some() { None } else { old(place) }
                });
            }
            PartAction::Merge | PartAction::Unspecified => {
                let status = present.shape.observation_attribute("OBS_STATUS").and_then(new);
                let clears =
                    status.and_then(AttributeValue::as_text).is_some_and(|code| CLEARING.contains(&code));
                let value = if clears { new_value } else { new_value.or(old_value) };
                defaults.observation(builder, cell.period, value, |place| new(place).or_else(|| old(place)));
            }
        }
    }
    builder.end_series();
}

/// Whether a row has no period, so that it is about its series.
fn is_about_series(columns: &Columns, at: usize) -> bool {
    columns.periods[at] == Period::ANY && !columns.shape_has_no_time()
}

/// Whether a row gives a value or an attribute of observations.
fn has_cells(columns: &Columns, at: usize) -> bool {
    columns.value(at).is_some()
        || columns.observation_attributes.iter().any(|column| column.get(at).is_some())
}

/// Where an observation of the result comes from.
struct Cell {
    period: Period,
    present: Option<usize>,
    incoming: Option<usize>,
}

fn cells(action: PartAction, (present, p): (&Columns, usize), (incoming, i): (&Columns, usize)) -> Vec<Cell> {
    let (mut olds, mut news) = (present.observations(p).peekable(), incoming.observations(i).peekable());
    let deletes = action == PartAction::Delete;
    let is_bare = |at: usize| incoming.is_bare(i, at);
    let mut cells = Vec::with_capacity(olds.len().max(news.len()));
    if news.next_if(|at| is_about_series(incoming, *at)).is_some_and(|at| deletes && is_bare(at)) {
        return cells;
    }
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => return cells,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => present.periods[*old].cmp(&incoming.periods[*new]),
        };
        let old = if order == Ordering::Greater { None } else { olds.next() };
        let new = if order == Ordering::Less { None } else { news.next() };
        if deletes && (old.is_none() || new.is_some_and(is_bare)) {
            continue;
        }
        let period = match (old, new) {
            (Some(at), _) => present.periods[at],
            (None, Some(at)) => incoming.periods[at],
            (None, None) => continue,
        };
        cells.push(Cell { period, present: old, incoming: new });
    }
}
