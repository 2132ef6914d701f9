//! How much is in a message, whatever its structure.

use std::io::{Read, Seek, SeekFrom};

use super::event::{EventKind, EventSource, Record};
use super::{CsvVersion, DataFormat, ReadError};
use crate::csv::{RowError, Version, count_rows};
use crate::json::JsonEvents;
use crate::ml::MlEvents;
use crate::sniff::{Family, SNIFFED_BYTES, sniff};

/// What was counted in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawCount {
    /// Its format.
    pub format: DataFormat,
    /// Datasets.
    pub datasets: u64,
    /// Series; 0 in formats and layouts without them.
    pub series: u64,
    /// Observations.
    pub observations: u64,
}

/// Counts what is in a message, without any structure. The format is told from the content.
pub fn raw_count(mut input: impl Read + Seek) -> Result<RawCount, ReadError> {
    match family(&mut input)? {
        Family::Json => count_events(JsonEvents::new(input)?),
        Family::Xml => count_events(MlEvents::new(input)?),
        Family::Csv => {
            let (version, observations) = count_rows(input)?;
            let format = DataFormat::Csv(match version {
                Version::V1 => CsvVersion::V1_0,
                Version::V2 => CsvVersion::V2_0,
            });
            Ok(RawCount { format, datasets: 1, series: 0, observations })
        }
        Family::Parquet => {
            let observations = crate::parquet::count_rows(input)?;
            Ok(RawCount { format: DataFormat::Parquet, datasets: 1, series: 0, observations })
        }
    }
}

/// Reads the family of a file and goes back to its beginning.
pub(super) fn family(input: &mut (impl Read + Seek)) -> Result<Family, ReadError> {
    let mut first = Vec::with_capacity(SNIFFED_BYTES);
    let mut sniffed = || {
        input.seek(SeekFrom::Start(0))?;
        input.by_ref().take(SNIFFED_BYTES as u64).read_to_end(&mut first)?;
        input.seek(SeekFrom::Start(0))
    };
    sniffed().map_err(RowError::from)?;
    Ok(sniff(&first))
}

/// Counts the parts of a message.
pub fn count_events(mut source: impl EventSource) -> Result<RawCount, ReadError> {
    let mut record = Record::new();
    let (mut datasets, mut series, mut observations) = (0, 0, 0);
    while let Some(kind) = source.next(&mut record)? {
        match kind {
            EventKind::Dataset => datasets += 1,
            EventKind::Series => series += 1,
            EventKind::Observation => observations += 1,
            EventKind::Group | EventKind::SeriesEnd | EventKind::DatasetEnd => {}
        }
    }
    Ok(RawCount { format: source.format(), datasets, series, observations })
}
