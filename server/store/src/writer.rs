//! The one writer: takes batches in groups, makes them durable, shows them to readers, and answers.

use std::collections::HashSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::Name;
use crate::batch::{Answer, Outcome, Sealed};
use crate::blocks::{BlockIndex, BlockWriter};
use crate::disk::{Disk, is_full};
use crate::error::Error;
use crate::found::overwrite_remains;
use crate::frame::{HEADER_BYTES, Kind};
use crate::journal::{JournalIndex, JournalWriter};
use crate::reserve::Reserve;
use crate::store::Options;
use crate::sweep::Swept;
use crate::witness::Witness;

/// Bytes of one group commit, about: more waits for the next, and is in memory meanwhile.
const GROUP_BYTES: u64 = 16 * 1024 * 1024;

pub(crate) enum Command {
    Commit(Sealed, Answer),
    /// Says of an object that it is gone or lost.
    Mark(Kind, Name, Answer),
    /// From now on, remember which objects are named.
    SweepBegins(Answer<()>),
    /// Drop objects from a file.
    Sweep(u32, HashSet<Name>, Answer<Swept>),
    SweepEnds,
    Close,
}

/// What is durable, as readers find it.
pub(crate) struct State {
    pub(crate) journal: JournalIndex,
    pub(crate) blocks: BlockIndex,
    pub(crate) read_only: Option<Arc<str>>,
}

/// What the writer and the readers share. Nobody waits for the disk while holding the lock.
pub(crate) struct Shared {
    pub(crate) state: RwLock<State>,
    pub(crate) folder: PathBuf,
    pub(crate) options: Options,
}

impl Shared {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn refusal(&self) -> Option<Error> {
        self.read().read_only.clone().map(|reason| Error::ReadOnly { reason })
    }

    /// Nothing is written from now on.
    pub(crate) fn fail(&self, what: &str) -> Error {
        let mut state = self.write();
        let reason = state.read_only.get_or_insert_with(|| what.into()).clone();
        tracing::error!(%reason, "the store is read-only until it is opened again");
        Error::ReadOnly { reason }
    }
}

/// What the store says of a panic.
const PANICKED: &str = "the writer stopped by a fault of its own";

struct FailOnPanic(Arc<Shared>);

impl Drop for FailOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(PANICKED);
        }
    }
}

pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) journal: JournalWriter,
    pub(crate) blocks: BlockWriter,
    pub(crate) witness: Witness,
    pub(crate) reserve: Reserve,
    /// Objects that were named since a sweep began.
    pub(crate) named: Option<HashSet<Name>>,
}

/// What a group may write.
struct Room {
    /// Bytes that objects may still take.
    objects: u64,
    free: u64,
    records: bool,
}

impl Writer {
    /// Serves until the store is closed. After a panic everybody is refused, and nobody waits.
    pub(crate) fn run(mut self, queue: &Receiver<Command>) {
        if catch_unwind(AssertUnwindSafe(|| self.serve(queue))).is_ok() {
            return self.finish();
        }
        let error = self.shared.fail(PANICKED);
        for command in queue {
            match command {
                Command::Commit(_, answer) | Command::Mark(_, _, answer) => answer.give(Err(error.clone())),
                Command::Sweep(_, _, answer) => answer.give(Err(error.clone())),
                Command::SweepBegins(answer) => answer.give(Err(error.clone())),
                Command::SweepEnds => {}
                Command::Close => return,
            }
        }
    }

    fn serve(&mut self, queue: &Receiver<Command>) {
        let mut group: Vec<(Sealed, Answer)> = Vec::new();
        let mut bytes = 0;
        loop {
            // Whatever came while the disk was busy goes into one group.
            let command = match queue.try_recv() {
                Ok(command) if bytes < GROUP_BYTES => command,
                other => {
                    self.commit(std::mem::take(&mut group));
                    bytes = 0;
                    match other.or_else(|_| queue.recv()) {
                        Ok(command) => command,
                        Err(_) => return,
                    }
                }
            };
            if let Command::Commit(sealed, answer) = command {
                bytes += sealed.object_bytes() + sealed.record_bytes();
                group.push((sealed, answer));
                continue;
            }
            self.commit(std::mem::take(&mut group));
            match command {
                Command::Commit(..) => {}
                Command::Mark(kind, name, answer) => answer.give(self.mark(kind, name).map(|()| None)),
                Command::SweepBegins(answer) => {
                    self.named = Some(HashSet::new());
                    answer.give(Ok(()));
                }
                Command::Sweep(nth, names, answer) => answer.give(self.sweep(nth, &names)),
                Command::SweepEnds => self.named = None,
                Command::Close => return,
            }
        }
    }

    /// One group: objects, a sync, records, a sync, answers.
    fn commit(&mut self, group: Vec<(Sealed, Answer)>) {
        if group.is_empty() {
            return;
        }
        let room = match self.shared.refusal().map_or_else(|| self.find_room(&group), Err) {
            Ok(room) => room,
            Err(error) => return group.into_iter().for_each(|(_, answer)| answer.give(Err(error.clone()))),
        };
        let planned = self.plan_group(group, room);
        let mut outcomes: Vec<(Answer, Outcome)> = planned;
        // Dropped before the answers: who hears of a panic finds the store read-only.
        let _fails = FailOnPanic(self.shared.clone());
        // The objects are durable before the first byte of a record is written.
        let written = self.blocks.write().and_then(|()| self.journal.write()).and_then(|()| self.remember());
        if let Err(error) = written {
            let error = self.shared.fail(&format!("a write failed: {error}"));
            for (_, outcome) in outcomes.iter_mut().filter(|(_, outcome)| outcome.is_ok()) {
                *outcome = Err(error.clone());
            }
        } else {
            let mut state = self.shared.write();
            self.blocks.publish(&mut state.blocks);
            self.journal.publish(&mut state.journal);
        }
        outcomes.into_iter().for_each(|(answer, outcome)| answer.give(outcome));
        self.refresh_index();
    }

    /// Decides batch by batch, in order, before anything is written.
    fn plan_group(&mut self, group: Vec<(Sealed, Answer)>, mut room: Room) -> Vec<(Answer, Outcome)> {
        let shared = self.shared.clone();
        let state = shared.read();
        group.into_iter().map(|(sealed, answer)| (answer, self.plan(&state, sealed, &mut room))).collect()
    }

    fn plan(&mut self, state: &State, sealed: Sealed, room: &mut Room) -> Outcome {
        if let Some(named) = &mut self.named {
            named.extend(
                sealed.objects.iter().map(|(object, _)| object.name).chain(sealed.present.iter().copied()),
            );
        }
        if let Some(name) = sealed.present.iter().find(|name| !self.blocks.will_have(&state.blocks, name)) {
            return Err(Error::NotFound(*name));
        }
        let bytes = sealed.object_bytes();
        if bytes > room.objects || (sealed.record.is_some() && !room.records) {
            return Err(Error::DiskNearlyFull {
                free: room.free,
                needed: self.shared.options.free_space_min,
            });
        }
        if let Some(record) = &sealed.record {
            let (actual, next) = (self.journal.head(&state.journal, &record.body.lane), self.journal.next());
            if let Some(expected) = record.expect.filter(|expected| *expected != actual) {
                return Err(Error::HeadMoved { lane: record.body.lane.clone(), expected, actual });
            }
            if let Some(expected) = record.position.filter(|expected| *expected != next) {
                return Err(Error::PositionMoved { expected, actual: next });
            }
        }
        room.objects -= bytes;
        for (object, hash) in sealed.objects {
            self.blocks.plan(&state.blocks, object.name, sealed.time_ms, object.bytes, hash);
        }
        Ok(sealed.record.map(|record| self.journal.plan(&state.journal, record.body, sealed.time_ms)))
    }

    /// Reserves the space of a group before anything of it is written: a full disk is a refusal, not a failed write.
    fn find_room(&mut self, group: &[(Sealed, Answer)]) -> Result<Room, Error> {
        let disk = self.shared.options.disk.clone();
        let failed =
            |shared: &Shared, error: io::Error| shared.fail(&format!("space could not be reserved: {error}"));
        let free = disk.free_space(&self.shared.folder).unwrap_or(0);
        self.reserve.keep(&*disk, free).map_err(|error| failed(&self.shared, error))?;
        let object_bytes: u64 = group.iter().map(|(sealed, _)| sealed.object_bytes()).sum();
        let record_bytes: u64 = group.iter().map(|(sealed, _)| sealed.record_bytes()).sum();
        let mut room =
            Room { objects: free.saturating_sub(self.shared.options.free_space_min), free, records: true };
        if object_bytes.min(room.objects) > 0 {
            match self.blocks.make_room(&*disk, object_bytes.min(room.objects)) {
                Err(error) if is_full(&error) => room.objects = 0,
                other => other.map_err(|error| failed(&self.shared, error))?,
            }
        }
        if record_bytes > 0 {
            let mut made = self.journal.make_room(&*disk, record_bytes);
            if made.as_ref().is_err_and(is_full) {
                self.reserve.release(&*disk).map_err(|error| failed(&self.shared, error))?;
                made = self.journal.make_room(&*disk, record_bytes);
            }
            match made {
                Err(error) if is_full(&error) => room.records = false,
                other => other.map_err(|error| failed(&self.shared, error))?,
            }
        }
        Ok(room)
    }

    fn mark(&mut self, kind: Kind, name: Name) -> Result<(), Error> {
        self.shared.refusal().map_or(Ok(()), Err)?;
        let found = self.shared.read().blocks.find(&name);
        let disk = self.shared.options.disk.clone();
        let shared = self.shared.clone();
        let fail = |error: io::Error| shared.fail(&format!("expunging failed: {error}"));
        match self.blocks.make_room(&*disk, HEADER_BYTES as u64) {
            Err(error) if is_full(&error) => {
                return Err(Error::DiskNearlyFull { free: 0, needed: HEADER_BYTES as u64 });
            }
            other => other.map_err(fail)?,
        }
        self.blocks.plan_mark(kind, name);
        // Noted before the bytes go: whoever reads the files meanwhile finds why.
        self.blocks.write().and_then(|()| self.remember()).map_err(fail)?;
        self.blocks.publish(&mut self.shared.write().blocks);
        // What is said first and done second is done again when opening, should a crash come between.
        if let (Kind::Gone, Ok(found)) = (kind, found) {
            found.overwrite().map_err(fail)?;
            let files = shared.read().blocks.files_with_remains(&name);
            overwrite_remains(&files, &name).map_err(fail)?;
        }
        self.refresh_index();
        Ok(())
    }

    /// Notes how far the files have come, before anybody is told: a backup that begins afterwards goes so far.
    fn remember(&mut self) -> io::Result<()> {
        match self.witness.note(self.journal.frames(), self.blocks.frames()) {
            // The files say it all.
            Err(error) if is_full(&error) => Ok(()),
            noted => noted,
        }
    }

    /// Writes the index of the last block file anew if much has come since. What was asked for is acknowledged
    /// already; a disk that fails here takes nothing more.
    fn refresh_index(&mut self) {
        if self.shared.refusal().is_some() || !self.blocks.wants_index() {
            return;
        }
        let disk = self.shared.options.disk.clone();
        match self.blocks.write_index(&*disk) {
            Err(error) if !is_full(&error) => drop(self.shared.fail(&format!("a write failed: {error}"))),
            _ => {}
        }
    }

    fn finish(&mut self) {
        if self.shared.refusal().is_some() {
            return;
        }
        let disk: Arc<dyn Disk> = self.shared.options.disk.clone();
        let noted = self.witness.note(self.journal.frames(), self.blocks.frames());
        let written = self.blocks.write_index(&*disk).and(noted).and_then(|()| self.witness.sync());
        if let Err(error) = written {
            tracing::warn!(%error, "the store closed without its index or witness; they are made anew");
        }
    }
}
