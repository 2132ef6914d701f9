//! Cut power and full disks, on file systems of their own. Needs root.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mighub_store::Store;

use super::attack::{Attack, rounds};
use super::child::{LARGE_RUNS, Work, acknowledged, check, child_options, start};
use super::random::say;

const ROUNDS: u64 = 100;
/// A fresh start now and then keeps the image from filling.
const FRESH_EVERY: u64 = 5;

/// A mounted file system; unmounted when dropped.
struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        for _ in 0..50 {
            if run("umount", &[path(&self.0)]) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn run(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

fn mount_image(image: &Path, at: &Path) -> Option<Mount> {
    std::fs::create_dir_all(at).expect("a folder");
    run("mount", &["-o", "loop", path(image), path(at)]).then(|| Mount(at.to_owned()))
}

/// Says loudly that a test did not run: silence would be a claim.
fn not_run(test: &str, why: &str) {
    say(&format!("\n!!! {test} DID NOT RUN: {why}. Run the tests as root on Linux to have it run.\n"));
}

/// What the files of a store hold.
fn contents(store: &Path) -> BTreeMap<PathBuf, blake3::Hash> {
    let mut found = BTreeMap::new();
    for part in ["", "journal", "blocks"] {
        for entry in std::fs::read_dir(store.join(part)).into_iter().flatten().flatten() {
            if let Ok(bytes) = std::fs::read(entry.path()) {
                found.insert(Path::new(part).join(entry.file_name()), blake3::hash(&bytes));
            }
        }
    }
    found
}

/// The image that backs a mounted file system holds what reached the disk and nothing of what the kernel still
/// keeps in memory: a copy of it is the disk after a power cut.
#[test]
fn nothing_acknowledged_is_lost_when_the_power_is_cut() {
    let mut attack = Attack::of("power_cut");
    let mut random = attack.random();
    let folder = tempfile::tempdir().expect("a folder");
    let image = folder.path().join("disk.img");
    let made =
        run("truncate", &["-s", "512M", path(&image)]) && run("mkfs.ext4", &["-q", "-F", path(&image)]);
    let Some(mounted) = made.then(|| mount_image(&image, &folder.path().join("live"))).flatten() else {
        return not_run("the power cut test", "no ext4 image can be made and mounted here");
    };
    let mut seen: Vec<(u64, Vec<(u64, u64)>)> = Vec::new();
    let live = mounted.0.join("store");
    for round in 0..rounds(ROUNDS) {
        attack.inject("cut");
        let (run_number, work) =
            [(round, Work::Sweep), (LARGE_RUNS + round, Work::Write)][round as usize % 2];
        let writer = start(&live, run_number, work);
        random.pause(10_000, 120_000);
        // The copy takes a while: with the writer stopped it shows one moment, not several.
        writer.stop();
        seen.push((run_number, acknowledged(&writer.lines())));
        let copy = folder.path().join("after.img");
        assert!(run("cp", &["--sparse=always", path(&image), path(&copy)]), "the image is copied");
        let in_memory = contents(&live);
        let after = mount_image(&copy, &folder.path().join("after"));
        let after = after.expect("the copy mounts: ext4 replays its journal");
        // A fault is a cut that lost what was only in memory.
        attack.fired("cut", contents(&after.0.join("store")) != in_memory);
        let (store, opened) = Store::open(&after.0.join("store"), child_options())
            .unwrap_or_else(|error| panic!("round {round}: the store does not open: {error}"));
        attack.count("torn_ends", u64::from(opened.torn_bytes > 0));
        seen.iter().for_each(|(run, acknowledged)| check(&store, *run, acknowledged));
        store.close();
        drop(after);
        let more = acknowledged(&writer.kill());
        attack.count("acknowledged", seen.last().map_or(0, |(_, writes)| writes.len() as u64));
        if let Some((_, acknowledged)) = seen.last_mut() {
            acknowledged.extend(more);
        }
        if round % FRESH_EVERY == FRESH_EVERY - 1 {
            std::fs::remove_dir_all(&live).expect("removes");
            seen.clear();
        }
    }
    attack.finish();
}

#[test]
fn nothing_acknowledged_is_lost_when_the_disk_is_full() {
    let mut attack = Attack::of("full_disk");
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().join("small");
    std::fs::create_dir_all(&at).expect("a folder");
    if !run("mount", &["-t", "tmpfs", "-o", "size=8m", "tmpfs", path(&at)]) {
        return not_run("the full disk test", "no tmpfs can be mounted here");
    }
    let mounted = Mount(at);
    let live = mounted.0.join("store");
    let lines = start(&live, 1, Work::Fill).rest();
    let acknowledged_full = acknowledged(&lines);
    let refused = lines.iter().filter(|line| line.starts_with("REFUSED")).count() as u64;
    assert!(!lines.iter().any(|line| line.starts_with("FAILED")), "a full disk is a refusal: {lines:?}");
    assert!(lines.iter().any(|line| line == "REFUSED, record taken"), "records still fit: {lines:?}");
    // Reads go on while the disk is full, and once there is space the store takes writes again.
    let (store, _) = Store::open(&live, child_options()).expect("opens");
    check(&store, 1, &acknowledged_full);
    store.close();
    assert!(run("mount", &["-o", "remount,size=64m", path(&mounted.0)]));
    let writer = start(&live, 2, Work::Write);
    std::thread::sleep(Duration::from_millis(50));
    let more = acknowledged(&writer.kill());
    assert!(!more.is_empty());
    let (store, _) = Store::open(&live, child_options()).expect("opens");
    check(&store, 1, &acknowledged_full);
    check(&store, 2, &more);
    store.close();
    attack.inject("full");
    attack.fired("full", refused > 0);
    attack.count("acknowledged", acknowledged_full.len() as u64);
    attack.finish();
}
