//! The way of a questionnaire: made, filled in with mistakes, checked, given back marked.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mighub_client::{
    Checked, Progress, ReadOptions, Source, StructureLanes, TemplateRequest, check, mark_file, read_folder,
    write_template,
};
use mighub_sdmx::structure::{Class, DataDefinition};
use mighub_validation::Finding;
use mighub_workbook::Listings;
use zip::write::SimpleFileOptions;

fn structures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures")
}

fn definition(dataflow: &str) -> Arc<DataDefinition> {
    let structures = read_folder(&structures()).expect("structures");
    let (reference, _) = structures.find(Class::Dataflow, dataflow).expect("a dataflow");
    DataDefinition::resolve(&structures, reference).expect("a definition")
}

fn template(path: &Path) {
    let request = TemplateRequest {
        definition: definition("MIG_FLOW"),
        listing: Listings::standard().of("MIG_FLOW"),
        area: "SWE".to_owned(),
        periods: vec!["2025".to_owned()],
        language: "en".to_owned(),
        across: None,
        reference: None,
    };
    write_template(&request, path).expect("a template");
}

/// Fills in cells of the sheet Data; each is empty in the template.
fn fill(template: &Path, filled: &Path, cells: &[(&str, &str)]) {
    let mut archive =
        zip::ZipArchive::new(std::fs::File::open(template).expect("a file")).expect("a package");
    let mut out = zip::ZipWriter::new(std::fs::File::create(filled).expect("a file"));
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut text = String::new();
        part.read_to_string(&mut text).expect("text");
        if name == "xl/worksheets/sheet1.xml" {
            for (at, inner) in cells {
                let start = text.find(&format!("<c r=\"{at}\"")).unwrap_or_else(|| panic!("no cell {at}"));
                let end = start + text[start..].find("/>").expect("an empty cell");
                let (kind, inner) = match inner.split_once('|') {
                    Some(("text", text)) => {
                        (" t=\"inlineStr\"".to_owned(), format!("<is><t>{text}</t></is>"))
                    }
                    Some((kind, inner)) => (format!(" t=\"{kind}\""), inner.to_owned()),
                    None => (String::new(), format!("<v>{inner}</v>")),
                };
                let tag = text[start..end].to_owned();
                text.replace_range(start..end + 2, &format!("{tag}{kind}>{inner}</c>"));
            }
        }
        out.start_file(name, SimpleFileOptions::default()).expect("a part");
        out.write_all(text.as_bytes()).expect("a part");
    }
    out.finish().expect("a package");
}

fn checked(path: &Path) -> Checked {
    let mut lanes = StructureLanes::new(read_folder(&structures()).expect("structures"), "SWE_SCB");
    let (options, progress) = (ReadOptions::default(), Progress::silent());
    check(Source::path(path), &mut lanes, &options, &progress).expect("a checked file")
}

fn findings(checked: &mut Checked) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut keep = |finding| {
        findings.push(finding);
        Ok(())
    };
    checked.each_finding(&mut keep).expect("findings");
    findings
}

fn lines(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let place = finding.place.as_ref();
        let address = place.and_then(|place| place.address.clone()).unwrap_or_default();
        format!("{address:10} {} {} {:?}", finding.rule_id, finding.component(), finding.found)
    };
    let mut lines: Vec<String> = findings.iter().map(line).collect();
    lines.sort();
    lines.join("\n")
}

const MISTAKES: [(&str, &str); 14] = [
    ("K5", "1234"),
    ("M5", "text|F"),
    ("K6", "text|1,282"),
    ("M6", "text|F"),
    ("K7", "text|&lt;5"),
    ("M7", "text|F"),
    ("K8", "e|<f>#REF!</f><v>#REF!</v>"),
    ("M8", "text|F"),
    ("K9", "n|<f>SUM(K5:K6)</f>"),
    ("M9", "text|F"),
    ("L10", "text|X"),
    ("M10", "text|F"),
    ("K11", "12.5"),
    ("M11", "text|FREE"),
];

#[test]
fn every_mistake_in_a_filled_template_shows_at_its_cell() {
    let folder = tempfile::tempdir().expect("a folder");
    let (empty, filled) = (folder.path().join("q.xlsx"), folder.path().join("filled.xlsx"));
    template(&empty);
    fill(&empty, &filled, &MISTAKES);
    let mut checked = checked(&filled);
    insta::assert_snapshot!(lines(&findings(&mut checked)));
    let mut text = Vec::new();
    checked.write_text(&Default::default(), &mut text).expect("text");
    let text = String::from_utf8(text).expect("text");
    assert!(text.contains("  Data!K6, OBS_VALUE\n"), "{text}");
    let marked = mighub_client::mark_checked(&mut checked, &folder.path().join("marked.xlsx"))
        .expect("a marked workbook");
    assert_eq!((marked.findings, marked.not_shown), (checked.report.counts().total(), 0));
}

#[test]
fn a_marked_workbook_is_read_as_the_one_that_was_marked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    template(&path("q.xlsx"));
    fill(&path("q.xlsx"), &path("filled.xlsx"), &MISTAKES);
    let mut first = checked(&path("filled.xlsx"));
    mighub_client::mark_checked(&mut first, &path("marked.xlsx")).expect("a marked workbook");
    let mut second = checked(&path("marked.xlsx"));
    assert_eq!(findings(&mut first), findings(&mut second));
}

#[test]
fn findings_of_the_hub_are_found_in_the_file_by_their_observations() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    template(&path("q.xlsx"));
    fill(&path("q.xlsx"), &path("filled.xlsx"), &MISTAKES);
    let mut checked = checked(&path("filled.xlsx"));
    // The hub has no file: what it finds has observations and no places.
    let mut of_hub = findings(&mut checked);
    of_hub.retain(|finding| !finding.observations.is_empty());
    assert!(of_hub.len() > 2, "{of_hub:?}");
    for finding in &mut of_hub {
        (finding.place, finding.rows) = (None, Vec::new());
    }
    let definition = definition("MIG_FLOW");
    let marked = mark_file(&path("filled.xlsx"), &definition, of_hub.clone(), &path("marked.xlsx"));
    let marked = marked.expect("a marked workbook");
    assert_eq!((marked.findings, marked.not_shown), (of_hub.len() as u64, 0));

    let csv = "STRUCTURE;STRUCTURE_ID;FREQ;REF_AREA;FLOW_DIR;MIG_CRITERION;COUNTERPART_AREA;SEX;AGE;DURATION;\
               MIG_CATEGORY;TIME_PERIOD;OBS_VALUE;OBS_STATUS\n\
               dataflow;MIGHUB:MIG_FLOW(1.0.0);A;SWE;IMM;CTZ;_T;F;_T;LT;_T;2025;;X\n";
    std::fs::write(path("flows.csv"), csv).expect("a file");
    let marked = mark_file(&path("flows.csv"), &definition, of_hub, &path("of-csv.xlsx"));
    assert!(marked.expect("a workbook").cells > 0, "the row of the file has a mark");
}
