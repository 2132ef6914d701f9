//! The store against plain maps, its promises one by one, and every fault we know how to make.

mod faults;
mod model;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use faults::random::seed;
use mighub_store::{
    Batch, Error, Lane, MemoryView, Name, NewRecord, Object, OpenError, Options, Position, SledView, Store,
    View, ViewBatch, ViewOpened,
};
use model::{Model, assert_same};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// A new folder, in memory where there is such a place: these tests break the disk themselves, and need not wait for
/// a real one.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// Small files, so that every test sees many of them.
fn options() -> Options {
    Options {
        free_space_min: 0,
        reserve_bytes: 64 * 1024,
        journal_file_bytes: 2_000,
        block_file_bytes: 4_000,
        ..Options::default()
    }
}

fn open(folder: &Path) -> Store {
    Store::open(folder, options()).unwrap_or_else(|error| panic!("the store does not open: {error}")).0
}

fn name(number: u64) -> Name {
    let mut name = [0; 32];
    name[..8].copy_from_slice(&number.to_le_bytes());
    Name(name)
}

fn object(number: u64, bytes: impl Into<Bytes>) -> Object {
    Object { name: name(number), bytes: bytes.into() }
}

/// Lane 0 is the empty one.
fn lane(number: u8) -> Lane {
    if number == 0 { Lane::default() } else { Lane(Arc::from([b'L', number])) }
}

fn record(on: u8, expect: Option<Option<Position>>, payload: &[u8]) -> NewRecord {
    NewRecord { lane: lane(on), expect, position: None, payload: Bytes::copy_from_slice(payload) }
}

const OBJECTS: u64 = 20;
const LANES: u8 = 3;

#[derive(Clone, Copy, Debug)]
enum Guess {
    None,
    Right,
    Wrong,
}

#[derive(Clone, Debug)]
struct RecordStep {
    on: u8,
    head: Guess,
    position: Guess,
    payload: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Step {
    Commit { objects: Vec<(u64, Vec<u8>)>, present: Option<u64>, record: Option<RecordStep>, time_ms: i64 },
    Expunge(u64),
    Sweep { older_than_ms: i64, keep: u64 },
    Reopen { without_index: bool, without_witness: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..300);
    let guess = || prop_oneof![2 => Just(Guess::None), 4 => Just(Guess::Right), 1 => Just(Guess::Wrong)];
    let record = (0..LANES, guess(), guess(), bytes()).prop_map(|(on, head, position, payload)| RecordStep {
        on,
        head,
        position,
        payload,
    });
    let commit = (
        prop::collection::vec((0..OBJECTS, bytes()), 0..5),
        prop::option::weighted(0.2, 0..OBJECTS),
        prop::option::of(record),
        0i64..1_000,
    );
    prop_oneof![
        8 => commit.prop_map(|(objects, present, record, time_ms)| Step::Commit { objects, present, record, time_ms }),
        1 => (0..OBJECTS).prop_map(Step::Expunge),
        1 => (0i64..1_000, any::<u64>()).prop_map(|(older_than_ms, keep)| Step::Sweep { older_than_ms, keep }),
        1 => any::<(bool, bool)>()
            .prop_map(|(without_index, without_witness)| Step::Reopen { without_index, without_witness }),
    ]
}

fn batch_of(
    model: &Model,
    objects: &[(u64, Vec<u8>)],
    present: Option<u64>,
    new: Option<&RecordStep>,
    time_ms: i64,
) -> Batch {
    let records = mighub_store::Journal::health(model).records;
    let record = new.map(|RecordStep { on, head, position, payload }| NewRecord {
        lane: lane(*on),
        expect: match head {
            Guess::None => None,
            Guess::Right => Some(mighub_store::Journal::head(model, &lane(*on))),
            Guess::Wrong => Some(Some(Position(999))),
        },
        position: match position {
            Guess::None => None,
            Guess::Right => Some(Position(records)),
            Guess::Wrong => Some(Position(records + 1)),
        },
        payload: payload.clone().into(),
    });
    let objects = objects.iter().map(|(number, bytes)| object(*number, bytes.clone())).collect();
    Batch { objects, present: present.map(name).into_iter().collect(), record, time_ms }
}

fn outcome<T: std::fmt::Debug>(result: Result<T, Error>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, rng_seed: RngSeed::Fixed(seed()), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_is_a_map_and_a_list(steps in prop::collection::vec(step(), 1..40)) {
        let (names, lanes): (Vec<_>, Vec<_>) = ((0..OBJECTS).map(name).collect(), (0..LANES).map(lane).collect());
        let folder = folder();
        let (mut store, model) = (open(folder.path()), Model::default());
        for step in steps {
            match step {
                Step::Commit { objects, present, record, time_ms } => {
                    let batch = batch_of(&model, &objects, present, record.as_ref(), time_ms);
                    prop_assert_eq!(outcome(store.commit(batch.clone())), outcome(model.commit(batch)));
                }
                Step::Expunge(number) => {
                    prop_assert_eq!(outcome(store.expunge(name(number))), outcome(model.expunge(name(number))));
                }
                Step::Sweep { older_than_ms, keep } => {
                    let keep = |name: &Name| keep >> (name.0[0] % 64) & 1 == 1;
                    let swept = store.sweep(older_than_ms, &keep).expect("sweeps");
                    prop_assert_eq!(swept.objects, model.sweep(older_than_ms, &keep));
                }
                Step::Reopen { without_index, without_witness } => {
                    let before = store.journal_hash();
                    store.close();
                    if without_index {
                        remove_indexes(folder.path());
                    }
                    if without_witness {
                        std::fs::remove_file(folder.path().join("witness")).expect("a witness");
                    }
                    store = open(folder.path());
                    prop_assert_eq!(store.journal_hash(), before);
                }
            }
            assert_same(&store, &model, &names, &lanes);
        }
    }

    #[test]
    fn the_view_in_sled_is_the_view_in_memory(
        batches in prop::collection::vec(prop::collection::vec(("[a-c\0]{1,3}", prop::option::of("[a-z]{0,5}")), 0..6), 1..12),
        reopened in prop::collection::vec(prop::bool::weighted(0.1), 12),
    ) {
        let folder = folder();
        let path = folder.path().join("view");
        let memory = MemoryView::default();
        let (mut sled, opened) = SledView::open(&path).expect("sled opens");
        prop_assert_eq!(opened, ViewOpened::Kept);
        for (number, (changes, reopened)) in batches.iter().zip(reopened).enumerate() {
            let mut batch = ViewBatch::default();
            for (key, value) in changes {
                match value {
                    Some(value) => batch.put(key.as_bytes(), value.as_bytes()),
                    None => batch.delete(key.as_bytes()),
                }
            }
            for view in [&memory as &dyn View, &sled] {
                view.apply(&batch, number as u64 + 1).expect("applies");
            }
            if reopened {
                drop(sled);
                let (again, opened) = SledView::open(&path).expect("sled opens");
                prop_assert_eq!(opened, ViewOpened::Kept);
                sled = again;
            }
            prop_assert_eq!(memory.records(), sled.records());
            for prefix in ["", "a", "ab", "c", "\0"] {
                prop_assert_eq!(memory.get(prefix.as_bytes()), sled.get(prefix.as_bytes()));
                for after in ["", "a", "aa", "b", "cc"] {
                    let [expected, found] = [&memory as &dyn View, &sled].map(|view| view.scan(prefix.as_bytes(), after.as_bytes(), 4));
                    prop_assert_eq!(expected, found);
                }
            }
        }
        sled.clear().expect("clears");
        prop_assert_eq!((sled.records(), sled.scan(b"", b"", 9)), (Ok(0), Ok(Vec::new())));
    }
}

fn remove_indexes(folder: &Path) {
    for entry in std::fs::read_dir(folder.join("blocks")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "index") {
            std::fs::remove_file(path).expect("removes");
        }
    }
}

#[test]
fn a_store_is_opened_once() {
    let folder = folder();
    let _store = open(folder.path());
    assert!(matches!(Store::open(folder.path(), options()), Err(OpenError::InUse(_))));
}

#[test]
fn a_store_of_another_format_is_refused_with_place_and_remedy() {
    let folder = folder();
    open(folder.path()).close();
    let path = folder.path().join("FORMAT");
    let cases: [(Option<&str>, &str); 4] = [
        (
            Some("mighub store 2\n"),
            "FORMAT is of store format 2 and this program reads up to 1: use the program that wrote it",
        ),
        (
            Some("mighub store 1"),
            "Restore the file from a backup, or write it anew with `mighub-server fsck --accept-loss`",
        ),
        (
            Some("\u{0}\u{0}"),
            "Restore the file from a backup, or write it anew with `mighub-server fsck --accept-loss`",
        ),
        (None, "is this the folder of a store?"),
    ];
    open(folder.path()).commit(Batch { objects: vec![object(1, "x")], ..Batch::default() }).expect("commits");
    for (content, expected) in cases {
        match content {
            Some(content) => std::fs::write(&path, content).expect("writes"),
            None => std::fs::remove_file(&path).expect("removes"),
        }
        let error = Store::open(folder.path(), options()).err().expect("refused").to_string();
        assert!(error.contains("FORMAT") && error.contains(expected), "{content:?}: {error}");
    }
}

#[test]
fn what_is_too_large_is_refused_and_the_store_goes_on() {
    let folder = folder();
    let store = open(folder.path());
    let large = Batch { record: Some(record(1, None, &vec![0; 800 * 1024])), ..Batch::default() };
    assert!(matches!(store.commit(large), Err(Error::TooLarge { what: "a record", .. })));
    let long = NewRecord { lane: Lane(Arc::from(vec![0; 2_000])), ..record(1, None, b"") };
    assert!(matches!(
        store.commit(Batch { record: Some(long), ..Batch::default() }),
        Err(Error::TooLarge { .. })
    ));
    let huge = Batch { objects: vec![object(1, vec![0; 17 << 20])], ..Batch::default() };
    assert!(matches!(store.commit(huge), Err(Error::TooLarge { what: "an object", .. })));
    let small = Batch { record: Some(record(1, None, b"x")), ..Batch::default() };
    assert_eq!(store.commit(small).ok(), Some(Some(Position(0))));
}

#[test]
fn objects_are_refused_before_the_disk_is_full_and_records_are_not() {
    let folder = folder();
    let options = Options { free_space_min: u64::MAX / 2, ..options() };
    let (store, _) = Store::open(folder.path(), options).expect("opens");
    let refused = store.commit(Batch { objects: vec![object(1, "x")], ..Batch::default() });
    assert!(matches!(refused, Err(Error::DiskNearlyFull { .. })));
    assert_eq!(store.has(&[name(1)]), [false]);
    let record = Batch { record: Some(record(1, None, b"x")), ..Batch::default() };
    assert_eq!(store.commit(record).ok(), Some(Some(Position(0))));
}

#[test]
fn a_batch_that_lost_the_race_leaves_nothing_behind() {
    let folder = folder();
    let store = open(folder.path());
    // All go to the writer before the first answer: some share a group commit, and exactly one can win.
    let (sender, outcomes) = std::sync::mpsc::sync_channel(40);
    for number in 0..40 {
        let new = NewRecord { position: Some(Position(0)), ..record(1, Some(None), b"winner") };
        let batch = Batch { objects: vec![object(number, "receipt")], record: Some(new), ..Batch::default() };
        let sender = sender.clone();
        store.submit(batch, move |outcome| drop(sender.send((number, outcome))));
    }
    drop(sender);
    let outcomes: Vec<_> = outcomes.iter().collect();
    assert_eq!(outcomes.len(), 40);
    for (number, outcome) in outcomes {
        assert_eq!(store.has(&[name(number)]), [outcome.is_ok()], "object {number}");
        assert!(matches!(outcome, Ok(Some(Position(0))) | Err(Error::HeadMoved { .. })), "{outcome:?}");
    }
    assert_eq!((store.records(), store.health().objects), (1, 1));
}

#[test]
fn what_a_batch_names_while_a_sweep_asks_is_kept() {
    let folder = folder();
    let store = open(folder.path());
    for number in 0..5 {
        store.commit(Batch { objects: vec![object(number, "orphan")], ..Batch::default() }).expect("commits");
    }
    let sweep = store.begin_sweep().expect("begins");
    // The caller would find out now what is needed; meanwhile one more comes to be.
    let batch =
        Batch { present: vec![name(4)], record: Some(record(1, None, b"names it")), ..Batch::default() };
    store.commit(batch).expect("commits");
    let keep = |asked: &Name| {
        if *asked == name(0) {
            // Between the question and the sweeping, two of them come to be needed.
            let new = record(1, None, b"names them");
            let objects = vec![object(1, "orphan")];
            let batch = Batch { objects, present: vec![name(2)], record: Some(new), time_ms: 0 };
            store.commit(batch).expect("commits");
        }
        false
    };
    assert_eq!(sweep.drop_unneeded(1, &keep).expect("sweeps").objects, 2);
    assert_eq!(store.has(&[0, 1, 2, 3, 4].map(name)), [false, true, true, false, true]);
    let missing =
        Batch { present: vec![name(3)], record: Some(record(1, None, b"too late")), ..Batch::default() };
    assert!(matches!(store.commit(missing), Err(Error::NotFound(missing)) if missing == name(3)));
}

#[test]
fn objects_read_together_are_those_read_one_by_one() {
    let folder = folder();
    let store = open(folder.path());
    let bytes = |number: u64| vec![number as u8; (number as usize * 37) % 700];
    // In several writes, and in several files.
    for numbers in [0..7, 7..8, 8..30] {
        let objects = numbers.map(|number| object(number, bytes(number))).collect();
        store.commit(Batch { objects, ..Batch::default() }).expect("commits");
    }
    let in_order: Vec<u64> = (0..30).collect();
    let scattered: Vec<u64> = (0..30).map(|number| number * 7 % 30).collect();
    for numbers in [in_order, scattered] {
        for bytes_max in [0, 500, 2_000, usize::MAX] {
            let mut read = Vec::new();
            while read.len() < numbers.len() {
                let names: Vec<Name> = numbers[read.len()..].iter().map(|number| name(*number)).collect();
                let objects = store.objects(&names, bytes_max).expect("reads");
                let total: usize = objects.iter().map(|object| object.len()).sum();
                assert!(objects.len() == 1 || !objects.is_empty() && total <= bytes_max);
                read.extend(objects);
            }
            assert!(read.iter().zip(&numbers).all(|(read, number)| *read == bytes(*number)));
        }
    }
    store.expunge(name(5)).expect("expunges");
    let names: Vec<Name> = (3..8).map(name).collect();
    assert_eq!(store.objects(&names, usize::MAX).expect("those before it").len(), 2);
    assert!(matches!(store.objects(&names[2..], usize::MAX), Err(Error::Gone(gone)) if gone == name(5)));
    assert!(matches!(store.objects(&[name(99)], usize::MAX), Err(Error::NotFound(_))));
}

#[test]
fn an_expunged_object_is_in_no_file_and_cannot_come_back() {
    let folder = folder();
    let store = open(folder.path());
    let secret = b"the name of a person".as_slice();
    store
        .commit(Batch { objects: vec![object(1, secret), object(2, "other")], ..Batch::default() })
        .expect("commits");
    store.expunge(name(1)).expect("expunges");
    store.commit(Batch { objects: vec![object(1, secret)], ..Batch::default() }).expect("commits");
    assert!(matches!(store.object(&name(1)), Err(Error::Gone(_))));
    store.sweep(i64::MAX, &|_| false).expect("sweeps");
    store.close();
    remove_indexes(folder.path());
    assert!(matches!(open(folder.path()).object(&name(1)), Err(Error::Gone(_))));
    for entry in std::fs::read_dir(folder.path().join("blocks")).expect("a folder") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("reads");
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn a_hundred_thousand_records_answer_and_open_quickly() {
    const RECORDS: u64 = 100_000;
    let folder = folder();
    let wide = || Options { free_space_min: 0, ..Options::default() };
    let (store, _) = Store::open(folder.path(), wide()).expect("opens");
    for number in 0..RECORDS {
        let time_ms = (number / 10 * 10) as i64;
        store.submit(Batch { record: Some(record(1, None, b"r")), time_ms, ..Batch::default() }, |outcome| {
            outcome.expect("commits");
        });
    }
    store.close();
    let started = Instant::now();
    let (store, report) = Store::open(folder.path(), wide()).expect("opens");
    println!("{RECORDS} records opened in {:?}", started.elapsed());
    assert_eq!(report.records, RECORDS);
    let started = Instant::now();
    for number in (0..RECORDS as i64).step_by(1_000) {
        assert_eq!(store.position_at(number + 5), Some(Position(number as u64 + 9)));
    }
    assert_eq!((store.position_at(-1), store.last_effective_ms()), (None, Some(99_990)));
    let each = started.elapsed() / 100;
    assert!(each < Duration::from_millis(1), "a question took {each:?}");
}
