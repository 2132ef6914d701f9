//! A file, checked: what it holds and what was found.

use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;
use mighub::v1;
use mighub_sdmx::csv::CellPlace;
use mighub_sdmx::csv::{Header, Places};
use mighub_validation::{Finding, Report, SourceFile, TextOptions, write_text};
use mighub_workbook::{CellAddress, Notice};

use super::foreign::{Table, TableRead};
use super::source::Text;
use crate::lane::LaneInfo;

/// Findings of which JSON tells the line: each is looked up in the file.
const LINES_LOOKED_UP: usize = 10_000;

/// A file, checked.
#[derive(Debug)]
pub struct Checked {
    /// The lane that its rows are of; nothing if no row could be read.
    pub lane: Option<Arc<LaneInfo>>,
    /// What was found.
    pub report: Report,
    /// What the file holds.
    pub contents: Contents,
    /// The file; nothing where no row could be read.
    pub file: Option<ReadFile>,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// Rows below the header; observations, if it is no file.
    pub rows: u64,
    /// Rows that merge.
    pub merged: u64,
    /// Rows that replace.
    pub replaced: u64,
    /// Rows that delete.
    pub deleted: u64,
    /// Dataflows in the file. A submission has one.
    pub dataflows: Vec<String>,
    /// Embargo that the file states.
    pub embargo: Option<Timestamp>,
    /// What stood for attributes that are absent.
    pub defaults_applied: Vec<v1::AttributeDefault>,
    /// Whether the rows had to be sorted.
    pub sorted: bool,
    /// The hub judges by another rulebook than this program has, so it may find other things.
    pub other_rulebook: bool,
    /// What the sender of a workbook should know beside the findings.
    pub notices: Vec<Notice>,
    /// What was made of a table that is not SDMX-CSV in UTF-8.
    pub table: TableRead,
}

/// The file as it was read, to show cells of it.
#[derive(Debug)]
pub struct ReadFile {
    /// What was read.
    pub text: Arc<Text>,
    /// Its columns.
    pub header: Header,
    pub(super) places: Places,
}

impl Checked {
    /// Writes the report as text, with the cells that findings are about.
    pub fn write_text(&mut self, options: &TextOptions, out: &mut impl Write) -> io::Result<()> {
        let summary = self.report.summary().clone();
        let Some(file) = &self.file else {
            return write_text(&summary, self.report.findings()?, |_| None, options, out);
        };
        let mut source = file.source()?;
        // A row that cannot be read again is shown without its text.
        let locate = |finding: &Finding| {
            let place = match file.text.table() {
                Some(table) => table.locate(finding, file.column_of(finding)),
                None => source.locate(finding).ok().flatten(),
            };
            place.map(|place| file.with_line_of_sheet(finding, place))
        };
        let addressed = |finding: io::Result<Finding>| {
            finding.map(|mut finding| {
                file.address(&mut finding);
                finding
            })
        };
        write_text(&summary, self.report.findings()?.map(addressed), locate, options, out)
    }

    /// Gives every finding, with its column and line in the file where they are known: errors first, then by
    /// rule, series and period.
    pub fn each_finding(&mut self, mut each: impl FnMut(Finding) -> io::Result<()>) -> io::Result<()> {
        let mut source = self.file.as_ref().map(ReadFile::source).transpose()?;
        // A row of a workbook is found by its address, and has no line.
        let is_workbook = self.file.as_ref().is_some_and(|file| file.text.workbook().is_some());
        for (nth, finding) in self.report.findings()?.enumerate() {
            let mut finding = finding?;
            if let (Some(file), Some(place)) = (&self.file, &mut finding.place) {
                place.column = place.column.or_else(|| file.header.column_of(&place.component));
            }
            if let Some(file) = &self.file {
                file.address(&mut finding);
            }
            if let Some(file) = &self.file
                && let Some(table) = file.text.table()
            {
                if nth < LINES_LOOKED_UP {
                    file.to_table(table, &mut finding, is_workbook);
                }
            } else if let (Some(source), true) = (&mut source, nth < LINES_LOOKED_UP && !is_workbook)
                && let Some(place) = source.locate(&finding).ok().flatten()
                && let Some(of_finding) = &mut finding.place
            {
                of_finding.line = Some(place.line);
            }
            each(finding)?;
        }
        Ok(())
    }
}

impl ReadFile {
    /// The cells of a workbook that a finding is about, the one to look at first; none in other files.
    pub fn cells(&self, finding: &Finding) -> Vec<CellAddress> {
        let (Some(workbook), Some(place)) = (self.text.workbook(), &finding.place) else { return Vec::new() };
        let places = &workbook.extracted.places;
        let column = self.column_of(finding);
        let mut cells: Vec<CellAddress> = Vec::new();
        for row in std::iter::once(&place.row).chain(&finding.rows) {
            let (row, column) = match self.text.table() {
                Some(table) => match table.cell(*row, column) {
                    Some((row, column)) => (row, Some(column)),
                    None => continue,
                },
                None => (*row, column),
            };
            cells.extend(places.address(row, column).filter(|cell| !cells.contains(cell)));
        }
        cells
    }

    /// The column of a finding in the text that was read.
    fn column_of(&self, finding: &Finding) -> Option<usize> {
        let place = finding.place.as_ref()?;
        place.column.or_else(|| self.header.column_of(&place.component))
    }

    /// Brings the place of a finding from the translation to the office's own table.
    fn to_table(&self, table: &Table, finding: &mut Finding, is_workbook: bool) {
        let column = self.column_of(finding);
        let line = table.locate(finding, column).map(|place| place.line).filter(|_| !is_workbook);
        let first = table.row_of(finding, column);
        for row in &mut finding.rows {
            *row = table.cell(*row, None).map_or(*row, |(row, _)| row);
        }
        finding.rows.dedup();
        let Some(place) = &mut finding.place else { return };
        place.line = line;
        if let Some((row, column)) = first.and_then(|first| table.cell(first, column)) {
            (place.row, place.column) = (row, Some(column));
        }
    }

    fn address(&self, finding: &mut Finding) {
        let first = self.cells(finding).into_iter().next();
        if let (Some(first), Some(place)) = (first, &mut finding.place) {
            place.address = Some(first.to_string());
        }
    }

    /// A place with the row of the sheet instead of the line of the text that was made of it.
    fn with_line_of_sheet(&self, finding: &Finding, place: CellPlace) -> CellPlace {
        let row = finding.place.as_ref().map_or(0, |place| place.row);
        let row = self.text.table().and_then(|table| table.cell(row, None)).map_or(row, |(row, _)| row);
        let address = self.text.workbook().and_then(|book| book.extracted.places.address(row, None));
        CellPlace { line: address.map_or(place.line, |address| address.cell.row.into()), ..place }
    }

    fn source(&self) -> io::Result<SourceFile<'_, std::fs::File>> {
        Ok(SourceFile::new(self.text.reopened()?, &self.header, &self.places))
    }
}
