//! What the hub knows and decides. A function of the journal: no network, no clock, no randomness here; time,
//! identity and entropy come in as arguments.
//!
//! What lives here: the reducer and the view's rows, rights, structures, submissions, vintages, and what a reader
//! may see of them. What must not: gRPC and HTTP (the doors), files and engines (`mighub-store`).

mod agencies;
pub mod agreement;
mod append;
mod blocks;
pub mod consolidate;
mod consolidated;
pub mod delta;
pub mod disclose;
pub mod evidence;
mod expunge;
pub mod fold;
mod found;
mod hub_keys;
pub mod keys;
pub mod lane;
pub mod mask;
pub mod metadata;
pub mod moment;
pub mod named;
mod objects;
mod pages;
pub mod permit;
mod reads;
mod reduce;
pub mod refusal;
mod release;
pub mod retrieve;
pub mod rights;
pub mod root;
pub mod rows;
mod rulebooks;
mod structures;
mod submission;
mod sweep;
pub(crate) mod tokens;
pub mod vintage;
mod vintages;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use mighub::v1;
use mighub_store::{Health, Options, Position, SledView, Store, View, ViewOpened};
use prost::Message;

pub use found::{CreateError, Founding};
pub use keys::Standing;
pub use metadata::SourceRanks;
pub use moment::Moment;
pub(crate) use pages::ITEMS_MAX as PAGE_ITEMS_MAX;
pub use permit::Permit;
pub use refusal::Refusal;
pub use retrieve::{Batch, Diff, Effect, Figures, FiguresOf, FiguresRequest, FiguresState, LaneFigures};
pub use retrieve::{Pull, VintageWatch};
pub use rights::{Principal, Rights, Scope};
pub use structures::{Catalogue, read_structures};
pub(crate) use submission::SUBMISSION_BLOCKS_MAX;
pub use submission::{Opening, Sending, TakenIn, Upload};

use crate::limits::Limits;
use crate::trust::HubSigner;
use append::Appender;
use evidence::{Leaves, LogTree};
use reduce::{ReduceError, Step, reduce, row};
use rows::FOUNDED;
use rulebooks::Rulebooks;
use structures::Registry;
use submission::Desk;
use vintages::VintageCache;

/// The view is made durable after so many records; at most so many are taken in again when the hub starts.
const CHECKPOINT_RECORDS: u64 = 1_000;

/// How a hub is opened.
pub struct HubOptions {
    /// Signs receipts.
    pub signer: HubSigner,
    /// Submissions are refused when fewer bytes than this are free on the disk.
    pub free_space_min: u64,
}

/// What was found when opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReport {
    /// Of the store.
    pub store: mighub_store::OpenReport,
    /// Why the view was derived anew, if it was.
    pub view_rebuilt: Option<String>,
    /// Records taken into the view.
    pub records_taken: u64,
}

/// Why a hub cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Of the store.
    #[error(transparent)]
    Store(#[from] mighub_store::OpenError),
    /// A record cannot be read.
    #[error(transparent)]
    Read(#[from] mighub_store::Error),
    /// A record cannot be taken in.
    #[error(transparent)]
    Reduce(#[from] ReduceError),
    /// The view cannot be kept.
    #[error(transparent)]
    View(#[from] mighub_store::ViewError),
    /// No founding record.
    #[error("{0} holds no hub: run `mighub-server init` first")]
    NotFounded(String),
    /// The structures cannot be read.
    #[error("{0}")]
    Structures(String),
    /// What records say is expunged is still there.
    #[error("what was expunged could not be overwritten: {0}")]
    Expunge(#[source] Refusal),
    /// The log of who read what.
    #[error("the log of reads: {0}")]
    Reads(#[source] std::io::Error),
    /// The folder for files that are taken in.
    #[error("{0}: {1}")]
    Scratch(String, #[source] std::io::Error),
}

/// Folder of files that are taken in, within the hub's: they count for its disk.
const SCRATCH: &str = "scratch";

/// What a hub that was killed left there is nobody's.
fn emptied(folder: PathBuf) -> Result<PathBuf, OpenError> {
    let failed = |source: std::io::Error| OpenError::Scratch(folder.display().to_string(), source);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => std::fs::create_dir(&folder).map_err(failed)?,
    }
    Ok(folder)
}

type ChangeNotice = Box<dyn Fn(u64) + Send + Sync>;

/// The hub. All methods may be called from any thread, and may wait for the disk.
pub struct Hub {
    store: Store,
    /// Where files lie while they are taken in.
    scratch: PathBuf,
    free_space_min: u64,
    limits: Limits,
    view: Box<dyn View>,
    signer: HubSigner,
    founded: v1::Founded,
    secret: [u8; 32],
    appender: Appender,
    /// The tree over the records in the view.
    log: LogTree,
    /// Held while records are taken into the view.
    taking: Mutex<()>,
    /// The view failed: what it says is not to be trusted until the hub starts again.
    view_failed: AtomicBool,
    rights: RwLock<Arc<Rights>>,
    registry: RwLock<Arc<Registry>>,
    rulebooks: Rulebooks,
    vintages: VintageCache,
    desk: Desk,
    /// Who was given what.
    reads: reads::Reads,
    /// What readers ask for again and again.
    kept: retrieve::Kept,
    /// What was found out about cells to be hidden.
    outcomes: disclose::Outcomes,
    /// Up to where derived dataflows were found to need nothing.
    consolidating: consolidate::LookedUpTo,
    notice: OnceLock<ChangeNotice>,
}

impl Hub {
    /// Opens the hub in `folder`: verifies the journal, derives what the view lacks.
    pub fn open(folder: &Path, options: HubOptions) -> Result<(Self, OpenReport), OpenError> {
        let store_options = Options { free_space_min: options.free_space_min, ..Options::default() };
        let (store, store_report) = Store::open(&folder.join("store"), store_options)?;
        let (view, opened) = SledView::open(&folder.join("view"))?;
        let mut rebuilt = match opened {
            ViewOpened::Kept => None,
            ViewOpened::Emptied(reason) => Some(reason),
        };
        if store_report.records == 0 {
            return Err(OpenError::NotFounded(folder.display().to_string()));
        }
        let before = view.records().unwrap_or(0);
        let leaves = leaves_of(&store, folder)?;
        let taken = LogTree::open(&store, &view, leaves.clone())
            .map_err(OpenError::from)
            .and_then(|log| take_in(&store, &view, &log).map(|_| log));
        let (from, log) = match taken {
            Ok(log) => (before, log),
            // Whatever is wrong with a view, deriving it anew mends it; if it does not, it is not the view.
            Err(error @ (OpenError::Reduce(ReduceError::View(_)) | OpenError::View(_))) => {
                rebuilt = Some(error.to_string());
                view.clear()?;
                let log = LogTree::open(&store, &view, leaves)?;
                take_in(&store, &view, &log)?;
                (0, log)
            }
            Err(error) => return Err(error),
        };
        if before == 0 && rebuilt.is_none() && store_report.records > 1 {
            rebuilt = Some("it was missing".to_owned());
        }
        view.checkpoint()?;
        let founded: v1::Founded =
            row(&view, FOUNDED)?.ok_or_else(|| OpenError::NotFounded(folder.display().to_string()))?;
        let secret = founded.lane_secret[..].try_into();
        let secret = secret.map_err(|_| OpenError::NotFounded(folder.display().to_string()))?;
        let rights = Rights::read(&view)?;
        let registry = Registry::read(&view, &store).map_err(OpenError::Structures)?;
        let report = OpenReport {
            store: store_report,
            view_rebuilt: rebuilt,
            records_taken: store_report.records - from,
        };
        let hub = Self {
            appender: Appender::new(&store, &log),
            log,
            store,
            scratch: emptied(folder.join(SCRATCH))?,
            free_space_min: options.free_space_min,
            limits: Limits::default(),
            view: Box::new(view),
            signer: options.signer,
            founded,
            secret,
            taking: Mutex::new(()),
            view_failed: AtomicBool::new(false),
            rights: RwLock::new(Arc::new(rights)),
            registry: RwLock::new(Arc::new(registry)),
            rulebooks: Rulebooks::default(),
            vintages: VintageCache::default(),
            desk: Desk::default(),
            reads: reads::Reads::open(folder).map_err(OpenError::Reads)?,
            kept: retrieve::Kept::default(),
            outcomes: disclose::Outcomes::default(),
            consolidating: consolidate::LookedUpTo::default(),
            notice: OnceLock::new(),
        };
        hub.finish_expunging().map_err(OpenError::Expunge)?;
        Ok((hub, report))
    }

    /// The same hub with other limits than the usual ones.
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// What callers can make it do at most.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Has `notice` called with the number of records whenever there are more. The first caller counts.
    pub fn on_change(&self, notice: ChangeNotice) {
        let _ = self.notice.set(notice);
    }

    /// Id of the hub: part of everything an office signs for it.
    pub fn hub_id(&self) -> &str {
        &self.founded.hub_id
    }

    /// How the store is; a hub whose view failed says so too.
    pub fn health(&self) -> Health {
        let mut health = self.store.health();
        if self.view_failed.load(Ordering::Acquire) && health.read_only.is_none() {
            health.read_only = Some("the view failed: restart the hub, it will be derived anew".into());
        }
        health
    }

    /// Where files lie while they are taken in, and how many bytes there is room for beside what stays free.
    pub fn scratch(&self) -> Result<(&Path, u64), Refusal> {
        let room = self.store.health().free_bytes.saturating_sub(self.free_space_min);
        if room == 0 {
            let text = "the hub's disk is nearly full, so it takes no files: try again later";
            return Err(Refusal::new(v1::ErrorReason::DiskNearlyFull, text));
        }
        Ok((&self.scratch, room))
    }

    /// Somebody without certificate or token.
    pub fn public(&self) -> Principal {
        Principal::PUBLIC
    }

    /// Position of the newest record that is taken into the view.
    pub fn position(&self) -> Option<u64> {
        self.view.records().ok()?.checked_sub(1)
    }

    /// Effective time of the newest durable record.
    pub fn last_effective(&self) -> Option<Moment> {
        self.store.last_effective_ms().map(Moment)
    }

    /// The public key of receipts.
    pub fn signer(&self) -> &HubSigner {
        &self.signer
    }

    /// Rights as of the newest record.
    pub fn rights(&self) -> Arc<Rights> {
        self.rights.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn registry(&self) -> Arc<Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes all durable records into the view; returns when the view has those that were there at the call.
    fn catch_up(&self) -> Result<(), Refusal> {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        if self.view_failed.load(Ordering::Acquire) {
            let text = "the hub's view failed; it answers again once it was restarted";
            return Err(Refusal::new(v1::ErrorReason::HubReadOnly, text));
        }
        let taken = take_in(&self.store, &*self.view, &self.log).map_err(|error| {
            self.view_failed.store(true, Ordering::Release);
            tracing::error!(%error, "a record was not taken into the view; the hub must be restarted");
            Refusal::new(v1::ErrorReason::HubReadOnly, error.to_string())
        })?;
        if taken.rights {
            *self.rights.write().unwrap_or_else(PoisonError::into_inner) =
                Arc::new(Rights::read(&*self.view)?);
        }
        if taken.structures || taken.rulebooks {
            self.rulebooks.forget();
        }
        if taken.structures {
            let registry = Registry::read(&*self.view, &self.store).map_err(Refusal::internal)?;
            *self.registry.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(registry);
        }
        if taken.records > 0
            && let Some(notice) = self.notice.get()
        {
            notice(self.store.records());
        }
        Ok(())
    }

    /// Makes the view durable and ends the store's writer. Nothing is lost without it; starting is faster.
    pub fn close(self) {
        if let Err(error) = self.sync_reads() {
            tracing::warn!(%error, "the last reads of public figures were not written down");
        }
        if let Err(error) = self.view.checkpoint() {
            tracing::warn!(%error, "the view was not made durable; the next start takes a little longer");
        }
        self.store.close();
    }
}

/// What kinds of records were taken in.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    records: u64,
    rights: bool,
    structures: bool,
    rulebooks: bool,
}

/// The leaves of the log are made with the secret of the founding record.
fn leaves_of(store: &Store, folder: &Path) -> Result<Leaves, OpenError> {
    let not_founded = || OpenError::NotFounded(folder.display().to_string());
    let record = v1::Record::decode(store.record(Position(0))?.payload).map_err(|_| not_founded())?;
    match record.what {
        Some(v1::record::What::Founded(founded)) => {
            let secret = founded.lane_secret[..].try_into().map_err(|_| not_founded())?;
            Ok(Leaves::of_secret(secret))
        }
        _ => Err(not_founded()),
    }
}

impl From<evidence::TreeError> for OpenError {
    fn from(error: evidence::TreeError) -> Self {
        match error {
            evidence::TreeError::View(error) => Self::View(error),
            evidence::TreeError::Store(error) => Self::Read(error),
        }
    }
}

fn take_in(store: &Store, view: &dyn View, log: &LogTree) -> Result<Taken, OpenError> {
    let mut taken = Taken::default();
    let from = view.records()?;
    for position in from..store.records() {
        let entry = store.record(Position(position))?;
        let record = v1::Record::decode(entry.payload.clone())
            .map_err(|error| ReduceError::Unreadable { position, reason: error.to_string() })?;
        let step = Step { position: Position(position), effective_ms: entry.effective_ms, record: &record };
        let mut batch = reduce(view, &step)?;
        let leaf = log.next(&entry, &mut batch);
        view.apply(&batch, position + 1)?;
        log.take(&leaf);
        if (position + 1) % CHECKPOINT_RECORDS == 0 {
            view.checkpoint()?;
        }
        taken.records += 1;
        use v1::record::What;
        match record.what {
            Some(What::Structures(_) | What::StructuresDeleted(_)) => taken.structures = true,
            Some(What::Rulebook(_)) => taken.rulebooks = true,
            Some(
                What::AgencyAdded(_)
                | What::KeysEnrolled(_)
                | What::KeysRevoked(_)
                | What::KeysRotated(_)
                | What::Agreement(_)
                | What::RoleGranted(_)
                | What::RoleRevoked(_)
                | What::Restricted(_)
                | What::DisclosurePolicy(_)
                | What::Suppression(_)
                | What::AccessTokenIssued(_)
                | What::AccessTokenRevoked(_),
            ) => {
                taken.rights = true;
            }
            _ => {}
        }
    }
    Ok(taken)
}
