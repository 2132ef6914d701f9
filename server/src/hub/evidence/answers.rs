//! Heads and proofs, for whoever may connect: they hold hashes and nothing else.

use bytes::Bytes;
use mighub::evidence::TreeHash;
use mighub::signing::{LOG_HEAD_CONTEXT, signed_bytes};
use mighub::v1::{self, ErrorReason};
use prost::Message;

use crate::hub::Hub;
use crate::hub::moment::Moment;
use crate::hub::permit::{Anybody, Permit};
use crate::hub::refusal::Refusal;

/// Hashes of leaves in one answer: half a megabyte. The contract names it.
const LEAF_HASHES_MAX: u64 = 16_384;

impl Hub {
    /// EvidenceService.GetLogHead.
    pub fn get_log_head(
        &self,
        _: &Permit<Anybody>,
        request: &v1::GetLogHeadRequest,
        now: Moment,
    ) -> Result<v1::GetLogHeadResponse, Refusal> {
        let size = self.log.size();
        let known = request.known_size.filter(|known| *known <= size).unwrap_or_default();
        let consistency = self.log.consistency(&*self.view, known, size)?;
        let head = self.signed_head(size, now)?;
        Ok(v1::GetLogHeadResponse { head: Some(head), consistency: hashes(&consistency) })
    }

    /// EvidenceService.GetConsistencyProof.
    pub fn get_consistency_proof(
        &self,
        _: &Permit<Anybody>,
        request: &v1::GetConsistencyProofRequest,
        _: Moment,
    ) -> Result<v1::GetConsistencyProofResponse, Refusal> {
        let (first, second) = (request.first_size, request.second_size);
        if first == 0 || first > second {
            let text = "first_size is at least 1 and not more than second_size";
            return Err(Refusal::malformed("first_size", text));
        }
        self.within_log(second)?;
        let proof = self.log.consistency(&*self.view, first, second)?;
        Ok(v1::GetConsistencyProofResponse { consistency: hashes(&proof) })
    }

    /// EvidenceService.GetInclusionProof.
    pub fn get_inclusion_proof(
        &self,
        _: &Permit<Anybody>,
        request: &v1::GetInclusionProofRequest,
        _: Moment,
    ) -> Result<v1::GetInclusionProofResponse, Refusal> {
        let (position, size) = (request.position, request.tree_size);
        if position >= size {
            return Err(Refusal::malformed(
                "tree_size",
                "a tree with this record has more than position leaves",
            ));
        }
        self.within_log(size)?;
        Ok(v1::GetInclusionProofResponse {
            leaf_hash: self.log.leaf_hash(&*self.view, position)?.to_bytes(),
            inclusion: hashes(&self.log.inclusion(&*self.view, position, size)?),
        })
    }

    /// EvidenceService.ListLeafHashes.
    pub fn list_leaf_hashes(
        &self,
        _: &Permit<Anybody>,
        request: &v1::ListLeafHashesRequest,
        _: Moment,
    ) -> Result<v1::ListLeafHashesResponse, Refusal> {
        self.within_log(request.from)?;
        let count = match request.count {
            0 => LEAF_HASHES_MAX,
            count => u64::from(count).min(LEAF_HASHES_MAX),
        };
        let to = self.log.size().min(request.from.saturating_add(count));
        let leaves = self.log.leaf_hashes(&*self.view, request.from..to)?;
        let bytes: Vec<u8> = leaves.iter().flat_map(|leaf| leaf.0).collect();
        Ok(v1::ListLeafHashesResponse { leaf_hashes: bytes.into() })
    }

    /// The hub's word for the first `size` records.
    pub(super) fn signed_head(&self, size: u64, now: Moment) -> Result<v1::SignedLogHead, Refusal> {
        let head = v1::LogHead {
            hub_id: self.hub_id().to_owned(),
            tree_size: size,
            root: self.log.root(&*self.view, size)?.to_bytes(),
            time: Some(now.to_message()),
        };
        let head: Bytes = head.encode_to_vec().into();
        let signature = self.signer().sign(&signed_bytes(LOG_HEAD_CONTEXT, &head));
        Ok(v1::SignedLogHead {
            head,
            signature: signature.to_vec().into(),
            hub_key_id: self.signer().key_id().to_vec().into(),
        })
    }

    fn within_log(&self, size: u64) -> Result<(), Refusal> {
        let found = self.log.size();
        if size <= found {
            return Ok(());
        }
        let text = format!(
            "this hub's history has {found} records, and a tree of {size} was asked for: if you hold a head or receipt \
             of that size, keep it and tell the hub's operator and the auditor"
        );
        Err(Refusal::new(ErrorReason::LogTooShort, text).about("found", found))
    }
}

pub(super) fn hashes(proof: &[TreeHash]) -> Vec<Bytes> {
    proof.iter().map(|hash| hash.to_bytes()).collect()
}
