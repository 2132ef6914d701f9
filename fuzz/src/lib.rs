//! What the targets share.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_message};

/// The shipped structures.
pub static STRUCTURES: LazyLock<Structures> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let mut structures = Structures::default();
    for entry in std::fs::read_dir(folder).expect("the folder of structures") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let message = read_message(&std::fs::read(path).expect("a file")).expect("a structure message");
            for (_, artefact) in message.structures.iter() {
                structures.put((**artefact).clone()).expect("it fits");
            }
        }
    }
    structures
});

/// Its dataflows by `AGENCY:ID(VERSION)`; resolving them takes longer than reading an input.
static DEFINITIONS: LazyLock<HashMap<String, Arc<DataDefinition>>> = LazyLock::new(|| {
    let dataflows = STRUCTURES.of_class(Class::Dataflow).map(|(reference, _)| reference);
    dataflows
        .filter_map(|reference| {
            Some((reference.short(), DataDefinition::resolve(&STRUCTURES, reference).ok()?))
        })
        .collect()
});

/// A dataflow by what a message says of it.
pub fn resolve(_: &str, name: &str) -> Option<Arc<DataDefinition>> {
    DEFINITIONS.get(name).cloned()
}
