//! The tree beside a view, against one that is made of all leaves at once.

use std::sync::Arc;

use mighub::evidence::{MemoryTree, inclusion_proof, root_of, verify_consistency, verify_inclusion};
use mighub_store::{Batch, Lane, MemoryView, NewRecord, Options, Position, Store, View, ViewBatch};
use tempfile::TempDir;

use super::tree::TreeError;
use super::{Leaves, LogTree};
use crate::hub::moment::Moment;
use crate::hub::rows::{LOG_STAMP, log_tile_root_key};

const SECRET: [u8; 32] = [7; 32];
/// Two full tiles and a part of a third.
const RECORDS: u64 = 600;

struct Journal {
    store: Store,
    _folder: TempDir,
}

impl Journal {
    /// A journal of small records; `first` is what the first one says.
    fn of(records: u64, first: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, _) = Store::open(folder.path(), Options::default()).expect("a store");
        let mut waiting = Vec::new();
        for nth in 0..records {
            let text = if nth == 0 { first.to_owned() } else { format!("record {nth}") };
            let record = NewRecord {
                lane: Lane(Arc::from(&b""[..])),
                expect: None,
                position: None,
                payload: text.into_bytes().into(),
            };
            let (sender, receiver) = std::sync::mpsc::sync_channel(1);
            let batch = Batch { record: Some(record), time_ms: 1_000 + nth as i64, ..Batch::default() };
            store.submit(batch, move |answer| sender.send(answer).expect("somebody waits"));
            waiting.push(receiver);
        }
        for receiver in waiting {
            receiver.recv().expect("an answer").expect("written");
        }
        Self { store, _folder: folder }
    }

    fn open(&self, view: &dyn View) -> Result<LogTree, TreeError> {
        LogTree::open(&self.store, view, Leaves::of_secret(&SECRET))
    }

    /// Takes records in up to `size`, as the hub does.
    fn take_in(&self, log: &LogTree, view: &dyn View, size: u64) {
        for position in log.size()..size {
            let entry = self.store.record(Position(position)).expect("a record");
            let mut batch = ViewBatch::default();
            let leaf = log.next(&entry, &mut batch);
            view.apply(&batch, position + 1).expect("applied");
            log.take(&leaf);
        }
    }

    fn whole(&self) -> MemoryTree {
        let leaves = Leaves::of_secret(&SECRET);
        let leaf = |position| {
            let entry = self.store.record(Position(position)).expect("a record");
            leaves.hash(position, Moment(entry.effective_ms), &entry.payload)
        };
        (0..self.store.records()).map(leaf).collect()
    }
}

#[test]
fn the_tree_beside_a_view_gives_the_proofs_of_the_whole_one() {
    let journal = Journal::of(RECORDS, "record 0");
    let mut whole = journal.whole();
    let view = MemoryView::default();
    let log = journal.open(&view).expect("an empty tree");
    journal.take_in(&log, &view, RECORDS);
    // Opened again it is the same, with the tiles from the view and the rest from the journal.
    for log in [&log, &journal.open(&view).expect("the same tree")] {
        for size in (1..=RECORDS).step_by(37).chain([255, 256, 257, 512, RECORDS]) {
            let Ok(root) = root_of(&mut whole, size);
            assert_eq!(log.root(&view, size).expect("a root"), root, "{size} records");
            for position in (0..size).step_by(41).chain([size - 1]) {
                let proof = log.inclusion(&view, position, size).expect("a proof");
                assert_eq!(Ok(&proof), inclusion_proof(&mut whole, position, size).as_ref());
                let leaf = log.leaf_hash(&view, position).expect("a leaf");
                assert_eq!(
                    verify_inclusion(leaf, position, size, &proof, root),
                    Ok(()),
                    "{position} of {size}"
                );
            }
            let proof = log.consistency(&view, size, RECORDS).expect("a proof");
            let newest = (RECORDS, log.root(&view, RECORDS).expect("a root"));
            assert_eq!(verify_consistency((size, root), newest, &proof), Ok(()), "{size} to {RECORDS}");
        }
        let leaves = log.leaf_hashes(&view, 250..RECORDS).expect("leaves");
        let expected: Vec<_> = (250..RECORDS).filter_map(|position| whole.get(0, position)).collect();
        assert_eq!(leaves, expected);
    }
}

#[test]
fn a_view_of_a_time_without_tree_is_given_one() {
    let journal = Journal::of(RECORDS, "record 0");
    let view = MemoryView::default();
    view.apply(&ViewBatch::default(), RECORDS).expect("applied");
    let log = journal.open(&view).expect("a tree");
    let Ok(root) = root_of(&mut journal.whole(), RECORDS);
    assert_eq!(log.frontier().root(), root);
    assert!(view.get(LOG_STAMP).expect("a row").expect("stamped").starts_with(&root.0));
    assert_eq!(log.inclusion(&view, 3, RECORDS).expect("a proof").len(), 10);
    assert_eq!(view.records().expect("a count"), RECORDS);
}

#[test]
fn a_view_of_another_journal_is_known_by_its_tree() {
    let journal = Journal::of(RECORDS, "record 0");
    let view = MemoryView::default();
    journal.take_in(&journal.open(&view).expect("an empty tree"), &view, RECORDS);
    let is_foreign = |opened: Result<LogTree, TreeError>| matches!(opened, Err(TreeError::View(_)));
    assert!(is_foreign(Journal::of(RECORDS, "another").open(&view)), "the same number of other records");
    assert!(is_foreign(Journal::of(RECORDS - 1, "record 0").open(&view)), "fewer records");
    assert!(journal.open(&view).is_ok());
    let mut batch = ViewBatch::default();
    batch.delete(log_tile_root_key(0));
    view.apply(&batch, RECORDS).expect("applied");
    assert!(is_foreign(journal.open(&view)), "a tile is missing");
}

#[test]
fn leaves_tell_nothing_to_those_who_guess_the_record() {
    let (one, other) = (Leaves::of_secret(&[1; 32]), Leaves::of_secret(&[2; 32]));
    let hash = |leaves: &Leaves, position| leaves.hash(position, Moment(5), b"granted");
    assert_ne!(hash(&one, 1), hash(&other, 1), "the secret of the hub is part of it");
    assert_ne!(hash(&one, 1), hash(&one, 2), "the same record elsewhere has another hash");
    let record = one.log_record(1, Moment(5), b"granted");
    assert_eq!(
        mighub::evidence::leaf_hash(&record),
        Ok(hash(&one, 1)),
        "whoever is given the salt sees the record"
    );
}
