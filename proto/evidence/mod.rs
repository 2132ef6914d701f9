//! EVIDENCE: what a hub's signed words prove, and the checks of it that need no hub.
//!
//! The journal is the log of a Merkle tree as RFC 9162 (and RFC 6962 before it) has it: SHA-256, one leaf a record.
//! What lives here: the tree, its proofs made and checked, and the checks of log heads, receipts and offices'
//! signatures, the same code for hub, client and whoever else wants to look. What must not: private keys, networks,
//! files, clocks, and any trust in who brings the evidence.

mod frontier;
mod hash;
mod head;
mod history;
mod leaf;
mod memory;
mod prove;
mod receipt;
mod signature;
mod verify;

pub use frontier::Frontier;
pub use hash::TreeHash;
pub use head::{CheckedHead, HeadError, check_head};
pub use history::{HistoryError, Known, check_history};
pub use leaf::{LeafError, leaf_bytes, leaf_hash};
pub use memory::MemoryTree;
pub use prove::{Nodes, consistency_proof, inclusion_proof, root_of};
pub use receipt::{
    CheckedReceipt, LogProof, ReceiptError, RecordProof, check_header, check_receipt, check_record,
};
pub use signature::{KeyRing, signed_by};
pub use verify::{ProofError, verify_consistency, verify_inclusion};

/// Longest proof that is looked at: a tree of 2^64 leaves has no longer ones, of inclusion or of consistency.
pub const PROOF_HASHES_MAX: usize = 65;

#[cfg(test)]
mod tests;
