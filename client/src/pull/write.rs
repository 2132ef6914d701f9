//! A pull as a file: SDMX-CSV 2.0, JSON lines, or another message of figures.

use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use mighub_sdmx::Columns;
use mighub_sdmx::columns::AttributeValue;
use mighub_sdmx::csv::{Action, CsvWriter, WriteOptions};
use mighub_sdmx::data::DataFormat;
use mighub_sdmx::jsonl::JsonLines;
use mighub_sdmx::structure::DataDefinition;

use super::message::MessageFile;
use super::{Pull, PullSummary, Pulled, PulledLane};
use crate::error::Error;

/// Custom column, and member of every line, with the provider.
pub(super) const DATA_PROVIDER: &str = "DATA_PROVIDER";

/// Form of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// SDMX-CSV 2.0. A full pull has rows `R`; a delta has first rows `D`, then rows `R`. The custom column
    /// DATA_PROVIDER says whose figures they are.
    #[default]
    Csv,
    /// One JSON object per observation. In a delta each has a member ACTION, `R` or `D`, and deletions a member
    /// REASON, `DELETED` or `WITHHELD`.
    JsonLines,
    /// A message of any other format; of all figures, not of changes.
    Message(DataFormat),
}

impl Pull {
    /// Writes everything that comes. Formatting runs on a thread of its own. The output is flushed before this
    /// returns; if the pull fails, what was written so far is there but not all.
    pub async fn write<W: Write + Send + 'static>(
        self,
        format: Format,
        output: W,
    ) -> Result<PullSummary, Error> {
        self.write_with_scratch(format, output, std::env::temp_dir().as_path()).await
    }

    /// Like [`Pull::write`], with a folder for the scratch file that a delta in SDMX-CSV needs.
    pub async fn write_with_scratch<W: Write + Send + 'static>(
        mut self,
        format: Format,
        output: W,
        scratch: &Path,
    ) -> Result<PullSummary, Error> {
        let scratch = scratch.to_owned();
        let writing = tokio::task::spawn_blocking(move || {
            let definition = self.definition.clone();
            let mut writer = match (format, self.header.delta) {
                (Format::Csv, false) => Writer::Csv(CsvFile::new(definition, output)),
                (Format::Csv, true) => {
                    Writer::CsvDelta(Box::new(CsvDelta::new(definition, output, &scratch)?))
                }
                (Format::JsonLines, delta) => Writer::JsonLines(LinesFile::new(definition, output, delta)),
                (Format::Message(format), false) => {
                    let file = MessageFile::new(format, &definition, output).map_err(Error::Output)?;
                    Writer::Message(Box::new(file))
                }
                (Format::Message(format), true) => {
                    let text = format!(
                        "changes are written as csv or jsonl, not as {}: pull them so, or pull all figures",
                        format.name()
                    );
                    return Err(Error::Request(text));
                }
            };
            while let Some(pulled) = self.blocking_next()? {
                match pulled {
                    Pulled::Lane(lane) => writer.lane(&lane),
                    Pulled::Observations(columns) => writer.observations(&columns),
                    Pulled::Gone { columns, reason } => writer.gone(&columns, reason),
                    Pulled::End(summary) => return writer.finish().map(|()| summary).map_err(Error::Output),
                }
                .map_err(Error::Output)?;
            }
            Err(Error::Contract("a pull ended without its summary".to_owned()))
        });
        writing.await?
    }
}

enum Writer<W: Write> {
    Csv(CsvFile<W>),
    CsvDelta(Box<CsvDelta<W>>),
    JsonLines(LinesFile<W>),
    Message(Box<MessageFile>),
}

impl<W: Write> Writer<W> {
    fn lane(&mut self, lane: &PulledLane) -> io::Result<()> {
        match self {
            Self::Csv(file) => file.lane(lane),
            Self::CsvDelta(delta) => delta.lane(lane),
            Self::JsonLines(file) => file.lane(lane),
            Self::Message(file) => {
                file.lane(lane);
                Ok(())
            }
        }
    }

    fn observations(&mut self, columns: &Columns) -> io::Result<()> {
        match self {
            Self::Csv(file) => file.write(columns, Action::Replace),
            Self::CsvDelta(delta) => delta.replaced.write(columns, Action::Replace),
            Self::JsonLines(file) => file.write(columns, None),
            Self::Message(file) => file.write(columns, Action::Replace),
        }
    }

    fn gone(&mut self, columns: &Columns, reason: mighub::v1::TombstoneReason) -> io::Result<()> {
        match self {
            Self::Csv(file) => file.write(columns, Action::Delete),
            Self::CsvDelta(delta) => delta.deleted.write(columns, Action::Delete),
            Self::JsonLines(file) => {
                let reason = reason.as_str_name();
                file.write(columns, Some(reason.strip_prefix("TOMBSTONE_REASON_").unwrap_or(reason)))
            }
            Self::Message(file) => file.write(columns, Action::Delete),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Csv(file) => file.finish().map(drop),
            Self::CsvDelta(delta) => delta.finish(),
            Self::JsonLines(file) => file.finish(),
            Self::Message(file) => file.finish(),
        }
    }
}

/// SDMX-CSV of several lanes. What absence stands for differs from lane to lane, so each has a writer of its own;
/// all write the same columns, and only the first its header.
pub(crate) struct CsvFile<W: Write> {
    definition: Arc<DataDefinition>,
    state: State<W>,
    provider: String,
    has_header: bool,
}

enum State<W: Write> {
    /// Between lanes.
    Output(HeaderOnce<W>),
    Lane(Box<CsvWriter<HeaderOnce<W>>>),
    /// After an error of writing.
    Failed,
}

impl<W: Write> CsvFile<W> {
    pub(crate) fn new(definition: Arc<DataDefinition>, output: W) -> Self {
        let state = State::Output(HeaderOnce { output, skipping: false });
        Self { definition, state, provider: String::new(), has_header: false }
    }

    /// Continues a file that has its header.
    fn continuing(definition: Arc<DataDefinition>, output: W) -> Self {
        Self { has_header: true, ..Self::new(definition, output) }
    }

    fn lane(&mut self, lane: &PulledLane) -> io::Result<()> {
        let mut values = lane.absent_values.clone();
        // Attributes of the dataset have their value on every row.
        values.extend(lane.dataset_attributes.iter().cloned());
        self.begin(&lane.lane.provider, values)
    }

    /// What follows is of this provider.
    pub(crate) fn begin(
        &mut self,
        provider: &str,
        absent: Vec<(Arc<str>, AttributeValue)>,
    ) -> io::Result<()> {
        let mut output = self.output()?;
        output.skipping = self.has_header;
        self.has_header = true;
        let options = WriteOptions {
            attributes: Some(
                self.definition.attributes.iter().map(|used| used.component.id.clone()).collect(),
            ),
            absent_values: absent,
            custom_columns: vec![DATA_PROVIDER.to_owned()],
            ..WriteOptions::default()
        };
        provider.clone_into(&mut self.provider);
        self.state = State::Lane(Box::new(CsvWriter::new(output, &self.definition, &options)?));
        Ok(())
    }

    pub(crate) fn write(&mut self, columns: &Columns, action: Action) -> io::Result<()> {
        match &mut self.state {
            State::Lane(writer) => writer.write(columns, action, &[&self.provider]),
            _ => Err(io::Error::other("rows came before their lane")),
        }
    }

    /// The file without any lane still has its header.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        if !self.has_header {
            self.begin("", Vec::new())?;
        }
        let mut output = self.output()?.output;
        output.flush()?;
        Ok(output)
    }

    fn output(&mut self) -> io::Result<HeaderOnce<W>> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Output(output) => Ok(output),
            State::Lane(writer) => writer.finish(),
            State::Failed => Err(io::Error::other("writing failed before")),
        }
    }
}

/// Leaves out the first line where the file has its header already.
struct HeaderOnce<W> {
    output: W,
    skipping: bool,
}

impl<W: Write> Write for HeaderOnce<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.skipping {
            return self.output.write(bytes);
        }
        // No name of a component has a line break.
        let line_end = bytes.iter().position(|byte| *byte == b'\n');
        self.skipping = line_end.is_none();
        Ok(line_end.map_or(bytes.len(), |end| end + 1))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// A delta: rows `D` go out as they come, rows `R` wait in a scratch file, because a reader that applies rows one
/// by one must delete first.
struct CsvDelta<W: Write> {
    deleted: CsvFile<W>,
    replaced: CsvFile<File>,
}

impl<W: Write> CsvDelta<W> {
    fn new(definition: Arc<DataDefinition>, output: W, scratch: &Path) -> Result<Self, Error> {
        let file = tempfile::tempfile_in(scratch).map_err(Error::file(scratch))?;
        let replaced = CsvFile::continuing(definition.clone(), file);
        Ok(Self { deleted: CsvFile::new(definition, output), replaced })
    }

    fn lane(&mut self, lane: &PulledLane) -> io::Result<()> {
        // A deletion says nothing of attributes.
        self.deleted.begin(&lane.lane.provider, Vec::new())?;
        self.replaced.lane(lane)
    }

    fn finish(self) -> io::Result<()> {
        let mut output = self.deleted.finish()?;
        let mut scratch = self.replaced.finish()?;
        scratch.seek(SeekFrom::Start(0))?;
        io::copy(&mut BufReader::new(scratch), &mut output)?;
        output.flush()
    }
}

/// JSON lines of several lanes.
struct LinesFile<W: Write> {
    definition: Arc<DataDefinition>,
    state: LinesState<W>,
    provider: String,
    delta: bool,
}

enum LinesState<W: Write> {
    Output(W),
    Lane(JsonLines<W>),
    Failed,
}

impl<W: Write> LinesFile<W> {
    fn new(definition: Arc<DataDefinition>, output: W, delta: bool) -> Self {
        Self { definition, state: LinesState::Output(output), provider: String::new(), delta }
    }

    fn lane(&mut self, lane: &PulledLane) -> io::Result<()> {
        let output = self.output()?;
        let mut values = lane.absent_values.clone();
        values.extend(lane.dataset_attributes.iter().cloned());
        self.provider.clone_from(&lane.lane.provider);
        self.state = LinesState::Lane(JsonLines::new(output, &self.definition, &values));
        Ok(())
    }

    fn write(&mut self, columns: &Columns, gone: Option<&str>) -> io::Result<()> {
        let mut custom = vec![(DATA_PROVIDER, self.provider.as_str())];
        if self.delta {
            custom.push(("ACTION", if gone.is_some() { "D" } else { "R" }));
            custom.extend(gone.map(|reason| ("REASON", reason)));
        }
        match &mut self.state {
            LinesState::Lane(writer) => writer.write(columns, &custom),
            _ => Err(io::Error::other("rows came before their lane")),
        }
    }

    fn finish(mut self) -> io::Result<()> {
        self.output()?.flush()
    }

    fn output(&mut self) -> io::Result<W> {
        match std::mem::replace(&mut self.state, LinesState::Failed) {
            LinesState::Output(output) => Ok(output),
            LinesState::Lane(writer) => writer.finish(),
            LinesState::Failed => Err(io::Error::other("writing failed before")),
        }
    }
}
