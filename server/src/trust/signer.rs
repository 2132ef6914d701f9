//! The key with which the hub signs receipts.

use std::fmt;
use std::path::Path;

use rcgen::{KeyPair, PKCS_ED25519};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use zeroize::{Zeroize, Zeroizing};

use super::files::{self, FileError};

/// Signs what the hub gives its word for. Ed25519 (RFC 8032).
pub struct HubSigner {
    key: Ed25519KeyPair,
    public_key: [u8; 32],
}

/// The signing key is not usable.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// Its file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file holds something else.
    #[error(
        "{path} is not an Ed25519 key in PKCS#8: restore it from its copy; old receipts stay valid, new ones need this key"
    )]
    NotAKey {
        /// The file.
        path: String,
    },
    /// No key could be made.
    #[error("no signing key could be made: {0}")]
    Make(#[from] rcgen::Error),
}

impl HubSigner {
    /// Makes a new key and writes it to `path`.
    pub fn create(path: &Path) -> Result<Self, SignerError> {
        let key = KeyPair::generate_for(&PKCS_ED25519)?;
        files::write_secret(path, Zeroizing::new(key.serialize_pem()).as_bytes())?;
        Self::open(path)
    }

    /// Reads the key from `path`.
    pub fn open(path: &Path) -> Result<Self, SignerError> {
        let not_a_key = || SignerError::NotAKey { path: path.display().to_string() };
        let pem = files::read_secret(path)?;
        let mut der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| not_a_key())?;
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der());
        der.zeroize();
        let key = key.map_err(|_| not_a_key())?;
        let public_key = key.public_key().as_ref().try_into().map_err(|_| not_a_key())?;
        Ok(Self { key, public_key })
    }

    /// The signature of `message`, which begins with the context of what is signed
    /// ([`mighub::signing::signed_bytes`]).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).as_ref().try_into().expect("an Ed25519 signature has 64 bytes")
    }

    /// The public key, against which receipts are checked.
    pub fn public_key(&self) -> [u8; 32] {
        self.public_key
    }

    /// BLAKE3 digest of the public key: how receipts name it.
    pub fn key_id(&self) -> [u8; 32] {
        *blake3::hash(&self.public_key).as_bytes()
    }
}

impl fmt::Debug for HubSigner {
    /// Without the private key, which must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubSigner")
            .field("public_key", &data_encoding::HEXLOWER.encode(&self.public_key))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use mighub::signing::{RECEIPT_CONTEXT, signed_bytes};
    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_key_read_back_signs_as_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("signing.key");
        let made = HubSigner::create(&path).expect("a key");
        let message = signed_bytes(RECEIPT_CONTEXT, b"a receipt");
        let signature = HubSigner::open(&path).expect("the key").sign(&message);
        assert_eq!(signature, made.sign(&message));
        assert!(UnparsedPublicKey::new(&ED25519, made.public_key()).verify(&message, &signature).is_ok());
    }

    #[test]
    fn what_is_shown_of_a_key_is_not_the_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("signing.key");
        let shown = format!("{:?}", HubSigner::create(&path).expect("a key"));
        let pem = files::read_secret(&path).expect("read");
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).expect("a key");
        let seed = seed_of(der.secret_pkcs8_der());
        for secret in [
            data_encoding::HEXLOWER.encode(seed),
            data_encoding::BASE64.encode(seed),
            format!("{seed:?}"),
            format!("{seed:x?}"),
        ] {
            assert!(!shown.contains(&secret) && !shown.contains(&secret[1..secret.len() - 1]), "{shown}");
        }
        assert!(shown.contains("public_key"), "{shown}");
    }

    /// The 32 bytes of the private key: the octet string within the octet string (RFC 8410, 7).
    fn seed_of(pkcs8: &[u8]) -> &[u8] {
        let place = pkcs8.windows(4).position(|bytes| bytes == [0x04, 0x22, 0x04, 0x20]).expect("a seed");
        &pkcs8[place + 4..place + 36]
    }

    #[test]
    fn another_file_is_not_taken_for_a_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("signing.key");
        let other = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key").serialize_pem();
        for content in ["", "not a key", &other] {
            files::write_secret(&path, content.as_bytes()).expect("written");
            assert!(matches!(HubSigner::open(&path), Err(SignerError::NotAKey { .. })), "{content:?}");
        }
    }
}
