//! What all formats of data share: their names, reading and writing, and the way from a message's parts to
//! columns.
//!
//! What lives here: [`DataFormat`], the traits [`DataReader`] and [`DataWriter`], the event layer
//! ([`EventSource`], [`Record`]) of which raw counts are taken, and [`EventReader`], which makes events into
//! batches of columns. What must not: the syntax of any format; each has its module.

mod count;
mod csv;
mod error;
mod event;
mod format;
mod losses;
mod options;
mod place;
mod provider;
mod read;
mod row;
mod write;

pub use crate::csv::{
    Action, CellIssue, CellPlace, CellProblem, CsvVersion, Header, ReadError, ReadSummary, RowBatch,
};
pub use count::{RawCount, count_events, raw_count};
pub use error::{MessageError, MessageProblem};
pub use event::{
    Cell, DatasetStart, EventKind, EventSource, Mark, MessageInfo, NOTICES_MAX, Notice, Record,
    StructureKind, StructureRef,
};
pub(crate) use event::{PROVIDER_BYTES_MAX, provider_of_urn};
pub use format::{DataFormat, JsonVersion, MlForm};
pub use losses::{LOSSES, Loss, Saying};
pub use options::{Detail, KeyColumns, Labels, MessageHeader, ObservationLevel, StructureUse, WriteOptions};
pub use place::{Locate, Places, SourceText};
pub(crate) use provider::Provider;
pub use read::{DataReader, EventReader, Resolve, reader};
pub use row::{Reopen, Resume};
pub use write::{DataWriter, DatasetContext, writer};
