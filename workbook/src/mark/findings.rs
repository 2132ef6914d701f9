//! The sheets with one row per finding.

use std::io::{Seek, Write};
use std::sync::Arc;

use mighub_validation::Severity;
use zip::ZipWriter;

use super::styles::StyleSheet;
use super::{Mark, MarkError, escape, options};
use crate::address::{CellAddress, CellRef, ROWS_MAX};

/// Name of the sheet; a workbook that has one of that name gets `Findings (2)`.
const NAME: &str = "Findings";
/// Links of one sheet; Excel repairs files with more. Further cells are named without a link.
const LINKS_MAX: usize = 65_000;
/// Longest text of a cell, in characters.
const CELL_CHARACTERS: usize = 32_000;
/// Headings and widths of the columns.
const COLUMNS: [(&str, f64); 14] = [
    ("No.", 6.0),
    ("Severity", 10.0),
    ("Rule", 12.0),
    ("Cell", 16.0),
    ("What is wrong", 50.0),
    ("Series", 34.0),
    ("Period", 10.0),
    ("Component", 16.0),
    ("Found", 24.0),
    ("Expected", 30.0),
    ("Sum", 40.0),
    ("What to do", 60.0),
    ("Nearest", 24.0),
    ("Finding", 30.0),
];
/// The column with the links.
const CELL_COLUMN: u32 = 3;
/// The column with the severity.
const SEVERITY_COLUMN: usize = 1;

/// A sheet that was written.
pub(super) struct Written {
    pub(super) name: String,
    pub(super) part: String,
}

/// Writes sheets of findings, one after another.
pub(super) struct FindingSheets<'n> {
    taken: &'n [Arc<str>],
    written: Vec<Written>,
    /// Rows of the open sheet; nothing if none is open.
    row: Option<u32>,
    links: Vec<(u32, CellAddress)>,
    findings: u64,
}

impl<'n> FindingSheets<'n> {
    pub(super) fn new(taken: &'n [Arc<str>]) -> Self {
        Self { taken, written: Vec::new(), row: None, links: Vec::new(), findings: 0 }
    }

    pub(super) fn push<W: Write + Seek>(
        &mut self,
        mark: &Mark,
        out: &mut ZipWriter<W>,
        styles: &mut StyleSheet,
    ) -> Result<(), MarkError> {
        let row = match self.row {
            Some(row) if row < ROWS_MAX => row + 1,
            _ => {
                self.end(out)?;
                self.begin(out, styles)?;
                2
            }
        };
        self.row = Some(row);
        self.findings += 1;
        let finding = &mark.finding;
        let first = finding.observations.first();
        let address = mark.cells.first();
        let severity = styles.coloured(0, finding.severity);
        let texts = [
            self.findings.to_string(),
            finding.severity.word().to_owned(),
            finding.rule_id.clone(),
            address.map(CellAddress::to_string).unwrap_or_default(),
            finding.title.clone(),
            first.map(|first| first.series_key.join(".")).unwrap_or_default(),
            first.map(|first| first.period.clone()).unwrap_or_default(),
            finding.component().to_owned(),
            finding.found.clone(),
            finding.expected.clone(),
            finding.arithmetic.clone(),
            finding.remedy.clone(),
            finding.suggestions.join(", "),
            finding.finding_id.clone(),
        ];
        write!(out, r#"<row r="{row}">"#)?;
        for (column, text) in texts.iter().enumerate() {
            let style = if column == SEVERITY_COLUMN { severity } else { 0 };
            // The number of a finding is the only number here.
            cell(out, row, column as u32, text, style, column == 0)?;
        }
        out.write_all(b"</row>")?;
        if let Some(address) = address.filter(|_| self.links.len() < LINKS_MAX) {
            self.links.push((row, address.clone()));
        }
        Ok(())
    }

    /// The sheets, of which there is always one.
    pub(super) fn finish<W: Write + Seek>(
        mut self,
        out: &mut ZipWriter<W>,
        styles: &mut StyleSheet,
    ) -> Result<Vec<Written>, MarkError> {
        if self.written.is_empty() {
            self.begin(out, styles)?;
            self.row = Some(1);
        }
        self.end(out)?;
        Ok(self.written)
    }

    fn begin<W: Write + Seek>(
        &mut self,
        out: &mut ZipWriter<W>,
        styles: &mut StyleSheet,
    ) -> Result<(), MarkError> {
        let is_taken = |name: &String| {
            let known = self.taken.iter().map(|name| name.to_lowercase());
            known
                .chain(self.written.iter().map(|sheet| sheet.name.to_lowercase()))
                .any(|n| n == name.to_lowercase())
        };
        let mut names = (1..).map(|nth| if nth == 1 { NAME.to_owned() } else { format!("{NAME} ({nth})") });
        let name = names.find(|name| !is_taken(name)).unwrap_or_default();
        let part = format!("xl/worksheets/sheet_mighub{}.xml", self.written.len() + 1);
        out.start_file(&*part, options())?;
        out.write_all(
            concat!(
                r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
                "\n",
                r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#,
                r#"<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" "#,
                r#"activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>"#,
            )
            .as_bytes(),
        )?;
        for (nth, (_, width)) in COLUMNS.iter().enumerate() {
            let nth = nth + 1;
            write!(out, r#"<col min="{nth}" max="{nth}" width="{width}" customWidth="1"/>"#)?;
        }
        out.write_all(br#"</cols><sheetData><row r="1">"#)?;
        let style = styles.coloured(0, Severity::Note);
        for (column, (heading, _)) in COLUMNS.iter().enumerate() {
            cell(out, 1, column as u32, heading, style, false)?;
        }
        out.write_all(b"</row>")?;
        self.written.push(Written { name, part });
        Ok(())
    }

    fn end<W: Write + Seek>(&mut self, out: &mut ZipWriter<W>) -> Result<(), MarkError> {
        let Some(last) = self.row.take() else { return Ok(()) };
        let last = CellRef { row: last, column: COLUMNS.len() as u32 - 1 };
        write!(out, r#"</sheetData><autoFilter ref="A1:{last}"/>"#)?;
        if !self.links.is_empty() {
            out.write_all(b"<hyperlinks>")?;
            for (row, address) in self.links.drain(..) {
                let at = CellRef { row, column: CELL_COLUMN };
                let to = escape(&address.to_string());
                write!(out, r#"<hyperlink ref="{at}" location="{to}" display="{to}"/>"#)?;
            }
            out.write_all(b"</hyperlinks>")?;
        }
        out.write_all(b"</worksheet>").map_err(MarkError::Write)
    }
}

fn cell(
    out: &mut impl Write,
    row: u32,
    column: u32,
    text: &str,
    style: usize,
    is_number: bool,
) -> Result<(), MarkError> {
    if text.is_empty() {
        return Ok(());
    }
    let at = CellRef { row, column };
    let style = if style == 0 { String::new() } else { format!(r#" s="{style}""#) };
    if is_number {
        write!(out, r#"<c r="{at}"{style}><v>{text}</v></c>"#)?;
    } else {
        let text: String = text.chars().take(CELL_CHARACTERS).collect();
        let text = escape(&text);
        write!(out, r#"<c r="{at}"{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>"#)?;
    }
    Ok(())
}
