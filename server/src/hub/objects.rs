//! Contents that records name by digest: manifests, pages, headers, reports, structures, receipts.

use bytes::Bytes;
use mighub::block::Digest;
use mighub_store::{Name, Object, Store};

use super::refusal::Refusal;

/// Receipts are found by their record: their signature cannot be known before.
const RECEIPT_CONTEXT: &[u8] = b"mighub receipt 1";

/// An object and the digest that names it.
pub(super) fn object(bytes: impl Into<Bytes>) -> (Digest, Object) {
    let bytes = bytes.into();
    let digest = Digest::of(&bytes);
    (digest, Object { name: Name(digest.0), bytes })
}

/// The content that a record names.
pub(super) fn content(store: &Store, digest: &[u8]) -> Result<Bytes, Refusal> {
    let digest = Digest::from_slice(digest).ok_or_else(|| Refusal::internal("a record names no digest"))?;
    Ok(store.object(&Name(digest.0))?)
}

/// The name of the receipt for a record. The record is part of it: what was left of a batch whose record never came
/// must not pass for the receipt of another that stands there instead.
pub(super) fn receipt_name(position: u64, record: &[u8]) -> Name {
    let mut hasher = blake3::Hasher::new();
    hasher.update(RECEIPT_CONTEXT).update(&position.to_le_bytes()).update(record);
    Name(*hasher.finalize().as_bytes())
}
