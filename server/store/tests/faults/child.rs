//! The child that writes, and the check of what it wrote.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel as unbounded};

use bytes::Bytes;
use mighub_store::{Batch, Name, NewRecord, Object, Options, Position, Store};

use crate::lane;

const FOLDER: &str = "MIGHUB_STORE_CHILD";

/// What the child's write number `nth` holds: sizes vary from some bytes to some hundred kilobytes.
fn content(nth: u64, run: u64) -> Vec<u8> {
    let mut seed = (nth + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ run;
    let bytes = if nth.is_multiple_of(7) { 200_000 } else { 10 + seed as usize % 5_000 };
    let mut content = Vec::with_capacity(bytes);
    while content.len() < bytes {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        content.extend_from_slice(&seed.to_le_bytes());
    }
    content
}

fn object_name(nth: u64, run: u64) -> Name {
    let mut name = [0xAB; 32];
    name[..8].copy_from_slice(&nth.to_le_bytes());
    name[8..16].copy_from_slice(&run.to_le_bytes());
    Name(name)
}

/// Runs only in the child: writes until it is killed.
#[test]
fn a_child_writes() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let run: u64 = std::env::var("MIGHUB_STORE_RUN").ok().and_then(|run| run.parse().ok()).unwrap_or(0);
    let (store, _) =
        Store::open(Path::new(&folder), Options { free_space_min: 0, ..Options::default() }).expect("opens");
    println!("READY");
    for nth in 0.. {
        let object = Object { name: object_name(nth, run), bytes: content(nth, run).into() };
        let payload = Bytes::from(format!("{run}:{nth}"));
        let record = NewRecord {
            lane: lane((nth % 3) as u8),
            expect: Some(store.head(&lane((nth % 3) as u8))),
            position: None,
            payload,
        };
        match store.commit(Batch {
            objects: vec![object],
            record: Some(record),
            time_ms: nth as i64,
            ..Batch::default()
        }) {
            Ok(Some(position)) => println!("ACK {nth} {}", position.0),
            other => {
                println!("REFUSED {other:?}");
                break;
            }
        }
        std::io::stdout().flush().expect("flushes");
    }
    store.close();
    println!("CLOSED");
}

/// A running child and the lines it prints.
pub(crate) struct Writer {
    child: Child,
    pub(crate) lines: Receiver<String>,
    pub(crate) run: u64,
}

#[allow(clippy::disallowed_methods, reason = "the child's lines are few, and the test reads them all")]
pub(crate) fn start(folder: &Path, run: u64) -> Writer {
    let mut child = Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "faults::child::a_child_writes", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env("MIGHUB_STORE_RUN", run.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    let output = child.stdout.take().expect("its output");
    let (sender, lines) = unbounded();
    std::thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    let writer = Writer { child, lines, run };
    while !writer.lines.recv().expect("the child is ready").ends_with("READY") {}
    writer
}

impl Writer {
    /// Stops the process where it is; it can only be killed afterwards.
    pub(crate) fn stop(&self) {
        let stopped = Command::new("kill").args(["-STOP", &self.child.id().to_string()]).status();
        assert!(stopped.is_ok_and(|status| status.success()), "the child is stopped");
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("kills");
        self.child.wait().expect("ends");
    }

    /// Writes acknowledged so far that were not taken yet: (number, position).
    pub(crate) fn acknowledged(&self) -> Vec<(u64, u64)> {
        self.lines.try_iter().filter_map(|line| acknowledgement(&line)).collect()
    }

    /// All lines until the child ends by itself.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        let lines = self.lines.iter().collect();
        self.child.wait().expect("ends");
        lines
    }
}

pub(crate) fn acknowledgement(line: &str) -> Option<(u64, u64)> {
    let mut words = line.strip_prefix("ACK ")?.split(' ');
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

/// Every acknowledged write of a run is there, whole.
pub(crate) fn check(store: &Store, run: u64, acknowledged: &[(u64, u64)]) {
    for (nth, position) in acknowledged {
        let entry =
            store.record(Position(*position)).unwrap_or_else(|error| panic!("record {position}: {error}"));
        assert_eq!(entry.payload, format!("{run}:{nth}").as_bytes(), "record {position}");
        let object =
            store.object(&object_name(*nth, run)).unwrap_or_else(|error| panic!("object {nth}: {error}"));
        assert_eq!(object, content(*nth, run), "object {nth}");
    }
}
