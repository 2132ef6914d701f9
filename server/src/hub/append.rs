//! Appending to the journal: one record, with the objects it names, durable before anybody hears of it.

use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use mighub::evidence::Frontier;
use mighub::v1::{self, record::What};
use mighub_store::{Batch, Error, Name, NewRecord, Object, Position, Store};
use prost::Message;

use super::evidence::{Leaves, LogTree};
use super::lane::LaneId;
use super::moment::Moment;
use super::refusal::Refusal;
use super::{Hub, Principal};

/// How often the position of a record is guessed again. Guesses fail only when a batch before was refused.
const GUESSES_MAX: usize = 16;

/// Bytes of the objects that are stored with a record, at most: they are hashed while others wait for a position.
const WITH_RECORD_BYTES_MAX: usize = 1024 * 1024;

/// Keeps batches in the order in which their positions were guessed.
pub(super) struct Appender(Mutex<Next>);

/// What comes after all that was handed over to the store.
struct Next {
    effective_ms: i64,
    /// The tree of all records before it, those that are not durable yet among them.
    log: Frontier,
    /// How often guesses were begun anew: whoever guessed before must not do so again.
    round: u64,
}

/// Where and when a record will stand, and what will stand before it.
pub(super) struct Slot<'a> {
    pub(super) position: u64,
    pub(super) effective: Moment,
    log: &'a Frontier,
    leaves: &'a Leaves,
}

impl Slot<'_> {
    /// A record at this place in the log: its place in the tree, and what its leaf is made of.
    pub(super) fn place(&self, record: &v1::Record) -> (v1::LogPlace, v1::LogRecord) {
        let record = self.leaves.log_record(self.position, self.effective, &record.encode_to_vec());
        let leaf = self.leaves.hash(self.position, self.effective, &record.record);
        let mut log = self.log.clone();
        log.push(leaf);
        let place = v1::LogPlace {
            root: log.root().to_bytes(),
            leaf_hash: leaf.to_bytes(),
            inclusion: self.log.next_proof().into_iter().map(|hash| hash.to_bytes()).collect(),
        };
        (place, record)
    }
}

/// Who acts.
#[derive(Clone, Debug, Default)]
pub(super) struct Actor {
    pub(super) agency: String,
    pub(super) person: String,
}

impl Actor {
    pub(super) fn of(principal: &Principal, person: &str) -> Self {
        let agency = principal.agency.as_ref().map(ToString::to_string).unwrap_or_default();
        Self { agency, person: person.to_owned() }
    }
}

impl Appender {
    /// Goes on from a journal that is whole in the tree.
    pub(super) fn new(store: &Store, log: &LogTree) -> Self {
        let effective_ms = store.last_effective_ms().unwrap_or(i64::MIN);
        Self(Mutex::new(Next { effective_ms, log: log.frontier(), round: 0 }))
    }
}

impl Hub {
    /// Makes large objects durable at once and adds them to those that must be there still; gives back small ones
    /// for the record that will name them, so that they wait for the disk once instead of twice.
    pub(super) fn stored_or_small(
        &self,
        objects: Vec<Object>,
        present: &mut Vec<Name>,
        now: Moment,
    ) -> Result<Vec<Object>, Refusal> {
        let bytes: usize = objects.iter().map(|object| object.bytes.len()).sum();
        if bytes <= WITH_RECORD_BYTES_MAX {
            return Ok(objects);
        }
        present.extend(objects.iter().map(|object| object.name));
        self.store.commit(Batch { objects, time_ms: now.0, ..Batch::default() })?;
        Ok(Vec::new())
    }

    /// Appends a record that names no lane's head.
    pub(super) fn record(
        &self,
        actor: Actor,
        what: What,
        objects: Vec<Object>,
        now: Moment,
    ) -> Result<u64, Refusal> {
        self.append(None, &[], now, |_| Ok((objects.clone(), record(&actor, what.clone(), now))))
    }

    /// Appends a record that is made for its place: a receipt says where it stands, and behind what. With a lane, the
    /// lane's head must be what is given. `present` are objects that it names and that must be there still. Returns
    /// when the view has the record.
    pub(super) fn append(
        &self,
        lane: Option<(&LaneId, Option<u64>)>,
        present: &[Name],
        now: Moment,
        mut make: impl FnMut(&Slot<'_>) -> Result<(Vec<Object>, v1::Record), Refusal>,
    ) -> Result<u64, Refusal> {
        for _ in 0..GUESSES_MAX {
            let (sender, receiver) = sync_channel(1);
            let round;
            {
                let mut next = self.appender.0.lock().unwrap_or_else(PoisonError::into_inner);
                let effective = Moment(now.0.max(next.effective_ms));
                let (position, leaves) = (next.log.size(), self.log.leaves());
                let (objects, record) = make(&Slot { position, effective, log: &next.log, leaves })?;
                let record = NewRecord {
                    lane: lane.map_or_else(
                        || mighub_store::Lane(std::sync::Arc::from(&b""[..])),
                        |(lane, _)| lane.to_store(),
                    ),
                    expect: lane.map(|(_, head)| head.map(Position)),
                    position: Some(Position(position)),
                    payload: record.encode_to_vec().into(),
                };
                let leaf = leaves.hash(position, effective, &record.payload);
                let present = present.to_vec();
                let batch = Batch { objects, present, record: Some(record), time_ms: effective.0 };
                self.store.submit(batch, move |answer| {
                    // The receiver waits below; it cannot have gone.
                    let _ = sender.send(answer);
                });
                next.log.push(leaf);
                next.effective_ms = effective.0;
                round = next.round;
            }
            let answer = receiver.recv().unwrap_or(Err(Error::Closed));
            match answer {
                Ok(position) => {
                    self.catch_up()?;
                    let position = position.ok_or_else(|| Refusal::internal("a record got no position"))?;
                    return Ok(position.0);
                }
                Err(error) => {
                    self.guess_anew(round)?;
                    if matches!(error, Error::PositionMoved { .. }) {
                        continue;
                    }
                    if matches!(error, Error::NotFound(_)) && !present.is_empty() {
                        let text = "some of what was uploaded is not there any more: open the submission again, \
                                    upload what it names, and seal it";
                        return Err(Refusal::new(v1::ErrorReason::BlocksMissing, text));
                    }
                    return Err(error.into());
                }
            }
        }
        Err(Refusal::internal("the journal is busy; call again"))
    }

    /// A guess was wrong, and so are all that were built on it. New ones begin only when the store has answered all of
    /// them: a receipt speaks of every record before its own, so that a guess which has the right position by chance,
    /// behind other records than it was made for, must not be there.
    fn guess_anew(&self, round: u64) -> Result<(), Refusal> {
        let mut next = self.appender.0.lock().unwrap_or_else(PoisonError::into_inner);
        if next.round != round {
            return Ok(());
        }
        // The store answers in order. If it takes nothing any more, no guess will ever be right.
        let _ = self.store.commit(Batch { time_ms: next.effective_ms, ..Batch::default() });
        self.catch_up()?;
        next.log = self.log.frontier();
        next.round += 1;
        Ok(())
    }
}

/// A record of the hub.
pub(super) fn record(actor: &Actor, what: What, now: Moment) -> v1::Record {
    v1::Record {
        time: Some(now.to_message()),
        agency: actor.agency.clone(),
        person: actor.person.clone(),
        what: Some(what),
    }
}
