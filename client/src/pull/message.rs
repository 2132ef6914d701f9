//! A pull as one message of any format that the language has: SDMX-ML, SDMX-JSON, SDMX-CSV, Parquet, a workbook.

use std::io::{self, Write};
use std::sync::Arc;

use mighub_sdmx::Columns;
use mighub_sdmx::columns::AttributeValue;
use mighub_sdmx::csv::Action;
use mighub_sdmx::data::{DataFormat, DataWriter, DatasetContext, MessageHeader, WriteOptions, writer};
use mighub_sdmx::structure::DataDefinition;

use super::PulledLane;
use super::write::DATA_PROVIDER;
use crate::clock;

/// A message while it is written.
pub(super) struct MessageFile {
    writer: Box<dyn DataWriter + Send>,
    provider: String,
    absent: Vec<(Arc<str>, AttributeValue)>,
}

impl MessageFile {
    pub(super) fn new(
        format: DataFormat,
        definition: &Arc<DataDefinition>,
        output: impl Write + Send + 'static,
    ) -> io::Result<Self> {
        let attributes = definition.attributes.iter().map(|used| used.component.id.clone());
        let options = WriteOptions {
            attributes: Some(attributes.collect()),
            custom_columns: vec![DATA_PROVIDER.to_owned()],
            header: MessageHeader { prepared: clock::now(), ..MessageHeader::default() },
            ..WriteOptions::default()
        };
        let writer = writer(format, output, definition, &options)?;
        Ok(Self { writer, provider: String::new(), absent: Vec::new() })
    }

    pub(super) fn lane(&mut self, lane: &PulledLane) {
        lane.lane.provider.clone_into(&mut self.provider);
        self.absent.clone_from(&lane.absent_values);
        self.absent.extend(lane.dataset_attributes.iter().cloned());
    }

    pub(super) fn write(&mut self, columns: &Columns, action: Action) -> io::Result<()> {
        let custom = [&*self.provider];
        let context =
            DatasetContext { absent_values: &self.absent, custom: &custom, ..DatasetContext::default() };
        self.writer.write(action, columns, &context)
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.writer.finish()
    }
}
