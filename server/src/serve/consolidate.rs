//! Consolidation of a hub that does not run.

use super::folder::HubFolder;
use crate::config::{Config, ConfigError};
use crate::hub::consolidate::Consolidated;
use crate::hub::{Hub, HubOptions, Moment, OpenError, Refusal};
use crate::trust::{HubKeys, KeysError, SignerError};

/// Why nothing was consolidated.
#[derive(Debug, thiserror::Error)]
pub enum ConsolidateError {
    /// `hub.json`.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A hub that runs consolidates by itself.
    #[error("{0}: stop the hub first; while it runs it consolidates by itself")]
    Open(#[from] OpenError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The signing key.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The inputs cannot be read, or the journal does not take what came of them.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Makes derived dataflows of the hub in `folder` anew; with `all`, every corridor.
pub fn consolidate_stopped(
    folder: &HubFolder,
    all: bool,
    now: Moment,
) -> Result<Vec<Consolidated>, ConsolidateError> {
    let config = Config::read(&folder.config())?;
    let keys = HubKeys::open(&folder.keys())?;
    let options = HubOptions { signer: keys.signer()?, free_space_min: config.free_space_min };
    let (hub, _) = Hub::open(folder.path(), options)?;
    // No clock stands before the journal.
    let now = hub.last_effective().map_or(now, |last| now.max(last));
    let made = hub.consolidate(all, now);
    hub.close();
    Ok(made?)
}
