//! Taking structures in: all of a message or nothing.

use std::borrow::Cow;

use mighub::v1::{self, ArtefactChange, ErrorReason, record::What};
use mighub_sdmx::sniff::{Family, sniff};
use mighub_sdmx::structure::{
    Artefact, Class, MESSAGE_BYTES_MAX, Message, Problem, Reference, StructureError, Structures, Weight,
    read_message, write_json,
};
use mighub_store::RECORD_BYTES_MAX;
use prost::Message as _;

use super::{canonical, definitions};
use crate::hub::Hub;
use crate::hub::append::Actor;
use crate::hub::moment::Moment;
use crate::hub::objects::object;
use crate::hub::permit::{Administer, Permit};
use crate::hub::refusal::Refusal;

/// Bytes of the names of artefacts in one record, at most: they leave room for who sent them.
pub(super) const RECORDED_BYTES_MAX: usize = RECORD_BYTES_MAX - 8 * 1024;
/// Most changes that a refusal names; the rest is counted.
const CHANGES_TOLD_MAX: usize = 3;

/// Reads a structure message of any format, which is seen from its content.
pub fn read_structures(bytes: &[u8]) -> Result<Message, Refusal> {
    let malformed = |text: String| Refusal::new(ErrorReason::StructureMalformed, text);
    if bytes.len() > MESSAGE_BYTES_MAX {
        let text = format!("the structure message has more than {MESSAGE_BYTES_MAX} bytes: send it in parts");
        return Err(Refusal::limit(MESSAGE_BYTES_MAX as u64, bytes.len() as u64, text));
    }
    match sniff(bytes) {
        Family::Xml => {
            mighub_sdmx::ml::structure::read_message(bytes).map_err(|error| malformed(error.to_string()))
        }
        _ => read_message(bytes).map_err(|error| malformed(error.to_string())),
    }
}

pub(super) fn problem(
    artefact: impl ToString,
    reason: ErrorReason,
    text: impl Into<String>,
) -> v1::StructureProblem {
    v1::StructureProblem { artefact: artefact.to_string(), reason: reason.into(), text: text.into() }
}

/// What a message would do to the set.
struct Proposal {
    after: Structures,
    changed: Structures,
    artefacts: Vec<v1::ArtefactResult>,
    problems: Vec<v1::StructureProblem>,
}

impl Proposal {
    fn new(known: &Structures, message: &Message) -> Self {
        let malformed = |p: &Problem| problem(&p.artefact, ErrorReason::StructureMalformed, &p.text);
        let mut proposal = Self {
            after: known.clone(),
            changed: Structures::default(),
            artefacts: Vec::new(),
            problems: message.problems.iter().map(malformed).collect(),
        };
        // Of one artefact the older version comes first: the newer one is compared with it.
        for (reference, artefact) in message.structures.iter() {
            match reference.class {
                Class::ProvisionAgreement => {
                    let text = "agreements are sent with `mighub-server agreement put`: leave them out here";
                    proposal.problems.push(problem(reference, ErrorReason::StructureMalformed, text));
                }
                _ => proposal.put(reference, artefact),
            }
        }
        proposal
    }

    fn put(&mut self, reference: &Reference, artefact: &Artefact) {
        let before = self.after.get(reference).cloned();
        match self.after.put(artefact.clone()) {
            Ok(is_new) => {
                let change = match (is_new, before.is_some()) {
                    (false, _) => ArtefactChange::Unchanged,
                    (true, true) => ArtefactChange::Updated,
                    (true, false) => ArtefactChange::Created,
                };
                if is_new {
                    self.changed.replace(artefact.clone());
                    self.judge_version(reference, artefact);
                }
                self.artefacts.push(v1::ArtefactResult { urn: reference.to_string(), change: change.into() });
            }
            Err(error @ StructureError::Stable(_)) => {
                let text =
                    before.map_or_else(|| error.to_string(), |before| frozen(reference, &before, artefact));
                self.problems.push(problem(reference, ErrorReason::StructureConflict, text));
            }
            Err(error @ (StructureError::Partial(_) | StructureError::Stub(_))) => {
                self.problems.push(problem(reference, ErrorReason::StructureConflict, error.to_string()));
            }
        }
    }

    /// A new stable version keeps what its number promises about the one before it.
    fn judge_version(&mut self, reference: &Reference, artefact: &Artefact) {
        if !reference.version.is_stable() {
            return;
        }
        let Some(before) = self.after.predecessor(reference) else { return };
        let Some(promised) = Weight::promised(&before.version, &reference.version) else { return };
        let Some(old) = self.after.get(before) else { return };
        let changes = artefact.changes_since(old);
        let broken = changes.iter().filter(|change| change.weight > promised);
        let texts: Vec<Cow<'_, str>> = broken.map(|change| Cow::Borrowed(&*change.text)).collect();
        let Some(weight) = changes.first().map(|change| change.weight).filter(|_| !texts.is_empty()) else {
            return;
        };
        let name = if promised == Weight::Patch { "PATCH" } else { "MINOR" };
        let allowed = if promised == Weight::Patch { "names and notes" } else { "additions" };
        let next = before.version.next(weight).map(|next| next.to_string()).unwrap_or_default();
        let text = format!(
            "{}: since {} the {name} number alone is another, which promises {allowed} only: give it the version {next}",
            told(&texts),
            before.version
        );
        self.problems.push(problem(reference, ErrorReason::StructureConflict, text));
    }
}

/// Why a stable artefact cannot become another, and which version the other may have.
fn frozen(reference: &Reference, before: &Artefact, after: &Artefact) -> String {
    let changes = after.changes_since(before);
    let weight = changes.first().map_or(Weight::Patch, |change| change.weight);
    let next = reference.version.next(weight).map(|next| next.to_string()).unwrap_or_default();
    let texts: Vec<Cow<'_, str>> = match changes.is_empty() {
        true => vec![Cow::Borrowed("names or notes are other")],
        false => changes.iter().map(|change| Cow::Borrowed(&*change.text)).collect(),
    };
    format!("is stable and cannot change, but {}: give it the version {next}", told(&texts))
}

/// The first of several changes, and how many more there are.
fn told(texts: &[Cow<'_, str>]) -> String {
    let first = texts.iter().take(CHANGES_TOLD_MAX).map(|text| &**text).collect::<Vec<_>>().join(", ");
    match texts.len().saturating_sub(CHANGES_TOLD_MAX) {
        0 => first,
        more => format!("{first}, and {more} more"),
    }
}

impl Hub {
    /// StructureService.PutStructures.
    pub fn put_structures(
        &self,
        permit: &Permit<Administer>,
        request: &v1::PutStructuresRequest,
        now: Moment,
    ) -> Result<v1::PutStructuresResponse, Refusal> {
        let principal = permit.principal();
        // Two calls at a time must not both find the name free.
        let _one_at_a_time = self.desk.changing_structures();
        let message = read_structures(&request.message)?;
        let Proposal { after, changed, artefacts, mut problems } =
            Proposal::new(&self.registry().structures, &message);
        let dangling = after.check();
        problems.extend(
            dangling.iter().map(|p| problem(&p.artefact, ErrorReason::StructureReferenceMissing, &p.text)),
        );
        if changed.is_empty() || !problems.is_empty() {
            return Ok(v1::PutStructuresResponse { artefacts, problems, position: None });
        }
        let definitions = definitions(&after);
        problems.extend(self.broken_lanes(&definitions)?);
        problems.extend(self.broken_rulebooks(&definitions)?);
        if !problems.is_empty() || request.dry_run {
            return Ok(v1::PutStructuresResponse { artefacts, problems, position: None });
        }
        let urns: Vec<String> = changed.iter().map(|(reference, _)| reference.to_string()).collect();
        let (digest, stored) = object(write_json(&changed));
        let mut objects = vec![stored];
        objects.extend(canonical(&definitions));
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
}
