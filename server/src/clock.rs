//! The one clock of the hub. Below the doors time is an argument; this is where it comes from.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::hub::Moment;

/// Tells the time, and never an earlier one than before: a step back of the machine's clock must not bring an
/// embargo back or put a record before another.
#[derive(Debug)]
pub struct Clock {
    source: Source,
    latest: AtomicI64,
}

#[derive(Debug)]
enum Source {
    Machine,
    Hand(AtomicI64),
}

impl Clock {
    /// The machine's clock.
    pub fn of_machine() -> Self {
        Self { source: Source::Machine, latest: AtomicI64::new(i64::MIN) }
    }

    /// A clock that stands at `moment` until it is [set](Self::set): for rehearsals and tests of what happens
    /// at an hour to come.
    pub fn set_by_hand(moment: Moment) -> Self {
        Self { source: Source::Hand(AtomicI64::new(moment.0)), latest: AtomicI64::new(i64::MIN) }
    }

    /// Sets a clock that is set by hand. The machine's clock does not heed it.
    pub fn set(&self, moment: Moment) {
        if let Source::Hand(at) = &self.source {
            at.store(moment.0, Ordering::Release);
        }
    }

    /// Tells no time before `moment` from now on: that of the journal's last record, when a hub starts. A machine whose
    /// clock is behind its own journal would show less than before, and judge embargoes by a time that has passed.
    pub fn not_before(&self, moment: Moment) {
        self.latest.fetch_max(moment.0, Ordering::AcqRel);
    }

    /// Now; never earlier than any answer before.
    pub fn now(&self) -> Moment {
        let told = match &self.source {
            Source::Machine => machine_ms(),
            Source::Hand(at) => at.load(Ordering::Acquire),
        };
        Moment(self.latest.fetch_max(told, Ordering::AcqRel).max(told))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn machine_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_goes_back() {
        let clock = Clock::set_by_hand(Moment(1_000));
        let mut told = Vec::new();
        for at in [1_000, 3_000, 2_000, 3_001] {
            clock.set(Moment(at));
            told.push(clock.now().0);
        }
        assert_eq!(told, [1_000, 3_000, 3_000, 3_001]);
        clock.not_before(Moment(5_000));
        assert_eq!(clock.now(), Moment(5_000), "the journal was there before");
    }
}
