//! When cells are chosen that are hidden for the sake of small ones: whenever something may have become public that
//! waits for it. What must not live here: how they are chosen (`hub::disclose`).

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::start::on_a_thread;
use crate::clock::Clock;
use crate::door::Stop;
use crate::hub::Hub;

/// How often the hub looks although nothing was recorded: embargoes end by themselves.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// Chooses until the hub is stopped, one lane after the other.
pub(super) async fn choose(
    hub: Weak<Hub>,
    clock: Arc<Clock>,
    mut changes: watch::Receiver<u64>,
    mut stop: Stop,
) {
    let mut look = interval(LOOK_INTERVAL);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = look.tick() => {}
            // An error means that the hub is gone: its stop is heard as well.
            Ok(()) = changes.changed() => {}
            () = stop.asked() => return,
        }
        let (hub, clock) = (hub.clone(), clock.clone());
        let chosen = on_a_thread(move || {
            if let Some(Err(error)) = hub.upgrade().map(|hub| hub.choose_suppressed(clock.now())) {
                tracing::error!(%error, "cells to be hidden could not be chosen; lanes that wait for them stay kept back");
            }
            Ok(())
        });
        // The thread only ends without an answer when the hub does.
        let _ = chosen.await;
    }
}
