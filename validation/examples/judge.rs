//! Judges SDMX-CSV files by the rulebook of their dataflow:
//! `judge STRUCTURES LANE.csv [NAME=REFERENCE.csv ...] [changed=SERIES.KEY]`. What rules counted and the first
//! findings of each come out; for those who write rulebooks. With `changed` only what a correction of this series
//! touches is judged.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use mighub_sdmx::Columns;
use mighub_sdmx::csv::CsvReader;
use mighub_sdmx::sort::Sorter;
use mighub_sdmx::structure::{Class, DataDefinition, Reference, Structures, read_json};
use mighub_validation::{Affected, Findings, Judge, JudgeOptions, Rulebook};

/// Findings that are shown of each rule.
const SHOWN: u64 = 3;
/// Memory of the sorter.
const SORT_BYTES: usize = 256 * 1024 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [structures, lane, references @ ..] = &arguments[..] else {
        return Err("judge STRUCTURES LANE.csv [NAME=REFERENCE.csv ...] [changed=SERIES.KEY]".into());
    };
    let structures = read_structures(Path::new(structures))?;
    let find = |id: &str| {
        let reference = match Reference::parse_short(Class::Dataflow, id) {
            Ok(reference) => reference,
            Err(_) => structures.find(Class::Dataflow, id)?.0.clone(),
        };
        DataDefinition::resolve(&structures, &reference).ok()
    };
    let (definition, batches) = read(lane, &find)?;
    let rulebook = Rulebook::shipped(&definition.dataflow.short()).ok_or("no rulebook of this dataflow")?;
    let prepared = match rulebook.prepare(&find) {
        Ok(prepared) => Arc::new(prepared.ok_or("a rulebook without rules")?),
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            return Err("the rulebook is not sound".into());
        }
    };
    let (changed, references): (Vec<&String>, Vec<&String>) =
        references.iter().partition(|argument| argument.starts_with("changed="));
    let mut options = JudgeOptions::new(Box::new(tempfile::tempfile));
    for key in changed.iter().filter_map(|argument| argument.strip_prefix("changed=")) {
        let codes: Vec<Arc<str>> = key.split('.').map(Arc::from).collect();
        let affected = options.affected.get_or_insert_with(|| Affected::none(&prepared));
        affected.add_key(&codes.iter().collect::<Vec<_>>());
    }
    let started = Instant::now();
    let mut judge = Judge::new(prepared, options);
    batches.iter().try_for_each(|batch| judge.push_lane(batch))?;
    let rows: usize = batches.iter().map(Columns::len).sum();
    drop(batches);
    for reference in references {
        let (name, file) = reference.split_once('=').ok_or("write NAME=FILE")?;
        judge.has(name);
        read(file, &find)?.1.iter().try_for_each(|batch| judge.push(name, batch))?;
    }
    let mut findings = Findings::new(Box::new(tempfile::tempfile));
    judge.finish(&mut findings)?;
    let mut report = findings.finish()?;
    println!("{rows} rows judged in {:?}", started.elapsed());
    for count in &report.summary().rules {
        println!(
            "{}: {} items, {} passed, {} failed, {} undecided {}",
            count.rule_id, count.items, count.passed, count.failed, count.undecided, count.not_run
        );
    }
    let mut shown: BTreeMap<String, u64> = BTreeMap::new();
    for finding in report.findings()? {
        let finding = finding?;
        let of_rule = shown.entry(finding.rule_id.clone()).or_default();
        *of_rule += 1;
        if *of_rule <= SHOWN {
            let first = &finding.observations[0];
            println!(
                "{} {} {} {}: {}",
                finding.severity.word(),
                finding.rule_id,
                first.series_key.join("."),
                first.period,
                finding.arithmetic
            );
        }
    }
    Ok(())
}

fn read_structures(folder: &Path) -> Result<Structures, Box<dyn Error>> {
    let mut structures = Structures::default();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            for artefact in read_json(&std::fs::read(&path)?)? {
                structures.put(artefact)?;
            }
        }
    }
    Ok(structures)
}

type Definition = Arc<DataDefinition>;

fn read(
    file: &str,
    find: &dyn Fn(&str) -> Option<Definition>,
) -> Result<(Definition, Vec<Columns>), Box<dyn Error>> {
    let mut reader = CsvReader::new(File::open(file)?, |_, id| find(id))?;
    let mut sorter: Option<(Definition, Sorter)> = None;
    while let Some(batch) = reader.next_batch()? {
        for issue in &batch.issues {
            eprintln!("{file}, row {}: {:?} {:?}", issue.row, issue.content, issue.problem);
        }
        let definition = reader.definitions()[batch.structure].clone();
        let (_, sorter) = sorter.get_or_insert_with(|| {
            let sorter = Sorter::new(definition.shape.clone(), SORT_BYTES, Box::new(tempfile::tempfile));
            (definition, sorter)
        });
        sorter.push(batch.columns)?;
    }
    let (definition, sorter) = sorter.ok_or("no rows")?;
    let batches: Result<Vec<Columns>, _> =
        sorter.finish()?.map(|batch| batch.map(|batch| batch.columns)).collect();
    Ok((definition, batches?))
}
