//! The file that findings are about, read again to show the cells.

use std::io::{Read, Seek};

use mighub_sdmx::csv::{CellPlace, Header, Places, RowError};

use crate::finding::Finding;

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
        let column = place.column.or_else(|| self.header.column_of(&place.component));
        let column = match column {
            None if place.component.is_empty() => 0,
            column => column.unwrap_or(self.header.columns.len()),
        };
        self.places.locate(&mut self.file, place.row, column)
    }
}
