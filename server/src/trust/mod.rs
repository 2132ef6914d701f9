//! Identity: the certificate authority, the hub's own keys, names in certificates, key files.
//!
//! What lives here: who somebody is, proven by a certificate or a signature. What must not: what they may do
//! (that is `hub`'s) and connections (those are `door`'s).

pub mod authority;
pub mod files;
pub mod keys;
pub mod name;
pub mod request;
pub mod signer;

pub use authority::{Authority, AuthorityError, Issued, Purpose};
pub use files::FileError;
pub use keys::{HubKeys, KeysError};
pub use name::{AgencyName, NameError};
pub use request::RequestError;
pub use signer::{HubSigner, SignerError};

/// SHA-256 of a certificate in DER: the name under which the journal keeps it.
pub fn fingerprint(certificate: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}
