//! Where a cell stands in its file, so that a message can show it.

use std::io::{Read, Seek, SeekFrom};

use super::CLIP_CHARACTERS;
use super::header::names;
use super::rows::{RowError, Rows};
use super::split::{split, unquote};

/// A place is remembered for every so many rows, at first.
const ROWS_PER_MARK: u64 = 512;
/// Most places remembered (1 MiB). When there are more, every second one is forgotten: then there is one for
/// every 1,024 rows, and so on. Finding a cell reads at most as many rows again.
const MARKS_MAX: usize = 64 * 1024;
/// Characters of a row shown on each side of a cell.
const WINDOW_CHARACTERS: usize = 60;

/// Remembers where rows begin, sparsely.
#[derive(Clone, Debug)]
pub(crate) struct RowPlaces {
    marks: Vec<Mark>,
    rows_per_mark: u64,
    /// The row whose place is remembered next.
    next: u64,
    header: Vec<u8>,
    separator: u8,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    offset: u64,
    line: u64,
}

/// A cell in its file. Counts of characters are of Unicode scalar values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellPlace {
    /// Physical line on which the cell begins, from 1.
    pub line: u64,
    /// Character of that line at which it begins, from 1.
    pub column: u64,
    /// Name of the cell's column, as the header has it.
    pub name: String,
    /// Content of the cell, clipped.
    pub content: String,
    /// The header, or a window of it around the column's name.
    pub header: String,
    /// The row, or a window of it around the cell; line breaks and other control characters shown as spaces.
    pub row: String,
    /// Character within `row` at which the cell begins, from 0.
    pub start: usize,
    /// Characters of the cell within `row`; 0 where it is empty.
    pub length: usize,
    /// Whether the file was translated, so that `content` is the sender's own and not what was read of it.
    pub is_translated: bool,
}

impl RowPlaces {
    pub(crate) fn new(header: &[u8], separator: u8) -> Self {
        Self { marks: Vec::new(), rows_per_mark: ROWS_PER_MARK, next: 1, header: header.to_vec(), separator }
    }

    /// Takes note of a row; they come in order, from 1.
    #[inline]
    pub(crate) fn note(&mut self, row: u64, offset: u64, line: u64) {
        if row == self.next {
            self.mark(Mark { offset, line });
        }
    }

    fn mark(&mut self, mark: Mark) {
        self.marks.push(mark);
        if self.marks.len() == MARKS_MAX {
            let mut nth = 0;
            self.marks.retain(|_| {
                nth += 1;
                nth % 2 == 1
            });
            self.rows_per_mark *= 2;
        }
        self.next = self.marks.len() as u64 * self.rows_per_mark + 1;
    }

    /// Finds the cell of column `column` (from 0) in row `row` (from 1) by reading the file again. Nothing if
    /// there is no such row.
    pub(crate) fn locate(
        &self,
        file: &mut (impl Read + Seek),
        row: u64,
        column: usize,
    ) -> Result<Option<CellPlace>, RowError> {
        let Some(before) = row.checked_sub(1) else { return Ok(None) };
        let nth = usize::try_from(before / self.rows_per_mark).unwrap_or(usize::MAX);
        let Some(mark) = self.marks.get(nth) else { return Ok(None) };
        file.seek(SeekFrom::Start(mark.offset))?;
        let mut rows = Rows::resume(file, mark.line, self.separator);
        let mut span = rows.next()?;
        for _ in 0..before % self.rows_per_mark {
            span = rows.next()?;
        }
        let Some(span) = span else { return Ok(None) };
        let bytes = rows.row(span);
        let mut cells = Vec::new();
        split(rows.row_with_slack(span), span.len(), 0, span.quoted, self.separator, &mut cells);
        // A column that the row does not have begins where the row ends.
        let (start, end) = cells
            .get(column)
            .map_or((bytes.len(), bytes.len()), |cell| (cell.start as usize, cell.end as usize));
        let before = &bytes[..start];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let window = Window::around(bytes, start, end);
        let content = unquote(&bytes[start..end]).unwrap_or(bytes[start..end].into());
        Ok(Some(CellPlace {
            line: span.line + memchr::memchr_iter(b'\n', before).count() as u64,
            column: characters(&before[line_start..]) as u64 + 1,
            name: self.column_name(column),
            content: String::from_utf8_lossy(&content).chars().take(CLIP_CHARACTERS).collect(),
            header: self.header_around(column),
            row: window.text,
            start: window.start,
            length: window.length,
            is_translated: false,
        }))
    }

    fn column_name(&self, column: usize) -> String {
        let names = names(&self.header, self.separator).unwrap_or_default();
        names.get(column).cloned().unwrap_or_else(|| format!("column {}", column + 1))
    }

    fn header_around(&self, column: usize) -> String {
        let mut padded = self.header.clone();
        padded.resize(self.header.len() + super::rows::SLACK, 0);
        let mut cells = Vec::new();
        split(&padded, self.header.len(), 0, true, self.separator, &mut cells);
        let end = self.header.len();
        let (start, end) =
            cells.get(column).map_or((end, end), |cell| (cell.start as usize, cell.end as usize));
        Window::around(&self.header, start, end).text
    }
}

/// The part of a row that is shown.
pub(crate) struct Window {
    pub(crate) text: String,
    pub(crate) start: usize,
    pub(crate) length: usize,
}

impl Window {
    pub(crate) fn around(row: &[u8], start: usize, end: usize) -> Self {
        let text = |bytes: &[u8]| -> Vec<char> {
            let plain = |c: char| if c.is_control() { ' ' } else { c };
            String::from_utf8_lossy(bytes).chars().map(plain).collect()
        };
        let (before, cell, after) = (text(&row[..start]), text(&row[start..end]), text(&row[end..]));
        let cut = before.len().saturating_sub(WINDOW_CHARACTERS);
        let mut shown = String::from(if cut > 0 { "…" } else { "" });
        shown.extend(&before[cut..]);
        let start = shown.chars().count();
        let length = cell.len().min(CLIP_CHARACTERS);
        shown.extend(&cell[..length]);
        if cell.len() > length {
            shown.push('…');
        } else {
            shown.extend(&after[..after.len().min(WINDOW_CHARACTERS)]);
            shown.push_str(if after.len() > WINDOW_CHARACTERS { "…" } else { "" });
        }
        Self { text: shown, start, length }
    }
}

fn characters(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).chars().count()
}
