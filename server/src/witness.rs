//! A witness's copy of the log: hashes of all leaves, and the heads that the hub has signed for them. Whoever holds one
//! notices if the hub shows another history, and can prove it, without having seen a single record.
//!
//! What lives here: the folder, brought up to date and checked. What must not: records, and trust in the hub whose log
//! it is; what is written was recomputed from the leaves.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use mighub::evidence::{CheckedHead, Frontier, HeadError, KeyRing, TreeHash, check_head};
use mighub::signing::LOG_HEAD_CONTEXT;
use mighub::v1;
use serde_json::{Value, json};

use crate::hub::Moment;
use crate::rpc::{Operator, OperatorError};

/// The newest head.
const HEAD: &str = "head.json";
/// Every head that was exported, a line each.
const HEADS: &str = "heads.jsonl";
/// 32 bytes of each leaf, in the order of positions.
const LEAVES: &str = "leaves";
const LEAF_BYTES: u64 = 32;

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The newest head, whose root was computed from the leaves.
    pub head: CheckedHead,
    /// Leaves that were there before.
    pub before: u64,
}

/// The log was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The hub does not answer.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What lies in the folder is no export.
    #[error("{}: {reason}; take it from its copy, or export into a new folder and compare the two", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The head is not the hub's.
    #[error("{0}")]
    Head(#[from] HeadError),
    /// The hub shows another history.
    #[error(
        "the hub's history does not go on from the one in {}: {reason}. Keep the folder as it is: it is evidence that the \
         hub was rolled back or has two histories", folder.display()
    )]
    OtherHistory {
        /// The folder.
        folder: PathBuf,
        /// What does not fit.
        reason: String,
    },
}

impl ExportError {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::File { path: path.to_owned(), source }
    }
}

/// Brings the export in `folder` up to date, or begins one. Nothing is written unless what is there goes on to what the
/// hub says now.
pub async fn export_log(operator: &Operator, folder: &Path) -> Result<Exported, ExportError> {
    std::fs::create_dir_all(folder).map_err(ExportError::file(folder))?;
    let mut copy = Copy::open(folder)?;
    let before = copy.tree.size();
    let mut hub = operator.evidence();
    let request = v1::GetLogHeadRequest { known_size: Some(before) };
    let answer = hub.get_log_head(request).await.map_err(OperatorError::from)?.into_inner();
    let signed = answer.head.unwrap_or_default();
    let (hub_id, keys) = operator.hub_identity().await?;
    let ring: KeyRing = keys.iter().collect();
    let head = check_head(&signed, &hub_id, &ring)?;
    let other = |reason: String| ExportError::OtherHistory { folder: folder.to_owned(), reason };
    if head.tree_size < before {
        return Err(other(format!("it has {} records now, and had {before}", head.tree_size)));
    }
    let mut fresh = Vec::new();
    let mut tree = copy.tree.clone();
    while tree.size() < head.tree_size {
        let request = v1::ListLeafHashesRequest { from: tree.size(), count: 0 };
        let leaves =
            hub.list_leaf_hashes(request).await.map_err(OperatorError::from)?.into_inner().leaf_hashes;
        let wanted = (head.tree_size - tree.size()).saturating_mul(LEAF_BYTES);
        let leaves = &leaves[..leaves.len().min(usize::try_from(wanted).unwrap_or(usize::MAX))];
        let (whole, rest) = leaves.as_chunks::<{ LEAF_BYTES as usize }>();
        if whole.is_empty() || !rest.is_empty() {
            return Err(other("its leaves end before its history".to_owned()));
        }
        whole.iter().for_each(|leaf| tree.push(TreeHash(*leaf)));
        fresh.extend_from_slice(leaves);
    }
    if tree.root() != head.root {
        return Err(other(format!("its leaves have the root {}, and it signed {}", tree.root(), head.root)));
    }
    copy.go_on(&fresh, &in_json(&head, &signed, &keys))?;
    Ok(Exported { head, before })
}

/// The folder.
struct Copy {
    folder: PathBuf,
    leaves: File,
    tree: Frontier,
}

impl Copy {
    /// Reads what was exported, and checks it against its own head.
    fn open(folder: &Path) -> Result<Self, ExportError> {
        let (head_path, leaves_path) = (folder.join(HEAD), folder.join(LEAVES));
        let damaged = |path: &Path, reason: &str| ExportError::Damaged {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let head: Option<Value> = match std::fs::read(&head_path) {
            Ok(bytes) => Some(
                serde_json::from_slice(&bytes).map_err(|error| damaged(&head_path, &error.to_string()))?,
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(ExportError::file(&head_path)(error)),
        };
        let size = match &head {
            None => 0,
            Some(head) => {
                head["tree_size"].as_u64().ok_or_else(|| damaged(&head_path, "it has no tree_size"))?
            }
        };
        let leaves = File::options().read(true).write(true).create(true).truncate(false).open(&leaves_path);
        let mut leaves = leaves.map_err(ExportError::file(&leaves_path))?;
        let mut tree = Frontier::default();
        let mut reader = BufReader::new(&mut leaves);
        while tree.size() < size {
            let mut leaf = [0; LEAF_BYTES as usize];
            reader
                .read_exact(&mut leaf)
                .map_err(|_| damaged(&leaves_path, "it has fewer leaves than its head"))?;
            tree.push(TreeHash(leaf));
        }
        if head.is_some_and(|head| head["root"] != tree.root().to_string()) {
            return Err(damaged(&leaves_path, "its leaves do not have the root of its head"));
        }
        Ok(Self { folder: folder.to_owned(), leaves, tree })
    }

    /// Adds leaves and then their head: an export that was cut off between goes on from the head before.
    fn go_on(&mut self, fresh: &[u8], head: &Value) -> Result<(), ExportError> {
        let (path, from) = (self.folder.join(LEAVES), self.tree.size() * LEAF_BYTES);
        let written = self
            .leaves
            .set_len(from)
            .and_then(|()| self.leaves.seek(SeekFrom::Start(from)))
            .and_then(|_| self.leaves.write_all(fresh))
            .and_then(|()| self.leaves.sync_all());
        written.map_err(ExportError::file(&path))?;
        let path = self.folder.join(HEADS);
        let heads = File::options().append(true).create(true).open(&path);
        let line = |mut heads: File| writeln!(heads, "{head}").and_then(|()| heads.sync_all());
        heads.and_then(line).map_err(ExportError::file(&path))?;
        let path = self.folder.join(HEAD);
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            writeln!(file, "{head:#}")?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(ExportError::file(&path))
    }
}

fn in_json(head: &CheckedHead, signed: &v1::SignedLogHead, keys: &[v1::HubKey]) -> Value {
    let key = keys.iter().find(|key| key.key_id == signed.hub_key_id);
    json!({
        "hub_id": head.hub_id,
        "tree_size": head.tree_size,
        "root": head.root.to_string(),
        "time": Moment(head.time_ms).to_string(),
        "context": LOG_HEAD_CONTEXT,
        "signed": BASE64.encode(&signed.head),
        "signature": BASE64.encode(&signed.signature),
        "hub_key_id": BASE64.encode(&signed.hub_key_id),
        "hub_key": key.map(|key| HEXLOWER.encode(&key.public_key)),
    })
}
