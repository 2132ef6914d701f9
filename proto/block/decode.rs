//! Bytes to columns, and the proof that the bytes are the canonical ones.

use std::sync::Arc;

use mighub_sdmx::columns::{
    AttributeColumn, AttributeValue, Columns, DimensionColumn, LocalText, NO_VALUE, Runs, Shape,
};
use mighub_sdmx::decimal::DIGITS_MAX;
use mighub_sdmx::period::Period;
use prost::Message;

use super::{BlockError, CANON, RAW_BYTES_MAX, UNITS_MAX, encode};
use crate::v1;

const VALUE_MAX: u64 = 999_999_999_999_999_999;

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
    if raw.len() > RAW_BYTES_MAX {
        return Err(BlockError::Inconsistent("it is longer than any block"));
    }
    let block = v1::SeriesBlock::decode(raw).map_err(|error| BlockError::Message(error.to_string()))?;
    if block.canon != CANON {
        return Err(BlockError::UnknownCanon(block.canon));
    }
    let mut columns = Columns::new(shape.clone());
    take_counts(&block, &mut columns)?;
    take_periods(&block, &mut columns)?;
    take_values(&block, &mut columns)?;
    let (series, observations) = (columns.series_count(), columns.len());
    take_dimensions(block.dimensions, &mut columns)?;
    columns.observation_attributes =
        take_attributes(block.observation_attributes, &shape.observation_attributes, observations)?;
    columns.series_attributes = take_attributes(block.series_attributes, &shape.series_attributes, series)?;
    Ok(columns)
}

fn take_counts(block: &v1::SeriesBlock, columns: &mut Columns) -> Result<(), BlockError> {
    let mut end = 0u32;
    columns.ends.reserve_exact(block.observation_counts.len());
    for count in &block.observation_counts {
        end = end.saturating_add(*count);
        if *count == 0 || end > UNITS_MAX {
            return Err(BlockError::Inconsistent("a series has no observations, or there are too many"));
        }
        columns.ends.push(end);
    }
    if end == 0 {
        return Err(BlockError::Inconsistent("it has no observations"));
    }
    Ok(())
}

fn take_dimensions(dimensions: Vec<v1::BlockDimension>, columns: &mut Columns) -> Result<(), BlockError> {
    if dimensions.len() != columns.shape.dimensions.len() {
        return Err(BlockError::Inconsistent("it has not as many dimensions as its data structure"));
    }
    for (column, dimension) in columns.dimensions.iter_mut().zip(dimensions) {
        let codes = dimension.codes.len() as u32;
        if dimension.series.len() != columns.ends.len()
            || dimension.series.iter().any(|index| *index >= codes)
        {
            return Err(BlockError::Inconsistent("a dimension has no code for a series"));
        }
        *column = DimensionColumn {
            codes: dimension.codes.into_iter().map(Arc::from).collect(),
            index: dimension.series,
        };
    }
    Ok(())
}

fn take_periods(block: &v1::SeriesBlock, columns: &mut Columns) -> Result<(), BlockError> {
    const NO_PERIOD: BlockError = BlockError::Inconsistent("a number is no period");
    if block.first_periods.len() != columns.ends.len() {
        return Err(BlockError::Inconsistent("a series has no first period"));
    }
    columns.periods.reserve_exact(block.observation_counts.iter().sum::<u32>() as usize);
    let mut steps = block.period_steps.iter();
    let mut runs = block.contiguous_runs.iter().copied();
    let (mut with_gaps, mut left) = (true, 0u32);
    let all_contiguous = block.contiguous_runs.is_empty();
    let mut packed = 0i64;
    for (count, difference) in block.observation_counts.iter().zip(&block.first_periods) {
        packed = packed.wrapping_add(*difference);
        while !all_contiguous && left == 0 {
            left = runs.next().ok_or(BlockError::Inconsistent("runs end before the series do"))?;
            with_gaps = !with_gaps;
        }
        left = left.saturating_sub(1);
        let first = Period::from_packed(packed).ok_or(NO_PERIOD)?;
        columns.periods.push(first);
        if all_contiguous || !with_gaps {
            let last = packed.checked_add(16 * (i64::from(*count) - 1)).ok_or(NO_PERIOD)?;
            if *count > 1 {
                Period::from_packed(last).ok_or(NO_PERIOD)?;
            }
            let form = first.form();
            let following = first.ordinal() + 1..first.ordinal() + i64::from(*count);
            columns.periods.extend(following.map(|ordinal| Period::new(form, ordinal)));
        } else {
            let mut before = first;
            for _ in 1..*count {
                let step = steps.next().ok_or(BlockError::Inconsistent("a period is missing"))?;
                let difference = unzigzag(step >> 1);
                let next = if step & 1 == 0 { difference.checked_mul(16) } else { Some(difference) };
                let next = next.and_then(|difference| before.packed().checked_add(difference));
                before = next.and_then(Period::from_packed).ok_or(NO_PERIOD)?;
                columns.periods.push(before);
            }
        }
    }
    if steps.next().is_some() || left > 0 || runs.next().is_some() {
        return Err(BlockError::Inconsistent("there are more periods than observations"));
    }
    Ok(())
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn take_values(block: &v1::SeriesBlock, columns: &mut Columns) -> Result<(), BlockError> {
    let observations = columns.periods.len();
    let lengths = block.scale_lengths.iter().map(|length| *length as usize);
    if block.scale_lengths.len() != block.scale_codes.len() || lengths.clone().sum::<usize>() != observations
    {
        return Err(BlockError::Inconsistent("the scales do not cover the observations"));
    }
    columns.scales.reserve_exact(observations);
    for (code, length) in block.scale_codes.iter().zip(lengths) {
        let scale = match *code {
            0 => NO_VALUE,
            code if code as usize <= DIGITS_MAX + 1 => code as u8 - 1,
            _ => return Err(BlockError::Inconsistent("a scale is too great")),
        };
        columns.scales.extend(std::iter::repeat_n(scale, length));
    }
    columns.unscaled.reserve_exact(observations);
    let whole = !block.scale_codes.contains(&0);
    let mut values = block.values.iter();
    for series in 0..columns.ends.len() {
        let span = columns.observations(series);
        let mut before = 0i64;
        if whole {
            let differences = values.as_slice().get(..span.len());
            let differences = differences.ok_or(BlockError::Inconsistent("a value is missing"))?;
            columns.unscaled.extend(differences.iter().map(|difference| {
                before = before.wrapping_add(*difference);
                before
            }));
            values = values.as_slice()[span.len()..].iter();
        } else {
            for place in span {
                if columns.scales[place] == NO_VALUE {
                    columns.unscaled.push(0);
                } else {
                    let difference = values.next().ok_or(BlockError::Inconsistent("a value is missing"))?;
                    before = before.wrapping_add(*difference);
                    columns.unscaled.push(before);
                }
            }
        }
    }
    if values.next().is_some() {
        return Err(BlockError::Inconsistent("there are more values than observations"));
    }
    Ok(())
}

fn take_attributes(
    attributes: Vec<v1::BlockAttribute>,
    ids: &[Arc<str>],
    entries: usize,
) -> Result<Vec<AttributeColumn>, BlockError> {
    let mut columns = vec![AttributeColumn::default(); ids.len()];
    for attribute in attributes {
        let place = ids.iter().position(|id| **id == *attribute.id);
        let place = place.ok_or_else(|| BlockError::UnknownAttribute(attribute.id.clone()))?;
        let values: Vec<_> = attribute.values.into_iter().map(value_of_message).collect();
        let mut runs = Runs::default();
        if attribute.run_lengths.len() != attribute.run_codes.len() {
            return Err(BlockError::Inconsistent("an attribute has a run without code"));
        }
        let mut covered = 0usize;
        for (code, length) in attribute.run_codes.iter().zip(&attribute.run_lengths) {
            covered = covered.saturating_add(*length as usize);
            if *code as usize > values.len() || covered > entries {
                return Err(BlockError::Inconsistent("a run of an attribute points outside"));
            }
            runs.push(*code, *length as usize);
        }
        if covered != entries {
            return Err(BlockError::Inconsistent("an attribute does not cover all entries"));
        }
        columns[place] = AttributeColumn { values, runs };
    }
    Ok(columns)
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
