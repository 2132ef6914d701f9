//! Values of Parquet to the contents of cells.

use std::io::Write;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{AsBytes, ByteArray, DataType, FixedLenByteArray, Int96};
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;

use super::DECIMAL_SCALE_MAX;
use super::file::guarded;
use crate::columns::{AttributeValue, LocalText};
use crate::csv::{DIVIDED, write_divided};
use crate::period::{Form, Period};

/// Rows decoded at once.
const ROWS_AT_ONCE: usize = 4096;
const NONE: u32 = u32::MAX;
const SECONDS_A_DAY: i64 = 86_400;

/// A column of a row group while it is read.
pub(super) struct ColumnCells {
    reader: ColumnReader,
    meaning: Meaning,
    max_definition: i16,
    is_list: bool,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    values: Values,
    /// Per row that was decoded, its first value and the one behind its last; [`NONE`] if it has none.
    places: Vec<(u32, u32)>,
    at: usize,
}

enum Values {
    Flags(Vec<bool>),
    Short(Vec<i32>),
    Long(Vec<i64>),
    Old(Vec<Int96>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

/// What integers and bytes stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Plain,
    Unsigned,
    /// Digits behind the point.
    Decimal(u32),
    Date,
    /// Units in a second.
    Instant(i64),
}

impl Meaning {
    fn of(column: &ColumnDescriptor) -> Self {
        let units = |unit: &TimeUnit| match unit {
            TimeUnit::MILLIS => 1_000,
            TimeUnit::MICROS => 1_000_000,
            TimeUnit::NANOS => 1_000_000_000,
        };
        match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Timestamp(stamp)), _) => Self::Instant(units(&stamp.unit)),
            (_, ConvertedType::TIMESTAMP_MILLIS) => Self::Instant(1_000),
            (_, ConvertedType::TIMESTAMP_MICROS) => Self::Instant(1_000_000),
            (Some(LogicalType::Date), _) | (_, ConvertedType::DATE) => Self::Date,
            (Some(LogicalType::Decimal(_)), _) | (_, ConvertedType::DECIMAL) => {
                Self::Decimal(u32::try_from(column.type_scale()).unwrap_or(0))
            }
            (_, ConvertedType::UINT_8 | ConvertedType::UINT_16) => Self::Unsigned,
            (_, ConvertedType::UINT_32 | ConvertedType::UINT_64) => Self::Unsigned,
            (Some(LogicalType::Integer(integer)), _) if !integer.is_signed => Self::Unsigned,
            _ => Self::Plain,
        }
    }
}

/// Digits behind the point of a column of decimals, if they are more than are read.
pub(super) fn excessive_scale(column: &ColumnDescriptor) -> Option<u32> {
    match Meaning::of(column) {
        Meaning::Decimal(scale) if scale > DECIMAL_SCALE_MAX => Some(scale),
        _ => None,
    }
}

impl ColumnCells {
    pub(super) fn new(reader: ColumnReader, column: &ColumnDescriptor) -> Self {
        let values = match &reader {
            ColumnReader::BoolColumnReader(_) => Values::Flags(Vec::new()),
            ColumnReader::Int32ColumnReader(_) => Values::Short(Vec::new()),
            ColumnReader::Int64ColumnReader(_) => Values::Long(Vec::new()),
            ColumnReader::Int96ColumnReader(_) => Values::Old(Vec::new()),
            ColumnReader::FloatColumnReader(_) => Values::Float(Vec::new()),
            ColumnReader::DoubleColumnReader(_) => Values::Double(Vec::new()),
            ColumnReader::ByteArrayColumnReader(_) => Values::Bytes(Vec::new()),
            ColumnReader::FixedLenByteArrayColumnReader(_) => Values::Fixed(Vec::new()),
        };
        Self {
            reader,
            meaning: Meaning::of(column),
            max_definition: column.max_def_level(),
            is_list: column.max_rep_level() > 0,
            definitions: Vec::new(),
            repetitions: Vec::new(),
            values,
            places: Vec::new(),
            at: 0,
        }
    }

    /// Goes to the next row; false if there is none.
    pub(super) fn advance(&mut self) -> Result<bool, ParquetError> {
        self.at += 1;
        if self.at < self.places.len() {
            return Ok(true);
        }
        self.at = 0;
        self.decode()?;
        Ok(!self.places.is_empty())
    }

    fn decode(&mut self) -> Result<(), ParquetError> {
        self.definitions.clear();
        self.repetitions.clear();
        self.places.clear();
        fn read<T: DataType>(
            reader: &mut ColumnReaderImpl<T>,
            definitions: &mut Vec<i16>,
            repetitions: &mut Vec<i16>,
            values: &mut Vec<T::T>,
        ) -> Result<usize, ParquetError> {
            values.clear();
            let read =
                guarded(|| reader.read_records(ROWS_AT_ONCE, Some(definitions), Some(repetitions), values))?;
            Ok(read.0)
        }
        let Self { reader, definitions, repetitions, values, .. } = self;
        let records = match (reader, values) {
            (ColumnReader::BoolColumnReader(r), Values::Flags(v)) => read(r, definitions, repetitions, v),
            (ColumnReader::Int32ColumnReader(r), Values::Short(v)) => read(r, definitions, repetitions, v),
            (ColumnReader::Int64ColumnReader(r), Values::Long(v)) => read(r, definitions, repetitions, v),
            (ColumnReader::Int96ColumnReader(r), Values::Old(v)) => read(r, definitions, repetitions, v),
            (ColumnReader::FloatColumnReader(r), Values::Float(v)) => read(r, definitions, repetitions, v),
            (ColumnReader::DoubleColumnReader(r), Values::Double(v)) => read(r, definitions, repetitions, v),
            (ColumnReader::ByteArrayColumnReader(r), Values::Bytes(v)) => {
                read(r, definitions, repetitions, v)
            }
            (ColumnReader::FixedLenByteArrayColumnReader(r), Values::Fixed(v)) => {
                read(r, definitions, repetitions, v)
            }
            _ => Err(ParquetError::General("a column changed its type".to_owned())),
        }?;
        if self.max_definition == 0 {
            self.places.extend((0..records as u32).map(|place| (place, place + 1)));
            return Ok(());
        }
        let mut next = 0;
        for (nth, definition) in self.definitions.iter().enumerate() {
            let is_present = *definition == self.max_definition;
            let begins = !self.is_list || self.repetitions.get(nth).is_none_or(|repetition| *repetition == 0);
            if begins {
                self.places.push((NONE, NONE));
            }
            if is_present && let Some(place) = self.places.last_mut() {
                if place.0 == NONE {
                    place.0 = next;
                }
                next += 1;
                place.1 = next;
            }
        }
        Ok(())
    }

    /// Appends the content of the row's cell; nothing where there is none. A list of several is in the form of
    /// divided cells.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let Some((start, end)) = self.places.get(self.at).copied().filter(|place| place.0 != NONE) else {
            return;
        };
        if !self.is_list || end == start + 1 {
            let before = out.len();
            self.write_value(start as usize, out);
            // A text that looks like several is one all the same.
            if out[before..].starts_with(DIVIDED.encode_utf8(&mut [0; 4]).as_bytes()) {
                let text = String::from_utf8_lossy(&out[before..]).into_owned();
                let mut divided = String::new();
                write_divided(&AttributeValue::text(&text), &mut divided);
                out.truncate(before);
                out.extend_from_slice(divided.as_bytes());
            }
            return;
        }
        let value = |place: u32| {
            let mut content = Vec::new();
            self.write_value(place as usize, &mut content);
            vec![LocalText { language: "".into(), text: String::from_utf8_lossy(&content).into() }]
        };
        let mut divided = String::new();
        write_divided(&AttributeValue::Many((start..end).map(value).collect()), &mut divided);
        out.extend_from_slice(divided.as_bytes());
    }

    /// The number in the row's cell, if it is a double.
    pub(super) fn double(&self) -> Option<f64> {
        let (start, _) = *self.places.get(self.at)?;
        match &self.values {
            Values::Double(values) => values.get(start as usize).copied(),
            _ => None,
        }
    }

    fn write_value(&self, place: usize, out: &mut Vec<u8>) {
        match &self.values {
            Values::Flags(values) => out.extend_from_slice(if values[place] { b"true" } else { b"false" }),
            Values::Short(values) if self.meaning == Meaning::Unsigned => {
                print(out, values[place].cast_unsigned())
            }
            Values::Short(values) => self.write_integer(i128::from(values[place]), out),
            Values::Long(values) if self.meaning == Meaning::Unsigned => {
                print(out, values[place].cast_unsigned())
            }
            Values::Long(values) => self.write_integer(i128::from(values[place]), out),
            Values::Old(values) => write_instant(values[place].to_seconds(), out),
            Values::Float(values) => write_float(f64::from(values[place]), values[place], out),
            Values::Double(values) => write_float(values[place], values[place], out),
            Values::Bytes(values) => self.write_bytes(values[place].data(), out),
            Values::Fixed(values) => self.write_bytes(values[place].as_bytes(), out),
        }
    }

    fn write_integer(&self, value: i128, out: &mut Vec<u8>) {
        match self.meaning {
            Meaning::Plain | Meaning::Unsigned => print(out, value),
            Meaning::Decimal(scale) => write_decimal(value, scale, out),
            Meaning::Date => write_instant((value as i64).saturating_mul(SECONDS_A_DAY), out),
            Meaning::Instant(units) => write_instant((value as i64).div_euclid(units), out),
        }
    }

    fn write_bytes(&self, bytes: &[u8], out: &mut Vec<u8>) {
        match self.meaning {
            // High byte first; the sign stands in the first bit.
            Meaning::Decimal(scale) if (1..=16).contains(&bytes.len()) => {
                let sign = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
                let value = bytes.iter().fold(sign, |value: i128, byte| value << 8 | i128::from(*byte));
                write_decimal(value, scale, out);
            }
            _ => out.extend_from_slice(bytes),
        }
    }
}

/// A number that is none says that there is no value.
fn write_float(value: f64, printed: impl std::fmt::Display, out: &mut Vec<u8>) {
    if value.is_finite() {
        print(out, printed);
    } else if !value.is_nan() {
        out.extend_from_slice(if value > 0.0 { b"INF" } else { b"-INF" });
    }
}

/// A decimal as its type has it, with as few digits behind the point as it needs: the type gives all values of
/// the column as many.
fn write_decimal(mut value: i128, mut scale: u32, out: &mut Vec<u8>) {
    while scale > 0 && value % 10 == 0 {
        value /= 10;
        scale -= 1;
    }
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale as usize + 1);
    let (whole, behind) = digits.split_at(digits.len() - scale as usize);
    let sign = if value < 0 { "-" } else { "" };
    let point = if behind.is_empty() { "" } else { "." };
    print(out, format_args!("{sign}{whole}{point}{behind}"));
}

/// A day where the instant is its beginning, else date and time.
fn write_instant(seconds: i64, out: &mut Vec<u8>) {
    let day = seconds.div_euclid(SECONDS_A_DAY);
    let period = match seconds.rem_euclid(SECONDS_A_DAY) {
        0 => Period::new(Form::Day, day),
        _ => Period::new(Form::DateTime, seconds),
    };
    match Period::from_packed(period.packed()) {
        Some(period) => print(out, period),
        // No year of four digits: the number itself is reported.
        None => print(out, seconds),
    }
}

fn print(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    // Writing to a vector always succeeds.
    let _ = write!(out, "{value}");
}
