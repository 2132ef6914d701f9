//! Writes, syncs and other calls that fail, panic or take for ever.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use mighub_store::{Batch, Disk, Error, Options, RealDisk, Store, StoreFile};

use super::attack::Attack;
use crate::{name, object, open, options, record};

/// What happens at a call of the disk.
trait Fault: Send + Sync + 'static {
    fn at_call(&self, call: Call) -> io::Result<()>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// Writes, reserves, cuts, renames, removes, creates.
    Change,
    Sync,
    Read,
}

struct FaultyDisk<F>(Arc<F>);

struct FaultyFile<F> {
    file: Arc<dyn StoreFile>,
    fault: Arc<F>,
}

impl<F: Fault> StoreFile for FaultyFile<F> {
    fn write_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        if let Err(error) = self.fault.at_call(Call::Change) {
            // A write that fails has written a part.
            let bytes = parts.concat();
            self.file.write_at(&[&bytes[..bytes.len() / 2]], offset)?;
            return Err(error);
        }
        self.file.write_at(parts, offset)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.fault.at_call(Call::Read)?;
        self.file.read_at(buffer, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.fault.at_call(Call::Sync)?;
        self.file.sync()
    }

    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.fault.at_call(Call::Change)?;
        self.file.set_length(length)
    }

    fn reserve(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.fault.at_call(Call::Change)?;
        self.file.reserve(offset, bytes)
    }
}

impl<F: Fault> Disk for FaultyDisk<F> {
    fn open(&self, path: &Path, create: bool) -> io::Result<Arc<dyn StoreFile>> {
        if create {
            self.0.at_call(Call::Change)?;
        }
        let file = RealDisk.open(path, create)?;
        Ok(Arc::new(FaultyFile { file, fault: self.0.clone() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.at_call(Call::Change)?;
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.at_call(Call::Change)?;
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

/// How calls fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failing {
    /// The n-th change or sync, and all after it: a disk that dies.
    DiesWith(i32),
    /// The n-th change or sync alone: a disk that hiccups.
    Once(i32),
    /// The n-th write ends after half of its bytes, as if no more could be written.
    Short,
    /// The n-th read alone.
    Read(i32),
    /// The writer panics at the n-th, and all after it fail.
    Panics,
}

const EIO: i32 = rustix::io::Errno::IO.raw_os_error();
const ENOSPC: i32 = rustix::io::Errno::NOSPC.raw_os_error();

/// What is told of them, and how.
const FAILING: [(&str, Failing); 7] = [
    ("eio_from_then_on", Failing::DiesWith(EIO)),
    ("eio_once", Failing::Once(EIO)),
    ("enospc_from_then_on", Failing::DiesWith(ENOSPC)),
    ("enospc_once", Failing::Once(ENOSPC)),
    ("short_write", Failing::Short),
    ("eio_on_read", Failing::Read(EIO)),
    ("panic", Failing::Panics),
];

struct AtThe {
    left: AtomicI64,
    failing: Failing,
    fired: AtomicU64,
}

impl Fault for AtThe {
    fn at_call(&self, call: Call) -> io::Result<()> {
        if matches!(self.failing, Failing::Read(_)) != (call == Call::Read) {
            return Ok(());
        }
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        let is_once = matches!(self.failing, Failing::Once(_) | Failing::Short | Failing::Read(_));
        if left > 0 || (is_once && left < 0) {
            return Ok(());
        }
        let earlier = self.fired.fetch_add(1, Ordering::SeqCst);
        assert!(self.failing != Failing::Panics || earlier > 0, "a fault of the test: the writer panics");
        Err(match self.failing {
            Failing::DiesWith(number) | Failing::Once(number) | Failing::Read(number) => {
                io::Error::from_raw_os_error(number)
            }
            Failing::Short => io::ErrorKind::WriteZero.into(),
            Failing::Panics => io::Error::other("a failing call"),
        })
    }
}

fn batch(nth: u64) -> Batch {
    Batch {
        objects: vec![object(nth, vec![nth as u8; 500])],
        record: Some(record((nth % 3) as u8, None, format!("{nth}").as_bytes())),
        ..Batch::default()
    }
}

/// A round is over long before; one that is not hangs.
const ROUND_DEADLINE: Duration = Duration::from_secs(30);

/// Writes, sweeps and expunges on a disk whose `first` call fails. Gives whether it did.
fn round(failing: Failing, first: i64) -> bool {
    const COMMITS: u64 = 14;
    let folder = crate::folder();
    let fault = Arc::new(AtThe { left: AtomicI64::new(i64::MAX), failing, fired: AtomicU64::new(0) });
    let store = with_fault(folder.path(), &fault);
    fault.left.store(first, Ordering::SeqCst);
    // What a full disk refuses is refused whole, and the store goes on; after any other failure it is read-only.
    let mut acknowledged: Vec<(u64, mighub_store::Position)> = Vec::new();
    let mut why: Option<String> = None;
    let mut expunged = None;
    for nth in 0..COMMITS {
        match store.commit(batch(nth)) {
            Ok(_) if why.is_some() => panic!("a write was acknowledged after one failed"),
            Ok(position) => acknowledged.push((nth, position.expect("a position"))),
            Err(Error::ReadOnly { reason }) => why = Some(reason.to_string()),
            Err(Error::DiskNearlyFull { .. }) => {
                assert!(matches!(failing, Failing::DiesWith(ENOSPC) | Failing::Once(ENOSPC)));
            }
            Err(error) => panic!("{error}"),
        }
        if nth % 5 == 4 {
            let orphan = Batch { objects: vec![object(1_000 + nth, "orphan")], ..Batch::default() };
            let swept = store.commit(orphan).and_then(|_| store.sweep(1, &|asked| *asked < name(COMMITS)));
            let is_told = matches!(
                swept,
                Ok(_)
                    | Err(Error::ReadOnly { .. }
                        | Error::DiskNearlyFull { .. }
                        | Error::Read { .. }
                        | Error::Damaged { .. })
            );
            assert!(is_told, "{swept:?}");
        }
        if nth == 7 {
            expunged = Some(store.expunge(name(3)));
        }
    }
    // Waits for the writer, which may have failed after its last answer.
    let last = store.commit(Batch::default());
    let has_fired = fault.fired.load(Ordering::SeqCst) > 0;
    assert!(last.is_ok() || has_fired);
    // The hub says why.
    let read_only = store.health().read_only;
    if let Failing::DiesWith(EIO) | Failing::Once(EIO) | Failing::Short | Failing::Panics = failing {
        assert_eq!(read_only.is_some(), has_fired, "{failing:?} at {first}");
    }
    if let Some(reason) = read_only {
        let words = [
            "a write failed",
            "space could not be reserved",
            "a sweep failed",
            "expunging failed",
            "a fault of its own",
        ];
        assert!(words.iter().any(|words| reason.contains(words)), "{reason}");
    }
    // Readers go on, and see what is durable and nothing else.
    let is_gone = |nth: u64| nth == 3 && !matches!(expunged, Some(Err(Error::NotFound(_))) | None);
    let check = |store: &Store| {
        for (nth, position) in &acknowledged {
            let entry = store.record(*position).expect("readable");
            assert_eq!(entry.payload, format!("{nth}").as_bytes());
            match store.object(&name(*nth)) {
                Ok(bytes) => assert_eq!(bytes[..], vec![*nth as u8; 500][..]),
                Err(error) => assert!(matches!(error, Error::Gone(_)) && is_gone(*nth), "{nth}: {error}"),
            }
        }
    };
    // A read that fails once is told of, and is good the next time.
    if !matches!(failing, Failing::Read(_)) || has_fired {
        check(&store);
    }
    assert_eq!(store.records(), acknowledged.len() as u64);
    store.close();
    fault.left.store(i64::MAX, Ordering::SeqCst);
    let store = open(folder.path());
    assert!(store.records() >= acknowledged.len() as u64);
    check(&store);
    assert!(store.commit(batch(100)).is_ok(), "opened again, it takes writes again");
    has_fired
}

#[test]
fn whichever_call_of_the_disk_fails_nothing_acknowledged_is_lost_and_the_store_says_why() {
    let hook = std::panic::take_hook();
    // These panics are meant; others are shown as ever.
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.payload().downcast_ref::<&str>().is_some_and(|text| text.contains("a fault of the test")) {
            hook(panic);
        }
    }));
    let mut attack = Attack::of("failing_calls");
    for (kind, failing) in FAILING {
        // Every call that the run makes is the one that fails, until a run has no such call any more.
        for first in 0.. {
            let (sender, ended) = sync_channel(1);
            std::thread::spawn(move || {
                // Nobody listens any more after the deadline.
                let _ = sender.send(round(failing, first));
            });
            let has_fired = match ended.recv_timeout(ROUND_DEADLINE) {
                Ok(has_fired) => has_fired,
                Err(error) => panic!("{kind} at call {first} hangs or fails: {error}"),
            };
            if !has_fired {
                break;
            }
            attack.inject(kind);
            attack.fired(kind, true);
        }
    }
    attack.finish();
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
    fn at_call(&self, call: Call) -> io::Result<()> {
        if call == Call::Sync && self.is_shut.load(Ordering::SeqCst) {
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
