//! One sheet with colours on its cells: everything else passes as it is.

use std::io::{Read, Write};
use std::iter::Peekable;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, Event};

use super::styles::{StyleSheet, prefix};
use super::{CellMark, MarkError, SheetMarks};
use crate::address::CellRef;
use crate::package::{Xml, attribute, local};

/// Id of the relation to the drawing of notes.
pub(super) const DRAWING_ID: &str = "rIdMighubNotes";
/// Namespace of relations.
pub(super) const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
/// What stands behind the drawing of notes in a sheet.
const BEHIND_DRAWING: [&str; 9] = [
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "AlternateContent",
    "webPublishItems",
    "tableParts",
    "extLst",
];

type Marks<'m> = Peekable<std::collections::btree_map::Iter<'m, CellRef, CellMark>>;

/// Writes a sheet with its marked cells coloured, and with a reference to a drawing if it needs a new one.
pub(super) fn write_marked(
    mut xml: Xml<impl Read>,
    marks: &SheetMarks,
    styles: &mut StyleSheet,
    mut needs_drawing: bool,
    out: &mut impl Write,
) -> Result<(), MarkError> {
    let mut state = State {
        marks: marks.iter().peekable(),
        styles,
        out: Writer::new(out),
        prefix: String::new(),
        columns: Vec::new(),
    };
    let mut depth = 0_u32;
    let mut row = OpenRow::default();
    loop {
        let event = xml.next()?;
        let is_empty = matches!(event, Event::Empty(_));
        let name = match &event {
            Event::Start(element) | Event::Empty(element) => local(element.name()).to_owned(),
            Event::End(element) => local(element.name()).to_owned(),
            _ => String::new(),
        };
        match event {
            Event::Eof => return Ok(()),
            Event::Start(element) | Event::Empty(element) => {
                if depth == 0 {
                    state.prefix = prefix(&element);
                }
                if depth == 1 && needs_drawing && BEHIND_DRAWING.contains(&&*name) {
                    state.drawing()?;
                    needs_drawing = false;
                }
                match &*name {
                    "col" => state.column(&element),
                    "row" => {
                        let number = attribute(&element, "r").and_then(|row| row.parse().ok());
                        let number = number.unwrap_or(row.number + 1);
                        state.rows_before(number)?;
                        row = OpenRow::new(&element, number);
                        let touched = state.has_row(number);
                        // What columns a row spans is a hint that need not be there.
                        let element = if touched { without(&element, "spans") } else { element };
                        if is_empty && touched {
                            let end = element.to_end().into_owned();
                            state.out.write_event(Event::Start(element))?;
                            state.cells_before(&row, u32::MAX)?;
                            state.out.write_event(Event::End(end))?;
                        } else {
                            state.out.write_event(if is_empty {
                                Event::Empty(element)
                            } else {
                                Event::Start(element)
                            })?;
                            depth += u32::from(!is_empty);
                        }
                        continue;
                    }
                    "c" => {
                        let at = attribute(&element, "r").and_then(|at| CellRef::parse(&at));
                        let column = at.map_or(row.next_column, |at| at.column);
                        row.next_column = column + 1;
                        state.cells_before(&row, column)?;
                        let element = state.cell(element, CellRef { row: row.number, column });
                        state.out.write_event(if is_empty {
                            Event::Empty(element)
                        } else {
                            Event::Start(element)
                        })?;
                        depth += u32::from(!is_empty);
                        continue;
                    }
                    "sheetData" if is_empty => {
                        let end = element.to_end().into_owned();
                        state.out.write_event(Event::Start(element))?;
                        state.rows_before(u32::MAX)?;
                        state.out.write_event(Event::End(end))?;
                        continue;
                    }
                    _ => {}
                }
                state.out.write_event(if is_empty {
                    Event::Empty(element)
                } else {
                    Event::Start(element)
                })?;
                depth += u32::from(!is_empty);
            }
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                match &*name {
                    "row" => state.cells_before(&row, u32::MAX)?,
                    "sheetData" => state.rows_before(u32::MAX)?,
                    "worksheet" if needs_drawing => {
                        state.drawing()?;
                        needs_drawing = false;
                    }
                    _ => {}
                }
                state.out.write_event(Event::End(element))?;
            }
            event => state.out.write_event(event)?,
        }
    }
}

/// The row that is being copied.
#[derive(Default)]
struct OpenRow {
    number: u32,
    /// Format of its cells that are not there.
    style: Option<usize>,
    next_column: u32,
}

impl OpenRow {
    fn new(element: &BytesStart<'_>, number: u32) -> Self {
        let has_style = attribute(element, "customFormat").is_some_and(|on| matches!(&*on, "1" | "true"));
        let style = attribute(element, "s").and_then(|style| style.parse().ok());
        Self { number, style: style.filter(|_| has_style), next_column: 0 }
    }
}

struct State<'m, W> {
    marks: Marks<'m>,
    styles: &'m mut StyleSheet,
    out: Writer<W>,
    prefix: String,
    /// Columns with a format of their own: first, last, format.
    columns: Vec<(u32, u32, usize)>,
}

impl<W: Write> State<'_, W> {
    fn column(&mut self, element: &BytesStart<'_>) {
        let number = |name| attribute(element, name).and_then(|number| number.parse::<u32>().ok());
        if let (Some(first @ 1..), Some(last @ 1..), Some(style)) =
            (number("min"), number("max"), number("style"))
        {
            self.columns.push((first - 1, last - 1, style as usize));
        }
    }

    fn has_row(&mut self, row: u32) -> bool {
        self.marks.peek().is_some_and(|(cell, _)| cell.row == row)
    }

    /// Writes rows that are not in the sheet and have marks.
    fn rows_before(&mut self, row: u32) -> Result<(), MarkError> {
        while let Some((cell, _)) = self.marks.peek().copied().filter(|(cell, _)| cell.row < row) {
            let name = format!("{}row", self.prefix);
            let open = OpenRow { number: cell.row, ..OpenRow::default() };
            let start = BytesStart::new(&*name).with_attributes([("r", &*cell.row.to_string())]);
            self.out.write_event(Event::Start(start))?;
            self.cells_before(&open, u32::MAX)?;
            self.out.write_event(Event::End(BytesEnd::new(&*name)))?;
        }
        Ok(())
    }

    /// Writes cells of a row that are not in the sheet and have marks.
    fn cells_before(&mut self, row: &OpenRow, column: u32) -> Result<(), MarkError> {
        let is_before = |cell: &CellRef| cell.row == row.number && cell.column < column;
        while let Some((cell, mark)) = self.marks.next_if(|(cell, _)| is_before(cell)) {
            let of_column =
                self.columns.iter().find(|(first, last, _)| (*first..=*last).contains(&cell.column));
            let style = row.style.or(of_column.map(|(_, _, style)| *style)).unwrap_or(0);
            let style = self.styles.coloured(style, mark.severity).to_string();
            let name = format!("{}c", self.prefix);
            let element = BytesStart::new(name)
                .with_attributes([("r", &*cell.to_string()), ("s", &*style)])
                .into_owned();
            self.out.write_event(Event::Empty(element))?;
        }
        Ok(())
    }

    /// A cell of the sheet, coloured if it has a mark.
    fn cell<'e>(&mut self, element: BytesStart<'e>, at: CellRef) -> BytesStart<'e> {
        let Some((_, mark)) = self.marks.next_if(|(cell, _)| **cell == at) else { return element };
        let style = attribute(&element, "s").and_then(|style| style.parse().ok()).unwrap_or(0);
        let style = self.styles.coloured(style, mark.severity).to_string();
        let mut coloured = without(&element, "s");
        coloured.push_attribute(("s", &*style));
        coloured
    }

    fn drawing(&mut self) -> Result<(), MarkError> {
        let name = format!("{}legacyDrawing", self.prefix);
        let element = BytesStart::new(name).with_attributes([("xmlns:r", RELATIONS), ("r:id", DRAWING_ID)]);
        self.out.write_event(Event::Empty(element.into_owned())).map_err(MarkError::Write)
    }
}

/// A tag without one of its attributes; the others stay as they stand.
fn without(element: &BytesStart<'_>, name: &str) -> BytesStart<'static> {
    let mut kept = BytesStart::new(element.name().into_inner().to_owned());
    for attribute in element.attributes().with_checks(false).filter_map(Result::ok) {
        if attribute.key.into_inner() != name {
            kept.push_attribute(attribute);
        }
    }
    kept
}
