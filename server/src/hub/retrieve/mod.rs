//! What readers get: figures as of any point and what changed since, vintages, coverage, comparisons and news.
//!
//! What lives here: which vintages a reader sees, what of them is asked for, and how that travels. What must
//! not: who may do what (`rights`), which cells are hidden (`mask`), how two vintages are compared (`delta`),
//! and gRPC.

mod bare;
mod changes;
mod compare;
mod context;
mod coverage;
mod figures;
#[cfg(test)]
pub(super) mod fixture;
mod history;
mod inputs;
mod joined;
mod kept;
mod lane;
mod list;
mod noted;
mod plan;
mod published;
mod pull;
mod reading;
mod referenced;
mod request;
mod resume;
mod sieve;
mod sight;
mod stored;
#[cfg(test)]
pub(crate) mod tests;
mod ticks;
mod token;
mod watch;
mod whole;

pub(super) use bare::{BareLane, BareState};
pub use compare::Diff;
pub use figures::{Batch, Effect, Figures, FiguresOf, FiguresRequest, FiguresState, LaneFigures};
pub(super) use inputs::{InputLane, Since};
pub(super) use kept::Kept;
pub(super) use published::{PublishedLane, PublishedState};
pub use pull::Pull;
pub(super) use referenced::{Others, Read};
pub use watch::VintageWatch;

/// Bytes of blocks that travel in one message, about.
const MESSAGE_BYTES: usize = 1024 * 1024;
/// The same for blocks that are made anew: much work is in them, and the reader has work with them too.
const MADE_MESSAGE_BYTES: usize = 64 * 1024;
/// Bytes after which a reader gets a place to go on from.
const CHECKPOINT_BYTES: usize = 16 * 1024 * 1024;
/// A place to go on from is good for so long: 24 hours.
const RESUME_KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// Providers that a request may name; there are some hundreds.
const PROVIDERS_MAX: usize = 1_000;
/// Characters of an edition's label.
const EDITION_CHARACTERS_MAX: usize = 100;
