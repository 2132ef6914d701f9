//! Power cut at any byte, on a disk that remembers: every write is recorded, and after a cut a file holds what was
//! synced and, of the rest, whichever sectors chance lets through, the last of them torn.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use mighub_store::{Batch, Disk, Error, Options, Position, RealDisk, Store, StoreFile};

use super::attack::{Attack, rounds};
use super::random::Random;
use crate::{lane, name, object, open, options, record};

const WORKLOADS: u64 = 6;
const CUTS: u64 = 60;
/// What a disk writes in one piece, at best.
const SECTOR: u64 = 512;

#[derive(Clone, Debug)]
enum Event {
    Write {
        path: PathBuf,
        bytes: Vec<u8>,
        offset: u64,
    },
    SetLength {
        path: PathBuf,
        length: u64,
    },
    Sync(PathBuf),
    Create(PathBuf),
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove(PathBuf),
    /// Not the disk's: what the store had promised by then.
    Promise(Promise),
}

#[derive(Clone, Copy, Debug)]
enum Promise {
    Written { nth: u64, position: Position },
    Expunged(u64),
}

type Events = Arc<Mutex<Vec<Event>>>;

fn push(events: &Events, event: Event) {
    events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
}

struct RecordingDisk(Events);

struct RecordingFile {
    file: Arc<dyn StoreFile>,
    path: PathBuf,
    events: Events,
}

impl StoreFile for RecordingFile {
    fn write_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        push(&self.events, Event::Write { path: self.path.clone(), bytes: parts.concat(), offset });
        self.file.write_at(parts, offset)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()?;
        push(&self.events, Event::Sync(self.path.clone()));
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        push(&self.events, Event::SetLength { path: self.path.clone(), length });
        self.file.set_length(length)
    }

    fn reserve(&self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }
}

impl Disk for RecordingDisk {
    fn open(&self, path: &Path, create: bool) -> io::Result<Arc<dyn StoreFile>> {
        if create && !path.exists() {
            push(&self.0, Event::Create(path.to_owned()));
        }
        let file = RealDisk.open(path, create)?;
        Ok(Arc::new(RecordingFile { file, path: path.to_owned(), events: self.0.clone() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        push(&self.0, Event::Rename { from: from.to_owned(), to: to.to_owned() });
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        push(&self.0, Event::Remove(path.to_owned()));
        RealDisk.remove(path)
    }

    fn free_space(&self, folder: &Path) -> io::Result<u64> {
        RealDisk.free_space(folder)
    }
}

/// A file as the disk has it, and what was written since and is only in memory.
#[derive(Clone, Default)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<Event>,
}

fn put(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    bytes.resize(bytes.len().max(at + new.len()), 0);
    bytes[at..at + new.len()].copy_from_slice(new);
}

impl Content {
    fn settle(&mut self) {
        for event in self.pending.drain(..) {
            match event {
                Event::Write { bytes, offset, .. } => put(&mut self.durable, offset as usize, &bytes),
                Event::SetLength { length, .. } => self.durable.resize(length as usize, 0),
                _ => {}
            }
        }
    }

    /// Lets some of the sectors through, in no order; gives whether any was lost or torn.
    fn cut(&mut self, random: &mut Random) -> bool {
        let through = random.below(5);
        let mut is_lossy = false;
        for event in std::mem::take(&mut self.pending) {
            let Event::Write { bytes, offset, .. } = event else {
                // A length set and not synced: before or after.
                if let Event::SetLength { length, .. } = event
                    && random.below(2) == 0
                {
                    self.durable.resize(length as usize, 0);
                }
                continue;
            };
            let (mut start, end) = (offset, offset + bytes.len() as u64);
            while start < end {
                let stop = ((start / SECTOR + 1) * SECTOR).min(end);
                let piece = &bytes[(start - offset) as usize..(stop - offset) as usize];
                // Any byte: now and then a sector is written in part.
                let torn_at = if random.below(4) == 0 {
                    random.below(piece.len() as u64 + 1) as usize
                } else {
                    piece.len()
                };
                if random.below(4) < through {
                    put(&mut self.durable, start as usize, &piece[..torn_at]);
                    is_lossy |= torn_at < piece.len();
                } else {
                    is_lossy = true;
                }
                start = stop;
            }
        }
        is_lossy
    }
}

/// Commits alone and in groups, expunges, sweeps, and opens again; everything recorded.
fn record_workload(folder: &Path, random: &mut Random) -> Vec<Event> {
    let events: Events = Arc::default();
    let options = || Options { disk: Arc::new(RecordingDisk(events.clone())), reserve_bytes: 0, ..options() };
    let mut nth = 0;
    for _ in 0..3 {
        let (store, _) = Store::open(folder, options()).expect("opens");
        for _ in 0..8 {
            for _ in 0..=random.below(5) {
                let objects = vec![object(nth, content(nth)), object(1_000 + nth, orphan(nth))];
                let batch = Batch {
                    objects,
                    record: Some(record((nth % 3) as u8, None, format!("record {nth}").as_bytes())),
                    ..Batch::default()
                };
                let events = events.clone();
                store.submit(batch, move |outcome| {
                    let position = outcome.expect("commits").expect("a position");
                    push(&events, Event::Promise(Promise::Written { nth, position }));
                });
                nth += 1;
            }
            // Waits for all that was submitted.
            store.commit(Batch::default()).expect("commits");
        }
        let expunged = random.below(nth);
        match store.expunge(name(expunged)) {
            Ok(()) => push(&events, Event::Promise(Promise::Expunged(expunged))),
            Err(error) => assert!(matches!(error, Error::Gone(_)), "{error}"),
        }
        store
            .sweep(1, &|name| u64::from_le_bytes(*name.0.first_chunk().expect("eight bytes")) < 1_000)
            .expect("sweeps");
    }
    events.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn orphan(nth: u64) -> Vec<u8> {
    format!("orphan {nth} ").repeat(nth as usize % 70 + 1).into_bytes()
}

fn content(nth: u64) -> Vec<u8> {
    format!("object {nth} ").repeat(nth as usize % 150 + 1).into_bytes()
}

/// The disk after a cut within the event at `at`.
fn disk_after(events: &[Event], at: usize, random: &mut Random) -> (BTreeMap<PathBuf, Content>, bool) {
    let mut files: BTreeMap<PathBuf, Content> = BTreeMap::new();
    for event in &events[..at] {
        match event {
            Event::Write { path, .. } | Event::SetLength { path, .. } => {
                files.entry(path.clone()).or_default().pending.push(event.clone());
            }
            Event::Sync(path) => files.entry(path.clone()).or_default().settle(),
            Event::Create(path) => drop(files.insert(path.clone(), Content::default())),
            Event::Rename { from, to } => {
                let moved = files.remove(from).unwrap_or_default();
                files.insert(to.clone(), moved);
            }
            Event::Remove(path) => drop(files.remove(path)),
            Event::Promise(_) => {}
        }
    }
    let mut is_lossy = false;
    for content in files.values_mut() {
        is_lossy |= content.cut(random);
    }
    (files, is_lossy)
}

#[test]
fn nothing_promised_is_lost_when_the_power_is_cut_at_any_byte() {
    let mut attack = Attack::of("power_cut_at_any_byte");
    let mut random = attack.random();
    for _ in 0..rounds(WORKLOADS) {
        let recorded = crate::folder();
        let events = record_workload(recorded.path(), &mut random);
        for _ in 0..CUTS {
            let at = random.below(events.len() as u64 + 1) as usize;
            let folder = crate::folder();
            let (files, is_lossy) = disk_after(&events, at, &mut random);
            attack.inject("cut");
            attack.fired("cut", is_lossy);
            open(folder.path()).close();
            std::fs::remove_file(folder.path().join("witness")).expect("a witness");
            for (path, content) in files {
                let path =
                    folder.path().join(path.strip_prefix(recorded.path()).expect("a file of the store"));
                std::fs::write(path, content.durable).expect("writes");
            }
            let (store, opened) = Store::open(folder.path(), options()).unwrap_or_else(|error| {
                panic!("cut at {at} of {}: the store does not open: {error}", events.len())
            });
            attack.count("torn_ends", u64::from(opened.torn_bytes > 0));
            attack.count("promises", check(&store, &events, at));
            assert_overwritten(&store, folder.path());
            // It goes on from there.
            let batch = Batch {
                objects: vec![object(9_999, "more")],
                record: Some(record(1, None, b"more")),
                ..Batch::default()
            };
            store.commit(batch).expect("commits");
            store.close();
            let store = open(folder.path());
            assert!(store.object(&name(9_999)).is_ok());
            check(&store, &events, at);
        }
    }
    attack.finish();
}

/// What was promised before the cut is kept; what was not may be there, but then it is right.
fn check(store: &Store, events: &[Event], at: usize) -> u64 {
    let mut promised = 0;
    let mut is_gone = BTreeMap::new();
    for (when, event) in events.iter().enumerate() {
        if let Event::Promise(Promise::Expunged(nth)) = event {
            is_gone.insert(*nth, when < at);
        }
    }
    for event in &events[..at] {
        let Event::Promise(promise) = event else { continue };
        promised += 1;
        let Promise::Written { nth, position } = *promise else { continue };
        let entry = store.record(position).unwrap_or_else(|error| panic!("record {nth}: {error}"));
        assert_eq!(
            (entry.lane, &entry.payload[..]),
            (lane((nth % 3) as u8), format!("record {nth}").as_bytes())
        );
        match (store.object(&name(nth)), is_gone.get(&nth)) {
            (Ok(bytes), None | Some(false)) => assert_eq!(bytes, content(nth)),
            (Err(Error::Gone(_)), Some(_)) => {}
            (found, expunged) => panic!("object {nth}, expunged {expunged:?}: {found:?}"),
        }
    }
    for nth in 0..300 {
        match store.object(&name(1_000 + nth)) {
            Ok(bytes) => assert_eq!(bytes, orphan(nth)),
            Err(error) => assert!(matches!(error, Error::NotFound(_)), "orphan {nth}: {error}"),
        }
    }
    promised
}

/// What the store says is gone is in none of its files: also where the cut came between saying and doing so.
fn assert_overwritten(store: &Store, folder: &Path) {
    let gone: Vec<u64> =
        (0..300).filter(|nth| matches!(store.object(&name(*nth)), Err(Error::Gone(_)))).collect();
    for entry in std::fs::read_dir(folder.join("blocks")).expect("a folder") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("reads");
        for nth in &gone {
            let text = format!("object {nth} ").into_bytes();
            assert!(
                !bytes.windows(text.len()).any(|window| window == text),
                "object {nth} is gone and still there"
            );
        }
    }
}
