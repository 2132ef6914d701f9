//! Jobs of many small rounds, of which each is timed.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use mighub_client::{Hub, Progress, PullRequest, Pulled, Source};
use mighub_sdmx::columns::Shape;
use mighub_sdmx::key::Selection;
use tokio::sync::Barrier;

use crate::Failure;
use crate::bulk;
use crate::office::{Done, Question, Stretch};
use crate::relay::Relay;

/// Bytes of the write whose sync is timed: a block and a record of a small submission are not larger.
const PROBE_BYTES: usize = 4096;

pub(crate) async fn ask(hub: &Hub, dataflow: &str, questions: &[Question]) -> Result<Done, Failure> {
    let requests = requests(hub, dataflow, questions).await?;
    // The first answer brings the structures; it is not measured.
    answer(hub, requests[0].clone()).await?;
    let stretch = Stretch::begin()?;
    let mut laps_ns = Vec::with_capacity(requests.len());
    let mut observations = 0;
    for request in requests {
        let began = Instant::now();
        observations += answer(hub, request).await?;
        laps_ns.push(began.elapsed().as_nanos() as u64);
    }
    Ok(Done { observations, laps_ns, ..stretch.end(0)? })
}

pub(crate) async fn crowd(hubs: Vec<Hub>, dataflow: &str, questions: &[Question]) -> Result<Done, Failure> {
    let requests = requests(&hubs[0], dataflow, questions).await?;
    for hub in &hubs {
        answer(hub, requests[0].clone()).await?;
    }
    let share = requests.len() / hubs.len();
    let together = Arc::new(Barrier::new(hubs.len() + 1));
    let mut readers = Vec::new();
    for (hub, requests) in hubs.into_iter().zip(requests.chunks(share)) {
        let (together, requests) = (together.clone(), requests.to_vec());
        readers.push(tokio::spawn(async move {
            together.wait().await;
            let mut laps_ns = Vec::with_capacity(requests.len());
            let mut observations = 0;
            for request in requests {
                let began = Instant::now();
                observations += answer(&hub, request).await?;
                laps_ns.push(began.elapsed().as_nanos() as u64);
            }
            Ok::<_, Failure>((observations, laps_ns))
        }));
    }
    let stretch = Stretch::begin()?;
    together.wait().await;
    let (mut observations, mut laps_ns) = (0, Vec::new());
    for reader in readers {
        let (some, laps) = reader.await??;
        observations += some;
        laps_ns.extend(laps);
    }
    Ok(Done { observations, laps_ns, ..stretch.end(0)? })
}

async fn requests(hub: &Hub, dataflow: &str, questions: &[Question]) -> Result<Vec<PullRequest>, Failure> {
    let definition = hub.newest_definition(dataflow).await?;
    questions.iter().map(|question| question.request(dataflow, &definition.shape)).collect()
}

impl Question {
    fn request(&self, dataflow: &str, shape: &Shape) -> Result<PullRequest, Failure> {
        let year = self.year.map(|year| year.to_string());
        let selection = Selection::parse(&self.key, year.as_deref(), year.as_deref(), &shape.dimensions)?;
        Ok(PullRequest { selection, ..PullRequest::all(dataflow) })
    }
}

/// Asks and reads to the end; gives how many observations came.
async fn answer(hub: &Hub, request: PullRequest) -> Result<u64, Failure> {
    let mut pull = hub.pull(request, &Progress::silent()).await?;
    let mut observations = 0;
    while let Some(pulled) = pull.next().await? {
        if let Pulled::Observations(columns) = pulled {
            observations += columns.len() as u64;
        }
    }
    Ok(observations)
}

pub(crate) async fn push_small(hub: &Hub, files: &[PathBuf], beside: &Path) -> Result<Done, Failure> {
    let probe = Arc::new(Probe::new(beside)?);
    let stretch = Stretch::begin()?;
    let (mut laps_ns, mut syncs_ns) = (Vec::new(), Vec::new());
    for (nth, file) in files.iter().enumerate() {
        let probe = probe.clone();
        syncs_ns.push(tokio::task::spawn_blocking(move || probe.write_and_sync(nth)).await??);
        let began = Instant::now();
        bulk::push(hub, Source::path(file)).await?;
        laps_ns.push(began.elapsed().as_nanos() as u64);
    }
    Ok(Done { laps_ns, syncs_ns, ..stretch.end(0)? })
}

/// A file beside the store's, written as the store writes: into space that is reserved, synced without metadata.
struct Probe(File);

impl Probe {
    fn new(beside: &Path) -> Result<Self, Failure> {
        let file = tempfile::tempfile_in(beside)?;
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, 16 * 1024 * 1024)?;
        Ok(Self(file))
    }

    fn write_and_sync(&self, nth: usize) -> std::io::Result<u64> {
        let began = Instant::now();
        self.0.write_all_at(&[0xA5; PROBE_BYTES], (nth * PROBE_BYTES) as u64)?;
        self.0.sync_data()?;
        Ok(began.elapsed().as_nanos() as u64)
    }
}

pub(crate) async fn relay(
    address: SocketAddr,
    certificate: Vec<u8>,
    up: u64,
    down: u64,
    rounds: usize,
) -> Result<Done, Failure> {
    let mut relay = Relay::connect(address, certificate).await?;
    let stretch = Stretch::begin()?;
    let mut laps_ns = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let began = Instant::now();
        relay.exchange(up, down).await?;
        laps_ns.push(began.elapsed().as_nanos() as u64);
    }
    Ok(Done { laps_ns, ..stretch.end(0)? })
}
