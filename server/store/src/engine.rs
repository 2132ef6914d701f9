//! What an engine must be able to do, whatever keeps the bytes: files on this machine, or a replicated log on many.

use bytes::Bytes;

use crate::Name;
use crate::batch::{Batch, NewRecord, Object};
use crate::error::Error;
use crate::journal::{Entry, Lane, Position};
use crate::store::{Health, Store};

/// Records in one order. An appended record is the only atomic thing, durable before it is acknowledged.
pub trait Journal: Send + Sync {
    /// Appends a record, if its lane's head and its position are what it expects.
    fn append(&self, record: NewRecord, time_ms: i64) -> Result<Position, Error>;
    /// The newest record of a lane.
    fn head(&self, lane: &Lane) -> Option<Position>;
    /// Records after a position (from the first, if nothing), in order, at most `most`.
    fn tail(&self, after: Option<Position>, most: usize) -> Result<Vec<Entry>, Error>;
    /// The record at a position, its hashes checked.
    fn read(&self, at: Position) -> Result<Entry, Error>;
    /// The newest record whose effective time is `time_ms` or earlier.
    fn position_at(&self, time_ms: i64) -> Option<Position>;
    /// How the engine is.
    fn health(&self) -> Health;
}

/// Objects under names made from their content.
pub trait Blocks: Send + Sync {
    /// Stores what is not there yet; durable when it returns.
    fn put_if_absent(&self, objects: Vec<Object>, time_ms: i64) -> Result<(), Error>;
    /// The object with this name, its hashes checked.
    fn get(&self, name: &Name) -> Result<Bytes, Error>;
    /// Those of the names that are not there, in their order.
    fn missing(&self, names: &[Name]) -> Vec<Name>;
}

impl Journal for Store {
    fn append(&self, record: NewRecord, time_ms: i64) -> Result<Position, Error> {
        let position = self.commit(Batch { record: Some(record), time_ms, ..Batch::default() })?;
        // A batch with a record gives its position.
        position.ok_or(Error::Closed)
    }

    fn head(&self, lane: &Lane) -> Option<Position> {
        Store::head(self, lane)
    }

    fn tail(&self, after: Option<Position>, most: usize) -> Result<Vec<Entry>, Error> {
        let start = after.map_or(0, |after| after.0.saturating_add(1));
        (start..self.records()).take(most).map(|at| self.record(Position(at))).collect()
    }

    fn read(&self, at: Position) -> Result<Entry, Error> {
        self.record(at)
    }

    fn position_at(&self, time_ms: i64) -> Option<Position> {
        Store::position_at(self, time_ms)
    }

    fn health(&self) -> Health {
        Store::health(self)
    }
}

impl Blocks for Store {
    fn put_if_absent(&self, objects: Vec<Object>, time_ms: i64) -> Result<(), Error> {
        self.commit(Batch { objects, time_ms, ..Batch::default() }).map(drop)
    }

    fn get(&self, name: &Name) -> Result<Bytes, Error> {
        self.object(name)
    }

    fn missing(&self, names: &[Name]) -> Vec<Name> {
        let there = self.has(names);
        names.iter().zip(there).filter_map(|(name, there)| (!there).then_some(*name)).collect()
    }
}
