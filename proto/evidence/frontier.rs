//! A tree as little of it as is needed to go on: the roots of its perfect subtrees.

use super::hash::TreeHash;

/// A growing tree of which only the roots of the perfect subtrees are kept: one per bit of its size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// From the largest subtree, at the left, to the smallest.
    peaks: Vec<TreeHash>,
}

impl Frontier {
    /// A tree of `size` leaves, by the roots of its perfect subtrees from the left. Nothing if there are not as many
    /// as `size` has bits.
    pub fn of_peaks(size: u64, peaks: Vec<TreeHash>) -> Option<Self> {
        (peaks.len() as u32 == size.count_ones()).then_some(Self { size, peaks })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: TreeHash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            // There is a peak for every bit that is set.
            if let Some(left) = self.peaks.pop() {
                hash = TreeHash::node(left, hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Root of the tree (RFC 9162, 2.1.1).
    pub fn root(&self) -> TreeHash {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(smallest) = peaks.next() else { return TreeHash::empty() };
        peaks.fold(smallest, |right, left| TreeHash::node(left, right))
    }

    /// Proof that a leaf that is added now is in the tree then: the inclusion proof of its last leaf.
    pub fn next_proof(&self) -> Vec<TreeHash> {
        self.peaks.iter().rev().copied().collect()
    }
}
