//! Whether what a hub says now goes on from what it said before.

use bytes::Bytes;

use super::hash::TreeHash;
use super::verify::{ProofError, verify_consistency};

/// A tree that the hub gave its word for, by a head or a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Number of records.
    pub tree_size: u64,
    /// Root of their tree.
    pub root: TreeHash,
}

/// The hub's history is not the one it gave its word for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// Records are gone.
    #[error(
        "the hub gave its word for a history of {known} records, and now it has {found}: it was rolled back, such as by \
         an old backup"
    )]
    RolledBack {
        /// What it gave its word for.
        known: u64,
        /// What it says now.
        found: u64,
    },
    /// Records are others.
    #[error(
        "the hub's history of {found} records does not go on from that of {known} records for which it gave its word: \
         records were changed, or there are two histories ({cause})"
    )]
    Forked {
        /// What it gave its word for.
        known: u64,
        /// What it says now.
        found: u64,
        /// What of the proof does not fit.
        cause: ProofError,
    },
    /// A proof is no list of hashes.
    #[error("the hub's proof that its history goes on cannot be read")]
    Unreadable,
}

/// Checks that the tree in `found` goes on from a known one, by the hub's proof.
pub fn check_history(known: Known, found: Known, proof: &[Bytes]) -> Result<(), HistoryError> {
    if found.tree_size < known.tree_size {
        return Err(HistoryError::RolledBack { known: known.tree_size, found: found.tree_size });
    }
    let proof = TreeHash::list(proof).ok_or(HistoryError::Unreadable)?;
    verify_consistency((known.tree_size, known.root), (found.tree_size, found.root), &proof)
        .map_err(|cause| HistoryError::Forked { known: known.tree_size, found: found.tree_size, cause })
}
