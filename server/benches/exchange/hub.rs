//! The hub's side: a process of its own, so that what it uses is counted apart. It answers, line by line, to
//! whoever started it.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use mighub_sdmx::structure::AgencyId;
use mighub_server::clock::Clock;
use mighub_server::serve::{HubFolder, InitOptions, ServeOptions, init, start};
use serde::{Deserialize, Serialize};

use crate::gauge::{self, Used};
use crate::relay;
use crate::structure::ADMINISTRATOR;
use crate::{Failure, ROLE};

/// The value of [`ROLE`] with which this program is a hub.
pub(crate) const HUB: &str = "hub";
/// The hub's folder, told in the environment.
const FOLDER: &str = "MIGHUB_BENCH_HUB";

/// Where the two doors are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Doors {
    /// Of the hub.
    pub(crate) hub: SocketAddr,
    /// Of the plain relay.
    pub(crate) relay: SocketAddr,
    /// The relay's certificate.
    pub(crate) relay_certificate: Vec<u8>,
}

/// What a hub is asked.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Question {
    /// What it has used; its peak of memory begins anew.
    Used,
    /// To end.
    Stop,
}

/// Makes a hub with the structure package and nothing else.
pub(crate) fn make(folder: &Path) -> Result<(), Failure> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let mut structures = Vec::new();
    for entry in std::fs::read_dir(package)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            structures.push(std::fs::read(path)?);
        }
    }
    let options = InitOptions {
        folder: folder.to_owned(),
        hub_id: "bench".to_owned(),
        listen: "127.0.0.1:0".to_owned(),
        names: vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
        structures,
        administrator: AgencyId::new(ADMINISTRATOR)?,
        administrator_name: "The benchmark".to_owned(),
    };
    init(options, Clock::of_machine().now())?;
    Ok(())
}

/// The whole life of the hub's process.
pub(crate) async fn live() -> Result<(), Failure> {
    let folder = std::env::var(FOLDER)?;
    let running = start(ServeOptions::new(folder).listening_on("127.0.0.1:0")).await?;
    let (relay, relay_certificate) = relay::listen().await?;
    tell(&Doors { hub: running.address(), relay, relay_certificate })?;
    loop {
        let line = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        let line = line.await??;
        // Without a word: whoever started it is gone.
        let question = if line.is_empty() { Question::Stop } else { serde_json::from_str(&line)? };
        match question {
            Question::Used => {
                tell(&gauge::used()?)?;
                gauge::forget_peak()?;
            }
            Question::Stop => break,
        }
    }
    running.stop().await;
    Ok(())
}

fn tell(answer: &impl Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string(answer)?);
    Ok(())
}

/// A hub in another process, which ends when this is dropped.
pub(crate) struct HubProcess {
    pub(crate) doors: Doors,
    folder: PathBuf,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl HubProcess {
    /// Starts it and waits until it serves.
    pub(crate) fn start(folder: &Path) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .env(ROLE, HUB)
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = child.stdin.take().ok_or("the hub's process has no input")?;
        let mut answers = BufReader::new(child.stdout.take().ok_or("the hub's process has no output")?);
        let mut line = String::new();
        answers.read_line(&mut line)?;
        let doors = serde_json::from_str(&line).map_err(|_| "the hub did not start; it says why above")?;
        Ok(Self { doors, folder: folder.to_owned(), child, questions, answers })
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> HubFolder {
        HubFolder::new(&self.folder)
    }

    /// What it has used; its peak of memory begins anew.
    pub(crate) fn used(&mut self) -> Result<Used, Failure> {
        self.ask(Question::Used)?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }

    /// Bytes of journal and blocks on the disk, without what is only reserved.
    pub(crate) fn stored_bytes(&self) -> Result<u64, Failure> {
        bytes_below(&self.folder.join("store"))
    }

    /// Ends it in good order.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        self.ask(Question::Stop)?;
        self.child.wait()?;
        Ok(())
    }

    fn ask(&mut self, question: Question) -> Result<(), Failure> {
        Ok(writeln!(self.questions, "{}", serde_json::to_string(&question)?)?)
    }
}

impl Drop for HubProcess {
    fn drop(&mut self) {
        // It has ended already, or nobody waits for it any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn bytes_below(folder: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_below(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
