//! A part of a block: what a reader asks for of it, read without building the rest.

use std::ops::Range;
use std::sync::Arc;

use mighub_sdmx::columns::{AttributeColumn, Columns, DimensionColumn, NO_VALUE, Runs, Shape};
use mighub_sdmx::decimal::DIGITS_MAX;
use mighub_sdmx::period::{Form, Period};

use super::bytes::{FieldReader, Numbers};
use super::decode::{attributes, begin, dimension_of, take_counts, unzigzag, values_of};
use super::{BlockError, field};

/// What is wanted of a block.
pub struct Wanted<'w> {
    /// Per series of columns that have only their dimensions and the ends of their series, whether it is wanted.
    pub series: &'w dyn Fn(&Columns) -> Vec<bool>,
    /// The first and the last packed period of a form that are wanted, where all between them are and no others;
    /// nothing if integers do not tell.
    pub periods: &'w dyn Fn(Form) -> Option<(i64, i64)>,
}

/// Observations of one series, by their places in the block.
struct Stretch {
    series: usize,
    observations: Range<usize>,
}

/// Reads what is wanted of a block that was proven before, as [`super::decode_proven`] reads all of it; its
/// dictionaries may hold more than is used. Nothing if the periods of a series are of several forms, or of one
/// that integers do not tell: then all must be read.
pub fn decode_part(
    raw: &[u8],
    shape: &Arc<Shape>,
    wanted: &Wanted<'_>,
) -> Result<Option<Columns>, BlockError> {
    let (mut block, dimensions) = begin(raw, shape)?;
    let mut whole = Columns::new(shape.clone());
    take_counts(block.packed(field::OBSERVATION_COUNTS)?, &mut whole)?;
    let series_count = whole.ends.len();
    for (column, dimension) in whole.dimensions.iter_mut().zip(dimensions) {
        *column = dimension_of(FieldReader::new(dimension), series_count)?;
    }
    let chosen = (wanted.series)(&whole);
    let mut part = Columns::new(shape.clone());
    let Some(stretches) = take_periods(&mut block, &whole.ends, &chosen, wanted, &mut part)? else {
        return Ok(None);
    };
    take_values(&mut block, &whole.ends, &stretches, &mut part)?;
    let spans: Vec<_> = stretches.iter().map(|stretch| stretch.observations.clone()).collect();
    let series: Vec<_> = stretches.iter().map(|stretch| stretch.series..stretch.series + 1).collect();
    part.observation_attributes =
        attributes(&mut block, field::OBSERVATION_ATTRIBUTES, &shape.observation_attributes, |attribute| {
            take_attribute(attribute, &spans)
        })?;
    part.series_attributes =
        attributes(&mut block, field::SERIES_ATTRIBUTES, &shape.series_attributes, |attribute| {
            take_attribute(attribute, &series)
        })?;
    block.finish()?;
    part.dimensions = whole
        .dimensions
        .into_iter()
        .map(|column| DimensionColumn {
            index: stretches.iter().map(|stretch| column.index[stretch.series]).collect(),
            codes: column.codes,
        })
        .collect();
    Ok(Some(part))
}

/// The stretches that are wanted; their periods and ends are in `part` then.
fn take_periods(
    block: &mut FieldReader<'_>,
    ends: &[u32],
    chosen: &[bool],
    wanted: &Wanted<'_>,
    part: &mut Columns,
) -> Result<Option<Vec<Stretch>>, BlockError> {
    const NO_PERIOD: BlockError = BlockError::Inconsistent("a number is no period");
    const MISSING: BlockError = BlockError::Inconsistent("a period is missing");
    let mut first_periods = block.packed(field::FIRST_PERIODS)?;
    let mut runs = block.packed(field::CONTIGUOUS_RUNS)?;
    let mut steps = block.packed(field::PERIOD_STEPS)?;
    let all_contiguous = runs.is_at_end();
    let (mut with_gaps, mut left) = (true, 0u32);
    let (mut packed, mut start) = (0i64, 0usize);
    let mut stretches = Vec::new();
    let mut of_series: Vec<Period> = Vec::new();
    let mut bounds: Option<(Form, i64, i64)> = None;
    for (series, end) in ends.iter().enumerate() {
        let span = std::mem::replace(&mut start, *end as usize)..*end as usize;
        packed = packed.wrapping_add(unzigzag(first_periods.next().ok_or(MISSING)?));
        while !all_contiguous && left == 0 {
            left = runs.next_u32().ok_or(BlockError::Inconsistent("runs end before the series do"))?;
            with_gaps = !with_gaps;
        }
        left = left.saturating_sub(1);
        let is_contiguous = all_contiguous || !with_gaps;
        if !chosen.get(series).copied().unwrap_or(false) {
            if !is_contiguous && !steps.pass_over(span.len() - 1) {
                return Err(MISSING);
            }
            continue;
        }
        let first = Period::from_packed(packed).ok_or(NO_PERIOD)?;
        let (low, high) = match bounds {
            Some((form, low, high)) if form == first.form() => (low, high),
            _ => {
                let Some((low, high)) = (wanted.periods)(first.form()) else { return Ok(None) };
                bounds = Some((first.form(), low, high));
                (low, high)
            }
        };
        let places = if is_contiguous {
            // Packed periods of one form are 16 apart.
            let from = low.saturating_sub(packed).max(0) as usize / 16;
            let to = high.saturating_sub(packed).max(-16).div_euclid(16).saturating_add(1) as usize;
            let places = from.min(span.len())..to.min(span.len());
            let ordinals = first.ordinal() + places.start as i64..first.ordinal() + places.end as i64;
            part.periods.extend(ordinals.map(|ordinal| Period::new(first.form(), ordinal)));
            places
        } else {
            of_series.clear();
            of_series.push(first);
            for _ in 1..span.len() {
                let step = steps.next().ok_or(MISSING)?;
                if step & 1 == 1 {
                    // Another form: what is in the range need not lie together.
                    return Ok(None);
                }
                let before = of_series.last().map_or(packed, |period| period.packed());
                let next = unzigzag(step >> 1).checked_mul(16).and_then(|step| before.checked_add(step));
                of_series.push(next.and_then(Period::from_packed).ok_or(NO_PERIOD)?);
            }
            let from = of_series.partition_point(|period| period.packed() < low);
            let to = of_series.partition_point(|period| period.packed() <= high);
            part.periods.extend_from_slice(of_series.get(from..to).unwrap_or_default());
            from..to
        };
        if !places.is_empty() {
            let observations = span.start + places.start..span.start + places.end;
            stretches.push(Stretch { series, observations });
            part.ends.push(part.periods.len() as u32);
        }
    }
    Ok(Some(stretches))
}

fn take_values(
    block: &mut FieldReader<'_>,
    ends: &[u32],
    stretches: &[Stretch],
    part: &mut Columns,
) -> Result<(), BlockError> {
    const NOT_COVERED: BlockError = BlockError::Inconsistent("the scales do not cover the observations");
    const MISSING: BlockError = BlockError::Inconsistent("a value is missing");
    let observations = ends.last().map_or(0, |end| *end as usize);
    let mut lengths = block.packed(field::SCALE_LENGTHS)?;
    let mut codes = block.packed(field::SCALE_CODES)?;
    let mut runs: Vec<(usize, u8)> = Vec::new();
    while let Some(length) = lengths.next_u32() {
        let scale = match codes.next().ok_or(NOT_COVERED)? {
            0 => NO_VALUE,
            code if code <= DIGITS_MAX as u64 + 1 => code as u8 - 1,
            _ => return Err(BlockError::Inconsistent("a scale is too great")),
        };
        runs.push((length as usize, scale));
    }
    if runs.iter().map(|(length, _)| length).sum::<usize>() != observations {
        return Err(NOT_COVERED);
    }
    let spans = stretches.iter().map(|stretch| stretch.observations.clone());
    let scales = &mut part.scales;
    cut(runs.iter().copied(), spans, |scale, count| scales.extend(std::iter::repeat_n(scale, count)));
    // Per observation whether it has a value; nothing if all have.
    let mut present: Vec<bool> = Vec::new();
    if runs.iter().any(|(_, scale)| *scale == NO_VALUE) {
        for (length, scale) in &runs {
            present.extend(std::iter::repeat_n(*scale != NO_VALUE, *length));
        }
    }
    let values_in = |span: Range<usize>| match &present[..] {
        [] => span.len(),
        present => present[span].iter().filter(|present| **present).count(),
    };
    let mut values = block.packed(field::VALUES)?;
    let mut at = 0;
    for Stretch { series, observations } in stretches {
        let start = if *series == 0 { 0 } else { ends[series - 1] as usize };
        if !values.pass_over(values_in(at..start)) {
            return Err(MISSING);
        }
        let mut before = 0i64;
        for place in start..observations.end {
            let has_value = present.is_empty() || present[place];
            if has_value {
                before = before.wrapping_add(unzigzag(values.next().ok_or(MISSING)?));
            }
            if place >= observations.start {
                part.unscaled.push(if has_value { before } else { 0 });
            }
        }
        at = observations.end;
    }
    if !values.pass_over(values_in(at..observations)) || !values.is_at_end() {
        return Err(MISSING);
    }
    Ok(())
}

/// One attribute, cut to these entries.
fn take_attribute(
    mut attribute: FieldReader<'_>,
    spans: &[Range<usize>],
) -> Result<AttributeColumn, BlockError> {
    let values = values_of(&mut attribute, usize::MAX)?;
    let lengths = attribute.packed(field::ATTRIBUTE_RUN_LENGTHS)?;
    let codes = attribute.packed(field::ATTRIBUTE_RUN_CODES)?;
    attribute.finish()?;
    let mut runs = Runs::default();
    let each = PairedRuns { lengths, codes };
    cut(each, spans.iter().cloned(), |code: u32, count| runs.push(code, count));
    let outside = runs.runs().any(|(code, _)| code as usize > values.len());
    if outside || runs.len() != spans.iter().map(ExactSizeIterator::len).sum::<usize>() {
        return Err(BlockError::Inconsistent("an attribute does not cover all entries"));
    }
    Ok(AttributeColumn { values, runs })
}

struct PairedRuns<'b> {
    lengths: Numbers<'b>,
    codes: Numbers<'b>,
}

impl Iterator for PairedRuns<'_> {
    type Item = (usize, u32);

    #[inline]
    fn next(&mut self) -> Option<(usize, u32)> {
        let (length, code) = (self.lengths.next()?, self.codes.next()?);
        Some((length as usize, u32::try_from(code).ok()?))
    }
}

/// Cuts runs to spans, both ascending.
#[inline]
fn cut<T: Copy>(
    runs: impl Iterator<Item = (usize, T)>,
    mut spans: impl Iterator<Item = Range<usize>>,
    mut push: impl FnMut(T, usize),
) {
    let Some(mut span) = spans.next() else { return };
    let mut at = 0usize;
    for (length, item) in runs {
        let end = at.saturating_add(length);
        while span.start < end {
            let (from, to) = (span.start.max(at), span.end.min(end));
            if from < to {
                push(item, to - from);
            }
            if span.end > end {
                break;
            }
            match spans.next() {
                Some(next) => span = next,
                None => return,
            }
        }
        at = end;
    }
}

#[cfg(test)]
mod tests;
