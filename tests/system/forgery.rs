//! Forged, moved, rolled-back and forked words of a hub: whoever holds one old head or receipt finds them all out.
//!
//! The attack prints one line of JSON, as those of `tests/trust` do: `forged_moved_rolled_back_forked`.

use std::path::Path;
use std::time::Instant;

use mighub_client::{Config, Error, Home, Progress, PushOptions, VerifyOptions, verify};
use mighub_server::witness::ExportError;
use serde_json::{Value, json};

use crate::evidence::{broken, by, exported, figures, sent, stage, whats};
use crate::office::random::{Random, say, seed};
use crate::office::{Stage, text};

/// Bits that are flipped in the words of a hub.
const FLIPPED: usize = 300;

/// Flips one bit in a text of Base64 somewhere in the evidence of a receipt's file. Gives the name of the field.
fn flip(file: &mut Value, random: &mut Random) -> String {
    let evidence = file["evidence"].as_object_mut().expect("evidence");
    let names = ["body", "signature", "record", "header", "header_signature"];
    let name = names[random.below(names.len() as u64) as usize];
    let text = evidence[name].as_str().expect("Base64").to_owned();
    let place = random.below(text.len() as u64 - 4) as usize;
    let mut bytes = text.into_bytes();
    // Another letter of the alphabet is another bit of the content.
    bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
    evidence[name] = Value::from(String::from_utf8(bytes).expect("letters"));
    name.to_owned()
}

fn holds(path: &Path, options: &VerifyOptions) -> bool {
    verify(path, options).is_ok_and(|found| found.holds())
}

/// Lets an office call another hub than the one it knows: the same name, the same keys, another address.
fn redirect(home: &Home, to: &Stage) {
    let config = Config { hub: to.address().to_string(), ..home.config().expect("enrolled") };
    home.save_config(&config).expect("saved");
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_moved_rolled_back_and_forked_words_of_a_hub_are_all_detected() {
    let started = Instant::now();
    let mut random = Random::of("evidence");
    let mut details = serde_json::Map::new();
    let mut missed = Vec::new();
    let stage = stage().await;
    let first = sent(&stage, "SWE", 2015).await;
    let second = sent(&stage, "SWE", 2016).await;
    let options = by(stage.home("SWE"));
    assert!(holds(&first.path, &options) && holds(&second.path, &options), "what was not touched holds");

    // Forged: one letter of what was signed, or of a signature.
    let path = stage.path("forged.json");
    let original: Value =
        serde_json::from_slice(&std::fs::read(&first.path).expect("a receipt")).expect("JSON");
    for _ in 0..FLIPPED {
        let mut file = original.clone();
        let field = flip(&mut file, &mut random);
        std::fs::write(&path, file.to_string()).expect("written");
        if holds(&path, &options) {
            missed.push(format!("forged {field}"));
        }
    }
    details.insert("forged_receipts".into(), json!(FLIPPED));

    // Moved: the parts of one receipt in another.
    let other: Value =
        serde_json::from_slice(&std::fs::read(&second.path).expect("a receipt")).expect("JSON");
    let parts = ["body", "signature", "record", "header", "header_signature"];
    for part in parts {
        let mut file = original.clone();
        file["evidence"][part] = other["evidence"][part].clone();
        std::fs::write(&path, file.to_string()).expect("written");
        if holds(&path, &options) {
            missed.push(format!("moved {part}"));
        }
    }
    details.insert("moved_parts".into(), json!(parts.len()));

    // Forged and moved heads, beside an honest receipt.
    let (one, two) = (stage.path("one"), stage.path("two"));
    stage.client("SWE").await.evidence(&first.body.submission_id, &one).await.expect("fetched");
    sent(&stage, "NOR", 2015).await;
    stage.client("SWE").await.evidence(&first.body.submission_id, &two).await.expect("fetched");
    let read = |folder: &Path| -> Value {
        serde_json::from_slice(&std::fs::read(folder.join("receipt.json")).expect("a receipt")).expect("JSON")
    };
    let (older, newer) = (read(&one), read(&two));
    let parts = ["head", "signature", "inclusion", "consistency"];
    for part in parts {
        let mut file = older.clone();
        file["evidence"]["later"][part] = newer["evidence"]["later"][part].clone();
        std::fs::write(one.join("receipt.json"), file.to_string()).expect("written");
        if holds(&one, &options) {
            missed.push(format!("moved {part} of a head"));
        }
    }
    details.insert("moved_heads".into(), json!(parts.len()));
    drop(first);

    // Rolled back, and forked: two copies of the hub go on apart.
    let template = stage.into_template().await;
    let (honest, fork) = (template.open().await, template.open().await);
    let known = sent(&honest, "SWE", 2017).await;
    let witness = honest.path("witness");
    exported(&honest, &witness).await.expect("exported");
    let home = honest.home("SWE");
    let pinned = std::fs::read(home.folder().join("history.json")).expect("what the home knows");

    redirect(&home, &fork);
    let (_, words) = broken(&honest.client("SWE").await).await;
    if !(words.contains("rolled back") && words.contains("history.json") && words.contains("operator")) {
        missed.push(format!("rolled back: {words}"));
    }
    // As long as the honest one, and longer.
    for (kind, years) in [("as long", 1), ("longer", 3)] {
        for year in 0..years {
            sent(&fork, "NOR", 2020 + 10 * years + year).await;
        }
        let (_, words) = broken(&honest.client("SWE").await).await;
        if !words.contains("does not go on from") {
            missed.push(format!("forked, {kind}: {words}"));
        }
    }
    // A push is refused before any figure leaves the office.
    let hub = honest.client("SWE").await;
    let (options, silent) = (PushOptions::default(), Progress::silent());
    let pushed = hub.push(text(figures(2018, "1,A,F")), &options, &silent).await;
    if !matches!(pushed, Err(Error::History(_))) {
        missed.push("a push to a forked hub".into());
    }
    details.insert("other_histories".into(), json!(4));
    assert_eq!(
        std::fs::read(home.folder().join("history.json")).expect("kept"),
        pinned,
        "the old head stays"
    );
    assert!(home.folder().join("history-contradiction.json").is_file(), "and what contradicts it is kept");

    // With nothing but the receipt, and with nothing but the witness's head.
    std::fs::remove_file(home.folder().join("history.json")).expect("forgotten");
    let found = honest.client("SWE").await.verify(&known.path, &by(home.clone())).await.expect("answered");
    if found.holds() || whats(&found.failed) != ["history"] {
        missed.push(format!("a receipt of another history: {found:?}"));
    }
    let head = VerifyOptions { against: Some(witness.clone()), ..by(fork.home("NOR")) };
    let forked = sent(&fork, "NOR", 2060).await;
    let found = fork.client("NOR").await.verify(&forked.path, &head).await.expect("answered");
    if found.holds() || whats(&found.failed) != ["witness"] {
        missed.push(format!("a witness of another history: {found:?}"));
    }
    if !matches!(exported(&fork, &witness).await, Err(ExportError::OtherHistory { .. })) {
        missed.push("an export of another history".into());
    }
    details.insert("receipt_or_witness_alone".into(), json!(3));
    let injected = FLIPPED + 5 + 4 + 4 + 3;
    let line = json!({
        "attack": "forged_moved_rolled_back_forked", "seed": seed(), "long": false, "rounds": 1,
        "injected": injected, "fired": injected, "failed": missed.len(),
        "seconds": started.elapsed().as_secs_f64(), "details": details,
    });
    say(&line.to_string());
    assert_eq!(missed, Vec::<String>::new());
    honest.close().await;
    fork.close().await;
}
