//! An attack: its chance, its faults and whether they happened, and the one line that tells what came of it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Instant;

use super::random::{Random, say, seed};

/// How many times longer an attack is that is told to be long.
const LONG: u64 = 20;

/// One row of the table in `docs/trust.md`, or a part of one.
pub(crate) struct Attack {
    name: &'static str,
    begun: Instant,
    rounds: u64,
    injected: BTreeMap<&'static str, u64>,
    fired: BTreeMap<&'static str, u64>,
    details: BTreeMap<&'static str, u64>,
}

impl Attack {
    /// An attack that did nothing yet.
    pub(crate) fn of(name: &'static str) -> Self {
        let begun = Instant::now();
        let (injected, fired, details) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { name, begun, rounds: 0, injected, fired, details }
    }

    /// Its own stream of the one seed.
    pub(crate) fn random(&self) -> Random {
        Random::of(self.name)
    }

    /// A round begins, with a fault of this kind.
    pub(crate) fn inject(&mut self, kind: &'static str) {
        self.rounds += 1;
        *self.injected.entry(kind).or_default() += 1;
    }

    /// Its fault was seen to happen, or was not.
    pub(crate) fn fired(&mut self, kind: &'static str, has_fired: bool) {
        *self.fired.entry(kind).or_default() += u64::from(has_fired);
    }

    /// Adds to a figure for the table.
    pub(crate) fn count(&mut self, figure: &'static str, more: u64) {
        *self.details.entry(figure).or_default() += more;
    }

    /// Prints the line. What must not be has failed by an assertion before; a kind of fault that never happened fails
    /// here, for it has shown nothing.
    pub(crate) fn finish(self) {
        let total = |of: &BTreeMap<&str, u64>| of.values().sum::<u64>();
        let object = |of: &BTreeMap<&str, u64>| {
            let fields: Vec<String> = of.iter().map(|(name, count)| format!("\"{name}\":{count}")).collect();
            fields.join(",")
        };
        let mut line = format!(
            "{{\"attack\":\"{}\",\"seed\":{},\"long\":{},\"rounds\":{},\"injected\":{},\"fired\":{},\"failed\":0",
            self.name,
            seed(),
            long(),
            self.rounds,
            total(&self.injected),
            total(&self.fired),
        );
        let seconds = self.begun.elapsed().as_secs_f64();
        let details = object(&self.details);
        let comma = if details.is_empty() { "" } else { "," };
        write!(
            line,
            ",\"seconds\":{seconds:.1},\"details\":{{{details}{comma}\"kinds\":{{{}}}}}}}",
            object(&self.fired)
        )
        .expect("a string takes all");
        say(&line);
        assert!(!self.injected.is_empty(), "{}: no fault was put in", self.name);
        for kind in self.injected.keys() {
            let has_fired = self.fired.get(kind).is_some_and(|count| *count > 0);
            assert!(has_fired, "{}: {kind} never happened", self.name);
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
