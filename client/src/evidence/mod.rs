//! Evidence in an office's hands: the history that the hub has given its word for, receipts, and what can be proven
//! with them when there is no hub to ask.
//!
//! What lives here: what is kept, asked for and said about it. What must not: the checks themselves, which are
//! `mighub::evidence`, so that nobody has to trust this program.

mod bundle;
mod contents;
mod file;
mod for_tools;
mod gate;
mod history;
mod online;
mod pins;
mod remake;
mod since;
mod verify;
mod witness;

pub use bundle::Bundle;
pub use history::HistoryBroken;
pub use verify::{Statement, Verification, VerifyOptions, verify};

pub(crate) use file::{Papers, keep_receipt};
pub(crate) use gate::{Confirmation, Confirmed, Gated};
