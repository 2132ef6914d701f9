//! Damage to the view: it is noticed when the view is opened, which then is empty, and never answers wrongly.

use std::path::{Path, PathBuf};

use mighub_store::{SledView, View, ViewBatch, ViewOpened};

use super::attack::{Attack, rounds};
use super::flip::{copy, flip};
use super::random::Random;

const ENTRIES: u64 = 300;
/// Large enough for several of sled's segments.
const VALUE_BYTES: usize = 4_000;
const CHECKPOINT_EVERY: u64 = 25;
const ROUNDS: u64 = 40;

fn fill(path: &Path) {
    let (view, _) = SledView::open(path).expect("opens");
    for nth in 0..ENTRIES {
        let mut batch = ViewBatch::default();
        batch.put(format!("key{nth:04}"), vec![nth as u8; VALUE_BYTES]);
        view.apply(&batch, nth + 1).expect("applies");
        if nth % CHECKPOINT_EVERY == 0 {
            view.checkpoint().expect("flushes");
        }
    }
    view.checkpoint().expect("flushes");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.retain(|path| std::fs::metadata(path).is_ok_and(|file| file.len() > 0));
    found.sort();
    found
}

/// Damages a view; it then is whole up to the record that it names, or was begun anew.
fn damage(test: &'static str, damage: impl Fn(&Path, &mut Random)) {
    let mut attack = Attack::of(test);
    let mut random = attack.random();
    let whole = crate::folder();
    let path = whole.path().join("view");
    fill(&path);
    for _ in 0..rounds(ROUNDS) {
        attack.inject("damage");
        let folder = crate::folder();
        let view_path = folder.path().join("view");
        copy(&path, &view_path);
        let files = files(&view_path);
        damage(&files[random.below(files.len() as u64) as usize], &mut random);
        let (view, opened) = SledView::open(&view_path).expect("a view, if an empty one");
        let records = view.records().expect("a position");
        attack.fired("damage", opened != ViewOpened::Kept || records < ENTRIES);
        attack.count("begun_anew", u64::from(opened != ViewOpened::Kept));
        attack.count("at_an_earlier_record", u64::from(opened == ViewOpened::Kept && records < ENTRIES));
        assert!(opened == ViewOpened::Kept || records == 0);
        for nth in 0..ENTRIES {
            let expected = (nth < records).then(|| vec![nth as u8; VALUE_BYTES]);
            assert_eq!(view.get(format!("key{nth:04}").as_bytes()), Ok(expected), "key {nth} at {records}");
        }
        let mut batch = ViewBatch::default();
        batch.put("more", "more");
        view.apply(&batch, records + 1).expect("takes changes");
    }
    attack.finish();
}

#[test]
fn a_view_with_a_flipped_bit_is_begun_anew_or_right() {
    damage("flipped_bit_in_the_view", |file, random| flip(file, random.next()));
}

#[test]
fn a_view_of_random_bytes_is_begun_anew() {
    damage("random_bytes_in_the_view", |file, random| {
        let bytes = std::fs::metadata(file).expect("a file").len();
        let bytes: Vec<u8> = (0..bytes).map(|_| random.next() as u8).collect();
        std::fs::write(file, bytes).expect("writes");
    });
}

#[test]
fn a_view_with_a_lost_end_is_begun_anew_or_at_an_earlier_record() {
    damage("lost_end_in_the_view", |file, random| {
        let bytes = std::fs::read(file).expect("a file");
        std::fs::write(file, &bytes[..random.below(bytes.len() as u64) as usize]).expect("writes");
    });
}

#[test]
fn a_file_in_place_of_the_view_is_set_aside() {
    let folder = crate::folder();
    let path = folder.path().join("view");
    std::fs::write(&path, "not a folder").expect("writes");
    let (view, opened) = SledView::open(&path).expect("opens");
    assert!(matches!(opened, ViewOpened::Emptied(_)));
    assert_eq!(view.records(), Ok(0));
}
