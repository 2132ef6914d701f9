//! Which part refers to which, and which sheets a workbook has.

use std::io::{BufReader, Cursor, Read, Seek};
use std::sync::Arc;

use quick_xml::events::Event;

use super::xml::{Limited, Xml, attribute, local};
use super::{HELD_BYTES_MAX, Package, PackageError};

/// Most sheets. Questionnaires have some ten.
const SHEETS_MAX: usize = 1_000;

/// One reference of a part to another.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    pub(crate) id: String,
    /// Last word of its type: `worksheet`, `styles`, `comments`.
    pub(crate) kind: String,
    /// Name of the part, from the root of the package.
    pub(crate) target: String,
}

/// A sheet of a workbook.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) name: Arc<str>,
    pub(crate) part: String,
    pub(crate) hidden: bool,
}

/// The part that lists the sheets.
#[derive(Clone, Debug)]
pub(crate) struct WorkbookPart {
    pub(crate) part: String,
    pub(crate) relations: Vec<Relation>,
    pub(crate) sheets: Vec<Sheet>,
    /// Days are counted from 1904, as old Macintosh Excel did.
    pub(crate) from_1904: bool,
    /// Namespaces of ISO 29500 Strict.
    pub(crate) strict: bool,
}

impl WorkbookPart {
    pub(crate) fn read<R: Read + Seek>(package: &mut Package<R>) -> Result<Self, PackageError> {
        let (of_root, strict) = relations(package, "")?;
        let part = of_root.into_iter().find(|relation| relation.kind == "officeDocument");
        let part = part.ok_or_else(|| PackageError::MissingPart("xl/workbook.xml".to_owned()))?.target;
        if part.to_ascii_lowercase().ends_with(".bin") {
            let remedy = "save it as an Excel workbook (.xlsx)";
            return Err(PackageError::OtherKind { looks_like: "a binary workbook (.xlsb)", remedy });
        }
        if !part.starts_with("xl/") {
            let remedy = "give an Excel workbook (.xlsx)";
            return Err(PackageError::OtherKind { looks_like: "another Office document", remedy });
        }
        let (relations, _) = relations(package, &part)?;
        let mut found = Self { part, relations, sheets: Vec::new(), from_1904: false, strict };
        found.read_sheets(package)?;
        if found.sheets.is_empty() {
            return Err(PackageError::damaged(&found.part, "it lists no sheets"));
        }
        Ok(found)
    }

    fn read_sheets<R: Read + Seek>(&mut self, package: &mut Package<R>) -> Result<(), PackageError> {
        let text = package.required_text(&self.part)?;
        let mut xml = of_text(&self.part, &text);
        loop {
            match xml.next()? {
                Event::Start(element) | Event::Empty(element) => match local(element.name()) {
                    "workbookPr" => {
                        let value = attribute(&element, "date1904");
                        self.from_1904 = value.is_some_and(|value| matches!(&*value, "1" | "true"));
                    }
                    "sheet" => {
                        let mut id = element.attributes();
                        let id = id.with_checks(false).filter_map(Result::ok);
                        // `id` with a prefix: without one it would be another attribute.
                        let id = id.filter(|attribute| attribute.key.into_inner().ends_with(":id"));
                        let id = id.map(|attribute| attribute.value.into_owned()).next().unwrap_or_default();
                        // Sheets that hold only a chart or a macro have no cells.
                        let target = self.relations.iter().find(|relation| relation.id == id);
                        let Some(target) = target.filter(|relation| relation.kind == "worksheet") else {
                            continue;
                        };
                        let name = attribute(&element, "name").unwrap_or_default();
                        let state = attribute(&element, "state").unwrap_or_default();
                        self.sheets.push(Sheet {
                            name: Arc::from(&*name),
                            part: target.target.clone(),
                            hidden: matches!(&*state, "hidden" | "veryHidden"),
                        });
                        if self.sheets.len() > SHEETS_MAX {
                            let reason = format!("it has more than {SHEETS_MAX} sheets");
                            return Err(PackageError::damaged(&self.part, reason));
                        }
                    }
                    _ => {}
                },
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// The part of a kind that the workbook refers to.
    pub(crate) fn target(&self, kind: &str) -> Option<&str> {
        self.relations.iter().find(|relation| relation.kind == kind).map(|relation| &*relation.target)
    }
}

/// References of a part, and whether they are of ISO 29500 Strict. The root of the package is the empty name.
pub(crate) fn relations<R: Read + Seek>(
    package: &mut Package<R>,
    part: &str,
) -> Result<(Vec<Relation>, bool), PackageError> {
    let name = relations_part(part);
    let mut relations = Vec::new();
    let mut strict = false;
    let Some(text) = package.text(&name)? else { return Ok((relations, strict)) };
    let mut xml = of_text(&name, &text);
    loop {
        match xml.next()? {
            Event::Start(element) | Event::Empty(element) if local(element.name()) == "Relationship" => {
                if attribute(&element, "TargetMode").is_some_and(|mode| mode == "External") {
                    continue;
                }
                let kind = attribute(&element, "Type").unwrap_or_default();
                strict |= kind.starts_with("http://purl.oclc.org/ooxml/");
                let target = attribute(&element, "Target").unwrap_or_default();
                relations.push(Relation {
                    id: attribute(&element, "Id").unwrap_or_default().into_owned(),
                    kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                    target: resolve(part, &target),
                });
            }
            Event::Eof => return Ok((relations, strict)),
            _ => {}
        }
    }
}

/// The part that holds the references of a part.
pub(crate) fn relations_part(part: &str) -> String {
    let (folder, file) = part.rsplit_once('/').map_or(("", part), |(folder, file)| (folder, file));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}_rels/{file}.rels")
}

/// A target as its part's name from the root of the package.
pub(crate) fn resolve(part: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    if let Some(from_root) = target.strip_prefix('/') {
        return from_root.to_owned();
    }
    let mut path: Vec<&str> = part.split('/').collect();
    path.pop();
    for step in target.split('/') {
        match step {
            ".." => drop(path.pop()),
            "." | "" => {}
            step => path.push(step),
        }
    }
    path.join("/")
}

/// A part that is held in memory.
pub(crate) fn of_text<'t>(part: &str, text: &'t str) -> Xml<Cursor<&'t [u8]>> {
    Xml::new(part, BufReader::new(Limited::new(Cursor::new(text.as_bytes()), HELD_BYTES_MAX)))
}
