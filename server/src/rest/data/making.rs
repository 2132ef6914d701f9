//! An answer in the making: figures from the hub, cut, and written in a format, piece by piece.
//!
//! What lives here: plain code that runs where one may wait. What must not: HTTP, and waiting for readers.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use mighub_sdmx::columns::{AttributeValue, Columns};
use mighub_sdmx::data::{Action, DataFormat, DataWriter, DatasetContext, WriteOptions, writer};

use super::ask::DataQuery;
use super::chosen::Chosen;
use super::fault::Fault;
use crate::hub::{Batch, Effect, LaneFigures, Moment, Refusal};
use crate::rest::attendance::Attendance;

/// Custom column with the provider, where figures of several stand beside each other.
pub(crate) const DATA_PROVIDER: &str = "DATA_PROVIDER";
/// Custom columns of a history, in formats that cannot say it otherwise.
const VALIDITY: [&str; 2] = ["VALID_FROM", "VALID_TO"];

/// Why an answer cannot be made, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakingError {
    /// The hub refuses.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The query asks for what is not given.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Nobody waits for it any more.
    #[error("whoever asked has left")]
    Left,
    /// The writer stopped.
    #[error("the answer cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// An answer in the making, piece by piece.
pub(crate) struct Making {
    message: Message,
    writer: Option<Box<dyn DataWriter + Send>>,
    output: Gathered,
}

/// Figures on their way into a writer.
pub(crate) struct Message {
    chosen: Chosen,
    next: Option<Batch>,
    context: Context,
    is_partial: bool,
}

/// What is said of a batch beside its columns. Kept from batch to batch of one lane.
struct Context {
    custom_columns: Vec<&'static str>,
    lane: Option<Arc<LaneFigures>>,
    absent_values: Vec<(Arc<str>, AttributeValue)>,
    custom: Vec<String>,
    valid_from: Option<Timestamp>,
    valid_to: Option<Timestamp>,
}

impl Making {
    /// Begins an answer in a format of SDMX.
    pub(crate) fn begin(
        message: Message,
        format: DataFormat,
        options: WriteOptions,
    ) -> Result<Self, MakingError> {
        let query = message.chosen.query().clone();
        let options = message.options(options);
        Self::begin_with(message, |output| writer(format, output, &query.definition, &options))
    }

    /// Begins an answer with another writer.
    pub(crate) fn begin_with(
        message: Message,
        writer: impl FnOnce(Gathered) -> io::Result<Box<dyn DataWriter + Send>>,
    ) -> Result<Self, MakingError> {
        let output = Gathered::default();
        Ok(Self { message, writer: Some(writer(output.clone())?), output })
    }

    /// The next bytes, about `aim` of them; and whether they are the last.
    pub(crate) fn chunk(&mut self, aim: usize) -> Result<(Bytes, bool), MakingError> {
        loop {
            let Some(writer) = &mut self.writer else { return Ok((self.output.take(), true)) };
            if self.output.len() >= aim {
                return Ok((self.output.take(), false));
            }
            if !self.message.write_next(&mut **writer)?
                && let Some(writer) = self.writer.take()
            {
                writer.finish()?;
            }
        }
    }
}

impl Message {
    /// Takes the first figures. `custom_columns` are what the writer is given for each row beside them.
    pub(crate) fn begin(mut chosen: Chosen, custom_columns: Vec<&'static str>) -> Result<Self, MakingError> {
        let next = chosen.next()?;
        let is_partial = chosen.query().is_partial;
        Ok(Self { chosen, next, context: Context::new(custom_columns), is_partial })
    }

    /// The same for a format of SDMX, which says of each row what it needs to.
    pub(crate) fn begin_in(chosen: Chosen, format: DataFormat) -> Result<Self, MakingError> {
        let custom_columns = custom_columns(chosen.query(), format);
        Self::begin(chosen, custom_columns)
    }

    /// The same for others who wait for it.
    pub(crate) fn attended(self, attendance: &Attendance) -> Self {
        Self { chosen: self.chosen.attended(attendance), ..self }
    }

    /// Whether there is nothing to be told.
    pub(crate) fn is_empty(&self) -> bool {
        self.next.is_none()
    }

    /// What is asked for, for a writer of a format of SDMX.
    fn options(&self, options: WriteOptions) -> WriteOptions {
        let query = self.chosen.query();
        WriteOptions {
            observation_level: query.level.clone(),
            attributes: Some(query.attributes.clone()),
            measures: query.measures,
            detail: query.detail,
            custom_columns: self.context.custom_columns.iter().map(|name| (*name).to_owned()).collect(),
            ..options
        }
    }

    /// Writes all of it, in a format of SDMX.
    pub(crate) fn write_to(
        mut self,
        output: impl Write + Send,
        format: DataFormat,
        options: WriteOptions,
    ) -> Result<(), MakingError> {
        let definition = self.chosen.query().definition.clone();
        let mut writer = writer(format, output, &definition, &self.options(options))?;
        while self.write_next(&mut *writer)? {}
        Ok(writer.finish()?)
    }

    /// Writes what is at hand, and takes what comes next; whether there was anything.
    fn write_next(&mut self, writer: &mut dyn DataWriter) -> Result<bool, MakingError> {
        let Some(batch) = self.next.take() else { return Ok(false) };
        self.context.turn_to(&batch.lane);
        let action = match batch.effect {
            Effect::Delete => Action::Delete,
            Effect::Replace if self.is_partial => Action::Merge,
            Effect::Replace => Action::Replace,
        };
        self.context.write(writer, action, &batch.columns)?;
        self.next = self.chosen.next()?;
        Ok(true)
    }
}

/// What formats that have no other place for it say in columns of their own.
fn custom_columns(query: &DataQuery, format: DataFormat) -> Vec<&'static str> {
    let is_table = matches!(format, DataFormat::Csv(_) | DataFormat::Parquet | DataFormat::Xlsx);
    let mut columns = Vec::new();
    if query.has_several_providers() {
        columns.push(DATA_PROVIDER);
    }
    if query.figures.history && is_table {
        columns.extend(VALIDITY);
    }
    columns
}

impl Context {
    fn new(custom_columns: Vec<&'static str>) -> Self {
        Self {
            custom_columns,
            lane: None,
            absent_values: Vec::new(),
            custom: Vec::new(),
            valid_from: None,
            valid_to: None,
        }
    }

    fn turn_to(&mut self, lane: &Arc<LaneFigures>) {
        if self.lane.as_ref().is_some_and(|known| Arc::ptr_eq(known, lane)) {
            return;
        }
        self.lane = Some(lane.clone());
        let of_dataset = lane.dataset_attributes.iter().map(|(id, value)| (id.clone(), value.clone()));
        let absent = lane
            .absent_values
            .iter()
            .filter(|(id, _)| !lane.dataset_attributes.contains_key(*id))
            .map(|(id, code)| (id.clone(), AttributeValue::Text(code.clone())));
        self.absent_values = of_dataset.chain(absent).collect();
        let timestamp =
            |moment: Option<Moment>| moment.and_then(|moment| Timestamp::from_millisecond(moment.0).ok());
        self.valid_from = timestamp(lane.valid_from);
        self.valid_to = timestamp(lane.valid_to);
        let text = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string()).unwrap_or_default();
        let custom = self.custom_columns.iter().map(|column| match *column {
            DATA_PROVIDER => lane.provider.to_string(),
            "VALID_FROM" => text(self.valid_from),
            _ => text(self.valid_to),
        });
        self.custom = custom.collect();
    }

    fn write(&self, writer: &mut dyn DataWriter, action: Action, columns: &Columns) -> io::Result<()> {
        let custom: Vec<&str> = self.custom.iter().map(String::as_str).collect();
        let context = DatasetContext {
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            absent_values: &self.absent_values,
            custom: &custom,
        };
        writer.write(action, columns, &context)
    }
}

/// What a writer has written and nobody has taken yet.
#[derive(Clone, Default)]
pub(crate) struct Gathered(Arc<Mutex<Vec<u8>>>);

impl Gathered {
    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Gathered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
