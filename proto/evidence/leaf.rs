//! What a leaf of the tree is made of.

use crate::convert::timestamp;
use crate::v1;

use super::hash::TreeHash;

/// Bytes of a salt.
const SALT_BYTES: usize = 32;
/// Of a millisecond, which is as fine as effective times are.
const NANOSECONDS: i32 = 1_000_000;

/// A message is no record of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// The salt.
    #[error("a log record has a salt of {0} bytes, and it must have {SALT_BYTES}")]
    Salt(usize),
    /// The time.
    #[error("a log record has no effective time, or one that is not of whole milliseconds")]
    Time,
}

/// The bytes of a leaf: salt, effective time in milliseconds since 1970 as 8 bytes with the highest first, record.
pub fn leaf_bytes(salt: &[u8; SALT_BYTES], effective_ms: i64, record: &[u8]) -> Vec<u8> {
    [&salt[..], &effective_ms.to_be_bytes(), record].concat()
}

/// Hash of the leaf of a record.
pub fn leaf_hash(record: &v1::LogRecord) -> Result<TreeHash, LeafError> {
    let salt = record.salt[..].try_into().map_err(|_| LeafError::Salt(record.salt.len()))?;
    let time = record.effective_time.as_ref().filter(|time| time.nanos % NANOSECONDS == 0);
    let time = time.ok_or(LeafError::Time)?;
    Ok(TreeHash::leaf(&leaf_bytes(salt, timestamp(time), &record.record)))
}
