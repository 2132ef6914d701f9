//! Appending to the journal: one record, with the objects it names, durable before anybody hears of it.

use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use mighub::v1::{self, record::What};
use mighub_store::{Batch, Error, Name, NewRecord, Object, Position, Store};
use prost::Message;

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

struct Next {
    position: u64,
    effective_ms: i64,
}

/// Where and when a record will stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) position: u64,
    pub(super) effective: Moment,
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
    pub(super) fn new(store: &Store) -> Self {
        let effective_ms = store.last_effective_ms().unwrap_or(i64::MIN);
        Self(Mutex::new(Next { position: store.records(), effective_ms }))
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

    /// Appends a record that is made for its position: a receipt says where it stands. With a lane, the lane's
    /// head must be what is given. `present` are objects that it names and that must be there still. Returns when
    /// the view has the record.
    pub(super) fn append(
        &self,
        lane: Option<(&LaneId, Option<u64>)>,
        present: &[Name],
        now: Moment,
        mut make: impl FnMut(Slot) -> Result<(Vec<Object>, v1::Record), Refusal>,
    ) -> Result<u64, Refusal> {
        for _ in 0..GUESSES_MAX {
            let (sender, receiver) = sync_channel(1);
            {
                let mut next = self.appender.0.lock().unwrap_or_else(PoisonError::into_inner);
                let effective = Moment(now.0.max(next.effective_ms));
                let (objects, record) = make(Slot { position: next.position, effective })?;
                let record = NewRecord {
                    lane: lane.map_or_else(
                        || mighub_store::Lane(std::sync::Arc::from(&b""[..])),
                        |(lane, _)| lane.to_store(),
                    ),
                    expect: lane.map(|(_, head)| head.map(Position)),
                    position: Some(Position(next.position)),
                    payload: record.encode_to_vec().into(),
                };
                let present = present.to_vec();
                let batch = Batch { objects, present, record: Some(record), time_ms: effective.0 };
                self.store.submit(batch, move |answer| {
                    // The receiver waits below; it cannot have gone.
                    let _ = sender.send(answer);
                });
                next.position += 1;
                next.effective_ms = effective.0;
            }
            let answer = receiver.recv().unwrap_or(Err(Error::Closed));
            match answer {
                Ok(position) => {
                    self.catch_up()?;
                    let position = position.ok_or_else(|| Refusal::internal("a record got no position"))?;
                    return Ok(position.0);
                }
                Err(error) => {
                    let mut next = self.appender.0.lock().unwrap_or_else(PoisonError::into_inner);
                    let moved = matches!(error, Error::PositionMoved { .. });
                    next.position = self.store.records();
                    if moved {
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
