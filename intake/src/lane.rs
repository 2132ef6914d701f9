//! Lanes: what a sender must know of one before preparing a submission.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::block::{CANON, Digest, LaneKey, Naming};
use mighub::convert;
use mighub::v1;
use mighub_sdmx::structure::{Artefact, Class, DataDefinition, Reference, Structures};
use mighub_validation::{Prepared, Rulebook};

use crate::error::Error;

/// What a sender knows of a lane.
#[derive(Clone)]
pub struct LaneInfo {
    /// Dataflow and provider.
    pub lane: v1::Lane,
    /// Id of the hub; empty if there is none.
    pub hub_id: String,
    /// The dataflow.
    pub definition: Arc<DataDefinition>,
    /// Digest of its structures.
    pub structure_digest: Digest,
    /// Digest of the rulebook by which the hub judges, if the dataflow has one.
    pub rulebook_digest: Option<Digest>,
    /// The rulebook, ready to judge; nothing if the dataflow has only the built-in rules, or another program is
    /// needed for it.
    pub book: Option<Arc<Prepared>>,
    /// What absent attributes stand for, the agreement's before the dataflow's.
    pub defaults: Vec<v1::AttributeDefault>,
    /// The region that the agreement permits.
    pub permitted_region: Vec<v1::DimensionCodes>,
    /// What the agreement puts in place of the rulebook's own parameters, by id.
    pub rule_parameters: BTreeMap<String, String>,
    /// The newest vintage.
    pub head: Option<v1::VintageRef>,
    /// Limits on a submission.
    pub limits: v1::SubmissionLimits,
    /// Key for the names of restricted blocks.
    pub key: LaneKey,
}

impl LaneInfo {
    /// Digest of the rulebook by which this program judges the lane.
    pub fn judged_by(&self) -> Digest {
        match (&self.book, self.rulebook_digest) {
            (Some(_), Some(digest)) => digest,
            _ => Digest::of(Rulebook::built_in().canonical_bytes()),
        }
    }

    /// How blocks of the lane are named.
    pub fn naming(&self) -> Naming {
        let defaults: Vec<_> =
            self.defaults.iter().filter_map(|default| convert::attribute_default(default).ok()).collect();
        Naming::of_lane(self.key, &defaults)
    }

    /// What a hub answered to GetLane, with the structures and the rulebook that it names.
    pub fn of_answer(
        lane: v1::Lane,
        answer: v1::GetLaneResponse,
        definition: Arc<DataDefinition>,
        book: Option<Arc<Prepared>>,
    ) -> Result<Self, Error> {
        let malformed = |what: &str| Error::Contract(format!("the answer to GetLane has no {what}"));
        if answer.canon != CANON {
            return Err(Error::Contract(format!(
                "the hub asks for canon {}, this program writes canon {CANON}: update it",
                answer.canon
            )));
        }
        Ok(Self {
            lane,
            hub_id: answer.hub_id,
            definition,
            book,
            rulebook_digest: digest(&answer.rulebook_digest),
            structure_digest: digest(&answer.structure_digest)
                .ok_or_else(|| malformed("structure digest"))?,
            defaults: answer.defaults,
            permitted_region: answer.permitted_region,
            rule_parameters: answer
                .rule_parameters
                .into_iter()
                .map(|given| (given.id, given.value))
                .collect(),
            head: answer.head,
            limits: answer.limits.unwrap_or_default(),
            key: LaneKey(answer.lane_key[..].try_into().map_err(|_| malformed("lane key of 32 bytes"))?),
        })
    }
}

impl std::fmt::Debug for LaneInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LaneInfo").field("lane", &self.lane).field("head", &self.head).finish_non_exhaustive()
    }
}

fn digest(bytes: &[u8]) -> Option<Digest> {
    Digest::from_slice(bytes)
}

/// Where what a lane needs comes from. Called while a file is read, on a thread that may wait.
pub trait Lanes: Send {
    /// The lane of rows whose STRUCTURE and STRUCTURE_ID say this; nothing if there is no such dataflow.
    fn lane(&mut self, structure: &str, id: &str) -> Result<Option<Arc<LaneInfo>>, Error>;
}

/// Lanes without any hub, from structures alone: no agreement, no rulebook, no head.
#[derive(Debug)]
pub struct StructureLanes {
    structures: Structures,
    provider: String,
}

impl StructureLanes {
    /// Lanes of a provider over some structures, such as those of a folder.
    pub fn new(structures: Structures, provider: &str) -> Self {
        Self { structures, provider: provider.to_owned() }
    }
}

impl Lanes for StructureLanes {
    fn lane(&mut self, structure: &str, id: &str) -> Result<Option<Arc<LaneInfo>>, Error> {
        let Some(dataflow) = dataflow_meant(&self.structures, structure, id) else { return Ok(None) };
        let Some((reference, _)) = self.structures.find(Class::Dataflow, &dataflow) else { return Ok(None) };
        let definition = DataDefinition::resolve(&self.structures, reference)
            .map_err(|error| Error::Structures { name: dataflow.clone(), reason: error.to_string() })?;
        // Without a hub the rulebook that comes with this program is the best there is.
        let others = |dataflow: &str| definition_of(&self.structures, dataflow);
        let book = Rulebook::shipped(&dataflow).and_then(|book| book.prepare(&others).ok().flatten());
        let lane = v1::Lane { dataflow, provider: self.provider.clone() };
        let lane = LaneInfo { book: book.map(Arc::new), ..LaneInfo::of_structures(lane, definition) };
        Ok(Some(Arc::new(lane)))
    }
}

/// The definition of a dataflow in some structures; nothing if they do not have it whole.
pub fn definition_of(structures: &Structures, dataflow: &str) -> Option<Arc<DataDefinition>> {
    let reference = Reference::parse_short(Class::Dataflow, dataflow).ok()?;
    DataDefinition::resolve(structures, &reference).ok()
}

impl LaneInfo {
    /// A lane of which no hub told: nothing can be sent to it.
    pub fn of_structures(lane: v1::Lane, definition: Arc<DataDefinition>) -> Self {
        let origin = v1::AttributeDefaultOrigin::Dataflow;
        Self {
            lane,
            hub_id: String::new(),
            structure_digest: Digest::of(definition.canonical_json()),
            rulebook_digest: None,
            book: None,
            defaults: definition
                .defaults
                .iter()
                .map(|default| convert::attribute_default_message(default, origin))
                .collect(),
            permitted_region: Vec::new(),
            rule_parameters: BTreeMap::new(),
            head: None,
            limits: v1::SubmissionLimits::default(),
            key: LaneKey([0; 32]),
            definition,
        }
    }
}

/// The dataflow that rows mean, found in structures: the one they name, or the only one of the data structure that they
/// name, as messages of SDMX-ML 2.1 do. Nothing if none or several may be meant.
pub fn dataflow_meant(structures: &Structures, structure: &str, id: &str) -> Option<String> {
    if structure != "datastructure" {
        return dataflow_named(structure, id);
    }
    let used = Reference::parse_short(Class::DataStructure, id).ok()?;
    let mut users = structures.of_class(Class::Dataflow).filter(
        |(_, artefact)| matches!(&***artefact, Artefact::Dataflow(dataflow) if dataflow.structure == used),
    );
    let (first, _) = users.next()?;
    users.next().is_none().then(|| first.short())
}

/// The dataflow that a row means, as AGENCY:ID(VERSION); nothing if it names something else.
pub fn dataflow_named(structure: &str, id: &str) -> Option<String> {
    (structure == "dataflow")
        .then(|| Reference::parse_short(Class::Dataflow, id).ok())?
        .map(|found| found.short())
}
