//! The store against plain maps, and under every fault we know how to make.

mod faults;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use mighub_store::{
    Batch, Error, Lane, MemoryView, Name, NewRecord, Object, OpenError, Options, Position, SledView, Store,
    View, ViewBatch, ViewOpened,
};
use proptest::prelude::*;

fn options() -> Options {
    Options { free_space_min: 0, ..Options::default() }
}

fn open(folder: &Path) -> Store {
    Store::open(folder, options()).expect("the store opens").0
}

fn name(number: u64) -> Name {
    let mut name = [0; 32];
    name[..8].copy_from_slice(&number.to_le_bytes());
    Name(name)
}

fn lane(number: u8) -> Lane {
    Lane(Arc::from([b'L', number]))
}

fn record(on: u8, expect: Option<Option<Position>>, payload: &[u8]) -> NewRecord {
    NewRecord { lane: lane(on), expect, position: None, payload: Bytes::copy_from_slice(payload) }
}

#[derive(Clone, Debug)]
enum Step {
    Commit { objects: Vec<(u64, Vec<u8>)>, record: Option<(u8, bool, Vec<u8>)>, time_ms: i64 },
    Expunge(u64),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    let commit = (
        prop::collection::vec((0u64..20, bytes()), 0..4),
        prop::option::of((0u8..3, prop::bool::weighted(0.7), bytes())),
        0i64..1_000,
    );
    prop_oneof![
        8 => commit.prop_map(|(objects, record, time_ms)| Step::Commit { objects, record, time_ms }),
        1 => (0u64..20).prop_map(Step::Expunge),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Default)]
struct Model {
    objects: BTreeMap<u64, Option<Vec<u8>>>,
    records: Vec<(u8, i64, Vec<u8>)>,
}

impl Model {
    fn head(&self, on: u8) -> Option<Position> {
        self.records.iter().rposition(|(lane, ..)| *lane == on).map(|at| Position(at as u64))
    }

    fn agrees(&self, store: &Store) {
        assert_eq!(store.records(), self.records.len() as u64);
        for (at, (on, time_ms, payload)) in self.records.iter().enumerate() {
            let entry = store.record(Position(at as u64)).expect("a record");
            assert_eq!(
                (&entry.lane, entry.effective_ms, &entry.payload[..]),
                (&lane(*on), *time_ms, &payload[..])
            );
        }
        assert!(matches!(store.record(Position(self.records.len() as u64)), Err(Error::NoRecord(_))));
        for on in 0..3 {
            assert_eq!(store.head(&lane(on)), self.head(on));
        }
        for number in 0..20 {
            match (self.objects.get(&number), store.object(&name(number))) {
                (None, Err(Error::NotFound(_))) | (Some(None), Err(Error::Gone(_))) => {}
                (Some(Some(expected)), Ok(bytes)) => assert_eq!(&bytes[..], &expected[..]),
                (expected, found) => panic!("object {number}: {found:?}, not {expected:?}"),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_store_is_a_map_and_a_list(steps in prop::collection::vec(step(), 1..30)) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = open(folder.path());
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Commit { objects, record: new, time_ms } => {
                    let stale = new.as_ref().is_some_and(|(_, right, _)| !right);
                    let batch = Batch {
                        objects: objects.iter().map(|(number, bytes)| Object { name: name(*number), bytes: bytes.clone().into() }).collect(),
                        record: new.as_ref().map(|(on, right, payload)| {
                            let expect = if *right { model.head(*on) } else { Some(Position(999)) };
                            record(*on, Some(expect), payload)
                        }),
                        time_ms,
                        ..Batch::default()
                    };
                    let result = store.commit(batch);
                    for (number, bytes) in objects {
                        model.objects.entry(number).or_insert(Some(bytes));
                    }
                    match new {
                        _ if stale => {
                            let moved = matches!(result, Err(Error::HeadMoved { .. }));
                            prop_assert!(moved, "{:?}", result);
                        }
                        Some((on, _, payload)) => {
                            prop_assert_eq!(result.ok(), Some(Some(Position(model.records.len() as u64))));
                            let effective = model.records.last().map_or(time_ms, |(_, before, _)| time_ms.max(*before));
                            model.records.push((on, effective, payload));
                        }
                        None => prop_assert_eq!(result.ok(), Some(None)),
                    }
                }
                Step::Expunge(number) => {
                    let there = model.objects.get(&number).is_some_and(Option::is_some);
                    prop_assert_eq!(store.expunge(name(number)).is_ok(), there);
                    if there { model.objects.insert(number, None); }
                }
                Step::Reopen => {
                    store.close();
                    store = open(folder.path());
                }
            }
            model.agrees(&store);
        }
        store.close();
        model.agrees(&open(folder.path()));
        // Without the index and the witness the same is found by reading the frames.
        std::fs::remove_file(folder.path().join("blocks/index")).expect("an index");
        model.agrees(&open(folder.path()));
    }

    #[test]
    fn the_view_in_sled_is_the_view_in_memory(
        batches in prop::collection::vec(prop::collection::vec(("[a-c]{1,3}", prop::option::of("[a-z]{0,5}")), 0..6), 1..12),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("view");
        let memory = MemoryView::default();
        let (mut sled, opened) = SledView::open(&path).expect("sled opens");
        prop_assert_eq!(opened, ViewOpened::Kept);
        for (number, changes) in batches.iter().enumerate() {
            let mut batch = ViewBatch::default();
            for (key, value) in changes {
                match value {
                    Some(value) => batch.put(key.as_bytes(), value.as_bytes()),
                    None => batch.delete(key.as_bytes()),
                }
            }
            memory.apply(&batch, number as u64 + 1).expect("applies");
            sled.apply(&batch, number as u64 + 1).expect("applies");
            if number == 5 {
                sled.checkpoint().expect("flushes");
                drop(sled);
                sled = SledView::open(&path).expect("sled opens").0;
            }
            prop_assert_eq!(memory.records(), sled.records());
            for prefix in ["", "a", "ab", "c"] {
                for after in ["", "aa", "b"] {
                    if after.starts_with(prefix) || after.is_empty() {
                        let found = sled.scan(prefix.as_bytes(), after.as_bytes(), 4).expect("scans");
                        let found: Vec<_> = found.into_iter().filter(|(key, _)| key[0] != 0).collect();
                        let expected = memory.scan(prefix.as_bytes(), after.as_bytes(), 4).expect("scans");
                        prop_assert!(prefix.is_empty() || found == expected);
                    }
                }
            }
        }
    }
}

#[test]
fn a_store_is_opened_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let _store = open(folder.path());
    assert!(matches!(Store::open(folder.path(), options()), Err(OpenError::InUse(_))));
}

#[test]
fn a_store_of_another_format_is_refused_with_its_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    open(folder.path()).close();
    std::fs::write(folder.path().join("FORMAT"), "mighub store 2\n").expect("writes");
    let error = Store::open(folder.path(), options()).err().expect("refused").to_string();
    assert!(
        error.contains("FORMAT has format \"mighub store 2\\n\"") && error.contains("use the program"),
        "{error}"
    );
}

#[test]
fn what_is_too_large_is_refused_and_the_store_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let large = Batch { record: Some(record(1, None, &vec![0; 800 * 1024])), ..Batch::default() };
    assert!(matches!(store.commit(large), Err(Error::TooLarge { what: "a record", .. })));
    let small = Batch { record: Some(record(1, None, b"x")), ..Batch::default() };
    assert_eq!(store.commit(small).ok(), Some(Some(Position(0))));
}

#[test]
fn objects_are_refused_before_the_disk_is_full_and_records_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) =
        Store::open(folder.path(), Options { free_space_min: u64::MAX / 2, ..Options::default() })
            .expect("opens");
    let object = Object { name: name(1), bytes: Bytes::from_static(b"x") };
    let refused = store.commit(Batch { objects: vec![object], ..Batch::default() });
    assert!(matches!(refused, Err(Error::DiskNearlyFull { .. })));
    let record = Batch { record: Some(record(1, None, b"x")), ..Batch::default() };
    assert_eq!(store.commit(record).ok(), Some(Some(Position(0))));
}
