//! The trees that the hub has given its word for, kept in the home: what it says later must go on from them.

use std::fs::File;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use mighub::evidence::{CheckedHead, CheckedReceipt, Known, LogProof, TreeHash};
use mighub::v1;
use serde::{Deserialize, Serialize};

use super::file::Base64;
use crate::error::Error;
use crate::home::Home;
use crate::home::files::{self, Access};

const FILE: &str = "history.json";
const LOCK: &str = "history.lock";
const REMEDY: &str = "keep it, call the hub's operator and the auditor, and then move it away: the next connection \
                      begins anew, without knowing what was before";

/// What is known of the history of one hub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pins {
    /// The hub.
    hub_id: String,
    /// Trees by size. The largest goes on from all others, once that was proven: then they are left out.
    trees: Vec<Pin>,
}

/// A tree, with the words that the hub has signed for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pin {
    tree_size: u64,
    root: String,
    /// Context of the signature.
    context: String,
    signed: Base64,
    signature: Base64,
    hub_key_id: Base64,
}

impl Pin {
    pub(super) fn of_head(head: &v1::SignedLogHead, checked: &CheckedHead) -> Self {
        Self {
            tree_size: checked.tree_size,
            root: checked.root.to_string(),
            context: mighub::signing::LOG_HEAD_CONTEXT.to_owned(),
            signed: Base64(head.head.to_vec()),
            signature: Base64(head.signature.to_vec()),
            hub_key_id: Base64(head.hub_key_id.to_vec()),
        }
    }

    /// Nothing if the receipt is of a time before the hub kept a tree.
    pub(super) fn of_receipt(receipt: &v1::Receipt, checked: &CheckedReceipt) -> Option<Self> {
        let LogProof::Included { tree, .. } = checked.log else { return None };
        Some(Self {
            tree_size: tree.tree_size,
            root: tree.root.to_string(),
            context: mighub::signing::RECEIPT_CONTEXT.to_owned(),
            signed: Base64(receipt.body.to_vec()),
            signature: Base64(receipt.signature.to_vec()),
            hub_key_id: Base64(receipt.hub_key_id.to_vec()),
        })
    }

    fn known(&self) -> Option<Known> {
        let root = HEXLOWER.decode(self.root.as_bytes()).ok()?;
        Some(Known { tree_size: self.tree_size, root: TreeHash::from_slice(&root)? })
    }
}

impl Pins {
    /// What this home knows of the hub.
    pub(super) fn read(home: &Home, hub_id: &str) -> Result<Self, Error> {
        let path = path(home);
        let pins: Self = files::read_json(&path, REMEDY)?.unwrap_or_default();
        if pins.trees.iter().any(|pin| pin.known().is_none()) {
            let reason = "a root is not 32 bytes in hexadecimal".to_owned();
            return Err(Error::Damaged { path, reason, remedy: REMEDY });
        }
        // A home that was enrolled at another hub since has nothing to say about this one.
        let is_same = pins.trees.is_empty() || pins.hub_id == hub_id;
        Ok(if is_same { Self { hub_id: hub_id.to_owned(), ..pins } } else { Self::none(hub_id) })
    }

    fn none(hub_id: &str) -> Self {
        Self { hub_id: hub_id.to_owned(), trees: Vec::new() }
    }

    /// The largest tree.
    pub(super) fn newest(&self) -> Option<Known> {
        self.trees.last().and_then(Pin::known)
    }

    /// The tree of this size, if it is known.
    pub(super) fn at(&self, tree_size: u64) -> Option<Known> {
        self.trees.iter().find(|pin| pin.tree_size == tree_size).and_then(Pin::known)
    }

    /// Those from which the largest has not been proven to go on.
    pub(super) fn others(&self) -> impl Iterator<Item = Known> {
        let others = self.trees.len().saturating_sub(1);
        self.trees[..others].iter().filter_map(Pin::known)
    }

    /// Adds a tree; it need not be proven to go on from the others.
    pub(super) fn add(home: &Home, hub_id: &str, pin: Pin) -> Result<(), Error> {
        change(home, |home| {
            let mut pins = Self::read(home, hub_id)?;
            let is_known = |known: &Pin| known.tree_size == pin.tree_size && known.root == pin.root;
            if pins.trees.iter().any(is_known) {
                return Ok(());
            }
            pins.trees.push(pin);
            pins.trees.sort_by_key(|pin| pin.tree_size);
            files::write_json(&path(home), &pins, Access::Usual)
        })
    }

    /// Puts a tree that was proven to go on from all of these in their place. Not if others came since: then it says
    /// so, and the proof must be had anew.
    pub(super) fn replace(&self, home: &Home, pin: Pin) -> Result<bool, Error> {
        change(home, |home| {
            if Self::read(home, &self.hub_id)? != *self {
                return Ok(false);
            }
            let is_same = self.trees.len() == 1
                && self.trees[0].tree_size == pin.tree_size
                && self.trees[0].root == pin.root;
            if !is_same {
                let pins = Self { hub_id: self.hub_id.clone(), trees: vec![pin] };
                files::write_json(&path(home), &pins, Access::Usual)?;
            }
            Ok(true)
        })
    }
}

/// Where the trees are kept.
pub(super) fn path(home: &Home) -> PathBuf {
    home.path(FILE)
}

/// One process at a time; never across a call to the hub.
fn change<T>(home: &Home, change: impl FnOnce(&Home) -> Result<T, Error>) -> Result<T, Error> {
    files::create_folder(home.folder())?;
    let path = home.path(LOCK);
    let lock = locked(&path).map_err(Error::file(&path))?;
    let changed = change(home);
    drop(lock);
    changed
}

fn locked(path: &Path) -> std::io::Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    file.lock()?;
    Ok(file)
}
