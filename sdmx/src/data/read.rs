//! A message of any format to batches of columns.

use std::io::{Read, Seek};
use std::sync::Arc;

use super::count::family;
use super::event::MessageInfo;
use super::{DataFormat, Header, ReadError, ReadSummary, RowBatch};
use crate::csv::CsvReader;
use crate::json::JsonEvents;
use crate::ml::MlEvents;
use crate::parquet::ParquetReader;
use crate::sniff::Family;
use crate::structure::DataDefinition;

pub use super::row::EventReader;

/// Finds the definition of a dataflow by what a message says its data are of: the kind of artefact
/// (`dataflow`, `datastructure`, `dataprovision`) and `AGENCY:ID(VERSION)`.
pub type Resolve<'a> = dyn FnMut(&str, &str) -> Option<Arc<DataDefinition>> + 'a;

/// Reads a message batch by batch. Memory is that of one batch and of the distinct codes, whatever the size
/// of the message.
pub trait DataReader {
    /// The next rows; nothing at the end. [`DataReader::finish`] then has what is left to know.
    fn next_batch(&mut self) -> Result<Option<RowBatch>, ReadError>;

    /// The columns met so far; for formats without a header, the components in the order in which they were
    /// met. Numbers of columns stay the same to the end.
    fn header(&self) -> &Header;

    /// Dataflows met so far.
    fn definitions(&self) -> &[Arc<DataDefinition>];

    /// Rows read so far. In formats without rows each observation is one, and each group and each series
    /// without observations.
    fn row_count(&self) -> u64;

    /// The format, as far as it was seen.
    fn format(&self) -> DataFormat;

    /// What the message says of itself; nothing in formats that say nothing.
    fn message(&self) -> Option<&MessageInfo> {
        None
    }

    /// What is known of the message as a whole; after the last batch, or after an error.
    fn finish(self: Box<Self>) -> ReadSummary;
}

/// A reader of a message whose format is told from its content. `resolve` is as for [`Resolve`].
pub fn reader<'a>(
    mut input: impl Read + Seek + 'a,
    resolve: impl FnMut(&str, &str) -> Option<Arc<DataDefinition>> + 'a,
) -> Result<Box<dyn DataReader + 'a>, ReadError> {
    match family(&mut input)? {
        Family::Csv => Ok(Box::new(CsvReader::new(input, resolve)?)),
        Family::Xml => {
            let reopen = Arc::new(MlEvents::reopen);
            Ok(Box::new(EventReader::new(MlEvents::new(input)?, Box::new(resolve), reopen)))
        }
        Family::Json => {
            let events = JsonEvents::new(input)?;
            let reopen = events.reopen();
            Ok(Box::new(EventReader::new(events, Box::new(resolve), reopen)))
        }
        Family::Parquet => Ok(Box::new(ParquetReader::new(input, resolve)?)),
    }
}
