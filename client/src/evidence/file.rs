//! The file of a receipt: in words for people, and in the very bytes that were signed for programs. The same in the
//! home's `receipts/` and in a folder for an auditor.

use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use mighub::block::Digest;
use mighub::signing::{HEADER_CONTEXT, LOG_HEAD_CONTEXT, RECEIPT_CONTEXT};
use mighub::v1;
use prost::Message;
use prost::bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::clock;
use crate::error::Error;
use crate::home::Home;
use crate::home::files::{self, Access};

/// Name of the file in a folder.
pub(super) const RECEIPT: &str = "receipt.json";
const REMEDY: &str = "take it from its copy, or fetch it anew with `mighub receipt`";

/// Bytes, written in Base64.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Base64(pub(super) Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text.as_bytes()).map(Self).map_err(serde::de::Error::custom)
    }
}

/// What there is to prove a submission with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Papers {
    /// The hub's word.
    pub(crate) receipt: v1::Receipt,
    /// The office's.
    pub(crate) header: v1::SignedHeader,
    /// The office's public key; empty if it is not known.
    pub(crate) signing_key: Vec<u8>,
    /// The hub's public keys, as whoever wrote the file knew them. They prove nothing by themselves.
    pub(crate) hub_keys: Vec<Vec<u8>>,
    /// A later head with the proofs that lead to it.
    pub(crate) later: Option<Later>,
}

/// A head that was signed after the receipt.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Later {
    pub(crate) head: v1::SignedLogHead,
    /// Of the record in the head's tree.
    pub(crate) inclusion: Vec<Bytes>,
    /// From the receipt's tree to the head's.
    pub(crate) consistency: Vec<Bytes>,
}

#[derive(Debug, Deserialize)]
struct Written {
    evidence: Evidence,
}

/// The bytes, as the file has them. What a field added later lacks in an older file is empty.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Evidence {
    context: String,
    body: Base64,
    signature: Base64,
    hub_key: Option<Base64>,
    #[serde(default)]
    hub_key_id: Base64,
    /// A serialized `LogRecord`.
    #[serde(default)]
    record: Base64,
    #[serde(default)]
    header_context: String,
    header: Base64,
    header_signature: Base64,
    #[serde(default)]
    signing_key: Base64,
    #[serde(default)]
    hub_keys: Vec<Base64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    later: Option<LaterWritten>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct LaterWritten {
    context: String,
    head: Base64,
    signature: Base64,
    hub_key_id: Base64,
    inclusion: Vec<Base64>,
    consistency: Vec<Base64>,
}

impl Papers {
    /// Reads the file, or the one in the folder.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let path = if path.is_dir() { path.join(RECEIPT) } else { path.to_owned() };
        let not_there = || Error::file(&path)(std::io::ErrorKind::NotFound.into());
        let written: Written = files::read_json(&path, REMEDY)?.ok_or_else(not_there)?;
        let damaged =
            |reason: &str| Error::Damaged { path: path.clone(), reason: reason.to_owned(), remedy: REMEDY };
        let Evidence { body, signature, hub_key, hub_key_id, record, header, .. } = written.evidence;
        let mut hub_keys: Vec<Vec<u8>> = written.evidence.hub_keys.into_iter().map(|key| key.0).collect();
        hub_keys.extend(hub_key.map(|key| key.0).filter(|key| !hub_keys.contains(key)));
        let hub_key_id = match hub_key_id.0.is_empty() {
            true => hub_keys.first().map(|key| Digest::of(key).0.to_vec()).unwrap_or_default(),
            false => hub_key_id.0,
        };
        let record = match record.0.is_empty() {
            true => None,
            false => {
                Some(v1::LogRecord::decode(&record.0[..]).map_err(|_| damaged("its record cannot be read"))?)
            }
        };
        Ok(Self {
            receipt: v1::Receipt {
                body: body.0.into(),
                signature: signature.0.into(),
                hub_key_id: hub_key_id.into(),
                record,
            },
            header: v1::SignedHeader {
                header: header.0.into(),
                signature: written.evidence.header_signature.0.into(),
                signing_key_id: Digest::of(&written.evidence.signing_key.0).to_bytes(),
            },
            signing_key: written.evidence.signing_key.0,
            hub_keys,
            later: written.evidence.later.map(LaterWritten::read),
        })
    }

    /// Writes the file. What the receipt says is told in words as well, whether or not it holds.
    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let body = v1::ReceiptBody::decode(&self.receipt.body[..]).unwrap_or_default();
        let signed_by = self.hub_keys.iter().find(|key| Digest::of(key).0[..] == self.receipt.hub_key_id[..]);
        let evidence = Evidence {
            context: RECEIPT_CONTEXT.to_owned(),
            body: Base64(self.receipt.body.to_vec()),
            signature: Base64(self.receipt.signature.to_vec()),
            hub_key: signed_by.cloned().map(Base64),
            hub_key_id: Base64(self.receipt.hub_key_id.to_vec()),
            record: Base64(self.receipt.record.as_ref().map(Message::encode_to_vec).unwrap_or_default()),
            header_context: HEADER_CONTEXT.to_owned(),
            header: Base64(self.header.header.to_vec()),
            header_signature: Base64(self.header.signature.to_vec()),
            signing_key: Base64(self.signing_key.clone()),
            hub_keys: self.hub_keys.iter().cloned().map(Base64).collect(),
            later: self.later.as_ref().map(LaterWritten::of),
        };
        let mut content = in_words(&body);
        content["evidence"] =
            serde_json::to_value(evidence).map_err(|error| Error::Internal(error.to_string()))?;
        files::write_json(path, &content, Access::Usual)
    }
}

impl LaterWritten {
    fn of(later: &Later) -> Self {
        let list = |hashes: &[Bytes]| hashes.iter().map(|hash| Base64(hash.to_vec())).collect();
        Self {
            context: LOG_HEAD_CONTEXT.to_owned(),
            head: Base64(later.head.head.to_vec()),
            signature: Base64(later.head.signature.to_vec()),
            hub_key_id: Base64(later.head.hub_key_id.to_vec()),
            inclusion: list(&later.inclusion),
            consistency: list(&later.consistency),
        }
    }

    fn read(self) -> Later {
        let list = |hashes: Vec<Base64>| hashes.into_iter().map(|hash| Bytes::from(hash.0)).collect();
        Later {
            head: v1::SignedLogHead {
                head: self.head.0.into(),
                signature: self.signature.0.into(),
                hub_key_id: self.hub_key_id.0.into(),
            },
            inclusion: list(self.inclusion),
            consistency: list(self.consistency),
        }
    }
}

/// What a receipt says.
fn in_words(body: &v1::ReceiptBody) -> Value {
    let lane = body.lane.clone().unwrap_or_default();
    let counts = body.observations.unwrap_or_default();
    let time =
        |time: &Option<prost_types::Timestamp>| time.as_ref().map(|time| clock::instant(time).to_string());
    json!({
        "submission_id": body.submission_id,
        "dataflow": lane.dataflow,
        "provider": lane.provider,
        "hub_id": body.hub_id,
        "position": body.position,
        "tree_size": body.tree_size,
        "root": body.log.as_ref().map(|log| HEXLOWER.encode(&log.root)),
        "leaf_hash": body.log.as_ref().map(|log| HEXLOWER.encode(&log.leaf_hash)),
        "inclusion": body.log.as_ref().map(|log| {
            log.inclusion.iter().map(|hash| HEXLOWER.encode(hash)).collect::<Vec<_>>()
        }),
        "effective_time": time(&body.effective_time),
        "embargo_time": time(&body.embargo_time),
        "observations": {
            "inserted": counts.inserted, "changed": counts.changed, "deleted": counts.deleted, "total": counts.total,
        },
        "manifest_digest": HEXLOWER.encode(&body.manifest_digest),
        "vintage_manifest_digest": HEXLOWER.encode(&body.vintage_manifest_digest),
    })
}

/// Keeps a receipt in the home, whether or not it holds: if not it is evidence of that. Gives its file.
pub(crate) fn keep_receipt(home: &Home, submission: &str, papers: &Papers) -> Result<PathBuf, Error> {
    let folder = home.receipts();
    files::create_folder(&folder)?;
    let path = folder.join(format!("{}.json", file_name(submission)));
    papers.write(&path)?;
    Ok(path)
}

/// Ids are made of letters and digits; whatever else came would not be a file's name.
fn file_name(submission: &str) -> String {
    submission.chars().filter(char::is_ascii_alphanumeric).collect()
}
