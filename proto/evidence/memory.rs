//! A tree in memory, for those who have all leaves: witnesses and tests.

use std::convert::Infallible;

use super::hash::TreeHash;
use super::prove::Nodes;

/// A whole tree: 64 bytes a leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryTree {
    /// Of each level the roots of all perfect subtrees; the leaves are the first.
    levels: Vec<Vec<TreeHash>>,
}

impl MemoryTree {
    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: TreeHash) {
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            let nodes = &mut self.levels[level];
            nodes.push(hash);
            match nodes[..] {
                [.., left, right] if nodes.len().is_multiple_of(2) => hash = TreeHash::node(left, right),
                _ => return,
            }
        }
    }

    /// Roots of the perfect subtrees that make up the tree, from the largest, at the left, to the smallest.
    pub fn peaks(&self) -> Vec<TreeHash> {
        let size = self.size();
        let levels = (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1);
        levels.filter_map(|level| self.get(level, (size >> level) - 1)).collect()
    }

    /// Root of the subtree over the leaves from `index << level` on, `1 << level` of them, if all are there.
    pub fn get(&self, level: u32, index: u64) -> Option<TreeHash> {
        self.levels.get(level as usize)?.get(usize::try_from(index).ok()?).copied()
    }
}

impl FromIterator<TreeHash> for MemoryTree {
    fn from_iter<T: IntoIterator<Item = TreeHash>>(leaves: T) -> Self {
        let mut tree = Self::default();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }
}

impl Nodes for MemoryTree {
    type Error = Infallible;

    /// A node that is not there is that of no leaves: a proof over more leaves than there are proves nothing.
    fn node(&mut self, level: u32, index: u64) -> Result<TreeHash, Infallible> {
        Ok(self.get(level, index).unwrap_or_else(TreeHash::empty))
    }
}
