//! Notes on cells: the texts, and the old-fashioned drawing without which Excel does not show them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::escape;
use super::parts::{NO_RELATIONS, append};
use super::sheet::{DRAWING_ID, RELATIONS};
use crate::address::CellRef;
use crate::package::{Package, PackageError, attribute, local, relations, relations_part};

const COMMENTS: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml";
/// Who is named as the author of the notes.
const AUTHOR: &str = "mighub";
/// Shapes of one block of ids.
const SHAPES_PER_BLOCK: usize = 1_024;
/// Blocks of ids from here on; Excel gives a sheet the block of its own number.
const FIRST_BLOCK: usize = 1_000;
/// Blocks that a sheet may need: as many as there are notes.
const BLOCKS_PER_SHEET: usize = 16;
/// Rows and columns that an opened note covers.
const NOTE_ROWS: u32 = 10;
const NOTE_COLUMNS: u32 = 4;

const NO_COMMENTS: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    "\n",
    r#"<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#,
    r#"<authors></authors><commentList></commentList></comments>"#,
);
const SHAPE_TYPE: &str = concat!(
    r#"<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">"#,
    r#"<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>"#,
);
const NAMESPACES: &str = concat!(
    r#"xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" "#,
    r#"xmlns:x="urn:schemas-microsoft-com:office:excel""#,
);

/// Parts that notes on one sheet need.
pub(super) struct Added {
    /// The sheet refers to a drawing already.
    pub(super) had_drawing: bool,
    pub(super) overrides: Vec<(String, &'static str)>,
    pub(super) texts: BTreeMap<String, String>,
}

/// Adds notes to those that a sheet has.
pub(super) fn add<R: Read + Seek>(
    package: &mut Package<R>,
    sheet: &str,
    nth: usize,
    notes: &BTreeMap<CellRef, String>,
) -> Result<Added, PackageError> {
    let (known, _) = relations(package, sheet)?;
    let mut added = Added { had_drawing: false, overrides: Vec::new(), texts: BTreeMap::new() };
    let mut new_relations = Vec::new();
    let comments = match known.iter().find(|relation| relation.kind == "comments") {
        Some(relation) => relation.target.clone(),
        None => {
            let part = format!("xl/comments_mighub{}.xml", nth + 1);
            new_relations.push(("rIdMighubComments", "comments", part.clone()));
            part
        }
    };
    let text = package.text(&comments)?.unwrap_or_else(|| NO_COMMENTS.to_owned());
    let (text, had) = with_notes(&comments, &text, notes)?;
    added.overrides.push((comments.clone(), COMMENTS));
    added.texts.insert(comments, text);

    let mut drawing = None;
    if known.iter().any(|relation| relation.kind == "vmlDrawing") {
        let id = drawing_id(package, sheet)?;
        drawing = known.iter().find(|relation| Some(&relation.id) == id.as_ref()).map(|r| r.target.clone());
    }
    added.had_drawing = drawing.is_some();
    let drawing = drawing.unwrap_or_else(|| {
        let part = format!("xl/drawings/vmlDrawing_mighub{}.vml", nth + 1);
        new_relations.push((DRAWING_ID, "vmlDrawing", part.clone()));
        part
    });
    let cells = notes.keys().filter(|cell| !had.contains(cell));
    let text = package.text(&drawing)?;
    added.texts.insert(drawing.clone(), with_shapes(&drawing, text, nth, cells)?);

    if !new_relations.is_empty() {
        let part = relations_part(sheet);
        let text = package.text(&part)?.unwrap_or_else(|| NO_RELATIONS.to_owned());
        let text = append(&part, &text, "Relationships", |p| {
            let relation = |(id, kind, part): &(&str, &str, String)| {
                format!(r#"<{p}Relationship Id="{id}" Type="{RELATIONS}/{kind}" Target="/{part}"/>"#)
            };
            new_relations.iter().map(relation).collect()
        })?;
        added.texts.insert(part, text);
    }
    Ok(added)
}

/// The relation of a sheet's drawing of notes; the drawing of headers and footers is another one.
fn drawing_id<R: Read + Seek>(package: &mut Package<R>, sheet: &str) -> Result<Option<String>, PackageError> {
    let mut xml = package.xml(sheet)?;
    loop {
        match xml.next()? {
            Event::Eof => return Ok(None),
            Event::Start(element) | Event::Empty(element) if local(element.name()) == "legacyDrawing" => {
                return Ok(attribute(&element, "id").map(|id| id.into_owned()));
            }
            _ => {}
        }
    }
}

/// Notes added to the texts of a sheet, and the cells that had one before: theirs goes on with ours.
fn with_notes(
    part: &str,
    text: &str,
    notes: &BTreeMap<CellRef, String>,
) -> Result<(String, BTreeSet<CellRef>), PackageError> {
    let mut reader = Reader::from_str(text);
    let mut authors = 0;
    let mut had = BTreeSet::new();
    let mut edits: Vec<(usize, String)> = Vec::new();
    let mut open = None;
    let mut before = 0;
    loop {
        let event = reader.read_event().map_err(|error| PackageError::damaged(part, error))?;
        match &event {
            Event::Eof => break,
            Event::Start(element) | Event::Empty(element) if local(element.name()) == "author" => {
                authors += 1
            }
            Event::Start(element) if local(element.name()) == "comment" => {
                open = attribute(element, "ref").and_then(|at| CellRef::parse(&at));
            }
            Event::End(element) if local(element.name()) == "text" => {
                let name = element.name().into_inner();
                let p = name.strip_suffix("text").unwrap_or_default();
                if let Some((cell, note)) = open.take().and_then(|cell| Some((cell, notes.get(&cell)?))) {
                    had.insert(cell);
                    edits.push((before, run(p, &format!("\n\n{note}"))));
                }
            }
            _ => {}
        }
        before = reader.buffer_position() as usize;
    }
    let mut text = text.to_owned();
    for (at, run) in edits.into_iter().rev() {
        text.insert_str(at, &run);
    }
    let text = append(part, &text, "authors", |p| format!("<{p}author>{AUTHOR}</{p}author>"))?;
    let text = append(part, &text, "commentList", |p| {
        let new = notes.iter().filter(|(cell, _)| !had.contains(cell));
        let comment = |(cell, note): (&CellRef, &String)| {
            format!(
                r#"<{p}comment ref="{cell}" authorId="{authors}"><{p}text>{}</{p}text></{p}comment>"#,
                run(p, note)
            )
        };
        new.map(comment).collect()
    })?;
    Ok((text, had))
}

fn run(p: &str, text: &str) -> String {
    format!(
        r#"<{p}r><{p}rPr><{p}sz val="9"/></{p}rPr><{p}t xml:space="preserve">{}</{p}t></{p}r>"#,
        escape(text)
    )
}

/// The drawing with a shape for each new note.
fn with_shapes<'c>(
    part: &str,
    text: Option<String>,
    nth: usize,
    cells: impl Iterator<Item = &'c CellRef>,
) -> Result<String, PackageError> {
    let block = FIRST_BLOCK + nth * BLOCKS_PER_SHEET;
    let mut shapes = String::new();
    let mut count = 0;
    for cell in cells {
        count += 1;
        shapes.push_str(&shape(block * SHAPES_PER_BLOCK + count, *cell));
    }
    match text {
        Some(text) => append(part, &text, "xml", |_| {
            let shape_type = if text.contains("_x0000_t202\"") { "" } else { SHAPE_TYPE };
            format!("{shape_type}{shapes}")
        }),
        None => {
            let blocks = 0..=count / SHAPES_PER_BLOCK;
            let blocks: Vec<String> = blocks.map(|more| (block + more).to_string()).collect();
            Ok(format!(
                r#"<xml {NAMESPACES}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{}"/></o:shapelayout>{SHAPE_TYPE}{shapes}</xml>"#,
                blocks.join(",")
            ))
        }
    }
}

fn shape(id: usize, cell: CellRef) -> String {
    let (row, column) = (cell.row - 1, cell.column);
    // The first rows have no room above them.
    let top = row.saturating_sub(1);
    let (right, bottom) = (column + 1 + NOTE_COLUMNS, top + NOTE_ROWS);
    let left = column + 1;
    format!(
        concat!(
            r##"<v:shape {ns} id="_x0000_s{id}" type="#_x0000_t202" "##,
            r##"style="position:absolute;width:240pt;height:150pt;z-index:1;visibility:hidden" "##,
            r##"fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>"##,
            r##"<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>"##,
            r##"<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>"##,
            r##"<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>"##,
            r##"<x:Anchor>{left}, 15, {top}, 2, {right}, 15, {bottom}, 4</x:Anchor>"##,
            r##"<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column>"##,
            r##"</x:ClientData></v:shape>"##,
        ),
        ns = NAMESPACES,
        id = id,
        left = left,
        top = top,
        right = right,
        bottom = bottom,
        row = row,
        column = column,
    )
}
