//! Columns to a message of data.

use std::io::{self, Write};
use std::sync::Arc;

use crate::columns::Columns;
use crate::data::{Action, DataWriter, DatasetContext, MlForm, WriteOptions};
use crate::structure::DataDefinition;

/// Writes SDMX-ML.
pub struct MlWriter<W> {
    output: W,
}

impl<W: Write> MlWriter<W> {
    /// A writer of data of one dataflow.
    pub fn new(
        output: W,
        _form: MlForm,
        _definition: &Arc<DataDefinition>,
        _options: &WriteOptions,
    ) -> io::Result<Self> {
        Ok(Self { output })
    }
}

impl<W: Write> DataWriter for MlWriter<W> {
    fn write(&mut self, _action: Action, _columns: &Columns, _context: &DatasetContext<'_>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.output.flush()
    }
}
