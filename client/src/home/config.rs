//! What an office knows of its hub and of itself.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use mighub::evidence::KeyRing;
use mighub::v1;
use serde::{Deserialize, Serialize};

/// The file `config.json`: written at enrolment, may be edited by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Address of the hub, such as `hub.example.org:8443`.
    pub hub: String,
    /// Name that the hub's certificate must carry; mostly the host of `hub`.
    pub server_name: String,
    /// Id of the hub: part of all that is signed for it.
    pub hub_id: String,
    /// Agency whose home this is.
    pub agency: String,
    /// Name of this application of the agency.
    pub application: String,
    /// Person who sends, if no other is named.
    #[serde(default)]
    pub person: String,
    /// When the certificates end.
    #[serde(with = "time")]
    pub not_after: Timestamp,
    /// Digest of the signing public key, hexadecimal.
    pub signing_key_id: String,
    /// Keys with which the hub signs receipts.
    #[serde(default)]
    pub hub_keys: Vec<HubKey>,
}

/// A key with which the hub signs receipts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubKey {
    /// BLAKE3 digest of the key, hexadecimal.
    pub key_id: String,
    /// Ed25519 public key, hexadecimal.
    pub public_key: String,
}

impl Config {
    /// The hub's keys, to check its words with.
    pub(crate) fn key_ring(&self) -> KeyRing {
        self.hub_keys.iter().filter_map(|key| HEXLOWER.decode(key.public_key.as_bytes()).ok()).collect()
    }

    /// The hub's key with this id, 32 bytes, if it is known.
    pub fn hub_key(&self, key_id: &[u8]) -> Option<Vec<u8>> {
        let id = HEXLOWER.encode(key_id);
        let key = self.hub_keys.iter().find(|key| key.key_id == id)?;
        HEXLOWER.decode(key.public_key.as_bytes()).ok()
    }

    /// Keeps keys of the hub beside those that are known: old receipts need old keys.
    pub(crate) fn know(&mut self, keys: impl IntoIterator<Item = HubKey>) {
        for key in keys {
            self.hub_keys.retain(|known| known.key_id != key.key_id);
            self.hub_keys.push(key);
        }
    }
}

impl From<&v1::HubKey> for HubKey {
    fn from(key: &v1::HubKey) -> Self {
        Self { key_id: HEXLOWER.encode(&key.key_id), public_key: HEXLOWER.encode(&key.public_key) }
    }
}

/// Instants as RFC 3339 text.
mod time {
    use jiff::Timestamp;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
