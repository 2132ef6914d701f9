//! Requests for certificates (PKCS#10, RFC 2986): what an office hands in to have its keys certified.

use rcgen::{PKCS_ED25519, PublicKeyData, SubjectPublicKeyInfo};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

/// A request with an Ed25519 key holds some 200 bytes; one beyond this is not looked at.
pub const REQUEST_BYTES_MAX: usize = 8 * 1024;
/// Bytes of an Ed25519 public key.
const KEY_BYTES: usize = 32;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not a request at all, or something around it.
    #[error("it is not exactly one PKCS#10 request in DER: {0}")]
    NotARequest(String),
    /// Whoever made it does not hold the key.
    #[error("it is not signed with the key it holds")]
    NotSignedByItsKey,
    /// Another kind of key.
    #[error("its key is not an Ed25519 key")]
    NotEd25519,
}

/// A key that whoever made the request holds. Names and extensions of the request are dropped here: nobody
/// names himself.
#[derive(Debug)]
pub struct RequestedKey {
    key: SubjectPublicKeyInfo,
}

impl RequestedKey {
    /// The key of a request.
    pub fn read(der: &[u8]) -> Result<Self, RequestError> {
        let not_a_request = |reason: String| RequestError::NotARequest(reason);
        if der.len() > REQUEST_BYTES_MAX {
            return Err(not_a_request(format!("it has {} bytes, more than {REQUEST_BYTES_MAX}", der.len())));
        }
        let (rest, request) =
            X509CertificationRequest::from_der(der).map_err(|error| not_a_request(error.to_string()))?;
        if !rest.is_empty() {
            return Err(not_a_request(format!("{} bytes follow it", rest.len())));
        }
        request.verify_signature().map_err(|_| RequestError::NotSignedByItsKey)?;
        // rcgen refuses extensions that it does not know; those are not heeded anyway, so only the key is read.
        let key = SubjectPublicKeyInfo::from_der(request.certification_request_info.subject_pki.raw)
            .map_err(|_| RequestError::NotEd25519)?;
        if key.algorithm() != &PKCS_ED25519 || key.der_bytes().len() != KEY_BYTES {
            return Err(RequestError::NotEd25519);
        }
        Ok(Self { key })
    }

    /// The 32 bytes of the public key.
    pub fn bytes(&self) -> [u8; KEY_BYTES] {
        self.key.der_bytes().try_into().expect("read() has seen 32 bytes")
    }

    /// For the authority.
    pub(super) fn info(&self) -> &SubjectPublicKeyInfo {
        &self.key
    }
}
