//! What fsck makes of damage.

use std::path::Path;

use mighub_store::{Batch, Error, FsckError, FsckReport, Position, Remedies, Store, fsck};

use super::flip::{content, copy, fill};
use crate::{name, object, open, options, record};

const RECORDS: u64 = 40;

fn snapshot(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for part in ["", "journal", "blocks"] {
        for entry in std::fs::read_dir(folder.join(part)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                files.push((path.clone(), std::fs::read(path).expect("reads")));
            }
        }
    }
    files.sort();
    files
}

/// Inverts a byte at a share of a file.
fn harm(folder: &Path, file: &str, at: impl Fn(&[u8]) -> usize) {
    let path = folder.join(file);
    let mut bytes = std::fs::read(&path).expect("a file");
    let at = at(&bytes);
    bytes[at] ^= 0xFF;
    std::fs::write(path, bytes).expect("writes");
}

fn repair(folder: &Path, accept_loss: bool) -> Result<FsckReport, FsckError> {
    fsck(folder, Remedies { accept_loss, ..Remedies::default() })
}

/// First looks, and changes nothing; then repairs.
fn repaired(folder: &Path) -> FsckReport {
    let before = snapshot(folder);
    let seen = repair(folder, false).expect("a report");
    assert!(!seen.damage.is_empty() && !seen.is_repaired && seen.copies.is_empty(), "{seen:?}");
    assert_eq!(snapshot(folder), before, "looking changes nothing");
    let done = repair(folder, true).expect("repairs");
    assert!(done.is_repaired, "{done:?}");
    assert_eq!((&done.damage, done.records_lost), (&seen.damage, seen.records_lost));
    for (path, bytes) in before {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let is_same = |path: &Path| std::fs::read(path).is_ok_and(|now| now == bytes);
        let is_record = name.ends_with("journal") || name.ends_with("blocks");
        // What is appended later leaves what was there as it was.
        let kept = std::fs::read(&path).is_ok_and(|now| now.starts_with(&bytes))
            || done.copies.iter().any(|copy| is_same(copy));
        assert!(!is_record || kept, "{name} is neither kept nor copied");
    }
    assert!(repair(folder, false).expect("a report").damage.is_empty(), "repaired is repaired");
    done
}

fn filled() -> tempfile::TempDir {
    let folder = crate::folder();
    fill(folder.path());
    folder
}

#[test]
fn a_sound_store_needs_no_repair() {
    let folder = filled();
    let before = snapshot(folder.path());
    let report = repair(folder.path(), true).expect("a report");
    assert_eq!(report, FsckReport { records_kept: RECORDS, ..FsckReport::default() });
    assert_eq!(snapshot(folder.path()), before);
}

#[test]
fn a_damaged_journal_is_cut_where_the_damage_begins() {
    for file in ["journal/0000000001.journal", "journal/0000000003.journal"] {
        for share in 0..5 {
            let folder = filled();
            harm(folder.path(), file, |bytes| (bytes.len() - 1) * share / 4);
            assert!(Store::open(folder.path(), options()).is_err());
            let report = repaired(folder.path());
            assert_eq!(report.records_kept + report.records_lost, RECORDS, "{report:?}");
            assert!(report.records_lost > 0 && report.objects_lost.is_empty());
            let store = open(folder.path());
            assert_eq!(store.records(), report.records_kept);
            for nth in 0..report.records_kept {
                assert_eq!(
                    store.record(Position(nth)).expect("a record").payload,
                    format!("record {nth}").as_bytes()
                );
            }
            let new = Batch {
                record: Some(record(1, Some(store.head(&crate::lane(1))), b"new")),
                ..Batch::default()
            };
            assert_eq!(store.commit(new).ok(), Some(Some(Position(report.records_kept))));
        }
    }
}

#[test]
fn damaged_blocks_cost_the_damaged_object_and_no_other() {
    for (file, share) in
        [("blocks/0000000001.blocks", 1), ("blocks/0000000002.blocks", 2), ("blocks/0000000004.blocks", 3)]
    {
        for is_header in [false, true] {
            let folder = filled();
            harm(folder.path(), file, |bytes| {
                let from = bytes.len() * share / 4;
                let magic =
                    bytes[from..].windows(4).position(|window| window == b"mhf1").map_or(0, |at| from + at);
                magic + if is_header { 20 } else { 165 }
            });
            let report = repaired(folder.path());
            assert_eq!((report.records_kept, report.records_lost), (RECORDS, 0), "{report:?}");
            let store = open(folder.path());
            let is_lost = |nth: &u64| match store.object(&name(*nth)) {
                Ok(bytes) => bytes != content(*nth),
                Err(Error::Gone(_)) => *nth != 20,
                Err(_) => true,
            };
            let lost: Vec<u64> = (0..RECORDS).filter(is_lost).collect();
            assert!(lost.len() <= 1, "{file}: {lost:?} are lost: {report:?}");
            for nth in lost {
                // Its office may send it again.
                assert_eq!(store.has(&[name(nth)]), [false]);
                store
                    .commit(Batch { objects: vec![object(nth, content(nth))], ..Batch::default() })
                    .expect("commits");
                assert_eq!(store.object(&name(nth)).expect("an object"), content(nth));
            }
        }
    }
}

#[test]
fn a_lost_end_is_accepted_as_lost() {
    let folder = filled();
    let path = folder.path().join("journal/0000000003.journal");
    let bytes = std::fs::read(&path).expect("a file");
    std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("writes");
    let report = repaired(folder.path());
    assert!(report.records_lost > 0);
    assert_eq!(open(folder.path()).records(), report.records_kept);
}

#[test]
fn a_damaged_format_is_written_anew_and_a_newer_one_never() {
    let folder = filled();
    std::fs::write(folder.path().join("FORMAT"), "mighub stare 1\n").expect("writes");
    repaired(folder.path());
    assert_eq!(open(folder.path()).records(), RECORDS);
    std::fs::write(folder.path().join("FORMAT"), "mighub store 2\n").expect("writes");
    let error = repair(folder.path(), true).expect_err("refused").to_string();
    assert!(error.contains("use the program that wrote it"), "{error}");
}

#[test]
fn an_open_store_is_not_repaired() {
    let folder = filled();
    let _store = open(folder.path());
    assert!(repair(folder.path(), true).is_err());
    let other = crate::folder();
    copy(folder.path(), other.path());
    assert!(repair(other.path(), false).is_ok());
}
