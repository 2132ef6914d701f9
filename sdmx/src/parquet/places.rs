//! Cells of a file found again.

use std::io::SeekFrom;

use super::GROUP_BYTES_MAX;
use super::cells::ColumnCells;
use super::file::{ParquetFile, broken};
use crate::csv::{CLIP_CHARACTERS, CellPlace, RowError, Window};
use crate::data::{Locate, ReadError, SourceText};

/// Finds cells by row and column. Lines are rows here, and characters are columns.
#[derive(Clone, Debug)]
pub(super) struct ParquetPlaces {
    /// Per column of the header, its name and its place among the columns of the file.
    pub(super) columns: Vec<(String, Option<usize>)>,
}

impl Locate for ParquetPlaces {
    fn locate(
        &self,
        file: &mut dyn SourceText,
        row: u64,
        column: usize,
    ) -> Result<Option<CellPlace>, RowError> {
        file.seek(SeekFrom::Start(0))?;
        let (name, leaf) = self.columns.get(column).cloned().unwrap_or_default();
        let content = match content(file, row, leaf) {
            Ok(Some(content)) => content,
            Ok(None) => return Ok(None),
            Err(ReadError::Row(error)) => return Err(error),
            // The file is damaged further on; what was read before was read.
            Err(_) => Vec::new(),
        };
        let window = Window::around(&content, 0, content.len());
        Ok(Some(CellPlace {
            line: row,
            column: column as u64 + 1,
            content: String::from_utf8_lossy(&content).chars().take(CLIP_CHARACTERS).collect(),
            header: name.clone(),
            name,
            row: window.text,
            start: window.start,
            length: window.length,
            is_translated: false,
        }))
    }
}

/// The content of a cell; nothing if there is no such row.
fn content(file: &mut dyn SourceText, row: u64, leaf: Option<usize>) -> Result<Option<Vec<u8>>, ReadError> {
    let mut file = ParquetFile::open(file)?;
    let mut before = 0;
    for group in 0..file.metadata.num_row_groups() {
        let rows = u64::try_from(file.metadata.row_group(group).num_rows()).unwrap_or(0);
        if row > before + rows {
            before += rows;
            continue;
        }
        let mut content = Vec::new();
        let Some(leaf) = leaf else { return Ok(Some(content)) };
        let column = file.metadata.file_metadata().schema_descr().column(leaf);
        let mut cells =
            ColumnCells::new(file.column(group, leaf, before, &mut GROUP_BYTES_MAX.clone())?, &column);
        while before < row && cells.advance().map_err(|error| broken(before, &error))? {
            before += 1;
        }
        cells.write(&mut content);
        return Ok(Some(content));
    }
    Ok(None)
}
