//! The upkeep of a hub's folder: backups of it, hubs made from them, and what is damaged, in the words of the trade.
//!
//! What lives here: what the operator's commands `backup`, `restore`, `verify` and `fsck` do. What must not: how files
//! of the store are read and written, which is `mighub-store`'s; and calls to a running hub.

mod backup;
mod belonging;
mod concerned;
mod fsck;
mod manifest;
mod receipt;
mod restore;
mod verify;

pub use backup::{BackedUp, BackupError, back_up};
pub use belonging::{NotOneHub, belongs_together, hub_id_of};
pub use concerned::{Concerned, LaneConcerned, concerned};
pub use fsck::{FsckError, Repaired, fsck};
pub use manifest::{BackupManifest, ManifestError};
pub use receipt::{ReceiptFileError, ReceiptFound, find_receipt};
pub use restore::{RestoreError, Restored, restore};
pub use verify::{Verified, VerifyError, verify};
