//! Derived dataflows follow their inputs: after records, and when embargoes on inputs end.
//!
//! What lives here: when. What must not: what is made anew, which the hub finds out itself.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::clock::Clock;
use crate::door::Stop;
use crate::hub::{Hub, Moment, Refusal};

/// After a record it waits so long for others: sixteen offices that send at once are consolidated once.
const GATHER: Duration = Duration::from_millis(200);
/// How often it looks without any record. Clocks are set, and agreements begin and end by their days.
const LOOK_INTERVAL: Duration = Duration::from_secs(15 * 60);
/// How often it looks whether the hour of an embargo has come: to the second, as on every door.
const EMBARGO_LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// After a failure it waits so long; what is wrong with a disk does not mend itself within milliseconds.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Consolidates while the hub serves.
pub(super) struct Consolidator {
    pub(super) hub: Weak<Hub>,
    pub(super) clock: Arc<Clock>,
    pub(super) changes: watch::Receiver<u64>,
}

impl Consolidator {
    pub(super) async fn consolidate(mut self, mut stop: Stop) {
        loop {
            // What comes while it works is seen by the next look.
            self.changes.mark_unchanged();
            let next = match self.look().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "derived dataflows were not made anew; it is tried again");
                    tokio::select! {
                        () = sleep(AFTER_FAILURE) => continue,
                        () = stop.asked() => return,
                    }
                }
            };
            tokio::select! {
                changed = self.changes.changed() => if changed.is_err() { return },
                () = until(&self.clock, next) => {}
                () = sleep(LOOK_INTERVAL) => {}
                () = stop.asked() => return,
            }
            tokio::select! {
                () = sleep(GATHER) => {}
                () = stop.asked() => return,
            }
        }
    }

    /// Consolidates once, where one may wait; gives when an embargo ends next.
    async fn look(&self) -> Result<Option<Moment>, Refusal> {
        let (hub, clock) = (self.hub.clone(), self.clock.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let Some(hub) = hub.upgrade() else { return Ok(None) };
            let now = clock.now();
            for made in hub.consolidate(false, now)? {
                let counts = made.observations;
                let (inserted, changed, deleted) = (counts.inserted, counts.changed, counts.deleted);
                tracing::info!(lane = %made.lane, position = made.position, inserted, changed, deleted, "consolidated");
            }
            hub.next_input_release(now)
        });
        looked.await.unwrap_or_else(|error| Err(Refusal::internal(error.to_string())))
    }
}

/// Waits for a moment of the hub's clock, which may be set by hand.
async fn until(clock: &Clock, moment: Option<Moment>) {
    let Some(moment) = moment else { return std::future::pending().await };
    while clock.now() < moment {
        sleep(EMBARGO_LOOK_INTERVAL).await;
    }
}
