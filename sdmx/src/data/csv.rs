//! SDMX-CSV behind the traits that all formats have.

use std::io::{self, Read, Write};
use std::sync::Arc;

use super::read::DataReader;
use super::write::{DataWriter, DatasetContext};
use super::{Action, CsvVersion, DataFormat, Header, ReadError, ReadSummary, RowBatch, WriteOptions};
use crate::columns::Columns;
use crate::csv::{CsvReader, CsvWriter, Version};
use crate::structure::DataDefinition;

impl<R: Read> DataReader for CsvReader<'_, R> {
    fn next_batch(&mut self) -> Result<Option<RowBatch>, ReadError> {
        Self::next_batch(self)
    }

    fn header(&self) -> &Header {
        Self::header(self)
    }

    fn definitions(&self) -> &[Arc<DataDefinition>] {
        Self::definitions(self)
    }

    fn row_count(&self) -> u64 {
        Self::row_count(self)
    }

    fn format(&self) -> DataFormat {
        DataFormat::Csv(match Self::header(self).version {
            Version::V1 => CsvVersion::V1_0,
            Version::V2 => CsvVersion::V2_0,
        })
    }

    fn finish(self: Box<Self>) -> ReadSummary {
        Self::finish(*self)
    }
}

/// A message of SDMX-CSV.
pub(super) struct CsvMessage<W: Write> {
    writer: CsvWriter<W>,
}

impl<W: Write> CsvMessage<W> {
    pub(super) fn new(
        output: W,
        version: CsvVersion,
        definition: &Arc<DataDefinition>,
        options: &WriteOptions,
    ) -> io::Result<Self> {
        let options = crate::csv::WriteOptions {
            version,
            attributes: options.attributes.clone(),
            measures: options.measures,
            detail: options.detail,
            absent_values: options.absent_values.clone(),
            labels: options.labels,
            keys: options.keys,
            normalized_time: options.normalized_time,
            languages: options.languages.clone(),
            custom_columns: options.custom_columns.clone(),
            structure: options.header.structure.clone(),
        };
        Ok(Self { writer: CsvWriter::new(output, definition, &options)? })
    }
}

impl<W: Write> DataWriter for CsvMessage<W> {
    fn write(&mut self, action: Action, columns: &Columns, context: &DatasetContext<'_>) -> io::Result<()> {
        self.writer.write_with(columns, action, context.custom, context.absent_values)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.writer.finish().map(drop)
    }
}
