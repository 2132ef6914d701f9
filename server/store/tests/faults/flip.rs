//! Flipped bits and lost ends in every kind of file: an error or the right answer, never a wrong one.

use std::path::Path;

use mighub_store::{Batch, Error, Name, Position, Store};

use super::attack::{Attack, rounds};
use super::random::Random;
use crate::{name, object, open, options, record};

const RECORDS: u64 = 40;
/// Of each kind of damage to each file: together a little more than a thousand.
const ROUNDS: u64 = 42;
/// Bytes of a zeroed page; the files here are small.
const PAGE: usize = 512;

/// Several files of each kind, one of them swept, and one object expunged.
pub(crate) fn fill(folder: &Path) {
    let store = open(folder);
    for nth in 0..RECORDS {
        let objects = vec![object(nth, content(nth)), object(1_000 + nth, "orphan")];
        let new = record(1, None, format!("record {nth}").as_bytes());
        store
            .commit(Batch { objects, record: Some(new), time_ms: nth as i64, ..Batch::default() })
            .expect("commits");
    }
    store.sweep(6, &|asked| *asked == name(0) || asked.0[1] == 0).expect("sweeps");
    store.expunge(name(20)).expect("expunges");
    store.close();
    // The tests name the last files.
    assert!(
        folder.join("journal/0000000003.journal").exists()
            && !folder.join("journal/0000000004.journal").exists()
    );
    assert!(
        folder.join("blocks/0000000005.blocks").exists() && !folder.join("blocks/0000000006.blocks").exists()
    );
}

pub(crate) fn content(nth: u64) -> Vec<u8> {
    vec![nth as u8; 300]
}

/// Whether every answer is right or an error; how many were errors.
fn errors(store: &Store) -> u64 {
    let mut errors = 0;
    assert_eq!(store.records(), RECORDS, "a record is silently missing");
    for nth in 0..RECORDS {
        match store.record(Position(nth)) {
            Ok(entry) => assert_eq!(entry.payload, format!("record {nth}").as_bytes()),
            Err(_) => errors += 1,
        }
        match store.object(&name(nth)) {
            Ok(bytes) => assert!(bytes == content(nth) && nth != 20),
            Err(Error::Gone(_)) if nth == 20 => {}
            Err(error) => {
                assert!(!matches!(error, Error::NotFound(_)), "object {nth} is silently missing");
                errors += 1;
            }
        }
    }
    assert!(store.object(&Name([9; 32])).is_err());
    errors
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry").path();
        let target = to.join(entry.file_name().expect("a name"));
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            std::fs::copy(&entry, &target).expect("copies");
        }
    }
}

pub(crate) fn flip(path: &Path, bit: u64) {
    let mut bytes = std::fs::read(path).expect("a file");
    let at = (bit / 8) as usize % bytes.len();
    bytes[at] ^= 1 << (bit % 8);
    std::fs::write(path, bytes).expect("writes");
}

/// What is done to the bytes of a file.
type Harm = fn(&mut Vec<u8>, &mut Random);

const HARMS: [(&str, Harm); 3] = [
    ("flipped_bit", |bytes, random| {
        let bit = random.below(bytes.len() as u64 * 8) as usize;
        bytes[bit / 8] ^= 1 << (bit % 8);
    }),
    ("zeroed_page", |bytes, random| {
        let page = random.below((bytes.len().div_ceil(PAGE)) as u64) as usize;
        bytes.iter_mut().skip(page * PAGE).take(PAGE).for_each(|byte| *byte = 0);
    }),
    ("lost_end", |bytes, random| {
        // Sometimes all of it: then no torn frame tells.
        let keep = if random.below(8) == 0 { 0 } else { random.below(bytes.len() as u64) };
        bytes.truncate(keep as usize);
    }),
];

#[test]
fn no_damage_to_any_file_is_silent() {
    let mut attack = Attack::of("damaged_files");
    let mut random = attack.random();
    let whole = crate::folder();
    fill(whole.path());
    assert_eq!(errors(&open(whole.path())), 0);
    for file in FILES {
        for (kind, harm) in HARMS {
            let mut noticed = 0;
            for _ in 0..rounds(ROUNDS) {
                let folder = crate::folder();
                copy(whole.path(), folder.path());
                let path = folder.path().join(file);
                let before = std::fs::read(&path).expect("a file");
                let mut bytes = before.clone();
                harm(&mut bytes, &mut random);
                std::fs::write(&path, &bytes).expect("writes");
                attack.inject(kind);
                attack.fired(kind, bytes != before);
                match Store::open(folder.path(), options()) {
                    Ok((store, _)) if errors(&store) > 0 => {
                        attack.count("found_when_read", 1);
                        noticed += 1;
                    }
                    Ok(_) => attack.count("right_all_the_same", 1),
                    Err(error) => {
                        let text = error.to_string();
                        let has_remedy =
                            text.contains("fsck") || text.contains("use the program that wrote it");
                        assert!(has_remedy && text.contains(file), "{text}");
                        attack.count("refused_at_start", 1);
                        noticed += 1;
                    }
                }
            }
            let is_record = file.ends_with("journal") || file.ends_with("blocks") || file == "FORMAT";
            assert!(!is_record || noticed > 0, "{kind} of {file}");
        }
    }
    attack.finish();
}

/// The first and the last files, one in between, and what is derived from them.
const FILES: [&str; 8] = [
    "journal/0000000000.journal",
    "journal/0000000003.journal",
    "blocks/0000000000.blocks",
    "blocks/0000000003.blocks",
    "blocks/0000000005.blocks",
    "blocks/0000000001.index",
    "witness",
    "FORMAT",
];

#[test]
fn a_lost_file_is_refused() {
    for file in ["journal/0000000001.journal", "blocks/0000000001.blocks", "FORMAT"] {
        let folder = crate::folder();
        fill(folder.path());
        std::fs::remove_file(folder.path().join(file)).expect("removes");
        assert!(Store::open(folder.path(), options()).is_err(), "{file}");
    }
    // The index and the witness are derived.
    for file in ["blocks/0000000001.index", "witness"] {
        let folder = crate::folder();
        fill(folder.path());
        std::fs::remove_file(folder.path().join(file)).expect("removes");
        assert_eq!(errors(&open(folder.path())), 0, "{file}");
    }
}
