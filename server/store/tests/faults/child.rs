//! The child that writes, and the check of what it wrote.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use mighub_store::{Batch, Error, Name, NewRecord, Object, Options, Position, Store};

use crate::{lane, options};

const FOLDER: &str = "MIGHUB_STORE_CHILD";
const RUN: &str = "MIGHUB_STORE_RUN";
const WORK: &str = "MIGHUB_STORE_WORK";
/// Writers at the same time: their batches share group commits.
const THREADS: u8 = 3;
/// Lines that the child may be ahead of the test; then it waits.
const LINES: usize = 1 << 20;

/// What the child does besides writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Write,
    /// Makes orphans and sweeps them, all the time.
    Sweep,
    /// Once objects are refused, writes a record without any.
    Fill,
}

pub(crate) fn child_options() -> Options {
    Options { journal_file_bytes: 64 * 1024, block_file_bytes: 1024 * 1024, ..options() }
}

/// Runs from this one on write large objects, so that most of their time passes within a sync.
pub(crate) const LARGE_RUNS: u64 = 1 << 32;

/// What the child's write number `nth` holds: sizes vary from some bytes to some hundred kilobytes.
fn content(nth: u64, run: u64) -> Vec<u8> {
    let mut seed = (nth + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ run;
    let bytes = 10 + seed as usize % 5_000;
    let mut content = Vec::with_capacity(bytes + 8);
    while content.len() < bytes {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        content.extend_from_slice(&seed.to_le_bytes());
    }
    match (run >= LARGE_RUNS, nth % 7) {
        (true, _) => content.repeat(2_000_000 / bytes),
        (_, 0) => content.repeat(200_000 / bytes),
        _ => content,
    }
}

fn object_name(nth: u64, run: u64, mark: u8) -> Name {
    let mut name = [mark; 32];
    name[..8].copy_from_slice(&nth.to_le_bytes());
    name[8..16].copy_from_slice(&run.to_le_bytes());
    Name(name)
}

const NEEDED: u8 = 0xAB;
const ORPHAN: u8 = 0xCD;

/// Runs only in the child: writes until it is killed.
#[test]
fn a_child_writes() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let run: u64 = std::env::var(RUN).ok().and_then(|run| run.parse().ok()).unwrap_or(0);
    let work = std::env::var(WORK).unwrap_or_default();
    let (store, _) = Store::open(Path::new(&folder), child_options()).expect("opens");
    // A line reaches the parent whole, and before the next write.
    let out = Mutex::new(std::io::stdout());
    let say = |line: String| {
        let mut out = out.lock().expect("no panic");
        writeln!(out, "\n{line}").and_then(|()| out.flush()).expect("the parent listens");
    };
    say("READY".to_owned());
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for on in 0..THREADS {
            let (store, next, say, work) = (&store, &next, &say, &work);
            scope.spawn(move || {
                loop {
                    let nth = next.fetch_add(1, Ordering::SeqCst);
                    let payload = format!("{run}:{nth}").into();
                    let record = NewRecord {
                        lane: lane(on),
                        expect: Some(store.head(&lane(on))),
                        position: None,
                        payload,
                    };
                    let object =
                        Object { name: object_name(nth, run, NEEDED), bytes: content(nth, run).into() };
                    let batch = Batch {
                        objects: vec![object],
                        record: Some(record.clone()),
                        time_ms: nth as i64,
                        ..Batch::default()
                    };
                    match store.commit(batch) {
                        Ok(Some(position)) => say(format!("ACK {nth} {}", position.0)),
                        Err(Error::DiskNearlyFull { .. }) if *work == "Fill" => {
                            let outcome = store.commit(Batch { record: Some(record), ..Batch::default() });
                            break say(format!(
                                "REFUSED, record {}",
                                if outcome.is_ok() { "taken" } else { "refused" }
                            ));
                        }
                        other => break say(format!("FAILED {other:?}")),
                    }
                }
            });
        }
        if work == "Sweep" {
            scope.spawn(|| {
                for nth in 0.. {
                    let orphan = |part| Object {
                        name: object_name(nth * 8 + part, run, ORPHAN),
                        bytes: content(nth, run).into(),
                    };
                    store
                        .commit(Batch { objects: (0..8).map(orphan).collect(), ..Batch::default() })
                        .expect("orphans");
                    say("SWEEPING".to_owned());
                    let swept = store.sweep(i64::MAX, &|name| name.0[31] == NEEDED).expect("sweeps");
                    say(format!("SWEPT {}", swept.objects));
                }
            });
        }
    });
    store.close();
    say("CLOSED".to_owned());
}

/// A running child and the lines it prints.
pub(crate) struct Writer {
    child: Child,
    lines: Receiver<String>,
    pub(crate) run: u64,
}

pub(crate) fn start(folder: &Path, run: u64, work: Work) -> Writer {
    let mut child = Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "faults::child::a_child_writes", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(RUN, run.to_string())
        .env(WORK, format!("{work:?}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    let output = child.stdout.take().expect("its output");
    let (sender, lines) = sync_channel(LINES);
    std::thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    let writer = Writer { child, lines, run };
    while writer.lines.recv_timeout(Duration::from_secs(60)).expect("the child gets ready") != "READY" {}
    writer
}

impl Writer {
    /// Stops the process where it is; it can only be killed afterwards.
    pub(crate) fn stop(&self) {
        let stopped = Command::new("kill").args(["-STOP", &self.child.id().to_string()]).status();
        assert!(stopped.is_ok_and(|status| status.success()), "the child is stopped");
    }

    /// Kills the process, and gives all lines that it had printed and nobody has taken.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("kills");
        self.rest()
    }

    /// Lines that were printed so far and that nobody has taken.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    /// All lines until the child ends by itself.
    pub(crate) fn rest(mut self) -> Vec<String> {
        let lines = self.lines.iter().collect();
        self.child.wait().expect("ends");
        lines
    }
}

/// Writes that these lines acknowledge: (number, position).
pub(crate) fn acknowledged(lines: &[String]) -> Vec<(u64, u64)> {
    let acknowledgement = |line: &String| {
        let (nth, position) = line.strip_prefix("ACK ")?.split_once(' ')?;
        Some((nth.parse().ok()?, position.parse().ok()?))
    };
    lines.iter().filter_map(acknowledgement).collect()
}

/// Every acknowledged write of a run is there, whole.
pub(crate) fn check(store: &Store, run: u64, acknowledged: &[(u64, u64)]) {
    for (nth, position) in acknowledged {
        let entry =
            store.record(Position(*position)).unwrap_or_else(|error| panic!("record {position}: {error}"));
        assert_eq!(entry.payload, format!("{run}:{nth}").as_bytes(), "record {position}");
        let object = store
            .object(&object_name(*nth, run, NEEDED))
            .unwrap_or_else(|error| panic!("object {nth}: {error}"));
        assert_eq!(object, content(*nth, run), "object {nth}");
    }
}
