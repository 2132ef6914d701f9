//! The journal as the log of a Merkle tree: heads, proofs, and the evidence of a submission.
//!
//! What lives here: leaves, the tree beside the view, and what is answered from it. What must not: the hashing and the
//! proofs themselves (`mighub::evidence`, so that others can check them) and the journal's files (`mighub-store`).

mod answers;
mod bundle;
mod leaves;
mod tree;

pub use bundle::EvidenceParts;
pub(super) use leaves::Leaves;
pub(super) use tree::{LogTree, TreeError};

#[cfg(test)]
mod tests;
