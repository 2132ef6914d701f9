//! The evidence of one submission: what an auditor needs to check it without the hub.

use std::sync::Arc;
use std::vec;

use bytes::{Bytes, BytesMut};
use mighub::block::Digest;
use mighub::v1::{self, ErrorReason, get_evidence_response::Part};
use mighub_store::Position;
use prost::Message;

use super::answers::hashes;
use crate::hub::Hub;
use crate::hub::moment::Moment;
use crate::hub::objects::content;
use crate::hub::permit::{FollowOne, Permit};
use crate::hub::refusal::Refusal;

/// Bytes of one chunk of the manifest; the contract names it.
const CHUNK_BYTES: usize = 1024 * 1024;

impl Hub {
    /// EvidenceService.GetEvidence.
    pub fn get_evidence(
        self: &Arc<Self>,
        permit: &Permit<FollowOne>,
        _: &v1::GetEvidenceRequest,
        now: Moment,
    ) -> Result<EvidenceParts, Refusal> {
        let FollowOne(id) = permit.operation();
        let found = self.judged(id)?;
        let not_accepted = || {
            let text = format!(
                "the submission {id} is not accepted, so there is no evidence of it: look at its state"
            );
            Refusal::new(ErrorReason::NotAccepted, text).about("submission", id)
        };
        let position = found.accepted.ok_or_else(not_accepted)?;
        let contents = found.contents.unwrap_or_default();
        let entry = self.store.record(Position(position))?;
        let size = self.log.size();
        let mut hub_keys = self.hub_keys();
        let receipt = self.receipt_at(position)?;
        let head = self.signed_head(size, now)?;
        hub_keys.retain(|key| key.key_id == receipt.hub_key_id || key.key_id == head.hub_key_id);
        let evidence = v1::Evidence {
            signed_header: Some(v1::SignedHeader {
                header: content(&self.store, &contents.header_digest)?,
                signature: contents.header_signature.clone(),
                signing_key_id: Digest::of(&contents.signing_key).to_bytes(),
            }),
            signing_key: contents.signing_key.clone(),
            receipt: Some(receipt),
            record: Some(self.log.leaves().log_record(position, Moment(entry.effective_ms), &entry.payload)),
            inclusion: hashes(&self.log.inclusion(&*self.view, position, size)?),
            consistency: hashes(&self.log.consistency(&*self.view, position + 1, size)?),
            head: Some(head),
            hub_keys,
        };
        let manifest = content(&self.store, &contents.manifest_digest)?;
        let pages = v1::Manifest::decode(&manifest[..])
            .map_err(|error| Refusal::internal(error.to_string()))?
            .parts
            .into_iter()
            .flat_map(|part| part.pages)
            .map(|page| page.digest)
            .collect::<Vec<_>>();
        Ok(EvidenceParts {
            hub: self.clone(),
            evidence: Some(Box::new(evidence)),
            manifest: Some(manifest),
            pages: pages.into_iter(),
            waiting: BytesMut::new(),
        })
    }
}

/// The parts of the evidence, one after the other; the manifest's pages are read as they are sent.
pub struct EvidenceParts {
    hub: Arc<Hub>,
    evidence: Option<Box<v1::Evidence>>,
    manifest: Option<Bytes>,
    pages: vec::IntoIter<Bytes>,
    /// Bytes of the manifest that were read and not sent.
    waiting: BytesMut,
}

impl EvidenceParts {
    fn next_page(&mut self) -> Option<Result<Bytes, Refusal>> {
        if let Some(manifest) = self.manifest.take() {
            return Some(Ok(manifest));
        }
        self.pages.next().map(|digest| content(&self.hub.store, &digest))
    }
}

impl Iterator for EvidenceParts {
    type Item = Result<v1::GetEvidenceResponse, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let answer = |part| Some(Ok(v1::GetEvidenceResponse { part: Some(part) }));
        if let Some(evidence) = self.evidence.take() {
            return answer(Part::Evidence(*evidence));
        }
        while self.waiting.len() < CHUNK_BYTES {
            match self.next_page() {
                Some(Ok(page)) => {
                    if let Err(error) = prost::encode_length_delimiter(page.len(), &mut self.waiting) {
                        return Some(Err(Refusal::internal(error.to_string())));
                    }
                    self.waiting.extend_from_slice(&page);
                }
                Some(Err(refusal)) => return Some(Err(refusal)),
                None if self.waiting.is_empty() => return None,
                None => break,
            }
        }
        let bytes = self.waiting.len().min(CHUNK_BYTES);
        answer(Part::ManifestChunk(self.waiting.split_to(bytes).freeze()))
    }
}
