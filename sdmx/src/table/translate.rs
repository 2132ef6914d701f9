//! A table to SDMX-CSV 2.0.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use super::areas::agree_on_scheme;
use super::bind::{Binder, Bound, BoundRule, Filling, component};
use super::mapping::Mapping;
use super::number::{self, Figure};
use super::origin::{Origin, OriginWriter};
use super::problem::{CellTrouble, TableError, TableIssue, clip};
use super::source::SourceRows;
use crate::structure::DataDefinition;

/// Distinct area codes that are looked at to find their scheme: all countries there ever were are fewer.
const AREAS_MAX: usize = 10_000;

/// What is said of a table beside its mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// Between cells; told from the text if it is not given.
    pub separator: Option<u8>,
    /// The decimal sign, instead of the mapping's.
    pub decimal: Option<char>,
    /// The scheme of area codes for which the mapping does not say one.
    pub areas: Option<String>,
}

/// A table that was translated.
#[derive(Debug)]
pub struct Translated {
    /// Where its rows came from.
    pub origin: Origin,
    /// Rows of the table below the header.
    pub rows_read: u64,
    /// Rows of the translation.
    pub rows_written: u64,
    /// Rows that the mapping leaves out, by the reasons it gives.
    pub rows_skipped: Vec<(String, u64)>,
    /// The scheme of area codes that was found, if nothing said it.
    pub area_scheme: Option<&'static str>,
}

/// Translates a text in UTF-8. A cell that has no meaning leaves its row out of the translation but for a row of
/// too few cells, of which [`Origin::issue`] tells.
pub fn translate(
    text: &mut (impl Read + Seek),
    mapping: &Mapping,
    definition: &DataDefinition,
    options: &TableOptions,
    out: impl Write,
    origin: OriginWriter,
) -> Result<Translated, TableError> {
    let mut options = options.clone();
    let mut area_scheme = None;
    let mut bound = bind(text, mapping, definition, &options)?;
    if !bound.undeclared.is_empty() {
        let scheme = scheme_of(text, &bound, mapping, definition, &options)?;
        area_scheme = Some(scheme);
        options.areas = Some(scheme.to_owned());
        bound = bind(text, mapping, definition, &options)?;
    }
    let rows = rows_of(text, &options)?;
    let columns = rows.header.columns.len();
    let mut translator = Translator {
        begins: format!("dataflow,{},M", definition.dataflow.short()),
        skipped: vec![0; mapping.skip.len()],
        bound: &bound,
        out: BufWriter::new(out),
        origin,
        line: String::new(),
        written: 0,
    };
    translator.header().map_err(TableError::Scratch)?;
    let (rows_read, places) = translator.rows(rows, columns)?;
    let Translator { mut out, origin, written, skipped, .. } = translator;
    out.flush().map_err(TableError::Scratch)?;
    drop(out);
    let reasons = mapping.skip.iter().map(|skip| skip.reason.clone());
    Ok(Translated {
        rows_read,
        rows_written: written,
        rows_skipped: reasons.zip(skipped).filter(|(_, rows)| *rows > 0).collect(),
        area_scheme,
        origin: origin.finish(places, bound.makings).map_err(TableError::Scratch)?,
    })
}

fn rows_of<R: Read + Seek>(
    text: &mut R,
    options: &TableOptions,
) -> Result<SourceRows<impl Read>, TableError> {
    text.seek(SeekFrom::Start(0)).map_err(TableError::from)?;
    SourceRows::new(text, options.separator)
}

fn bind(
    text: &mut (impl Read + Seek),
    mapping: &Mapping,
    definition: &DataDefinition,
    options: &TableOptions,
) -> Result<Bound, TableError> {
    let header = rows_of(text, options)?.header;
    Binder { mapping, header: &header.columns, definition, options }.bind()
}

/// The one scheme of all area codes that stand in columns of which nothing says it.
fn scheme_of(
    text: &mut (impl Read + Seek),
    bound: &Bound,
    mapping: &Mapping,
    definition: &DataDefinition,
    options: &TableOptions,
) -> Result<&'static str, TableError> {
    let mut rows = rows_of(text, options)?;
    let mut codes = BTreeSet::new();
    let mut cells = Vec::new();
    while rows.next(&mut cells)? {
        for (column, target) in &bound.undeclared {
            let values = mapping.components.get(target).map(|source| &source.values);
            let Some(code) = cells.get(*column).map(|code| code.trim()) else { continue };
            let is_named = values.is_some_and(|values| values.contains_key(code));
            if !is_named && !codes.contains(code) && codes.len() < AREAS_MAX {
                codes.insert(clip(code));
            }
        }
    }
    let (column, target) = &bound.undeclared[0];
    let list = component(definition, target).and_then(|component| component.coded_by.codelist());
    let column = rows.header.columns.get(*column).cloned().unwrap_or_default();
    let unknown = || TableError::NoAreaScheme { column: column.clone(), unknown: String::new() };
    agree_on_scheme(list.ok_or_else(unknown)?, &column, &codes)
}

struct Translator<'t, W: Write> {
    bound: &'t Bound,
    begins: String,
    out: BufWriter<W>,
    origin: OriginWriter,
    /// The row that is being made.
    line: String,
    written: u64,
    skipped: Vec<u64>,
}

impl<W: Write> Translator<'_, W> {
    fn header(&mut self) -> io::Result<()> {
        writeln!(self.out, "STRUCTURE,STRUCTURE_ID,ACTION,{}", self.bound.targets.join(","))
    }

    fn rows<R: Read>(
        &mut self,
        mut rows: SourceRows<R>,
        columns: usize,
    ) -> Result<(u64, crate::csv::RowPlaces), TableError> {
        let mut cells = Vec::new();
        let mut read = 0;
        while rows.next(&mut cells)? {
            read += 1;
            self.row(rows.row, &cells, columns).map_err(TableError::Scratch)?;
        }
        Ok((read, rows.places))
    }

    fn row(&mut self, row: u64, cells: &[String], columns: usize) -> io::Result<()> {
        if cells.len() != columns {
            let trouble = CellTrouble::CellCount { found: cells.len(), expected: columns };
            let issue = TableIssue { component: String::new(), trouble, content: String::new() };
            return self.issue(row, cells.len().min(columns) - 1, &issue);
        }
        if let Some(nth) = self.bound.skip.iter().position(|skip| skip.holds(cells)) {
            self.skipped[nth] += 1;
            return Ok(());
        }
        let bound = self.bound;
        let mut is_refused = false;
        for rule in bound.rules.iter().filter(|rule| rule.holds(cells)) {
            for (nth, (column, code)) in bound.across.iter().enumerate() {
                match self.make(rule, cells, *column, code) {
                    Ok(true) => {
                        writeln!(self.out, "{}", self.line)?;
                        self.origin.made(row, rule.making + nth)?;
                        self.written += 1;
                    }
                    Ok(false) => {}
                    // What is wrong with a cell of the key is wrong in every row that is made of it, and told once.
                    Err((at, issue)) => {
                        let of_key = !bound.across.iter().any(|(column, _)| *column == Some(at));
                        if !(of_key && std::mem::replace(&mut is_refused, of_key)) {
                            self.issue(row, at, &issue)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// A row of too few cells, so that it is not read, in the place of one that cannot be made.
    fn issue(&mut self, row: u64, column: usize, issue: &TableIssue) -> io::Result<()> {
        writeln!(self.out, "{},", self.begins)?;
        self.origin.issue(row, column, issue)?;
        self.written += 1;
        Ok(())
    }

    /// Makes a row; `false` if there is nothing to be said.
    fn make(
        &mut self,
        rule: &BoundRule,
        cells: &[String],
        across: Option<usize>,
        code: &str,
    ) -> Result<bool, (usize, TableIssue)> {
        let bound = self.bound;
        let figure_at = |filling: &Filling| match filling {
            Filling::Figure(column) => column.or(across),
            _ => None,
        };
        let mut figure = (Figure::Empty, "");
        if let Some(column) = rule.fillings.iter().find_map(figure_at) {
            let refused = |trouble| (column, issue_of("OBS_VALUE", trouble, &cells[column]));
            figure = number::read(&cells[column], &bound.numbers).map_err(refused)?;
            if figure.0 == Figure::Nothing || (figure.0 == Figure::Empty && bound.leaves_out_empty) {
                return Ok(false);
            }
        }
        let (status, several) = self.status(&figure, cells).map_err(|(at, flag)| {
            let at = at.or_else(|| rule.fillings.iter().find_map(figure_at)).unwrap_or(0);
            (at, issue_of("OBS_STATUS", CellTrouble::NoFlag(flag), &cells[at]))
        })?;
        self.line.clear();
        self.line.push_str(&self.begins);
        for (filling, target) in rule.fillings.iter().zip(&bound.targets) {
            self.line.push(',');
            let given = Given { figure: &figure.0, status: &status, several: &several, code, cells };
            let text =
                given.text(filling).map_err(|(at, trouble)| (at, issue_of(target, trouble, &cells[at])))?;
            write_cell(&mut self.line, &text);
        }
        Ok(true)
    }

    /// The status that the figure and its flags say, and the flags if they are several.
    fn status(
        &self,
        (figure, behind): &(Figure, &str),
        cells: &[String],
    ) -> Result<(String, String), (Option<usize>, String)> {
        let mut said = match figure {
            Figure::Censored { .. } => return Ok(("Q".to_owned(), String::new())),
            Figure::Missing(status) => vec![status.clone()],
            _ => Vec::new(),
        };
        let Some((column, values, first_of)) = &self.bound.flags else {
            return Ok((said.pop().unwrap_or_default(), String::new()));
        };
        let of_column = column.map_or("", |column| cells[column].trim());
        let letters = || behind.chars().chain(of_column.chars()).filter(|c| !c.is_whitespace() && *c != ',');
        for letter in letters() {
            let mut name = [0; 4];
            match values.get(&*letter.encode_utf8(&mut name)) {
                Some(status) if status.is_empty() => {}
                Some(status) => said.push(status.clone()),
                None => return Err((column.filter(|_| behind.is_empty()), letter.to_string())),
            }
        }
        let several: String = letters().collect();
        // A flag that is not the status is kept too.
        let several = if said.len() > 1 || several.chars().count() > 1 { several } else { String::new() };
        let first = first_of.iter().find(|status| said.contains(status)).or(said.first());
        Ok((first.cloned().unwrap_or_default(), several))
    }
}

/// What is known of a row that is being made.
struct Given<'g> {
    figure: &'g Figure,
    status: &'g str,
    several: &'g str,
    code: &'g str,
    cells: &'g [String],
}

impl<'g> Given<'g> {
    fn text(&self, filling: &'g Filling) -> Result<Cow<'g, str>, (usize, CellTrouble)> {
        let text: &str = match filling {
            Filling::Constant(text) => text,
            Filling::Column { column, lookup } => {
                return lookup.text(&self.cells[*column]).map_err(|trouble| (*column, trouble));
            }
            Filling::Across => self.code,
            Filling::Figure(_) => match self.figure {
                Figure::Value(value) => value,
                _ => "",
            },
            Filling::Status(other) if self.status.is_empty() => return self.text(other),
            Filling::Status(_) => self.status,
            Filling::CensorLower => match self.figure {
                Figure::Censored { lower: Some(lower), .. } => lower,
                _ => "",
            },
            Filling::CensorUpper => match self.figure {
                Figure::Censored { upper, .. } => upper,
                _ => "",
            },
            Filling::SeveralFlags => self.several,
            Filling::Nothing => "",
        };
        Ok(text.into())
    }
}

fn issue_of(component: &str, trouble: CellTrouble, content: &str) -> TableIssue {
    TableIssue { component: component.to_owned(), trouble, content: clip(content.trim()) }
}

fn write_cell(line: &mut String, text: &str) {
    if !text.contains([',', '"', '\n', '\r']) {
        return line.push_str(text);
    }
    line.push('"');
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}
