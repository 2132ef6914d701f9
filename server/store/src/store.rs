//! The open store: what callers ask of it.

use std::fs::File;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use bytes::Bytes;

use crate::Name;
use crate::batch::{Answer, Batch, Outcome, Sealed};
use crate::blocks::BlockWriter;
use crate::disk::{Disk, RealDisk};
use crate::error::{Error, OpenError};
use crate::format::{check_format, lock, make_folders};
use crate::found::Found;
use crate::frame::Kind;
use crate::journal::{Entry, JournalWriter, Lane, Position, read_entry};
use crate::reserve::Reserve;
use crate::sweep::remove_unfinished;
use crate::witness::{self, Witness};
use crate::writer::{Command, Shared, State, Writer};

/// Batches that wait for the writer; beyond it callers wait. Their bytes are in memory.
const QUEUE: usize = 64;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Objects are refused when they would leave fewer bytes than this free: records must still fit.
    pub free_space_min: u64,
    /// Bytes held in reserve, for records and the view once the disk is full all the same.
    pub reserve_bytes: u64,
    /// A new journal file is begun once one has so many bytes.
    pub journal_file_bytes: u64,
    /// A new block file is begun once one has so many bytes: commits wait while a sweep writes one anew.
    pub block_file_bytes: u64,
    /// The disk; tests bring one that fails.
    pub disk: Arc<dyn Disk>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            free_space_min: 256 * 1024 * 1024,
            reserve_bytes: 32 * 1024 * 1024,
            journal_file_bytes: 64 * 1024 * 1024,
            block_file_bytes: 128 * 1024 * 1024,
            disk: Arc::new(RealDisk),
        }
    }
}

/// What was found when opening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Records in the journal.
    pub records: u64,
    /// Objects that can be read.
    pub objects: u64,
    /// Bytes of torn writes, never acknowledged, that were cut off.
    pub torn_bytes: u64,
}

/// How the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Why nothing can be written, if so.
    pub read_only: Option<Arc<str>>,
    /// Records in the journal.
    pub records: u64,
    /// Objects that can be read.
    pub objects: u64,
    /// Bytes free on the disk.
    pub free_bytes: u64,
}

/// An open store. Cheap to share by reference; all operations may come from any thread.
///
/// Readers see what is durable and nothing else, and never wait for the disk to write.
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    commands: SyncSender<Command>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// One sweep at a time.
    pub(crate) sweeping: Mutex<()>,
    _lock: File,
}

impl Store {
    /// Opens the store in `folder`, makes one if the folder is empty, and verifies its chains.
    pub fn open(folder: &Path, options: Options) -> Result<(Self, OpenReport), OpenError> {
        make_folders(folder)?;
        let lock = lock(folder)?;
        check_format(folder)?;
        Self::open_locked(folder, options, lock)
    }

    pub(crate) fn open_locked(
        folder: &Path,
        options: Options,
        lock: File,
    ) -> Result<(Self, OpenReport), OpenError> {
        let disk = options.disk.clone();
        remove_unfinished(&*disk, &folder.join("blocks"))?;
        let at_witness = || OpenError::io(witness::path(folder));
        let mut witness = Witness::open(&*disk, folder).map_err(at_witness())?;
        let seen = witness.seen;
        let (journal_folder, block_folder) = (folder.join("journal"), folder.join("blocks"));
        let (journal, journal_index, torn_journal) =
            JournalWriter::open(&*disk, &journal_folder, options.journal_file_bytes, seen.records)?;
        let (blocks, block_index, torn_blocks) =
            BlockWriter::open(&*disk, &block_folder, options.block_file_bytes, seen.objects)?;
        let reserve = Reserve::new(folder, options.reserve_bytes);
        witness.note(journal.frames(), blocks.frames()).map_err(at_witness())?;
        let report = OpenReport {
            records: journal_index.len(),
            objects: block_index.len(),
            torn_bytes: torn_journal + torn_blocks,
        };
        let state = State { journal: journal_index, blocks: block_index, read_only: None };
        let shared = Arc::new(Shared { state: RwLock::new(state), folder: folder.to_owned(), options });
        let (commands, queue) = sync_channel(QUEUE);
        let writer = Writer { shared: shared.clone(), journal, blocks, witness, reserve, named: None };
        let writer =
            std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run(&queue));
        let writer = Mutex::new(Some(writer.map_err(OpenError::io(folder))?));
        Ok((Self { shared, commands, writer, sweeping: Mutex::new(()), _lock: lock }, report))
    }

    /// Makes a batch durable and then calls `done`, on the writer's thread: it must not wait for anything. Hashes
    /// the batch here, and waits while too many are ahead.
    pub fn submit(&self, batch: Batch, done: impl FnOnce(Outcome) + Send + 'static) {
        let answer = Answer::new(done);
        match Sealed::of(batch) {
            Ok(sealed) => self.send(Command::Commit(sealed, answer)),
            Err(error) => answer.give(Err(error)),
        }
    }

    /// Makes a batch durable; waits for it. Gives the position of its record.
    pub fn commit(&self, batch: Batch) -> Result<Option<Position>, Error> {
        let sealed = Sealed::of(batch)?;
        self.wait(|answer| Command::Commit(sealed, answer))
    }

    /// Overwrites the bytes of an object; reads of it give [`Error::Gone`] for ever.
    pub fn expunge(&self, name: Name) -> Result<(), Error> {
        self.shared.read().blocks.find(&name).map(drop)?;
        self.mark(Kind::Gone, name)
    }

    /// Says of an object that it is gone or lost.
    pub(crate) fn mark(&self, kind: Kind, name: Name) -> Result<(), Error> {
        self.wait(|answer| Command::Mark(kind, name, answer)).map(drop)
    }

    pub(crate) fn wait<T: Send + 'static>(
        &self,
        command: impl FnOnce(Answer<T>) -> Command,
    ) -> Result<T, Error> {
        let (sender, receiver) = sync_channel(1);
        self.send(command(Answer::new(move |outcome| drop(sender.send(outcome)))));
        receiver.recv().unwrap_or(Err(Error::Closed))
    }

    /// A command that cannot be sent is dropped, and so answered.
    pub(crate) fn send(&self, command: Command) {
        drop(self.commands.send(command));
    }

    /// Number of durable records: the position of the next.
    pub fn records(&self) -> u64 {
        self.shared.read().journal.len()
    }

    /// Effective time of the newest durable record, milliseconds since 1970: the next record has at least this.
    pub fn last_effective_ms(&self) -> Option<i64> {
        self.shared.read().journal.last_effective_ms()
    }

    /// The newest durable record whose effective time is `time_ms` or earlier.
    pub fn position_at(&self, time_ms: i64) -> Option<Position> {
        self.shared.read().journal.position_at(time_ms)
    }

    /// The newest record of a lane.
    pub fn head(&self, lane: &Lane) -> Option<Position> {
        self.shared.read().journal.head(lane)
    }

    /// The record at a position, its hashes checked.
    pub fn record(&self, position: Position) -> Result<Entry, Error> {
        let found = self.shared.read().journal.find(position);
        let (file, offset) = found?;
        read_entry(&file, offset, position)
    }

    /// Hash of the whole journal so far.
    pub fn journal_hash(&self) -> [u8; 32] {
        self.shared.read().journal.hash()
    }

    /// The object with this name, its hashes checked.
    pub fn object(&self, name: &Name) -> Result<Bytes, Error> {
        let found = self.shared.read().blocks.find(name);
        found?.read()
    }

    /// The first of these objects, one at least, as many as have `bytes_max` together; their hashes checked. Those
    /// that lie one behind the other are read at once and share their memory.
    pub fn objects(&self, names: &[Name], bytes_max: usize) -> Result<Vec<Bytes>, Error> {
        let mut found: Vec<Found> = Vec::new();
        let mut bytes = 0;
        let state = self.shared.read();
        for name in names {
            let next = match state.blocks.find(name) {
                Ok(next) => next,
                Err(error) if found.is_empty() => return Err(error),
                // Its turn comes when those before it were read.
                Err(_) => break,
            };
            bytes += next.length();
            if bytes > bytes_max && !found.is_empty() {
                break;
            }
            found.push(next);
        }
        drop(state);
        Found::read_all(&found)
    }

    /// Per name, whether there is such an object, or was until it was expunged: it need not be sent.
    pub fn has(&self, names: &[Name]) -> Vec<bool> {
        let state = self.shared.read();
        names.iter().map(|name| state.blocks.has(name)).collect()
    }

    /// Per name, whether such an object was expunged.
    pub fn is_expunged(&self, names: &[Name]) -> Vec<bool> {
        let state = self.shared.read();
        names.iter().map(|name| state.blocks.places.get(name).is_some_and(|place| place.is_gone)).collect()
    }

    /// How the store is.
    pub fn health(&self) -> Health {
        let free_bytes = self.shared.options.disk.free_space(&self.shared.folder).unwrap_or(0);
        let state = self.shared.read();
        Health {
            read_only: state.read_only.clone(),
            records: state.journal.len(),
            objects: state.blocks.len(),
            free_bytes,
        }
    }

    /// Ends the writer after what is queued, and writes down how far it came.
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.send(Command::Close);
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // An answer may hold the last handle: the writer cannot wait for itself.
        let Some(writer) = writer.filter(|writer| writer.thread().id() != std::thread::current().id()) else {
            return;
        };
        if writer.join().is_err() {
            tracing::error!("the store's writer ended by a panic");
        }
    }
}
