//! A push that is broken off or killed anywhere, and done again, is one submission; nothing is sent twice that the
//! hub has safely.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER;
use mighub::block::{CANON, Digest, decompress};
use mighub::manifest::{read_manifest, read_page};
use mighub::signing::{HEADER_CONTEXT, RECEIPT_CONTEXT, signed_bytes};
use mighub::v1::submission_service_server::{SubmissionService, SubmissionServiceServer};
use mighub::v1::{self, ReceiptOutcome, SubmissionState};
use mighub_sdmx::structure::DataDefinition;
use proptest::prelude::*;
use prost::Message;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use tokio::sync::Notify;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

use super::{PushOptions, PushOutcome, Pushed};
use crate::error::Error;
use crate::home::{HubKey, PrivateKey};
use crate::hub::{Hub, in_process};
use crate::structures::read_folder;
use mighub_intake::Progress;
use mighub_intake::Source;
use mighub_intake::{Lanes, StructureLanes};

const DATAFLOW: &str = "MIGHUB:MIG_FLOW(1.0.0)";

static DEFINITION: LazyLock<Arc<DataDefinition>> = LazyLock::new(|| {
    let structures = read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures"));
    let lane =
        StructureLanes::new(structures.expect("the structure package"), "SWE").lane("dataflow", DATAFLOW);
    lane.expect("structures").expect("the dataflow").definition.clone()
});

/// A file of several blocks.
fn file() -> String {
    let mut text = String::from(
        "STRUCTURE,STRUCTURE_ID,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,MIG_CATEGORY,\
         TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n",
    );
    for (direction, value) in [("EMI", 1), ("IMM", 2)] {
        for area in ["NOR", "FIN", "DNK", "ISL", "EST", "LVA", "LTU", "POL", "DEU", "NLD"] {
            for sex in ["F", "M", "_T"] {
                for year in 1000..1600 {
                    text.push_str(&format!(
                        "dataflow,{DATAFLOW},A,SWE,{direction},PRV,{area},{sex},_T,LT,_T,{year},{value},A,F\n"
                    ));
                }
            }
        }
    }
    text
}

/// What a hub knows.
#[derive(Default)]
struct Known {
    opened: BTreeMap<String, Opened>,
    /// Digests of blocks that are safe.
    blocks: BTreeSet<[u8; 32]>,
    /// Blocks that came though they were safe already.
    blocks_again: u32,
    /// After so many messages the connection breaks, once for each number, the last first.
    breaks: Vec<u32>,
}

struct Opened {
    header: v1::SignedHeader,
    manifest_digest: Vec<u8>,
    blocks: Vec<Digest>,
    receipt: Option<v1::Receipt>,
}

/// A hub that breaks off, and otherwise does as the contract says.
#[derive(Clone)]
struct Breaking {
    known: Arc<Mutex<Known>>,
    office_key: Arc<Mutex<Vec<u8>>>,
    /// Told at every break.
    broken: Arc<Notify>,
}

fn hub_key() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("a key")
}

impl Breaking {
    fn new(breaks: Vec<u32>) -> Self {
        let known = Known { breaks, ..Known::default() };
        Self { known: Arc::new(Mutex::new(known)), office_key: Arc::default(), broken: Arc::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a message; the connection may break at it.
    fn message(&self) -> Result<(), Status> {
        let mut known = self.known();
        match known.breaks.last_mut() {
            Some(0) => {
                known.breaks.pop();
                self.broken.notify_one();
                Err(Status::unavailable("broken"))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn open(
        &self,
        header: v1::SignedHeader,
        mut manifest: &[u8],
    ) -> Result<v1::OpenSubmissionResponse, Status> {
        let key = UnparsedPublicKey::new(&ED25519, self.office_key.lock().expect("no panic").clone());
        key.verify(&signed_bytes(HEADER_CONTEXT, &header.header), &header.signature)
            .map_err(|_| Status::unauthenticated("signature"))?;
        let signed = v1::SubmissionHeader::decode(&header.header[..]).expect("a header");
        let mut next = || {
            let length = prost::encoding::decode_varint(&mut manifest).expect("a length") as usize;
            let (bytes, rest) = manifest.split_at(length);
            manifest = rest;
            bytes
        };
        let message = next();
        assert_eq!(Digest::of(message).0[..], signed.manifest_digest[..], "the manifest is what was signed");
        let mut blocks = Vec::new();
        for page in read_manifest(message).expect("a manifest").parts.iter().flat_map(|part| &part.pages) {
            let bytes = next();
            assert_eq!(Digest::of(bytes).0[..], page.digest[..]);
            blocks.extend(read_page(bytes, 9).expect("a page").into_iter().map(|info| info.digest));
        }
        let mut known = self.known();
        let missing = (0u32..).zip(&blocks).filter(|(_, digest)| !known.blocks.contains(&digest.0));
        let missing_blocks = missing.map(|(place, _)| place).collect();
        let opened = known.opened.entry(signed.submission_id).or_insert(Opened {
            header: header.clone(),
            manifest_digest: signed.manifest_digest.to_vec(),
            blocks,
            receipt: None,
        });
        assert_eq!(opened.header, header, "the same id has the same header");
        let state =
            if opened.receipt.is_some() { SubmissionState::Accepted } else { SubmissionState::Receiving };
        Ok(v1::OpenSubmissionResponse {
            state: state.into(),
            missing_blocks,
            receipt: opened.receipt.clone(),
            expires_at: None,
        })
    }

    fn store(&self, id: &str, block: &v1::SubmittedBlock) -> Result<(), Status> {
        let raw = decompress(&block.frame).expect("a frame");
        let mut known = self.known();
        let digest = known.opened[id].blocks[block.index as usize];
        assert_eq!(Digest::of(&raw), digest, "the block is the one that the manifest names");
        if !known.blocks.insert(digest.0) {
            known.blocks_again += 1;
        }
        Ok(())
    }

    fn seal(&self, id: &str) -> v1::SealSubmissionResponse {
        let mut known = self.known();
        let missing = known.opened[id].blocks.iter().any(|digest| !known.blocks.contains(&digest.0));
        assert!(!missing, "sealed before all was there");
        let opened = known.opened.get_mut(id).expect("it was opened");
        let signed = v1::SubmissionHeader::decode(&opened.header.header[..]).expect("a header");
        let body = v1::ReceiptBody {
            hub_id: "hub".to_owned(),
            submission_id: id.to_owned(),
            lane: signed.lane,
            manifest_digest: opened.manifest_digest.clone().into(),
            position: 3,
            outcome: ReceiptOutcome::Accepted.into(),
            header_digest: Digest::of(&opened.header.header).to_bytes(),
            ..Default::default()
        };
        let (body, pair) = (body.encode_to_vec(), hub_key());
        let receipt = v1::Receipt {
            signature: pair.sign(&signed_bytes(RECEIPT_CONTEXT, &body)).as_ref().to_vec().into(),
            body: body.into(),
            hub_key_id: Digest::of(pair.public_key().as_ref()).to_bytes(),
            record: None,
        };
        opened.receipt = Some(receipt.clone());
        let verdict = v1::Verdict { state: SubmissionState::Accepted.into(), ..Default::default() };
        v1::SealSubmissionResponse {
            verdict: Some(verdict),
            receipt: Some(receipt),
            outcome: ReceiptOutcome::Accepted.into(),
        }
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl SubmissionService for Breaking {
    type UploadBlocksStream = Answers<v1::UploadBlocksResponse>;
    type WatchSubmissionStream = Answers<v1::WatchSubmissionResponse>;

    async fn get_lane(
        &self,
        _: Request<v1::GetLaneRequest>,
    ) -> Result<Response<v1::GetLaneResponse>, Status> {
        self.message()?;
        Ok(Response::new(v1::GetLaneResponse {
            hub_id: "hub".to_owned(),
            structure_digest: Digest::of(DEFINITION.canonical_json()).to_bytes(),
            lane_key: vec![0; 32].into(),
            canon: CANON,
            ..Default::default()
        }))
    }

    async fn open_submission(
        &self,
        request: Request<Streaming<v1::OpenSubmissionRequest>>,
    ) -> Result<Response<v1::OpenSubmissionResponse>, Status> {
        use v1::open_submission_request::Part;
        let mut messages = request.into_inner();
        let (mut header, mut manifest) = (v1::SignedHeader::default(), Vec::new());
        while let Some(message) = messages.message().await? {
            self.message()?;
            match message.part {
                Some(Part::SignedHeader(signed)) => header = signed,
                Some(Part::ManifestChunk(chunk)) => manifest.extend_from_slice(&chunk),
                None => return Err(Status::invalid_argument("an empty message")),
            }
        }
        self.open(header, &manifest).map(Response::new)
    }

    async fn upload_blocks(
        &self,
        request: Request<Streaming<v1::UploadBlocksRequest>>,
    ) -> Result<Response<Self::UploadBlocksStream>, Status> {
        let (hub, mut id) = (self.clone(), String::new());
        let answers = request.into_inner().map(move |message| {
            let message = message?;
            if !message.submission_id.is_empty() {
                id = message.submission_id;
            }
            for block in &message.blocks {
                hub.message()?;
                hub.store(&id, block)?;
            }
            Ok(v1::UploadBlocksResponse::default())
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn seal_submission(
        &self,
        request: Request<v1::SealSubmissionRequest>,
    ) -> Result<Response<v1::SealSubmissionResponse>, Status> {
        let answer = self.seal(&request.into_inner().submission_id);
        // It is accepted, and the answer may be lost all the same.
        self.message()?;
        Ok(Response::new(answer))
    }

    async fn get_submission(
        &self,
        _: Request<v1::GetSubmissionRequest>,
    ) -> Result<Response<v1::GetSubmissionResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn list_submissions(
        &self,
        _: Request<v1::ListSubmissionsRequest>,
    ) -> Result<Response<v1::ListSubmissionsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn watch_submission(
        &self,
        _: Request<v1::WatchSubmissionRequest>,
    ) -> Result<Response<Self::WatchSubmissionStream>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn list_findings(
        &self,
        _: Request<v1::ListFindingsRequest>,
    ) -> Result<Response<v1::ListFindingsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn answer_findings(
        &self,
        _: Request<v1::AnswerFindingsRequest>,
    ) -> Result<Response<v1::AnswerFindingsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn withdraw_submission(
        &self,
        _: Request<v1::WithdrawSubmissionRequest>,
    ) -> Result<Response<v1::WithdrawSubmissionResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }
}

async fn connected(breaking: &Breaking) -> (Hub, tempfile::TempDir) {
    let pair = hub_key();
    let key = HubKey {
        key_id: HEXLOWER.encode(&Digest::of(pair.public_key().as_ref()).0),
        public_key: HEXLOWER.encode(pair.public_key().as_ref()),
    };
    let services = Server::builder().add_service(SubmissionServiceServer::new(breaking.clone()));
    let (hub, folder) = in_process::connected(services, &DEFINITION, Some(key)).await;
    let signing = PrivateKey::generate().expect("a key");
    signing.save(&hub.home().path("signing.key")).expect("saved");
    *breaking.office_key.lock().expect("no panic") = signing.public_key().expect("a key");
    (hub, folder)
}

async fn push(hub: &Hub, file: &Path) -> Result<Pushed, Error> {
    hub.push(Source::path(file), &PushOptions::default(), &Progress::silent()).await
}

/// A hub, a client of it, and a file to push.
async fn office(breaks: Vec<u32>) -> (Breaking, Hub, tempfile::TempDir, PathBuf) {
    let breaking = Breaking::new(breaks);
    let (hub, folder) = connected(&breaking).await;
    let path = folder.path().join("file.csv");
    std::fs::write(&path, file()).expect("written");
    (breaking, hub, folder, path)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_push_that_breaks_is_one_submission(breaks in proptest::collection::vec(0u32..12, 0..6)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let (breaking, pushed, folder) = runtime.block_on(async {
            let (breaking, hub, folder, path) = office(breaks).await;
            (breaking, push(&hub, &path).await.expect("pushed"), folder)
        });
        let PushOutcome::Accepted { receipt, .. } = &pushed.outcome else {
            return Err(TestCaseError::fail(format!("{:?}", pushed.outcome)));
        };
        prop_assert!(receipt.path.is_file());
        let known = breaking.known();
        prop_assert_eq!(known.opened.len(), 1);
        prop_assert!(known.blocks.len() > 2, "a file of several blocks");
        prop_assert_eq!(known.blocks_again, 0, "what is safe is not sent again");
        // Nothing that is done lies in the outbox.
        let left = std::fs::read_dir(folder.path().join("outbox")).expect("an outbox").count();
        prop_assert_eq!(left, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_push_goes_on_under_its_id() {
    let messages = 1 + 2 + blocks_of_file().await + 1;
    for kill_at in 0..messages {
        let (breaking, hub, _folder, path) = office(vec![kill_at]).await;
        tokio::select! {
            biased;
            () = breaking.broken.notified() => {}
            done = push(&hub, &path) => panic!("message {kill_at} was never reached: {done:?}"),
        }
        let pushed = push(&hub, &path).await.expect("pushed");
        assert!(matches!(pushed.outcome, PushOutcome::Accepted { .. }), "killed at {kill_at}");
        let known = breaking.known();
        assert_eq!(known.opened.len(), 1, "killed at {kill_at}");
        assert_eq!(known.blocks_again, 0, "killed at {kill_at}");
    }
}

/// Blocks of the file.
async fn blocks_of_file() -> u32 {
    let (_, hub, _folder, path) = office(Vec::new()).await;
    push(&hub, &path).await.expect("pushed").totals.blocks
}
