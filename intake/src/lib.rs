//! THE INTAKE: from a file to a submission that is ready to be sent: read, sorted, checked, cut into blocks, compressed.
//!
//! What lives here: all computing of a push, for an office that runs the client and for a hub that takes files from those
//! who cannot. It is synchronous and needs the same memory whatever the size of the file. What must not: networks, keys,
//! and storage of a hub; what a dataflow is comes in through [`Lanes`].

mod checked;
mod embargo;
mod error;
mod foreign;
mod frames;
mod judge;
mod lane;
mod levels;
mod order;
mod pass;
mod progress;
mod scope;
mod source;
mod spool;
mod told;
mod work;

use std::path::Path;
use std::sync::Arc;

use mighub_sdmx::columns::AttributeValue;
use mighub_sdmx::key::Selection;

pub use checked::{Checked, Contents, ReadFile};
pub use error::Error;
pub use foreign::{Table, TableRead, TableReading};
pub use frames::FrameReader;
pub use lane::{LaneInfo, Lanes, StructureLanes, dataflow_meant, dataflow_named, definition_of};
pub use progress::{Progress, Step};
pub use source::{Source, Text, Workbook};
pub use spool::{MANIFEST, Spool, SpoolTotals};
pub use told::{finding_of, group_of, summary_of};
pub use work::PREPARING;

use pass::{Outcome, Pass};
/// An attribute of the whole dataset; nothing as value deletes it.
pub type DatasetAttribute = (Arc<str>, Option<AttributeValue>);

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Of a file with several dataflows read only the rows of this one, given as AGENCY:ID(VERSION).
    pub only: Option<String>,
    /// The file is all there is within this part of the lane.
    pub complete: Option<Complete>,
    /// How a table that is not SDMX-CSV is read.
    pub table: TableReading,
}

/// Of what a file is all there is, within the periods that it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complete {
    /// Of the lane.
    Lane,
    /// Of the series that match this SDMX key, such as `A.SWE`.
    Key(String),
}

/// A file, checked and ready to be sent.
#[derive(Debug)]
pub struct Prepared {
    /// What the file holds, and what was found in it.
    pub checked: Checked,
    /// Nothing if there are errors: then there is nothing to send.
    pub spool: Option<Spool>,
    /// Attributes of the whole dataset that the file gives.
    pub dataset_attributes: Vec<DatasetAttribute>,
    /// Of what the file is all there is, if its sender says so.
    pub scope: Option<Selection>,
}

/// Checks a file as the hub would, without sending anything.
///
/// `lanes` says what its dataflow is; see [`StructureLanes`] for checks without a hub. Runs for as long as the file takes: call it on a thread that may.
pub fn check(
    source: Source,
    lanes: &mut dyn Lanes,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Checked, Error> {
    let folder = std::env::temp_dir();
    Ok(run(source, lanes, options, &Target { scratch: &folder, spool: false }, progress)?.checked)
}

/// Checks a file and writes what is to be sent into a new folder within `outbox`.
pub fn prepare(
    source: Source,
    lanes: &mut dyn Lanes,
    options: &ReadOptions,
    outbox: &Path,
    progress: &Progress,
) -> Result<Prepared, Error> {
    run(source, lanes, options, &Target { scratch: outbox, spool: true }, progress)
}

/// Where scratch files go, and whether anything is to be sent.
struct Target<'t> {
    scratch: &'t Path,
    spool: bool,
}

fn run(
    source: Source,
    lanes: &mut dyn Lanes,
    options: &ReadOptions,
    target: &Target<'_>,
    progress: &Progress,
) -> Result<Prepared, Error> {
    let text = match source {
        Source::Columns { dataflow, action, batches } => {
            return pass::columns(&dataflow, action, batches, lanes, options, target, progress);
        }
        Source::File(path) => source::Text::of_file(path, target.scratch)?,
        Source::Reader { name, reader } => source::Text::of_stream(name, reader, target.scratch)?,
        Source::Open { name, file } => source::Text::of_open(name, file, target.scratch)?,
    };
    let (text, refused) = foreign::understood(text, lanes, &options.table, target.scratch)?;
    let text = Arc::new(text);
    if let Some(refused) = refused {
        return pass::refused(&refused, &text, target);
    }
    let mut pass = Pass::default();
    loop {
        // What a reading teaches (rows are not in order; an embargo stands below the cells it is for; there are
        // several parts) makes another one necessary, and never a third of the same kind.
        match pass::text(&text, lanes, options, target, &pass, progress)? {
            Outcome::Done(prepared) => return Ok(*prepared),
            Outcome::Again(better) => pass = better,
        }
    }
}
