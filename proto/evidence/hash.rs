//! Hashes of the tree (RFC 9162, 2.1.1). Of SHA-256, unlike the digests that name contents, so that tools for
//! transparency logs can check them.

use std::fmt;

use bytes::Bytes;
use ring::digest::{Context, SHA256};

/// Keeps the hash of a leaf from passing for that of a node.
const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// SHA-256 of a leaf, a node, or a whole tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreeHash(pub [u8; 32]);

impl TreeHash {
    /// Root of the tree without leaves.
    pub fn empty() -> Self {
        Self::of_parts(&[])
    }

    /// Hash of a leaf.
    pub fn leaf(bytes: &[u8]) -> Self {
        Self::of_parts(&[&LEAF, bytes])
    }

    /// Hash of the node over two others.
    pub fn node(left: Self, right: Self) -> Self {
        Self::of_parts(&[&NODE, &left.0, &right.0])
    }

    /// A hash from a message field, which must have 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Hashes from a repeated message field.
    pub fn list(fields: &[Bytes]) -> Option<Vec<Self>> {
        fields.iter().map(|field| Self::from_slice(field)).collect()
    }

    /// For a message field.
    pub fn to_bytes(self) -> Bytes {
        Bytes::copy_from_slice(&self.0)
    }

    fn of_parts(parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        parts.iter().for_each(|part| context.update(part));
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }
}

impl fmt::Display for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
