//! The store: an append-only journal of small records, content-addressed blocks, and a view beside them.
//!
//! What lives here: files, frames, hash chains, group commit, recovery after a crash, and the ordered key
//! space in which the hub keeps what it has derived. What must not: SDMX, networks, clocks, randomness, and
//! any idea of what a record means. This is the only crate that names an engine or a data file.
//!
//! The log is the record; sled is the view. Nothing is acknowledged before `fdatasync` has returned; after any
//! failed write or sync the store is read-only until it is opened again, for what a failed fsync has dropped
//! nobody can say. Every read checks its hash.

mod backup;
mod batch;
mod blocks;
mod disk;
mod engine;
mod error;
mod format;
mod found;
mod frame;
mod fsck;
mod index;
mod journal;
mod log;
mod reader;
mod reads;
mod recovery;
mod reserve;
mod store;
mod sweep;
mod view;
mod witness;
mod writer;

pub use backup::{BackedUp, BackupError, Restored, back_up, restore};
pub use batch::{Batch, NewRecord, Object};
pub use disk::{Disk, RealDisk, StoreFile};
pub use engine::{Blocks, Journal};
pub use error::{Error, OpenError};
pub use fsck::{FindObject, FsckError, FsckReport, Remedies, fsck};
pub use journal::{Entry, Lane, Position};
pub use reader::{Damage, Extent, StoreReader, Until};
pub use reads::{Keeping, Month, ReadPlace, ReadsLog};
pub use store::{Health, OpenReport, Options, Store};
pub use sweep::{Sweep, Swept};
pub use view::{MemoryView, Pairs, SledView, View, ViewBatch, ViewError, ViewOpened};

/// Name under which an object is stored: 32 bytes that the caller derives from its content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub [u8; 32]);

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Largest payload of a journal record: what a distributed engine takes in one message.
pub const RECORD_BYTES_MAX: usize = 768 * 1024;
/// Largest object.
pub const OBJECT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest name of a lane.
pub const LANE_BYTES_MAX: usize = 1024;
