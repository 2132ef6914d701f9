//! A new key for receipts, while the hub does not run: made, recorded with the word of the key before, and put in its
//! place. Cut off at any point, the next start or the next rotation ends it.

use std::path::Path;

use super::folder::HubFolder;
use crate::config::{Config, ConfigError};
use crate::hub::{Hub, HubOptions, Moment, OpenError, Refusal};
use crate::trust::{HubKeys, KeysError, SignerError};

/// Why the key was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// `hub.json`.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A hub that runs signs with the present key.
    #[error("{0}: stop the hub first; it signs with the new key when it starts again")]
    Open(#[from] OpenError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The signing key.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The journal does not take it.
    #[error(transparent)]
    Record(#[from] Refusal),
}

/// The keys before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Digest of the public key that signed until now.
    pub previous_key_id: [u8; 32],
    /// Digest of the public key that signs from now on.
    pub key_id: [u8; 32],
    /// Position of the record.
    pub position: u64,
}

/// Replaces the key for receipts of the hub in `folder`.
pub fn rotate_signer(folder: &Path, now: Moment) -> Result<Rotated, RotateError> {
    let folder = HubFolder::new(folder);
    let config = Config::read(&folder.config())?;
    let keys = HubKeys::open(&folder.keys())?;
    let options = HubOptions { signer: keys.signer()?, free_space_min: config.free_space_min };
    let (hub, _) = Hub::open(folder.path(), options)?;
    let signer = keys.signer_of(hub.recorded_signer().as_deref())?;
    let hub = hub.signing_with(signer);
    let next = keys.next_signer()?;
    let recorded = hub.hand_over(&next, now);
    let previous_key_id = hub.signer().key_id();
    hub.close();
    let position = recorded?;
    keys.take_next_signer()?;
    Ok(Rotated { previous_key_id, key_id: next.key_id(), position })
}
