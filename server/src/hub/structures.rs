//! The structures a hub holds, and the definitions of dataflows resolved from them.
//!
//! What lives here: what there is today. Under it: taking structures in, deleting them, giving them out. What must
//! not: what structures are, which the language crate knows.

mod catalogue;
mod delete;
mod fit;
mod get;
mod growth;
mod put;

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1::ErrorReason;
use mighub_sdmx::structure::{Artefact, Class, DataDefinition, Reference, Structures, read_message};
use mighub_store::{Object, Store, View};
use prost::Message;

use super::objects::{content, object};
use super::refusal::Refusal;
use super::rows::{STRUCTURES, StructureRow};
use super::{Hub, Moment};
pub use catalogue::Catalogue;
pub(super) use growth::has_grown_from;
pub use put::read_structures;

/// All artefacts, and every dataflow that can be resolved.
pub(super) struct Registry {
    structures: Arc<Structures>,
    stored_ms: BTreeMap<Reference, i64>,
    definitions: Definitions,
    /// Position of the newest record when they were read: nothing changed after it.
    read_at: Option<u64>,
}

/// The dataflows that can be resolved.
type Definitions = BTreeMap<Reference, Definition>;

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
        let read_at = view.records().map_err(|error| error.to_string())?.checked_sub(1);
        Ok(Self { structures: Arc::new(structures), stored_ms, definitions, read_at })
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

fn definitions(structures: &Structures) -> Definitions {
    let resolve = |(reference, _): (&Reference, &Arc<Artefact>)| {
        let data = DataDefinition::resolve(structures, reference).ok()?;
        Some((reference.clone(), Definition { digest: Digest::of(data.canonical_json()), data }))
    };
    structures.of_class(Class::Dataflow).filter_map(resolve).collect()
}

/// The canonical messages of all dataflows: readers of any vintage can ask for what it was made with.
pub(super) fn canonical_objects(structures: &Structures) -> Vec<Object> {
    canonical(&definitions(structures))
}

fn canonical(definitions: &Definitions) -> Vec<Object> {
    let message = |definition: &Definition| object(definition.data.canonical_json().to_vec()).1;
    definitions.values().map(message).collect()
}

fn unknown(text: String) -> Refusal {
    Refusal::new(ErrorReason::UnknownStructure, text)
}

impl Hub {
    /// All artefacts of today.
    pub fn known_structures(&self) -> Arc<Structures> {
        self.registry().structures.clone()
    }

    /// A dataflow as it is defined today.
    pub fn definition(&self, dataflow: &Reference) -> Result<Definition, Refusal> {
        self.registry().definition(dataflow).cloned()
    }

    /// All dataflows.
    pub fn dataflows(&self) -> Vec<Reference> {
        self.registry().dataflows().cloned().collect()
    }

    /// When an artefact was last put in, anew or in place of another.
    pub fn structures_put_at(&self) -> Option<Moment> {
        self.registry().stored_ms.values().max().map(|stored_ms| Moment(*stored_ms))
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
}
