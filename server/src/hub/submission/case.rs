//! A submission with its manifest: what its office signed and what it lists.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use mighub::block::{Digest, RAW_BYTES_MAX, UNITS_MAX};
use mighub::id::SubmissionId;
use mighub::manifest::{BlockInfo, ManifestError, read_manifest, read_page};
use mighub::v1::{self, ErrorReason, SubmissionKind};
use mighub_sdmx::structure::{AgencyId, AttributeLevel};
use mighub_store::{Name, Object};
use prost::Message;

use super::desk::{SUBMISSION_BLOCKS_MAX, SUBMISSION_CODES_MAX};
use super::header::Header;
use crate::hub::Hub;
use crate::hub::fold::{FoldError, Part, SERIES_BLOCKS_MAX, longest_series};
use crate::hub::lane::LaneId;
use crate::hub::objects::content;
use crate::hub::refusal::Refusal;
use crate::hub::structures::Definition;

/// A submission, read and checked as far as it can be without its blocks.
pub(super) struct Case {
    pub(super) id: SubmissionId,
    pub(super) lane: LaneId,
    pub(super) agency: AgencyId,
    pub(super) definition: Definition,
    pub(super) header: Header,
    pub(super) manifest: v1::Manifest,
    pub(super) manifest_digest: Digest,
    pub(super) parts: Vec<Part>,
    /// The blocks of all parts, one after the other: a block's place here is its index in the contract.
    pub(super) blocks: Vec<Arc<BlockInfo>>,
    /// Codes that the blocks name, each as often as it occurs.
    pub(super) codes: usize,
    /// Manifest and pages, to be kept once the submission is judged.
    pub(super) objects: Vec<Object>,
}

/// Why a manifest is not one.
pub(super) fn manifest_refusal(error: &ManifestError) -> Refusal {
    let reason = match error {
        ManifestError::TooLarge => ErrorReason::ManifestTooLarge,
        ManifestError::UnknownCanon(_) => ErrorReason::CanonUnknown,
        ManifestError::Unsorted => ErrorReason::ManifestUnsorted,
        ManifestError::Message(..) | ManifestError::Inconsistent(_) => ErrorReason::ManifestMalformed,
    };
    Refusal::new(reason, error.to_string())
}

fn malformed(text: &str) -> Refusal {
    Refusal::new(ErrorReason::ManifestMalformed, text)
}

/// How many codes a page names, before it is unfolded: a bit on the wire is a pointer in memory.
fn codes_of_page(bytes: &Bytes) -> Result<usize, Refusal> {
    let page = v1::ManifestPage::decode(bytes.clone())
        .map_err(|error| manifest_refusal(&ManifestError::Message("ManifestPage", error.to_string())))?;
    let dictionaries: usize = page.dimensions.iter().map(|dimension| dimension.codes.len()).sum();
    let bits = |set: &Bytes| set.iter().map(|byte| byte.count_ones() as usize).sum::<usize>();
    Ok(dictionaries + page.blocks.iter().flat_map(|block| &block.code_sets).map(bits).sum::<usize>())
}

fn check_size(block: &BlockInfo) -> Result<(), Refusal> {
    if block.raw_bytes as usize > RAW_BYTES_MAX || block.observations > UNITS_MAX {
        let text = format!(
            "a block declares {} bytes and {} observations; at most {RAW_BYTES_MAX} and {UNITS_MAX} are allowed",
            block.raw_bytes, block.observations
        );
        return Err(Refusal::new(ErrorReason::BlockTooLarge, text));
    }
    if block.series > block.observations {
        return Err(malformed("a block has more series than observations"));
    }
    Ok(())
}

/// What would be stored and never judged must not come in.
fn check_dataset_attributes(manifest: &v1::Manifest, definition: &Definition) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for attribute in &manifest.dataset_attributes {
        let used = definition.data.attribute(&attribute.id);
        if used.is_none_or(|used| used.level != AttributeLevel::Dataset) || !seen.insert(&attribute.id) {
            let dataflow = definition.data.dataflow.short();
            let text = format!(
                "{dataflow} has no attribute {} of the whole dataset, or it is given twice",
                attribute.id
            );
            return Err(malformed(&text));
        }
    }
    Ok(())
}

impl Case {
    /// Puts a header and its manifest together. `page` gives the bytes of a page by its digest.
    pub(super) fn read(
        header: Header,
        definition: Definition,
        manifest_bytes: Bytes,
        mut page: impl FnMut(&Digest) -> Result<Bytes, Refusal>,
    ) -> Result<Self, Refusal> {
        let manifest_digest = Digest::of(&manifest_bytes);
        if header.message.manifest_digest[..] != manifest_digest.0 {
            let text = "the manifest does not have the digest that the header names: send it again";
            return Err(Refusal::new(ErrorReason::ManifestDigestMismatch, text));
        }
        let manifest = read_manifest(&manifest_bytes).map_err(|error| manifest_refusal(&error))?;
        header.fits(&manifest)?;
        if !manifest.absent_values.is_empty() {
            return Err(malformed("a submission manifest says nothing about absent values: leave them out"));
        }
        let dimensions = definition.data.dimensions.len();
        let mut objects = vec![Object { name: Name(manifest_digest.0), bytes: manifest_bytes }];
        check_dataset_attributes(&manifest, &definition)?;
        let (mut parts, mut blocks, mut codes) = (Vec::new(), Vec::new(), 0);
        for part in &manifest.parts {
            let mut of_part: Vec<Arc<BlockInfo>> = Vec::new();
            for reference in &part.pages {
                let digest =
                    Digest::from_slice(&reference.digest).ok_or_else(|| malformed("a page has no digest"))?;
                let bytes = page(&digest)?;
                codes += codes_of_page(&bytes)?;
                if codes > SUBMISSION_CODES_MAX {
                    let text =
                        format!("the manifest names more than {SUBMISSION_CODES_MAX} codes: send in parts");
                    let refusal = Refusal::new(ErrorReason::ManifestTooLarge, text);
                    return Err(refusal.about("limit", SUBMISSION_CODES_MAX));
                }
                let read = read_page(&bytes, dimensions).map_err(|error| manifest_refusal(&error))?;
                read.iter().try_for_each(check_size)?;
                let observations: u64 = read.iter().map(|block| u64::from(block.observations)).sum();
                if read.len() != reference.blocks as usize || observations != reference.observations {
                    return Err(malformed("a page has other counts than the manifest says"));
                }
                let ascends =
                    |(before, after): (&Arc<BlockInfo>, &BlockInfo)| before.last_key <= after.first_key;
                if !of_part.last().zip(read.first()).is_none_or(ascends) {
                    return Err(manifest_refusal(&ManifestError::Unsorted));
                }
                of_part.extend(read.into_iter().map(Arc::new));
                if blocks.len() + of_part.len() > SUBMISSION_BLOCKS_MAX {
                    let text =
                        format!("the manifest has more than {SUBMISSION_BLOCKS_MAX} blocks: send in parts");
                    let refusal = Refusal::new(ErrorReason::ManifestTooLarge, text);
                    return Err(refusal.about("limit", SUBMISSION_BLOCKS_MAX));
                }
                objects.push(Object { name: Name(digest.0), bytes });
            }
            if longest_series(&of_part) > SERIES_BLOCKS_MAX {
                let text = FoldError::SeriesTooLong.to_string();
                return Err(
                    Refusal::new(ErrorReason::ManifestTooLarge, text).about("limit", SERIES_BLOCKS_MAX)
                );
            }
            blocks.extend(of_part.iter().cloned());
            parts.push(Part { action: part.action(), blocks: of_part.into() });
        }
        Ok(Self {
            id: header.id,
            lane: header.lane.clone(),
            agency: header.agency.clone(),
            definition,
            header,
            manifest,
            manifest_digest,
            parts,
            blocks,
            codes,
            objects,
        })
    }

    /// What is remembered of a submission that has ended.
    pub(super) fn without_manifest(&self) -> Self {
        Self {
            id: self.id,
            lane: self.lane.clone(),
            agency: self.agency.clone(),
            definition: self.definition.clone(),
            header: self.header.clone(),
            manifest: v1::Manifest::default(),
            manifest_digest: self.manifest_digest,
            parts: Vec::new(),
            blocks: Vec::new(),
            codes: 0,
            objects: Vec::new(),
        }
    }

    /// Reads a submission that was judged before, from what its verdict names.
    pub(super) fn load(hub: &Hub, contents: &v1::SubmissionContents) -> Result<Self, Refusal> {
        let signed = v1::SignedHeader {
            header: content(&hub.store, &contents.header_digest)?,
            signature: contents.header_signature.clone(),
            signing_key_id: Digest::of(&contents.signing_key).to_bytes(),
        };
        let header = Header::read(signed, contents.signing_key.clone())?;
        let definition = hub.definition_of(&header.lane.dataflow, &contents.structure_digest)?;
        let manifest = content(&hub.store, &contents.manifest_digest)?;
        Self::read(header, definition, manifest, |digest| content(&hub.store, &digest.0))
    }

    /// Places of blocks that are not in the lane, each block at its first place, ascending.
    pub(super) fn missing(&self, hub: &Hub) -> Vec<u32> {
        let mut first: HashMap<Digest, u32> = HashMap::with_capacity(self.blocks.len());
        for (place, block) in self.blocks.iter().enumerate() {
            first.entry(block.digest).or_insert(place as u32);
        }
        let mut places: Vec<u32> = first.into_values().collect();
        places.sort_unstable();
        let secrets = hub.lane_secrets(&self.lane);
        let names: Vec<Name> =
            places.iter().map(|place| secrets.place(&self.blocks[*place as usize].digest)).collect();
        let there = hub.store.has(&names);
        places.into_iter().zip(there).filter(|(_, there)| !there).map(|(place, _)| place).collect()
    }

    /// Whether nothing is to be stored whatever the verdict.
    pub(super) fn is_test(&self) -> bool {
        self.header.message.test || self.header.message.kind() == SubmissionKind::Test
    }

    /// What a record says of it.
    pub(super) fn contents(&self) -> v1::SubmissionContents {
        let message = &self.header.message;
        v1::SubmissionContents {
            submission_id: self.id.to_string(),
            dataflow: self.lane.dataflow.short(),
            provider: self.lane.provider.to_string(),
            header_digest: Digest::of(&self.header.signed.header).to_bytes(),
            header_signature: self.header.signed.signature.clone(),
            signing_key: self.header.signing_key.clone(),
            manifest_digest: self.manifest_digest.to_bytes(),
            structure_digest: self.definition.digest.to_bytes(),
            kind: message.kind,
            reason: message.reason.clone(),
            hub_prepared: message.hub_prepared.clone(),
            ..Default::default()
        }
    }
}
