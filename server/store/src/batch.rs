//! What callers hand in, checked and hashed on their own threads: the writer has better things to do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use crate::error::Error;
use crate::frame::HEADER_BYTES;
use crate::journal::{Lane, Position, RecordBody};
use crate::{LANE_BYTES_MAX, Name, OBJECT_BYTES_MAX, RECORD_BYTES_MAX};

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
    /// The position that the caller counts on, because the batch's objects speak of it (a signed receipt does).
    /// Nothing: whatever it will be.
    pub position: Option<Position>,
    /// Its content.
    pub payload: Bytes,
}

/// What is made durable in one step: all objects before the first byte of the record (DETAILS D22).
///
/// A batch is taken whole or not at all: if the lane's head or the position is not what the record expects, or an
/// object that must be present is not, neither the record nor any object of the batch is written.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Objects; those that are there already, or were expunged, are not written again.
    pub objects: Vec<Object>,
    /// Objects that must be there already: the writer looks once more, for a sweep may have come between
    /// (DETAILS D23).
    pub present: Vec<Name>,
    /// At most one record.
    pub record: Option<NewRecord>,
    /// Milliseconds since 1970.
    pub time_ms: i64,
}

/// A batch ready for the writer.
pub(crate) struct Sealed {
    pub(crate) objects: Vec<(Object, [u8; 32])>,
    pub(crate) present: Vec<Name>,
    pub(crate) record: Option<SealedRecord>,
    pub(crate) time_ms: i64,
}

pub(crate) struct SealedRecord {
    pub(crate) body: RecordBody,
    pub(crate) expect: Option<Option<Position>>,
    pub(crate) position: Option<Position>,
}

impl Sealed {
    pub(crate) fn of(batch: Batch) -> Result<Self, Error> {
        for object in &batch.objects {
            check("an object", object.bytes.len(), OBJECT_BYTES_MAX)?;
        }
        if let Some(record) = &batch.record {
            check("a lane's name", record.lane.0.len(), LANE_BYTES_MAX)?;
            check("a record", record.payload.len(), RECORD_BYTES_MAX)?;
        }
        let hashed = |object: Object| {
            let hash = *blake3::hash(&object.bytes).as_bytes();
            (object, hash)
        };
        let sealed = |record: NewRecord| SealedRecord {
            body: RecordBody::new(record.lane, record.payload),
            expect: record.expect,
            position: record.position,
        };
        Ok(Self {
            objects: batch.objects.into_iter().map(hashed).collect(),
            present: batch.present,
            record: batch.record.map(sealed),
            time_ms: batch.time_ms,
        })
    }

    /// Bytes that the objects take in the files, at most.
    pub(crate) fn object_bytes(&self) -> u64 {
        self.objects.iter().map(|(object, _)| (HEADER_BYTES + object.bytes.len()) as u64).sum()
    }

    /// Bytes that the record takes in the files.
    pub(crate) fn record_bytes(&self) -> u64 {
        self.record.as_ref().map_or(0, |record| record.body.frame_bytes())
    }
}

fn check(what: &'static str, bytes: usize, most: usize) -> Result<(), Error> {
    if bytes > most { Err(Error::TooLarge { what, bytes, most }) } else { Ok(()) }
}

/// What a batch came to: the position of its record, if it had one.
pub(crate) type Outcome = Result<Option<Position>, Error>;

/// The caller who waits for an outcome. One that is dropped unanswered hears so: nobody waits for ever.
pub(crate) struct Answer<T = Option<Position>>(Option<Done<T>>);

type Done<T> = Box<dyn FnOnce(Result<T, Error>) + Send>;

impl<T> Answer<T> {
    pub(crate) fn new(done: impl FnOnce(Result<T, Error>) + Send + 'static) -> Self {
        Self(Some(Box::new(done)))
    }

    pub(crate) fn give(mut self, outcome: Result<T, Error>) {
        self.call(outcome);
    }

    fn call(&mut self, outcome: Result<T, Error>) {
        let Some(done) = self.0.take() else { return };
        if catch_unwind(AssertUnwindSafe(|| done(outcome))).is_err() {
            tracing::error!("a caller of the store panicked when it got its answer");
        }
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        let reason = || Error::ReadOnly { reason: "the writer stopped by a fault of its own".into() };
        self.call(Err(if std::thread::panicking() { reason() } else { Error::Closed }));
    }
}
