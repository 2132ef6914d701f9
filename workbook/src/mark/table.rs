//! A workbook made anew for figures that came in no workbook: the rows with findings, and those around them.

use std::io::{self, Cursor, Seek, Write};
use std::sync::Arc;

use mighub_validation::Finding;
use rust_xlsxwriter::{Color, Format, Workbook};

use super::{Mark, MarkError, Marked, mark};
use crate::address::{CellAddress, CellRef};

/// Rows that are shown at most; they are kept in memory.
pub(super) const ROWS_SHOWN_MAX: usize = 100_000;
/// Name of the sheet with the rows.
const DATA: &str = "Data";

/// Writes a workbook with rows of a file and its findings. `rows` are texts with their line in the file, in
/// order; the cells of a finding are given as places among them, row from 0 and column from 0.
pub fn write_marked_table(
    header: &[String],
    rows: &[(u64, Vec<String>)],
    findings: impl IntoIterator<Item = io::Result<(Finding, Vec<(usize, usize)>)>>,
    out: impl Write + Seek,
) -> Result<Marked, MarkError> {
    if rows.len() > ROWS_SHOWN_MAX {
        return Err(MarkError::TooManyRows(rows.len()));
    }
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(DATA)?;
    let heading = Format::new().set_bold().set_background_color(Color::RGB(0xD9_E2_F0));
    sheet.write_string_with_format(0, 0, "Line", &heading)?;
    for (column, name) in header.iter().enumerate() {
        sheet.write_string_with_format(0, column as u16 + 1, name, &heading)?;
    }
    for (nth, (line, cells)) in rows.iter().enumerate() {
        let row = nth as u32 + 1;
        sheet.write_number(row, 0, *line as f64)?;
        for (column, text) in cells.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            // As text: a code such as 001 must stay one.
            sheet.write_string(row, column as u16 + 1, text)?;
        }
    }
    sheet.set_freeze_panes(1, 1)?;
    let unmarked = workbook.save_to_buffer()?;
    let sheet: Arc<str> = Arc::from(DATA);
    let marks = findings.into_iter().map(|finding| {
        let (finding, cells) = finding?;
        let address = |(row, column): &(usize, usize)| CellAddress {
            sheet: sheet.clone(),
            cell: CellRef { row: *row as u32 + 2, column: *column as u32 + 1 },
        };
        Ok(Mark { finding, cells: cells.iter().map(address).collect() })
    });
    mark(Cursor::new(unmarked), marks, out)
}
