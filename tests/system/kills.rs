//! kill -9 of the hub at any moment: what it acknowledged is there again, with its receipt, and what it did not is
//! taken up and takes effect once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mighub_client::{Hub, Progress, PullRequest, PushOptions, PushOutcome, Receipt};

use crate::office::attack::{Attack, rounds};
use crate::office::child::ChildHub;
use crate::office::data::{flows, pulled};
use crate::office::{FLOW, Stage, text};

/// Kills, at least.
const ROUNDS: u64 = 50;
/// Receipts none of which may be lost, at least.
const RECEIPTS: u64 = 500;
/// More kills are not needed for so many receipts, however slow the machine is.
const ROUNDS_MAX: u64 = 1_000;
/// A hub lives no longer than so many microseconds after it is ready.
const LIFE_MAX_US: u64 = 800_000;
/// Offices that push at the same time.
const OFFICES: [&str; 2] = ["FRA", "SWE"];

/// An office that pushes one figure after the other.
struct Pusher {
    hub: Hub,
    office: &'static str,
    /// The figure that is not acknowledged yet.
    next: u64,
    /// Acknowledged figures.
    receipts: BTreeMap<u64, Receipt>,
    /// Whether a push is on its way.
    busy: Arc<AtomicBool>,
}

impl Pusher {
    /// Pushes until it is dropped, as a process is that dies with the hub.
    async fn push(&mut self) {
        loop {
            let file = flows(self.office, &[("M", "IMM", "NOR", 2015, &format!("{},A,F", self.next))]);
            self.busy.store(true, Ordering::SeqCst);
            let pushed = self.hub.push(text(file), &PushOptions::default(), &Progress::silent()).await;
            self.busy.store(false, Ordering::SeqCst);
            match pushed.expect("pushed").outcome {
                PushOutcome::Accepted { receipt, .. } => self.receipts.insert(self.next, receipt),
                // The receipt of a push before was lost with the process that waited for it.
                PushOutcome::Unchanged { receipt } => self.receipts.insert(self.next, receipt),
                other => panic!("{}: {other:?}", self.office),
            };
            self.next += 1;
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_hub_is_killed() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut attack = Attack::of("kill_9_of_the_hub");
    let mut random = attack.random();
    let mut stage = runtime.block_on(async {
        let stage = Stage::new().await;
        for office in OFFICES {
            stage.admit_office(office).await;
        }
        stage
    });
    let mut pushers = Vec::new();
    for office in OFFICES {
        let (hub, busy) = (runtime.block_on(stage.client(office)), Arc::default());
        pushers.push(Pusher { hub, office, next: 1, receipts: BTreeMap::new(), busy });
    }
    let (folder, address) = (stage.hub_folder(), stage.address());
    runtime.block_on(stage.while_stopped(async || {
        for round in 0..rounds(ROUNDS_MAX) {
            let receipts: usize = pushers.iter().map(|pusher| pusher.receipts.len()).sum();
            if round >= rounds(ROUNDS) && receipts as u64 >= rounds(RECEIPTS) {
                break;
            }
            attack.round();
            attack.inject("kills while a push was on its way", 1);
            let hub = ChildHub::serve(&folder, address);
            let busy: Vec<_> = pushers.iter().map(|pusher| pusher.busy.clone()).collect();
            let life = Duration::from_micros(random.below(LIFE_MAX_US));
            let [first, second] = &mut pushers[..] else { unreachable!("there are two offices") };
            tokio::select! {
                () = first.push() => {}
                () = second.push() => {}
                () = tokio::time::sleep(life) => {}
            }
            drop(hub);
            let is_within = busy.iter().any(|busy| busy.load(Ordering::SeqCst));
            attack.fire("kills while a push was on its way", u64::from(is_within));
        }
    }));
    let acknowledged: usize = pushers.iter().map(|pusher| pusher.receipts.len()).sum();
    for pusher in &pushers {
        runtime.block_on(all_is_there(pusher));
    }
    attack.tell("receipts", acknowledged);
    if (acknowledged as u64) < rounds(RECEIPTS) {
        attack.fail(format!("{acknowledged} receipts are too few to show anything"));
    }
    attack.finish();
    runtime.block_on(stage.close());
}

/// Every acknowledged figure has its receipt and its vintage, once; the newest is in force.
async fn all_is_there(pusher: &Pusher) {
    for (figure, receipt) in &pusher.receipts {
        let known = pusher.hub.submission(&receipt.body.submission_id).await;
        let known = known.unwrap_or_else(|error| panic!("{} {figure}: {error}", pusher.office));
        assert_eq!(known.receipt.as_ref(), Some(&receipt.message), "{} {figure}", pusher.office);
        let then = PullRequest {
            at: mighub_client::At::Position(receipt.body.position),
            providers: mighub_client::Providers::These(vec![pusher.office.to_owned()]),
            ..PullRequest::all(FLOW)
        };
        let table = pulled(&pusher.hub, then).await.lane(pusher.office);
        let values: Vec<&str> = table.values().map(|cells| cells["OBS_VALUE"].as_str()).collect();
        assert_eq!(values, [figure.to_string()], "{} as of its receipt", pusher.office);
    }
    let vintages =
        pusher.hub.vintages(FLOW, Some(pusher.office), 100_000).await.expect("listed").len() as u64;
    let acknowledged = pusher.receipts.len() as u64;
    // The last push may have taken effect although nobody heard of it.
    assert!(
        (acknowledged..=acknowledged + 1).contains(&vintages),
        "{vintages} vintages, {acknowledged} receipts"
    );
}
