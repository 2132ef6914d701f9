//! Flipped bits in every kind of file: an error or the right answer, never a wrong one.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use mighub_store::{
    Batch, Name, NewRecord, Object, Options, Position, SledView, Store, View, ViewBatch, ViewOpened,
};

use crate::{lane, name, open};

const RECORDS: u64 = 40;

fn fill(folder: &Path) {
    let store = open(folder);
    for nth in 0..RECORDS {
        let object = Object { name: name(nth), bytes: Bytes::from(vec![nth as u8; 300]) };
        let record = NewRecord {
            lane: lane(1),
            expect: None,
            position: None,
            payload: Bytes::from(format!("record {nth}")),
        };
        store
            .commit(Batch {
                objects: vec![object],
                record: Some(record),
                time_ms: nth as i64,
                ..Batch::default()
            })
            .expect("commits");
    }
    store.close();
}

/// Whether every answer is right or an error; how many were errors.
fn errors(store: &Store) -> usize {
    let mut errors = 0;
    assert_eq!(store.records(), RECORDS, "a record is silently missing");
    for nth in 0..RECORDS {
        match store.record(Position(nth)) {
            Ok(entry) => assert_eq!(entry.payload, format!("record {nth}").as_bytes()),
            Err(_) => errors += 1,
        }
        match store.object(&name(nth)) {
            Ok(bytes) => assert_eq!(&bytes[..], &vec![nth as u8; 300][..]),
            Err(_) => errors += 1,
        }
    }
    assert!(store.object(&Name([9; 32])).is_err());
    errors
}

fn copy(from: &Path, to: &Path) {
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

fn flip(path: &Path, bit: u64) {
    let mut bytes = std::fs::read(path).expect("a file");
    let at = (bit / 8) as usize % bytes.len();
    bytes[at] ^= 1 << (bit % 8);
    std::fs::write(path, bytes).expect("writes");
}

#[test]
fn a_flipped_bit_is_never_silently_wrong() {
    let whole = tempfile::tempdir().expect("a folder");
    fill(whole.path());
    let mut random = 0x2545_F491_4F6C_DD1Du64;
    for file in
        ["journal/0000000000.journal", "blocks/0000000000.blocks", "blocks/index", "witness", "FORMAT"]
    {
        let (mut fired, mut refused, mut found) = (0, 0, 0);
        for _ in 0..60 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let folder = tempfile::tempdir().expect("a folder");
            copy(whole.path(), folder.path());
            flip(&folder.path().join(file), random);
            fired += 1;
            match Store::open(folder.path(), Options { free_space_min: 0, ..Options::default() }) {
                Ok((store, _)) => found += usize::from(errors(&store) > 0),
                Err(_) => refused += 1,
            }
        }
        println!(
            "flipped bits in {file}: {fired} fired, {refused} refused at start, {found} found when read, none silent"
        );
        assert_eq!(fired, 60);
    }
}

fn view_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files.extend(view_files(&path)) } else { files.push(path) }
    }
    files.retain(|path| std::fs::metadata(path).is_ok_and(|meta| meta.len() > 0));
    files
}

#[test]
fn a_damaged_view_is_noticed_or_begun_anew() {
    let whole = tempfile::tempdir().expect("a folder");
    let path = whole.path().join("view");
    {
        let (view, _) = SledView::open(&path).expect("opens");
        for nth in 0..200u32 {
            let mut batch = ViewBatch::default();
            batch.put(format!("key{nth:04}"), vec![nth as u8; 100]);
            view.apply(&batch, u64::from(nth) + 1).expect("applies");
        }
        view.checkpoint().expect("flushes");
    }
    let mut random = 0x9E37_79B9_7F4A_7C15u64;
    let (mut fired, mut anew, mut noticed) = (0, 0, 0);
    for round in 0..40 {
        let folder = tempfile::tempdir().expect("a folder");
        let view_path = folder.path().join("view");
        copy(&path, &view_path);
        let files = view_files(&view_path);
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let file = &files[random as usize % files.len()];
        if round % 4 == 0 {
            let bytes = std::fs::read(file).expect("a file").len();
            std::fs::write(file, vec![random as u8; bytes]).expect("writes");
        } else {
            flip(file, random >> 8);
        }
        fired += 1;
        let (view, opened) = SledView::open(&view_path).expect("a view, if an empty one");
        anew += usize::from(opened != ViewOpened::Kept);
        let Ok(records) = view.records() else {
            noticed += 1;
            continue;
        };
        // sled may fall back to an older state: then its position says so, and the hub derives the rest.
        for nth in 0..200u32 {
            match view.get(format!("key{nth:04}").as_bytes()) {
                Ok(Some(value)) => assert_eq!(value, vec![nth as u8; 100]),
                Ok(None) => assert!(u64::from(nth) >= records, "key {nth} is silently missing at {records}"),
                Err(_) => noticed += 1,
            }
        }
    }
    println!("damaged view: {fired} fired, {anew} begun anew, {noticed} noticed when read, none silent");
    assert_eq!(fired, 40);
}
