//! Columns to canonical bytes.

use mighub_sdmx::columns::{AttributeColumn, AttributeValue, Columns, NO_VALUE, Runs};
use mighub_sdmx::period::Period;
use prost::Message;

use super::CANON;
use crate::v1;

/// The canonical bytes of columns that are in canonical order, with dictionaries as
/// [`mighub_sdmx::columns::ColumnsBuilder`] makes them. Of other columns the result is some encoding, which
/// [`super::decode`] refuses.
pub fn encode(columns: &Columns) -> Vec<u8> {
    message(columns).encode_to_vec()
}

fn message(columns: &Columns) -> v1::SeriesBlock {
    let mut block = v1::SeriesBlock {
        canon: CANON,
        dimensions: columns
            .dimensions
            .iter()
            .map(|column| v1::BlockDimension {
                codes: column.codes.iter().map(|code| code.to_string()).collect(),
                series: column.index.clone(),
            })
            .collect(),
        observation_attributes: attributes(
            &columns.shape.observation_attributes,
            &columns.observation_attributes,
        ),
        series_attributes: attributes(&columns.shape.series_attributes, &columns.series_attributes),
        ..Default::default()
    };
    put_periods(columns, &mut block);
    put_values(columns, &mut block);
    block
}

fn put_periods(columns: &Columns, block: &mut v1::SeriesBlock) {
    let mut before = 0;
    let mut gaps = Runs::default();
    block.observation_counts.reserve(columns.series_count());
    block.first_periods.reserve(columns.series_count());
    for series in 0..columns.series_count() {
        let periods = &columns.periods[columns.observations(series)];
        block.observation_counts.push(periods.len() as u32);
        let first = periods.first().map_or(0, |period| period.packed());
        block.first_periods.push(first.wrapping_sub(before));
        before = first;
        let contiguous = periods.windows(2).all(|pair| pair[0].next() == pair[1]);
        gaps.push(u32::from(!contiguous), 1);
        if !contiguous {
            block.period_steps.extend(periods.windows(2).map(|pair| step(pair[0], pair[1])));
        }
    }
    if !gaps.all_absent() {
        if gaps.get(0) == 1 {
            block.contiguous_runs.push(0);
        }
        block.contiguous_runs.extend(gaps.runs().map(|(_, range)| range.len() as u32));
    }
}

fn step(before: Period, after: Period) -> u64 {
    if before.form() == after.form() {
        zigzag(after.ordinal() - before.ordinal()) << 1
    } else {
        zigzag(after.packed() - before.packed()) << 1 | 1
    }
}

pub(super) fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

fn put_values(columns: &Columns, block: &mut v1::SeriesBlock) {
    let mut scales = Runs::default();
    let mut rest = &columns.scales[..];
    while let [first, ..] = rest {
        let length = rest.iter().position(|scale| scale != first).unwrap_or(rest.len());
        scales.push(if *first == NO_VALUE { 0 } else { u32::from(*first) + 1 }, length);
        rest = &rest[length..];
    }
    for (code, range) in scales.runs() {
        block.scale_lengths.push(range.len() as u32);
        block.scale_codes.push(code);
    }
    block.values.reserve(columns.len());
    let whole = !columns.scales.contains(&NO_VALUE);
    for series in 0..columns.series_count() {
        let span = columns.observations(series);
        let mut before = 0i64;
        if whole {
            block.values.extend(columns.unscaled[span].iter().map(|value| {
                let difference = value.wrapping_sub(before);
                before = *value;
                difference
            }));
        } else {
            for (value, scale) in columns.unscaled[span.clone()].iter().zip(&columns.scales[span]) {
                if *scale != NO_VALUE {
                    block.values.push(value.wrapping_sub(before));
                    before = *value;
                }
            }
        }
    }
}

fn attributes(ids: &[std::sync::Arc<str>], columns: &[AttributeColumn]) -> Vec<v1::BlockAttribute> {
    let present = ids.iter().zip(columns).filter(|(_, column)| !column.all_absent());
    present
        .map(|(id, column)| v1::BlockAttribute {
            id: id.to_string(),
            values: column.values.iter().map(value_message).collect(),
            run_lengths: column.runs.runs().map(|(_, range)| range.len() as u32).collect(),
            run_codes: column.runs.runs().map(|(code, _)| code).collect(),
        })
        .collect()
}

/// An attribute value as it travels.
pub fn value_message(value: &AttributeValue) -> v1::BlockAttributeValue {
    match value {
        AttributeValue::Text(text) => v1::BlockAttributeValue { text: text.to_string(), many: Vec::new() },
        AttributeValue::Many(values) => v1::BlockAttributeValue {
            text: String::new(),
            many: values
                .iter()
                .map(|texts| v1::BlockTexts {
                    texts: texts
                        .iter()
                        .map(|part| v1::BlockText {
                            language: part.language.to_string(),
                            text: part.text.to_string(),
                        })
                        .collect(),
                })
                .collect(),
        },
    }
}
