//! The file that findings are about, read again to show the cells.

use std::io::{Read, Seek};

use mighub_sdmx::csv::{CellPlace, Header, Places, RowError};

use crate::finding::Finding;

/// Rows of a finding that are looked at for the one in which the cell is filled.
const ROWS_LOOKED_AT: usize = 16;

/// A file that was read, with what its reader remembers.
pub struct SourceFile<'a, F> {
    file: F,
    header: &'a Header,
    places: &'a Places,
}

impl<'a, F: Read + Seek> SourceFile<'a, F> {
    /// The file, its header, and where its rows stand.
    pub fn new(file: F, header: &'a Header, places: &'a Places) -> Self {
        Self { file, header, places }
    }

    /// Looks up the cell of a finding. A component that has no column is looked for behind the row's last
    /// cell. Nothing if the finding is about no row of the file.
    pub fn locate(&mut self, finding: &Finding) -> Result<Option<CellPlace>, RowError> {
        let Some(place) = finding.place.as_ref().filter(|place| place.row > 0) else { return Ok(None) };
        let time = || self.header.column_of("TIME_PERIOD").unwrap_or(0);
        let column = place.column.or_else(|| self.header.column_of(&place.component));
        let column = match column {
            // A row as a whole is best shown where it differs from the next.
            None if place.component.is_empty() => time(),
            column => column.unwrap_or(self.header.columns.len()),
        };
        let first = self.places.locate(&mut self.file, place.row, column)?;
        let is_elsewhere = |cell: &CellPlace| cell.content.is_empty() && !finding.found.is_empty();
        if !first.as_ref().is_some_and(is_elsewhere) {
            return Ok(first);
        }
        // What is the same for a series may stand in any of its rows.
        for row in finding.rows.iter().filter(|row| **row != place.row).take(ROWS_LOOKED_AT) {
            let cell = self.places.locate(&mut self.file, *row, column)?;
            if cell.as_ref().is_some_and(|cell| cell.content == finding.found) {
                return Ok(cell);
            }
        }
        Ok(first)
    }
}
