//! Reading of one workbook into text.

use std::io::{Read, Seek, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::csv::write_row;
use super::layout::{FORM_SHEET, Form};
use super::places::Places;
use crate::address::{CellAddress, CellRef};
use crate::package::{PackageError, Sheet};
use crate::read::{Book, Notice, NoticeKind, ReadError, Row, SheetEnd, Value};

/// Longest piece of a formula that a notice repeats, in characters.
const FORMULA_CHARACTERS: usize = 60;
/// Notices of one kind that are told one by one; beyond that they are counted.
const NOTICES_MAX: u64 = 20;
/// Rows with cells that are looked through for a header: titles and remarks stand above it.
const HEADER_ROWS_MAX: usize = 50;
/// Rows of the hidden sheet that are read.
const FORM_ROWS_MAX: usize = 4_000;

/// How a workbook is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A template: its hidden sheet says what is what.
    Form,
    /// A sheet whose header is that of SDMX-CSV.
    SdmxCsv,
    /// Any other sheet: its text needs a mapping.
    Other,
}

/// A workbook that was read.
#[derive(Clone, Debug)]
pub struct Extracted {
    /// How it is laid out.
    pub shape: Shape,
    /// What a template says of itself.
    pub form: Option<Form>,
    /// Where the cells of the text stand.
    pub places: Places,
    /// Rows below the header.
    pub rows: u64,
    /// What its sender should know beside the findings.
    pub notices: Vec<Notice>,
}

/// Whether a file is to be read as a workbook, by its first bytes: old and protected ones, too, so that their
/// sender is told what to do.
pub fn is_workbook(first: &[u8]) -> bool {
    first.starts_with(b"PK\x03\x04") || first.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1])
}

/// Writes the rows of a workbook as CSV: of a template as SDMX-CSV 2.0, of other sheets as they are.
pub fn extract(file: impl Read + Seek, out: &mut impl Write) -> Result<Extracted, ReadError> {
    let mut book = Book::open(file)?;
    let sheets = book.workbook.sheets.clone();
    let named = |name: &str| sheets.iter().find(|sheet| &*sheet.name == name);
    if let Some(sheet) = named(FORM_SHEET)
        && let Some(form) = read_form(&mut book, sheet)?
    {
        let data = named(&form.sheet);
        let data = data.ok_or_else(|| ReadError::Form(format!("it names the sheet {:?}", form.sheet)))?;
        return FormText::new(form, data.name.clone(), out).read(&mut book, data);
    }
    let mut others = Vec::new();
    let mut found = None;
    let all_hidden = sheets.iter().all(|sheet| sheet.hidden);
    for sheet in sheets.iter().filter(|sheet| all_hidden || !sheet.hidden) {
        match find_header(&mut book, sheet)? {
            Some(header) if found.is_none() || header.shape == Shape::SdmxCsv && !is_sdmx(&found) => {
                others.extend(found.replace((sheet, header)).map(|(before, _)| before.name.to_string()));
            }
            Some(_) => others.push(sheet.name.to_string()),
            None => {}
        }
    }
    let (sheet, header) = found.ok_or(ReadError::NoRows)?;
    let mut extracted = plain(&mut book, sheet, &header, out)?;
    if !others.is_empty() {
        let kind = NoticeKind::OtherSheets { sheet: sheet.name.to_string(), others: others.join(", ") };
        extracted.notices.push(Notice { address: None, kind });
    }
    Ok(extracted)
}

fn is_sdmx(found: &Option<(&Sheet, Header)>) -> bool {
    found.as_ref().is_some_and(|(_, header)| header.shape == Shape::SdmxCsv)
}

/// The row that names the columns of a sheet.
struct Header {
    shape: Shape,
    row: u32,
    first: u32,
    last: u32,
}

/// Looks for a header: the first row that begins as SDMX-CSV does, else the first of several cells.
fn find_header<R: Read + Seek>(book: &mut Book<R>, sheet: &Sheet) -> Result<Option<Header>, ReadError> {
    let mut found = None;
    let mut rows = 0;
    book.rows::<PackageError>(sheet, |row| {
        rows += 1;
        let (Some(first), Some(last)) = (row.cells.first(), row.cells.last()) else {
            return Ok(ControlFlow::Continue(()));
        };
        let name = first.value.text().split(['[', ':']).next().unwrap_or_default().trim().to_owned();
        let header = |shape| Header { shape, row: row.number, first: first.column, last: last.column };
        if matches!(&*name, "STRUCTURE" | "DATAFLOW") && row.cells.len() > 1 {
            found = Some(header(Shape::SdmxCsv));
            return Ok(ControlFlow::Break(()));
        }
        if found.is_none() && row.cells.len() > 1 {
            found = Some(header(Shape::Other));
        }
        Ok(if rows < HEADER_ROWS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(found)
}

/// What the hidden sheet says; nothing if it is another program's sheet of that name.
fn read_form<R: Read + Seek>(book: &mut Book<R>, sheet: &Sheet) -> Result<Option<Form>, ReadError> {
    let mut rows: Vec<[String; 4]> = Vec::new();
    book.rows::<PackageError>(sheet, |row| {
        rows.push(std::array::from_fn(|column| row.text(column as u32).to_owned()));
        Ok(if rows.len() < FORM_ROWS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    if rows.first().is_none_or(|row| row[0] != "template") {
        return Ok(None);
    }
    Form::read(&rows).map(Some).map_err(|error| ReadError::Form(error.to_string()))
}

/// Writes a sheet as it is, from its header on.
fn plain<R: Read + Seek>(
    book: &mut Book<R>,
    sheet: &Sheet,
    header: &Header,
    out: &mut impl Write,
) -> Result<Extracted, ReadError> {
    let columns = (header.first..=header.last).map(Some).collect();
    let mut places = Places {
        sheet: sheet.name.clone(),
        header_row: header.row,
        columns: vec![columns],
        ..Places::default()
    };
    let mut notes = Notes::new(sheet.name.clone());
    let end = book.rows::<ReadError>(sheet, |row| {
        if row.number < header.row {
            return Ok(ControlFlow::Continue(()));
        }
        let last = row.cells.last().map_or(header.last, |cell| cell.column.max(header.last));
        let mut cells = row.cells.iter().peekable();
        while cells.next_if(|cell| cell.column < header.first).is_some() {}
        let text = (header.first..=last)
            .map(|column| cells.next_if(|cell| cell.column == column).map_or("", |cell| cell.value.text()));
        write_row(out, text).map_err(ReadError::Write)?;
        if row.number > header.row {
            places.rows.push(row.number);
            notes.row(row);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let rows = places.rows.len() as u64;
    let notices = notes.finish(&end, header.row, |column| (header.first..=header.last).contains(&column));
    Ok(Extracted { shape: header.shape, form: None, places, rows, notices })
}

/// Rows of a template on their way to SDMX-CSV.
struct FormText<'o, W> {
    form: Form,
    out: &'o mut W,
    places: Places,
    /// Components in the order of the text, behind the three that every row has.
    components: Vec<String>,
    /// Which columns of the sheet must have something for a row to be sent, by group.
    filled_by: Vec<Vec<u32>>,
    notes: Notes,
    not_filled_in: u64,
}

/// Columns that name the dataflow in every row.
const NAMING: [&str; 2] = ["STRUCTURE", "STRUCTURE_ID"];

impl<'o, W: Write> FormText<'o, W> {
    fn new(form: Form, sheet: Arc<str>, out: &'o mut W) -> Self {
        let across: Vec<(String, String)> = form.across().into_iter().cloned().collect();
        let mut components: Vec<String> = form.fixed.iter().map(|(dimension, _)| dimension.clone()).collect();
        for (dimension, _) in &across {
            if !components.contains(dimension) {
                components.push(dimension.clone());
            }
        }
        for column in &form.columns {
            if !components.contains(&column.component) {
                components.push(column.component.clone());
            }
        }
        let groups: Vec<Option<&(String, String)>> =
            if across.is_empty() { vec![None] } else { across.iter().map(Some).collect() };
        let column_of = |component: &str, group: Option<&(String, String)>| {
            let fits = |only: &Option<(String, String)>| only.as_ref().is_none_or(|only| Some(only) == group);
            let mut columns = form.columns.iter();
            columns.find(|column| column.component == component && fits(&column.only)).map(|c| c.column)
        };
        let columns = |group: &Option<&(String, String)>| {
            let naming = NAMING.iter().map(|_| None);
            naming.chain(components.iter().map(|component| column_of(component, *group))).collect()
        };
        // A row is filled in by what stands behind the period; the codes before it are listed by the template.
        let figure = |component: &str| form.is_figure(component);
        let filled_by = |group: &Option<&(String, String)>| {
            let own = |only: &Option<(String, String)>| match group {
                None => true,
                Some(group) => only.as_ref() == Some(group),
            };
            let columns = form.columns.iter();
            columns.filter(|c| figure(&c.component) && own(&c.only)).map(|c| c.column).collect()
        };
        let places = Places {
            sheet: sheet.clone(),
            header_row: form.header_row,
            rows: Vec::new(),
            groups: Vec::new(),
            columns: groups.iter().map(columns).collect(),
            figures: groups.iter().map(|group| column_of("OBS_VALUE", *group)).collect(),
        };
        let filled_by = groups.iter().map(filled_by).collect();
        Self { components, filled_by, places, notes: Notes::new(sheet), form, out, not_filled_in: 0 }
    }

    fn read<R: Read + Seek>(mut self, book: &mut Book<R>, sheet: &Sheet) -> Result<Extracted, ReadError> {
        let header = NAMING.into_iter().chain(self.components.iter().map(String::as_str));
        write_row(self.out, header).map_err(ReadError::Write)?;
        let across: Vec<(String, String)> = self.form.across().into_iter().cloned().collect();
        let end = book.rows::<ReadError>(sheet, |row| {
            if row.number > self.form.header_row {
                self.row(row, &across).map_err(ReadError::Write)?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let header_row = self.form.header_row;
        let form = &self.form;
        let is_read = |column| form.columns.iter().any(|known| known.column == column);
        let mut notices = self.notes.finish(&end, header_row, is_read);
        if self.not_filled_in > 0 {
            let kind = NoticeKind::NotFilledIn { rows: self.not_filled_in };
            notices.push(Notice { address: None, kind });
        }
        let rows = self.places.rows.len() as u64;
        Ok(Extracted { shape: Shape::Form, form: Some(self.form), places: self.places, rows, notices })
    }

    fn row(&mut self, row: &Row, across: &[(String, String)]) -> std::io::Result<()> {
        let is_filled = |columns: &Vec<u32>| columns.iter().any(|column| row.value(*column).is_some());
        let mut groups: Vec<usize> =
            (0..self.filled_by.len()).filter(|group| is_filled(&self.filled_by[*group])).collect();
        if groups.is_empty() {
            let mut figures = self.form.columns.iter().filter(|c| self.form.is_figure(&c.component));
            if figures.any(|column| row.value(column.column).is_some()) {
                // A remark without a figure is not lost: the judge will ask for the figure.
                groups.push(0);
            } else if row.cells.iter().any(|cell| self.form.columns.iter().any(|c| c.column == cell.column)) {
                self.not_filled_in += 1;
                return Ok(());
            } else {
                return Ok(());
            }
        }
        self.notes.row(row);
        for group in groups {
            let only = across.get(group);
            let columns = &self.places.columns[group];
            let text = self.components.iter().zip(&columns[NAMING.len()..]).map(|(component, column)| {
                let of_pair =
                    |(dimension, code): &'_ (String, String)| (dimension == component).then(|| code.clone());
                match column {
                    Some(column) => row.text(*column).to_owned(),
                    None => only
                        .and_then(of_pair)
                        .or_else(|| self.form.fixed.iter().find_map(of_pair))
                        .unwrap_or_default(),
                }
            });
            let text: Vec<String> = text.collect();
            let naming = ["dataflow", &self.form.dataflow];
            write_row(self.out, naming.into_iter().chain(text.iter().map(String::as_str)))?;
            self.places.rows.push(row.number);
            if self.places.columns.len() > 1 {
                self.places.groups.push(group as u16);
            }
        }
        Ok(())
    }
}

/// What is told beside the findings.
struct Notes {
    sheet: Arc<str>,
    notices: Vec<Notice>,
    hidden_rows: u64,
    /// Cells of which something is to be said.
    cells: u64,
}

impl Notes {
    fn new(sheet: Arc<str>) -> Self {
        Self { sheet, notices: Vec::new(), hidden_rows: 0, cells: 0 }
    }

    fn at(&self, cell: CellRef) -> Option<CellAddress> {
        Some(CellAddress { sheet: self.sheet.clone(), cell })
    }

    /// Looks at a row that is read.
    fn row(&mut self, row: &Row) {
        self.hidden_rows += u64::from(row.hidden);
        for cell in &row.cells {
            let kind = match &cell.value {
                Value::Rounded { stored, text } => {
                    NoticeKind::Rounded { stored: stored.clone(), read: text.clone() }
                }
                Value::Formula(formula) => {
                    let formula = formula.chars().take(FORMULA_CHARACTERS).collect();
                    NoticeKind::NotCalculated { formula }
                }
                Value::Number(shown) if shown.ends_with('%') => NoticeKind::Percent { shown: shown.clone() },
                _ => continue,
            };
            self.cells += 1;
            if self.cells <= NOTICES_MAX {
                let address = self.at(CellRef { row: row.number, column: cell.column });
                self.notices.push(Notice { address, kind });
            }
        }
    }

    fn finish(mut self, end: &SheetEnd, header_row: u32, is_read: impl Fn(u32) -> bool) -> Vec<Notice> {
        let sheet = self.sheet.to_string();
        let mut merged = end.more_merged;
        let mut told = 0;
        for range in end.merged.iter().filter(|range| range.last.row > header_row) {
            if !(range.first.column..=range.last.column).any(&is_read) {
                continue;
            }
            if told < NOTICES_MAX {
                told += 1;
                let kind = NoticeKind::Merged { range: range.to_string() };
                self.notices.push(Notice { address: self.at(range.first), kind });
            } else {
                merged += 1;
            }
        }
        let hidden = end.hidden_columns.iter();
        let columns = hidden.flat_map(|(first, last)| *first..=(*last).min(crate::address::COLUMNS_MAX));
        let columns = columns.filter(|column| is_read(*column)).count() as u64;
        let more_cells = self.cells.saturating_sub(NOTICES_MAX);
        let counted = [
            (self.hidden_rows, NoticeKind::HiddenRows { rows: self.hidden_rows, sheet: sheet.clone() }),
            (columns, NoticeKind::HiddenColumns { columns, sheet }),
            (merged, NoticeKind::MoreMerged(merged)),
            (more_cells, NoticeKind::MoreCells(more_cells)),
        ];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0);
        self.notices.extend(counted.map(|(_, kind)| Notice { address: None, kind }));
        self.notices
    }
}
