//! What is said on pages, against what the catalogues have.

use std::collections::BTreeSet;
use std::path::Path;

use crate::web::language::{Language, catalogue};

#[test]
fn everything_that_is_said_is_in_the_catalogue_in_every_complete_language() {
    let english = catalogue(Language::English);
    let mut faults = Vec::new();
    for language in Language::ALL {
        let known = catalogue(language);
        let is_complete = Language::COMPLETE.contains(&language);
        let lacking = english.keys().filter(|key| is_complete && !known.contains_key(*key));
        faults.extend(lacking.map(|key| format!("{key} is not in {}", language.tag())));
        for (key, text) in known {
            let Some(model) = english.get(key) else {
                faults.push(format!("{key} of {} is nobody's", language.tag()));
                continue;
            };
            let places =
                |text: &str| (0..4).map(|nth| text.contains(&format!("{{{nth}}}"))).collect::<Vec<_>>();
            if places(text) != places(model) || text.trim().is_empty() {
                faults.push(format!("{key} of {}: {text:?}", language.tag()));
            }
        }
    }
    let (said, sources) = said();
    faults.extend(
        said.iter()
            .filter(|key| !english.contains_key(*key))
            .map(|key| format!("{key} is said and not in en")),
    );
    // Keys that are made of parts, such as those of states, do not stand anywhere as a whole.
    let is_made = |key: &str| ["state.", "upload.kind."].iter().any(|beginning| key.starts_with(beginning));
    let unused = english.keys().filter(|key| !is_made(key) && !sources.contains(&format!("\"{key}\"")));
    faults.extend(unused.map(|key| format!("{key} is never said")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Keys in templates and sources, and all of their text.
fn said() -> (BTreeSet<String>, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("templates"), root.join("src/web")];
    let (mut said, mut all) = (BTreeSet::new(), String::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "html" || ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a text");
                for call in [".t(\"", ".t1(\"", ".t2(\"", ".titled(\"", ".say(\""] {
                    let keys = text.split(call).skip(1).filter_map(|rest| rest.split_once('"'));
                    said.extend(keys.map(|(key, _)| key.to_owned()));
                }
                all.push_str(&text);
            }
        }
    }
    // This function's own beginnings of calls are no keys.
    said.retain(|key| key.contains('.') && !key.contains([' ', ',']));
    (said, all)
}
