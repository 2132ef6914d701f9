//! Acceptance: the next vintage is made, and one record makes it the lane's head.

use std::sync::Arc;

use mighub::block::{CANON, Digest, FinishedBlock, compress};
use mighub::convert::{attribute_default_message, dataset_attribute, dataset_attribute_message};
use mighub::manifest::PageWriter;
use mighub::v1::{self, ErrorReason, PartAction, ReceiptOutcome, record::What};
use mighub_sdmx::structure::{AttributeDefault, DefaultSource};
use mighub_store::{Batch, Object};
use prost::Message;

use super::case::Case;
use super::lane_terms::LaneTerms;
use super::steps::{self, Step};
use crate::hub::Hub;
use crate::hub::append::{Actor, record};
use crate::hub::blocks::LaneBlocks;
use crate::hub::delta::{Difference, Side, compare};
use crate::hub::fold::{BlockSink, Change, FoldError, fold};
use crate::hub::lane::{LaneId, LaneSecrets};
use crate::hub::moment::Moment;
use crate::hub::objects::object;
use crate::hub::refusal::Refusal;
use crate::hub::structures::has_grown_from;
use crate::hub::vintage::Vintage;
use crate::hub::vintages::Recorded;

/// New blocks are made durable once they have so many bytes together.
const FLUSH_BYTES: usize = 1024 * 1024;

/// A state that a submission led to.
pub(super) struct Folded {
    pub(super) vintage: Vintage,
    pub(super) manifest_digest: Digest,
    /// The manifest and its pages.
    pub(super) objects: Vec<Object>,
}

/// What is to become a lane's head.
pub(super) struct Acceptance<'a> {
    pub(super) case: &'a Case,
    pub(super) terms: &'a LaneTerms,
    /// The head it follows on.
    pub(super) head: Option<&'a Recorded>,
    /// The state it leads to.
    pub(super) folded: Folded,
    pub(super) contents: v1::SubmissionContents,
    /// What of its report is not durable yet.
    pub(super) report: Vec<Object>,
    pub(super) defaults_applied: Vec<v1::AttributeDefault>,
    pub(super) now: Moment,
}

impl LaneTerms {
    /// The defaults that were applied, as messages.
    pub(super) fn applied<'d>(
        applied: impl Iterator<Item = (&'d AttributeDefault, DefaultSource)>,
    ) -> Vec<v1::AttributeDefault> {
        let message = |(default, source): (&AttributeDefault, DefaultSource)| {
            let origin = match source {
                DefaultSource::Agreement => v1::AttributeDefaultOrigin::Agreement,
                DefaultSource::Dataflow => v1::AttributeDefaultOrigin::Dataflow,
            };
            attribute_default_message(default, origin)
        };
        applied.map(message).collect()
    }
}

impl Hub {
    /// The full state of a lane, in the shape of a submission. Refused if the data structure changed so that what
    /// the lane holds cannot be read by it.
    pub(super) fn full_vintage(&self, case: &Case, head: Option<&Recorded>) -> Result<Arc<Vintage>, Refusal> {
        let is_older = |head: &&Recorded| head.row.structure_digest != case.definition.digest.0;
        // A lane that is empty again was made for nothing.
        if let Some(head) = head.filter(|head| head.manifest().is_some()).filter(is_older) {
            let before = self.definition_of(&case.lane.dataflow, &head.row.structure_digest)?;
            if !has_grown_from(&case.definition.data.shape, &before.data.shape) {
                let dataflow = case.lane.dataflow.short();
                let text = format!(
                    "the figures of this lane have other dimensions or attributes than {dataflow} has now: ask the \
                     hub's operator for a new version of the dataflow"
                );
                return Err(Refusal::new(ErrorReason::StructureMoved, text).about("dataflow", dataflow));
            }
        }
        self.state(case, head.and_then(Recorded::manifest))
    }

    pub(super) fn state(&self, case: &Case, manifest: Option<Digest>) -> Result<Arc<Vintage>, Refusal> {
        let shape = &case.definition.data.shape;
        match manifest {
            Some(digest) => self.vintage(shape, &digest),
            None => Ok(Arc::new(Vintage::empty(shape.clone()))),
        }
    }

    /// Folds a submission onto a state. New blocks are durable when it returns; no record names them yet.
    pub(super) fn fold_onto(
        &self,
        case: &Case,
        terms: &LaneTerms,
        base: &Vintage,
        now: Moment,
    ) -> Result<Folded, Refusal> {
        let blocks = self.lane_blocks(&case.lane, case.definition.data.shape.clone());
        let attributes = case.manifest.dataset_attributes.iter().cloned().map(dataset_attribute);
        let change = Change {
            complete: case.header.complete_scope(case.definition.data.dimensions.len())?,
            parts: case.parts.clone(),
            dataset_attributes: attributes.collect(),
            absent_values: terms.absent_values(),
            written_out: terms.written_out(),
        };
        let mut sink = StoreSink::new(self, blocks.secrets(), now);
        let vintage = fold(base, &change, &blocks, &blocks.secrets().key, &mut sink)?;
        sink.settle()?;
        let (manifest_digest, objects) = manifest_objects(&case.lane, &case.definition.digest, &vintage);
        Ok(Folded { vintage, manifest_digest, objects })
    }

    /// What differs between two states of a lane.
    pub(in crate::hub) fn counts(
        &self,
        blocks: &LaneBlocks<'_>,
        before: &Vintage,
        after: &Vintage,
    ) -> Result<v1::ObservationCounts, Refusal> {
        let total = after.observations();
        // Nothing to compare with: no block need be opened.
        if before.blocks.is_empty() {
            return Ok(v1::ObservationCounts { inserted: total, total, ..Default::default() });
        }
        let mut counts = v1::ObservationCounts { total, ..Default::default() };
        let side = |vintage| Side { blocks: vintage, source: blocks };
        compare::<Refusal>(
            side(&before.blocks),
            side(&after.blocks),
            |_| true,
            |pair| {
                for difference in pair.differences() {
                    match difference {
                        Difference::Inserted(_) => counts.inserted += 1,
                        Difference::Changed(..) => counts.changed += 1,
                        Difference::Deleted(_) => counts.deleted += 1,
                    }
                }
                Ok(())
            },
        )?;
        Ok(counts)
    }

    /// What differs between two recorded vintages of a lane.
    pub(super) fn counts_between(
        &self,
        lane: &LaneId,
        before: Option<&Recorded>,
        after: Option<&Recorded>,
    ) -> Result<v1::ObservationCounts, Refusal> {
        let structure =
            before.or(after).map(|recorded| &recorded.row.structure_digest[..]).unwrap_or_default();
        let shape = self.definition_of(&lane.dataflow, structure)?.data.shape.clone();
        let state = |recorded: Option<&Recorded>| match recorded.and_then(Recorded::manifest) {
            Some(digest) => self.vintage(&shape, &digest),
            None => Ok(Arc::new(Vintage::empty(shape.clone()))),
        };
        self.counts(&self.lane_blocks(lane, shape.clone()), &*state(before)?, &*state(after)?)
    }

    /// Makes a submission the lane's head. What it names is durable before the first byte of the record.
    pub(super) fn accept(&self, acceptance: Acceptance<'_>) -> Result<v1::Receipt, Refusal> {
        let Acceptance { case, terms, head, folded, contents, report, defaults_applied, now } = acceptance;
        let embargo = case.header.embargo(now);
        let mut objects = case.objects.clone();
        objects.push(object(case.header.signed.header.clone()).1);
        objects.extend(report);
        objects.extend(folded.objects.iter().cloned());
        let full = head.and_then(Recorded::manifest);
        let mut present = self.places(&case.lane, &case.blocks);
        present.extend(self.places(&case.lane, &folded.vintage.blocks));
        let steps: Vec<Step> = steps::after_submission(&steps::pending(head, now), embargo, |base| {
            if base == full {
                return Ok(folded.manifest_digest);
            }
            let other = self.fold_onto(case, terms, &*self.state(case, base)?, now)?;
            objects.extend(other.objects);
            present.extend(self.places(&case.lane, &other.vintage.blocks));
            Ok(other.manifest_digest)
        })?;
        let edition = case.header.message.edition.clone().unwrap_or_default();
        let accepted = v1::Accepted {
            contents: Some(contents.clone()),
            vintage_manifest_digest: folded.manifest_digest.to_bytes(),
            base: head.map(|head| head.position),
            embargo_time: embargo.map(Moment::to_message),
            edition: edition.label,
            publication_date: edition.publication_date,
            steps: steps::messages(&steps),
            defaults_applied: defaults_applied.clone(),
        };
        let actor = Actor { agency: case.agency.to_string(), person: case.header.message.person.clone() };
        let mut receipt = v1::Receipt::default();
        let lane = (&case.lane, head.map(|head| head.position));
        let objects = self.stored_or_small(objects, &mut present, now)?;
        present.sort_unstable();
        present.dedup();
        self.append(Some(lane), &present, now, |slot| {
            let body = v1::ReceiptBody {
                hub_id: self.hub_id().to_owned(),
                submission_id: case.id.to_string(),
                lane: Some(case.lane.to_message()),
                manifest_digest: case.manifest_digest.to_bytes(),
                vintage_manifest_digest: folded.manifest_digest.to_bytes(),
                position: slot.position,
                tree_size: slot.position + 1,
                effective_time: Some(slot.effective.to_message()),
                outcome: ReceiptOutcome::Accepted.into(),
                observations: contents.observations,
                defaults_applied: defaults_applied.clone(),
                embargo_time: embargo.map(Moment::to_message),
                findings: Some(super::read::counts(&contents)),
                report_digest: contents.report_digest.clone(),
                header_digest: contents.header_digest.clone(),
                log: None,
            };
            let record = record(&actor, What::Accepted(accepted.clone()), now);
            let (signed, stored) = self.sign_receipt(slot, body, &record);
            receipt = signed;
            let mut objects = objects.clone();
            objects.push(stored);
            Ok((objects, record))
        })?;
        Ok(receipt)
    }
}

/// Puts new blocks into the store, some at a time.
pub(in crate::hub) struct StoreSink<'a> {
    hub: &'a Hub,
    secrets: &'a LaneSecrets,
    batch: Batch,
    bytes: usize,
    now: Moment,
}

impl<'a> StoreSink<'a> {
    pub(in crate::hub) fn new(hub: &'a Hub, secrets: &'a LaneSecrets, now: Moment) -> Self {
        Self { hub, secrets, batch: Batch::default(), bytes: 0, now }
    }
}

impl BlockSink for StoreSink<'_> {
    fn keep(&mut self, block: FinishedBlock) -> Result<(), FoldError> {
        let failed = |error: mighub::block::BlockError| FoldError::Keep(Refusal::internal(error.to_string()));
        let frame = compress(&block.raw).map_err(failed)?;
        self.bytes += frame.len();
        self.batch.objects.push(Object { name: self.secrets.place(&block.info.digest), bytes: frame.into() });
        if self.bytes >= FLUSH_BYTES { self.settle() } else { Ok(()) }
    }

    fn settle(&mut self) -> Result<(), FoldError> {
        self.bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        if batch.objects.is_empty() {
            return Ok(());
        }
        let stored = self.hub.store.commit(Batch { time_ms: self.now.0, ..batch });
        stored.map(|_| ()).map_err(|error| FoldError::Keep(error.into()))
    }
}

/// The manifest of a full state, with its pages.
pub(in crate::hub) fn manifest_objects(
    lane: &LaneId,
    structure: &Digest,
    vintage: &Vintage,
) -> (Digest, Vec<Object>) {
    let mut writer = PageWriter::default();
    let (mut pages, mut objects) = (Vec::new(), Vec::new());
    let mut put = |page: Option<(v1::PageReference, Vec<u8>)>| {
        if let Some((reference, bytes)) = page {
            pages.push(reference);
            objects.push(object(bytes).1);
        }
    };
    for block in vintage.blocks.iter() {
        put(writer.push((**block).clone()));
    }
    put(writer.finish());
    let manifest = v1::Manifest {
        canon: CANON,
        dataflow: lane.dataflow.short(),
        provider: lane.provider.to_string(),
        structure_digest: structure.to_bytes(),
        parts: vec![v1::ManifestPart { action: PartAction::Merge.into(), pages }],
        dataset_attributes: vintage
            .dataset_attributes
            .iter()
            .map(|(id, value)| dataset_attribute_message(id, Some(value)))
            .collect(),
        absent_values: vintage
            .absent_values
            .iter()
            .map(|(id, value)| v1::AbsentValue { id: id.to_string(), value: value.to_string() })
            .collect(),
    };
    let (digest, stored) = object(manifest.encode_to_vec());
    objects.push(stored);
    (digest, objects)
}
