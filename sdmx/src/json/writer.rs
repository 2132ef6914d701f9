//! Columns to a message.

use std::io::{self, Write};
use std::sync::Arc;

use crate::columns::Columns;
use crate::csv::Action;
use crate::data::{DataWriter, DatasetContext, JsonVersion, WriteOptions};
use crate::structure::DataDefinition;

/// Writes SDMX-JSON.
pub struct JsonWriter<W> {
    output: W,
}

impl<W: Write> JsonWriter<W> {
    /// A writer of data of one dataflow.
    pub fn new(
        output: W,
        version: JsonVersion,
        definition: &Arc<DataDefinition>,
        options: &WriteOptions,
    ) -> io::Result<Self> {
        let _ = (version, definition, options);
        Ok(Self { output })
    }
}

impl<W: Write> DataWriter for JsonWriter<W> {
    fn write(&mut self, _action: Action, _columns: &Columns, _context: &DatasetContext<'_>) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "SDMX-JSON cannot be written yet"))
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.output.flush()
    }
}
