//! Acceptance: the next vintage is made, and one record makes it the lane's head.

use std::sync::Arc;

use mighub::block::{CANON, Digest, FinishedBlock, compress};
use mighub::convert::{attribute_default_message, dataset_attribute, dataset_attribute_message};
use mighub::manifest::{BlockInfo, PageWriter};
use mighub::v1::{self, PartAction, ReceiptOutcome, record::What};
use mighub_sdmx::structure::{AttributeDefault, DefaultSource};
use mighub_store::{Batch, Object};
use prost::Message;

use super::case::Case;
use super::lane_terms::LaneTerms;
use super::report::StoredReport;
use super::steps::{self, Step};
use crate::hub::Hub;
use crate::hub::append::{Actor, record};
use crate::hub::blocks::LaneBlocks;
use crate::hub::delta::{Difference, Side, compare};
use crate::hub::fold::{Change, FoldError, fold};
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::objects::object;
use crate::hub::refusal::Refusal;
use crate::hub::vintage::Vintage;
use crate::hub::vintages::Recorded;

/// New blocks are made durable once they have so many bytes together.
const FLUSH_BYTES: usize = 1024 * 1024;

/// A state that a submission led to.
pub(super) struct Folded {
    pub(super) vintage: Vintage,
    pub(super) manifest_digest: Digest,
    /// Blocks that did not exist before, durable already.
    pub(super) made: Vec<Arc<BlockInfo>>,
    /// The manifest and its pages.
    objects: Vec<Object>,
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
    /// The full state of a lane, in the shape of a submission.
    pub(super) fn full_vintage(&self, case: &Case, head: Option<&Recorded>) -> Result<Arc<Vintage>, Refusal> {
        self.state(case, head.and_then(Recorded::manifest))
    }

    fn state(&self, case: &Case, manifest: Option<Digest>) -> Result<Arc<Vintage>, Refusal> {
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
        let naming = terms.naming(self, &case.lane);
        let attributes = case.manifest.dataset_attributes.iter().cloned().map(dataset_attribute);
        let change = Change {
            complete: case.header.complete_scope(case.definition.data.dimensions.len())?,
            parts: case.parts.clone(),
            dataset_attributes: attributes.collect(),
            absent_values: terms.absent_values(),
            written_out: terms.written_out(),
        };
        let mut made = Vec::new();
        let mut batch = Batch { time_ms: now.0, ..Batch::default() };
        let mut bytes = 0;
        let mut keep = |block: FinishedBlock| -> Result<(), FoldError> {
            let failed = |error: mighub::block::BlockError| FoldError::Keep(Refusal::internal(error.to_string()));
            let frame = compress(&block.raw).map_err(failed)?;
            bytes += frame.len();
            batch.objects.push(Object { name: blocks.secrets().place(&block.info.digest), bytes: frame.into() });
            made.push(Arc::new(block.info));
            if bytes >= FLUSH_BYTES {
                bytes = 0;
                let full = std::mem::replace(&mut batch, Batch { time_ms: now.0, ..Batch::default() });
                self.store.commit(full).map_err(|error| FoldError::Keep(error.into()))?;
            }
            Ok(())
        };
        let vintage = fold(base, &change, &blocks, &naming, &mut keep)?;
        if !batch.objects.is_empty() {
            self.store.commit(batch)?;
        }
        let (manifest_digest, objects) = manifest_objects(case, &vintage);
        Ok(Folded { vintage, manifest_digest, made, objects })
    }

    /// What differs between two states of a lane.
    pub(super) fn counts(
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
        compare::<Refusal>(side(&before.blocks), side(&after.blocks), |_| true, |pair| {
            for difference in pair.differences() {
                match difference {
                    Difference::Inserted(_) => counts.inserted += 1,
                    Difference::Changed(..) => counts.changed += 1,
                    Difference::Deleted(_) => counts.deleted += 1,
                }
            }
            Ok(())
        })?;
        Ok(counts)
    }

    /// What differs between two recorded vintages of a lane.
    pub(super) fn counts_between(
        &self,
        lane: &LaneId,
        before: Option<&Recorded>,
        after: Option<&Recorded>,
    ) -> Result<v1::ObservationCounts, Refusal> {
        let structure = before.or(after).map(|recorded| &recorded.row.structure_digest[..]).unwrap_or_default();
        let shape = self.definition_of(&lane.dataflow, structure)?.data.shape.clone();
        let state = |recorded: Option<&Recorded>| match recorded.and_then(Recorded::manifest) {
            Some(digest) => self.vintage(&shape, &digest),
            None => Ok(Arc::new(Vintage::empty(shape.clone()))),
        };
        self.counts(&self.lane_blocks(lane, shape.clone()), &*state(before)?, &*state(after)?)
    }

    /// Whether a submission has rows for a series that differs between two vintages.
    pub(super) fn touch_the_same(
        &self,
        case: &Case,
        before: Option<&Recorded>,
        after: &Recorded,
    ) -> Result<bool, Refusal> {
        if case.header.message.complete_scope.is_some() {
            return Ok(true);
        }
        let (before, after) = (self.full_vintage(case, before)?, self.full_vintage(case, Some(after))?);
        let blocks = self.lane_blocks(&case.lane, case.definition.data.shape.clone());
        let mut touched = false;
        let side = |vintage| Side { blocks: vintage, source: &blocks };
        compare::<Refusal>(side(&before.blocks), side(&after.blocks), |_| true, |pair| {
            if !touched && !pair.differences().is_empty() {
                let range = pair.before.or(pair.after);
                let key = range.map(|range| range.key().to_vec()).unwrap_or_default();
                // A block with a wildcard may touch anything; others only what lies between their ends.
                let may = |block: &Arc<BlockInfo>| {
                    let wild = block.codes.iter().any(|codes| codes.iter().any(|code| code.is_empty()));
                    wild || (block.first_key <= key && key <= block.last_key)
                };
                touched = case.blocks.iter().any(may);
            }
            Ok(())
        })?;
        Ok(touched)
    }

    /// Makes a submission the lane's head. What it names is durable before the first byte of the record.
    #[allow(clippy::too_many_arguments, reason = "each is a different thing that the one record names")]
    pub(super) fn accept(
        &self,
        case: &Case,
        terms: &LaneTerms,
        head: Option<&Recorded>,
        folded: Folded,
        contents: v1::SubmissionContents,
        report: StoredReport,
        defaults_applied: Vec<v1::AttributeDefault>,
        now: Moment,
    ) -> Result<v1::Receipt, Refusal> {
        let embargo = case.header.embargo(now);
        let mut objects = case.objects.clone();
        objects.push(object(case.header.signed.header.clone()).1);
        objects.extend(report.objects);
        objects.extend(folded.objects.iter().cloned());
        let full = head.and_then(Recorded::manifest);
        let steps: Vec<Step> = steps::after_submission(&steps::pending(head, now), embargo, |base| {
            if base == full {
                return Ok(folded.manifest_digest);
            }
            let other = self.fold_onto(case, terms, &*self.state(case, base)?, now)?;
            objects.extend(other.objects);
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
        let secrets = self.lane_secrets(&case.lane);
        let present: Vec<_> = folded.vintage.blocks.iter().map(|block| secrets.place(&block.digest)).collect();
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
            };
            let record = record(&actor, What::Accepted(accepted.clone()), now);
            let (signed, stored) = self.sign_receipt(&body, &record);
            receipt = signed;
            let mut objects = objects.clone();
            objects.push(stored);
            Ok((objects, record))
        })?;
        Ok(receipt)
    }
}

/// The manifest of a full state, with its pages.
fn manifest_objects(case: &Case, vintage: &Vintage) -> (Digest, Vec<Object>) {
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
        dataflow: case.lane.dataflow.short(),
        provider: case.lane.provider.to_string(),
        structure_digest: case.definition.digest.to_bytes(),
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
