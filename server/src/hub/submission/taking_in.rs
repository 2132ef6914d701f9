//! Files that a hub takes in itself, for offices that cannot run a client: read, judged and cut as a client does it, then
//! opened, uploaded and sealed like any other submission. What must not live here: how a file came.
//!
//! The office signs nothing here. The hub signs the header in its stead, with its own key, and header and record say so:
//! what such a submission proves is that somebody with the office's credentials handed it in, and not more.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use mighub::block::Digest;
use mighub::convert::{dataset_attribute_message, selection_message};
use mighub::id::SubmissionId;
use mighub::signing::{HEADER_CONTEXT, signed_bytes};
use mighub::v1::{self, ErrorReason};
use mighub_intake::{
    Checked, FrameReader, LaneInfo, Lanes, MANIFEST, Prepared, Progress, ReadOptions, Source, Spool,
    dataflow_meant, prepare,
};
use mighub_sdmx::structure::AgencyId;
use prost::Message;

use super::header::Header;
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::objects::content;
use crate::hub::permit::{ActOn, Enrolled, Permit, Submit};
use crate::hub::reduce::row;
use crate::hub::refusal::Refusal;
use crate::hub::rights::unauthenticated;
use crate::hub::rows::{SubmissionRow, submission_key};
use crate::hub::{Hub, Principal};

/// Name of the program in what the hub signs.
const PROGRAM: &str = "mighub-server";
/// Bytes of the manifest that are handed on at a time, and of blocks.
const HANDED_ON_BYTES: usize = 1024 * 1024;

/// How a file is sent, as the options of `mighub push`.
#[derive(Clone, Debug)]
pub struct Sending {
    /// Id of the submission: the same file again under the same id takes effect once.
    pub id: SubmissionId,
    /// In whose name; the caller's agency if nobody is named.
    pub provider: Option<AgencyId>,
    /// Why.
    pub kind: v1::SubmissionKind,
    /// The same in words.
    pub reason: String,
    /// Who sends, as the agency names the person.
    pub person: String,
    /// Run everything and store nothing.
    pub test: bool,
    /// When it is released; a time in the file counts if none is given here.
    pub embargo: Option<jiff::Timestamp>,
    /// How the file is read.
    pub read: ReadOptions,
}

/// What became of a file.
#[derive(Debug)]
pub struct TakenIn {
    /// What the file holds, and what the check before sending found.
    pub checked: Checked,
    /// What the hub decided; nothing if the file has errors, and is no submission.
    pub sealed: Option<v1::SealSubmissionResponse>,
}

impl Hub {
    /// Refused if a caller may send nothing at all: asked before its file is received.
    pub fn may_hand_in(
        &self,
        permit: &Permit<Enrolled>,
        provider: Option<&AgencyId>,
        now: Moment,
    ) -> Result<(), Refusal> {
        let principal = permit.principal();
        let rights = self.rights();
        let agency = principal.agency.as_ref().ok_or_else(unauthenticated)?;
        let provider = provider.unwrap_or(agency);
        let mut lanes = rights.may_send_under(agency, now).map(|agreement| agreement.lane.clone());
        match lanes.find(|lane| lane.provider == *provider) {
            Some(lane) if principal.scope.as_ref().is_none_or(|scope| scope.dataflows.is_empty()) => {
                self.authorise(principal, Submit(lane), now).map(drop)
            }
            // Which of its dataflows it is for, the file says.
            Some(_) if principal.scope.as_ref().is_some_and(|scope| scope.submits) => Ok(()),
            Some(lane) => self.authorise(principal, Submit(lane), now).map(drop),
            None => {
                let text = format!(
                    "no agreement in force lets {agency} send anything for {provider}: ask the hub's administrator for one"
                );
                Err(Refusal::new(ErrorReason::LaneNotPermitted, text).about("provider", provider))
            }
        }
    }

    /// Takes a file in: checks it and, if it has no errors, sends it in the caller's name. Scratch files go to `scratch`.
    pub fn take_in(
        self: &Arc<Self>,
        permit: &Permit<Enrolled>,
        file: Source,
        sending: &Sending,
        scratch: &Path,
        now: Moment,
    ) -> Result<TakenIn, Refusal> {
        let principal = permit.principal();
        let agency = principal.agency.clone().ok_or_else(unauthenticated)?;
        let provider = sending.provider.clone().unwrap_or_else(|| agency.clone());
        let mut lanes = TodaysLanes {
            hub: self.clone(),
            principal: principal.clone(),
            provider,
            now,
            known: HashMap::new(),
        };
        let Prepared { checked, spool, dataset_attributes, scope } =
            prepare(file, &mut lanes, &sending.read, scratch, &Progress::silent()).map_err(refusal)?;
        let (Some(spool), Some(lane)) = (spool, checked.lane.clone()) else {
            return Ok(TakenIn { checked, sealed: None });
        };
        let stated = checked.contents.embargo;
        if let (Some(asked), Some(stated)) = (sending.embargo, stated)
            && asked != stated
        {
            let text =
                format!("the file says EMBARGO_TIME {stated}, the request {asked}: leave one of them out");
            return Err(Refusal::malformed("embargo", text));
        }
        let embargo = sending.embargo.or(stated).map(|at| Moment(at.as_millisecond()).to_message());
        let by_hub = v1::HubPrepared {
            access_token_id: principal.scope.as_ref().map(|scope| scope.token_id.clone()).unwrap_or_default(),
            application: principal.application.as_deref().unwrap_or_default().to_owned(),
        };
        let header = v1::SubmissionHeader {
            hub_id: self.hub_id().to_owned(),
            lane: Some(lane.lane.clone()),
            submission_id: sending.id.to_string(),
            base_position: lane.head.as_ref().map(|head| head.position),
            manifest_digest: spool.manifest.to_bytes(),
            agency: agency.to_string(),
            person: sending.person.clone(),
            kind: sending.kind.into(),
            reason: sending.reason.clone(),
            test: sending.test || sending.kind == v1::SubmissionKind::Test,
            embargo_time: embargo,
            edition: None,
            complete_scope: scope.as_ref().map(selection_message),
            structure_digest: lane.structure_digest.to_bytes(),
            rulebook_digest: lane.judged_by().to_bytes(),
            defaults: lane.defaults.clone(),
            client_name: PROGRAM.to_owned(),
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            prepared_time: Some(now.to_message()),
            dataset_attributes: dataset_attributes
                .iter()
                .map(|(id, value)| dataset_attribute_message(id, value.as_ref()))
                .collect(),
            hub_prepared: Some(by_hub),
        };
        let sealed = self.hand_in(principal, header, &spool, now)?;
        Ok(TakenIn { checked, sealed: Some(sealed) })
    }

    /// Open, upload, seal: the way of every submission.
    fn hand_in(
        self: &Arc<Self>,
        principal: &Principal,
        header: v1::SubmissionHeader,
        spool: &Spool,
        now: Moment,
    ) -> Result<v1::SealSubmissionResponse, Refusal> {
        let submission_id = header.submission_id.clone();
        let signed = match self.handed_in_before(&header, now)? {
            Some(signed) => signed,
            None => self.sign_header(&header),
        };
        let header = Header::read(signed, self.signer.public_key().to_vec().into())?;
        let mut opening = self.opening(principal, header, now)?;
        let mut manifest = File::open(spool.folder.path().join(MANIFEST)).map_err(scratch_failed)?;
        let mut chunk = Vec::with_capacity(HANDED_ON_BYTES);
        loop {
            chunk.clear();
            let read = (&mut manifest).take(HANDED_ON_BYTES as u64).read_to_end(&mut chunk);
            if read.map_err(scratch_failed)? == 0 {
                break;
            }
            opening.chunk(&chunk)?;
        }
        let opened = opening.finish(now)?;
        if !opened.missing_blocks.is_empty() {
            let mut frames = FrameReader::open(spool.folder.path()).map_err(refusal)?;
            let permit = self.authorise(principal, ActOn(submission_id.clone()), now)?;
            let mut upload = self.upload(&permit, now)?;
            let (mut blocks, mut bytes) = (Vec::new(), 0);
            for index in opened.missing_blocks {
                let frame = frames.read(index).map_err(scratch_failed)?;
                bytes += frame.len();
                blocks.push(v1::SubmittedBlock { index, frame: frame.into() });
                if bytes >= HANDED_ON_BYTES {
                    upload.put(std::mem::take(&mut blocks), now)?;
                    bytes = 0;
                }
            }
            if !blocks.is_empty() {
                upload.put(blocks, now)?;
            }
        }
        let permit = self.authorise(principal, ActOn(submission_id.clone()), now)?;
        self.seal_submission(&permit, &v1::SealSubmissionRequest { submission_id }, now)
    }

    fn sign_header(&self, header: &v1::SubmissionHeader) -> v1::SignedHeader {
        let bytes = header.encode_to_vec();
        v1::SignedHeader {
            signature: self.signer.sign(&signed_bytes(HEADER_CONTEXT, &bytes)).to_vec().into(),
            header: bytes.into(),
            signing_key_id: self.signer.key_id().to_vec().into(),
        }
    }

    /// The header under which the same was handed in before: then it goes on as that. Another content under the same id
    /// has another header, and is refused when it is opened.
    fn handed_in_before(
        &self,
        header: &v1::SubmissionHeader,
        now: Moment,
    ) -> Result<Option<v1::SignedHeader>, Refusal> {
        let id = super::submission_id(&header.submission_id)?;
        let signed = match self.desk.upload(&id, now) {
            Some(upload) => upload.case.header.signed.clone(),
            None => {
                let known: Option<SubmissionRow> = row(&*self.view, &submission_key(&header.submission_id))?;
                let Some(contents) = known.and_then(|known| known.contents) else { return Ok(None) };
                v1::SignedHeader {
                    header: content(&self.store, &contents.header_digest)?,
                    signature: contents.header_signature,
                    signing_key_id: Digest::of(&contents.signing_key).to_bytes(),
                }
            }
        };
        let before = v1::SubmissionHeader::decode(signed.header.clone());
        let before = before.map_err(|error| Refusal::internal(error.to_string()))?;
        Ok((timeless(&before) == timeless(header)).then_some(signed))
    }
}

/// What is the same however often a file is sent.
fn timeless(header: &v1::SubmissionHeader) -> v1::SubmissionHeader {
    let signed_by_hub = header.hub_prepared.is_some().then(v1::HubPrepared::default);
    v1::SubmissionHeader {
        base_position: None,
        prepared_time: None,
        client_version: String::new(),
        hub_prepared: signed_by_hub,
        ..header.clone()
    }
}

/// Lanes of a provider as they are now.
struct TodaysLanes {
    hub: Arc<Hub>,
    principal: Principal,
    provider: AgencyId,
    now: Moment,
    known: HashMap<(String, String), Option<Arc<LaneInfo>>>,
}

impl TodaysLanes {
    fn look(&self, structure: &str, id: &str) -> Result<Option<Arc<LaneInfo>>, Refusal> {
        let lane = if structure == "dataprovision" {
            let rights = self.hub.rights();
            let mut agreements = rights.agreements(u64::MAX);
            let Some(agreement) = agreements.find(|agreement| agreement.id.short() == id) else {
                return Ok(None);
            };
            agreement.lane.to_message()
        } else {
            let known = self.hub.known_structures();
            let Some(dataflow) = dataflow_meant(&known, structure, id) else { return Ok(None) };
            v1::Lane { dataflow, provider: self.provider.to_string() }
        };
        let id = LaneId::of_message(Some(&lane))?;
        let dataflow = id.dataflow.clone();
        let permit = self.hub.authorise(&self.principal, Submit(id), self.now);
        let request = v1::GetLaneRequest { lane: Some(lane.clone()) };
        let answer = permit.and_then(|permit| self.hub.get_lane(&permit, &request, self.now));
        match answer {
            Ok(answer) => {
                let definition = self.hub.definition(&dataflow)?.data;
                let book = self.hub.present_rulebook(&dataflow)?.prepared.clone();
                let info = LaneInfo::of_answer(lane, answer, definition, book).map_err(refusal)?;
                Ok(Some(Arc::new(info)))
            }
            Err(refusal) if refusal.reason == ErrorReason::UnknownDataflow => Ok(None),
            // Not the first dataflow of the file: that there are several is what its sender must hear.
            Err(refusal)
                if refusal.reason == ErrorReason::LaneNotPermitted
                    && self.known.values().any(Option::is_some) =>
            {
                Ok(Some(Arc::new(LaneInfo::of_structures(lane, self.hub.definition(&dataflow)?.data))))
            }
            Err(refusal) => Err(refusal),
        }
    }
}

impl Lanes for TodaysLanes {
    fn lane(&mut self, structure: &str, id: &str) -> Result<Option<Arc<LaneInfo>>, mighub_intake::Error> {
        let named = (structure.to_owned(), id.to_owned());
        if let Some(known) = self.known.get(&named) {
            return Ok(known.clone());
        }
        let found = self.look(structure, id).map_err(mighub_intake::Error::of_lanes)?;
        self.known.insert(named, found.clone());
        Ok(found)
    }
}

/// Why a file was not prepared, in the contract's words.
fn refusal(error: mighub_intake::Error) -> Refusal {
    use mighub_intake::Error;
    let text = error.to_string();
    match error {
        Error::Lanes(error) => match error.downcast::<Refusal>() {
            Ok(refusal) => *refusal,
            Err(other) => Refusal::internal(other.to_string()),
        },
        Error::Request(_)
        | Error::Workbook { .. }
        | Error::Structures { .. }
        | Error::OutOfOrder { .. }
        | Error::TooManyParts => Refusal::new(ErrorReason::ArgumentMalformed, text),
        Error::BeyondLimit { limit, found, .. } => Refusal::limit(limit, found, text),
        Error::File { .. } | Error::Sort(_) | Error::Contract(_) | Error::Internal(_) | Error::Output(_) => {
            Refusal::internal(text)
        }
    }
}

fn scratch_failed(error: std::io::Error) -> Refusal {
    Refusal::internal(format!("scratch files: {error}"))
}
