//! A witness's copy of the log: the hashes of all leaves, and the newest head that the hub has signed for them, as
//! `mighub-server export-log` writes them.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use mighub::evidence::{CheckedHead, Frontier, KeyRing, Known, TreeHash, check_head};
use mighub::v1;
use serde::Deserialize;

use super::file::Base64;
use crate::error::Error;
use crate::home::files;

/// The newest head.
const HEAD: &str = "head.json";
/// 32 bytes of each leaf.
const LEAVES: &str = "leaves";
const REMEDY: &str = "take it from the witness again";

/// What a witness holds.
#[derive(Debug)]
pub(super) struct Witness {
    pub(super) head: CheckedHead,
    leaves: Option<PathBuf>,
}

/// `head.json`.
#[derive(Deserialize)]
struct Written {
    signed: Base64,
    signature: Base64,
    hub_key_id: Base64,
}

impl Witness {
    /// Reads a head, or a folder with a head and leaves. The reason is given where the head is not the hub's.
    pub(super) fn read(path: &Path, hub_id: &str, keys: &KeyRing) -> Result<Result<Self, String>, Error> {
        let folder = path.is_dir().then(|| path.to_owned());
        let path = folder.as_ref().map_or_else(|| path.to_owned(), |folder| folder.join(HEAD));
        let not_there = || Error::file(&path)(std::io::ErrorKind::NotFound.into());
        let written: Written = files::read_json(&path, REMEDY)?.ok_or_else(not_there)?;
        let head = v1::SignedLogHead {
            head: written.signed.0.into(),
            signature: written.signature.0.into(),
            hub_key_id: written.hub_key_id.0.into(),
        };
        let leaves = folder.map(|folder| folder.join(LEAVES)).filter(|leaves| leaves.is_file());
        Ok(check_head(&head, hub_id, keys)
            .map(|head| Self { head, leaves })
            .map_err(|error| error.to_string()))
    }

    /// The root that the witness's leaves have at some size, and whether they have the root that the hub signed.
    /// Nothing if there are no leaves.
    pub(super) fn roots(&self, size: u64) -> Result<Option<(TreeHash, bool)>, Error> {
        let Some(path) = &self.leaves else { return Ok(None) };
        let mut file = BufReader::new(File::open(path).map_err(Error::file(path))?);
        let (mut tree, mut at_size) = (Frontier::default(), TreeHash::empty());
        while tree.size() < self.head.tree_size {
            let mut leaf = [0; 32];
            file.read_exact(&mut leaf).map_err(Error::file(path))?;
            tree.push(TreeHash(leaf));
            if tree.size() == size {
                at_size = tree.root();
            }
        }
        Ok(Some((at_size, tree.root() == self.head.root)))
    }

    /// The tree that the hub signed for.
    pub(super) fn known(&self) -> Known {
        Known { tree_size: self.head.tree_size, root: self.head.root }
    }
}
