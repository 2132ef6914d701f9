//! Columns to Parquet, row group by row group.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};

use super::layout::{self, AttributeField, Field};
use super::{ROW_GROUP_BYTES, ROW_GROUP_ROWS};
use crate::columns::{AttributeValue, Columns};
use crate::csv::{Action, write_value};
use crate::data::{DataWriter, DatasetContext, WriteOptions};
use crate::decimal::{DIGITS_MAX, Decimal};
use crate::period::Period;
use crate::stretch::Source;
use crate::structure::DataDefinition;

/// Values handed to a column's encoder at once.
const VALUES_AT_ONCE: usize = 4096;
/// Digits of a decimal that a double always gives back.
const DOUBLE_DIGITS: u64 = 1_000_000_000_000_000;
/// By exponent; all are exact.
const POWERS_OF_TEN: [f64; DIGITS_MAX + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];
/// Kept for a row, beside its texts.
const ROW_BYTES: usize = 32;

/// Writes one file of Parquet. Memory is that of one row group.
pub struct ParquetWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    fields: Vec<Field>,
    options: WriteOptions,
    pieces: Vec<Piece>,
    rows: usize,
    bytes: usize,
}

/// What one call brought.
struct Piece {
    action: Action,
    columns: Columns,
    absent_values: Vec<(Arc<str>, AttributeValue)>,
    custom: Vec<String>,
    /// Series and observation of each row; no observation in rows about a series.
    rows: Vec<(u32, Option<u32>)>,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// A writer of data of one dataflow.
    pub fn new(output: W, definition: &DataDefinition, options: &WriteOptions) -> io::Result<Self> {
        let fields = layout::fields(definition, options);
        let schema = layout::schema(&fields).map_err(to_io)?;
        let level = ZstdLevel::try_new(1).map_err(to_io)?;
        let properties = WriterProperties::builder()
            .set_created_by(concat!("mighub ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(layout::metadata(definition, options, &fields)))
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_write_batch_size(VALUES_AT_ONCE)
            .build();
        let file = SerializedFileWriter::new(output, schema, Arc::new(properties)).map_err(to_io)?;
        let fields = fields.into_iter().map(|(_, field)| field).collect();
        Ok(Self { file, fields, options: options.clone(), pieces: Vec::new(), rows: 0, bytes: 0 })
    }

    fn row_group(&mut self) -> io::Result<()> {
        let pieces = std::mem::take(&mut self.pieces);
        (self.rows, self.bytes) = (0, 0);
        let mut group = self.file.next_row_group().map_err(to_io)?;
        for field in &self.fields {
            let column = group.next_column().map_err(to_io)?;
            let mut column =
                column.ok_or_else(|| io::Error::other("the schema has fewer columns than the layout"))?;
            for piece in &pieces {
                piece.write(field, &self.options, &mut column).map_err(to_io)?;
            }
            column.close().map_err(to_io)?;
        }
        group.close().map_err(to_io)?;
        Ok(())
    }
}

impl<W: Write + Send> DataWriter for ParquetWriter<W> {
    fn write(&mut self, action: Action, columns: &Columns, context: &DatasetContext<'_>) -> io::Result<()> {
        let piece = Piece {
            action,
            columns: columns.clone(),
            absent_values: context.absent_values.to_vec(),
            custom: context.custom.iter().map(|&content| content.to_owned()).collect(),
            rows: rows(columns, &self.options),
        };
        let attributes = columns.observation_attributes.iter().chain(&columns.series_attributes);
        let texts = attributes.flat_map(|column| &column.values).map(AttributeValue::text_bytes);
        self.bytes += texts.sum::<usize>() + piece.rows.len() * ROW_BYTES;
        self.rows += piece.rows.len();
        if !piece.rows.is_empty() {
            self.pieces.push(piece);
        }
        if self.rows >= ROW_GROUP_ROWS || self.bytes >= ROW_GROUP_BYTES {
            self.row_group()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if !self.pieces.is_empty() {
            self.row_group()?;
        }
        self.file.finish().map_err(to_io)?;
        self.file.inner_mut().flush()
    }
}

/// A row for each observation, and one for each series without any.
fn rows(columns: &Columns, options: &WriteOptions) -> Vec<(u32, Option<u32>)> {
    let mut rows = Vec::with_capacity(columns.len());
    for series in 0..columns.series_count() {
        let observations = columns.observations(series);
        if observations.is_empty() || !options.detail.has_observations() {
            rows.push((series as u32, None));
        } else {
            rows.extend(observations.map(|observation| (series as u32, Some(observation as u32))));
        }
    }
    rows
}

impl Piece {
    fn write(
        &self,
        field: &Field,
        options: &WriteOptions,
        column: &mut SerializedColumnWriter<'_>,
    ) -> Result<(), ParquetError> {
        let columns = &self.columns;
        let period = |row: &(u32, Option<u32>)| {
            row.1
                .map(|observation| columns.periods[observation as usize])
                .filter(|period| *period != Period::ANY)
        };
        let value =
            |row: &(u32, Option<u32>)| row.1.and_then(|observation| columns.value(observation as usize));
        match field {
            Field::Action => {
                let letter = Some(text(&self.action.letter().to_string()));
                self.put::<ByteArrayType>(column, |_| letter.clone())
            }
            Field::Dimension(place) => {
                let dimension = &columns.dimensions[*place];
                let codes: Vec<_> =
                    dimension.codes.iter().map(|code| (!code.is_empty()).then(|| text(code))).collect();
                self.put::<ByteArrayType>(column, |row| {
                    codes[dimension.index[row.0 as usize] as usize].clone()
                })
            }
            Field::Time => {
                let mut known: HashMap<Period, ByteArray> = HashMap::new();
                let mut printed =
                    |period: Period| known.entry(period).or_insert_with(|| text(&period.to_string())).clone();
                self.put::<ByteArrayType>(column, |row| period(row).map(&mut printed))
            }
            Field::TimeStart => self.put::<Int32Type>(column, |row| {
                period(row).and_then(Period::first_day).and_then(|day| i32::try_from(day).ok())
            }),
            Field::Value => self.put::<DoubleType>(column, |row| value(row).map(nearest)),
            Field::ExactValue => self.put::<ByteArrayType>(column, |row| {
                value(row).filter(|value| !is_given_back(*value)).map(|value| text(&value.to_string()))
            }),
            Field::Attribute(attribute) => self.put_attribute(attribute, options, column),
            Field::Custom(place) => {
                let content = self.custom.get(*place).map(|content| text(content));
                self.put::<ByteArrayType>(column, |_| content.clone())
            }
        }
    }

    fn put_attribute(
        &self,
        attribute: &AttributeField,
        options: &WriteOptions,
        column: &mut SerializedColumnWriter<'_>,
    ) -> Result<(), ParquetError> {
        let cell = |value: &AttributeValue| {
            let mut content = String::new();
            write_value(value, &attribute.form, &mut content);
            text(&content)
        };
        // In a deletion what is absent is not meant.
        let absent = match self.action {
            Action::Delete => None,
            _ => layout::absent(&attribute.id, &self.absent_values, &options.absent_values),
        };
        let absent = absent.map(cell);
        let values = attribute.source.values(&self.columns).iter().map(|value| Some(cell(value)));
        let cells: Vec<Option<ByteArray>> = std::iter::once(absent).chain(values).collect();
        let runs = attribute.source.column(&self.columns).map(|column| &column.runs);
        let mut cursor = 0;
        self.put::<ByteArrayType>(column, |(series, observation)| {
            let entry = match attribute.source {
                Source::Series(_) => Some(*series),
                Source::Observation(_) => *observation,
                Source::Fixed => None,
            };
            let code = match (runs, entry) {
                (Some(runs), Some(entry)) => runs.get_at(&mut cursor, entry as usize),
                _ => 0,
            };
            cells[code as usize].clone()
        })
    }

    /// Writes one column of all rows.
    fn put<T: DataType>(
        &self,
        column: &mut SerializedColumnWriter<'_>,
        mut content: impl FnMut(&(u32, Option<u32>)) -> Option<T::T>,
    ) -> Result<(), ParquetError> {
        let writer = column.typed::<T>();
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        for rows in self.rows.chunks(VALUES_AT_ONCE) {
            values.clear();
            levels.clear();
            for row in rows {
                let value = content(row);
                levels.push(i16::from(value.is_some()));
                values.extend(value);
            }
            writer.write_batch(&values, Some(&levels), None)?;
        }
        Ok(())
    }
}

fn text(content: &str) -> ByteArray {
    ByteArray::from(content)
}

/// The double nearest to a decimal.
fn nearest(value: Decimal) -> f64 {
    if value.scale == 0 {
        return value.unscaled as f64;
    }
    if value.unscaled.unsigned_abs() < DOUBLE_DIGITS {
        // Both are exact as doubles, so that their quotient is rounded once.
        return value.unscaled as f64 / POWERS_OF_TEN[usize::from(value.scale)];
    }
    value.to_string().parse().unwrap_or(f64::NAN)
}

/// Whether the double nearest to a decimal prints as the decimal itself.
pub(super) fn is_given_back(value: Decimal) -> bool {
    if value.scale > 0 && value.unscaled % 10 == 0 {
        return false;
    }
    value.unscaled.unsigned_abs() < DOUBLE_DIGITS || nearest(value).to_string() == value.to_string()
}

fn to_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        error => io::Error::other(error),
    }
}
