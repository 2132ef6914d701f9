//! kill -9 at random moments, while the child writes and while it sweeps.

use mighub_store::Store;

use super::attack::{Attack, rounds};
use super::child::{Work, acknowledged, check, child_options, start};

/// Of each of the two: together they are the row of the table.
const ROUNDS: u64 = 250;
/// A fresh start now and then keeps the store small.
const FRESH_EVERY: u64 = 50;
/// All of what earlier rounds wrote is looked for that often; what the last round wrote, always.
const CHECK_ALL_EVERY: u64 = 10;

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    kill_rounds("kill_9", Work::Write);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed_during_a_sweep() {
    kill_rounds("kill_9_during_a_sweep", Work::Sweep);
}

fn kill_rounds(test: &'static str, work: Work) {
    let mut attack = Attack::of(test);
    let mut random = attack.random();
    let mut folder = tempfile::tempdir().expect("a folder");
    let mut seen: Vec<(u64, Vec<(u64, u64)>)> = Vec::new();
    for round in 0..rounds(ROUNDS) {
        if round % FRESH_EVERY == 0 {
            (folder, seen) = (tempfile::tempdir().expect("a folder"), Vec::new());
        }
        attack.inject("kill");
        let writer = start(folder.path(), round, work);
        random.pause(0, 40_000);
        let run = writer.run;
        let lines = writer.kill();
        let sweeps = lines.iter().filter(|line| line.starts_with("SWE")).count();
        attack.count("whole_sweeps", (sweeps / 2) as u64);
        // Killed between the two lines about one sweep; or while it wrote, where there is none.
        attack.fired(
            "kill",
            sweeps % 2 == 1 || work == Work::Write && !lines.iter().any(|line| line == "CLOSED"),
        );
        seen.push((run, acknowledged(&lines)));
        attack.count("acknowledged", seen.last().map_or(0, |(_, writes)| writes.len() as u64));
        let (store, opened) = Store::open(folder.path(), child_options()).expect("opens");
        attack.count("torn_ends", u64::from(opened.torn_bytes > 0));
        let from = if round % CHECK_ALL_EVERY == CHECK_ALL_EVERY - 1 { 0 } else { seen.len() - 1 };
        seen[from..].iter().for_each(|(run, acknowledged)| check(&store, *run, acknowledged));
        store.close();
    }
    attack.finish();
}
