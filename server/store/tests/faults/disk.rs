//! Writes, syncs and other calls that fail, panic or take for ever.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use mighub_store::{Batch, Disk, Error, Options, RealDisk, Store, StoreFile};

use super::random::report;
use crate::{name, object, open, options, record};

/// What happens at a call of the disk.
trait Fault: Send + Sync + 'static {
    fn at_call(&self, is_sync: bool) -> io::Result<()>;
}

struct FaultyDisk<F>(Arc<F>);

struct FaultyFile<F> {
    file: Arc<dyn StoreFile>,
    fault: Arc<F>,
}

impl<F: Fault> StoreFile for FaultyFile<F> {
    fn write_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        if let Err(error) = self.fault.at_call(false) {
            let bytes = parts.concat();
            self.file.write_at(&[&bytes[..bytes.len() / 2]], offset)?;
            return Err(error);
        }
        self.file.write_at(parts, offset)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.fault.at_call(true)?;
        self.file.sync()
    }

    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.fault.at_call(false)?;
        self.file.set_length(length)
    }

    fn reserve(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.fault.at_call(false)?;
        self.file.reserve(offset, bytes)
    }
}

impl<F: Fault> Disk for FaultyDisk<F> {
    fn open(&self, path: &Path, create: bool) -> io::Result<Arc<dyn StoreFile>> {
        if create {
            self.0.at_call(false)?;
        }
        let file = RealDisk.open(path, create)?;
        Ok(Arc::new(FaultyFile { file, fault: self.0.clone() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.at_call(false)?;
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.at_call(false)?;
        RealDisk.remove(path)
    }

    fn free_space(&self, folder: &Path) -> io::Result<u64> {
        RealDisk.free_space(folder)
    }
}

fn with_fault<F: Fault>(folder: &Path, fault: &Arc<F>) -> Store {
    let options = Options { disk: Arc::new(FaultyDisk(fault.clone())), ..options() };
    Store::open(folder, options).expect("opens").0
}

/// From the n-th call on, every one fails, or the first panics.
struct FromThe {
    left: AtomicI64,
    panics: bool,
    fired: AtomicU64,
}

impl Fault for FromThe {
    fn at_call(&self, _: bool) -> io::Result<()> {
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Ok(());
        }
        let earlier = self.fired.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics || earlier > 0, "a fault of the test: the writer panics");
        Err(io::Error::other("a failing call"))
    }
}

fn batch(nth: u64) -> Batch {
    Batch {
        objects: vec![object(nth, vec![nth as u8; 500])],
        record: Some(record((nth % 3) as u8, None, format!("{nth}").as_bytes())),
        ..Batch::default()
    }
}

fn check(store: &Store, acknowledged: u64) {
    for nth in 0..acknowledged {
        assert_eq!(&store.object(&name(nth)).expect("readable")[..], &vec![nth as u8; 500][..]);
        let entry = store.record(mighub_store::Position(nth)).expect("readable");
        assert_eq!(entry.payload, format!("{nth}").as_bytes());
    }
}

/// Every call of the disk that the work makes is the one that fails, in one round.
fn fail_everywhere(test: &str, panics: bool) {
    const COMMITS: u64 = 14;
    let (mut rounds, mut fired) = (0, 0);
    for first in 0.. {
        let folder = crate::folder();
        let fault = Arc::new(FromThe { left: AtomicI64::new(1_000), panics, fired: AtomicU64::new(0) });
        let store = with_fault(folder.path(), &fault);
        fault.left.store(first, Ordering::SeqCst);
        let (mut acknowledged, mut failed) = (0, false);
        for nth in 0..COMMITS {
            match store.commit(batch(nth)) {
                Ok(_) if failed => panic!("a write was acknowledged after one failed"),
                Ok(_) => acknowledged = nth + 1,
                Err(Error::ReadOnly { .. }) => failed = true,
                Err(error) => panic!("{error}"),
            }
            if nth % 5 == 4 {
                let orphan = Batch { objects: vec![object(1_000 + nth, "orphan")], ..Batch::default() };
                let swept =
                    store.commit(orphan).and_then(|_| store.sweep(1, &|asked| *asked < name(COMMITS)));
                assert!(matches!(swept, Ok(_) | Err(Error::ReadOnly { .. })), "{swept:?}");
            }
        }
        // Waits for the writer, which may have failed after its last answer.
        assert!(store.commit(Batch::default()).is_ok() || fault.fired.load(Ordering::SeqCst) > 0);
        // Readers go on, and see what is durable and nothing else.
        check(&store, acknowledged);
        assert_eq!(store.records(), acknowledged);
        assert_eq!(store.health().read_only.is_some(), fault.fired.load(Ordering::SeqCst) > 0);
        store.close();
        rounds += 1;
        let has_fired = fault.fired.load(Ordering::SeqCst) > 0;
        fired += u64::from(has_fired);
        let store = open(folder.path());
        assert!(store.records() >= acknowledged);
        check(&store, store.records());
        assert!(store.commit(batch(100)).is_ok(), "opened again, it takes writes again");
        if !has_fired {
            break;
        }
    }
    report(test, rounds, fired, "nothing acknowledged lost, read-only until opened again");
}

#[test]
fn after_any_failed_call_the_store_is_read_only_and_loses_nothing_acknowledged() {
    fail_everywhere("failing disk", false);
}

#[test]
fn after_a_panic_of_the_writer_everybody_is_answered() {
    let hook = std::panic::take_hook();
    // These panics are meant; others are shown as ever.
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.payload().downcast_ref::<&str>().is_some_and(|text| text.contains("a fault of the test")) {
            hook(panic);
        }
    }));
    fail_everywhere("panicking writer", true);
}

/// A sync that takes as long as the test wants.
#[derive(Default)]
struct Gate {
    is_shut: AtomicBool,
    waiting: Mutex<bool>,
    changed: Condvar,
}

impl Gate {
    fn waiting(&self) -> MutexGuard<'_, bool> {
        self.waiting.lock().expect("no panic")
    }
}

impl Fault for Gate {
    fn at_call(&self, is_sync: bool) -> io::Result<()> {
        if is_sync && self.is_shut.load(Ordering::SeqCst) {
            *self.waiting() = true;
            self.changed.notify_all();
            drop(self.changed.wait_while(self.waiting(), |waiting| *waiting).expect("no panic"));
        }
        Ok(())
    }
}

#[test]
fn readers_do_not_wait_for_the_disk_and_see_only_what_is_durable() {
    let folder = crate::folder();
    let gate = Arc::new(Gate::default());
    let store = with_fault(folder.path(), &gate);
    store.commit(batch(0)).expect("commits");
    gate.is_shut.store(true, Ordering::SeqCst);
    let (sender, outcome) = sync_channel(1);
    store.submit(batch(1), move |result| drop(sender.send(result)));
    drop(gate.changed.wait_while(gate.waiting(), |waiting| !*waiting).expect("no panic"));
    // The writer hangs in a sync now. Were it holding a lock that readers need, this would hang, too.
    assert!(store.object(&name(0)).is_ok());
    assert_eq!(store.has(&[name(0), name(1)]), [true, false]);
    assert!(matches!(store.object(&name(1)), Err(Error::NotFound(_))));
    assert_eq!((store.records(), store.health().objects), (1, 1));
    assert!(outcome.recv_timeout(Duration::from_millis(20)).is_err(), "acknowledged before it was durable");
    gate.is_shut.store(false, Ordering::SeqCst);
    *gate.waiting() = false;
    gate.changed.notify_all();
    assert!(outcome.recv().expect("an answer").is_ok());
    assert_eq!(store.has(&[name(1)]), [true]);
}
