//! Where the rows of a translation came from.
//!
//! One record of fixed length for each row, in a scratch file: the number of the office's row, and by which rule
//! and column it was made; or what was wrong with it.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use super::problem::TableIssue;
use crate::csv::{CellPlace, RowError, RowPlaces};

const RECORD_BYTES: u64 = 16;
/// Set in the second word of a record: it is where the issue stands, not by what the row was made.
const IS_ISSUE: u64 = 1 << 63;

/// Writes down where rows came from, while they are translated.
#[derive(Debug)]
pub struct OriginWriter {
    index: BufWriter<File>,
    issues: BufWriter<File>,
    issue_bytes: u64,
}

/// Where the rows of a translation came from.
#[derive(Debug)]
pub struct Origin {
    index: File,
    issues: File,
    /// Where rows of the office's text stand.
    places: RowPlaces,
    /// Per way of making a row, the office's column for each column of the translation.
    makings: Vec<Making>,
}

/// By which columns a row is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Making {
    /// Per column of the translation, the office's; nothing where it is a constant.
    pub(super) columns: Vec<Option<usize>>,
    /// The office's column with the figure, or the first.
    pub(super) figure: usize,
}

impl OriginWriter {
    /// Two empty scratch files.
    pub fn new(index: File, issues: File) -> Self {
        Self { index: BufWriter::new(index), issues: BufWriter::new(issues), issue_bytes: 0 }
    }

    pub(super) fn made(&mut self, row: u64, making: usize) -> io::Result<()> {
        self.record(row, making as u64)
    }

    pub(super) fn issue(&mut self, row: u64, column: usize, issue: &TableIssue) -> io::Result<()> {
        let text = serde_json::to_vec(&(column, issue))?;
        self.record(row, IS_ISSUE | self.issue_bytes)?;
        self.issues.write_all(&(text.len() as u32).to_le_bytes())?;
        self.issues.write_all(&text)?;
        self.issue_bytes += 4 + text.len() as u64;
        Ok(())
    }

    fn record(&mut self, row: u64, what: u64) -> io::Result<()> {
        self.index.write_all(&row.to_le_bytes())?;
        self.index.write_all(&what.to_le_bytes())
    }

    pub(super) fn finish(self, places: RowPlaces, makings: Vec<Making>) -> io::Result<Origin> {
        let file = |writer: BufWriter<File>| writer.into_inner().map_err(io::IntoInnerError::into_error);
        Ok(Origin { index: file(self.index)?, issues: file(self.issues)?, places, makings })
    }
}

impl Origin {
    /// The office's row (from 1, below its header) and column (from 0) of a cell of the translation; without
    /// column, that of the figure.
    pub fn cell(&self, row: u64, column: Option<usize>) -> io::Result<Option<(u64, usize)>> {
        let Some((source, what)) = self.record(row)? else { return Ok(None) };
        if what & IS_ISSUE != 0 {
            return Ok(Some((source, self.read_issue(what)?.0)));
        }
        let Some(making) = usize::try_from(what).ok().and_then(|what| self.makings.get(what)) else {
            return Ok(None);
        };
        let of_column = column.and_then(|column| making.columns.get(column).copied().flatten());
        Ok(Some((source, of_column.unwrap_or(making.figure))))
    }

    /// What was wrong with the cell for which a row of the translation stands empty.
    pub fn issue(&self, row: u64) -> io::Result<Option<TableIssue>> {
        match self.record(row)? {
            Some((_, what)) if what & IS_ISSUE != 0 => Ok(Some(self.read_issue(what)?.1)),
            _ => Ok(None),
        }
    }

    /// Shows a cell of the translation as it stands in the office's text.
    pub fn locate(
        &self,
        text: &mut (impl Read + Seek),
        row: u64,
        column: Option<usize>,
    ) -> Result<Option<CellPlace>, RowError> {
        match self.cell(row, column)? {
            Some((row, column)) => {
                let place = self.places.locate(text, row, column)?;
                Ok(place.map(|place| CellPlace { is_translated: true, ..place }))
            }
            None => Ok(None),
        }
    }

    fn record(&self, row: u64) -> io::Result<Option<(u64, u64)>> {
        let Some(before) = row.checked_sub(1) else { return Ok(None) };
        let mut file = &self.index;
        let Some(offset) = before.checked_mul(RECORD_BYTES) else { return Ok(None) };
        file.seek(SeekFrom::Start(offset))?;
        let mut words = [[0; 8]; 2];
        for word in &mut words {
            match file.read_exact(word) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                other => other?,
            }
        }
        Ok(Some((u64::from_le_bytes(words[0]), u64::from_le_bytes(words[1]))))
    }

    fn read_issue(&self, what: u64) -> io::Result<(usize, TableIssue)> {
        let mut file = &self.issues;
        file.seek(SeekFrom::Start(what & !IS_ISSUE))?;
        let mut length = [0; 4];
        file.read_exact(&mut length)?;
        let mut text = Vec::new();
        file.take(u32::from_le_bytes(length).into()).read_to_end(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }
}
