//! The two private keys. They are wiped from memory when they are no longer needed, and never shown.

use std::fmt;
use std::path::Path;

use mighub::block::Digest;
use mighub::signing::{HEADER_CONTEXT, signed_bytes};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use zeroize::Zeroizing;

use super::files::{self, Access};
use crate::error::Error;

/// An Ed25519 private key of an office.
pub struct PrivateKey {
    /// PKCS#8, DER.
    der: Zeroizing<Vec<u8>>,
}

impl PrivateKey {
    /// A new key.
    pub fn generate() -> Result<Self, Error> {
        let random = ring::rand::SystemRandom::new();
        let document =
            Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| Error::Key("no randomness".to_owned()))?;
        Ok(Self { der: Zeroizing::new(document.as_ref().to_vec()) })
    }

    /// Reads a key from its PEM file; nothing if there is no file.
    pub fn open(path: &Path) -> Result<Option<Self>, Error> {
        if files::others_may_read(path) {
            return Err(Error::Exposed { path: path.to_owned() });
        }
        let Some(pem) = files::read_if_there(path)?.map(Zeroizing::new) else { return Ok(None) };
        let damaged = |reason: String| Error::Damaged {
            path: path.to_owned(),
            reason,
            remedy: "restore it from its copy, or enrol again with a new token",
        };
        let der = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|error| damaged(error.to_string()))?;
        let key = Self { der: Zeroizing::new(der.secret_pkcs8_der().to_vec()) };
        key.pair().map_err(|error| damaged(error.to_string()))?;
        Ok(Some(key))
    }

    /// Writes the key to a file that only its owner may read.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let encoded = Zeroizing::new(data_encoding::BASE64.encode(&self.der));
        let mut pem = Zeroizing::new(String::from("-----BEGIN PRIVATE KEY-----\n"));
        // RFC 7468: 64 characters a line.
        for line in encoded.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        files::write(path, pem.as_bytes(), Access::OwnerOnly)
    }

    /// PKCS#8 in DER, for a TLS library that takes a copy of its own.
    pub(crate) fn pkcs8(&self) -> PrivatePkcs8KeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.der.to_vec())
    }

    /// A request to certify this key (PKCS#10, DER). The hub heeds no name in it.
    pub(crate) fn certificate_request(&self) -> Result<Vec<u8>, Error> {
        let refuse = |error: rcgen::Error| Error::Key(error.to_string());
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&self.pkcs8(), &PKCS_ED25519).map_err(refuse)?;
        let params = CertificateParams::new(Vec::new()).map_err(refuse)?;
        Ok(params.serialize_request(&pair).map_err(refuse)?.der().to_vec())
    }

    /// BLAKE3 digest of the public key.
    pub fn id(&self) -> Result<Digest, Error> {
        Ok(Digest::of(&self.public_key()?))
    }

    /// The public key, 32 bytes.
    pub fn public_key(&self) -> Result<Vec<u8>, Error> {
        Ok(self.pair()?.public_key().as_ref().to_vec())
    }

    /// Signs the bytes of a submission's header.
    pub(crate) fn sign_header(&self, header: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.pair()?.sign(&signed_bytes(HEADER_CONTEXT, header)).as_ref().to_vec())
    }

    fn pair(&self) -> Result<Ed25519KeyPair, Error> {
        Ed25519KeyPair::from_pkcs8(&self.der)
            .map_err(|error| Error::Key(format!("not an Ed25519 key: {error}")))
    }
}

impl fmt::Debug for PrivateKey {
    /// Without the key, which must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_from_its_file_and_only_its_owner_may() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("signing.key");
        let key = PrivateKey::generate().expect("a key");
        key.save(&path).expect("saved");
        let read = PrivateKey::open(&path).expect("readable").expect("there");
        assert_eq!(read.id().expect("id"), key.id().expect("id"));
        assert_eq!(format!("{read:?}"), "PrivateKey(…)");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).expect("metadata").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("changed");
            let refused = PrivateKey::open(&path).expect_err("it is no secret any more");
            assert!(matches!(refused, Error::Exposed { .. }), "{refused}");
        }
    }

    #[test]
    fn a_request_holds_the_key_and_is_signed_by_it() {
        use x509_parser::prelude::FromDer;
        let key = PrivateKey::generate().expect("a key");
        let request = key.certificate_request().expect("a request");
        let (_, request) = x509_parser::certification_request::X509CertificationRequest::from_der(&request)
            .expect("PKCS#10");
        request.verify_signature().expect("signed by its key");
        let public = &request.certification_request_info.subject_pki.subject_public_key.data;
        assert_eq!(Digest::of(public), key.id().expect("id"));
    }
}
