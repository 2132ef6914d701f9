//! The leaves: a record with a salt that nobody can guess, because hashes of leaves go to everybody.

use mighub::evidence::{TreeHash, leaf_bytes};
use mighub::v1;

use crate::hub::moment::Moment;

/// Context of the key of salts; other uses of the hub's secret have other contexts.
const SALT_CONTEXT: &str = "mighub 1 salts of log leaves";

/// Makes leaves of records.
#[derive(Clone)]
pub(in crate::hub) struct Leaves {
    salt_key: [u8; 32],
}

impl Leaves {
    /// Those of a hub with this secret, which the founding record holds: the journal alone gives them again.
    pub(in crate::hub) fn of_secret(hub_secret: &[u8; 32]) -> Self {
        Self { salt_key: blake3::derive_key(SALT_CONTEXT, hub_secret) }
    }

    /// Hash of the leaf of a record.
    pub(in crate::hub) fn hash(&self, position: u64, effective: Moment, record: &[u8]) -> TreeHash {
        TreeHash::leaf(&leaf_bytes(&self.salt(position, effective, record), effective.0, record))
    }

    /// A record with all that its leaf is made of: whoever has it can see that the leaf is this record.
    pub(in crate::hub) fn log_record(
        &self,
        position: u64,
        effective: Moment,
        record: &[u8],
    ) -> v1::LogRecord {
        v1::LogRecord {
            position,
            salt: self.salt(position, effective, record).to_vec().into(),
            effective_time: Some(effective.to_message()),
            record: record.to_vec().into(),
        }
    }

    fn salt(&self, position: u64, effective: Moment, record: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.salt_key);
        hasher.update(&position.to_be_bytes()).update(&effective.0.to_be_bytes()).update(record);
        *hasher.finalize().as_bytes()
    }
}
