//! What judging costs per observation on one core, where nothing is wrong and where everything is.
//! `cargo bench -p mighub-validation --bench check`

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder};
use mighub_sdmx::csv::Action;
use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json};
use mighub_sdmx::{Decimal, Period};
use mighub_validation::{Checker, Findings, Stage, Terms};

const AREAS: usize = 200;
const YEARS: u16 = 30;
/// Series of one batch, so that it has about as many observations as the sorter gives.
const BATCH_SERIES: usize = 546;
/// Each figure is the best of so many: the others were disturbed.
const ROUNDS: usize = 7;

fn main() {
    let definition = definition();
    let clean = batches(&definition, "SWE", "F");
    let silent = batches(&definition, "SWE", "");
    let wrong = batches(&definition, "SE", "F");
    for (what, batches) in [("clean", &clean), ("no CONF_STATUS", &silent), ("every key wrong", &wrong)] {
        for stage in [Stage::Submitted(Action::Merge), Stage::Inserted, Stage::Resulting] {
            measure(&format!("{what}, {stage:?}"), &definition, batches, stage);
        }
    }
}

fn measure(what: &str, definition: &Arc<DataDefinition>, batches: &[Columns], stage: Stage) {
    let observations: usize = batches.iter().map(Columns::len).sum();
    let round = |_| {
        let start = Instant::now();
        let mut findings = Findings::new(Box::new(tempfile::tempfile));
        let mut checker = Checker::new(definition.clone(), Terms::default());
        batches.iter().for_each(|batch| checker.check(batch, stage, &mut findings));
        black_box(findings.finish().expect("room for scratch files"));
        start.elapsed().as_nanos() as f64 / observations as f64
    };
    let best = (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min);
    println!("{what:<44}{best:>8.2} ns/observation");
}

/// Flows of one area with all others by sex and age, thirty years each; every tenth value is an estimate.
fn batches(definition: &DataDefinition, area: &str, free: &str) -> Vec<Columns> {
    let list = definition.dimension("COUNTERPART_AREA").and_then(|dimension| dimension.coded_by.codelist());
    let areas: Vec<Arc<str>> =
        list.expect("coded").codes().iter().take(AREAS).map(|code| Arc::from(&*code.id)).collect();
    let text = |text: &str| (!text.is_empty()).then(|| AttributeValue::text(text));
    let (normal, estimate, free) = (text("A"), text("E"), text(free));
    let mut builder = ColumnsBuilder::new(definition.shape.clone());
    let mut batches = Vec::new();
    for direction in ["EMI", "IMM"] {
        for other in &areas {
            for sex in ["F", "M", "_T"] {
                for age in ["Y15T64", "Y_GE65", "Y_LT15", "_T"] {
                    let key = ["A", area, direction, "PRV", other, sex, age, "LT", "_T"].map(Arc::from);
                    builder.start_series_with_key(&key);
                    for place in 0..definition.shape.series_attributes.len() {
                        builder.series_attribute(place, None);
                    }
                    for year in 0..YEARS {
                        let value = Decimal::integer(i64::from(year) * 7 + other.len() as i64);
                        builder.observation(
                            Period::year(1990 + year),
                            Some(value),
                            |place| match &*definition.shape.observation_attributes[place] {
                                "OBS_STATUS" if year % 10 == 0 => estimate.as_ref(),
                                "OBS_STATUS" => normal.as_ref(),
                                "CONF_STATUS" => free.as_ref(),
                                _ => None,
                            },
                        );
                    }
                    builder.end_series();
                    if builder.series_count() == BATCH_SERIES {
                        batches.push(builder.take());
                    }
                }
            }
        }
    }
    batches.push(builder.take());
    batches
}

fn definition() -> Arc<DataDefinition> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let mut structures = Structures::default();
    for entry in std::fs::read_dir(folder).expect("the folder structures/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            for artefact in read_json(&std::fs::read(&path).expect("a file")).expect("a message") {
                structures.put(artefact).expect("a new artefact");
            }
        }
    }
    let (reference, _) = structures.find(Class::Dataflow, "MIG_FLOW").expect("MIG_FLOW");
    DataDefinition::resolve(&structures, reference).expect("MIG_FLOW")
}
