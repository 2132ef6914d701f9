//! What must hold in every world, whatever befalls it: a receipt once given holds for ever and its vintage is in the
//! journal; one version a submission; what changed since a cursor, put over what there was, is all there is; no figure
//! before its hour; a block that was acknowledged is not asked for again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use mighub::block::{decode_proven, decompress};
use mighub::v1::{self, LaneContent, ReceiptOutcome};
use mighub_sdmx::columns::Shape;
use mighub_sdmx::structure::{AgencyId, Class, Reference};
use mighub_server::hub::Moment;
use mighub_server::hub::lane::LaneId;
use prost::Message;

use super::flow::{DATAFLOW, Table, cells};
use super::hub::{Answer, OFFICES, Request, SimulatedHub};
use super::world::{Case, cursor_of};

/// Tables by office.
type Tables = BTreeMap<String, Table>;

pub(super) struct Checks {
    shape: Arc<Shape>,
    by_id: HashMap<String, usize>,
    /// Receipts as they were first given, by case.
    receipts: BTreeMap<usize, v1::Receipt>,
    /// Cases in the order of the journal, with their positions.
    accepted: BTreeMap<u64, usize>,
    /// What a reader had who was given this cursor.
    at_cursor: HashMap<Vec<u8>, Tables>,
    /// Blocks that were acknowledged as durable.
    durable: HashSet<(String, u32)>,
    failures: Vec<String>,
}

impl Checks {
    pub(super) fn new(shape: Arc<Shape>, cases: &[Case]) -> Self {
        let by_id = cases.iter().enumerate().map(|(place, case)| (case.prepared.id.clone(), place)).collect();
        Self {
            shape,
            by_id,
            receipts: BTreeMap::new(),
            accepted: BTreeMap::new(),
            at_cursor: HashMap::new(),
            durable: HashSet::new(),
            failures: Vec::new(),
        }
    }

    pub(super) fn fail(&mut self, what: &str) {
        self.failures.push(what.to_owned());
    }

    pub(super) fn is_sound(&self) -> bool {
        self.failures.is_empty()
    }

    pub(super) fn into_failures(self) -> Vec<String> {
        self.failures
    }

    /// The hub answered, whether or not anybody hears it.
    pub(super) fn answered(&mut self, cases: &[Case], request: &Request, answer: &Answer, now: Moment) {
        match (request, answer) {
            (
                _,
                Answer::Opened { id, receipt: Some(receipt), .. }
                | Answer::Sealed { id, receipt: Some(receipt) },
            ) => {
                self.given(id, receipt);
            }
            (_, Answer::Sealed { id, receipt: None }) => {
                self.fail(&format!("{id} was sealed without a receipt"))
            }
            (_, Answer::Uploaded { id, durable }) => {
                self.durable.extend(durable.iter().map(|index| (id.clone(), *index)));
            }
            (_, Answer::Opened { id, missing, receipt: None }) => {
                let again = missing.iter().find(|index| self.durable.contains(&(id.clone(), **index)));
                if let Some(again) = again {
                    self.fail(&format!("block {again} of {id} was acknowledged and is asked for again"));
                }
            }
            (Request::Pull { since, .. }, Answer::Pulled { parts, .. }) => {
                self.pulled(cases, since, parts, now);
            }
            _ => {}
        }
    }

    fn given(&mut self, id: &str, receipt: &v1::Receipt) {
        let case = self.by_id[id];
        match self.receipts.get(&case) {
            Some(first) if first != receipt => self.fail(&format!("{id} was given another receipt")),
            Some(_) => {}
            None => {
                let body = v1::ReceiptBody::decode(&receipt.body[..]).expect("the hub's own");
                if body.outcome() != ReceiptOutcome::Accepted || body.submission_id != id {
                    self.fail(&format!("{id} has a receipt of something else: {body:?}"));
                }
                self.receipts.insert(case, receipt.clone());
                if self.accepted.insert(body.position, case).is_some() {
                    self.fail(&format!("two submissions at {}", body.position));
                }
            }
        }
    }

    /// An office heard of a receipt: it must be the one that was given first.
    pub(super) fn acknowledged(&mut self, case: usize, receipt: &v1::Receipt) {
        if self.receipts.get(&case) != Some(receipt) {
            self.fail("an office holds a receipt that was never given");
        }
    }

    pub(super) fn has_receipt(&mut self, answer: &Answer) {
        if !matches!(answer, Answer::Opened { receipt: Some(_), .. }) {
            self.fail(&format!("a receipt is gone: {answer:?}"));
        }
    }

    /// What a reader must have at a moment, from what the journal holds.
    fn expected(&self, cases: &[Case], now: Moment) -> Tables {
        let mut tables = Tables::new();
        for case in self.accepted.values().map(|place| &cases[*place]) {
            if case.embargo_ms.is_none_or(|end| end <= now.0) {
                let table = tables.entry(case.provider.to_owned()).or_default();
                case.parts.iter().for_each(|part| part.apply(table));
            }
        }
        tables.retain(|_, table| !table.is_empty());
        tables
    }

    fn pulled(&mut self, cases: &[Case], since: &[u8], parts: &[v1::PullResponse], now: Moment) {
        let mut tables = match since {
            [] => Tables::new(),
            since => match self.at_cursor.get(since) {
                Some(tables) => tables.clone(),
                None => return self.fail("a cursor that was never given"),
            },
        };
        match apply(&mut tables, parts, &self.shape) {
            Err(why) => self.fail(&format!("a pull cannot be read: {why}")),
            Ok(()) => {
                tables.retain(|_, table| !table.is_empty());
                let expected = self.expected(cases, now);
                if tables != expected {
                    self.fail(&format!(
                        "at {now} (since a cursor: {}) the reader has {tables:?}, not {expected:?}",
                        !since.is_empty()
                    ));
                }
                match cursor_of(parts) {
                    Some(cursor) => drop(self.at_cursor.insert(cursor, tables)),
                    None => self.fail("a pull without a cursor"),
                }
            }
        }
    }

    /// The journal holds one vintage for each receipt, and no other.
    pub(super) fn journal(&mut self, hub: &SimulatedHub, cases: &[Case]) {
        for provider in OFFICES {
            let dataflow = Reference::parse_short(Class::Dataflow, DATAFLOW).expect("a dataflow");
            let lane = LaneId { dataflow, provider: AgencyId::new(provider).expect("an id") };
            let positions = self.accepted.iter().filter(|(_, case)| cases[**case].provider == provider);
            let positions: Vec<u64> = positions.map(|(position, _)| *position).collect();
            let vintages = hub.hub().vintages_from(&lane, u64::MAX, usize::MAX).expect("read");
            let recorded: Vec<u64> = vintages.iter().rev().map(|vintage| vintage.position).collect();
            if recorded != positions {
                self.fail(&format!("{provider}: vintages at {recorded:?}, receipts for {positions:?}"));
            }
        }
        for (case, receipt) in self.receipts.clone() {
            let body = v1::ReceiptBody::decode(&receipt.body[..]).expect("the hub's own");
            let case = &cases[case];
            let lane = LaneId::of_message(body.lane.as_ref()).expect("a lane");
            let vintage = hub.hub().vintage_recorded_at(&lane, body.position).expect("read");
            let digest = vintage.and_then(|vintage| vintage.manifest());
            if digest.map(|digest| digest.to_bytes()) != Some(body.vintage_manifest_digest) {
                self.fail(&format!("the vintage of {} is not what its receipt says", case.prepared.id));
            }
        }
        if self.receipts.len() != cases.len() {
            self.fail("not every submission has its receipt");
        }
    }
}

/// Puts what was pulled over what was there.
fn apply(tables: &mut Tables, parts: &[v1::PullResponse], shape: &Arc<Shape>) -> Result<(), String> {
    use v1::pull_response::Part;
    let mut lane = String::new();
    let opened = |block: &v1::StoredBlock| {
        let raw = decompress(&block.frame).map_err(|error| error.to_string())?;
        decode_proven(&raw, shape).map_err(|error| error.to_string())
    };
    for part in parts {
        match part.part.as_ref() {
            Some(Part::Lane(header)) => {
                lane = header.lane.as_ref().map(|lane| lane.provider.clone()).unwrap_or_default();
                if header.content() == LaneContent::Full {
                    tables.remove(&lane);
                }
            }
            Some(Part::Blocks(blocks)) => {
                let table = tables.entry(lane.clone()).or_default();
                for block in &blocks.blocks {
                    for (cell, value) in cells(&opened(block)?) {
                        table.insert(cell, value.ok_or("a cell without value")?);
                    }
                }
            }
            Some(Part::Tombstones(tombstones)) => {
                let table = tables.entry(lane.clone()).or_default();
                for block in &tombstones.blocks {
                    for (cell, _) in cells(&opened(block)?) {
                        table.remove(&cell).ok_or_else(|| format!("{cell:?} is gone and was never there"))?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}
