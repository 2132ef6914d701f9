//! The tree beside the view. Leaves lie in the view, a tile of them to a row; what is above the tiles, and the tile that
//! is not full yet, is in memory: about 64 bytes for every 256 records.
//!
//! Like the view it is a function of the journal, and may be deleted at any time. It tells whether a view was derived
//! from this journal or from another one of the same length.

use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use mighub::evidence::{Frontier, MemoryTree, Nodes, TreeHash, consistency_proof, inclusion_proof, root_of};
use mighub_store::{Entry, Position, Store, View, ViewBatch, ViewError};

use super::leaves::Leaves;
use crate::hub::moment::Moment;
use crate::hub::rows::{LOG_STAMP, LOG_TILE_ROOTS, log_tile_key, log_tile_root_key};

/// A tile has 2^8 leaves: a row of 8 KiB. A proof needs two or three of them, however long the journal is.
const TILE_LEVEL: u32 = 8;
const TILE_LEAVES: usize = 1 << TILE_LEVEL;
/// Rows read from the view at a time.
const SCAN: usize = 1_024;

/// The journal's tree, as far as the view has come.
pub(in crate::hub) struct LogTree {
    leaves: Leaves,
    grown: RwLock<Grown>,
}

struct Grown {
    /// The tree over the roots of the full tiles.
    tiles: MemoryTree,
    /// Leaves behind the last full tile.
    tail: Vec<TreeHash>,
    frontier: Frontier,
}

/// A leaf that is to be taken in with its record.
pub(in crate::hub) struct NextLeaf {
    leaf: TreeHash,
    tile_root: Option<TreeHash>,
}

/// Why the tree cannot be had.
#[derive(Debug, thiserror::Error)]
pub(in crate::hub) enum TreeError {
    /// The view must be derived anew.
    #[error(transparent)]
    View(#[from] ViewError),
    /// A record cannot be read.
    #[error(transparent)]
    Store(#[from] mighub_store::Error),
}

impl LogTree {
    /// The tree of what the view has taken in.
    pub(in crate::hub) fn open(store: &Store, view: &dyn View, leaves: Leaves) -> Result<Self, TreeError> {
        let records = view.records()?;
        if records > store.records() {
            let reason = "it has taken in more records than the journal has".to_owned();
            return Err(ViewError(reason).into());
        }
        let tiles: MemoryTree = tile_roots(view)?.into_iter().collect();
        let foreign = || ViewError("it was derived from another journal".to_owned());
        let frontier = Frontier::of_peaks(tiles.size() << TILE_LEVEL, tiles.peaks()).ok_or_else(foreign)?;
        let mut grown = Grown { tiles, tail: Vec::new(), frontier };
        if grown.frontier.size() > records {
            return Err(foreign().into());
        }
        // A view of a time without tree has no tiles; they are made of the journal.
        let mut missing = ViewBatch::default();
        for position in grown.frontier.size()..records {
            let leaf = leaf_of(&leaves, &store.record(Position(position))?);
            let next = grown.next(leaf, &mut missing);
            grown.take(&next);
        }
        if let Some(last) = records.checked_sub(1) {
            let here = stamp(&grown.frontier, &store.record(Position(last))?);
            match view.get(LOG_STAMP)? {
                Some(stamped) if stamped != here => return Err(foreign().into()),
                Some(_) => {}
                None => {
                    missing.put(LOG_STAMP, here);
                    view.apply(&missing, records)?;
                }
            }
        }
        Ok(Self { leaves, grown: RwLock::new(grown) })
    }

    /// Makes leaves as this tree has them.
    pub(in crate::hub) fn leaves(&self) -> &Leaves {
        &self.leaves
    }

    /// Number of records.
    pub(in crate::hub) fn size(&self) -> u64 {
        self.frontier().size()
    }

    /// The tree to go on from.
    pub(in crate::hub) fn frontier(&self) -> Frontier {
        self.read().frontier.clone()
    }

    /// The leaf of the next record, with the rows that it makes.
    pub(in crate::hub) fn next(&self, entry: &Entry, batch: &mut ViewBatch) -> NextLeaf {
        let grown = self.read();
        let next = grown.next(leaf_of(&self.leaves, entry), batch);
        let mut frontier = grown.frontier.clone();
        frontier.push(next.leaf);
        batch.put(LOG_STAMP, stamp(&frontier, entry));
        next
    }

    /// Takes a leaf in whose rows are in the view.
    pub(in crate::hub) fn take(&self, next: &NextLeaf) {
        self.grown.write().unwrap_or_else(PoisonError::into_inner).take(next);
    }

    /// Root of the tree over the first `size` records, which must be there.
    pub(in crate::hub) fn root(&self, view: &dyn View, size: u64) -> Result<TreeHash, ViewError> {
        root_of(&mut self.nodes(view), size)
    }

    /// Hash of a leaf, which must be there.
    pub(in crate::hub) fn leaf_hash(&self, view: &dyn View, position: u64) -> Result<TreeHash, ViewError> {
        self.nodes(view).node(0, position)
    }

    /// Hashes of leaves, which must be there.
    pub(in crate::hub) fn leaf_hashes(
        &self,
        view: &dyn View,
        mut positions: Range<u64>,
    ) -> Result<Vec<TreeHash>, ViewError> {
        let mut nodes = self.nodes(view);
        positions.try_fold(Vec::new(), |mut leaves, position| {
            leaves.push(nodes.node(0, position)?);
            Ok(leaves)
        })
    }

    /// Proof that a record is in the tree over the first `size` records.
    pub(in crate::hub) fn inclusion(
        &self,
        view: &dyn View,
        position: u64,
        size: u64,
    ) -> Result<Vec<TreeHash>, ViewError> {
        inclusion_proof(&mut self.nodes(view), position, size)
    }

    /// Proof that the tree over the first `second` records goes on from that over the first `first`.
    pub(in crate::hub) fn consistency(
        &self,
        view: &dyn View,
        first: u64,
        second: u64,
    ) -> Result<Vec<TreeHash>, ViewError> {
        consistency_proof(&mut self.nodes(view), first, second)
    }

    fn nodes<'a>(&'a self, view: &'a dyn View) -> TileNodes<'a> {
        TileNodes { grown: self.read(), view, tile: None }
    }

    fn read(&self) -> RwLockReadGuard<'_, Grown> {
        self.grown.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Grown {
    fn next(&self, leaf: TreeHash, batch: &mut ViewBatch) -> NextLeaf {
        if self.tail.len() + 1 < TILE_LEAVES {
            return NextLeaf { leaf, tile_root: None };
        }
        let tile: Vec<TreeHash> = self.tail.iter().copied().chain([leaf]).collect();
        let root = subtree(&tile);
        let number = self.tiles.size();
        let bytes: Vec<u8> = tile.iter().flat_map(|leaf| leaf.0).collect();
        batch.put(log_tile_key(number), bytes);
        batch.put(log_tile_root_key(number), root.0);
        NextLeaf { leaf, tile_root: Some(root) }
    }

    fn take(&mut self, next: &NextLeaf) {
        self.frontier.push(next.leaf);
        match next.tile_root {
            Some(root) => {
                self.tiles.push(root);
                self.tail.clear();
            }
            None => self.tail.push(next.leaf),
        }
    }
}

/// Nodes of the tree; remembers the tile it read last, for a proof takes several nodes of one.
struct TileNodes<'a> {
    grown: RwLockReadGuard<'a, Grown>,
    view: &'a dyn View,
    tile: Option<(u64, Vec<TreeHash>)>,
}

impl Nodes for TileNodes<'_> {
    type Error = ViewError;

    fn node(&mut self, level: u32, index: u64) -> Result<TreeHash, ViewError> {
        let missing = || ViewError(format!("node {index} of level {level} is not in the tree"));
        if let Some(above) = level.checked_sub(TILE_LEVEL) {
            return self.grown.tiles.get(above, index).ok_or_else(missing);
        }
        let number = index >> (TILE_LEVEL - level);
        let from = (index << level) as usize % TILE_LEAVES;
        let leaves = from..from + (1 << level);
        if number == self.grown.tiles.size() {
            return self.grown.tail.get(leaves).map(subtree).ok_or_else(missing);
        }
        if self.tile.as_ref().is_none_or(|(known, _)| *known != number) {
            let row = self.view.get(&log_tile_key(number))?.ok_or_else(missing)?;
            let tile = row.chunks(32).map(TreeHash::from_slice).collect::<Option<Vec<_>>>();
            self.tile = Some((number, tile.ok_or_else(missing)?));
        }
        let tile = self.tile.as_ref().and_then(|(_, tile)| tile.get(leaves));
        tile.map(subtree).ok_or_else(missing)
    }
}

/// What tells a journal from all others: the root of its tree, and its own hash up to its last record.
fn stamp(tree: &Frontier, last: &Entry) -> Vec<u8> {
    [tree.root().0, last.hash].concat()
}

/// Root over some leaves, a power of two of them.
fn subtree(leaves: &[TreeHash]) -> TreeHash {
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    frontier.root()
}

fn leaf_of(leaves: &Leaves, entry: &Entry) -> TreeHash {
    leaves.hash(entry.position.0, Moment(entry.effective_ms), &entry.payload)
}

/// Roots of the full tiles, in their order.
fn tile_roots(view: &dyn View) -> Result<Vec<TreeHash>, ViewError> {
    let (mut roots, mut after) = (Vec::new(), Vec::new());
    loop {
        let found = view.scan(LOG_TILE_ROOTS, &after, SCAN)?;
        let is_last = found.len() < SCAN;
        for (key, value) in found {
            let root = TreeHash::from_slice(&value).filter(|_| key == log_tile_root_key(roots.len() as u64));
            roots.push(root.ok_or_else(|| ViewError("a tile of the log is missing".to_owned()))?);
            after = key;
        }
        if is_last {
            return Ok(roots);
        }
    }
}
