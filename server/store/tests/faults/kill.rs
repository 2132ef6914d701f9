//! kill -9 at random moments.

use std::time::Duration;

use super::child::{check, start};
use crate::open;

const ROUNDS: u64 = 50;

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seen: Vec<(u64, Vec<(u64, u64)>)> = Vec::new();
    let mut fired = 0;
    for round in 0..ROUNDS {
        let mut writer = start(folder.path(), round);
        std::thread::sleep(Duration::from_micros(round * 7919 % 40_000));
        writer.kill();
        let acknowledged = writer.acknowledged();
        fired += 1;
        seen.push((writer.run, acknowledged));
        let store = open(folder.path());
        seen.iter().for_each(|(run, acknowledged)| check(&store, *run, acknowledged));
        store.close();
    }
    let writes: usize = seen.iter().map(|(_, acknowledged)| acknowledged.len()).sum();
    println!("kill -9: {ROUNDS} rounds, {fired} kills, {writes} acknowledged writes, none lost");
    assert!(fired == ROUNDS && writes > 0);
}
