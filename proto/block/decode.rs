//! Bytes to columns, and the proof that the bytes are the canonical ones.

use std::sync::Arc;

use mighub_sdmx::columns::{
    AttributeColumn, AttributeValue, Columns, DimensionColumn, LocalText, NO_VALUE, Runs, Shape,
};
use mighub_sdmx::decimal::DIGITS_MAX;
use mighub_sdmx::period::Period;
use prost::Message;

use super::bytes::{FieldReader, Numbers};
use super::{BlockError, CANON, RAW_BYTES_MAX, UNITS_MAX, encode, field};
use crate::v1;

/// Greatest digits of a value as an integer: eighteen nines.
const VALUE_MAX: u64 = 999_999_999_999_999_999;
/// Longest message of one attribute value: the longest text that is read from a file, divided into the
/// smallest parts, stays below it.
const VALUE_BYTES_MAX: usize = 512 * 1024;
const NOT_ITS_DIMENSIONS: BlockError =
    BlockError::Inconsistent("it has not as many dimensions as its data structure");

/// Reads a block that comes from outside: whatever is not the one canonical form of its content is refused.
pub fn decode(raw: &[u8], shape: &Arc<Shape>) -> Result<Columns, BlockError> {
    let columns = decode_proven(raw, shape)?;
    check_order(&columns)?;
    check_numbers(&columns)?;
    // Unknown fields, unpacked or over-long numbers and split runs all read as equal values; only the bytes
    // tell.
    if encode(&columns) != raw {
        return Err(BlockError::NotCanonical("its bytes are not those of its content"));
    }
    Ok(columns)
}

/// Reads a block whose bytes were proven canonical when they came in, and whose digest was checked since.
pub fn decode_proven(raw: &[u8], shape: &Arc<Shape>) -> Result<Columns, BlockError> {
    let (mut block, dimensions) = begin(raw, shape)?;
    let mut columns = Columns::new(shape.clone());
    take_counts(block.packed(field::OBSERVATION_COUNTS)?, &mut columns)?;
    take_periods(&mut block, &mut columns)?;
    take_values(&mut block, &mut columns)?;
    let (series, observations) = (columns.series_count(), columns.len());
    for (place, dimension) in dimensions.into_iter().enumerate() {
        columns.dimensions[place] = dimension_of(FieldReader::new(dimension), series)?;
    }
    columns.observation_attributes =
        attributes(&mut block, field::OBSERVATION_ATTRIBUTES, &shape.observation_attributes, |attribute| {
            attribute_of(attribute, observations)
        })?;
    columns.series_attributes =
        attributes(&mut block, field::SERIES_ATTRIBUTES, &shape.series_attributes, |attribute| {
            attribute_of(attribute, series)
        })?;
    block.finish()?;
    Ok(columns)
}

/// The block from its observation counts on, and its dimensions, unread.
pub(super) fn begin<'b>(
    raw: &'b [u8],
    shape: &Shape,
) -> Result<(FieldReader<'b>, Vec<&'b [u8]>), BlockError> {
    if raw.len() > RAW_BYTES_MAX {
        return Err(BlockError::Inconsistent("it is longer than any block"));
    }
    let mut block = FieldReader::new(raw);
    let canon = block.number(field::CANON)?;
    if canon == 0 {
        return Err(BlockError::Message("it does not begin with the number of its canon".to_owned()));
    }
    if canon != u64::from(CANON) {
        return Err(BlockError::UnknownCanon(u32::try_from(canon).unwrap_or(u32::MAX)));
    }
    let mut dimensions = Vec::with_capacity(shape.dimensions.len());
    for _ in &shape.dimensions {
        dimensions.push(block.delimited(field::DIMENSIONS)?.ok_or(NOT_ITS_DIMENSIONS)?);
    }
    Ok((block, dimensions))
}

pub(super) fn take_counts(mut counts: Numbers<'_>, columns: &mut Columns) -> Result<(), BlockError> {
    const WRONG: BlockError = BlockError::Inconsistent("a series has no observations, or there are too many");
    let mut end = 0u32;
    columns.ends.reserve_exact(counts.count_max().min(UNITS_MAX as usize));
    while let Some(count) = counts.next_u32() {
        end = end.saturating_add(count);
        if count == 0 || end > UNITS_MAX {
            return Err(WRONG);
        }
        columns.ends.push(end);
    }
    if !counts.is_at_end() {
        return Err(WRONG);
    }
    if end == 0 {
        return Err(BlockError::Inconsistent("it has no observations"));
    }
    Ok(())
}

pub(super) fn dimension_of(
    mut dimension: FieldReader<'_>,
    series: usize,
) -> Result<DimensionColumn, BlockError> {
    const NO_CODE: BlockError = BlockError::Inconsistent("a dimension has no code for a series");
    let mut codes: Vec<Arc<str>> = Vec::new();
    while let Some(code) = dimension.text(field::DIMENSION_CODES)? {
        if codes.len() == series {
            return Err(BlockError::NotCanonical("a dimension has more codes than there are series"));
        }
        codes.push(Arc::from(code));
    }
    let mut numbers = dimension.packed(field::DIMENSION_SERIES)?;
    let mut index = Vec::with_capacity(series);
    for _ in 0..series {
        let code = numbers.next_u32().filter(|code| (*code as usize) < codes.len());
        index.push(code.ok_or(NO_CODE)?);
    }
    if !numbers.is_at_end() {
        return Err(BlockError::Inconsistent("a dimension has codes for more series than there are"));
    }
    dimension.finish()?;
    Ok(DimensionColumn { codes, index })
}

fn take_periods(block: &mut FieldReader<'_>, columns: &mut Columns) -> Result<(), BlockError> {
    const NO_PERIOD: BlockError = BlockError::Inconsistent("a number is no period");
    let mut first_periods = block.packed(field::FIRST_PERIODS)?;
    let mut runs = block.packed(field::CONTIGUOUS_RUNS)?;
    let mut steps = block.packed(field::PERIOD_STEPS)?;
    columns.periods.reserve_exact(columns.ends.last().map_or(0, |end| *end as usize));
    let all_contiguous = runs.is_at_end();
    let (mut with_gaps, mut left) = (true, 0u32);
    let (mut packed, mut start) = (0i64, 0u32);
    for end in &columns.ends {
        let count = i64::from(end - std::mem::replace(&mut start, *end));
        let difference =
            first_periods.next().ok_or(BlockError::Inconsistent("a series has no first period"))?;
        packed = packed.wrapping_add(unzigzag(difference));
        while !all_contiguous && left == 0 {
            left = runs.next_u32().ok_or(BlockError::Inconsistent("runs end before the series do"))?;
            with_gaps = !with_gaps;
        }
        left = left.saturating_sub(1);
        let first = Period::from_packed(packed).ok_or(NO_PERIOD)?;
        columns.periods.push(first);
        if all_contiguous || !with_gaps {
            let last = packed.checked_add(16 * (count - 1)).ok_or(NO_PERIOD)?;
            if count > 1 {
                Period::from_packed(last).ok_or(NO_PERIOD)?;
            }
            let form = first.form();
            let following = first.ordinal() + 1..first.ordinal() + count;
            columns.periods.extend(following.map(|ordinal| Period::new(form, ordinal)));
        } else {
            let mut before = first;
            for _ in 1..count {
                let step = steps.next().ok_or(BlockError::Inconsistent("a period is missing"))?;
                let difference = unzigzag(step >> 1);
                let next = if step & 1 == 0 { difference.checked_mul(16) } else { Some(difference) };
                let next = next.and_then(|difference| before.packed().checked_add(difference));
                before = next.and_then(Period::from_packed).ok_or(NO_PERIOD)?;
                columns.periods.push(before);
            }
        }
    }
    if !first_periods.is_at_end() || !steps.is_at_end() || left > 0 || !runs.is_at_end() {
        return Err(BlockError::Inconsistent("there are more periods than observations"));
    }
    Ok(())
}

pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn take_values(block: &mut FieldReader<'_>, columns: &mut Columns) -> Result<(), BlockError> {
    const NOT_COVERED: BlockError = BlockError::Inconsistent("the scales do not cover the observations");
    const MISSING: BlockError = BlockError::Inconsistent("a value is missing");
    let observations = columns.periods.len();
    let mut lengths = block.packed(field::SCALE_LENGTHS)?;
    let mut codes = block.packed(field::SCALE_CODES)?;
    columns.scales.reserve_exact(observations);
    let mut whole = true;
    while let Some(length) = lengths.next_u32() {
        let scale = match codes.next().ok_or(NOT_COVERED)? {
            0 => NO_VALUE,
            code if code <= DIGITS_MAX as u64 + 1 => code as u8 - 1,
            _ => return Err(BlockError::Inconsistent("a scale is too great")),
        };
        if length as usize > observations - columns.scales.len() {
            return Err(NOT_COVERED);
        }
        whole &= scale != NO_VALUE;
        columns.scales.extend(std::iter::repeat_n(scale, length as usize));
    }
    if columns.scales.len() != observations || !lengths.is_at_end() || !codes.is_at_end() {
        return Err(NOT_COVERED);
    }
    let mut values = block.packed(field::VALUES)?;
    columns.unscaled.reserve_exact(observations);
    let mut start = 0usize;
    for end in &columns.ends {
        let span = std::mem::replace(&mut start, *end as usize)..*end as usize;
        let mut before = 0i64;
        if whole {
            // Written through a slice: that every value is there is asked once, not at every push.
            columns.unscaled.resize(span.end, 0);
            for value in &mut columns.unscaled[span] {
                before = before.wrapping_add(unzigzag(values.next().ok_or(MISSING)?));
                *value = before;
            }
            continue;
        }
        for scale in &columns.scales[span] {
            if *scale == NO_VALUE {
                columns.unscaled.push(0);
            } else {
                before = before.wrapping_add(unzigzag(values.next().ok_or(MISSING)?));
                columns.unscaled.push(before);
            }
        }
    }
    if columns.unscaled.len() != observations {
        return Err(MISSING);
    }
    if !values.is_at_end() {
        return Err(BlockError::Inconsistent("there are more values than observations"));
    }
    Ok(())
}

pub(super) fn attributes<'b>(
    block: &mut FieldReader<'b>,
    number: u32,
    ids: &[Arc<str>],
    mut read: impl FnMut(FieldReader<'b>) -> Result<AttributeColumn, BlockError>,
) -> Result<Vec<AttributeColumn>, BlockError> {
    let mut columns = vec![AttributeColumn::default(); ids.len()];
    let mut next = 0;
    while let Some(attribute) = block.delimited(number)? {
        let mut attribute = FieldReader::new(attribute);
        let id = attribute.text(field::ATTRIBUTE_ID)?.unwrap_or_default();
        let place = ids.iter().position(|known| **known == *id);
        let place = place.ok_or_else(|| BlockError::UnknownAttribute(id.to_owned()))?;
        if place < next {
            return Err(BlockError::NotCanonical("attributes are not in the order of the data structure"));
        }
        next = place + 1;
        columns[place] = read(attribute)?;
    }
    Ok(columns)
}

fn attribute_of(mut attribute: FieldReader<'_>, entries: usize) -> Result<AttributeColumn, BlockError> {
    const OUTSIDE: BlockError = BlockError::Inconsistent("a run of an attribute points outside");
    let values = values_of(&mut attribute, entries)?;
    let mut lengths = attribute.packed(field::ATTRIBUTE_RUN_LENGTHS)?;
    let mut codes = attribute.packed(field::ATTRIBUTE_RUN_CODES)?;
    attribute.finish()?;
    let mut runs = Runs::default();
    while let Some(length) = lengths.next_u32() {
        let code = codes.next_u32().ok_or(BlockError::Inconsistent("an attribute has a run without code"))?;
        if code as usize > values.len() || length as usize > entries - runs.len() {
            return Err(OUTSIDE);
        }
        runs.push(code, length as usize);
    }
    if runs.len() != entries || !lengths.is_at_end() || !codes.is_at_end() {
        return Err(BlockError::Inconsistent("an attribute does not cover all entries"));
    }
    Ok(AttributeColumn { values, runs })
}

pub(super) fn values_of(
    attribute: &mut FieldReader<'_>,
    values_max: usize,
) -> Result<Vec<AttributeValue>, BlockError> {
    let mut values = Vec::new();
    while let Some(value) = attribute.delimited(field::ATTRIBUTE_VALUES)? {
        if values.len() == values_max || value.len() > VALUE_BYTES_MAX {
            return Err(BlockError::Inconsistent(
                "an attribute has too many values, or one that is too long",
            ));
        }
        let value = v1::BlockAttributeValue::decode(value);
        values.push(value_of_message(value.map_err(|error| BlockError::Message(error.to_string()))?));
    }
    Ok(values)
}

/// An attribute value from its message.
pub fn value_of_message(value: v1::BlockAttributeValue) -> AttributeValue {
    if value.many.is_empty() {
        return AttributeValue::Text(Arc::from(value.text));
    }
    let texts = |texts: v1::BlockTexts| {
        let local = |part: v1::BlockText| LocalText {
            language: Arc::from(part.language),
            text: Arc::from(part.text),
        };
        texts.texts.into_iter().map(local).collect()
    };
    AttributeValue::Many(value.many.into_iter().map(texts).collect())
}

fn check_order(columns: &Columns) -> Result<(), BlockError> {
    for column in &columns.dimensions {
        if !strictly_ascending(&column.codes) {
            return Err(BlockError::NotCanonical("codes of a dimension are not ascending"));
        }
        check_used(column.codes.len(), column.index.iter().map(|index| *index as usize))?;
    }
    for column in columns.observation_attributes.iter().chain(&columns.series_attributes) {
        let empty = |value: &AttributeValue| value.as_text().is_some_and(str::is_empty);
        if !strictly_ascending(&column.values) || column.values.iter().any(empty) {
            return Err(BlockError::NotCanonical("values of an attribute are empty or not ascending"));
        }
        let used = column.runs.runs().filter_map(|(code, _)| (code as usize).checked_sub(1));
        check_used(column.values.len(), used)?;
    }
    for series in 0..columns.series_count() {
        if !strictly_ascending(&columns.periods[columns.observations(series)]) {
            return Err(BlockError::NotCanonical("periods of a series are not ascending"));
        }
        // With sorted dictionaries the order of codes is the order of their indexes.
        let ascending = series == 0
            || columns
                .dimensions
                .iter()
                .map(|column| column.index[series - 1])
                .lt(columns.dimensions.iter().map(|column| column.index[series]));
        if !ascending {
            return Err(BlockError::NotCanonical("series are not ascending"));
        }
    }
    Ok(())
}

fn strictly_ascending<T: Ord>(items: &[T]) -> bool {
    items.windows(2).all(|pair| pair[0] < pair[1])
}

fn check_used(count: usize, used: impl Iterator<Item = usize>) -> Result<(), BlockError> {
    let mut seen = vec![false; count];
    used.for_each(|index| seen[index] = true);
    if seen.contains(&false) {
        return Err(BlockError::NotCanonical("a dictionary holds what is not used"));
    }
    Ok(())
}

fn check_numbers(columns: &Columns) -> Result<(), BlockError> {
    if columns.unscaled.iter().any(|value| value.unsigned_abs() > VALUE_MAX) {
        return Err(BlockError::Inconsistent("a value has more than 18 digits"));
    }
    Ok(())
}
