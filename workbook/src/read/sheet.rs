//! Rows of a sheet.

use std::io::Read;
use std::ops::ControlFlow;

use quick_xml::events::{BytesStart, Event};

use super::number::{self, NumberText};
use super::strings::{RichText, Strings, unescaped};
use super::styles::{NumberFormat, Styles};
use crate::address::{COLUMNS_MAX, CellRef, ROWS_MAX, Range};
use crate::package::{PackageError, Xml, attribute, local, of_reference};

/// Merged ranges that are remembered of a sheet; beyond that they are counted.
const MERGED_MAX: usize = 1_000;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Text, as it is.
    Text(String),
    /// A number, date or share, as its format shows it.
    Number(String),
    /// A number that had more digits than Excel calculates with.
    Rounded { stored: String, text: String },
    /// `#N/A`, `#REF!` and the like.
    Error(String),
    /// A formula whose result was not saved, with `=` before it.
    Formula(String),
}

/// A cell that is not empty.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) column: u32,
    pub(crate) value: Value,
}

/// A row that has cells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// From 1.
    pub(crate) number: u32,
    pub(crate) hidden: bool,
    pub(crate) cells: Vec<Cell>,
}

/// What a sheet says outside its rows.
#[derive(Debug, Default)]
pub(crate) struct SheetEnd {
    /// Merged ranges.
    pub(crate) merged: Vec<Range>,
    /// Merged ranges beyond those.
    pub(crate) more_merged: u64,
    /// Hidden columns, from and to.
    pub(crate) hidden_columns: Vec<(u32, u32)>,
}

impl Value {
    /// The cell as text.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text)
            | Self::Number(text)
            | Self::Rounded { text, .. }
            | Self::Error(text)
            | Self::Formula(text) => text,
        }
    }
}

impl Row {
    /// The text of a column; empty if there is none.
    pub(crate) fn text(&self, column: u32) -> &str {
        self.value(column).map_or("", Value::text)
    }

    pub(crate) fn value(&self, column: u32) -> Option<&Value> {
        let place = self.cells.binary_search_by_key(&column, |cell| cell.column).ok()?;
        Some(&self.cells[place].value)
    }
}

pub(super) struct SheetReader<'b, R> {
    xml: Xml<R>,
    strings: &'b Strings,
    styles: &'b Styles,
    from_1904: bool,
}

/// A cell that is being read.
#[derive(Default)]
struct Open {
    column: u32,
    kind: String,
    style: usize,
    value: String,
    formula: String,
    inline: RichText,
    /// Which of its texts comes.
    part: Part,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Part {
    #[default]
    None,
    Value,
    Formula,
    Inline,
}

impl<'b, R: Read> SheetReader<'b, R> {
    pub(super) fn new(xml: Xml<R>, strings: &'b Strings, styles: &'b Styles, from_1904: bool) -> Self {
        Self { xml, strings, styles, from_1904 }
    }

    pub(super) fn read<E: From<PackageError>>(
        mut self,
        mut each: impl FnMut(&Row) -> Result<ControlFlow<()>, E>,
    ) -> Result<SheetEnd, E> {
        let mut end = SheetEnd::default();
        let mut row = Row::default();
        let mut open = None::<Open>;
        let mut next_column = 0;
        let part_name = self.xml.part().to_owned();
        let damaged = |reason: String| PackageError::damaged(&part_name, reason);
        loop {
            let event = self.xml.next()?;
            let empty = matches!(event, Event::Empty(_));
            match event {
                Event::Eof => return Ok(end),
                Event::Start(element) | Event::Empty(element) => match (local(element.name()), &mut open) {
                    ("row", None) => {
                        let before = row.number;
                        row = Row { number: row_number(&element, before), ..Row::default() };
                        row.hidden = is_on(&element, "hidden");
                        if row.number <= before || row.number > ROWS_MAX {
                            return Err(damaged(format!("row {} follows row {before}", row.number)).into());
                        }
                        next_column = 0;
                    }
                    ("c", None) => {
                        let cell = Open::new(&element, next_column);
                        if cell.column < next_column || cell.column >= COLUMNS_MAX {
                            let row = row.number;
                            return Err(damaged(format!("cells of row {row} are not in order")).into());
                        }
                        next_column = cell.column + 1;
                        open = (!empty).then_some(cell);
                    }
                    ("v", Some(cell)) if !empty => cell.part = Part::Value,
                    ("f", Some(cell)) => {
                        cell.part = if empty { Part::None } else { Part::Formula };
                        // A formula that repeats the one of another cell has no text of its own.
                        cell.formula.push('=');
                    }
                    ("is", Some(cell)) if !empty => cell.part = Part::Inline,
                    (_, Some(cell)) if cell.part == Part::Inline && !empty => {
                        cell.inline.take(&Event::Start(element));
                    }
                    ("mergeCell", None) => {
                        let range = attribute(&element, "ref").and_then(|text| Range::parse(&text));
                        match range {
                            Some(range) if end.merged.len() < MERGED_MAX => end.merged.push(range),
                            Some(_) => end.more_merged += 1,
                            None => {}
                        }
                    }
                    ("col", None) if is_on(&element, "hidden") => {
                        let number = |name| attribute(&element, name)?.parse::<u32>().ok()?.checked_sub(1);
                        if let (Some(first), Some(last)) = (number("min"), number("max"))
                            && end.hidden_columns.len() < COLUMNS_MAX as usize
                        {
                            end.hidden_columns.push((first, last));
                        }
                    }
                    _ => {}
                },
                Event::End(element) => match (local(element.name()), &mut open) {
                    ("row", _) if !row.cells.is_empty() && each(&row)?.is_break() => return Ok(end),
                    ("c", Some(cell)) => {
                        let at = CellRef { row: row.number, column: cell.column };
                        let value = value(cell, self.strings, self.styles, self.from_1904);
                        let value = value.map_err(|reason| damaged(format!("cell {at}: {reason}")))?;
                        row.cells.extend(value.map(|value| Cell { column: at.column, value }));
                        open = None;
                    }
                    ("v" | "f" | "is", Some(cell)) => cell.part = Part::None,
                    (_, Some(cell)) if cell.part == Part::Inline => cell.inline.take(&Event::End(element)),
                    _ => {}
                },
                event => {
                    let Some(cell) = &mut open else { continue };
                    if cell.part == Part::Inline {
                        cell.inline.take(&event);
                        continue;
                    }
                    let text = match cell.part {
                        Part::Value => &mut cell.value,
                        Part::Formula => &mut cell.formula,
                        _ => continue,
                    };
                    match event {
                        Event::Text(piece) => text.push_str(&piece.xml10_content()),
                        Event::CData(piece) => text.push_str(&piece.xml10_content()),
                        Event::GeneralRef(reference) => text.extend(of_reference(&reference)),
                        _ => {}
                    }
                }
            }
        }
    }
}

impl Open {
    fn new(element: &BytesStart<'_>, next_column: u32) -> Self {
        let at = attribute(element, "r").and_then(|text| CellRef::parse(&text));
        let style = attribute(element, "s").and_then(|style| style.parse().ok());
        Self {
            column: at.map_or(next_column, |at| at.column),
            kind: attribute(element, "t").unwrap_or_default().into_owned(),
            style: style.unwrap_or(0),
            ..Self::default()
        }
    }
}

fn row_number(element: &BytesStart<'_>, before: u32) -> u32 {
    attribute(element, "r").and_then(|row| row.parse().ok()).unwrap_or(before.saturating_add(1))
}

fn is_on(element: &BytesStart<'_>, name: &str) -> bool {
    attribute(element, name).is_some_and(|value| matches!(&*value, "1" | "true"))
}

/// What a cell holds; nothing if it is empty.
fn value(cell: &Open, strings: &Strings, styles: &Styles, from_1904: bool) -> Result<Option<Value>, String> {
    let stored = cell.value.trim();
    if stored.is_empty() && cell.kind != "inlineStr" && cell.kind != "str" {
        let formula = (!cell.formula.is_empty()).then(|| Value::Formula(cell.formula.clone()));
        return Ok(formula);
    }
    let text = match &*cell.kind {
        "s" => {
            let place = stored.parse().map_err(|_| "its text has no number".to_owned())?;
            strings.get(place).ok_or_else(|| format!("there is no text {place}"))?.to_owned()
        }
        "inlineStr" => cell.inline.text(),
        "str" => unescaped(&cell.value),
        "e" => return Ok(Some(Value::Error(stored.to_owned()))),
        "b" => return Ok(Some(Value::Number(if stored == "0" { "false" } else { "true" }.to_owned()))),
        "d" => return Ok(Some(Value::Number(stored.trim_end_matches("T00:00:00").to_owned()))),
        _ => {
            let number = number_text(stored, styles.format(cell.style), from_1904);
            return number.map(Some).ok_or_else(|| format!("{stored:?} is no number"));
        }
    };
    // Blanks that nobody sees are no content.
    let trimmed = text.trim();
    Ok((!trimmed.is_empty()).then(|| Value::Text(trimmed.to_owned())))
}

fn number_text(stored: &str, format: NumberFormat, from_1904: bool) -> Option<Value> {
    let number = match format {
        NumberFormat::Date(shows) => match number::date(stored, from_1904, shows) {
            Some(date) => return Some(Value::Number(date)),
            None => number::number(stored)?,
        },
        NumberFormat::Percent => number::percent(stored)?,
        NumberFormat::Zeros(digits) => {
            let number = number::number(stored)?;
            let plain = number.text.bytes().all(|byte| byte.is_ascii_digit());
            let text = if plain { format!("{:0>digits$}", number.text) } else { number.text };
            NumberText { text, rounded: number.rounded }
        }
        NumberFormat::Number | NumberFormat::Time => number::number(stored)?,
    };
    let NumberText { text, rounded } = number;
    Some(if rounded { Value::Rounded { stored: stored.to_owned(), text } } else { Value::Number(text) })
}
