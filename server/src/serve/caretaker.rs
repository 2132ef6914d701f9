//! What a hub does for itself while it serves: its certificates stay in force, what somebody changes in its folder is
//! heeded, connections end with their certificates, and abandoned uploads go.
//!
//! What lives here: when. What must not: how; the parts do that.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::administrator;
use super::folder::HubFolder;
use super::start::{RunningAt, StartError, on_a_thread};
use crate::clock::Clock;
use crate::config::Config;
use crate::door::{DoorTls, Reception, Record, Stop};
use crate::hub::Hub;
use crate::trust::keys::Watched;
use crate::trust::{HubKeys, files};

/// How often the hub looks whether one of its own certificates ends soon.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(12 * 60 * 60);
/// How often it looks whether a certificate or a list of revoked ones was replaced, and whether certificates of open
/// connections have ended.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// Keeps the hub's own certificates in force, and ends connections whose certificates are over.
#[derive(Clone)]
pub(super) struct Caretaker {
    pub(super) folder: HubFolder,
    pub(super) config: Config,
    pub(super) clock: Arc<Clock>,
    pub(super) keys: Arc<HubKeys>,
    pub(super) tls: Arc<DoorTls>,
    pub(super) record: Record,
    pub(super) reception: Arc<Reception>,
    pub(super) changes: watch::Receiver<u64>,
    pub(super) reload: Arc<Notify>,
    pub(super) hub: Weak<Hub>,
    pub(super) address: SocketAddr,
    pub(super) plain_address: Option<SocketAddr>,
}

impl Caretaker {
    /// Says where the hub listens, and renews the administrator's keys.
    pub(super) fn announce(&self) -> Result<(), StartError> {
        self.renew_administrator()?;
        let running = RunningAt {
            address: administrator::reachable(self.address),
            plain_address: self.plain_address,
            process: std::process::id(),
        };
        let text = serde_json::to_vec(&running).expect("an address and a number are JSON");
        Ok(files::write(&self.folder.running(), &text)?)
    }

    pub(super) async fn care(mut self, mut stop: Stop) {
        let mut renewal = interval_at(Instant::now() + RENEWAL_INTERVAL, RENEWAL_INTERVAL);
        let mut look = interval_at(Instant::now() + LOOK_INTERVAL, LOOK_INTERVAL);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut watched = self.keys.watched();
        let mut changes = self.changes.clone();
        let mut rights = None;
        loop {
            let asked = tokio::select! {
                _ = renewal.tick() => {
                    self.renew_in_time().await;
                    continue;
                }
                // An error means that the hub is gone: its stop is heard as well.
                Ok(()) = changes.changed() => {
                    let now = self.hub.upgrade().map(|hub| hub.rights());
                    // Most records are about figures, and change nobody's keys.
                    if now.as_ref().map(Arc::as_ptr) != rights.as_ref().map(Arc::as_ptr) {
                        rights = now;
                        self.dismiss().await;
                    }
                    continue;
                }
                () = self.reload.notified() => true,
                _ = look.tick() => false,
                () = stop.asked() => return,
            };
            self.dismiss().await;
            self.keep_reads().await;
            watched = self.reload(watched, asked).await;
        }
    }

    /// Ends connections whose certificates are over; the administrator's own keys are made anew if they are.
    async fn dismiss(&mut self) {
        let dismissed = self.reception.dismiss(&self.record);
        let own = dismissed.iter().filter(|gone| *gone.name.agency == **self.config.administrator.as_arc());
        for gone in &dismissed {
            tracing::info!(name = %gone.name, "a connection ends with its certificate");
        }
        if own.count() > 0 {
            let this = self.clone();
            if let Err(error) = on_a_thread(move || this.renew_administrator()).await {
                tracing::error!(%error, "the administrator's keys were revoked and could not be made anew");
            }
        }
    }

    async fn renew_in_time(&self) {
        let this = self.clone();
        let renewed = on_a_thread(move || {
            this.sweep();
            this.renew()
        });
        if let Err(error) = renewed.await {
            tracing::error!(%error, "a certificate of the hub ends soon and could not be renewed");
        }
    }

    /// What was noted of reads of public figures is on the disk after some seconds.
    async fn keep_reads(&self) {
        let this = self.clone();
        let kept = on_a_thread(move || {
            if let Some(Err(error)) = this.hub.upgrade().map(|hub| hub.sync_reads()) {
                tracing::error!(%error, "reads of public figures are not written down");
            }
            Ok(())
        });
        // The thread only ends without an answer when the hub does.
        let _ = kept.await;
    }

    /// Heeds what somebody changed in the folder of keys; gives the mark of what was heeded.
    async fn reload(&self, before: Watched, asked: bool) -> Watched {
        let this = self.clone();
        let reloaded = on_a_thread(move || {
            let now = this.keys.watched();
            if now == before && !asked {
                return Ok(before);
            }
            this.tls.heed(this.keys.revocations()?)?;
            this.tls.show(this.keys.door_certificate(&this.config.names, this.clock.now())?)?;
            tracing::info!("certificate and lists of revoked ones were read anew");
            // Making a certificate changes its file.
            Ok(this.keys.watched())
        });
        reloaded.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a file of the keys was changed and cannot be used; the one before stays");
            self.keys.watched()
        })
    }

    /// What was uploaded and never sealed goes after some days.
    fn sweep(&self) {
        let Some(hub) = self.hub.upgrade() else { return };
        match hub.sweep(self.clock.now()) {
            Ok(swept) if swept.objects == 0 => {}
            Ok(swept) => {
                tracing::info!(objects = swept.objects, bytes = swept.bytes, "abandoned uploads were swept")
            }
            Err(error) => tracing::warn!(%error, "abandoned uploads were not swept; it is tried again later"),
        }
    }

    fn renew(&self) -> Result<(), StartError> {
        self.tls.show(self.keys.door_certificate(&self.config.names, self.clock.now())?)?;
        self.renew_administrator()
    }

    fn renew_administrator(&self) -> Result<(), StartError> {
        let Some(hub) = self.hub.upgrade() else { return Ok(()) };
        let (agency, home) = (&self.config.administrator, self.folder.administrator());
        administrator::ensure(&hub, &self.keys, agency, &home, self.address, self.clock.now())?;
        Ok(())
    }
}
