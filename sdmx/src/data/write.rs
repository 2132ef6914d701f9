//! Columns to a message of any format.

use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;

use super::csv::CsvMessage;
use super::options::WriteOptions;
use super::{Action, DataFormat};
use crate::columns::{AttributeValue, Columns};
use crate::json::JsonWriter;
use crate::ml::MlWriter;
use crate::parquet::ParquetWriter;
use crate::structure::DataDefinition;
use crate::xlsx::XlsxWriter;

/// What columns belong to. A new dataset begins where it changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatasetContext<'c> {
    /// Since when the contents were valid (history).
    pub valid_from: Option<Timestamp>,
    /// Until when they were.
    pub valid_to: Option<Timestamp>,
    /// What absent attributes stand for, and the values of attributes of the dataset, where they differ from
    /// [`WriteOptions::absent_values`]; these come first.
    pub absent_values: &'c [(Arc<str>, AttributeValue)],
    /// Contents of [`WriteOptions::custom_columns`], the same for all rows.
    pub custom: &'c [&'c str],
}

/// Writes one message. A series may come in several calls if they follow one another. A series without
/// observations is written as its key and its attributes; in a deletion it means all of its observations. An
/// observation of [`crate::Period::ANY`] is about its series.
pub trait DataWriter {
    /// Writes columns.
    fn write(&mut self, action: Action, columns: &Columns, context: &DatasetContext<'_>) -> io::Result<()>;

    /// Writes what is left. Without it the message is not whole.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// A writer of data of one dataflow. The beginning of the message is written at once, or with the first call.
pub fn writer<'w>(
    format: DataFormat,
    output: impl Write + Send + 'w,
    definition: &Arc<DataDefinition>,
    options: &WriteOptions,
) -> io::Result<Box<dyn DataWriter + Send + 'w>> {
    match format {
        DataFormat::Csv(version) => Ok(Box::new(CsvMessage::new(output, version, definition, options)?)),
        DataFormat::Ml(form) => Ok(Box::new(MlWriter::new(output, form, definition, options)?)),
        DataFormat::Json(version) => Ok(Box::new(JsonWriter::new(output, version, definition, options)?)),
        DataFormat::Parquet => Ok(Box::new(ParquetWriter::new(output, definition, options)?)),
        DataFormat::Xlsx => Ok(Box::new(XlsxWriter::new(output, definition, options)?)),
    }
}
