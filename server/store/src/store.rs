//! The open store: one writer thread, group commit, and what readers see.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use bytes::Bytes;

use crate::blocks::Blocks;
use crate::disk::{Disk, RealDisk};
use crate::error::{Error, OpenError};
use crate::journal::{Entry, Journal, Lane, Position, read_entry};
use crate::witness::Witness;
use crate::{Name, OBJECT_BYTES_MAX, RECORD_BYTES_MAX};

const FORMAT: &str = "mighub store 1\n";
/// Batches that wait for the writer; beyond it callers wait.
const QUEUE: usize = 256;
/// Bytes of one group commit, about: more waits for the next.
const GROUP_BYTES: usize = 32 * 1024 * 1024;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Objects are refused when fewer bytes than this are free: records must still fit.
    pub free_space_min: u64,
    /// The disk; tests bring one that fails.
    pub disk: Arc<dyn Disk>,
}

impl Default for Options {
    fn default() -> Self {
        Self { free_space_min: 256 * 1024 * 1024, disk: Arc::new(RealDisk) }
    }
}

/// What was found when opening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Records in the journal.
    pub records: u64,
    /// Objects in the block files.
    pub objects: u64,
    /// Bytes of torn writes, never acknowledged, that were cut off.
    pub torn_bytes: u64,
}

/// An object to be stored.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its name.
    pub name: Name,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A record to be appended.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// Its lane; the empty one for none.
    pub lane: Lane,
    /// The lane's head as the caller knows it; nothing: whatever it is.
    pub expect: Option<Option<Position>>,
    /// The position that the caller believes the record will get, because its objects speak of it (a signed
    /// receipt does); if it gets another, nothing of the batch is written. Nothing: any.
    pub position: Option<Position>,
    /// Its content.
    pub payload: Bytes,
}

/// What is made durable in one step: all objects before the first byte of the record.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Objects; those that are there already are not written again.
    pub objects: Vec<Object>,
    /// Objects that must be there already; checked by the writer, between two sweeps (DETAILS D23).
    pub present: Vec<Name>,
    /// At most one record.
    pub record: Option<NewRecord>,
    /// Milliseconds since 1970.
    pub time_ms: i64,
}

/// How the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Why nothing can be written, if so.
    pub read_only: Option<Arc<str>>,
    /// Records in the journal.
    pub records: u64,
    /// Objects in the block files.
    pub objects: u64,
    /// Bytes free on the disk.
    pub free_bytes: u64,
}

/// Called when a batch is durable, with the position of its record, or when it never will be.
type Done = Box<dyn FnOnce(Result<Option<Position>, Error>) + Send>;

enum Command {
    Commit(Batch, Done),
    Expunge(Name, Done),
    Close,
}

struct State {
    journal: Journal,
    blocks: Blocks,
    /// Records that are durable; those after it are being written.
    durable: u64,
    read_only: Option<Arc<str>>,
}

struct Shared {
    state: RwLock<State>,
    folder: PathBuf,
    options: Options,
}

/// An open store. Cheap to share by reference; all operations may come from any thread.
pub struct Store {
    shared: Arc<Shared>,
    commands: SyncSender<Command>,
    writer: Mutex<Option<JoinHandle<()>>>,
    _lock: File,
}

impl Store {
    /// Opens the store in `folder`, makes one if the folder is empty, and verifies its chains.
    pub fn open(folder: &Path, options: Options) -> Result<(Self, OpenReport), OpenError> {
        for part in [folder.to_owned(), folder.join("journal"), folder.join("blocks")] {
            std::fs::create_dir_all(&part).map_err(OpenError::io(&part))?;
        }
        let lock = lock(folder)?;
        check_format(folder)?;
        let disk = options.disk.clone();
        let witness = Witness::open(&*disk, folder).map_err(OpenError::io(folder.join("witness")))?;
        let (journal, torn_journal) = Journal::open(&*disk, &folder.join("journal"), witness.seen.records)?;
        let (blocks, torn_blocks) = Blocks::open(&*disk, &folder.join("blocks"), witness.seen.objects)?;
        let report = OpenReport {
            records: journal.len(),
            objects: blocks.len(),
            torn_bytes: torn_journal + torn_blocks,
        };
        let state = State { durable: journal.len(), journal, blocks, read_only: None };
        let shared = Arc::new(Shared { state: RwLock::new(state), folder: folder.to_owned(), options });
        let (commands, queue) = sync_channel(QUEUE);
        let for_writer = shared.clone();
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || Writer { shared: for_writer, witness }.run(&queue))
            .map_err(OpenError::io(folder))?;
        Ok((Self { shared, commands, writer: Mutex::new(Some(writer)), _lock: lock }, report))
    }

    /// Makes a batch durable and then calls `done`, on the writer's thread: it must not wait for anything.
    pub fn submit(&self, batch: Batch, done: impl FnOnce(Result<Option<Position>, Error>) + Send + 'static) {
        let done: Done = Box::new(done);
        if let Err(error) = check_sizes(&batch) {
            return done(Err(error));
        }
        self.send(Command::Commit(batch, done));
    }

    /// Makes a batch durable; waits for it.
    pub fn commit(&self, batch: Batch) -> Result<Option<Position>, Error> {
        check_sizes(&batch)?;
        self.wait(|done| Command::Commit(batch, done))
    }

    /// Overwrites the bytes of an object; reads of it give [`Error::Gone`] for ever.
    pub fn expunge(&self, name: Name) -> Result<(), Error> {
        self.wait(|done| Command::Expunge(name, done)).map(|_| ())
    }

    fn wait(&self, command: impl FnOnce(Done) -> Command) -> Result<Option<Position>, Error> {
        let (sender, receiver) = sync_channel(1);
        self.send(command(Box::new(move |result| {
            let _ = sender.send(result);
        })));
        receiver.recv().unwrap_or(Err(Error::Closed))
    }

    fn send(&self, command: Command) {
        if let Err(error) = self.commands.send(command) {
            match error.0 {
                Command::Commit(_, done) | Command::Expunge(_, done) => done(Err(Error::Closed)),
                Command::Close => {}
            }
        }
    }

    /// Number of durable records: the position of the next.
    pub fn records(&self) -> u64 {
        self.read(|state| state.durable)
    }

    /// Effective time of the newest durable record: the next has at least this.
    pub fn last_effective_ms(&self) -> Option<i64> {
        self.read(|state| state.journal.last_effective_ms())
    }

    /// The newest durable record whose effective time is at or before `time_ms`.
    pub fn position_at(&self, time_ms: i64) -> Option<Position> {
        self.read(|state| state.journal.position_at(time_ms))
    }

    /// The newest record of a lane.
    pub fn head(&self, lane: &Lane) -> Option<Position> {
        self.read(|state| state.journal.head(lane).filter(|position| position.0 < state.durable))
    }

    /// The record at a position, its hashes checked.
    pub fn record(&self, position: Position) -> Result<Entry, Error> {
        let place =
            self.read(|state| (position.0 < state.durable).then(|| state.journal.place(position)).flatten());
        let (path, file, offset) = place.ok_or(Error::NoRecord(position))?;
        read_entry(&path, &*file, offset, position)
    }

    /// Hash of the whole journal so far.
    pub fn journal_hash(&self) -> [u8; 32] {
        self.read(|state| state.journal.hash())
    }

    /// The object with this name, its hashes checked.
    pub fn object(&self, name: &Name) -> Result<Bytes, Error> {
        self.read(|state| state.blocks.find(name))?.read()
    }

    /// Per name, whether there is such an object.
    pub fn has(&self, names: &[Name]) -> Vec<bool> {
        self.read(|state| names.iter().map(|name| state.blocks.has(name)).collect())
    }

    /// How the store is.
    pub fn health(&self) -> Health {
        let free_bytes = self.shared.options.disk.free_space(&self.shared.folder).unwrap_or(0);
        self.read(|state| Health {
            read_only: state.read_only.clone(),
            records: state.durable,
            objects: state.blocks.len(),
            free_bytes,
        })
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.shared.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends the writer after what is queued, and writes down how far it came.
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Err(TrySendError::Full(command)) = self.commands.try_send(Command::Close) {
            let _ = self.commands.send(command);
        }
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && writer.join().is_err()
        {
            tracing::error!("the store's writer ended by a panic");
        }
    }
}

fn check_sizes(batch: &Batch) -> Result<(), Error> {
    let too_large =
        |what, bytes: usize, most| (bytes > most).then_some(Error::TooLarge { what, bytes, most });
    let record = batch.record.as_ref().and_then(|record| {
        too_large("a record", record.payload.len() + record.lane.0.len(), RECORD_BYTES_MAX)
    });
    let object =
        batch.objects.iter().find_map(|object| too_large("an object", object.bytes.len(), OBJECT_BYTES_MAX));
    record.or(object).map_or(Ok(()), Err)
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = open.map_err(OpenError::io(&path))?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::InUse(folder.to_owned())),
        Err(error) => Err(OpenError::Io { path, source: error.into() }),
    }
}

fn check_format(folder: &Path) -> Result<(), OpenError> {
    let path = folder.join("FORMAT");
    let is_new = !path.exists() && !folder.join("journal/0000000000.journal").exists();
    if is_new {
        std::fs::write(&path, FORMAT).map_err(OpenError::io(&path))?;
        return File::open(&path).and_then(|file| file.sync_all()).map_err(OpenError::io(&path));
    }
    let found = std::fs::read(&path).map_err(OpenError::io(&path))?;
    if found == FORMAT.as_bytes() {
        return Ok(());
    }
    let found = String::from_utf8_lossy(&found).chars().take(40).collect();
    Err(OpenError::Format { path, found, expected: FORMAT.trim_end() })
}

/// Why a batch cannot be written, found before anything of it is.
fn refusal(state: &State, batch: &Batch, planned: u64) -> Option<Error> {
    if let Some(name) = batch.present.iter().find(|name| !state.blocks.has(name)) {
        return Some(Error::NotFound(*name));
    }
    let record = batch.record.as_ref()?;
    let actual = Position(state.journal.len() + planned);
    record
        .position
        .filter(|expected| *expected != actual)
        .map(|expected| Error::PositionMoved { expected, actual })
}

struct Writer {
    shared: Arc<Shared>,
    witness: Witness,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Command>) {
        let mut closing = false;
        while !closing {
            let Ok(first) = queue.recv() else { break };
            let mut group = Vec::new();
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(command) = next {
                match command {
                    Command::Commit(batch, done) => {
                        bytes += batch.objects.iter().map(|object| object.bytes.len()).sum::<usize>();
                        group.push((batch, done));
                    }
                    Command::Expunge(name, done) => {
                        self.commit(std::mem::take(&mut group));
                        self.expunge(name, done);
                    }
                    Command::Close => closing = true,
                }
                next = if closing || bytes >= GROUP_BYTES { None } else { queue.try_recv().ok() };
            }
            self.commit(group);
        }
        // What is still queued behind the close is refused, not forgotten.
        for command in queue.try_iter() {
            if let Command::Commit(_, done) | Command::Expunge(_, done) = command {
                done(Err(Error::Closed));
            }
        }
        self.finish();
    }

    /// One group: objects, a sync, records, a sync, answers.
    fn commit(&mut self, group: Vec<(Batch, Done)>) {
        if group.is_empty() {
            return;
        }
        let mut answers: Vec<(Done, Result<Option<Position>, Error>)> = Vec::with_capacity(group.len());
        let shared = self.shared.clone();
        let written = {
            let mut state = shared.state.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(reason) = state.read_only.clone() {
                answers.extend(
                    group
                        .into_iter()
                        .map(|(_, done)| (done, Err(Error::ReadOnly { reason: reason.clone() }))),
                );
                None
            } else {
                Some(self.write_group(&mut state, group, &mut answers))
            }
        };
        if let Some(Err(error)) = written {
            let reason: Arc<str> = error.to_string().into();
            tracing::error!(%reason, "a write failed: the store is read-only until it is opened again");
            let mut state = self.shared.state.write().unwrap_or_else(PoisonError::into_inner);
            state.read_only = Some(reason.clone());
            for (_, answer) in &mut answers {
                if answer.is_ok() {
                    *answer = Err(Error::ReadOnly { reason: reason.clone() });
                }
            }
        }
        for (done, answer) in answers {
            done(answer);
        }
    }

    fn write_group(
        &mut self,
        state: &mut State,
        group: Vec<(Batch, Done)>,
        answers: &mut Vec<(Done, Result<Option<Position>, Error>)>,
    ) -> std::io::Result<()> {
        let disk = self.shared.options.disk.clone();
        let wants = group.iter().any(|(batch, _)| !batch.objects.is_empty());
        let free = if wants { disk.free_space(&self.shared.folder)? } else { u64::MAX };
        let mut records = Vec::new();
        let mut planned = 0;
        let mut frames = Vec::new();
        state.blocks.roll(&*disk)?;
        for (batch, done) in group {
            let bytes: u64 = batch.objects.iter().map(|object| object.bytes.len() as u64).sum();
            let needed = self.shared.options.free_space_min;
            if bytes > 0 && free < needed.saturating_add(bytes) {
                answers.push((done, Err(Error::DiskNearlyFull { free, needed })));
                continue;
            }
            if let Some(error) = refusal(state, &batch, planned) {
                answers.push((done, Err(error)));
                continue;
            }
            planned += u64::from(batch.record.is_some());
            for object in &batch.objects {
                state.blocks.prepare(object.name, batch.time_ms, &object.bytes, &mut frames);
            }
            records.push((batch.record, batch.time_ms, done));
        }
        let blocks_written = if frames.is_empty() { Ok(()) } else { state.blocks.write(&frames) };
        if let Err(error) = blocks_written {
            let refuse = || Err(Error::ReadOnly { reason: error.to_string().into() });
            answers.extend(records.into_iter().map(|(.., done)| (done, refuse())));
            return Err(error);
        }
        frames.clear();
        let mut prepared = Vec::new();
        let rolled = state.journal.roll(&*disk);
        for (record, time_ms, done) in records {
            let Some(record) = record else {
                prepared.push((done, Ok(None)));
                continue;
            };
            let actual = state.journal.head(&record.lane);
            match record.expect {
                Some(expected) if expected != actual => {
                    prepared.push((done, Err(Error::HeadMoved { lane: record.lane, expected, actual })));
                }
                _ => {
                    let position = state.journal.prepare(&record.lane, time_ms, &record.payload, &mut frames);
                    prepared.push((done, Ok(Some(position))));
                }
            }
        }
        answers.extend(prepared);
        rolled?;
        if !frames.is_empty() {
            state.journal.write(&frames)?;
        }
        state.durable = state.journal.len();
        let indexed = if state.blocks.wants_index() { state.blocks.write_index(&*disk) } else { Ok(()) };
        let noted = self.witness.note(state.durable, state.blocks.len());
        if let Err(error) = indexed.and(noted) {
            // What was asked for is durable and is acknowledged; a disk that fails takes nothing more.
            state.read_only = Some(error.to_string().into());
        }
        Ok(())
    }

    fn expunge(&mut self, name: Name, done: Done) {
        let result = {
            let mut state = self.shared.state.write().unwrap_or_else(PoisonError::into_inner);
            match state.read_only.clone() {
                Some(reason) => Err(Error::ReadOnly { reason }),
                None => {
                    let result = state.blocks.expunge(name);
                    if let Err(Error::ReadOnly { reason }) = &result {
                        state.read_only = Some(reason.clone());
                    }
                    result
                }
            }
        };
        done(result.map(|()| None));
    }

    fn finish(&mut self) {
        let mut state = self.shared.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.read_only.is_some() {
            return;
        }
        let disk = self.shared.options.disk.clone();
        let written = state.blocks.write_index(&*disk);
        let noted = self.witness.note(state.durable, state.blocks.len()).and_then(|()| self.witness.sync());
        if let Err(error) = written.and(noted) {
            tracing::warn!(%error, "the store closed without its index or witness; they are made anew");
        }
    }
}
