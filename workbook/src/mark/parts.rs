//! The small parts that say what else is in a workbook: kinds of parts, relations, the list of sheets.

use std::collections::{BTreeMap, HashSet};
use std::io::{Read, Seek};

use super::comments::Added;
use super::escape;
use super::sheet::RELATIONS;
use crate::package::{Package, PackageError, WorkbookPart, relations_part};

const CONTENT_TYPES: &str = "[Content_Types].xml";
const WORKSHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml";
const STYLES: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml";
const DRAWING: &str = "application/vnd.openxmlformats-officedocument.vmlDrawing";
/// An empty part of relations.
pub(super) const NO_RELATIONS: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    "\n",
    r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>"#,
);

/// What is added to a workbook and replaced in it.
pub(super) struct Edited {
    texts: BTreeMap<String, String>,
    /// Parts whose kind must be said: part, kind.
    overrides: Vec<(String, &'static str)>,
    has_drawings: bool,
    /// Sheets: name, part.
    sheets: Vec<(String, String)>,
    /// Relations of the workbook: id, last word of the type, part.
    relations: Vec<(String, &'static str, String)>,
    last_sheet_id: u32,
    written: HashSet<String>,
}

impl Edited {
    pub(super) fn new<R: Read + Seek>(
        package: &mut Package<R>,
        workbook: &WorkbookPart,
    ) -> Result<Self, PackageError> {
        let text = package.required_text(&workbook.part)?;
        let ids = text.match_indices("sheetId=\"").filter_map(|(at, found)| {
            let rest = &text[at + found.len()..];
            rest.split('"').next()?.parse().ok()
        });
        Ok(Self {
            texts: BTreeMap::new(),
            overrides: Vec::new(),
            has_drawings: false,
            sheets: Vec::new(),
            relations: Vec::new(),
            last_sheet_id: ids.max().unwrap_or(0),
            written: HashSet::new(),
        })
    }

    /// Takes the sheet of findings into the list; the part itself is written already.
    pub(super) fn add_sheet(&mut self, name: &str, part: &str) {
        self.written(part);
        self.overrides.push((part.to_owned(), WORKSHEET));
        self.relations.push((format!("rIdMighub{}", self.sheets.len() + 1), "worksheet", part.to_owned()));
        self.sheets.push((name.to_owned(), part.to_owned()));
    }

    pub(super) fn add_styles(&mut self, text: String) {
        let part = "xl/styles.xml";
        self.overrides.push((part.to_owned(), STYLES));
        self.relations.push(("rIdMighubStyles".to_owned(), "styles", part.to_owned()));
        self.replace(part, text);
    }

    pub(super) fn replace(&mut self, part: &str, text: String) {
        self.texts.insert(part.to_owned(), text);
    }

    /// Takes what notes need.
    pub(super) fn take(&mut self, added: Added) {
        self.has_drawings = true;
        self.overrides.extend(added.overrides);
        self.texts.extend(added.texts);
    }

    pub(super) fn written(&mut self, part: &str) {
        self.written.insert(part.to_ascii_lowercase());
    }

    pub(super) fn is_written(&self, part: &str) -> bool {
        self.written.contains(&part.to_ascii_lowercase())
    }

    /// All parts that are written as texts, among them those that tell of the others.
    pub(super) fn texts<R: Read + Seek>(
        &mut self,
        package: &mut Package<R>,
        workbook: &WorkbookPart,
    ) -> Result<BTreeMap<String, String>, PackageError> {
        let mut texts = std::mem::take(&mut self.texts);
        let types = package.required_text(CONTENT_TYPES)?;
        texts.insert(CONTENT_TYPES.to_owned(), self.content_types(&types)?);
        let relations = relations_part(&workbook.part);
        let text = package.text(&relations)?.unwrap_or_else(|| NO_RELATIONS.to_owned());
        let text = append(&relations, &text, "Relationships", |p| {
            let relation = |(id, kind, part): &(String, &str, String)| {
                format!(r#"<{p}Relationship Id="{id}" Type="{RELATIONS}/{kind}" Target="/{part}"/>"#)
            };
            self.relations.iter().map(relation).collect()
        })?;
        texts.insert(relations, text);
        let text = package.required_text(&workbook.part)?;
        let text = append(&workbook.part, &text, "sheets", |p| {
            let sheet = |(nth, (name, _)): (usize, &(String, String))| {
                let id = self.last_sheet_id + nth as u32 + 1;
                let name = escape(name);
                format!(
                    r#"<{p}sheet name="{name}" sheetId="{id}" xmlns:r="{RELATIONS}" r:id="rIdMighub{}"/>"#,
                    nth + 1
                )
            };
            self.sheets.iter().enumerate().map(sheet).collect()
        })?;
        texts.insert(workbook.part.clone(), text);
        Ok(texts)
    }

    fn content_types(&self, text: &str) -> Result<String, PackageError> {
        let lower = text.to_ascii_lowercase();
        append(CONTENT_TYPES, text, "Types", |p| {
            let mut added = String::new();
            if self.has_drawings && !lower.contains("extension=\"vml\"") {
                added.push_str(&format!(r#"<{p}Default Extension="vml" ContentType="{DRAWING}"/>"#));
            }
            let known = |part: &str| lower.contains(&format!("partname=\"/{}\"", part.to_ascii_lowercase()));
            for (part, kind) in self.overrides.iter().filter(|(part, _)| !known(part)) {
                added.push_str(&format!(r#"<{p}Override PartName="/{part}" ContentType="{kind}"/>"#));
            }
            added
        })
    }
}

/// A text with children added at the end of an element. `children` is given the element's prefix.
pub(super) fn append(
    part: &str,
    text: &str,
    element: &str,
    children: impl Fn(&str) -> String,
) -> Result<String, PackageError> {
    for (at, _) in text.rmatch_indices("</") {
        let name = text[at + 2..].split('>').next().unwrap_or_default().trim_end();
        let (prefix, local) = name.rfind(':').map_or(("", name), |colon| name.split_at(colon + 1));
        if local == element {
            return Ok(format!("{}{}{}", &text[..at], children(prefix), &text[at..]));
        }
    }
    // An element without children.
    for (at, _) in text.match_indices("/>") {
        let start = text[..at].rfind('<').unwrap_or(0);
        let name = text[start + 1..at].split([' ', '\t', '\r', '\n']).next().unwrap_or_default();
        let (prefix, local) = name.rfind(':').map_or(("", name), |colon| name.split_at(colon + 1));
        if local == element {
            return Ok(format!("{}>{}</{name}>{}", &text[..at], children(prefix), &text[at + 2..]));
        }
    }
    Err(PackageError::damaged(part, format!("it has no element {element}")))
}
