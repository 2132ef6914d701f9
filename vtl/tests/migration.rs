//! Thirty-six validation rules of migration statistics over tables with planted errors: every rule finds what was
//! planted for it, and nothing else. Rules, tables and expected reports lie beside this file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mighub_vtl::csv::{ReadOptions, read, write};
use mighub_vtl::{
    Component, Dataset, Environment, Inputs, Role, RunOptions, ScalarType, Structure, analyze, parse, run,
};

/// Decimal places to which computed rates are compared; the reports were written with at least as many.
const PLACES: usize = 9;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migration")
}

fn structures() -> BTreeMap<Arc<str>, Arc<Structure>> {
    let text = std::fs::read(folder().join("structures.json")).expect("structures");
    let json: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let text = |value: &serde_json::Value, name: &str| value[name].as_str().expect("a text").to_owned();
    let component = |value: &serde_json::Value| {
        let role = match &*text(value, "role") {
            "Identifier" => Role::Identifier,
            "Measure" => Role::Measure,
            _ => Role::Attribute,
        };
        let scalar_type = match &*text(value, "type") {
            "Integer" => ScalarType::Integer,
            "Number" => ScalarType::Number,
            "Boolean" => ScalarType::Boolean,
            "Time_Period" => ScalarType::TimePeriod,
            _ => ScalarType::String,
        };
        Component::new(text(value, "name"), role, scalar_type)
    };
    let datasets = json["datasets"].as_array().expect("data sets").iter();
    datasets
        .map(|dataset| {
            let components = dataset["DataStructure"].as_array().expect("components").iter().map(component);
            let structure = Structure::new(components.collect()).expect("names are unique");
            (Arc::from(text(dataset, "name")), Arc::new(structure))
        })
        .collect()
}

/// Rows as cells by column; numbers to [`PLACES`].
fn table(bytes: &[u8]) -> BTreeSet<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().expect("a header").clone();
    let cell = |text: &str| match text.parse::<f64>() {
        Ok(number) if text.contains('.') => {
            let fixed = format!("{number:.PLACES$}");
            fixed.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => text.to_owned(),
    };
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| header.iter().map(str::to_owned).zip(row.iter().map(cell)).collect()).collect()
}

fn written(dataset: &Dataset) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(dataset, &mut bytes).expect("written");
    bytes
}

#[test]
fn every_migration_rule_finds_what_was_planted_for_it() {
    let script = std::fs::read_to_string(folder().join("rules.vtl")).expect("rules");
    let environment = Environment { datasets: structures(), ..Environment::default() };
    let plan = parse(&script).and_then(|script| analyze(&script, &environment));
    let plan = plan.unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    let mut inputs = Inputs::default();
    for (name, structure) in &environment.datasets {
        let bytes = std::fs::read(folder().join(format!("data/{name}.csv"))).expect("a table");
        let dataset = read(&bytes, structure, &ReadOptions::default()).expect("a sound table");
        inputs.datasets.insert(name.clone(), dataset);
    }
    let results = run(&plan, inputs, &RunOptions::default()).expect("the rules run");
    let reports = std::fs::read_dir(folder().join("expected")).expect("reports");
    let names: BTreeSet<String> = reports
        .map(|entry| {
            entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned()
        })
        .collect();
    assert_eq!(results.datasets.keys().map(ToString::to_string).collect::<BTreeSet<_>>(), names);
    for name in &names {
        let expected = std::fs::read(folder().join(format!("expected/{name}.csv"))).expect("a report");
        let found = written(&results.datasets[&**name]);
        assert_eq!(table(&found), table(&expected), "{name}:\n{}", String::from_utf8_lossy(&found));
    }
}
