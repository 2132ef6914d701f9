//! Starting and stopping a hub.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::administrator::AdministratorError;
use super::caretaker::Caretaker;
use super::consolidator::Consolidator;
use super::folder::HubFolder;
use super::router::{plain_router, router};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::door::{Door, DoorError, DoorTls, Hosts, Reception, Record, StopSwitch, stop_switch};
use crate::hub::{Hub, HubOptions, OpenError, OpenReport, Standing};
use crate::rest;
use crate::rpc::{self, Services};
use crate::trust::{FileError, HubKeys, KeysError, SignerError};
use crate::upkeep::{NotOneHub, belongs_together};
use crate::web;

/// A clock that is behind the journal by more than this is worth a word: records are made in the same second, not later.
const CLOCK_BEHIND_NOTICED_MS: i64 = 60 * 1_000;
/// How long work that is under way when the hub stops may keep the store open.
const RELEASE_DEADLINE: Duration = Duration::from_secs(30);
/// How often to look whether it has let go.
const RELEASE_INTERVAL: Duration = Duration::from_millis(5);

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The hub's folder.
    pub folder: PathBuf,
    /// Address and port to listen on instead of those in `hub.json`; port 0 is any that is free.
    pub listen: Option<String>,
    /// The door without TLS.
    pub plain: Plain,
    /// The clock to live by.
    pub clock: Arc<Clock>,
}

impl ServeOptions {
    /// The hub in `folder` as its `hub.json` says, by the machine's clock.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            listen: None,
            plain: Plain::AsConfigured,
            clock: Arc::new(Clock::of_machine()),
        }
    }

    /// Listens there instead.
    pub fn listening_on(mut self, listen: impl Into<String>) -> Self {
        self.listen = Some(listen.into());
        self
    }

    /// Opens the door without TLS there instead.
    pub fn plain_on(mut self, listen: impl Into<String>) -> Self {
        self.plain = Plain::On(listen.into());
        self
    }
}

/// Whether and where a hub listens without TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plain {
    /// Where `hub.json` says, if it does.
    AsConfigured,
    /// At this loopback address and port; port 0 is any that is free.
    On(String),
    /// Nowhere.
    Closed,
}

/// Why a hub did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `hub.json`.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The signing key.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// Store and keys are not of one hub.
    #[error(transparent)]
    NotOneHub(#[from] NotOneHub),
    /// The store, or what is in it.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The door.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The administrator's home.
    #[error(transparent)]
    Administrator(#[from] AdministratorError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The process is ending.
    #[error("the process is being ended")]
    Ending,
}

/// A hub that serves. Dropping it stops it as well, without waiting.
pub struct Running {
    address: SocketAddr,
    plain_address: Option<SocketAddr>,
    authority_pem: String,
    report: OpenReport,
    hub: Arc<Hub>,
    folder: HubFolder,
    reload: Arc<Notify>,
    switch: StopSwitch,
    door: JoinHandle<()>,
    plain_door: Option<JoinHandle<()>>,
}

/// Where a hub listens, for other programs on its machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunningAt {
    /// Address and port.
    pub address: SocketAddr,
    /// Address and port without TLS, if it listens there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain_address: Option<SocketAddr>,
    /// Its process.
    pub process: u32,
}

/// Opens the hub in a folder and serves it.
pub async fn start(options: ServeOptions) -> Result<Running, StartError> {
    let folder = HubFolder::new(&options.folder);
    let config = Config::read(&folder.config())?;
    let listen = options.listen.unwrap_or_else(|| config.listen.to_string());
    let clock = options.clock;

    let opening = Opening { folder: folder.clone(), config: config.clone(), clock: clock.clone() };
    let Opened { hub, keys, report, tls, record } = on_a_thread(move || opening.open()).await?;
    let (changed, changes) = watch::channel(0);
    hub.on_change(Box::new(move |records| {
        changed.send_replace(records);
    }));
    let limits = config.limits;
    let reception = Arc::new(Reception::new(config.public_reading).with_limits(limits));
    let door = Door::open(&listen, &tls, reception.clone()).await?;
    let address = door.address();
    let plain_listen = match options.plain {
        Plain::AsConfigured => config.plain_listen.map(|address| address.to_string()),
        Plain::On(listen) => Some(listen),
        Plain::Closed => None,
    };
    let plain_door = match plain_listen {
        None => None,
        Some(listen) => Some(Door::open_plain(&listen, Hosts::new(&config.names), reception.clone()).await?),
    };
    let plain_address = plain_door.as_ref().map(Door::address);
    let caretaker = Caretaker {
        folder: folder.clone(),
        config,
        clock: clock.clone(),
        keys: keys.clone(),
        tls: Arc::new(tls),
        record,
        reception,
        changes: changes.clone(),
        reload: Arc::default(),
        hub: Arc::downgrade(&hub),
        address,
        plain_address,
    };
    let consolidator = caretaker.config.consolidation.then(|| Consolidator {
        hub: Arc::downgrade(&hub),
        clock: clock.clone(),
        changes: changes.clone(),
    });
    let first = caretaker.clone();
    on_a_thread(move || first.announce()).await?;

    let authority_pem = keys.authority.certificate_pem().to_owned();
    let (switch, stop) = stop_switch();
    let to_rest = rest::Services { hub: hub.clone(), clock: clock.clone(), stop: stop.clone() };
    let rest = rest::router(to_rest.clone());
    let web = web::web(to_rest, rest.clone());
    tokio::spawn(super::chooser::choose(Arc::downgrade(&hub), clock.clone(), changes.clone(), stop.clone()));
    let services = Services { hub: hub.clone(), keys, clock, changes, limits, stop: stop.clone() };
    let (routes, readiness) = rpc::services(services);
    let reload = caretaker.reload.clone();
    tokio::spawn(caretaker.care(stop.clone()));
    if let Some(consolidator) = consolidator {
        tokio::spawn(consolidator.consolidate(stop.clone()));
    }
    let plain_door = plain_door.map(|door| {
        tokio::spawn(door.serve(plain_router(rest.clone(), &web, readiness.clone()), stop.clone()))
    });
    let router = router(routes.prepare().into_axum_router(), rest, &web, readiness);
    let door = tokio::spawn(door.serve(router, stop));
    tracing::info!(hub = hub.hub_id(), %address, plain = ?plain_address, "serving");
    Ok(Running {
        address,
        plain_address,
        authority_pem,
        report,
        hub,
        folder,
        reload,
        switch,
        door,
        plain_door,
    })
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens without TLS, if it does.
    pub fn plain_address(&self) -> Option<SocketAddr> {
        self.plain_address
    }

    /// The certificate of its authority, PEM: what a client trusts.
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// What was found when the store was opened.
    pub fn report(&self) -> &OpenReport {
        &self.report
    }

    /// The hub itself, for whoever embeds it. Let go of it before [`stop`](Self::stop).
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Reads the door's certificate and the lists of revoked ones anew, as it does by itself within seconds after their
    /// files were replaced. What is wrong with them is in the log, and the ones before stay.
    pub fn reload(&self) {
        self.reload.notify_one();
    }

    /// Lets calls finish, closes the store, and gives the folder free.
    pub async fn stop(self) {
        let Self { hub, folder, switch, door, plain_door, .. } = self;
        switch.ask();
        for door in std::iter::once(door).chain(plain_door) {
            // A door's task only panics with the runtime's end.
            let _ = door.await;
        }
        let _ = std::fs::remove_file(folder.running());
        match released(hub).await {
            Some(hub) => {
                // What can go wrong here is told by the hub itself.
                let _ = tokio::task::spawn_blocking(|| hub.close()).await;
            }
            None => tracing::warn!(
                "work is under way after {RELEASE_DEADLINE:?}; the store stays open until it ends"
            ),
        }
    }
}

/// The hub, once everybody else has let go of it.
async fn released(mut hub: Arc<Hub>) -> Option<Hub> {
    let deadline = Instant::now() + RELEASE_DEADLINE;
    loop {
        hub = match Arc::try_unwrap(hub) {
            Ok(hub) => return Some(hub),
            Err(_) if Instant::now() > deadline => return None,
            Err(hub) => hub,
        };
        tokio::time::sleep(RELEASE_INTERVAL).await;
    }
}

/// What opening reads from the disk.
struct Opening {
    folder: HubFolder,
    config: Config,
    clock: Arc<Clock>,
}

struct Opened {
    hub: Arc<Hub>,
    keys: Arc<HubKeys>,
    report: OpenReport,
    tls: DoorTls,
    record: Record,
}

impl Opening {
    fn open(self) -> Result<Opened, StartError> {
        let now = self.clock.now();
        let keys = HubKeys::open(&self.folder.keys())?;
        let options = HubOptions { signer: keys.signer()?, free_space_min: self.config.free_space_min };
        let (hub, report) = Hub::open(self.folder.path(), options)?;
        belongs_together(hub.hub_id(), keys.authority.certificate())?;
        if let Some(last) = hub.last_effective() {
            if last.0 > now.0.saturating_add(CLOCK_BEHIND_NOTICED_MS) {
                tracing::error!(
                    %now, journal = %last,
                    "this machine's clock is behind the journal: the hub stays at the journal's time until the clock has \
                     caught up; set the clock"
                );
            }
            self.clock.not_before(last);
        }
        let signer = keys.signer_of(hub.recorded_signer().as_deref())?;
        let hub = Arc::new(hub.signing_with(signer).within(self.config.limits));
        let record = record_of(&hub, self.clock.clone());
        let certificate = keys.door_certificate(&self.config.names, now)?;
        let authority = keys.authority.certificate();
        let tls = DoorTls::new(certificate, authority, keys.revocations()?, record.clone(), self.clock)?;
        Ok(Opened { hub, keys: Arc::new(keys), report, tls, record })
    }
}

/// What the hub's record says of certificates, as long as there is the hub.
fn record_of(hub: &Arc<Hub>, clock: Arc<Clock>) -> Record {
    let hub = Arc::downgrade(hub);
    Record::new(move |name, fingerprint| {
        hub.upgrade().map_or(Standing::Unknown, |hub| hub.standing(name, fingerprint, clock.now()))
    })
}

impl RunningAt {
    /// Where the hub in a folder says it listens; nothing if it does not run.
    pub fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read(HubFolder::new(folder).running()).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

pub(super) async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StartError> + Send + 'static,
) -> Result<T, StartError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => std::panic::resume_unwind(payload),
            Err(_) => Err(StartError::Ending),
        },
    }
}
