//! Sixty-four clients that push and pull at the same time, for long: no error, and memory stays flat.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mighub_client::{Hub, Progress, PullRequest, Pulled, PushOptions, PushOutcome};

use crate::office::attack::{Attack, long};
use crate::office::child::ChildHub;
use crate::office::data::flows;
use crate::office::{FLOW, Stage, accepted, text};

/// A `mighub-server` to be attacked instead of the one in this test, such as one built with `--release`.
const SERVER: &str = "MIGHUB_SERVER";
/// Areas of the sample structures; each has an office.
const OFFICES: [&str; 16] = [
    "AUT", "BEL", "CHE", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "IRL", "ITA", "NLD", "NOR", "POL",
    "SWE",
];
/// Connections of each office: one pushes, all others pull.
const EACH: usize = 4;
const SHORT: Duration = Duration::from_secs(20);
const LONG: Duration = Duration::from_secs(600);
/// Years that a lane has figures for, from the first.
const YEARS: u16 = 60;
const FIRST_YEAR: u16 = 1950;
/// Between two looks at the hub's memory.
const LOOK: Duration = Duration::from_millis(500);
/// What the hub's memory may grow by between the second and the last quarter: caches have limits, and a leak has none.
const GROWTH_MIB: u64 = 48;

/// What a client did: how long each of its calls took, in microseconds, and what went wrong.
#[derive(Default)]
struct Done {
    pushes: Vec<u64>,
    pulls: Vec<u64>,
    errors: Vec<String>,
}

async fn work(
    hub: Hub,
    office: &'static str,
    pushes: bool,
    figures: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
) -> Done {
    let mut done = Done::default();
    let mut turn = 0_u16;
    while !over.load(Ordering::SeqCst) {
        let begun = Instant::now();
        if pushes && turn.is_multiple_of(2) {
            let figure = format!("{},A,F", figures.fetch_add(1, Ordering::SeqCst));
            let file = flows(office, &[("M", "IMM", "USA", FIRST_YEAR + turn / 2 % YEARS, &figure)]);
            match hub.push(text(file), &PushOptions::default(), &Progress::silent()).await {
                Ok(pushed) if matches!(pushed.outcome, PushOutcome::Accepted { .. }) => {
                    done.pushes.push(begun.elapsed().as_micros() as u64);
                }
                Ok(pushed) => done.errors.push(format!("{office}: {:?}", pushed.outcome)),
                Err(error) => done.errors.push(format!("{office}: {error}")),
            }
        } else {
            match pull(&hub).await {
                Ok(count) if count >= u64::from(YEARS) => done.pulls.push(begun.elapsed().as_micros() as u64),
                Ok(count) => done.errors.push(format!("{office}: {count} observations are too few")),
                Err(error) => done.errors.push(format!("{office}: {error}")),
            }
        }
        turn = turn.wrapping_add(1);
    }
    done
}

async fn pull(hub: &Hub) -> Result<u64, mighub_client::Error> {
    let mut pull = hub.pull(PullRequest::all(FLOW), &Progress::silent()).await?;
    while let Some(part) = pull.next().await? {
        if let Pulled::End(summary) = part {
            return Ok(summary.observations);
        }
    }
    Ok(0)
}

fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |microseconds| *microseconds as f64 / 1_000.0)
}

fn mean(of: &[u64]) -> u64 {
    of.iter().sum::<u64>() / (of.len() as u64).max(1)
}

#[test]
fn sixty_four_clients_push_and_pull_without_an_error_and_memory_stays_flat() {
    let mut attack = Attack::of("clients_64");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut stage = runtime.block_on(Stage::new());
    runtime.block_on(async {
        for office in OFFICES {
            stage.admit_office(office).await;
            let cells: Vec<String> = (0..YEARS).map(|year| format!("{},A,F", 100 + year)).collect();
            let rows: Vec<_> = cells
                .iter()
                .zip(FIRST_YEAR..)
                .map(|(cells, year)| ("M", "IMM", "CAN", year, &**cells))
                .collect();
            accepted(&stage.client(office).await, &flows(office, &rows), &PushOptions::default()).await;
        }
    });
    let (folder, address) = (stage.hub_folder(), stage.address());
    let homes: Vec<_> = OFFICES.iter().map(|office| stage.home(office)).collect();
    let (figures, over) = (Arc::new(AtomicU64::new(1_000)), Arc::new(AtomicBool::new(false)));
    let lasts = if long() { LONG } else { SHORT };
    let (mut all, mut memory) = (Vec::new(), Vec::new());
    runtime.block_on(stage.while_stopped(async || {
        let apart = match std::env::var(SERVER) {
            Ok(server) => ChildHub::of_program(&server, &folder, address),
            Err(_) => ChildHub::serve(&folder, address),
        };
        let mut clients = Vec::new();
        for (office, home) in OFFICES.into_iter().zip(&homes) {
            for nth in 0..EACH {
                let hub = connected(home).await;
                let (figures, over) = (figures.clone(), over.clone());
                clients.push(tokio::spawn(work(hub, office, nth == 0, figures, over)));
            }
        }
        let begun = Instant::now();
        while begun.elapsed() < lasts {
            tokio::time::sleep(LOOK).await;
            memory.push(apart.memory_mib());
        }
        over.store(true, Ordering::SeqCst);
        for client in clients {
            all.push(client.await.expect("no client panics"));
        }
    }));
    let (mut pushes, mut pulls) = (Vec::new(), Vec::new());
    for done in all {
        attack.inject("clients", 1);
        if !(done.pushes.is_empty() && done.pulls.is_empty()) {
            attack.fire("clients", 1);
        }
        done.errors.into_iter().for_each(|error| attack.fail(error));
        (0..done.pushes.len() + done.pulls.len()).for_each(|_| attack.round());
        pushes.extend(done.pushes);
        pulls.extend(done.pulls);
    }
    pushes.sort_unstable();
    pulls.sort_unstable();
    let quarter = memory.len() / 4;
    let (early, late) = (mean(&memory[quarter..2 * quarter]), mean(&memory[3 * quarter..]));
    for (name, figure) in [("pushes", pushes.len() as u64), ("pulls", pulls.len() as u64)] {
        attack.tell(name, figure);
    }
    for (name, figure) in [
        ("push_ms_p50", percentile(&pushes, 50)),
        ("push_ms_p99", percentile(&pushes, 99)),
        ("pull_ms_p50", percentile(&pulls, 50)),
        ("pull_ms_p99", percentile(&pulls, 99)),
    ] {
        attack.tell(name, figure);
    }
    attack.tell("memory_mib_second_quarter", early);
    attack.tell("memory_mib_last_quarter", late);
    if late > early + GROWTH_MIB {
        attack.fail(format!("memory grew from {early} to {late} MiB"));
    }
    attack.finish();
    runtime.block_on(stage.close());
}

/// A hub in another process may take a moment until it listens.
async fn connected(home: &mighub_client::Home) -> Hub {
    let begun = Instant::now();
    loop {
        match Hub::connect(home).await {
            Ok(hub) => return hub,
            Err(error) if begun.elapsed() > Duration::from_secs(10) => panic!("{error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
