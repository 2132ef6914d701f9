//! The client's side: a process for every job, so that what it uses is counted apart. It reads its job from its
//! input and answers with one line.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use mighub_client::{Home, Hub};
use serde::{Deserialize, Serialize};

use crate::data::Figures;
use crate::gauge::{self, Used};
use crate::{Failure, ROLE, asking, bulk};

/// The value of [`ROLE`] with which this program is a client.
pub(crate) const OFFICE: &str = "office";

/// What a client does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    /// Whose keys it uses.
    pub(crate) home: PathBuf,
    /// Where it connects to: the hub, or the meter before it.
    pub(crate) address: SocketAddr,
    pub(crate) work: Work,
}

/// The kinds of jobs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Pushes a file.
    PushFile(PathBuf),
    /// Pushes columns that it has in memory.
    PushColumns { dataflow: String, figures: Figures },
    /// Pulls a dataflow into columns.
    PullColumns { dataflow: String },
    /// Pulls a dataflow into a file of SDMX-CSV, or, without a file, formats it and drops the text.
    PullCsv { dataflow: String, file: Option<PathBuf> },
    /// Asks for parts of a dataflow, one after the other.
    Ask { dataflow: String, questions: Vec<Question> },
    /// The same by many clients at once, each with a connection of its own.
    Crowd { dataflow: String, questions: Vec<Question>, clients: usize },
    /// Pushes small files; before each it lets the disk of `beside` write and sync, to know what that takes.
    PushSmall { files: Vec<PathBuf>, beside: PathBuf },
    /// Exchanges bytes with the plain relay at the address.
    Relay { certificate: Vec<u8>, up: u64, down: u64, rounds: usize },
}

/// A part of a dataflow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    /// An SDMX key; empty for every series.
    pub(crate) key: String,
    /// The only year; nothing for all.
    pub(crate) year: Option<u16>,
}

/// What came of a job.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Done {
    /// Observations sent or received.
    pub(crate) observations: u64,
    /// Sum of their values, where they were looked at.
    pub(crate) sum: i64,
    /// Wall time.
    pub(crate) elapsed_ns: u64,
    /// Processor time of the client.
    pub(crate) cpu_ns: u64,
    /// The most memory of the client, in bytes; without the columns that it had to begin with.
    pub(crate) peak: u64,
    /// Bytes of blocks and manifest that a push sent.
    pub(crate) sent: u64,
    /// Wall time of every round, where there are rounds.
    pub(crate) laps_ns: Vec<u64>,
    /// Wall time of a write and sync of the disk beside each round.
    pub(crate) syncs_ns: Vec<u64>,
}

impl Job {
    /// Does the job in a process of its own.
    pub(crate) fn run(&self) -> Result<Done, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .env(ROLE, OFFICE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take().ok_or("the client's process has no input")?;
        input.write_all(&serde_json::to_vec(self)?)?;
        drop(input);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err("a client did not do its job; it says why above".into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// The whole life of a client's process.
pub(crate) async fn live() -> Result<(), Failure> {
    let job: Job = serde_json::from_reader(std::io::stdin().lock())?;
    let done = match job.work {
        Work::PushFile(file) => bulk::push_file(&connect(&job.home, job.address).await?, &file).await?,
        Work::PushColumns { dataflow, figures } => {
            bulk::push_columns(&connect(&job.home, job.address).await?, &dataflow, figures).await?
        }
        Work::PullColumns { dataflow } => {
            bulk::pull_columns(&connect(&job.home, job.address).await?, dataflow).await?
        }
        Work::PullCsv { dataflow, file } => {
            bulk::pull_csv(&connect(&job.home, job.address).await?, dataflow, file.as_deref()).await?
        }
        Work::Ask { dataflow, questions } => {
            asking::ask(&connect(&job.home, job.address).await?, &dataflow, &questions).await?
        }
        Work::Crowd { dataflow, questions, clients } => {
            let mut hubs = Vec::new();
            for _ in 0..clients {
                hubs.push(connect(&job.home, job.address).await?);
            }
            asking::crowd(hubs, &dataflow, &questions).await?
        }
        Work::PushSmall { files, beside } => {
            asking::push_small(&connect(&job.home, job.address).await?, &files, &beside).await?
        }
        Work::Relay { certificate, up, down, rounds } => {
            asking::relay(job.address, certificate, up, down, rounds).await?
        }
    };
    println!("{}", serde_json::to_string(&done)?);
    Ok(())
}

async fn connect(home: &Path, address: SocketAddr) -> Result<Hub, Failure> {
    let home = Home::new(home);
    let mut config = home.config()?;
    if config.hub != address.to_string() {
        config.hub = address.to_string();
        home.save_config(&config)?;
    }
    Ok(Hub::connect(&home).await?)
}

/// Measures a stretch of work in this process.
pub(crate) struct Stretch {
    began: Instant,
    before: Used,
}

impl Stretch {
    pub(crate) fn begin() -> Result<Self, Failure> {
        gauge::forget_peak()?;
        Ok(Self { before: gauge::used()?, began: Instant::now() })
    }

    /// What it took; the peak of memory counts `owned` bytes less, which were there before.
    pub(crate) fn end(self, owned: u64) -> Result<Done, Failure> {
        let elapsed_ns = self.began.elapsed().as_nanos() as u64;
        let after = gauge::used()?;
        Ok(Done {
            elapsed_ns,
            cpu_ns: after.cpu_ns - self.before.cpu_ns,
            peak: after.peak.saturating_sub(owned),
            ..Done::default()
        })
    }

    /// Bytes of memory when it began.
    pub(crate) fn resident(&self) -> u64 {
        self.before.resident
    }
}
