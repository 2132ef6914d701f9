//! Cut power and full disks, on file systems of their own. Needs root.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mighub_store::{Options, Store};

use super::child::{acknowledgement, check, start};
use crate::open;

const ROUNDS: u64 = 20;

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
    eprintln!("\n!!! {test} DID NOT RUN: {why}. Run the tests as root on Linux to have it run.\n");
}

/// The image that backs a mounted file system holds what reached the disk and nothing of what the kernel still
/// keeps in memory: a copy of it is the disk after a power cut.
#[test]
fn nothing_acknowledged_is_lost_when_the_power_is_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let image = folder.path().join("disk.img");
    let made =
        run("truncate", &["-s", "192M", path(&image)]) && run("mkfs.ext4", &["-q", "-F", path(&image)]);
    let Some(mounted) = made.then(|| mount_image(&image, &folder.path().join("live"))).flatten() else {
        return not_run("the power cut test", "no ext4 image can be made and mounted here");
    };
    let (mut cuts, mut writes, mut torn) = (0, 0, 0);
    let mut seen: Vec<(u64, Vec<(u64, u64)>)> = Vec::new();
    for round in 0..ROUNDS {
        let live = mounted.0.join("store");
        let mut writer = start(&live, round);
        std::thread::sleep(Duration::from_millis(20 + round * 37 % 120));
        seen.push((round, writer.acknowledged()));
        // The copy takes a while: with the writer stopped it shows one moment, not several.
        writer.stop();
        let copy = folder.path().join("after.img");
        assert!(run("cp", &["--sparse=always", path(&image), path(&copy)]), "the image is copied");
        cuts += 1;
        let after = mount_image(&copy, &folder.path().join("after"))
            .expect("the copy mounts: ext4 replays its journal");
        let (store, report) =
            Store::open(&after.0.join("store"), Options { free_space_min: 0, ..Options::default() })
                .unwrap_or_else(|error| panic!("round {round}: the store does not open: {error}"));
        torn += u64::from(report.torn_bytes > 0);
        seen.iter().for_each(|(run, acknowledged)| check(&store, *run, acknowledged));
        store.close();
        drop(after);
        writer.kill();
        if let Some((_, acknowledged)) = seen.last_mut() {
            acknowledged.extend(writer.acknowledged());
        }
        // A fresh start now and then keeps the image from filling.
        if round % 7 == 6 {
            std::fs::remove_dir_all(&live).expect("removes");
            writes += seen.iter().map(|(_, acknowledged)| acknowledged.len()).sum::<usize>();
            seen.clear();
        }
    }
    writes += seen.iter().map(|(_, acknowledged)| acknowledged.len()).sum::<usize>();
    println!(
        "power cut: {ROUNDS} rounds, {cuts} cuts, {torn} with torn writes, {writes} acknowledged writes, none lost"
    );
    assert!(cuts == ROUNDS && writes > 0);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_disk_is_full() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().join("small");
    std::fs::create_dir_all(&at).expect("a folder");
    if !run("mount", &["-t", "tmpfs", "-o", "size=24m", "tmpfs", path(&at)]) {
        return not_run("the full disk test", "no tmpfs can be mounted here");
    }
    let mounted = Mount(at);
    let mut writer = start(&mounted.0.join("store"), 1);
    let lines = writer.rest();
    let acknowledged: Vec<_> = lines.iter().filter_map(|line| acknowledgement(line)).collect();
    assert!(lines.iter().any(|line| line.contains("ReadOnly")), "the disk never filled: {:?}", lines.last());
    println!("full disk: filled after {} acknowledged writes, none lost", acknowledged.len());
    // Reads go on while the disk is full, and once there is space the store takes writes again.
    assert!(run("mount", &["-o", "remount,size=64m", path(&mounted.0)]));
    let store = open(&mounted.0.join("store"));
    check(&store, 1, &acknowledged);
    store.close();
    let mut writer = start(&mounted.0.join("store"), 2);
    std::thread::sleep(Duration::from_millis(50));
    writer.kill();
    check(&open(&mounted.0.join("store")), 1, &acknowledged);
}
