//! Where a cell stands in its file, so that a message can show it.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::CLIP_CHARACTERS;
use super::rows::{RowError, Rows, split, unquote};

/// A place is remembered for every so many rows; finding a cell reads at most as many rows again.
const ROWS_PER_MARK: u64 = 512;
/// Characters of a row shown on each side of a cell.
const WINDOW_CHARACTERS: usize = 60;

/// Remembers where rows begin, sparsely: 16 bytes for [`ROWS_PER_MARK`] rows.
#[derive(Clone, Debug, Default)]
pub struct Places {
    marks: Vec<(u64, u64)>,
    header: (u64, Vec<u8>, u8),
}

/// A cell in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellPlace {
    /// Physical line on which the row begins, from 1.
    pub line: u64,
    /// Character within the row at which the cell begins, from 1.
    pub column: u64,
    /// Name of the cell's column.
    pub name: String,
    /// Content of the cell, clipped.
    pub content: String,
    /// The row, or a window of it around the cell; line breaks shown as spaces.
    pub row: String,
    /// Character within `row` at which the cell begins.
    pub start: usize,
    /// Characters of the cell within `row`; 0 where it is empty.
    pub length: usize,
}

impl Places {
    pub(super) fn set_header(&mut self, offset: u64, row: &[u8], separator: u8) {
        self.header = (offset, row.to_vec(), separator);
    }

    pub(super) fn note(&mut self, row: u64, offset: u64, line: u64) {
        if (row - 1).is_multiple_of(ROWS_PER_MARK) {
            self.marks.push((offset, line));
        }
    }

    /// Finds the cell of column `column` (from 0) in row `row` (from 1) by reading the file again.
    pub fn locate(
        &self,
        file: &mut (impl Read + Seek),
        row: u64,
        column: usize,
    ) -> Result<Option<CellPlace>, RowError> {
        let mark = (row.saturating_sub(1) / ROWS_PER_MARK) as usize;
        let Some((offset, line)) = self.marks.get(mark).copied() else { return Ok(None) };
        file.seek(SeekFrom::Start(offset)).map_err(io::Error::from)?;
        let mut rows = Rows::new(BufReader::new(file));
        rows.line = line;
        let mut span = rows.next()?;
        for _ in 0..(row - 1) % ROWS_PER_MARK {
            span = rows.next()?;
        }
        let Some(span) = span else { return Ok(None) };
        let bytes = rows.bytes(span.start, span.end);
        let mut cells = Vec::new();
        split(bytes, span.quoted, self.header.2, &mut cells);
        let (start, end) = cells.get(column).copied().unwrap_or((bytes.len() as u32, bytes.len() as u32));
        Ok(Some(self.draw(bytes, start as usize, end as usize, column, span.line)))
    }

    fn draw(&self, row: &[u8], start: usize, end: usize, column: usize, line: u64) -> CellPlace {
        let text = |bytes: &[u8]| -> String {
            String::from_utf8_lossy(bytes).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
        };
        let (before, cell, after) = (text(&row[..start]), text(&row[start..end]), text(&row[end..]));
        let before_count = before.chars().count();
        let skipped = before_count.saturating_sub(WINDOW_CHARACTERS);
        let mut shown: String = if skipped > 0 { "…".to_owned() } else { String::new() };
        shown.extend(before.chars().skip(skipped));
        let start_shown = shown.chars().count();
        shown.extend(cell.chars().take(CLIP_CHARACTERS));
        let length = cell.chars().count().min(CLIP_CHARACTERS);
        shown.extend(after.chars().take(WINDOW_CHARACTERS));
        if after.chars().count() > WINDOW_CHARACTERS {
            shown.push('…');
        }
        let content =
            String::from_utf8_lossy(&unquote(&row[start..end])).chars().take(CLIP_CHARACTERS).collect();
        CellPlace {
            line,
            column: before_count as u64 + 1,
            name: self.column_name(column),
            content,
            row: shown,
            start: start_shown,
            length,
        }
    }

    fn column_name(&self, column: usize) -> String {
        let (_, header, separator) = &self.header;
        let mut cells = Vec::new();
        split(header, header.contains(&b'"'), *separator, &mut cells);
        let Some((start, end)) = cells.get(column) else { return format!("column {}", column + 1) };
        String::from_utf8_lossy(&unquote(&header[*start as usize..*end as usize])).into_owned()
    }
}
