//! An attack: its chance, its faults and whether they happened, and the line that tells what came of it.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::random::{Random, say, seed};

/// How many times longer an attack is that is told to be long.
const LONG: u64 = 20;
/// Failures that are told, and characters of each.
const TOLD_CHARACTERS_MAX: usize = 500;
const TOLD_MAX: usize = 100;

/// One row of the table in `docs/trust.md`.
pub(crate) struct Attack {
    name: &'static str,
    begun: Instant,
    rounds: u64,
    injected: BTreeMap<&'static str, u64>,
    fired: BTreeMap<&'static str, u64>,
    failures: Vec<String>,
    failed: u64,
    details: Map<String, Value>,
}

impl Attack {
    /// An attack that did nothing yet.
    pub(crate) fn of(name: &'static str) -> Self {
        Self {
            name,
            begun: Instant::now(),
            rounds: 0,
            injected: BTreeMap::new(),
            fired: BTreeMap::new(),
            failures: Vec::new(),
            failed: 0,
            details: Map::new(),
        }
    }

    /// Its own stream of the one seed.
    pub(crate) fn random(&self) -> Random {
        Random::of(self.name)
    }

    /// A round ends.
    pub(crate) fn round(&mut self) {
        self.rounds += 1;
    }

    /// Faults of a kind were put in.
    pub(crate) fn inject(&mut self, kind: &'static str, count: u64) {
        *self.injected.entry(kind).or_default() += count;
    }

    /// Faults of a kind were seen to happen.
    pub(crate) fn fire(&mut self, kind: &'static str, count: u64) {
        *self.fired.entry(kind).or_default() += count;
    }

    /// What must not be.
    pub(crate) fn fail(&mut self, what: impl Into<String>) {
        self.failed += 1;
        if self.failures.len() < TOLD_MAX {
            self.failures.push(what.into().chars().take(TOLD_CHARACTERS_MAX).collect());
        }
    }

    /// A figure for the table.
    pub(crate) fn tell(&mut self, name: &str, value: impl Into<Value>) {
        self.details.insert(name.to_owned(), value.into());
    }

    /// Prints the line. Fails if anything failed, and if a kind of fault that was put in never happened: an attack
    /// that did not take place has shown nothing.
    pub(crate) fn finish(mut self) {
        self.tell("kinds", json!(self.fired));
        let line = json!({
            "attack": self.name,
            "seed": seed(),
            "long": long(),
            "rounds": self.rounds,
            "injected": self.injected.values().sum::<u64>(),
            "fired": self.fired.values().sum::<u64>(),
            "failed": self.failed,
            "seconds": (self.begun.elapsed().as_secs_f64() * 10.0).round() / 10.0,
            "details": self.details,
        });
        say(&line.to_string());
        assert!(
            self.failed == 0,
            "{}: {} failures, seed {}: {:#?}",
            self.name,
            self.failed,
            seed(),
            self.failures
        );
        assert!(!self.injected.is_empty(), "{}: no fault was put in", self.name);
        for kind in self.injected.keys() {
            let happened = self.fired.get(kind).is_some_and(|count| *count > 0);
            assert!(happened, "{}: there were never any {kind}", self.name);
        }
    }
}

/// Whether attacks are told to be long.
pub(crate) fn long() -> bool {
    std::env::var("MIGHUB_LONG").is_ok_and(|long| long == "1")
}

/// Rounds of an attack that is told to be long if it is so many otherwise.
pub(crate) fn rounds(short: u64) -> u64 {
    if long() { short * LONG } else { short }
}
