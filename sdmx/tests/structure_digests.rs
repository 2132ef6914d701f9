//! The digests of the shipped dataflows' structures. Manifests name them: whatever the model learns to hold, they stay.

use std::path::Path;

use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_message, write_json};

/// Dataflow, and BLAKE3 digest of its canonical message, as they were when the first figures were stored by them.
const DIGESTS: [(&str, &str); 14] = [
    ("MIGHUB:MIG_ASYLUM(1.0.0)", "7ff3ac26fea63a54f01f1d478c74aba094a43a2d031c04c3fe47eaa02f6add18"),
    ("MIGHUB:MIG_BALANCE(1.0.0)", "116ff6a47cf410127b677bb5a3e0d4378e9d2cbe240daeded7952faac5caf885"),
    ("MIGHUB:MIG_CENSUS(1.0.0)", "9b20759501bcbd73bdf4a78ac684384b770e010baf5f7beded157199f12cfde1"),
    ("MIGHUB:MIG_FLOW(1.0.0)", "fe2d6d2f2c1cd01e919f41ea0310e47226f42e2fa27eb9d9f1aa21f006f9ad52"),
    ("MIGHUB:MIG_FLOW_OD(1.0.0)", "9fb8b87c4c65fc446282f1c378a5bcf1a6d520c5fc1db301f3a368766072a2d3"),
    ("MIGHUB:MIG_LABOUR(1.0.0)", "8c33e1f458206eb1897e304c1235b0e3f2963acb8c2ed36860d2f2e96ab106b9"),
    ("MIGHUB:MIG_MODE4(1.0.0)", "d0d013d8334a697f0464aa1d254a849101657e86dd4521b538898320322599f5"),
    ("MIGHUB:MIG_POLICY(1.0.0)", "4f46367d40252c337511af52d33853353c5808cb2b7516a25fae01394a12d2ed"),
    ("MIGHUB:MIG_REFUGEE(1.0.0)", "3fbf1c4fe71208bdf1e534137f1d603521d08a0f43a2636ec51b6ca599c69173"),
    ("MIGHUB:MIG_REMIT(1.0.0)", "c4ef7cf9a3b4fa4c7f30c762947f00711bef559c70bf6abaf2ccdbfbc4101f98"),
    ("MIGHUB:MIG_STOCK(1.0.0)", "7cee464d86ac37cba1b1a8abf568bfb3b603ed7875dbc0405cf63694a434bf7b"),
    ("MIGHUB:MIG_STOCK_OD(1.0.0)", "0bcc34d838dd9055be748519f4922c6535d1ca8affee305ee88fc6a46712b2ac"),
    ("MIGHUB:MIG_TRAFFICKING(1.0.0)", "e7ed9b18afb47bdd328e9cf94b48e6880a4bfdc64b2e8380a0eab5c4c676e969"),
    ("MIGHUB:MIG_TREATY(1.0.0)", "2a6243449699128a3bf33c6b86922a2919a24c0afcb2b4812409e597b02796e8"),
];

fn package() -> Structures {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let mut structures = Structures::default();
    for entry in std::fs::read_dir(folder).expect("the folder structures/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let message = read_message(&std::fs::read(&path).expect("a readable file"));
            let message = message.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for (_, artefact) in message.structures.iter() {
                structures.put((**artefact).clone()).expect("a new artefact");
            }
        }
    }
    structures
}

fn digests(structures: &Structures) -> Vec<(String, String)> {
    let digest = |reference| {
        let definition = DataDefinition::resolve(structures, reference).expect("a usable dataflow");
        blake3::hash(definition.canonical_json()).to_hex().to_string()
    };
    structures
        .of_class(Class::Dataflow)
        .map(|(reference, _)| (reference.short(), digest(reference)))
        .collect()
}

fn expected() -> Vec<(String, String)> {
    DIGESTS.into_iter().map(|(dataflow, digest)| (dataflow.to_owned(), digest.to_owned())).collect()
}

#[test]
fn the_digests_of_the_shipped_dataflows_never_change() {
    assert_eq!(digests(&package()), expected());
}

#[test]
fn a_dataflow_read_from_its_canonical_message_has_the_same_digest() {
    let structures = package();
    for (dataflow, digest) in expected() {
        let (reference, _) = structures.find(Class::Dataflow, &dataflow).expect("a shipped dataflow");
        let definition = DataDefinition::resolve(&structures, reference).expect("a usable dataflow");
        let message = read_message(definition.canonical_json()).expect("a message");
        assert_eq!(digests(&message.structures), [(dataflow, digest)]);
        assert_eq!(write_json(&message.structures), definition.canonical_json());
    }
}
