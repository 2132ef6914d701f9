//! Proofs checked (RFC 9162, 2.1.3.2 and 2.1.4.2), without recursion and without trust in their length.

use super::PROOF_HASHES_MAX;
use super::hash::TreeHash;

/// A proof does not prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf would not be in the tree at all.
    #[error("the tree has {size} leaves, and leaf {index} is none of them")]
    Outside {
        /// The leaf, counted from 0.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// A tree does not go on from a larger one.
    #[error("a history of {second} records cannot go on from one of {first}")]
    Shorter {
        /// Size of the earlier tree.
        first: u64,
        /// Size of the later tree.
        second: u64,
    },
    /// Too few or too many hashes.
    #[error("the proof has {found} hashes, which is not what trees of this size need")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// The hashes lead to another root.
    #[error("the proof leads to root {found}, and the signed one is {expected}")]
    Root {
        /// What was signed.
        expected: TreeHash,
        /// Where the proof leads.
        found: TreeHash,
    },
}

/// Checks that the leaf at `index` is in the tree of `size` leaves with this root.
pub fn verify_inclusion(
    leaf: TreeHash,
    index: u64,
    size: u64,
    proof: &[TreeHash],
    root: TreeHash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Outside { index, size });
    }
    let length = ProofError::Length { found: proof.len() };
    if proof.len() > PROOF_HASHES_MAX {
        return Err(length);
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(length);
        }
        if node & 1 == 1 || node == last {
            hash = TreeHash::node(*sibling, hash);
            climb_to_right_child(&mut node, &mut last);
        } else {
            hash = TreeHash::node(hash, *sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(length);
    }
    same(root, hash)
}

/// Checks that the tree of `second` leaves with its root goes on from the tree of `first` leaves with its root:
/// nothing in it was changed, moved or taken away.
pub fn verify_consistency(
    (first, first_root): (u64, TreeHash),
    (second, second_root): (u64, TreeHash),
    proof: &[TreeHash],
) -> Result<(), ProofError> {
    let length = ProofError::Length { found: proof.len() };
    if first > second {
        return Err(ProofError::Shorter { first, second });
    }
    if first == second || first == 0 {
        // Of nothing anything goes on; of the same only the same. Neither needs a proof.
        let known = if first == 0 { TreeHash::empty() } else { second_root };
        return if proof.is_empty() { same(first_root, known) } else { Err(length) };
    }
    if proof.len() > PROOF_HASHES_MAX {
        return Err(length);
    }
    let (mut node, mut last) = (first - 1, second - 1);
    // What of the first tree is a perfect subtree of the second needs no proof.
    let whole = node.trailing_ones();
    (node, last) = (node >> whole, last >> whole);
    let (mut hashes, start) = match first.is_power_of_two() {
        true => (proof.iter(), first_root),
        false => {
            let mut hashes = proof.iter();
            let Some(start) = hashes.next() else { return Err(length) };
            (hashes, *start)
        }
    };
    let (mut of_first, mut of_second) = (start, start);
    for hash in &mut hashes {
        if last == 0 {
            return Err(length);
        }
        if node & 1 == 1 || node == last {
            of_first = TreeHash::node(*hash, of_first);
            of_second = TreeHash::node(*hash, of_second);
            climb_to_right_child(&mut node, &mut last);
        } else {
            of_second = TreeHash::node(of_second, *hash);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(length);
    }
    same(first_root, of_first)?;
    same(second_root, of_second)
}

/// A node at the right edge that is a left child has no sibling: it stands for its parent.
fn climb_to_right_child(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        (*node, *last) = (*node >> 1, *last >> 1);
    }
}

fn same(expected: TreeHash, found: TreeHash) -> Result<(), ProofError> {
    if expected == found { Ok(()) } else { Err(ProofError::Root { expected, found }) }
}
