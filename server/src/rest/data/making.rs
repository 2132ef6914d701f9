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
    /// The writer stopped.
    #[error("the answer cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// An answer in the making.
pub(crate) struct Making {
    chosen: Chosen,
    next: Option<Batch>,
    writer: Option<Box<dyn DataWriter + Send>>,
    output: Gathered,
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
    /// Begins an answer in a format of SDMX; nothing, if there is nothing to be told.
    pub(crate) fn begin(
        chosen: Chosen,
        format: DataFormat,
        options: WriteOptions,
    ) -> Result<Option<Self>, MakingError> {
        Self::in_format(chosen, format, options, false)
    }

    /// The same, and an empty message if there is nothing to be told.
    pub(crate) fn begin_empty(
        chosen: Chosen,
        format: DataFormat,
        options: WriteOptions,
    ) -> Result<Self, MakingError> {
        let making = Self::in_format(chosen, format, options, true)?;
        making.ok_or_else(|| Refusal::internal("an empty message was not begun").into())
    }

    fn in_format(
        chosen: Chosen,
        format: DataFormat,
        options: WriteOptions,
        though_empty: bool,
    ) -> Result<Option<Self>, MakingError> {
        let query = chosen.query().clone();
        let custom_columns = custom_columns(&query, format);
        let options = WriteOptions {
            observation_level: query.level.clone(),
            attributes: Some(query.attributes.clone()),
            measures: query.measures,
            detail: query.detail,
            custom_columns: custom_columns.iter().map(|name| (*name).to_owned()).collect(),
            ..options
        };
        Self::begin_with(chosen, custom_columns, though_empty, |output| {
            writer(format, output, &query.definition, &options)
        })
    }

    /// Begins an answer with a writer that is made once it is known that there is something to write.
    pub(crate) fn begin_with(
        mut chosen: Chosen,
        custom_columns: Vec<&'static str>,
        though_empty: bool,
        writer: impl FnOnce(Gathered) -> io::Result<Box<dyn DataWriter + Send>>,
    ) -> Result<Option<Self>, MakingError> {
        let first = chosen.next()?;
        if first.is_none() && !though_empty {
            return Ok(None);
        }
        let output = Gathered::default();
        Ok(Some(Self {
            is_partial: chosen.query().is_partial,
            chosen,
            next: first,
            writer: Some(writer(output.clone())?),
            output,
            context: Context::new(custom_columns),
        }))
    }

    /// The next bytes, about `aim` of them; and whether they are the last.
    pub(crate) fn chunk(&mut self, aim: usize) -> Result<(Bytes, bool), MakingError> {
        loop {
            let Some(writer) = &mut self.writer else { return Ok((self.output.take(), true)) };
            if self.output.len() >= aim {
                return Ok((self.output.take(), false));
            }
            let Some(batch) = self.next.take() else {
                if let Some(writer) = self.writer.take() {
                    writer.finish()?;
                }
                continue;
            };
            self.context.turn_to(&batch.lane);
            let action = match batch.effect {
                Effect::Delete => Action::Delete,
                Effect::Replace if self.is_partial => Action::Merge,
                Effect::Replace => Action::Replace,
            };
            self.context.write(&mut **writer, action, &batch.columns)?;
            self.next = self.chosen.next()?;
        }
    }

    /// Writes all of it.
    pub(crate) fn write_to(mut self, output: &mut dyn Write, aim: usize) -> Result<(), MakingError> {
        loop {
            let (bytes, is_last) = self.chunk(aim)?;
            output.write_all(&bytes)?;
            if is_last {
                return Ok(output.flush()?);
            }
        }
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
