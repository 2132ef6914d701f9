//! The office's own workbook given back with what was found in it: red and amber cells, notes, and a sheet
//! Findings.
//!
//! The workbook is edited part by part: what no finding touches is copied as it lies, byte for byte. What lives
//! here: that editing. What must not: where findings come from.

mod comments;
mod findings;
mod parts;
mod sheet;
mod styles;
mod table;

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, Write};
use std::sync::Arc;

use mighub_validation::{Finding, Severity};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub use table::write_marked_table;

use crate::address::{CellAddress, CellRef};
use crate::package::{Package, PackageError, WorkbookPart};
use findings::FindingSheets;
use parts::Edited;
use styles::StyleSheet;

/// Cells that get a note. Excel grows slow with more; the others are coloured and stand in the sheet Findings.
const NOTES_MAX: usize = 10_000;
/// Findings that the note of one cell tells.
const FINDINGS_PER_NOTE: usize = 5;
/// Longest text of a note, in characters; Excel shows no more than some thousand.
const NOTE_CHARACTERS: usize = 2_000;
/// Cells that are coloured at most; they are kept in memory.
const CELLS_MAX: usize = 1_000_000;

/// A finding and the cells it is about.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The finding.
    pub finding: Finding,
    /// Its cells, the one to look at first; none if it is about no cell.
    pub cells: Vec<CellAddress>,
}

/// What was marked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// Findings in the sheet Findings.
    pub findings: u64,
    /// Coloured cells.
    pub cells: u64,
    /// Cells with notes.
    pub notes: u64,
    /// Names of the sheets with the findings.
    pub sheets: Vec<String>,
    /// Findings whose cell is not in the workbook, or for which there was no room.
    pub not_shown: u64,
}

/// Why a workbook cannot be marked.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// It cannot be read.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The marked one cannot be written.
    #[error("the marked workbook cannot be written: {0}")]
    Write(#[from] io::Error),
    /// The findings cannot be read.
    #[error("the findings cannot be read: {0}")]
    Findings(#[source] io::Error),
    /// The format is ISO 29500 Strict.
    #[error(
        "the workbook is saved as \"Strict Open XML\", which cannot be marked: save it as an ordinary Excel workbook (.xlsx)"
    )]
    Strict,
    /// Excel has no room for more formats.
    #[error(
        "the workbook has so many cell formats that Excel has no room for red and amber ones: copy its figures into a new workbook"
    )]
    Formats,
    /// The table has no room.
    #[error("{0} rows have findings; a workbook made of a CSV file shows at most {max}: correct the most frequent findings first", max = table::ROWS_SHOWN_MAX)]
    TooManyRows(usize),
    /// A workbook made anew cannot be made.
    #[error("the workbook cannot be made: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}

impl From<zip::result::ZipError> for MarkError {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Write(error.into())
    }
}

/// What becomes of one cell.
#[derive(Clone, Debug)]
pub(crate) struct CellMark {
    pub(crate) severity: Severity,
    /// Text of its note; empty if it gets none.
    note: String,
    findings: usize,
}

/// Cells of one sheet to be marked, in the order of the sheet.
pub(crate) type SheetMarks = BTreeMap<CellRef, CellMark>;

/// Writes `original` with its findings marked to `out`.
pub fn mark(
    original: impl Read + Seek,
    marks: impl IntoIterator<Item = io::Result<Mark>>,
    out: impl Write + Seek,
) -> Result<Marked, MarkError> {
    let mut package = Package::open(original)?;
    let workbook = WorkbookPart::read(&mut package)?;
    if workbook.strict {
        return Err(MarkError::Strict);
    }
    let styles_part = workbook.target("styles").map(str::to_owned);
    let styles = match &styles_part {
        Some(part) => StyleSheet::read(part, package.required_text(part)?)?,
        None => StyleSheet::minimal(),
    };
    let mut writer = Writer {
        edited: Edited::new(&mut package, &workbook)?,
        out: ZipWriter::new(out),
        package,
        workbook,
        styles,
        marked: Marked::default(),
    };
    let by_sheet = writer.findings(marks)?;
    for (nth, marks) in &by_sheet {
        writer.sheet(*nth, marks)?;
    }
    writer.finish(styles_part.as_deref())
}

struct Writer<R, W: Write + Seek> {
    package: Package<R>,
    workbook: WorkbookPart,
    styles: StyleSheet,
    edited: Edited,
    out: ZipWriter<W>,
    marked: Marked,
}

impl<R: Read + Seek, W: Write + Seek> Writer<R, W> {
    /// Writes the sheets with the findings, and gathers the cells by the place of their sheet.
    fn findings(
        &mut self,
        marks: impl IntoIterator<Item = io::Result<Mark>>,
    ) -> Result<BTreeMap<usize, SheetMarks>, MarkError> {
        let names: Vec<Arc<str>> = self.workbook.sheets.iter().map(|sheet| sheet.name.clone()).collect();
        let mut by_sheet: BTreeMap<usize, SheetMarks> = BTreeMap::new();
        let mut cells = 0;
        let mut sheets = FindingSheets::new(&names);
        for mark in marks {
            let mark = mark.map_err(MarkError::Findings)?;
            let text = note(&mark.finding);
            let mut is_shown = false;
            for address in &mark.cells {
                let Some(sheet) = names.iter().position(|name| *name == address.sheet) else { continue };
                let marks = by_sheet.entry(sheet).or_default();
                if cells == CELLS_MAX && !marks.contains_key(&address.cell) {
                    continue;
                }
                is_shown = true;
                let cell = marks.entry(address.cell).or_insert_with(|| {
                    cells += 1;
                    CellMark { severity: mark.finding.severity, note: String::new(), findings: 0 }
                });
                cell.severity = cell.severity.min(mark.finding.severity);
                cell.take(&text, &mut self.marked.notes);
            }
            self.marked.findings += 1;
            self.marked.not_shown += u64::from(!is_shown);
            sheets.push(&mark, &mut self.out, &mut self.styles)?;
        }
        self.marked.cells = cells as u64;
        for sheet in sheets.finish(&mut self.out, &mut self.styles)? {
            self.edited.add_sheet(&sheet.name, &sheet.part);
            self.marked.sheets.push(sheet.name);
        }
        Ok(by_sheet)
    }

    fn sheet(&mut self, nth: usize, marks: &SheetMarks) -> Result<(), MarkError> {
        let part = self.workbook.sheets[nth].part.clone();
        let notes: BTreeMap<CellRef, String> = marks
            .iter()
            .filter(|(_, mark)| !mark.note.is_empty())
            .map(|(cell, mark)| (*cell, mark.text()))
            .collect();
        let has_drawing = if notes.is_empty() {
            true
        } else {
            let added = comments::add(&mut self.package, &part, nth, &notes)?;
            let had_drawing = added.had_drawing;
            self.edited.take(added);
            had_drawing
        };
        self.out.start_file(&*part, options())?;
        let xml = self.package.xml(&part)?;
        sheet::write_marked(xml, marks, &mut self.styles, !has_drawing, &mut self.out)?;
        self.edited.written(&part);
        Ok(())
    }

    fn finish(mut self, styles_part: Option<&str>) -> Result<Marked, MarkError> {
        let styles = self.styles.text()?;
        match styles_part {
            Some(part) => self.edited.replace(part, styles),
            None => self.edited.add_styles(styles),
        }
        for (part, text) in self.edited.texts(&mut self.package, &self.workbook)? {
            self.out.start_file(&*part, options())?;
            self.out.write_all(text.as_bytes())?;
            self.edited.written(&part);
        }
        for (place, name) in self.package.names().into_iter().enumerate() {
            if !self.edited.is_written(&name) {
                let file = self.package.archive().by_index_raw(place)?;
                self.out.raw_copy_file(file)?;
            }
        }
        self.out.finish()?;
        Ok(self.marked)
    }
}

impl CellMark {
    fn take(&mut self, text: &str, notes: &mut u64) {
        self.findings += 1;
        if self.findings > FINDINGS_PER_NOTE {
            return;
        }
        if self.note.is_empty() {
            if *notes as usize == NOTES_MAX {
                return;
            }
            *notes += 1;
        } else {
            self.note.push_str("\n\n");
        }
        self.note.push_str(text);
    }

    fn text(&self) -> String {
        let mut text: String = self.note.chars().take(NOTE_CHARACTERS).collect();
        if let Some(more @ 1..) = self.findings.checked_sub(FINDINGS_PER_NOTE) {
            text.push_str(&format!("\n\nand {more} more, in the sheet Findings"));
        }
        text
    }
}

/// What a note says of a finding.
fn note(finding: &Finding) -> String {
    let mut text = format!("{} {}: {}", finding.severity.word(), finding.rule_id, finding.title);
    for (label, piece) in [
        ("found", &finding.found),
        ("expected", &finding.expected),
        ("sum", &finding.arithmetic),
        ("what to do", &finding.remedy),
    ] {
        if !piece.is_empty() {
            text.push_str(&format!("\n{label}: {piece}"));
        }
    }
    text
}

fn options() -> SimpleFileOptions {
    // No time of day: the same findings give the same bytes.
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

/// Text as XML has it.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            // XML has no other control characters, and no places outside Unicode.
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => escaped.push('\u{FFFD}'),
            character => escaped.push(character),
        }
    }
    escaped
}
