//! Columns to canonical bytes.

use mighub_sdmx::columns::{AttributeColumn, AttributeValue, Columns, NO_VALUE, Runs};
use mighub_sdmx::period::Period;

use super::bytes::FieldWriter;
use super::{CANON, field};
use crate::v1;

/// The canonical bytes of columns that are in canonical order, with dictionaries as
/// [`mighub_sdmx::columns::ColumnsBuilder`] makes them. Of other columns the result is some encoding, which
/// [`super::decode`] refuses.
pub fn encode(columns: &Columns) -> Vec<u8> {
    let mut block = FieldWriter::with_capacity(3 * columns.len() + 1024);
    block.number(field::CANON, u64::from(CANON));
    for column in &columns.dimensions {
        block.delimited(field::DIMENSIONS, |dimension| {
            column.codes.iter().for_each(|code| dimension.text(field::DIMENSION_CODES, code));
            dimension.packed(field::DIMENSION_SERIES, column.index.iter().map(|index| u64::from(*index)));
        });
    }
    put_periods(columns, &mut block);
    put_values(columns, &mut block);
    let shape = &columns.shape;
    for (number, ids, columns) in [
        (field::OBSERVATION_ATTRIBUTES, &shape.observation_attributes, &columns.observation_attributes),
        (field::SERIES_ATTRIBUTES, &shape.series_attributes, &columns.series_attributes),
    ] {
        for (id, column) in ids.iter().zip(columns).filter(|(_, column)| !column.all_absent()) {
            block.delimited(number, |attribute| put_attribute(id, column, attribute));
        }
    }
    block.into_bytes()
}

fn put_periods(columns: &Columns, block: &mut FieldWriter) {
    let series = || (0..columns.series_count()).map(|series| &columns.periods[columns.observations(series)]);
    block.packed(field::OBSERVATION_COUNTS, series().map(|periods| periods.len() as u64));
    let mut before = 0;
    block.packed(
        field::FIRST_PERIODS,
        series().map(|periods| {
            let first = periods.first().map_or(0, |period| period.packed());
            zigzag(first.wrapping_sub(std::mem::replace(&mut before, first)))
        }),
    );
    let mut gaps = Runs::default();
    for periods in series() {
        gaps.push(u32::from(!is_contiguous(periods)), 1);
    }
    if gaps.all_absent() {
        return;
    }
    // Runs begin with series without gaps, be there none.
    let none_first = (gaps.get(0) == 1).then_some(0);
    let runs = gaps.runs().map(|(_, range)| range.len() as u64);
    block.packed(field::CONTIGUOUS_RUNS, none_first.into_iter().chain(runs));
    let with_gaps = gaps.iter().zip(series()).filter(|(gap, _)| *gap == 1);
    let steps = with_gaps.flat_map(|(_, periods)| periods.windows(2).map(|pair| step(pair[0], pair[1])));
    block.packed(field::PERIOD_STEPS, steps);
}

fn is_contiguous(periods: &[Period]) -> bool {
    periods.windows(2).all(|pair| pair[0].next() == pair[1])
}

fn step(before: Period, after: Period) -> u64 {
    if before.form() == after.form() {
        zigzag(after.ordinal() - before.ordinal()) << 1
    } else {
        zigzag(after.packed() - before.packed()) << 1 | 1
    }
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

fn put_values(columns: &Columns, block: &mut FieldWriter) {
    let mut scales = Runs::default();
    for same in columns.scales.chunk_by(|a, b| a == b) {
        scales.push(if same[0] == NO_VALUE { 0 } else { u32::from(same[0]) + 1 }, same.len());
    }
    block.packed(field::SCALE_LENGTHS, scales.runs().map(|(_, range)| range.len() as u64));
    block.packed(field::SCALE_CODES, scales.runs().map(|(code, _)| u64::from(code)));
    let whole = scales.runs().all(|(code, _)| code != 0);
    let differences = (0..columns.series_count()).flat_map(|series| {
        let span = columns.observations(series);
        let scales = &columns.scales[span.clone()];
        let given = columns.unscaled[span].iter().zip(scales);
        let mut before = 0i64;
        given
            .filter(move |(_, scale)| whole || **scale != NO_VALUE)
            .map(move |(value, _)| zigzag(value.wrapping_sub(std::mem::replace(&mut before, *value))))
    });
    block.packed(field::VALUES, differences);
}

fn put_attribute(id: &str, column: &AttributeColumn, attribute: &mut FieldWriter) {
    attribute.text(field::ATTRIBUTE_ID, id);
    for value in &column.values {
        attribute.encoded(field::ATTRIBUTE_VALUES, &value_message(value));
    }
    let lengths = column.runs.runs().map(|(_, range)| range.len() as u64);
    attribute.packed(field::ATTRIBUTE_RUN_LENGTHS, lengths);
    attribute.packed(field::ATTRIBUTE_RUN_CODES, column.runs.runs().map(|(code, _)| u64::from(code)));
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
