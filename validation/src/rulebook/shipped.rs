//! The rulebooks that come with this program; `rulebooks/` is where people read and change them.

use std::io;

use super::{Artefact, read_source};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../rulebooks/", $name)))),*]
    };
}

/// Every file under `rulebooks/`.
static FILES: &[(&str, &str)] = files![
    "MIG_ASYLUM.json",
    "MIG_ASYLUM.vtl",
    "MIG_BALANCE.json",
    "MIG_BALANCE.vtl",
    "MIG_CENSUS.json",
    "MIG_CENSUS.vtl",
    "MIG_FLOW.json",
    "MIG_FLOW.vtl",
    "MIG_FLOW_OD.json",
    "MIG_FLOW_OD.vtl",
    "MIG_LABOUR.json",
    "MIG_LABOUR.vtl",
    "MIG_MODE4.json",
    "MIG_MODE4.vtl",
    "MIG_POLICY.json",
    "MIG_POLICY.vtl",
    "MIG_REFUGEE.json",
    "MIG_REFUGEE.vtl",
    "MIG_REMIT.json",
    "MIG_REMIT.vtl",
    "MIG_STOCK.json",
    "MIG_STOCK.vtl",
    "MIG_STOCK_OD.json",
    "MIG_STOCK_OD.vtl",
    "MIG_TRAFFICKING.json",
    "MIG_TRAFFICKING.vtl",
    "MIG_TREATY.json",
    "MIG_TREATY.vtl",
    "parts/ages.json",
    "parts/ages.vtl",
    "parts/areas.json",
    "parts/areas.vtl",
    "parts/change.json",
    "parts/change.vtl",
    "parts/m49.json",
    "parts/m49.vtl",
    "parts/revision.json",
    "parts/revision.vtl",
    "parts/sexes.json",
    "parts/sexes.vtl",
];

/// The rulebook of a dataflow, by its id or as `AGENCY:ID(VERSION)`.
pub(super) fn of_dataflow(dataflow: &str) -> Option<Artefact> {
    let id = dataflow.rsplit(':').next().unwrap_or(dataflow);
    let id = id.split('(').next().unwrap_or(id);
    let file = format!("{id}.json");
    let book = FILES.iter().any(|(name, _)| *name == file).then(|| assemble(&file))?;
    (id == dataflow || book.dataflow == dataflow).then_some(book)
}

/// All of them.
pub(super) fn all() -> Vec<Artefact> {
    let is_book = |name: &&str| name.ends_with(".json") && !name.contains('/');
    FILES.iter().map(|(name, _)| *name).filter(is_book).map(assemble).collect()
}

fn assemble(file: &str) -> Artefact {
    let mut read = |name: &str| {
        let known = FILES.iter().find(|(known, _)| *known == name);
        known.map(|(_, text)| (*text).to_owned()).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    };
    read_source(file, &mut read).expect("the files are part of the program, and a test assembles them all")
}
