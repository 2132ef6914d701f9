//! A pull over a connection that breaks again and again gives everything, once, in order.

use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use mighub::block::{BlockWriter, Digest, FinishedBlock, LaneKey, Naming, compress};
use mighub::v1::pull_response::Part;
use mighub::v1::retrieval_service_server::{RetrievalService, RetrievalServiceServer};
use mighub::v1::{self, LaneContent, TombstoneReason};
use mighub_sdmx::columns::{ColumnsBuilder, Shape};
use mighub_sdmx::structure::{DataDefinition, Structures};
use mighub_sdmx::{Columns, Decimal, Period};
use proptest::prelude::*;
use prost::bytes::Bytes;
use tokio_stream::Stream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use super::{Format, PullRequest, Pulled};
use crate::hub::{Hub, in_process};
use crate::structures::read_folder;
use mighub_intake::Progress;
use mighub_intake::{Lanes, StructureLanes};

const DATAFLOW: &str = "MIGHUB:MIG_REMIT(1.0.0)";
/// Series of a lane: enough for several blocks.
const SERIES: u32 = 900;
const YEARS: u16 = 12;
/// Observations of the first block, which ends where the canon cuts.
const SMALL_OBSERVATIONS: u64 = 2_628;

fn structures() -> Structures {
    read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures")).expect("the structure package")
}

static DEFINITION: LazyLock<Arc<DataDefinition>> = LazyLock::new(|| {
    let lane = StructureLanes::new(structures(), "SWE").lane("dataflow", DATAFLOW).expect("structures");
    lane.expect("the dataflow").definition.clone()
});

/// The blocks of a lane whose values begin with `first`.
fn blocks(shape: &Arc<Shape>, first: i64) -> Vec<v1::StoredBlock> {
    let mut builder = ColumnsBuilder::new(shape.clone());
    for series in 0..SERIES {
        let mut key = vec![Arc::from("A"); shape.dimensions.len()];
        key[1] = Arc::from(format!("{series:05}"));
        builder.start_series_with_key(&key);
        (0..shape.series_attributes.len()).for_each(|place| builder.series_attribute(place, None));
        for year in 0..YEARS {
            let value = first + i64::from(series) * i64::from(YEARS) + i64::from(year);
            builder.observation(Period::year(2000 + year), Some(Decimal::integer(value)), |_| None);
        }
        builder.end_series();
    }
    let naming = Naming { key: LaneKey([0; 32]), unmarked_restricted: false };
    let mut writer = BlockWriter::new(shape.clone(), naming);
    let mut stored = Vec::new();
    let mut store = |block: FinishedBlock| {
        let frame = compress(&block.raw).expect("compressible").into();
        stored.push(v1::StoredBlock { digest: block.info.digest.to_bytes(), keyed: false, frame });
        Ok::<_, ()>(())
    };
    writer.push(&builder.take(), &mut store).expect("stored");
    if let Some(block) = writer.finish() {
        store(block).expect("stored");
    }
    stored
}

/// A hub that gives the same parts always, and breaks off after as many messages as it is told.
struct Breaking {
    parts: Vec<Part>,
    breaks: Mutex<Vec<usize>>,
    structure_digest: Bytes,
}

impl Breaking {
    fn new(breaks: Vec<usize>) -> Self {
        let definition = &*DEFINITION;
        let mut parts = Vec::new();
        let mut sent = 0;
        for (number, provider) in ["NOR", "SWE"].iter().enumerate() {
            parts.push(Part::Lane(v1::LaneHeader {
                lane: Some(v1::Lane { dataflow: DATAFLOW.to_owned(), provider: (*provider).to_owned() }),
                content: LaneContent::Delta.into(),
                ..Default::default()
            }));
            for (nth, block) in blocks(&definition.shape, number as i64 * 1_000_000).into_iter().enumerate() {
                // What is gone comes among what is there, as two walks through one lane may give it.
                parts.push(Part::Tombstones(v1::Tombstones {
                    blocks: vec![block.clone()],
                    reason: TombstoneReason::Withheld.into(),
                }));
                parts.push(Part::Blocks(v1::PulledBlocks { blocks: vec![block] }));
                if nth % 2 == 1 {
                    parts.push(checkpoint(parts.len() + 1));
                }
            }
            sent += u64::from(SERIES) * u64::from(YEARS);
            parts.push(checkpoint(parts.len() + 1));
        }
        parts.push(Part::Summary(v1::PullSummary {
            observations: sent,
            tombstones: sent,
            complete: true,
            cursor: Bytes::from_static(b"cursor"),
            ..Default::default()
        }));
        let structure_digest = Digest::of(definition.canonical_json()).to_bytes();
        Self { parts, breaks: Mutex::new(breaks), structure_digest }
    }

    /// Of one lane the first block, and nothing that breaks.
    fn small() -> Self {
        let mut small = Self::new(Vec::new());
        small.parts.retain(|part| !matches!(part, Part::Tombstones(_) | Part::Checkpoint(_)));
        small.parts.drain(2..small.parts.len() - 1);
        let Some(Part::Summary(summary)) = small.parts.last_mut() else {
            panic!("a pull ends with its summary")
        };
        (summary.observations, summary.tombstones) = (SMALL_OBSERVATIONS, 0);
        small
    }

    /// The parts from a place on, with the lane announced again.
    fn parts_from(&self, place: usize) -> Vec<Part> {
        let lane = self.parts[..place].iter().rfind(|part| matches!(part, Part::Lane(_)));
        let header = Part::Header(v1::PullHeader {
            dataflow: DATAFLOW.to_owned(),
            structure_digest: self.structure_digest.clone(),
            position: 7,
            instant: None,
            delta: true,
        });
        let within_lane = !matches!(self.parts[place], Part::Lane(_) | Part::Summary(_));
        let lane = lane.filter(|_| within_lane).cloned();
        std::iter::once(header).chain(lane).chain(self.parts[place..].iter().cloned()).collect()
    }
}

fn checkpoint(next: usize) -> Part {
    Part::Checkpoint(v1::Checkpoint { resume: Bytes::from(vec![next as u8]), observations: 0 })
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl RetrievalService for Breaking {
    type PullStream = Answers<v1::PullResponse>;
    type WatchVintagesStream = Answers<v1::WatchVintagesResponse>;
    type DiffVintagesStream = Answers<v1::DiffVintagesResponse>;

    async fn pull(&self, request: Request<v1::PullRequest>) -> Result<Response<Self::PullStream>, Status> {
        let place = request.into_inner().resume.first().copied().unwrap_or_default();
        let parts = self.parts_from(place.into());
        let until = self.breaks.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut answers: Vec<_> =
            parts.into_iter().map(|part| Ok(v1::PullResponse { part: Some(part) })).collect();
        if let Some(until) = until.filter(|until| *until < answers.len()) {
            answers.truncate(until);
            answers.push(Err(Status::unavailable("broken")));
        }
        Ok(Response::new(Box::pin(tokio_stream::iter(answers))))
    }

    async fn watch_vintages(
        &self,
        _: Request<v1::WatchVintagesRequest>,
    ) -> Result<Response<Self::WatchVintagesStream>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn list_vintages(
        &self,
        _: Request<v1::ListVintagesRequest>,
    ) -> Result<Response<v1::ListVintagesResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn get_coverage(
        &self,
        _: Request<v1::GetCoverageRequest>,
    ) -> Result<Response<v1::GetCoverageResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn diff_vintages(
        &self,
        _: Request<v1::DiffVintagesRequest>,
    ) -> Result<Response<Self::DiffVintagesStream>, Status> {
        Err(Status::unimplemented("not here"))
    }
}

/// A client of a breaking hub; the folder is its home.
async fn connected(breaking: Breaking) -> (Hub, tempfile::TempDir) {
    let services = Server::builder().add_service(RetrievalServiceServer::new(breaking));
    in_process::connected(services, &DEFINITION, None).await
}

/// The values of each lane, what is there and what is gone, in the order in which they came.
async fn pulled(breaks: Vec<usize>) -> Vec<(String, Vec<i64>, Vec<i64>)> {
    let (hub, _folder) = connected(Breaking::new(breaks)).await;
    let mut pull = hub.pull(PullRequest::all(DATAFLOW), &Progress::silent()).await.expect("a header");
    let mut lanes: Vec<(String, Vec<i64>, Vec<i64>)> = Vec::new();
    let values = |columns: &Columns| columns.unscaled.clone();
    while let Some(next) = pull.next().await.expect("a part") {
        let last = lanes.last_mut();
        match (next, last) {
            (Pulled::Lane(lane), _) => lanes.push((lane.lane.provider.clone(), Vec::new(), Vec::new())),
            (Pulled::Observations(columns), Some((_, there, _))) => there.extend(values(&columns)),
            (Pulled::Gone { columns, .. }, Some((_, _, gone))) => gone.extend(values(&columns)),
            (Pulled::End(summary), _) => assert!(summary.complete),
            (other, None) => panic!("{other:?} came before its lane"),
        }
    }
    lanes
}

fn expected() -> Vec<(String, Vec<i64>, Vec<i64>)> {
    let values = |first: i64| (first..first + i64::from(SERIES) * i64::from(YEARS)).collect::<Vec<_>>();
    let lane = |provider: &str, first| (provider.to_owned(), values(first), values(first));
    vec![lane("NOR", 0), lane("SWE", 1_000_000)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_pull_that_breaks_gives_everything_once(breaks in proptest::collection::vec(1usize..20, 0..6)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        prop_assert_eq!(runtime.block_on(pulled(breaks)), expected());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_answer_is_there_whole_when_the_pull_is() {
    let (hub, _folder) = connected(Breaking::small()).await;
    let mut pull = hub.pull(PullRequest::all(DATAFLOW), &Progress::silent()).await.expect("a header");
    assert!(pull.receiver.is_closed(), "somebody still works on it");
    let mut found = Vec::new();
    while let Some(next) = pull.next().await.expect("a part") {
        found.push(match next {
            Pulled::Lane(lane) => lane.lane.provider.clone(),
            Pulled::Observations(columns) => columns.len().to_string(),
            Pulled::End(summary) => format!("{} in all", summary.observations),
            Pulled::Gone { .. } => "gone".to_owned(),
        });
    }
    assert_eq!(found, ["NOR", &SMALL_OBSERVATIONS.to_string(), &format!("{SMALL_OBSERVATIONS} in all")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_is_written_with_deletions_first() {
    let (hub, folder) = connected(Breaking::new(Vec::new())).await;
    let path = folder.path().join("delta.csv");
    let file = std::fs::File::create(&path).expect("a file");
    let pull = hub.pull(PullRequest::all(DATAFLOW), &Progress::silent()).await.expect("a header");
    let summary = pull.write(Format::Csv, file).await.expect("written");
    let text = std::fs::read_to_string(path).expect("a file");
    let actions: Vec<_> =
        text.lines().skip(1).map(|line| line.split(',').nth(2).unwrap_or_default()).collect();
    assert!(text.starts_with("STRUCTURE"));
    assert_eq!(actions.len() as u64, summary.observations + summary.gone);
    assert!(actions.is_sorted(), "D before R");
    assert_eq!(text.matches("STRUCTURE_ID").count(), 1, "one header");
    assert!(text.lines().skip(1).all(|line| line.ends_with(",NOR") || line.ends_with(",SWE")));
}
