//! The oracle: a store made of plain maps, which shares no code with the real one.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use mighub_store::{Batch, Blocks, Entry, Error, Health, Journal, Lane, Name, NewRecord, Object, Position};

#[derive(Default)]
pub(crate) struct Maps {
    /// With the time at which they came; nothing in place of what was expunged.
    pub(crate) objects: BTreeMap<Name, (i64, Option<Bytes>)>,
    pub(crate) records: Vec<(Lane, i64, Bytes)>,
}

/// A store of plain maps.
#[derive(Default)]
pub(crate) struct Model(Mutex<Maps>);

impl Model {
    pub(crate) fn maps(&self) -> MutexGuard<'_, Maps> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn commit(&self, batch: Batch) -> Result<Option<Position>, Error> {
        let mut maps = self.maps();
        if let Some(name) = batch.present.iter().find(|name| !maps.objects.contains_key(name)) {
            return Err(Error::NotFound(*name));
        }
        let next = Position(maps.records.len() as u64);
        if let Some(record) = &batch.record {
            let actual = maps.head(&record.lane);
            if let Some(expected) = record.expect.filter(|expected| *expected != actual) {
                return Err(Error::HeadMoved { lane: record.lane.clone(), expected, actual });
            }
            if let Some(expected) = record.position.filter(|expected| *expected != next) {
                return Err(Error::PositionMoved { expected, actual: next });
            }
        }
        for object in batch.objects {
            maps.objects.entry(object.name).or_insert((batch.time_ms, Some(object.bytes)));
        }
        let Some(record) = batch.record else { return Ok(None) };
        let effective_ms = maps.records.iter().map(|(_, time_ms, _)| *time_ms).chain([batch.time_ms]).max();
        maps.records.push((record.lane, effective_ms.unwrap_or(batch.time_ms), record.payload));
        Ok(Some(next))
    }

    pub(crate) fn expunge(&self, name: Name) -> Result<(), Error> {
        match self.maps().objects.get_mut(&name).map(|(_, bytes)| bytes.take()) {
            None => Err(Error::NotFound(name)),
            Some(None) => Err(Error::Gone(name)),
            Some(Some(_)) => Ok(()),
        }
    }

    /// How many objects it dropped.
    pub(crate) fn sweep(&self, older_than_ms: i64, keep: &dyn Fn(&Name) -> bool) -> u64 {
        let mut maps = self.maps();
        let before = maps.objects.len();
        maps.objects
            .retain(|name, (time_ms, bytes)| bytes.is_none() || *time_ms >= older_than_ms || keep(name));
        (before - maps.objects.len()) as u64
    }
}

impl Maps {
    fn head(&self, lane: &Lane) -> Option<Position> {
        let at = self.records.iter().rposition(|(on, ..)| on == lane);
        at.filter(|_| !lane.0.is_empty()).map(|at| Position(at as u64))
    }

    fn entry(&self, at: u64) -> Result<Entry, Error> {
        let (lane, effective_ms, payload) =
            self.records.get(at as usize).ok_or(Error::NoRecord(Position(at)))?.clone();
        Ok(Entry { position: Position(at), lane, effective_ms, hash: [0; 32], payload })
    }
}

impl Journal for Model {
    fn append(&self, record: NewRecord, time_ms: i64) -> Result<Position, Error> {
        let position = self.commit(Batch { record: Some(record), time_ms, ..Batch::default() });
        position.map(|position| position.expect("a batch with a record has a position"))
    }

    fn head(&self, lane: &Lane) -> Option<Position> {
        self.maps().head(lane)
    }

    fn tail(&self, after: Option<Position>, most: usize) -> Result<Vec<Entry>, Error> {
        let maps = self.maps();
        let all = (0..maps.records.len() as u64).map(|at| maps.entry(at));
        all.filter(|entry| entry.as_ref().is_ok_and(|entry| Some(entry.position) > after))
            .take(most)
            .collect()
    }

    fn read(&self, at: Position) -> Result<Entry, Error> {
        self.maps().entry(at.0)
    }

    fn position_at(&self, time_ms: i64) -> Option<Position> {
        let at = self.maps().records.iter().rposition(|(_, effective_ms, _)| *effective_ms <= time_ms);
        at.map(|at| Position(at as u64))
    }

    fn health(&self) -> Health {
        let maps = self.maps();
        let objects = maps.objects.values().filter(|(_, bytes)| bytes.is_some()).count() as u64;
        Health { read_only: None, records: maps.records.len() as u64, objects, free_bytes: 0 }
    }
}

impl Blocks for Model {
    fn put_if_absent(&self, objects: Vec<Object>, time_ms: i64) -> Result<(), Error> {
        self.commit(Batch { objects, time_ms, ..Batch::default() }).map(drop)
    }

    fn get(&self, name: &Name) -> Result<Bytes, Error> {
        let bytes = self.maps().objects.get(name).cloned().ok_or(Error::NotFound(*name))?.1;
        bytes.ok_or(Error::Gone(*name))
    }

    fn missing(&self, names: &[Name]) -> Vec<Name> {
        let maps = self.maps();
        names.iter().filter(|name| !maps.objects.contains_key(name)).copied().collect()
    }
}

/// Two engines that give the same answers to every question. Hashes and free bytes are their own affair.
pub(crate) fn assert_same<A: Journal + Blocks, B: Journal + Blocks>(
    found: &A,
    expected: &B,
    names: &[Name],
    lanes: &[Lane],
) {
    let without_hash = |entries: Vec<Entry>| {
        entries.into_iter().map(|entry| Entry { hash: [0; 32], ..entry }).collect::<Vec<_>>()
    };
    let (records, objects) = (found.health().records, found.health().objects);
    assert_eq!((records, objects), (expected.health().records, expected.health().objects));
    assert_eq!(found.health().read_only, None);
    for after in [None, Some(Position(records / 2)), Some(Position(u64::MAX))] {
        let (found, expected) =
            (found.tail(after, 50).expect("records"), expected.tail(after, 50).expect("records"));
        assert_eq!(without_hash(found), without_hash(expected));
    }
    assert!(matches!(found.read(Position(records)), Err(Error::NoRecord(_))));
    for lane in lanes {
        assert_eq!(found.head(lane), expected.head(lane), "{lane:?}");
    }
    for time_ms in (-1..=1_000).step_by(77) {
        assert_eq!(found.position_at(time_ms), expected.position_at(time_ms), "at {time_ms}");
    }
    assert_eq!(found.missing(names), expected.missing(names));
    for name in names {
        match (found.get(name), expected.get(name)) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{name:?}"),
            (Err(found), Err(expected)) => assert_eq!(found.to_string(), expected.to_string(), "{name:?}"),
            (found, expected) => panic!("{name:?} is {found:?}, not {expected:?}"),
        }
    }
}
