//! The structures a hub holds: put, get, list; and the definitions of dataflows resolved from them.

mod growth;

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1::{self, ArtefactChange, ErrorReason, record::What};
use mighub_sdmx::structure::{
    Artefact, Class, DataDefinition, MESSAGE_BYTES_MAX, Reference, StructureError, Structures, read_message,
    write_json,
};
use mighub_store::{Name, Object, RECORD_BYTES_MAX, Store, View};
use prost::Message;

use super::append::Actor;
use super::moment::Moment;
use super::objects::{content, object};
use super::pages::Page;
use super::refusal::Refusal;
use super::rights::Operation;
use super::rows::{STRUCTURES, StructureRow};
use super::{Hub, Principal};
pub(super) use growth::has_grown_from;

/// What structure messages are.
const STRUCTURE_MEDIA_TYPE: &str = "application/vnd.sdmx.structure+json;version=2.0.0";

/// All artefacts, and every dataflow that can be resolved.
pub(super) struct Registry {
    structures: Structures,
    stored_ms: BTreeMap<Reference, i64>,
    definitions: BTreeMap<Reference, Definition>,
}

/// A dataflow, resolved, with the digest of all it needs.
#[derive(Clone)]
pub struct Definition {
    /// What readers and judges work with.
    pub data: Arc<DataDefinition>,
    /// Digest of its canonical message.
    pub digest: Digest,
}

impl Registry {
    pub(super) fn read(view: &dyn View, store: &Store) -> Result<Self, String> {
        let rows = view.scan(STRUCTURES, &[], usize::MAX).map_err(|error| error.to_string())?;
        let mut messages: BTreeMap<Vec<u8>, Structures> = BTreeMap::new();
        let (mut structures, mut stored_ms) = (Structures::default(), BTreeMap::new());
        for (key, value) in rows {
            let row = StructureRow::decode(&value[..]).map_err(|error| error.to_string())?;
            let urn = String::from_utf8_lossy(&key[STRUCTURES.len()..]).into_owned();
            let reference: Reference = urn.parse().map_err(|_| format!("{urn} is not a URN"))?;
            if !messages.contains_key(&row.message_digest) {
                let bytes = content(store, &row.message_digest).map_err(|refusal| refusal.text)?;
                let message = read_message(&bytes).map_err(|error| error.to_string())?;
                messages.insert(row.message_digest.clone(), message.structures);
            }
            let artefact = messages.get(&row.message_digest).and_then(|message| message.get(&reference));
            let artefact =
                artefact.ok_or_else(|| format!("{urn} is not in the message that the journal names"))?;
            structures.put((**artefact).clone()).map_err(|error| error.to_string())?;
            stored_ms.insert(reference, row.stored_ms);
        }
        let definitions = definitions(&structures);
        Ok(Self { structures, stored_ms, definitions })
    }

    pub(super) fn structures(&self) -> &Structures {
        &self.structures
    }

    pub(super) fn definition(&self, dataflow: &Reference) -> Result<&Definition, Refusal> {
        self.definitions.get(dataflow).ok_or_else(|| {
            let text = format!(
                "there is no dataflow {}: `mighub structure list` shows those there are",
                dataflow.short()
            );
            Refusal::new(ErrorReason::UnknownDataflow, text).about("dataflow", dataflow.short())
        })
    }

    /// All dataflows that can be used.
    pub(super) fn dataflows(&self) -> impl Iterator<Item = &Reference> {
        self.definitions.keys()
    }
}

fn definitions(structures: &Structures) -> BTreeMap<Reference, Definition> {
    let resolve = |(reference, _): (&Reference, &Arc<Artefact>)| {
        let data = DataDefinition::resolve(structures, reference).ok()?;
        Some((reference.clone(), Definition { digest: Digest::of(data.canonical_json()), data }))
    };
    structures.of_class(Class::Dataflow).filter_map(resolve).collect()
}

/// The canonical messages of all dataflows: readers of any vintage can ask for what it was made with.
pub(super) fn canonical_objects(structures: &Structures) -> Vec<Object> {
    let canonical = definitions(structures)
        .into_values()
        .map(|definition| object(definition.data.canonical_json().to_vec()).1);
    canonical.collect()
}

/// Bytes of the names of artefacts in one record, at most: they leave room for who sent them.
const RECORDED_BYTES_MAX: usize = RECORD_BYTES_MAX - 8 * 1024;

fn unknown(text: String) -> Refusal {
    Refusal::new(ErrorReason::UnknownStructure, text)
}

impl Hub {
    /// A dataflow as it is defined today.
    pub fn definition(&self, dataflow: &Reference) -> Result<Definition, Refusal> {
        self.registry().definition(dataflow).cloned()
    }

    /// All dataflows.
    pub fn dataflows(&self) -> Vec<Reference> {
        self.registry().dataflows().cloned().collect()
    }

    /// A dataflow as it was when something was made for it.
    pub fn definition_of(&self, dataflow: &Reference, digest: &[u8]) -> Result<Definition, Refusal> {
        if let Ok(today) = self.definition(dataflow)
            && today.digest.0 == *digest
        {
            return Ok(today);
        }
        let message = read_message(&content(&self.store, digest)?)
            .map_err(|error| Refusal::internal(error.to_string()))?;
        let data = DataDefinition::resolve(&message.structures, dataflow)
            .map_err(|error| Refusal::internal(error.to_string()))?;
        Ok(Definition { digest: Digest::of(data.canonical_json()), data })
    }

    /// StructureService.PutStructures.
    pub fn put_structures(
        &self,
        principal: &Principal,
        request: &v1::PutStructuresRequest,
        now: Moment,
    ) -> Result<v1::PutStructuresResponse, Refusal> {
        self.rights().authorise(principal, Operation::Administer, now)?;
        // Two calls at a time must not both find the name free.
        let _one_at_a_time = self.desk.changing_structures();
        if request.message.len() > MESSAGE_BYTES_MAX {
            let text =
                format!("the structure message has more than {MESSAGE_BYTES_MAX} bytes: send it in parts");
            return Err(Refusal::limit(MESSAGE_BYTES_MAX as u64, request.message.len() as u64, text));
        }
        let message = read_message(&request.message)
            .map_err(|error| Refusal::new(ErrorReason::StructureMalformed, error.to_string()))?;
        let problem = |artefact: String, reason: ErrorReason, text: String| v1::StructureProblem {
            artefact,
            reason: reason.into(),
            text,
        };
        let malformed = |p: &mighub_sdmx::structure::Problem| {
            problem(p.artefact.clone(), ErrorReason::StructureMalformed, p.text.clone())
        };
        let mut problems: Vec<_> = message.problems.iter().map(malformed).collect();
        let mut after = self.registry().structures.clone();
        let mut artefacts = Vec::new();
        let mut changed = Structures::default();
        for (reference, artefact) in message.structures.iter() {
            if reference.class == Class::ProvisionAgreement {
                let text = "agreements are sent with `mighub-server agreement put`: leave them out here";
                problems.push(problem(
                    reference.to_string(),
                    ErrorReason::StructureMalformed,
                    text.to_owned(),
                ));
                continue;
            }
            let was_there = after.get(reference).is_some();
            match after.put((**artefact).clone()) {
                Ok(is_new) => {
                    let change = match (is_new, was_there) {
                        (false, _) => ArtefactChange::Unchanged,
                        (true, true) => ArtefactChange::Updated,
                        (true, false) => ArtefactChange::Created,
                    };
                    if is_new {
                        // A fresh set takes any artefact once.
                        let _ = changed.put((**artefact).clone());
                    }
                    artefacts.push(v1::ArtefactResult { urn: reference.to_string(), change: change.into() });
                }
                Err(error) => {
                    let reason = match error {
                        StructureError::Stable(_) => ErrorReason::StructureConflict,
                        StructureError::Partial(_) => ErrorReason::StructureMalformed,
                    };
                    problems.push(problem(reference.to_string(), reason, error.to_string()));
                }
            }
        }
        let dangling = after.check();
        problems.extend(
            dangling
                .iter()
                .map(|p| problem(p.artefact.clone(), ErrorReason::StructureReferenceMissing, p.text.clone())),
        );
        if problems.is_empty() {
            problems.extend(self.broken_lanes(&after)?);
        }
        if !problems.is_empty() || request.dry_run || changed.is_empty() {
            return Ok(v1::PutStructuresResponse { artefacts, problems, position: None });
        }
        let urns: Vec<String> = changed.iter().map(|(reference, _)| reference.to_string()).collect();
        let (digest, stored) = object(write_json(&changed));
        let mut objects = vec![stored];
        objects.extend(canonical_objects(&after));
        let recorded = v1::StructuresRecorded { message_digest: digest.to_bytes(), urns };
        let bytes = recorded.encoded_len();
        if bytes > RECORDED_BYTES_MAX {
            let text = format!(
                "the message changes {} artefacts, too many for one record: send it in parts",
                artefacts.len()
            );
            return Err(Refusal::limit(RECORDED_BYTES_MAX as u64, bytes as u64, text));
        }
        let what = What::Structures(recorded);
        let position = self.record(Actor::of(principal, ""), what, objects, now)?;
        Ok(v1::PutStructuresResponse { artefacts, problems, position: Some(position) })
    }

    /// StructureService.GetStructures. Everybody may read structures.
    pub fn get_structures(
        &self,
        _principal: &Principal,
        request: &v1::GetStructuresRequest,
        _now: Moment,
    ) -> Result<v1::GetStructuresResponse, Refusal> {
        use v1::get_structures_request::Artefact as Asked;
        let answer = |bytes: Vec<u8>| v1::GetStructuresResponse {
            digest: Digest::of(&bytes).to_bytes(),
            message: bytes.into(),
            media_type: STRUCTURE_MEDIA_TYPE.to_owned(),
        };
        match &request.artefact {
            Some(Asked::StructureDigest(digest)) => {
                let digest = Digest::from_slice(digest)
                    .ok_or_else(|| Refusal::malformed("structure_digest", "a digest has 32 bytes"))?;
                let missing = || unknown(format!("no structure here ever had the digest {digest}"));
                let bytes = self.store.object(&Name(digest.0)).map_err(|_| missing())?;
                // Other contents are named by digests too: only a structure message is given out here.
                let is_message = read_message(&bytes).is_ok_and(|message| !message.structures.is_empty());
                if is_message { Ok(answer(bytes.to_vec())) } else { Err(missing()) }
            }
            Some(Asked::Urn(urn)) => {
                let reference: Reference = urn.parse().map_err(|error| unknown(format!("{error}")))?;
                let registry = self.registry();
                let artefact = registry.structures.get(&reference);
                let artefact = artefact.ok_or_else(|| unknown(format!("there is no artefact {urn}")))?;
                if request.descendants
                    && let Ok(definition) = registry.definition(&reference)
                {
                    return Ok(answer(definition.data.canonical_json().to_vec()));
                }
                let mut asked = Structures::default();
                let put = asked.put((**artefact).clone());
                put.map_err(|error| Refusal::internal(error.to_string()))?;
                if request.descendants {
                    asked = registry.structures.with_descendants(&asked);
                }
                Ok(answer(write_json(&asked)))
            }
            None => Err(Refusal::malformed("artefact", "name an artefact by URN or a structure digest")),
        }
    }

    /// StructureService.ListStructures.
    pub fn list_structures(
        &self,
        _principal: &Principal,
        request: &v1::ListStructuresRequest,
        _now: Moment,
    ) -> Result<v1::ListStructuresResponse, Refusal> {
        let class = match &request.class[..] {
            "" => None,
            name => Some(Class::of_name(name).ok_or_else(|| {
                let known: Vec<_> = Class::all().map(Class::name).collect();
                Refusal::malformed(
                    "class",
                    format!("{name:?} is not a class held here: {}", known.join(", ")),
                )
            })?),
        };
        let registry = self.registry();
        let asked = registry.structures.iter().filter(|(reference, _)| {
            class.is_none_or(|class| reference.class == class)
                && (request.agency.is_empty() || *reference.agency == *request.agency)
        });
        let mut asked: Vec<_> =
            asked.map(|(reference, artefact)| (reference.to_string(), reference, artefact)).collect();
        asked.sort_by(|a, b| a.0.cmp(&b.0));
        let page = Page::read(request.page_size, &request.page_token)?;
        let (asked, next_page_token) = page.cut(asked, |(urn, ..)| urn.clone());
        let structures = asked.into_iter().map(|(urn, reference, artefact)| {
            let text = |(language, text): (&String, &String)| v1::LocalizedText {
                language: language.clone(),
                text: text.clone(),
            };
            v1::StructureSummary {
                urn,
                names: artefact.identity().names.all().iter().map(text).collect(),
                stable: reference.version.is_stable(),
                stored_time: registry.stored_ms.get(reference).map(|ms| Moment(*ms).to_message()),
            }
        });
        Ok(v1::ListStructuresResponse { structures: structures.collect(), next_page_token })
    }
}
