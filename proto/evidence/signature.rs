//! Signatures, and the keys that are trusted for them.

use ring::signature::{ED25519, UnparsedPublicKey};

use crate::block::Digest;
use crate::signing::signed_bytes;
use crate::v1;

/// Whether `signature` is that of `message` by `public_key`, made in this context (Ed25519, RFC 8032).
pub fn signed_by(public_key: &[u8], context: &str, message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public_key).verify(&signed_bytes(context, message), signature).is_ok()
}

/// Keys of a hub that are known to be its own. Whoever fills it decides on whom the checks rely.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRing(Vec<Vec<u8>>);

impl KeyRing {
    /// Whether a signature that names this key is by a key of the ring.
    pub(super) fn verify(&self, key_id: &[u8], context: &str, message: &[u8], signature: &[u8]) -> KeyAnswer {
        // The name of a key is its digest, so that a key cannot go by another's name.
        match self.0.iter().find(|key| Digest::of(key).0[..] == *key_id) {
            None => KeyAnswer::Unknown,
            Some(key) if signed_by(key, context, message, signature) => KeyAnswer::Signed,
            Some(_) => KeyAnswer::NotSigned,
        }
    }

    /// Whether there is a key with this digest.
    pub fn knows(&self, key_id: &[u8]) -> bool {
        self.0.iter().any(|key| Digest::of(key).0[..] == *key_id)
    }

    /// The keys, Ed25519, 32 bytes each.
    pub fn keys(&self) -> &[Vec<u8>] {
        &self.0
    }
}

impl FromIterator<Vec<u8>> for KeyRing {
    fn from_iter<T: IntoIterator<Item = Vec<u8>>>(keys: T) -> Self {
        Self(keys.into_iter().collect())
    }
}

impl<'k> FromIterator<&'k v1::HubKey> for KeyRing {
    fn from_iter<T: IntoIterator<Item = &'k v1::HubKey>>(keys: T) -> Self {
        keys.into_iter().map(|key| key.public_key.to_vec()).collect()
    }
}

/// What a ring says of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyAnswer {
    /// The key is not in the ring.
    Unknown,
    /// The signature is not the key's.
    NotSigned,
    /// It is.
    Signed,
}
