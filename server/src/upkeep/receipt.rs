//! Whether a store still holds what a receipt was given for: its record, in the tree whose root the receipt names.

use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use mighub::v1;
use mighub_store::{StoreReader, Until};
use prost::Message;
use serde::Deserialize;

use super::verify::VerifyError;
use crate::hub::root::tree_root;
use crate::trust::{FileError, files};

/// What was found of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptFound {
    /// The records up to its own are those that it was given for.
    Holds {
        /// Position of its record.
        position: u64,
    },
    /// The store ends before its record.
    Missing {
        /// Position of its record.
        position: u64,
        /// Records in the store.
        records: u64,
    },
    /// The records up to its own are others.
    OtherHistory {
        /// Position of its record.
        position: u64,
    },
    /// It is of the time before hubs kept a tree.
    NoTree,
}

/// A file holds no receipt.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptFileError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is another file.
    #[error("{path} holds no receipt of a hub: name a file as `mighub receipt` writes it")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The store.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// The part of a receipt's file that counts here; `mighub verify` looks at the rest, signatures first.
#[derive(Deserialize)]
struct Written {
    evidence: Evidence,
}

#[derive(Deserialize)]
struct Evidence {
    body: String,
}

/// Looks for the record of a receipt in the store of a folder, and computes the root of the tree up to it anew.
pub fn find_receipt(store: &Path, until: Until, file: &Path) -> Result<ReceiptFound, ReceiptFileError> {
    let text = files::read(file)?;
    let body = serde_json::from_str::<Written>(&text).ok();
    let body = body.and_then(|written| BASE64.decode(written.evidence.body.as_bytes()).ok());
    let body = body.and_then(|bytes| v1::ReceiptBody::decode(&bytes[..]).ok());
    let body = body.ok_or_else(|| ReceiptFileError::Malformed { path: file.to_owned() })?;
    let Some(place) = &body.log else { return Ok(ReceiptFound::NoTree) };
    let reader = StoreReader::open(store, until).map_err(VerifyError::from)?;
    let (position, records) = (body.position, reader.records());
    if body.tree_size > records {
        return Ok(ReceiptFound::Missing { position, records });
    }
    let root = tree_root(&reader, body.tree_size).map_err(VerifyError::from)?;
    let holds = position.checked_add(1) == Some(body.tree_size) && root.0[..] == place.root[..];
    Ok(if holds { ReceiptFound::Holds { position } } else { ReceiptFound::OtherHistory { position } })
}
