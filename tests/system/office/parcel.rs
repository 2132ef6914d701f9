//! Submissions made by hand, so that they can be wrong in any way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mighub::block::{BlockWriter, CANON, Digest, FinishedBlock, LaneKey, Naming, compress};
use mighub::convert::attribute_default;
use mighub::id::SubmissionId;
use mighub::manifest::PageWriter;
use mighub::signing::{HEADER_CONTEXT, signed_bytes};
use mighub::v1::open_submission_request::Part;
use mighub::v1::{self, PartAction, SubmissionKind};
use mighub_client::Home;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder};
use mighub_sdmx::structure::DataDefinition;
use mighub_sdmx::{Decimal, Period};
use prost::Message;
use ring::signature::{Ed25519KeyPair, KeyPair};
use tonic::Status;
use tonic::transport::Channel;

use super::{FLOW, Stage, raw};

/// Makes ids that were never used.
static MADE: AtomicU64 = AtomicU64::new(0);

/// What an office sends.
#[derive(Clone)]
pub(crate) struct Parcel {
    pub(crate) header: v1::SubmissionHeader,
    pub(crate) manifest: v1::Manifest,
    /// Serialized pages, in the order in which the manifest names them.
    pub(crate) pages: Vec<Vec<u8>>,
    pub(crate) frames: Vec<Vec<u8>>,
    home: Home,
}

/// What is needed to make parcels for a lane.
pub(crate) struct Desk {
    pub(crate) lane: v1::GetLaneResponse,
    pub(crate) definition: Arc<DataDefinition>,
    agency: String,
    provider: String,
    home: Home,
}

impl Desk {
    /// The desk of an agency that sends for a provider.
    pub(crate) async fn of(stage: &Stage, agency: &str, provider: &str) -> Self {
        let request = v1::GetLaneRequest { lane: Some(raw::lane(provider)) };
        let lane = raw::submissions(stage.channel(agency).await).get_lane(request).await.expect("a lane");
        let known = stage.client(agency).await.lane(FLOW, provider).await.expect("a lane");
        Self {
            lane: lane.into_inner(),
            definition: known.definition.clone(),
            agency: agency.to_owned(),
            provider: provider.to_owned(),
            home: stage.home(agency),
        }
    }

    /// How blocks of the lane are named.
    pub(crate) fn naming(&self) -> Naming {
        let defaults =
            self.lane.defaults.iter().map(|default| attribute_default(default).expect("a default"));
        let key = LaneKey(self.lane.lane_key[..].try_into().expect("32 bytes"));
        Naming::of_lane(key, &defaults.collect::<Vec<_>>())
    }

    /// Immigrants from some countries in one year, free for publication.
    pub(crate) fn columns(&self, figures: &[(&str, i64)]) -> Columns {
        let shape = self.definition.shape.clone();
        let mut builder = ColumnsBuilder::new(shape.clone());
        let (status, free) = (AttributeValue::text("A"), AttributeValue::text("F"));
        for (counterpart, value) in figures {
            let key = ["A", &self.provider, "IMM", "PRV", counterpart, "_T", "_T", "LT", "_T"].map(Arc::from);
            builder.start_series_with_key(&key);
            for place in 0..shape.series_attributes.len() {
                builder.series_attribute(place, None);
            }
            builder.observation(Period::year(2015), Some(Decimal::integer(*value)), |place| {
                match &*shape.observation_attributes[place] {
                    "OBS_STATUS" => Some(&status),
                    "CONF_STATUS" => Some(&free),
                    _ => None,
                }
            });
            builder.end_series();
        }
        builder.take()
    }

    /// The one block of some columns.
    pub(crate) fn block(&self, columns: &Columns) -> FinishedBlock {
        let mut writer = BlockWriter::new(self.definition.shape.clone(), self.naming());
        let no_more = |_| Err("more than one block");
        writer.push(columns, &mut { no_more }).expect("one block");
        writer.finish().expect("a block")
    }

    /// A parcel with one part, which merges these blocks.
    pub(crate) fn parcel(&self, blocks: Vec<FinishedBlock>) -> Parcel {
        let frames = blocks.iter().map(|block| compress(&block.raw).expect("compressed")).collect();
        let mut writer = PageWriter::default();
        let pages = blocks.into_iter().filter_map(|block| writer.push(block.info)).collect::<Vec<_>>();
        let (references, pages): (Vec<_>, Vec<_>) = pages.into_iter().chain(writer.finish()).unzip();
        let manifest = v1::Manifest {
            canon: CANON,
            dataflow: FLOW.into(),
            provider: self.provider.clone(),
            structure_digest: self.lane.structure_digest.clone(),
            parts: vec![v1::ManifestPart { action: PartAction::Merge.into(), pages: references }],
            ..Default::default()
        };
        let made = MADE.fetch_add(1, Ordering::SeqCst);
        let random =
            blake3::hash(&[made.to_le_bytes(), u64::from(std::process::id()).to_le_bytes()].concat());
        let id = SubmissionId::from_random(*random.as_bytes().first_chunk().expect("a hash has 32 bytes"));
        let header = v1::SubmissionHeader {
            hub_id: self.lane.hub_id.clone(),
            lane: Some(raw::lane(&self.provider)),
            submission_id: id.to_string(),
            agency: self.agency.clone(),
            kind: SubmissionKind::Routine.into(),
            structure_digest: self.lane.structure_digest.clone(),
            defaults: self.lane.defaults.clone(),
            prepared_time: self.lane.hub_time,
            ..Default::default()
        };
        Parcel { header, manifest, pages, frames, home: self.home.clone() }.sealed()
    }

    /// A parcel with figures that nobody has sent yet.
    pub(crate) fn fresh(&self) -> Parcel {
        self.parcel(vec![self.block(&self.columns(&[("NOR", fresh_figure())]))])
    }
}

impl Parcel {
    /// The header names the manifest as it is now.
    pub(crate) fn sealed(mut self) -> Self {
        self.header.manifest_digest = Digest::of(&self.manifest.encode_to_vec()).to_bytes();
        self
    }

    /// The manifest names the pages as they are now, and the header the manifest.
    pub(crate) fn repaged(mut self) -> Self {
        let references = self.manifest.parts.iter_mut().flat_map(|part| &mut part.pages);
        for (reference, page) in references.zip(&self.pages) {
            reference.digest = Digest::of(page).to_bytes();
        }
        self.sealed()
    }

    /// The first block as it is in the manifest changes.
    pub(crate) fn with_entry(mut self, change: impl FnOnce(&mut v1::BlockEntry)) -> Self {
        let mut page = v1::ManifestPage::decode(&self.pages[0][..]).expect("a page");
        change(&mut page.blocks[0]);
        self.pages[0] = page.encode_to_vec();
        self.repaged()
    }

    /// Manifest and pages as they travel.
    pub(crate) fn manifest_bytes(&self) -> Vec<u8> {
        let mut bytes = self.manifest.encode_length_delimited_to_vec();
        for page in &self.pages {
            prost::encoding::encode_varint(page.len() as u64, &mut bytes);
            bytes.extend_from_slice(page);
        }
        bytes
    }

    pub(crate) fn signed(&self) -> v1::SignedHeader {
        self.signed_by(&self.home)
    }

    pub(crate) fn signed_by(&self, home: &Home) -> v1::SignedHeader {
        sign(self.header.encode_to_vec(), home)
    }

    /// What opens the submission.
    pub(crate) fn opening(&self) -> Vec<v1::OpenSubmissionRequest> {
        let chunk = Part::ManifestChunk(self.manifest_bytes().into());
        vec![part(Part::SignedHeader(self.signed())), part(chunk)]
    }

    /// All its blocks.
    pub(crate) fn upload(&self) -> Vec<v1::UploadBlocksRequest> {
        let blocks = self.frames.iter().enumerate();
        let block = |(index, frame): (usize, &Vec<u8>)| v1::SubmittedBlock {
            index: index as u32,
            frame: frame.clone().into(),
        };
        vec![v1::UploadBlocksRequest { submission_id: self.id(), blocks: blocks.map(block).collect() }]
    }

    pub(crate) fn id(&self) -> String {
        self.header.submission_id.clone()
    }

    /// Sends it from beginning to end.
    pub(crate) async fn send(&self, channel: &Channel) -> Result<v1::SealSubmissionResponse, Status> {
        open(channel, self.opening()).await?;
        upload(channel, self.upload()).await?;
        seal(channel, &self.id()).await
    }
}

/// A figure that nobody has sent yet.
pub(crate) fn fresh_figure() -> i64 {
    1_000 + MADE.fetch_add(1, Ordering::SeqCst) as i64
}

pub(crate) fn part(part: Part) -> v1::OpenSubmissionRequest {
    v1::OpenSubmissionRequest { part: Some(part) }
}

/// Signs any bytes as a header.
pub(crate) fn sign(header: Vec<u8>, home: &Home) -> v1::SignedHeader {
    let pem = std::fs::read_to_string(home.folder().join("signing.key")).expect("a key");
    let text: String = pem.lines().filter(|line| !line.starts_with("---")).collect();
    let der = data_encoding::BASE64.decode(text.as_bytes()).expect("PEM");
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).expect("an Ed25519 key");
    v1::SignedHeader {
        signature: key.sign(&signed_bytes(HEADER_CONTEXT, &header)).as_ref().to_vec().into(),
        signing_key_id: Digest::of(key.public_key().as_ref()).to_bytes(),
        header: header.into(),
    }
}

pub(crate) async fn open(
    channel: &Channel,
    messages: Vec<v1::OpenSubmissionRequest>,
) -> Result<v1::OpenSubmissionResponse, Status> {
    let answer = raw::submissions(channel.clone()).open_submission(tokio_stream::iter(messages)).await?;
    Ok(answer.into_inner())
}

pub(crate) async fn upload(
    channel: &Channel,
    messages: Vec<v1::UploadBlocksRequest>,
) -> Result<Vec<v1::UploadBlocksResponse>, Status> {
    let answers = raw::submissions(channel.clone()).upload_blocks(tokio_stream::iter(messages)).await?;
    raw::all(answers.into_inner()).await
}

pub(crate) async fn seal(channel: &Channel, id: &str) -> Result<v1::SealSubmissionResponse, Status> {
    let request = v1::SealSubmissionRequest { submission_id: id.to_owned() };
    Ok(raw::submissions(channel.clone()).seal_submission(request).await?.into_inner())
}
