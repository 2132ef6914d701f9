//! Backups: made beside a hub that writes, sweeps and expunges; cut off, damaged, and made a store again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mighub_store::{
    BackupError, Batch, Error, Extent, Position, Remedies, Store, StoreReader, Until, back_up, fsck, restore,
};

use super::attack::{Attack, rounds};
use super::flip::{content, copy, fill, flip};
use crate::{name, object, open, record};

const RECORDS: u64 = 40;

fn back_up_to(store: &Path, backup: &Path, known: Option<Extent>) -> Extent {
    back_up(store, backup, known).unwrap_or_else(|error| panic!("no backup: {error}")).extent
}

/// What a store holds, by what it says of the names and positions of the tests.
fn told(store: &Store) -> (Vec<String>, BTreeMap<u64, String>) {
    let records = (0..store.records())
        .map(|at| format!("{:?}", store.record(Position(at)).map(|entry| (entry.payload, entry.hash))));
    let objects = (0..RECORDS).map(|nth| (nth, format!("{:?}", store.object(&name(nth)))));
    (records.collect(), objects.collect())
}

fn told_in(folder: &Path) -> (Vec<String>, BTreeMap<u64, String>) {
    let store = open(folder);
    let told = told(&store);
    store.close();
    told
}

fn commit(store: &Store, nth: u64) {
    let batch = Batch {
        objects: vec![object(nth, vec![nth as u8; 700])],
        record: Some(record(1, None, &nth.to_le_bytes())),
        time_ms: nth as i64,
        ..Batch::default()
    };
    store.commit(batch).expect("commits");
}

/// Lets the writer end, also when the test fails.
struct Ends<'a>(&'a AtomicU64);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(u64::MAX, Ordering::SeqCst);
    }
}

#[test]
fn a_backup_beside_a_hub_that_writes_sweeps_and_expunges_is_whole_as_of_its_position() {
    let mut attack = Attack::of("backup_beside_a_writer");
    const ROUNDS: u64 = 25;
    /// Commits within a round, at most: the writer never rests, and the store stays small.
    const COMMITS: u64 = 30;
    let (live, backup) = (crate::folder(), crate::folder());
    let store = open(live.path());
    let (acknowledged, allowed) = (AtomicU64::new(0), AtomicU64::new(COMMITS));
    let (mut known, mut replaced, mut expunged) = (None::<Extent>, 0, 0);
    std::thread::scope(|scope| {
        let _ends = Ends(&allowed);
        scope.spawn(|| {
            for nth in 0.. {
                while nth >= allowed.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_micros(100));
                }
                if allowed.load(Ordering::SeqCst) == u64::MAX {
                    break;
                }
                commit(&store, nth);
                acknowledged.store(nth + 1, Ordering::SeqCst);
                store
                    .commit(Batch { objects: vec![object(1 << 40 | nth, "orphan")], ..Batch::default() })
                    .expect("commits");
                if nth % COMMITS == 19 {
                    store.sweep(i64::MAX, &|asked| asked.0[5] == 0).expect("sweeps");
                }
                if nth % 10 == 9 && nth > COMMITS {
                    store.expunge(name(nth - COMMITS)).expect("expunges");
                }
            }
        });
        // On a busy machine the writer may have got nowhere between two runs: then there are more of them.
        for round in 0..4 * rounds(ROUNDS) {
            if round >= rounds(ROUNDS) && replaced > 0 && expunged > 0 {
                break;
            }
            let before = acknowledged.load(Ordering::SeqCst);
            allowed.fetch_add(COMMITS, Ordering::SeqCst);
            let mut done = back_up(live.path(), backup.path(), known);
            // One that cannot follow says so, and can when the writer's commits are spent.
            while done.as_ref().is_err_and(|error| error.to_string().contains("run it again")) {
                done = back_up(live.path(), backup.path(), known);
            }
            let done = done.expect("a backup");
            assert!(done.extent.records >= before, "what was acknowledged before is in it");
            attack.inject("write_meanwhile");
            attack.fired("write_meanwhile", acknowledged.load(Ordering::SeqCst) > before);
            replaced += done.files_replaced;
            expunged += done.expunged;
            known = Some(done.extent);
            let target = crate::folder();
            let restored = restore(backup.path(), &done.extent, target.path(), &[]).expect("restores");
            assert_eq!(restored.records, done.extent.records);
            let back = open(target.path());
            assert_eq!(back.journal_hash(), done.extent.journal_hash);
            for nth in 0..back.records() {
                let entry = back.record(Position(nth)).expect("a record");
                assert_eq!(entry.payload, nth.to_le_bytes()[..]);
                match back.object(&name(nth)) {
                    Ok(bytes) => assert_eq!(bytes, vec![nth as u8; 700]),
                    Err(error) => assert!(matches!(error, Error::Gone(_)) && nth % 10 == 9, "{nth}: {error}"),
                }
            }
        }
    });
    attack.count("swept_files", replaced.into());
    attack.count("expunged", expunged);
    assert!(replaced > 0 && expunged > 0, "a sweep and an expunging fell between two runs");
    attack.finish();
}

#[test]
fn a_second_run_copies_only_what_is_new() {
    let (live, backup) = (crate::folder(), crate::folder());
    fill(live.path());
    let first = back_up(live.path(), backup.path(), None).expect("a backup");
    assert_eq!(first.bytes_copied, first.bytes);
    let again = back_up(live.path(), backup.path(), Some(first.extent)).expect("a backup");
    assert_eq!((again.bytes_copied, again.extent), (0, first.extent));
    let store = open(live.path());
    commit(&store, 100);
    let more = back_up(live.path(), backup.path(), Some(first.extent)).expect("a backup");
    assert!(more.bytes_copied > 700 && more.bytes_copied < 1_500, "{more:?}");
    assert_eq!(more.extent.records, RECORDS + 1);
}

#[test]
fn damage_in_the_store_never_reaches_the_backup() {
    let mut attack = Attack::of("backup_of_a_damaged_store");
    const ROUNDS: u64 = 80;
    let mut random = attack.random();
    let (live, backup) = (crate::folder(), crate::folder());
    fill(live.path());
    let extent = back_up_to(live.path(), backup.path(), None);
    let files = ["journal/0000000001.journal", "blocks/0000000002.blocks", "blocks/0000000005.blocks"];
    for round in 0..rounds(ROUNDS) {
        let (harmed, kept) = (crate::folder(), crate::folder());
        copy(live.path(), harmed.path());
        copy(backup.path(), kept.path());
        let path = harmed.path().join(files[round as usize % files.len()]);
        if random.below(2) == 0 {
            flip(&path, random.next());
        } else {
            let bytes = std::fs::read(&path).expect("a file");
            std::fs::write(&path, &bytes[..random.below(bytes.len() as u64) as usize]).expect("writes");
        }
        // Only a body that was expunged, or a mark that a sweep has left, may differ unnoticed.
        attack.inject("damage");
        attack.fired("damage", back_up(harmed.path(), kept.path(), Some(extent)).is_err());
        let target = crate::folder();
        restore(kept.path(), &extent, target.path(), &[]).expect("the backup is as it was");
        assert_eq!(told_in(target.path()), told_in(live.path()));
    }
    attack.finish();
}

#[test]
fn damage_in_the_backup_is_refused_by_restore_and_mended_by_the_next_run() {
    let mut attack = Attack::of("damaged_backup");
    const ROUNDS: u64 = 80;
    let mut random = attack.random();
    let (live, backup) = (crate::folder(), crate::folder());
    fill(live.path());
    let extent = back_up_to(live.path(), backup.path(), None);
    let files = ["journal/0000000001.journal", "blocks/0000000002.blocks", "blocks/0000000005.blocks"];
    for round in 0..rounds(ROUNDS) {
        let harmed = crate::folder();
        copy(backup.path(), harmed.path());
        flip(&harmed.path().join(files[round as usize % files.len()]), random.next());
        let target = crate::folder();
        attack.inject("flipped");
        match restore(harmed.path(), &extent, target.path(), &[]) {
            Err(BackupError::Damaged { .. }) => attack.fired("flipped", true),
            Err(error) => panic!("{error}"),
            Ok(_) => assert_eq!(told_in(target.path()), told_in(live.path()), "silently wrong"),
        }
        assert_eq!(back_up_to(live.path(), harmed.path(), Some(extent)), extent);
        let target = crate::folder();
        restore(harmed.path(), &extent, target.path(), &[]).expect("it was mended");
        assert_eq!(told_in(target.path()), told_in(live.path()));
    }
    attack.finish();
}

#[test]
fn a_run_that_was_cut_off_leaves_the_backup_as_it_was() {
    let mut attack = Attack::of("interrupted_backup");
    const ROUNDS: u64 = 40;
    let mut random = attack.random();
    let (live, backup) = (crate::folder(), crate::folder());
    let store = open(live.path());
    (0..15).for_each(|nth| commit(&store, nth));
    let known = back_up_to(live.path(), backup.path(), None);
    (15..35).for_each(|nth| commit(&store, nth));
    store.expunge(name(3)).expect("expunges");
    store.close();
    let whole = crate::folder();
    copy(backup.path(), whole.path());
    back_up_to(live.path(), whole.path(), Some(known));
    for _ in 0..rounds(ROUNDS) {
        attack.inject("cut_off");
        // Any part of what the second run appends may be there.
        let cut = crate::folder();
        copy(backup.path(), cut.path());
        let mut is_cut = false;
        for part in ["journal", "blocks"] {
            for entry in std::fs::read_dir(whole.path().join(part)).expect("a folder") {
                let path = entry.expect("an entry").path();
                let target = cut.path().join(part).join(path.file_name().expect("a name"));
                let mut bytes = std::fs::read(&path).expect("reads");
                let before = std::fs::read(&target).unwrap_or_default();
                // What is gone is overwritten last.
                bytes[..before.len()].copy_from_slice(&before);
                let length = before.len() + random.below((bytes.len() - before.len()) as u64 + 1) as usize;
                is_cut |= length > before.len() && length < bytes.len();
                std::fs::write(&target, &bytes[..length]).expect("writes");
            }
        }
        attack.fired("cut_off", is_cut);
        let target = crate::folder();
        restore(cut.path(), &known, target.path(), &[]).expect("it is what it was");
        let back = open(target.path());
        assert_eq!((back.records(), back.journal_hash()), (15, known.journal_hash));
        let done = back_up(live.path(), cut.path(), Some(known)).expect("it goes on");
        assert_eq!((done.extent.records, done.files_replaced, done.expunged), (35, 0, 1));
    }
    attack.finish();
}

#[test]
fn a_backup_of_another_history_is_left_alone() {
    let (live, backup) = (crate::folder(), crate::folder());
    fill(live.path());
    let extent = back_up_to(live.path(), backup.path(), None);
    let other = crate::folder();
    let store = open(other.path());
    (0..60).for_each(|nth| commit(&store, nth));
    store.close();
    let refused = back_up(other.path(), backup.path(), Some(extent));
    assert!(matches!(refused, Err(BackupError::OtherHistory(_))), "{refused:?}");
    assert!(matches!(restore(backup.path(), &extent, other.path(), &[]), Err(BackupError::NotEmpty(_))));
    assert_eq!(back_up_to(live.path(), backup.path(), Some(extent)), extent);
}

#[test]
fn what_was_expunged_does_not_come_back() {
    let (live, backup) = (crate::folder(), crate::folder());
    fill(live.path());
    let old = crate::folder();
    let extent = back_up_to(live.path(), old.path(), None);
    back_up_to(live.path(), backup.path(), None);
    let store = open(live.path());
    store.expunge(name(30)).expect("expunges");
    store.close();
    let done = back_up(live.path(), backup.path(), Some(extent)).expect("a backup");
    assert_eq!(done.expunged, 1);
    let body = content(30);
    let holds = |folder: &Path| {
        std::fs::read_dir(folder.join("blocks")).expect("a folder").any(|entry| {
            let bytes = std::fs::read(entry.expect("an entry").path()).expect("reads");
            bytes.windows(body.len()).any(|window| window == body)
        })
    };
    assert!(!holds(live.path()) && !holds(backup.path()) && holds(old.path()));
    // An older backup is restored without it, where another folder knows of it.
    let known = StoreReader::open(live.path(), Until::End).expect("opens").expunged();
    let target = crate::folder();
    let restored = restore(old.path(), &extent, target.path(), &known).expect("restores");
    assert_eq!(restored.expunged, 1);
    assert!(!holds(target.path()));
    assert!(matches!(open(target.path()).object(&name(30)), Err(Error::Gone(_))));
}

#[test]
fn fsck_puts_back_from_a_backup_whatever_was_damaged() {
    let mut attack = Attack::of("fsck_from_a_backup");
    const ROUNDS: u64 = 150;
    let mut random = attack.random();
    let (live, backup) = (crate::folder(), crate::folder());
    fill(live.path());
    back_up_to(live.path(), backup.path(), None);
    let expected = told_in(live.path());
    let files: Vec<String> = (0..4)
        .map(|nth| format!("journal/{nth:010}.journal"))
        .chain((0..6).map(|nth| format!("blocks/{nth:010}.blocks")))
        .collect();
    const KINDS: [&str; 4] = ["flipped", "cut", "zeroed", "removed"];
    for _ in 0..rounds(ROUNDS) {
        let harmed = crate::folder();
        copy(live.path(), harmed.path());
        // One to three places at once.
        let mut kind = 0;
        for _ in 0..=random.below(3) {
            kind = random.below(4) as usize;
            let path = harmed.path().join(&files[random.below(files.len() as u64) as usize]);
            let Ok(mut bytes) =
                std::fs::read(&path).map(|bytes| if bytes.is_empty() { vec![0] } else { bytes })
            else {
                continue;
            };
            let at = random.below(bytes.len() as u64) as usize;
            match kind {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes.truncate(at),
                2 => bytes[at..].iter_mut().take(600).for_each(|byte| *byte = 0),
                _ => {
                    std::fs::remove_file(&path).expect("removes");
                    continue;
                }
            }
            std::fs::write(&path, bytes).expect("writes");
        }
        attack.inject(KINDS[kind]);
        let seen = fsck(harmed.path(), Remedies::default()).expect("a report");
        attack.fired(KINDS[kind], !seen.damage.is_empty());
        if seen.damage.is_empty() {
            // A bit of what was expunged or swept before.
            assert_eq!(told_in(harmed.path()), expected);
            continue;
        }
        let remedies = Remedies { copy: Some(backup.path()), ..Remedies::default() };
        let done = fsck(harmed.path(), remedies).expect("repairs");
        assert!(done.is_repaired && done.records_lost == 0 && done.objects_lost.is_empty(), "{done:#?}");
        assert!(!done.copies.is_empty() || done.frames_healed > 0);
        assert_eq!(told_in(harmed.path()), expected);
        assert!(fsck(harmed.path(), Remedies::default()).expect("a report").damage.is_empty());
    }
    attack.finish();
}

#[test]
fn fsck_takes_an_object_from_wherever_it_is_offered() {
    let live = crate::folder();
    fill(live.path());
    let expected = told_in(live.path());
    let path = live.path().join("blocks/0000000004.blocks");
    let mut bytes = std::fs::read(&path).expect("a file");
    let at = bytes.windows(4).position(|window| window == b"mhf1").expect("a frame") + 170;
    bytes[at] ^= 0xFF;
    std::fs::write(&path, bytes).expect("writes");
    let lost = fsck(live.path(), Remedies::default()).expect("a report").objects_lost;
    assert_eq!(lost.len(), 1);
    let other = |_: &mighub_store::Name| None;
    let nothing = Remedies { find: Some(&mut { other }), ..Remedies::default() };
    assert!(!fsck(live.path(), nothing).expect("a report").is_repaired, "nobody has it");
    let nth = (0..RECORDS).find(|nth| name(*nth) == lost[0]).expect("one of them");
    let mut find = |asked: &mighub_store::Name| (*asked == lost[0]).then(|| content(nth).into());
    let done = fsck(live.path(), Remedies { find: Some(&mut find), ..Remedies::default() }).expect("repairs");
    assert_eq!((done.is_repaired, done.objects_healed), (true, 1));
    assert_eq!(told_in(live.path()), expected);
}

#[test]
fn what_was_damaged_once_and_sent_again_is_expunged_in_both_places() {
    let live = crate::folder();
    fill(live.path());
    let path = live.path().join("blocks/0000000004.blocks");
    let mut bytes = std::fs::read(&path).expect("a file");
    let at = bytes.windows(4).position(|window| window == b"mhf1").expect("a frame") + 170;
    bytes[at] ^= 0xFF;
    std::fs::write(&path, bytes).expect("writes");
    let accepted = fsck(live.path(), Remedies { accept_loss: true, ..Remedies::default() }).expect("repairs");
    let [lost] = accepted.objects_lost[..] else { panic!("{accepted:?}") };
    let nth = (0..RECORDS).find(|nth| name(*nth) == lost).expect("one of them");
    let store = open(live.path());
    store.commit(Batch { objects: vec![object(nth, content(nth))], ..Batch::default() }).expect("commits");
    store.expunge(lost).expect("expunges");
    store.close();
    let part = vec![nth as u8; 100];
    for entry in std::fs::read_dir(live.path().join("blocks")).expect("a folder") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("reads");
        assert!(!bytes.windows(part.len()).any(|window| window == part), "a part of it is there still");
    }
}
