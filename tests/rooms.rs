//! The rooms keep to themselves (DESIGN, section 3): who may know whom, and who may name an engine or a door.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What a room may know of the others, by its normal dependencies. A room that is not here fails the test.
const MAY_KNOW: [(&str, &[&str]); 12] = [
    ("mighub-sdmx", &[]),
    ("mighub-vtl", &["mighub-sdmx"]),
    ("mighub-validation", &["mighub-sdmx", "mighub-vtl"]),
    ("mighub-workbook", &["mighub-sdmx", "mighub-validation"]),
    ("mighub-disclosure", &["mighub-sdmx"]),
    ("mighub-consolidation", &["mighub-sdmx"]),
    ("mighub", &["mighub-sdmx"]),
    ("mighub-store", &[]),
    ("mighub-intake", &["mighub", "mighub-sdmx", "mighub-validation", "mighub-workbook"]),
    (
        "mighub-client",
        &["mighub", "mighub-sdmx", "mighub-vtl", "mighub-validation", "mighub-workbook", "mighub-intake"],
    ),
    (
        "mighub-server",
        &[
            "mighub",
            "mighub-sdmx",
            "mighub-vtl",
            "mighub-validation",
            "mighub-workbook",
            "mighub-disclosure",
            "mighub-consolidation",
            "mighub-intake",
            "mighub-store",
        ],
    ),
    (
        "mighub-demo",
        &[
            "mighub",
            "mighub-sdmx",
            "mighub-vtl",
            "mighub-validation",
            "mighub-consolidation",
            "mighub-client",
            "mighub-server",
        ],
    ),
];

/// Crates that only some rooms may have: engines, doors, and a clock or network below them.
const ONLY_IN: [(&str, &[&str]); 9] = [
    ("sled", &["mighub-store"]),
    ("async-nats", &["mighub-store"]),
    ("tokio-postgres", &["mighub-store"]),
    ("sqlx", &["mighub-store"]),
    ("rusqlite", &["mighub-store"]),
    ("redb", &["mighub-store"]),
    ("axum", &["mighub-server"]),
    // The root has generated code, which names tonic.
    ("tonic", &["mighub", "mighub-client", "mighub-server"]),
    ("tokio", &["mighub-client", "mighub-server", "mighub-demo"]),
];

/// Words that only some folders may use: the door to gRPC is `rpc`, the port is `door`, `serve` joins them.
const SAID_ONLY_IN: [(&[&str], &str, &[&str]); 3] = [
    (&["axum::"], "server/src", &["door", "rest", "web", "serve", "rpc/mod.rs"]),
    (&["tonic::", "tonic_"], "server/src", &["rpc", "serve/start.rs", "bin"]),
    (&["sled::"], "server", &["store"]),
];

/// Below the doors there is no async and no clock.
const BELOW: [&str; 8] = [
    "sdmx/src",
    "vtl/src",
    "validation/src",
    "workbook/src",
    "disclosure/src",
    "consolidation/src",
    "intake/src",
    "server/src/hub",
];
const NOT_BELOW: [&str; 8] = [
    "async fn",
    ".await",
    "tokio::",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "getrandom::",
];

fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes its own workspace");
    metadata.workspace_packages().into_iter().cloned().collect()
}

fn normal_dependencies(package: &Package) -> BTreeSet<&str> {
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    normal.map(|dependency| dependency.name.as_str()).collect()
}

#[test]
fn every_room_knows_only_whom_it_may() {
    let may_know: BTreeMap<_, _> = MAY_KNOW.into_iter().collect();
    let packages = packages();
    let rooms: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    assert!(rooms.len() >= 7, "the workspace has lost rooms: {rooms:?}");
    let mut wrong = Vec::new();
    for package in &packages {
        let Some(allowed) = may_know.get(package.name.as_str()) else {
            wrong.push(format!("{} is a room that the design does not know", package.name));
            continue;
        };
        let known = normal_dependencies(package);
        let strangers = known.iter().filter(|name| rooms.contains(*name) && !allowed.contains(name));
        wrong.extend(strangers.map(|stranger| format!("{} knows {stranger}", package.name)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn engines_and_doors_are_named_in_one_room() {
    let mut wrong = Vec::new();
    let mut met = BTreeSet::new();
    for package in packages() {
        for (name, rooms) in ONLY_IN {
            if !normal_dependencies(&package).contains(name) {
                continue;
            }
            met.insert(name);
            if !rooms.contains(&package.name.as_str()) {
                wrong.push(format!("{} depends on {name}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for name in ["sled", "axum", "tonic", "tokio"] {
        assert!(met.contains(name), "nobody depends on {name}: this test looks at the wrong thing");
    }
}

#[test]
fn only_the_doors_of_the_server_speak_of_grpc_and_http() {
    let mut wrong = Vec::new();
    for (words, room, places) in SAID_ONLY_IN {
        for file in sources(&root().join(room)) {
            let inside = file.strip_prefix(root().join(room)).expect("a file of the room");
            if places.iter().any(|place| inside.starts_with(place)) {
                continue;
            }
            wrong.extend(lines_with(&file, words));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn below_the_doors_there_is_no_async_and_no_clock() {
    let files: Vec<PathBuf> = BELOW.iter().flat_map(|folder| sources(&root().join(folder))).collect();
    assert!(files.len() > 50, "only {} files were looked at", files.len());
    let wrong: Vec<String> = files.iter().flat_map(|file| lines_with(file, &NOT_BELOW)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Rust files below a folder; none, if the room is not built yet.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// Lines of code, not of comments, that have one of the words.
fn lines_with(file: &Path, words: &[&str]) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("a source file is text");
    let name = file.strip_prefix(root()).unwrap_or(file).display();
    let has = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        words.iter().any(|word| code.contains(word))
    };
    let numbered = text.lines().enumerate().filter(|(_, line)| has(line));
    numbered.map(|(number, line)| format!("{name}:{}: {}", number + 1, line.trim())).collect()
}
