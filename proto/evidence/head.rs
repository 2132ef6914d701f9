//! Log heads: the hub's word for its whole history.

use prost::Message;

use crate::signing::LOG_HEAD_CONTEXT;
use crate::v1;

use super::hash::TreeHash;
use super::signature::{KeyAnswer, KeyRing};

/// A head that the hub has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedHead {
    /// The hub.
    pub hub_id: String,
    /// Number of records.
    pub tree_size: u64,
    /// Root of their tree.
    pub root: TreeHash,
    /// When it was signed, milliseconds since 1970, by the hub's clock.
    pub time_ms: i64,
}

/// A head is not the hub's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The key.
    #[error("the log head is signed with a key that is not known to be the hub's")]
    KeyUnknown,
    /// The signature.
    #[error("the signature of the log head is not the hub's")]
    Signature,
    /// The message.
    #[error("the log head cannot be read, though it is signed")]
    Unreadable,
    /// The hub.
    #[error("the log head is of another hub")]
    OtherHub,
}

/// Checks that a head is the word of the hub with this id.
pub fn check_head(head: &v1::SignedLogHead, hub_id: &str, keys: &KeyRing) -> Result<CheckedHead, HeadError> {
    match keys.verify(&head.hub_key_id, LOG_HEAD_CONTEXT, &head.head, &head.signature) {
        KeyAnswer::Unknown => return Err(HeadError::KeyUnknown),
        KeyAnswer::NotSigned => return Err(HeadError::Signature),
        KeyAnswer::Signed => {}
    }
    let message = v1::LogHead::decode(&head.head[..]).map_err(|_| HeadError::Unreadable)?;
    if message.hub_id != hub_id {
        return Err(HeadError::OtherHub);
    }
    let root = TreeHash::from_slice(&message.root).ok_or(HeadError::Unreadable)?;
    let time = message.time.as_ref().ok_or(HeadError::Unreadable)?;
    let time_ms = crate::convert::timestamp(time);
    Ok(CheckedHead { hub_id: message.hub_id, tree_size: message.tree_size, root, time_ms })
}
