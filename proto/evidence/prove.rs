//! Proofs made from a tree whose nodes can be looked up (RFC 9162, 2.1.3.1 and 2.1.4.1).

use super::hash::TreeHash;

/// A tree of which the roots of all perfect subtrees can be had.
pub trait Nodes {
    /// Why a node cannot be had.
    type Error;

    /// Root of the subtree over the leaves from `index << level` to `(index + 1) << level`, all of which must be
    /// there.
    fn node(&mut self, level: u32, index: u64) -> Result<TreeHash, Self::Error>;
}

/// Root of the tree over the first `size` leaves.
pub fn root_of<N: Nodes>(nodes: &mut N, size: u64) -> Result<TreeHash, N::Error> {
    range(nodes, 0, size)
}

/// Proof that the leaf at `index` is in the tree over the first `size` leaves, from the leaf to the root. Empty if it
/// is not.
pub fn inclusion_proof<N: Nodes>(nodes: &mut N, index: u64, size: u64) -> Result<Vec<TreeHash>, N::Error> {
    let (mut from, mut to) = (0, size);
    let mut proof = Vec::new();
    while index < size && to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            proof.push(range(nodes, middle, to)?);
            to = middle;
        } else {
            proof.push(range(nodes, from, middle)?);
            from = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Proof that the tree over the first `second` leaves goes on from that over the first `first`. Empty if they are
/// the same, or `first` is none or more.
pub fn consistency_proof<N: Nodes>(
    nodes: &mut N,
    first: u64,
    second: u64,
) -> Result<Vec<TreeHash>, N::Error> {
    let mut proof = Vec::new();
    if first == 0 || first >= second {
        return Ok(proof);
    }
    let (mut from, mut to) = (0, second);
    // Who asks has the root of the first tree, and need not be told it.
    let mut is_known = true;
    while first != to {
        let middle = from + split(to - from);
        if first <= middle {
            proof.push(range(nodes, middle, to)?);
            to = middle;
        } else {
            proof.push(range(nodes, from, middle)?);
            (from, is_known) = (middle, false);
        }
    }
    if !is_known {
        proof.push(range(nodes, from, to)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two below `count`, which is 2 or more.
fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

/// Root over some leaves. They begin where a perfect subtree of their size begins, as all parts of a tree do.
fn range<N: Nodes>(nodes: &mut N, from: u64, to: u64) -> Result<TreeHash, N::Error> {
    let mut peaks = Vec::new();
    let mut at = from;
    while at < to {
        let level = 63 - (to - at).leading_zeros();
        peaks.push(nodes.node(level, at >> level)?);
        at += 1 << level;
    }
    let Some(smallest) = peaks.pop() else { return Ok(TreeHash::empty()) };
    Ok(peaks.into_iter().rfold(smallest, |right, left| TreeHash::node(left, right)))
}
