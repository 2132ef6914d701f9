//! What tests of workbooks need: structures, templates, and editing of cells by hand.

use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::sync::Arc;

use calamine::{Data, Reader, Xlsx};
use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_message};
use mighub_workbook::{Extracted, ReadError, extract};
use zip::write::SimpleFileOptions;

/// The dataflow with this id.
pub(crate) fn definition(dataflow: &str) -> Arc<DataDefinition> {
    let mut structures = Structures::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    for name in ["agencies", "codelists", "areas", "concepts", "data-structures", "dataflows", "constraints"]
    {
        let bytes = std::fs::read(folder.join(format!("{name}.json"))).expect("a file of structures");
        let message = read_message(&bytes).expect("a structure message");
        for (_, artefact) in message.structures.iter() {
            structures.put((**artefact).clone()).expect("artefacts fit together");
        }
    }
    let (reference, _) = structures.find(Class::Dataflow, dataflow).expect("a dataflow");
    DataDefinition::resolve(&structures, reference).expect("a definition")
}

/// A workbook's text, and what was read.
pub(crate) fn text_of(workbook: &[u8]) -> Result<(String, Extracted), ReadError> {
    let mut text = Vec::new();
    let extracted = extract(Cursor::new(workbook), &mut text)?;
    Ok((String::from_utf8(text).expect("texts are UTF-8"), extracted))
}

/// A part of a package as text.
pub(crate) fn part(workbook: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).expect("a package");
    let mut text = String::new();
    archive.by_name(name).expect("a part").read_to_string(&mut text).expect("text");
    text
}

/// The package with one part changed, or added.
pub(crate) fn with_part(workbook: &[u8], name: &str, text: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).expect("a package");
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for place in 0..archive.len() {
        let file = archive.by_index_raw(place).expect("a part");
        if file.name().expect("a name") != name {
            out.raw_copy_file(file).expect("a copy");
        }
    }
    out.start_file(name, SimpleFileOptions::default()).expect("a part");
    out.write_all(text.as_bytes()).expect("a part");
    out.finish().expect("a package").into_inner()
}

/// Fills in cells of the first sheet as Excel would: `inner` is what stands within the cell.
pub(crate) fn filled(workbook: &[u8], cells: &[(&str, &str)]) -> Vec<u8> {
    let name = "xl/worksheets/sheet1.xml";
    let mut text = part(workbook, name);
    for (at, inner) in cells {
        let (attributes, inner) = match inner.split_once('|') {
            Some((kind, inner)) => (format!(" t=\"{kind}\""), inner),
            None => (String::new(), *inner),
        };
        let start = text.find(&format!("<c r=\"{at}\"")).unwrap_or_else(|| panic!("no cell {at}"));
        let end = start + text[start..].find("/>").expect("an empty cell");
        assert!(!text[start..end].contains('>'), "{at} is not empty");
        let tag = text[start..end].to_owned();
        text.replace_range(start..end + 2, &format!("{tag}{attributes}>{inner}</c>"));
    }
    with_part(workbook, name, &text)
}

/// A workbook of one sheet whose rows are given as XML.
pub(crate) fn sheet(rows: &str, behind: &str) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    for (name, text) in [
        (
            "[Content_Types].xml",
            format!(
                r#"<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{spreadsheet}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{spreadsheet}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="{spreadsheet}.styles+xml"/></Types>"#
            ),
        ),
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Flows 2025" sheetId="1" r:id="rId1"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{office}/styles" Target="styles.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                r#"<styleSheet xmlns="{main}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy"/></numFmts><fonts count="1"><font><sz val="11"/></font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="10" fontId="0" fillId="0" borderId="0" xfId="0"><alignment horizontal="left"/></xf><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>"#
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(r#"<worksheet xmlns="{main}"><sheetData>{rows}</sheetData>{behind}</worksheet>"#),
        ),
    ] {
        out.start_file(name, SimpleFileOptions::default()).expect("a part");
        out.write_all(text.as_bytes()).expect("a part");
    }
    out.finish().expect("a package").into_inner()
}

/// Every cell of every sheet as another reader sees it: sheet, row, column, value.
pub(crate) fn cells(workbook: &[u8]) -> Vec<(String, usize, usize, Data)> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(workbook)).expect("a workbook");
    let mut cells = Vec::new();
    for name in book.sheet_names().to_vec() {
        let range = book.worksheet_range(&name).expect("a sheet");
        let start = range.start().unwrap_or_default();
        let used = range.used_cells().map(|(row, column, value)| {
            (name.clone(), row + start.0 as usize, column + start.1 as usize, value.clone())
        });
        cells.extend(used);
    }
    cells
}
