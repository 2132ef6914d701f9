//! Observations in scratch files, divided by dimensions that no rule crosses: each slice can be judged for
//! itself, so that the memory of the judge does not depend on the size of a cube.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use mighub_sdmx::Columns;
use mighub_sdmx::columns::{AttributeValue, ColumnsBuilder, Interner, Shape};
use mighub_sdmx::decimal::Decimal;
use mighub_sdmx::period::Period;
use mighub_sdmx::sort::Scratch;

use super::held::slice_of;

/// Slices of a divided cube. Each has a scratch file and a write buffer.
pub(super) const SLICES: usize = 64;
const BUFFER_BYTES: usize = 32 * 1024;
/// Observations that are read into one batch.
const BATCH_OBSERVATIONS: usize = 64 * 1024;
/// Instead of the number of an attribute's value: none.
const NO_TEXT: u32 = u32::MAX;

/// Scratch files with one input.
pub(super) struct Slices {
    shape: Arc<Shape>,
    divide_by: Vec<usize>,
    files: Vec<BufWriter<File>>,
    codes: Interner,
    values: Vec<AttributeValue>,
    known: HashMap<AttributeValue, u32>,
    with_rows: bool,
}

impl Slices {
    pub(super) fn new(shape: Arc<Shape>, divide_by: Vec<usize>, scratch: &mut Scratch) -> io::Result<Self> {
        let file = |_| scratch().map(|file| BufWriter::with_capacity(BUFFER_BYTES, file));
        Ok(Self {
            shape,
            divide_by,
            files: (0..SLICES).map(file).collect::<io::Result<_>>()?,
            codes: Interner::default(),
            values: Vec::new(),
            known: HashMap::new(),
            with_rows: false,
        })
    }

    /// A record a series: codes, attributes, number of observations; then period, value, row and attributes
    /// of each.
    pub(super) fn write(&mut self, columns: &Columns) -> io::Result<()> {
        self.with_rows |= !columns.rows.is_empty();
        let mut record = Vec::new();
        for series in 0..columns.series_count() {
            record.clear();
            let key: Vec<&Arc<str>> = columns.key(series).codes().collect();
            for code in &key {
                record.extend(self.codes.intern_shared(code).to_le_bytes());
            }
            for column in &columns.series_attributes {
                record.extend(self.text(column.get(series)).to_le_bytes());
            }
            let span = columns.observations(series);
            record.extend((span.len() as u32).to_le_bytes());
            for observation in span {
                record.extend(columns.periods[observation].packed().to_le_bytes());
                record.extend(columns.unscaled[observation].to_le_bytes());
                record.push(columns.scales[observation]);
                record.extend(columns.rows.get(observation).copied().unwrap_or(0).to_le_bytes());
                for column in &columns.observation_attributes {
                    record.extend(self.text(column.get(observation)).to_le_bytes());
                }
            }
            self.files[slice_of(&key, &self.divide_by, SLICES)].write_all(&record)?;
        }
        Ok(())
    }

    fn text(&mut self, value: Option<&AttributeValue>) -> u32 {
        let Some(value) = value else { return NO_TEXT };
        if let Some(known) = self.known.get(value) {
            return *known;
        }
        let number = self.values.len() as u32;
        self.values.push(value.clone());
        self.known.insert(value.clone(), number);
        number
    }

    /// The series of a slice, in batches.
    pub(super) fn read(&mut self, slice: usize, push: &mut dyn FnMut(&Columns)) -> io::Result<()> {
        let file = &mut self.files[slice];
        file.flush()?;
        let end = file.get_mut().stream_position()?;
        file.get_mut().seek(SeekFrom::Start(0))?;
        let mut input = BufReader::with_capacity(BUFFER_BYTES, file.get_mut().try_clone()?).take(end);
        let builder = ColumnsBuilder::new(self.shape.clone());
        let mut builder = if self.with_rows { builder.keep_rows() } else { builder };
        while let Some(first) = read_u32(&mut input)? {
            self.read_series(first, &mut input, &mut builder)?;
            if builder.len() >= BATCH_OBSERVATIONS {
                push(&builder.take());
            }
        }
        if !builder.is_empty() {
            push(&builder.take());
        }
        self.files[slice].get_mut().seek(SeekFrom::Start(end))?;
        Ok(())
    }

    fn read_series(&self, first: u32, input: &mut impl Read, builder: &mut ColumnsBuilder) -> io::Result<()> {
        let mut key = Vec::with_capacity(self.shape.dimensions.len());
        for place in 0..self.shape.dimensions.len() {
            let code = if place == 0 { first } else { next_u32(input)? };
            key.push(self.codes.codes().get(code as usize).ok_or_else(damaged)?.clone());
        }
        builder.start_series_with_key(&key);
        for place in 0..self.shape.series_attributes.len() {
            let value = self.value(next_u32(input)?);
            builder.series_attribute(place, value);
        }
        let mut texts = vec![None; self.shape.observation_attributes.len()];
        for _ in 0..next_u32(input)? {
            let period = Period::from_packed(next_i64(input)?).ok_or_else(damaged)?;
            let unscaled = next_i64(input)?;
            let mut scale = [0];
            input.read_exact(&mut scale)?;
            let row = next_i64(input)?;
            for text in &mut texts {
                *text = self.value(next_u32(input)?);
            }
            let is_given = scale[0] != mighub_sdmx::columns::NO_VALUE;
            let value = is_given.then_some(Decimal { unscaled, scale: scale[0] });
            builder.observation(period, value, |place| texts[place]);
            if self.with_rows {
                builder.row(row as u64);
            }
        }
        builder.end_series();
        Ok(())
    }

    fn value(&self, number: u32) -> Option<&AttributeValue> {
        self.values.get(number as usize)
    }
}

/// The next number; nothing at the end.
fn read_u32(input: &mut impl Read) -> io::Result<Option<u32>> {
    let mut bytes = [0; 4];
    if input.read(&mut bytes[..1])? == 0 {
        return Ok(None);
    }
    input.read_exact(&mut bytes[1..])?;
    Ok(Some(u32::from_le_bytes(bytes)))
}

fn next_u32(input: &mut impl Read) -> io::Result<u32> {
    read_u32(input)?.ok_or_else(damaged)
}

fn next_i64(input: &mut impl Read) -> io::Result<i64> {
    let mut bytes = [0; 8];
    input.read_exact(&mut bytes)?;
    Ok(i64::from_le_bytes(bytes))
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a scratch file of the judge is damaged")
}
