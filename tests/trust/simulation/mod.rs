//! Simulated worlds: partitions, delays, losses, replays, crashes at any step, and clocks that jump, over the hub's own
//! logic and the steps of the protocol. One number makes a world, so that a failure can be had again:
//! `MIGHUB_WORLD=NUMBER cargo test --test trust simulation`. Why it is not turmoil: `docs/decisions/0010-*`.

mod checks;
mod flow;
mod hub;
mod network;
mod tally;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::office::attack::{Attack, long};
use crate::office::random::seed;
use hub::Template;
use tally::count;
use world::{Outcome, happen};

/// Worlds: of CI, and of the long form.
const WORLDS: u64 = 2_000;
const WORLDS_LONG: u64 = 10_000;
/// One world of so many happens twice, and must happen in the same way.
const TWICE: u64 = 100;

#[test]
fn no_world_loses_a_receipt_shows_a_figure_early_or_has_a_version_twice() {
    let mut attack = Attack::of("simulated_network");
    let template = Template::new();
    if let Some(world) = std::env::var("MIGHUB_WORLD").ok().and_then(|world| world.parse().ok()) {
        let outcome = happen(&template, world);
        assert!(outcome.failures.is_empty(), "world {world}: {:#?}", outcome.failures);
        return;
    }
    let worlds = if long() { WORLDS_LONG } else { WORLDS };
    let (next, outcomes) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let nth = next.fetch_add(1, Ordering::SeqCst);
                    if nth >= worlds {
                        return;
                    }
                    let number = seed().wrapping_mul(1_000_003).wrapping_add(nth);
                    let mut outcome = happen(&template, number);
                    if nth % TWICE == 0 && happen(&template, number).story != outcome.story {
                        outcome.failures.push("it does not happen the same way twice".to_owned());
                    }
                    outcomes.lock().expect("no thread panics with it").push((number, outcome));
                }
            });
        }
    });
    for (number, Outcome { tally, failures, .. }) in outcomes.into_inner().expect("no thread panics with it")
    {
        attack.round();
        count(&mut attack, &tally);
        for failure in failures {
            attack.fail(format!("world {number}: {failure}"));
        }
    }
    attack.finish();
}
