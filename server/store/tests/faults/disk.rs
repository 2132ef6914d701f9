//! Writes and syncs that fail.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use bytes::Bytes;
use mighub_store::{Batch, Disk, Error, NewRecord, Object, Options, RealDisk, Store, StoreFile};

use crate::{lane, name, open};

/// Fails from the n-th write or sync on, after writing a part of the bytes.
struct FailingDisk {
    left: Arc<AtomicI64>,
    fired: Arc<AtomicU64>,
}

struct FailingFile {
    file: Arc<dyn StoreFile>,
    left: Arc<AtomicI64>,
    fired: Arc<AtomicU64>,
}

impl FailingFile {
    fn fails(&self) -> bool {
        let fails = self.left.fetch_sub(1, Ordering::SeqCst) <= 0;
        if fails {
            self.fired.fetch_add(1, Ordering::SeqCst);
        }
        fails
    }
}

impl StoreFile for FailingFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if self.fails() {
            self.file.write_at(&bytes[..bytes.len() / 2], offset)?;
            return Err(io::Error::other("a failing write"));
        }
        self.file.write_at(bytes, offset)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn sync(&self) -> io::Result<()> {
        if self.fails() { Err(io::Error::other("a failing sync")) } else { self.file.sync() }
    }

    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.file.set_length(length)
    }

    fn reserve(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.file.reserve(offset, bytes)
    }
}

impl Disk for FailingDisk {
    fn open(&self, path: &Path, create: bool) -> io::Result<Arc<dyn StoreFile>> {
        let file = RealDisk.open(path, create)?;
        Ok(Arc::new(FailingFile { file, left: self.left.clone(), fired: self.fired.clone() }))
    }

    fn free_space(&self, folder: &Path) -> io::Result<u64> {
        RealDisk.free_space(folder)
    }
}

#[test]
fn after_a_failed_write_or_sync_the_store_is_read_only_and_loses_nothing_acknowledged() {
    let mut rounds = 0;
    for first_failure in 0..60 {
        let folder = tempfile::tempdir().expect("a folder");
        let fired = Arc::new(AtomicU64::new(0));
        let disk = FailingDisk { left: Arc::new(AtomicI64::new(first_failure)), fired: fired.clone() };
        let options = Options { free_space_min: 0, disk: Arc::new(disk) };
        let (store, _) = Store::open(folder.path(), options).expect("opens");
        let mut acknowledged = 0;
        let mut failed = None;
        for nth in 0..30u64 {
            let object = Object { name: name(nth), bytes: Bytes::from(vec![nth as u8; 500]) };
            let record = NewRecord {
                lane: lane(0),
                expect: None,
                position: None,
                payload: Bytes::from(format!("{nth}")),
            };
            match store.commit(Batch {
                objects: vec![object],
                record: Some(record),
                time_ms: 0,
                ..Batch::default()
            }) {
                Ok(_) if failed.is_some() => panic!("a write was acknowledged after one failed"),
                Ok(_) => acknowledged = nth + 1,
                Err(Error::ReadOnly { reason }) => failed = Some(reason),
                Err(error) => panic!("{error}"),
            }
        }
        for nth in 0..acknowledged {
            assert_eq!(&store.object(&name(nth)).expect("readable")[..], &vec![nth as u8; 500][..]);
        }
        assert_eq!(failed.is_some(), store.health().read_only.is_some());
        assert_eq!(store.records(), acknowledged);
        store.close();
        rounds += u64::from(fired.load(Ordering::SeqCst) > 0);
        let store = open(folder.path());
        assert!(store.records() >= acknowledged);
        for nth in 0..acknowledged {
            assert_eq!(&store.object(&name(nth)).expect("readable")[..], &vec![nth as u8; 500][..]);
        }
    }
    println!("failing disk: {rounds} of 60 rounds fired");
    assert!(rounds >= 50, "only {rounds} rounds fired");
}
