//! kill -9 at random moments, while the child writes and while it sweeps.

use mighub_store::Store;

use super::child::{Work, acknowledged, check, child_options, start};
use super::random::{Random, report};

const ROUNDS: u64 = 50;
/// All of what earlier rounds wrote is looked for that often; what the last round wrote, always.
const CHECK_ALL_EVERY: u64 = 10;

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    kill_rounds("kill -9", Work::Write);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed_during_a_sweep() {
    kill_rounds("kill -9 during a sweep", Work::Sweep);
}

fn kill_rounds(test: &str, work: Work) {
    let mut random = Random::of(test);
    let folder = tempfile::tempdir().expect("a folder");
    let mut seen: Vec<(u64, Vec<(u64, u64)>)> = Vec::new();
    let (mut within, mut swept, mut torn) = (0, 0, 0);
    for round in 0..ROUNDS {
        let writer = start(folder.path(), round, work);
        random.pause(0, 40_000);
        let run = writer.run;
        let lines = writer.kill();
        let sweeps = lines.iter().filter(|line| line.starts_with("SWE")).count();
        swept += sweeps / 2;
        // Killed between the two lines about one sweep; or at any moment, where there is none.
        within += u64::from(sweeps % 2 == 1 || work == Work::Write);
        seen.push((run, acknowledged(&lines)));
        let (store, opened) = Store::open(folder.path(), child_options()).expect("opens");
        torn += u64::from(opened.torn_bytes > 0);
        let from = if round % CHECK_ALL_EVERY == CHECK_ALL_EVERY - 1 { 0 } else { seen.len() - 1 };
        seen[from..].iter().for_each(|(run, acknowledged)| check(&store, *run, acknowledged));
        store.close();
    }
    let writes: usize = seen.iter().map(|(_, acknowledged)| acknowledged.len()).sum();
    let details = format!("{writes} acknowledged writes, {swept} whole sweeps, {torn} torn ends, none lost");
    report(test, ROUNDS, within, &details);
    assert!(writes > 0 && (work == Work::Write || swept > 0));
}
