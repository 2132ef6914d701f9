//! Which observations of a block are asked for: by key, by period, by principal provider.
//!
//! Periods are compared as integers and observations are taken in stretches, so that one year out of ten
//! million observations costs little more than opening the blocks.

use std::ops::Range;
use std::sync::Arc;

use mighub::block::{BlockError, Wanted, decode_part};
use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::{AttributeColumn, Columns, DimensionColumn, Runs, Shape};
use mighub_sdmx::key::Selection;
use mighub_sdmx::period::{Form, Period};

use crate::hub::vintage::Vintage;

/// Forms whose periods begin and end the later, the greater their ordinal, with the ordinals of the years 0 to
/// 9999.
const FORMS: [(Form, i64, i64); 12] = [
    (Form::Year, 0, 9_999),
    (Form::Month, 0, 119_999),
    (Form::Day, FIRST_DAY, LAST_DAY),
    (Form::DateTime, FIRST_DAY * DAY, LAST_DAY * DAY + DAY - 1),
    (Form::DateTimeUtc, FIRST_DAY * DAY, LAST_DAY * DAY + DAY - 1),
    (Form::ReportingYear, 0, 9_999),
    (Form::ReportingSemester, 0, 19_999),
    (Form::ReportingTrimester, 0, 29_999),
    (Form::ReportingQuarter, 0, 39_999),
    (Form::ReportingMonth, 0, 119_999),
    (Form::ReportingWeek, -102_789, 418_984),
    (Form::ReportingDay, FIRST_DAY, LAST_DAY),
];
const FIRST_DAY: i64 = -719_528;
const LAST_DAY: i64 = 2_932_896;
const DAY: i64 = 86_400;
/// Packed periods of one form that follow each other are so far apart.
const PERIOD_STEP: i64 = 16;

/// The range of a selection as packed periods, form by form.
#[derive(Clone, Debug, Default)]
pub(super) struct PeriodBounds {
    /// By form, the first and the last packed period in the range; nothing: there is no range.
    by_form: Option<[Option<(i64, i64)>; 16]>,
}

/// What lets asked-for observations through.
#[derive(Clone, Debug, Default)]
pub(super) struct Sieve {
    selection: Arc<Selection>,
    bounds: Arc<PeriodBounds>,
    /// Series that other providers' agreements give to them.
    rivals: Option<Selection>,
}

/// A stretch of observations of one series.
type Stretch = (usize, Range<usize>);

impl PeriodBounds {
    pub(super) fn of(selection: &Selection) -> Self {
        if selection.start.is_none() && selection.end.is_none() {
            return Self::default();
        }
        let mut by_form = [None; 16];
        for (form, first, last) in FORMS {
            let period = |ordinal| Period::new(form, ordinal);
            let early =
                |ordinal| selection.start.is_some_and(|start| period(ordinal).start() < start.start());
            let timely = |ordinal| selection.end.is_none_or(|end| period(ordinal).end() <= end.end());
            // The first that is not early, and the first that is not timely.
            let (from, to) =
                (partition_point(first, last + 1, early), partition_point(first, last + 1, timely));
            by_form[form as usize] = (from < to).then(|| (period(from).packed(), period(to - 1).packed()));
        }
        Self { by_form: Some(by_form) }
    }

    /// The first and the last packed period of a form, where all between are in the range and no others.
    fn of_form(&self, form: Form) -> Option<(i64, i64)> {
        self.by_form.as_ref()?[form as usize]
    }
}

/// The first ordinal of `first..end` that does not belong to the front part.
fn partition_point(first: i64, end: i64, in_front: impl Fn(i64) -> bool) -> i64 {
    let (mut low, mut high) = (first, end);
    while low < high {
        let middle = low + (high - low) / 2;
        if in_front(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

impl Sieve {
    pub(super) fn new(
        selection: Arc<Selection>,
        bounds: Arc<PeriodBounds>,
        rivals: Option<Selection>,
    ) -> Self {
        Self { selection, bounds, rivals }
    }

    pub(super) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Whether nothing is left out, of whatever block.
    pub(super) fn is_open(&self) -> bool {
        self.selection.is_all() && self.rivals.is_none()
    }

    /// Whether every block of a vintage surely passes whole.
    pub(super) fn leaves_whole(&self, vintage: &Vintage) -> bool {
        self.is_open()
            || (self.selection.is_all() && vintage.blocks.iter().all(|block| self.lets_pass(block)))
    }

    /// Whether a block surely passes whole.
    pub(super) fn lets_pass(&self, block: &BlockInfo) -> bool {
        block.all_match(&self.selection) && self.rivals.as_ref().is_none_or(|rivals| !block.may_match(rivals))
    }

    /// Whether something of a block may pass, as far as other providers are concerned.
    pub(super) fn may_pass(&self, block: &BlockInfo) -> bool {
        self.rivals.as_ref().is_none_or(|rivals| !block.all_match(rivals))
    }

    /// Whether two sieves for the same selection let the same of a block through.
    pub(super) fn passes_alike(&self, other: &Self, block: &BlockInfo) -> bool {
        let touches = |sieve: &Self| sieve.rivals.as_ref().is_some_and(|rivals| block.may_match(rivals));
        self.rivals == other.rivals || (!touches(self) && !touches(other))
    }

    /// What of columns in canonical order passes; the same columns if all does.
    pub(super) fn sift(&self, columns: Arc<Columns>) -> Arc<Columns> {
        let stretches = self.stretches(&columns);
        let passing: usize = stretches.iter().map(|(_, range)| range.len()).sum();
        if passing == columns.len() { columns } else { Arc::new(cut(&columns, &stretches)) }
    }

    /// What passes of a block that was proven before, without the rest being built; nothing if only the whole
    /// block tells.
    pub(super) fn part_of(&self, raw: &[u8], shape: &Arc<Shape>) -> Result<Option<Columns>, BlockError> {
        let periods = |form| match &self.bounds.by_form {
            None => Some((i64::MIN, i64::MAX)),
            Some(_) if form == Form::Any || form == Form::Range => None,
            Some(_) => Some(self.bounds.of_form(form).unwrap_or((1, 0))),
        };
        let wanted = Wanted { series: &|columns| self.matching(columns), periods: &periods };
        Ok(decode_part(raw, shape, &wanted)?.map(with_used_codes))
    }

    fn matching(&self, columns: &Columns) -> Vec<bool> {
        let mut series = self.selection.matching_series(columns);
        if let Some(rivals) = &self.rivals {
            let theirs = rivals.matching_series(columns);
            series.iter_mut().zip(theirs).for_each(|(matching, theirs)| *matching &= !theirs);
        }
        series
    }

    fn stretches(&self, columns: &Columns) -> Vec<Stretch> {
        let series = self.matching(columns);
        let chosen = series.iter().enumerate().filter(|(_, chosen)| **chosen).map(|(series, _)| series);
        let mut stretches = Vec::with_capacity(series.len());
        if self.bounds.by_form.is_none() {
            stretches.extend(chosen.map(|series| (series, columns.observations(series))));
        } else if let Some(form) = one_form(&columns.periods) {
            let Some((first, last)) = self.bounds.of_form(form) else { return stretches };
            for series in chosen {
                let span = columns.observations(series);
                let periods = &columns.periods[span.clone()];
                let start = span.start + place_of(first, periods);
                let end = span.start + place_of(last + PERIOD_STEP, periods);
                if start < end {
                    stretches.push((series, start..end));
                }
            }
        } else {
            for series in chosen {
                let mut start = columns.observations(series).start;
                let periods = &columns.periods[columns.observations(series)];
                let in_range = |period: &Period| self.selection.matches_period(*period);
                for stretch in periods.chunk_by(|a, b| in_range(a) == in_range(b)) {
                    if in_range(&stretch[0]) {
                        stretches.push((series, start..start + stretch.len()));
                    }
                    start += stretch.len();
                }
            }
        }
        stretches
    }
}

/// The form of all periods, if it is one of [`FORMS`].
fn one_form(periods: &[Period]) -> Option<Form> {
    let form = periods.first()?.form();
    let bits = form as i64;
    // Integers only, so that eight periods are compared at a time.
    let all = periods.iter().all(|period| period.packed() & 15 == bits);
    (all && form != Form::Any && form != Form::Range).then_some(form)
}

/// The first place at which a period of one form is not before `packed`.
fn place_of(packed: i64, periods: &[Period]) -> usize {
    // Mostly no period is missing, and the place can be reckoned.
    let reckoned = usize::try_from((packed - periods[0].packed()) / PERIOD_STEP).unwrap_or(0);
    match periods.get(reckoned) {
        Some(period) if period.packed() == packed => reckoned,
        _ => periods.partition_point(|period| period.packed() < packed),
    }
}

/// The stretches of canonical columns, again canonical: dictionaries stay in order, and lose what is not used.
fn cut(columns: &Columns, stretches: &[Stretch]) -> Columns {
    let mut result = Columns::new(columns.shape.clone());
    let length: usize = stretches.iter().map(|(_, range)| range.len()).sum();
    result.periods.reserve_exact(length);
    result.unscaled.reserve_exact(length);
    result.scales.reserve_exact(length);
    result.ends.reserve_exact(stretches.len());
    let mut kept: Vec<usize> = Vec::with_capacity(stretches.len());
    for (series, range) in stretches {
        result.periods.extend_from_slice(&columns.periods[range.clone()]);
        result.unscaled.extend_from_slice(&columns.unscaled[range.clone()]);
        result.scales.extend_from_slice(&columns.scales[range.clone()]);
        let end = result.periods.len() as u32;
        match result.ends.last_mut() {
            // Another stretch of the same series.
            Some(last) if kept.last() == Some(series) => *last = end,
            _ => {
                kept.push(*series);
                result.ends.push(end);
            }
        }
    }
    let is_every_series = kept.len() == columns.series_count();
    let dimension = |column: &DimensionColumn| {
        if is_every_series {
            return column.clone();
        }
        let index = kept.iter().map(|series| column.index[*series]).collect();
        let (codes, index) = compacted(&column.codes, 0, index);
        DimensionColumn { codes, index }
    };
    result.dimensions = columns.dimensions.iter().map(dimension).collect();
    let of_observations = |column: &AttributeColumn| match one_value(column, length) {
        Some(column) => column,
        None => attribute(column, stretches.iter().map(|(_, range)| range.clone())),
    };
    result.observation_attributes = columns.observation_attributes.iter().map(of_observations).collect();
    let of_series = |column: &AttributeColumn| match one_value(column, kept.len()) {
        Some(column) => column,
        None => attribute(column, kept.iter().map(|series| *series..*series + 1)),
    };
    result.series_attributes = columns.series_attributes.iter().map(of_series).collect();
    result
}

/// The part of a column that has the same value, or none, throughout.
fn one_value(column: &AttributeColumn, entries: usize) -> Option<AttributeColumn> {
    if column.all_absent() || entries == 0 {
        return Some(AttributeColumn::default());
    }
    let is_one = column.runs.run_count() == 1;
    is_one.then(|| AttributeColumn {
        values: column.values.clone(),
        runs: Runs::filled(column.runs.get(0), entries),
    })
}

fn attribute(column: &AttributeColumn, ranges: impl Iterator<Item = Range<usize>>) -> AttributeColumn {
    let (mut codes, mut lengths): (Vec<u32>, Vec<usize>) = (Vec::new(), Vec::new());
    for range in ranges {
        for (code, count) in column.runs.range(range) {
            match (codes.last(), lengths.last_mut()) {
                (Some(last), Some(length)) if *last == code => *length += count,
                _ => {
                    codes.push(code);
                    lengths.push(count);
                }
            }
        }
    }
    if codes.iter().all(|code| *code == 0) {
        return AttributeColumn::default();
    }
    let (values, codes) = compacted(&column.values, 1, codes);
    let mut runs = Runs::default();
    codes.into_iter().zip(lengths).for_each(|(code, length)| runs.push(code, length));
    AttributeColumn { values, runs }
}

/// The same columns with dictionaries that hold only what is used.
fn with_used_codes(mut columns: Columns) -> Columns {
    for column in &mut columns.dimensions {
        let (codes, index) = compacted(&column.codes, 0, std::mem::take(&mut column.index));
        *column = DimensionColumn { codes, index };
    }
    for column in columns.observation_attributes.iter_mut().chain(&mut columns.series_attributes) {
        if column.all_absent() {
            *column = AttributeColumn::default();
            continue;
        }
        let (codes, lengths): (Vec<u32>, Vec<usize>) =
            column.runs.runs().map(|(code, range)| (code, range.len())).unzip();
        let (values, codes) = compacted(&column.values, 1, codes);
        let mut runs = Runs::default();
        codes.into_iter().zip(lengths).for_each(|(code, length)| runs.push(code, length));
        *column = AttributeColumn { values, runs };
    }
    columns
}

/// A dictionary without what is not used, and the indexes into it. The first entry has the index `base`; lower
/// indexes mean none.
fn compacted<T: Clone>(dictionary: &[T], base: u32, mut indexes: Vec<u32>) -> (Vec<T>, Vec<u32>) {
    let mut used = vec![false; dictionary.len() + base as usize];
    indexes.iter().for_each(|index| used[*index as usize] = true);
    used[..base as usize].fill(true);
    if !used.contains(&false) {
        return (dictionary.to_vec(), indexes);
    }
    let mut next = 0;
    let moved: Vec<u32> = used
        .iter()
        .map(|used| {
            let index = next;
            next += u32::from(*used);
            index
        })
        .collect();
    indexes.iter_mut().for_each(|index| *index = moved[*index as usize]);
    let of_dictionary = used[base as usize..].iter().zip(dictionary);
    (of_dictionary.filter(|(used, _)| **used).map(|(_, entry)| entry.clone()).collect(), indexes)
}

#[cfg(test)]
mod tests;
