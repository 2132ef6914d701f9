//! Where chance comes from: one seed, printed, so that a failure can be had again.

use std::io::Write;
use std::time::Duration;

/// From `MIGHUB_SEED`; otherwise always the same.
pub(crate) fn seed() -> u64 {
    std::env::var("MIGHUB_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_124)
}

/// A stream of numbers.
pub(crate) struct Random(u64);

impl Random {
    /// Every test has its own stream of the one seed.
    pub(crate) fn of(test: &str) -> Self {
        let hash = blake3::hash(format!("{test} {}", seed()).as_bytes());
        Self(u64::from_le_bytes(*hash.as_bytes().first_chunk().expect("a hash has 32 bytes")))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    pub(crate) fn pause(&mut self, from_us: u64, to_us: u64) {
        std::thread::sleep(Duration::from_micros(from_us + self.below(to_us - from_us)));
    }
}

/// Past the test harness, which keeps to itself what a passing test prints with a macro.
pub(crate) fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error takes a line");
}
