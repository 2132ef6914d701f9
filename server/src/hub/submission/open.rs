//! Opening: header and manifest in, the blocks that are missing out.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use mighub::block::Digest;
use mighub::manifest::{MANIFEST_BYTES_MAX, PAGE_BYTES_MAX, read_manifest};
use mighub::v1::{self, ErrorReason, SubmissionState};

use super::case::{Case, manifest_refusal};
use super::desk::UPLOAD_KEPT_MS;
use super::header::Header;
use super::lane_terms::SUBMISSION_MANIFEST_BYTES_MAX;
use super::upload::OpenUpload;
use crate::hub::moment::Moment;
use crate::hub::permit::{Enrolled, Permit};
use crate::hub::reduce::row;
use crate::hub::refusal::Refusal;
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
        permit: &Permit<Enrolled>,
        signed: v1::SignedHeader,
        now: Moment,
    ) -> Result<Opening, Refusal> {
        let principal = permit.principal();
        let rights = self.rights();
        let caller = principal.agency.as_ref();
        let known = caller.and_then(|caller| Some((caller, rights.agency(caller)?)));
        let unknown = || Refusal::internal("an agency was granted an operation and is not known");
        let (caller, keys) = known.ok_or_else(unknown)?;
        let header = Header::admit(signed, self.hub_id(), caller, keys, now)?;
        self.opening(principal, header, now)
    }

    /// Opens a submission whose header is the office's, or the hub's own.
    pub(super) fn opening(
        self: &Arc<Self>,
        principal: &Principal,
        header: Header,
        now: Moment,
    ) -> Result<Opening, Refusal> {
        let (definition, terms) = self.lane_terms(principal, &header.lane, now)?;
        if !self.was_judged(&header)? {
            terms.are_those_of(&header, &definition)?;
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
            let text =
                format!("the manifest has more than {SUBMISSION_MANIFEST_BYTES_MAX} bytes: send in parts");
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
                return Err(Refusal::new(
                    ErrorReason::ManifestMalformed,
                    "more pages came than the manifest names",
                ));
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
        if let Some(answer) = hub.opened_before(&id.to_string(), &header_digest, now)? {
            return Ok(answer);
        }
        let pages = std::mem::take(&mut self.pages);
        let case = Case::read(self.header, self.definition, manifest, |digest| {
            pages.get(digest).cloned().ok_or_else(cut_off)
        })?;
        let missing = case.missing(&hub);
        let expires = Moment(now.0.saturating_add(UPLOAD_KEPT_MS));
        let is_recorded =
            || Ok(row::<SubmissionRow>(&*hub.view, &submission_key(&id.to_string()))?.is_some());
        let Some(upload) =
            hub.desk.open(id, OpenUpload::new(case, missing, now, expires), &hub.limits, now, is_recorded)?
        else {
            // Another call sealed it in the meantime.
            let answer = hub.opened_before(&id.to_string(), &header_digest, now)?;
            return answer.ok_or_else(|| Refusal::internal("a submission is recorded and not in the view"));
        };
        if Digest::of(&upload.case.header.signed.header) != header_digest {
            return Err(reused(&id.to_string()));
        }
        let state = upload.state();
        if state == SubmissionState::Receiving {
            upload.extend(expires);
            upload.look_again(&hub);
        }
        Ok(v1::OpenSubmissionResponse {
            state: state.into(),
            missing_blocks: upload.missing(),
            receipt: upload.receipt(),
            expires_at: Some(upload.expires().to_message()),
        })
    }
}

impl Hub {
    /// The answer for a submission that is recorded.
    fn opened_before(
        &self,
        id: &str,
        header_digest: &Digest,
        now: Moment,
    ) -> Result<Option<v1::OpenSubmissionResponse>, Refusal> {
        let known: Option<SubmissionRow> = row(&*self.view, &submission_key(id))?;
        let Some(known) = known else { return Ok(None) };
        if known.contents.as_ref().is_none_or(|contents| contents.header_digest[..] != header_digest.0) {
            return Err(reused(id));
        }
        Ok(Some(v1::OpenSubmissionResponse {
            state: self.state_of(&known, now)?.into(),
            missing_blocks: Vec::new(),
            receipt: known.accepted.map(|position| self.receipt_at(position)).transpose()?,
            expires_at: None,
        }))
    }
}

fn reused(id: &str) -> Refusal {
    let text = format!("the submission id {id} was used with other content: make a new id");
    Refusal::new(ErrorReason::SubmissionIdReused, text).about("submission", id)
}
