//! Receipts: what a hub said of a submission, and what can be proven of it without the hub.

use prost::Message;

use crate::block::Digest;
use crate::signing::{HEADER_CONTEXT, RECEIPT_CONTEXT};
use crate::v1::{self, record::What};

use super::hash::TreeHash;
use super::history::Known;
use super::leaf::{LeafError, leaf_hash};
use super::signature::{KeyAnswer, KeyRing, signed_by};
use super::verify::{ProofError, verify_inclusion};

/// A receipt that the hub has signed, and how much it says.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedReceipt {
    /// What the hub signed.
    pub body: v1::ReceiptBody,
    /// The record in the hub's history.
    pub log: LogProof,
    /// The record itself.
    pub record: RecordProof,
}

impl CheckedReceipt {
    /// The key that signed the header, by the hub's record; nothing if the record does not come with the receipt.
    pub fn signing_key(&self) -> Option<&[u8]> {
        match &self.record {
            RecordProof::Accepts(accepted) => Some(&accepted.contents.as_ref()?.signing_key),
            RecordProof::None => None,
        }
    }
}

/// What a receipt proves of the hub's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogProof {
    /// Nothing: it is of a time before the hub kept a tree.
    None,
    /// A leaf with this hash is the last of this tree.
    Included {
        /// The leaf.
        leaf: TreeHash,
        /// The tree.
        tree: Known,
    },
}

/// What a receipt proves of the record that it is about.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordProof {
    /// Nothing: the record does not come with it.
    None,
    /// The leaf is the record that accepts this submission.
    Accepts(Box<v1::Accepted>),
}

/// A receipt does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The key.
    #[error("it is signed with a key that is not known to be the hub's")]
    KeyUnknown,
    /// The signature.
    #[error("its signature is not the hub's")]
    Signature,
    /// The message.
    #[error("it cannot be read, though it is signed")]
    Unreadable,
    /// The hub.
    #[error("it is of another hub")]
    OtherHub,
    /// The proof.
    #[error("its record is not where it says in the hub's history: {0}")]
    NotIncluded(ProofError),
    /// The place.
    #[error("its record is the last of its history by one number and not by another")]
    NotLast,
    /// The record.
    #[error("the record that comes with it is not the one that the hub signed for: {0}")]
    Leaf(#[from] LeafError),
    /// The record is another.
    #[error("the record that comes with it is not the one that the hub signed for")]
    OtherRecord,
    /// What the record says.
    #[error("the record in the hub's history is about another submission than the receipt")]
    OtherSubmission,
    /// The header.
    #[error("the header that comes with it is not the one that the hub accepted")]
    OtherHeader,
    /// The office's signature.
    #[error("the signature of the header is not by the key that the hub's record names")]
    HeaderSignature,
}

/// Checks a receipt of the hub with this id as far as it goes; an older one says less, and that is no error.
pub fn check_receipt(
    receipt: &v1::Receipt,
    hub_id: &str,
    keys: &KeyRing,
) -> Result<CheckedReceipt, ReceiptError> {
    match keys.verify(&receipt.hub_key_id, RECEIPT_CONTEXT, &receipt.body, &receipt.signature) {
        KeyAnswer::Unknown => return Err(ReceiptError::KeyUnknown),
        KeyAnswer::NotSigned => return Err(ReceiptError::Signature),
        KeyAnswer::Signed => {}
    }
    let body = v1::ReceiptBody::decode(&receipt.body[..]).map_err(|_| ReceiptError::Unreadable)?;
    if body.hub_id != hub_id {
        return Err(ReceiptError::OtherHub);
    }
    let log = log_proof(&body)?;
    let record = match (&receipt.record, log) {
        (Some(record), LogProof::Included { leaf, .. }) => match check_record(record, &body)? {
            (found, accepted) if found == leaf => RecordProof::Accepts(Box::new(accepted)),
            _ => return Err(ReceiptError::OtherRecord),
        },
        _ => RecordProof::None,
    };
    Ok(CheckedReceipt { body, log, record })
}

fn log_proof(body: &v1::ReceiptBody) -> Result<LogProof, ReceiptError> {
    let Some(place) = &body.log else { return Ok(LogProof::None) };
    let hash = |field: &[u8]| TreeHash::from_slice(field).ok_or(ReceiptError::Unreadable);
    let (root, leaf) = (hash(&place.root)?, hash(&place.leaf_hash)?);
    let proof = TreeHash::list(&place.inclusion).ok_or(ReceiptError::Unreadable)?;
    if body.position.checked_add(1) != Some(body.tree_size) {
        return Err(ReceiptError::NotLast);
    }
    verify_inclusion(leaf, body.position, body.tree_size, &proof, root).map_err(ReceiptError::NotIncluded)?;
    Ok(LogProof::Included { leaf, tree: Known { tree_size: body.tree_size, root } })
}

/// Checks that a record is the one by which the submission of a receipt was accepted. Gives the hash of its leaf: that
/// the leaf is in the hub's history is for others to prove.
pub fn check_record(
    record: &v1::LogRecord,
    body: &v1::ReceiptBody,
) -> Result<(TreeHash, v1::Accepted), ReceiptError> {
    if record.position != body.position {
        return Err(ReceiptError::OtherRecord);
    }
    let leaf = leaf_hash(record)?;
    let message = v1::Record::decode(&record.record[..]).map_err(|_| ReceiptError::OtherRecord)?;
    let Some(What::Accepted(accepted)) = message.what else { return Err(ReceiptError::OtherSubmission) };
    let contents = accepted.contents.as_ref().ok_or(ReceiptError::OtherSubmission)?;
    let lane = body.lane.as_ref();
    let is_same = contents.submission_id == body.submission_id
        && lane.is_some_and(|lane| lane.dataflow == contents.dataflow && lane.provider == contents.provider)
        && contents.manifest_digest == body.manifest_digest
        && contents.header_digest == body.header_digest
        && contents.report_digest == body.report_digest
        && accepted.vintage_manifest_digest == body.vintage_manifest_digest;
    if is_same { Ok((leaf, accepted)) } else { Err(ReceiptError::OtherSubmission) }
}

/// Checks a signed header against a receipt that holds: that it is the one that was accepted, and signed by the key
/// that the record names. Gives the header.
pub fn check_header(
    signed: &v1::SignedHeader,
    signing_key: &[u8],
    receipt: &CheckedReceipt,
) -> Result<v1::SubmissionHeader, ReceiptError> {
    if receipt.body.header_digest[..] != Digest::of(&signed.header).0[..] {
        return Err(ReceiptError::OtherHeader);
    }
    if receipt.signing_key().is_some_and(|recorded| recorded != signing_key) {
        return Err(ReceiptError::HeaderSignature);
    }
    if !signed_by(signing_key, HEADER_CONTEXT, &signed.header, &signed.signature) {
        return Err(ReceiptError::HeaderSignature);
    }
    let header = v1::SubmissionHeader::decode(&signed.header[..]).map_err(|_| ReceiptError::Unreadable)?;
    let body = &receipt.body;
    let is_same = header.submission_id == body.submission_id
        && header.hub_id == body.hub_id
        && header.lane == body.lane
        && header.manifest_digest == body.manifest_digest;
    if is_same { Ok(header) } else { Err(ReceiptError::OtherHeader) }
}
