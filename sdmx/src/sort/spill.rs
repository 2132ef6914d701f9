//! Batches in scratch files: plain columns, read again by the same process.

use std::io::{self, Read, Write};
use std::sync::Arc;

use crate::columns::{AttributeColumn, AttributeValue, Columns, DimensionColumn, LocalText, Runs, Shape};
use crate::period::Period;

pub(super) fn write(columns: &Columns, output: &mut impl Write) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(columns.len() * 26);
    for column in &columns.dimensions {
        put(&mut bytes, column.codes.len() as u64);
        column.codes.iter().for_each(|code| put_text(&mut bytes, code));
        put_all(&mut bytes, column.index.iter().map(|index| u64::from(*index)));
    }
    put_all(&mut bytes, columns.ends.iter().map(|end| u64::from(*end)));
    put_all(&mut bytes, columns.periods.iter().map(|period| period.packed() as u64));
    put_all(&mut bytes, columns.unscaled.iter().map(|value| *value as u64));
    put_all(&mut bytes, columns.rows.iter().copied());
    put(&mut bytes, columns.scales.len() as u64);
    bytes.extend_from_slice(&columns.scales);
    for column in columns.observation_attributes.iter().chain(&columns.series_attributes) {
        put(&mut bytes, column.values.len() as u64);
        column.values.iter().for_each(|value| put_value(&mut bytes, value));
        put_all(&mut bytes, column.runs.runs().map(|(code, _)| u64::from(code)));
        put_all(&mut bytes, column.runs.runs().map(|(_, range)| range.len() as u64));
    }
    output.write_all(&(bytes.len() as u64).to_le_bytes())?;
    output.write_all(&bytes)
}

pub(super) fn read(shape: &Arc<Shape>, input: &mut impl Read) -> io::Result<Option<Columns>> {
    let mut length = Vec::with_capacity(8);
    if input.by_ref().take(8).read_to_end(&mut length)? == 0 {
        return Ok(None);
    }
    let length = <[u8; 8]>::try_from(&length[..]).map_err(|_| damaged())?;
    let length = u64::from_le_bytes(length);
    let mut bytes = Vec::new();
    if input.by_ref().take(length).read_to_end(&mut bytes)? as u64 != length {
        return Err(damaged());
    }
    let mut bytes = Taker(&bytes);
    let mut columns = Columns::new(shape.clone());
    for column in &mut columns.dimensions {
        let count = bytes.number()?;
        let codes = (0..count).map(|_| bytes.text()).collect::<io::Result<_>>()?;
        *column = DimensionColumn { codes, index: bytes.numbers()?.map(|index| index as u32).collect() };
    }
    columns.ends = bytes.numbers()?.map(|end| end as u32).collect();
    let period = |packed: u64| Period::from_packed(packed as i64).ok_or_else(damaged);
    columns.periods = bytes.numbers()?.map(period).collect::<io::Result<_>>()?;
    columns.unscaled = bytes.numbers()?.map(|value| value as i64).collect();
    columns.rows = bytes.numbers()?.collect();
    let scales = bytes.number()?;
    columns.scales = bytes.take(scales as usize)?.to_vec();
    for place in 0..columns.observation_attributes.len() {
        columns.observation_attributes[place] = bytes.attribute()?;
    }
    for place in 0..columns.series_attributes.len() {
        columns.series_attributes[place] = bytes.attribute()?;
    }
    if columns.check() { Ok(Some(columns)) } else { Err(damaged()) }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a scratch file is damaged")
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Numbers as differences, zigzag: periods, rows and indexes follow each other closely.
fn put_all(bytes: &mut Vec<u8>, numbers: impl Iterator<Item = u64> + Clone) {
    put(bytes, numbers.clone().count() as u64);
    let mut before = 0u64;
    for number in numbers {
        let difference = number.wrapping_sub(before) as i64;
        put(bytes, (difference << 1 ^ difference >> 63) as u64);
        before = number;
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

fn put_value(bytes: &mut Vec<u8>, value: &AttributeValue) {
    match value {
        AttributeValue::Text(text) => {
            put(bytes, 0);
            put_text(bytes, text);
        }
        AttributeValue::Many(sets) => {
            put(bytes, sets.len() as u64 + 1);
            for set in sets.iter() {
                put(bytes, set.len() as u64);
                for part in set {
                    put_text(bytes, &part.language);
                    put_text(bytes, &part.text);
                }
            }
        }
    }
}

struct Taker<'b>(&'b [u8]);

impl<'b> Taker<'b> {
    fn take(&mut self, count: usize) -> io::Result<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(damaged())
    }

    fn numbers(&mut self) -> io::Result<std::vec::IntoIter<u64>> {
        let count = self.number()? as usize;
        let mut numbers = Vec::with_capacity(count.min(self.0.len()));
        let mut before = 0u64;
        for _ in 0..count {
            let zigzag = self.number()?;
            before = before.wrapping_add(((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)) as u64);
            numbers.push(before);
        }
        Ok(numbers.into_iter())
    }

    fn text(&mut self) -> io::Result<Arc<str>> {
        let length = self.number()? as usize;
        std::str::from_utf8(self.take(length)?).map(Arc::from).map_err(|_| damaged())
    }

    fn value(&mut self) -> io::Result<AttributeValue> {
        let sets = self.number()?;
        if sets == 0 {
            return Ok(AttributeValue::Text(self.text()?));
        }
        let mut many = Vec::new();
        for _ in 1..sets {
            let count = self.number()?;
            let part = |bytes: &mut Self| Ok(LocalText { language: bytes.text()?, text: bytes.text()? });
            many.push((0..count).map(|_| part(self)).collect::<io::Result<Vec<_>>>()?);
        }
        Ok(AttributeValue::Many(many.into()))
    }

    fn attribute(&mut self) -> io::Result<AttributeColumn> {
        let count = self.number()?;
        let values = (0..count).map(|_| self.value()).collect::<io::Result<_>>()?;
        let codes = self.numbers()?;
        let lengths = self.numbers()?;
        let mut runs = Runs::default();
        codes.zip(lengths).for_each(|(code, length)| runs.push(code as u32, length as usize));
        Ok(AttributeColumn { values, runs })
    }
}
