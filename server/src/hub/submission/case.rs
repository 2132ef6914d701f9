//! A submission with its manifest: what its office signed and what it lists.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use mighub::block::Digest;
use mighub::id::SubmissionId;
use mighub::manifest::{BlockInfo, ManifestError, read_manifest, read_page};
use mighub::v1::{self, ErrorReason, SubmissionKind};
use mighub_sdmx::structure::AgencyId;
use mighub_store::{Name, Object};

use super::SUBMISSION_BLOCKS_MAX;
use super::header::Header;
use crate::hub::fold::Part;
use crate::hub::lane::LaneId;
use crate::hub::objects::content;
use crate::hub::refusal::Refusal;
use crate::hub::structures::Definition;
use crate::hub::Hub;

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
        let dimensions = definition.data.dimensions.len();
        let mut objects = vec![Object { name: Name(manifest_digest.0), bytes: manifest_bytes }];
        let (mut parts, mut blocks) = (Vec::new(), Vec::new());
        for part in &manifest.parts {
            let mut of_part: Vec<Arc<BlockInfo>> = Vec::new();
            for reference in &part.pages {
                let digest = Digest::from_slice(&reference.digest).ok_or_else(|| malformed("a page has no digest"))?;
                let bytes = page(&digest)?;
                let read = read_page(&bytes, dimensions).map_err(|error| manifest_refusal(&error))?;
                let observations: u64 = read.iter().map(|block| u64::from(block.observations)).sum();
                if read.len() != reference.blocks as usize || observations != reference.observations {
                    return Err(malformed("a page has other counts than the manifest says"));
                }
                let ascends = |(before, after): (&Arc<BlockInfo>, &BlockInfo)| before.last_key <= after.first_key;
                if !of_part.last().zip(read.first()).is_none_or(ascends) {
                    return Err(manifest_refusal(&ManifestError::Unsorted));
                }
                of_part.extend(read.into_iter().map(Arc::new));
                if blocks.len() + of_part.len() > SUBMISSION_BLOCKS_MAX {
                    let text = format!("the manifest has more than {SUBMISSION_BLOCKS_MAX} blocks: send in parts");
                    let refusal = Refusal::new(ErrorReason::ManifestTooLarge, text);
                    return Err(refusal.about("limit", SUBMISSION_BLOCKS_MAX));
                }
                objects.push(Object { name: Name(digest.0), bytes });
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
            objects,
        })
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
            ..Default::default()
        }
    }
}
