//! A file of Parquet: its metadata, and its columns chunk by chunk. The file is read through one handle, and of
//! it only what is asked for.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use super::footer::Unsound;
use super::{
    CHUNK_BYTES_MAX, GROUP_BYTES_MAX, METADATA_BYTES_MAX, ROWS_MAX, ROWS_PER_BYTE_MAX, footer, pages,
};
use crate::csv::RowError;
use crate::data::{MessageError, MessageProblem, ReadError};

/// The length of the metadata, and the letters of the format.
const FOOTER_BYTES: u64 = 8;

/// A file that is read.
pub(super) struct ParquetFile<R> {
    input: R,
    length: u64,
    pub(super) metadata: ParquetMetaData,
}

impl<R: Read + Seek> ParquetFile<R> {
    /// Reads the metadata, which stand at the end.
    pub(super) fn open(mut input: R) -> Result<Self, ReadError> {
        let length = input.seek(SeekFrom::End(0)).map_err(RowError::from)?;
        let end = read_at(&mut input, length.saturating_sub(FOOTER_BYTES), FOOTER_BYTES.min(length))?;
        let (size, letters) = match end[..] {
            [a, b, c, d, ref letters @ ..] => (u32::from_le_bytes([a, b, c, d]), letters),
            _ => (0, &end[..]),
        };
        let truncated =
            || problem(0, MessageProblem::Truncated { within: "the rows of a Parquet file".to_owned() });
        match letters {
            b"PAR1" => {}
            b"PARE" => {
                let text = "the Parquet file is encrypted: write it without encryption";
                return Err(problem(0, MessageProblem::Contents(text.to_owned())));
            }
            _ => return Err(truncated()),
        }
        if size > METADATA_BYTES_MAX {
            let most = format!("{} MiB", METADATA_BYTES_MAX / 1024 / 1024);
            return Err(problem(
                0,
                MessageProblem::TooLarge { what: "the metadata of the Parquet file", most },
            ));
        }
        let size = u64::from(size);
        let start = (length - FOOTER_BYTES).checked_sub(size).ok_or_else(truncated)?;
        let bytes = read_at(&mut input, start, size)?;
        footer::check(&bytes).map_err(|reason| unsound(0, reason))?;
        let metadata = guarded(|| ParquetMetaDataReader::decode_metadata(&bytes));
        let metadata = metadata.map_err(|error| broken(0, &error))?;
        let file = Self { input, length, metadata };
        let most = ROWS_MAX.min(length.saturating_mul(ROWS_PER_BYTE_MAX));
        if file.row_count() > most {
            let most = format!("{most} in a file of {length} bytes");
            return Err(problem(0, MessageProblem::TooLarge { what: "the number of rows", most }));
        }
        Ok(file)
    }

    /// Rows of all row groups.
    pub(super) fn row_count(&self) -> u64 {
        let rows =
            self.metadata.row_groups().iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0));
        rows.fold(0, u64::saturating_add)
    }

    /// What the metadata say under a key.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        let values = self.metadata.file_metadata().key_value_metadata()?;
        values.iter().find(|known| known.key == key)?.value.as_deref()
    }

    /// A reader of one column of one row group; `row` rows stand before it. Takes its memory from `room`, which is
    /// [`GROUP_BYTES_MAX`] for the first column of a group.
    pub(super) fn column(
        &mut self,
        group: usize,
        leaf: usize,
        row: u64,
        room: &mut u64,
    ) -> Result<ColumnReader, ReadError> {
        let group = self.metadata.row_group(group);
        let column = group.columns().get(leaf).ok_or_else(|| broken(row, &"a row group lacks a column"))?;
        let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let sizes = [start, column.compressed_size(), column.uncompressed_size()].map(u64::try_from);
        let [Ok(start), Ok(size), Ok(unpacked)] = sizes else {
            return Err(broken(row, &"a column has a place that cannot be"));
        };
        if start.checked_add(size).is_none_or(|end| end > self.length) {
            return Err(broken(row, &"a column ends behind the end of the file"));
        }
        if size.max(unpacked) > CHUNK_BYTES_MAX {
            let most =
                format!("{} MiB: write the file with smaller row groups", CHUNK_BYTES_MAX / 1024 / 1024);
            return Err(problem(row, MessageProblem::TooLarge { what: "a column of a row group", most }));
        }
        let mut take = |bytes: u64| {
            *room = room.checked_sub(bytes).ok_or_else(|| {
                let most =
                    format!("{} MiB: write the file with smaller row groups", GROUP_BYTES_MAX / 1024 / 1024);
                problem(row, MessageProblem::TooLarge { what: "the memory for a row group", most })
            })?;
            Ok::<_, ReadError>(())
        };
        take(size)?;
        let bytes = read_at(&mut self.input, start, size)?;
        let is_list = column.column_descr().max_rep_level() > 0;
        let rows = u64::try_from(group.num_rows()).unwrap_or(0);
        take(pages::memory(&bytes, rows, is_list).map_err(|reason| unsound(row, reason))?)?;
        let chunk = Chunk { start, bytes: bytes.into() };
        let rows = usize::try_from(rows).unwrap_or(0);
        let pages = guarded(|| SerializedPageReader::new(Arc::new(chunk), column, rows, None));
        let pages = pages.map_err(|error| broken(row, &error))?;
        Ok(get_column_reader(column.column_descr_ptr(), Box::new(pages)))
    }
}

fn read_at(input: &mut (impl Read + Seek), start: u64, length: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let mut read = || {
        input.seek(SeekFrom::Start(start))?;
        input.by_ref().take(length).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    };
    read().map_err(RowError::Io)?;
    Ok(bytes)
}

/// Decodes bytes of a file. The decoders assert what a damaged file may break: such a panic is an error of the
/// file, after which nothing of it is used any more.
pub(super) fn guarded<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    let broken = |_| Err(ParquetError::General("values do not fit their encoding".to_owned()));
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(broken)
}

/// A file that cannot be read further; `row` rows were.
pub(super) fn problem(row: u64, problem: MessageProblem) -> ReadError {
    MessageError::new(row + 1, 1, problem).into()
}

/// A file whose parts do not fit.
pub(super) fn broken(row: u64, reason: &impl ToString) -> ReadError {
    let text = format!("the Parquet file is damaged: {}; write it again", reason.to_string());
    problem(row, MessageProblem::Syntax(text))
}

/// A header that is not decoded.
fn unsound(row: u64, reason: Unsound) -> ReadError {
    match reason {
        Unsound::Damaged(_) => broken(row, &reason),
        Unsound::Unread(text) => problem(row, MessageProblem::Contents(text.to_owned())),
        Unsound::TooLarge { what, most } => {
            problem(row, MessageProblem::TooLarge { what, most: most.to_string() })
        }
    }
}

/// The bytes of one column of one row group, at their place in the file.
struct Chunk {
    start: u64,
    bytes: Bytes,
}

impl Length for Chunk {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for Chunk {
    type T = Cursor<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let at = usize::try_from(start.saturating_sub(self.start)).unwrap_or(usize::MAX);
        Ok(Cursor::new(self.bytes.slice(at.min(self.bytes.len())..)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let at = start.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        let range = at.and_then(|at| Some(at..at.checked_add(length)?));
        match range.filter(|range| range.end <= self.bytes.len()) {
            Some(range) => Ok(self.bytes.slice(range)),
            None => Err(ParquetError::EOF("a page ends behind the end of its column".to_owned())),
        }
    }
}
