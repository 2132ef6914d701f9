//! A file through reader, sorter and judge, as the client does it.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::collections::HashMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use mighub_sdmx::columns::{Columns, ColumnsBuilder, ObservationRange, SourceMap};
use mighub_sdmx::csv::{Action, CsvReader, Header, Places, ReadError};
use mighub_sdmx::sort::{Scratch, Sorter};
use mighub_sdmx::structure::{AgreementTerms, Class, DataDefinition, Structures, read_json};
use mighub_validation::{
    Checker, Finding, Findings, Report, SourceFile, Stage, Terms, TextOptions, write_text,
};

pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

pub(crate) fn structures() -> &'static Structures {
    static STRUCTURES: LazyLock<Structures> = LazyLock::new(|| {
        let mut structures = Structures::default();
        for entry in std::fs::read_dir(project("structures")).expect("the folder structures/") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                for artefact in read_json(&std::fs::read(&path).expect("a file")).expect("a message") {
                    structures.put(artefact).expect("a new artefact");
                }
            }
        }
        structures
    });
    &STRUCTURES
}

pub(crate) fn definition(dataflow: &str) -> Arc<DataDefinition> {
    find_definition(dataflow).expect(dataflow)
}

fn find_definition(dataflow: &str) -> Option<Arc<DataDefinition>> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Arc<DataDefinition>>>> = LazyLock::new(Mutex::default);
    let (reference, _) = structures().find(Class::Dataflow, dataflow)?;
    let mut known = KNOWN.lock().expect("no test panics while it resolves");
    let resolve = || DataDefinition::resolve(structures(), reference).expect(dataflow);
    Some(known.entry(reference.short()).or_insert_with(resolve).clone())
}

/// The terms of an agreement, as its SDMX-JSON annotations say them: (id, type, title).
pub(crate) fn terms(annotations: &[(&str, &str, &str)]) -> Terms {
    let annotations: Vec<_> = annotations
        .iter()
        .map(|(id, kind, title)| match *kind {
            "" => serde_json::json!({"id": id, "title": title}),
            kind => serde_json::json!({"id": id, "type": kind, "title": title}),
        })
        .collect();
    let agreement = serde_json::json!({"data": {"provisionAgreements": [{
        "id": "PA", "agencyID": "MIGHUB", "version": "1.0.0", "name": "An agreement", "annotations": annotations,
        "dataflow": "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=MIGHUB:MIG_FLOW(1.0.0)",
        "dataProvider": "urn:sdmx:org.sdmx.infomodel.base.DataProvider=MIGHUB:DATA_PROVIDERS(1.0).SWE",
    }]}});
    let artefacts = read_json(agreement.to_string().as_bytes()).expect("an agreement");
    let of = |artefact: &mighub_sdmx::structure::Artefact| match artefact {
        mighub_sdmx::structure::Artefact::ProvisionAgreement(agreement) => Some(agreement.terms.clone()),
        _ => None,
    };
    let terms: AgreementTerms = artefacts.iter().find_map(of).expect("an agreement");
    Terms { day: None, ..Terms::of(&terms, jiff::civil::date(2026, 11, 24)) }
}

pub(crate) fn scratch() -> Scratch {
    Box::new(tempfile::tempfile)
}

/// How a file is judged.
pub(crate) struct How {
    pub(crate) terms: Terms,
    /// Each batch of rows as first rows of its lane, or as sent.
    pub(crate) inserted: bool,
    /// Series of one batch; all that come together if 0.
    pub(crate) batch_series: usize,
    /// Memory of sorter and findings.
    pub(crate) memory_bytes: usize,
}

impl Default for How {
    fn default() -> Self {
        Self { terms: Terms::default(), inserted: true, batch_series: 0, memory_bytes: 1 << 20 }
    }
}

/// A judged file.
pub(crate) struct Judged {
    pub(crate) report: Report,
    pub(crate) defaults: Vec<String>,
    file: Vec<u8>,
    known: Option<(Header, Places)>,
}

impl Judged {
    pub(crate) fn findings(&mut self) -> Vec<Finding> {
        self.report.findings().expect("no disk").map(|finding| finding.expect("no disk")).collect()
    }

    /// Rule, component, what was found, and the first observation: enough to recognise a finding.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        let line = |finding: &Finding| {
            let first = finding.observations.first();
            let key = first
                .map_or(String::new(), |first| format!("{} {}", first.series_key.join("."), first.period));
            format!("{} {} {:?} {}", finding.rule_id, finding.component(), finding.found, key.trim_end())
                .trim_end()
                .to_owned()
        };
        self.findings().iter().map(line).collect()
    }

    pub(crate) fn text(&mut self, options: &TextOptions) -> String {
        let mut out = Vec::new();
        let summary = self.report.summary().clone();
        let mut source = self
            .known
            .as_ref()
            .map(|(header, places)| SourceFile::new(Cursor::new(&self.file), header, places));
        let locate = |finding: &Finding| source.as_mut()?.locate(finding).expect("a readable file");
        let findings = self.report.findings().expect("no disk");
        write_text(&summary, findings, locate, options, &mut out).expect("memory");
        String::from_utf8(out).expect("UTF-8")
    }
}

pub(crate) fn judge(file: &[u8], how: How) -> Judged {
    let mut findings = Findings::with_memory(how.memory_bytes, scratch());
    let (known, defaults) = read_and_judge(file, &how, &mut findings);
    Judged { report: findings.finish().expect("room"), defaults, file: file.to_vec(), known }
}

fn read_and_judge(
    file: &[u8],
    how: &How,
    findings: &mut Findings,
) -> (Option<(Header, Places)>, Vec<String>) {
    let mut reader = match CsvReader::new(file, |_, id| find_definition(id)) {
        Ok(reader) => reader,
        Err(error) => {
            findings.add_file_error(&error);
            return (None, Vec::new());
        }
    };
    let header = reader.header().clone();
    let mut sorters: Vec<(usize, Action, Sorter)> = Vec::new();
    let end: Option<ReadError> = loop {
        match reader.next_batch() {
            Ok(None) => break None,
            Err(error) => break Some(error),
            Ok(Some(batch)) => {
                for issue in &batch.issues {
                    findings.add_cell_issue(issue, &header, Some(&batch.columns));
                }
                let place = (batch.structure, batch.action);
                let known = sorters.iter().position(|(structure, action, _)| (*structure, *action) == place);
                let known = known.unwrap_or_else(|| {
                    let sorter = Sorter::new(batch.columns.shape.clone(), how.memory_bytes, scratch());
                    sorters.push((batch.structure, batch.action, sorter));
                    sorters.len() - 1
                });
                sorters[known].2.push(batch.columns).expect("room");
            }
        }
    };
    let summary = reader.finish();
    if let Some(error) = end {
        findings.add_file_error(&error);
    }
    for issue in &summary.issues {
        findings.add_cell_issue(issue, &header, None);
    }
    let lanes: Vec<String> =
        summary.definitions.iter().map(|definition| definition.dataflow.short()).collect();
    findings.add_lanes(&lanes);
    let mut defaults = Vec::new();
    for (place, definition) in summary.definitions.iter().enumerate() {
        if lanes.len() == 1 {
            findings.add_foreign_columns(&header, definition);
        }
        let mut checker = Checker::new(definition.clone(), how.terms.clone());
        for (structure, action, sorter) in &mut sorters {
            if *structure != place {
                continue;
            }
            let stage =
                if how.inserted && *action != Action::Delete { Stage::Inserted } else { (*action).into() };
            let empty = Sorter::new(definition.shape.clone(), 0, scratch());
            for batch in std::mem::replace(sorter, empty).finish().expect("sortable") {
                let batch = batch.expect("sortable");
                findings.add_clashes(&batch, definition);
                for columns in pieces(batch.columns, how.batch_series) {
                    checker.check(&columns, stage, findings);
                }
            }
        }
        defaults.extend(checker.defaults_applied().map(|(default, source)| {
            let value = default.value_for(&default.attribute, |_| None, mighub_sdmx::Period::year(2020));
            format!("{} {} {source:?}", default.attribute, value.unwrap_or("by series".into()))
        }));
    }
    (Some((header, summary.places)), defaults)
}

/// Columns in batches of so many series.
fn pieces(columns: Columns, batch_series: usize) -> Vec<Columns> {
    if batch_series == 0 {
        return vec![columns];
    }
    let all: Vec<usize> = (0..columns.series_count()).collect();
    let piece = |series: &[usize]| {
        let mut builder = ColumnsBuilder::new(columns.shape.clone());
        if !columns.rows.is_empty() {
            builder = builder.keep_rows();
        }
        let mut map = SourceMap::default();
        series.iter().for_each(|series| builder.push(ObservationRange::whole(&columns, *series), &mut map));
        builder.take()
    };
    all.chunks(batch_series).map(piece).collect()
}

/// The sorted columns of a file with rows of one dataflow and one action, whatever can be read of them.
pub(crate) fn columns_of(text: &str) -> (Arc<DataDefinition>, Columns) {
    let mut reader = CsvReader::new(text.as_bytes(), |_, id| find_definition(id)).expect("a header");
    let batch = reader.next_batch().expect("rows").expect("rows");
    let definition = reader.definitions()[batch.structure].clone();
    let mut sorter = Sorter::new(definition.shape.clone(), 1 << 20, scratch());
    sorter.push(batch.columns).expect("memory");
    let batch = sorter.finish().expect("memory").next().expect("rows").expect("memory");
    (definition, batch.columns)
}
