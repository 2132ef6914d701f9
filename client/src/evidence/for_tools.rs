//! The same evidence as files for openssl and sha256sum: what was signed with its context before it, the signature, the
//! key. docs/evidence.md says how to check them.

use std::path::Path;

use data_encoding::BASE64;
use mighub::evidence::leaf_bytes;
use mighub::signing::{HEADER_CONTEXT, LOG_HEAD_CONTEXT, RECEIPT_CONTEXT, signed_bytes};
use mighub::v1;

use super::file::Papers;
use crate::error::Error;
use crate::home::files::{self, Access};

/// An Ed25519 key in SubjectPublicKeyInfo (RFC 8410) is these bytes and the key.
const ED25519_INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Writes what there is of each into a folder.
pub(super) fn write(folder: &Path, papers: &Papers) -> Result<(), Error> {
    let put = |name: &str, content: &[u8]| files::write(&folder.join(name), content, Access::Usual);
    put("header.signed", &signed_bytes(HEADER_CONTEXT, &papers.header.header))?;
    put("header.sig", &papers.header.signature)?;
    put("office-key.pem", pem(&papers.signing_key).as_bytes())?;
    put("receipt.signed", &signed_bytes(RECEIPT_CONTEXT, &papers.receipt.body))?;
    put("receipt.sig", &papers.receipt.signature)?;
    if let Some(key) = key(papers, &papers.receipt.hub_key_id) {
        put("hub-key.pem", pem(key).as_bytes())?;
    }
    if let Some(leaf) = papers.receipt.record.as_ref().and_then(leaf) {
        put("leaf", &leaf)?;
    }
    let Some(later) = &papers.later else { return Ok(()) };
    put("head.signed", &signed_bytes(LOG_HEAD_CONTEXT, &later.head.head))?;
    put("head.sig", &later.head.signature)?;
    match key(papers, &later.head.hub_key_id) {
        Some(key) if later.head.hub_key_id != papers.receipt.hub_key_id => {
            put("hub-key-of-head.pem", pem(key).as_bytes())
        }
        _ => Ok(()),
    }
}

fn key<'p>(papers: &'p Papers, key_id: &[u8]) -> Option<&'p Vec<u8>> {
    papers.hub_keys.iter().find(|key| mighub::block::Digest::of(key).0[..] == *key_id)
}

fn leaf(record: &v1::LogRecord) -> Option<Vec<u8>> {
    let salt = record.salt[..].try_into().ok()?;
    let time = mighub::convert::timestamp(record.effective_time.as_ref()?);
    Some(leaf_bytes(salt, time, &record.record))
}

fn pem(key: &[u8]) -> String {
    let info = BASE64.encode(&[&ED25519_INFO, key].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{info}\n-----END PUBLIC KEY-----\n")
}
