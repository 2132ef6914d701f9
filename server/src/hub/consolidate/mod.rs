//! Derived dataflows: MIG_FLOW_OD and MIG_STOCK_OD, made by the hub from what the public may see of MIG_FLOW, MIG_STOCK and
//! MIG_REFUGEE.
//!
//! The hub is the provider of two lanes of its own. Each vintage of theirs is made by one record, which names what was
//! read; every door, as-of reading, delta and comparison works on them as on any lane. Only corridors whose inputs
//! changed are made anew, and what comes out is what would come out if all were.
//!
//! What lives here: which lanes, when something is to be made anew, and how it becomes a vintage. What must not: the
//! statistics (`mighub-consolidation`), and answers made from derived rows (`consolidated`).

mod basis;
mod make;
mod origins;
mod own;
mod reduced;
mod rows;
mod run;
mod withheld;

pub(super) use own::derived_lane;
pub use own::{DERIVED_ESTIMATE, HUB_PROVIDER, is_derived, is_own};
pub use run::Consolidated;
pub(super) use run::LookedUpTo;
pub(super) use withheld::{is_made_from, withheld_of};
