//! Opening: header and manifest in, the blocks that are missing out.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use mighub::block::Digest;
use mighub::manifest::{MANIFEST_BYTES_MAX, PAGE_BYTES_MAX, read_manifest};
use mighub::v1::{self, ErrorReason, SubmissionState};

use super::case::{Case, manifest_refusal};
use super::header::Header;
use super::lane_terms::SUBMISSION_MANIFEST_BYTES_MAX;
use super::upload::OpenUpload;
use super::UPLOAD_KEPT_MS;
use crate::hub::moment::Moment;
use crate::hub::reduce::row;
use crate::hub::refusal::Refusal;
use crate::hub::rights::Operation;
use crate::hub::rows::{SubmissionRow, submission_key};
use crate::hub::structures::Definition;
use crate::hub::{Hub, Principal};

/// A varint of a length has at most so many bytes.
const LENGTH_BYTES_MAX: usize = 5;

/// A submission whose header was admitted and whose manifest is coming in.
pub struct Opening {
    hub: Arc<Hub>,
    header: Header,
    definition: Definition,
    /// What came in and is not a whole piece yet.
    buffer: BytesMut,
    received: u64,
    manifest: Option<Bytes>,
    /// Digests of the pages that are still to come, last first.
    expected: Vec<Digest>,
    pages: HashMap<Digest, Bytes>,
}

fn cut_off() -> Refusal {
    Refusal::new(ErrorReason::ManifestMalformed, "the manifest is cut off: send it again")
}

impl Hub {
    /// SubmissionService.OpenSubmission, begun: the header.
    pub fn open_submission(
        self: &Arc<Self>,
        principal: &Principal,
        signed: v1::SignedHeader,
        now: Moment,
    ) -> Result<Opening, Refusal> {
        let rights = self.rights();
        let caller = principal.agency.as_ref();
        let known = caller.and_then(|caller| Some((caller, rights.agency(caller)?)));
        let Some((caller, keys)) = known else {
            // The same words as for every call without a certificate.
            rights.authorise(principal, Operation::Audit, now)?;
            return Err(Refusal::internal("an agency was granted an operation and is not known"));
        };
        let header = Header::admit(signed, self.hub_id(), caller, keys, now)?;
        let (definition, terms) = self.lane_terms(principal, &header.lane, now)?;
        let moved = |what: &str| {
            let text = format!("{what} changed since the file was prepared: fetch the lane again and prepare anew");
            Refusal::new(ErrorReason::StructureMoved, text).about("dataflow", header.lane.dataflow.short())
        };
        if header.message.structure_digest[..] != definition.digest.0 && !self.was_judged(&header)? {
            return Err(moved("the structures"));
        }
        if header.message.defaults != terms.messages() && !self.was_judged(&header)? {
            return Err(moved("what absent attributes stand for"));
        }
        header.complete_scope(definition.data.dimensions.len())?;
        if let Some(base) = header.message.base_position
            && self.vintage_recorded_at(&header.lane, base)?.is_none()
        {
            let text = format!("the lane has no vintage at position {base}");
            return Err(Refusal::new(ErrorReason::VintageUnknown, text).about("position", base));
        }
        Ok(Opening {
            hub: self.clone(),
            header,
            definition,
            buffer: BytesMut::new(),
            received: 0,
            manifest: None,
            expected: Vec::new(),
            pages: HashMap::new(),
        })
    }

    fn was_judged(&self, header: &Header) -> Result<bool, Refusal> {
        let known: Option<SubmissionRow> = row(&*self.view, &submission_key(&header.id.to_string()))?;
        Ok(known.is_some())
    }
}

impl Opening {
    /// Takes the next bytes of the manifest.
    pub fn chunk(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.received += bytes.len() as u64;
        if self.received > SUBMISSION_MANIFEST_BYTES_MAX {
            let text = format!("the manifest has more than {SUBMISSION_MANIFEST_BYTES_MAX} bytes: send in parts");
            return Err(Refusal::new(ErrorReason::ManifestTooLarge, text));
        }
        self.buffer.extend_from_slice(bytes);
        while let Some(piece) = self.piece()? {
            if self.manifest.is_none() {
                let manifest = read_manifest(&piece).map_err(|error| manifest_refusal(&error))?;
                let pages = manifest.parts.iter().flat_map(|part| &part.pages);
                self.expected = pages.filter_map(|page| Digest::from_slice(&page.digest)).collect();
                self.expected.reverse();
                self.manifest = Some(piece);
                continue;
            }
            let Some(expected) = self.expected.pop() else {
                return Err(Refusal::new(ErrorReason::ManifestMalformed, "more pages came than the manifest names"));
            };
            if Digest::of(&piece) != expected {
                let text = "a page of the manifest does not have the digest that names it: send it again";
                return Err(Refusal::new(ErrorReason::ManifestDigestMismatch, text));
            }
            self.pages.insert(expected, piece);
        }
        Ok(())
    }

    /// The next whole piece with its length before it as a varint; nothing if it is not all there yet.
    fn piece(&mut self) -> Result<Option<Bytes>, Refusal> {
        let most = if self.manifest.is_none() { MANIFEST_BYTES_MAX } else { PAGE_BYTES_MAX };
        let mut peek = &self.buffer[..];
        let length = match prost::decode_length_delimiter(&mut peek) {
            Ok(length) if length <= most => length,
            Ok(_) => return Err(manifest_refusal(&mighub::manifest::ManifestError::TooLarge)),
            Err(_) if self.buffer.len() < LENGTH_BYTES_MAX => return Ok(None),
            Err(_) => return Err(cut_off()),
        };
        let before = self.buffer.len() - peek.len();
        if peek.len() < length {
            return Ok(None);
        }
        self.buffer.advance(before);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }

    /// All has come: which blocks are missing.
    pub fn finish(mut self, now: Moment) -> Result<v1::OpenSubmissionResponse, Refusal> {
        let manifest = self.manifest.take().ok_or_else(cut_off)?;
        if !self.buffer.is_empty() || !self.expected.is_empty() {
            return Err(cut_off());
        }
        let (hub, id) = (self.hub.clone(), self.header.id);
        let header_digest = Digest::of(&self.header.signed.header);
        let reused = || {
            let text = format!("the submission id {id} was used with other content: make a new id");
            Refusal::new(ErrorReason::SubmissionIdReused, text).about("submission", id)
        };
        let known: Option<SubmissionRow> = row(&*hub.view, &submission_key(&id.to_string()))?;
        if let Some(known) = known {
            let same = known.contents.as_ref().is_some_and(|contents| contents.header_digest[..] == header_digest.0);
            if !same {
                return Err(reused());
            }
            return Ok(v1::OpenSubmissionResponse {
                state: hub.state_of(&known)?.into(),
                missing_blocks: Vec::new(),
                receipt: known.accepted.map(|position| hub.receipt_at(position)).transpose()?,
                expires_at: None,
            });
        }
        let pages = std::mem::take(&mut self.pages);
        let case = Case::read(self.header, self.definition, manifest, |digest| {
            pages.get(digest).cloned().ok_or_else(cut_off)
        })?;
        let missing = case.missing(&hub);
        let expires = Moment(now.0.saturating_add(UPLOAD_KEPT_MS));
        let upload = hub.desk.open(id, OpenUpload::new(case, missing, now, expires), now)?;
        if Digest::of(&upload.case.header.signed.header) != header_digest {
            return Err(reused());
        }
        upload.extend(expires);
        Ok(v1::OpenSubmissionResponse {
            state: SubmissionState::Receiving.into(),
            missing_blocks: upload.missing(),
            receipt: None,
            expires_at: Some(upload.expires().to_message()),
        })
    }
}
