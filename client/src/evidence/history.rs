//! The hub proves that its history goes on from every tree that it has given its word for.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use mighub::evidence::{
    CheckedHead, CheckedReceipt, HeadError, HistoryError, KeyRing, Known, check_head, check_history,
};
use mighub::v1::{self, ErrorReason};
use serde_json::json;
use tonic::Code;

use super::file::Base64;
use super::gate::Confirmed;
use super::pins::{self, Pin, Pins};
use crate::error::Error;
use crate::home::files::{self, Access};
use crate::hub::Hub;
use crate::hub::retry::until_answered;

/// Other processes of this home may come in between so often.
const ATTEMPTS_MAX: usize = 8;
/// What the hub said against its own word.
const CONTRADICTION: &str = "history-contradiction.json";

/// The hub's history is not what it gave its word for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryBroken {
    /// What does not fit.
    pub reason: String,
    /// Files that prove it, with the hub's signatures.
    pub kept: Vec<PathBuf>,
}

impl fmt::Display for HistoryBroken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; nothing more was done. Keep", self.reason)?;
        for (nth, path) in self.kept.iter().enumerate() {
            write!(f, "{} {}", if nth == 0 { "" } else { " and" }, path.display())?;
        }
        f.write_str(" and your receipts: they are evidence. Call the hub's operator and the auditor, and send nothing \
                     until they have explained it")
    }
}

impl std::error::Error for HistoryBroken {}

impl Hub {
    /// Waits until the hub has proven that its history goes on from what this home knows of it. Every call does so by
    /// itself.
    pub async fn history_confirmed(&self) -> Result<(), Error> {
        match self.confirmation().confirmed().await {
            Confirmed::Yes => Ok(()),
            Confirmed::Broken(broken) => Err(Error::History(broken)),
            Confirmed::Unanswered(text) => Err(tonic::Status::unavailable(text).into()),
        }
    }

    /// Asks for the proof, checks it, and keeps the newest head.
    pub(crate) async fn confirm_history(&self) -> Result<(), Error> {
        let hub_id = self.config().hub_id;
        for _ in 0..ATTEMPTS_MAX {
            let pins = Pins::read(self.home(), &hub_id)?;
            let known = pins.newest();
            let Some(answer) = self.log_head(known).await? else { return Ok(()) };
            let head = answer.head.unwrap_or_default();
            let checked = self.checked_head(&head).await?;
            let found = Known { tree_size: checked.tree_size, root: checked.root };
            if let Some(known) = known {
                check_history(known, found, &answer.consistency)
                    .map_err(|error| self.contradicted(error, Some(&head), &answer.consistency))?;
                for other in pins.others() {
                    self.confirm_between(other, known).await?;
                }
            }
            if pins.replace(self.home(), Pin::of_head(&head, &checked))? {
                return Ok(());
            }
        }
        // Other processes have confirmed it meanwhile, again and again; what they kept is good.
        Ok(())
    }

    /// Keeps the tree of a receipt, and has the hub prove that its history goes on from it.
    pub(crate) async fn hold_to_receipt(
        &self,
        receipt: &v1::Receipt,
        checked: &CheckedReceipt,
    ) -> Result<(), Error> {
        let Some(pin) = Pin::of_receipt(receipt, checked) else { return Ok(()) };
        Pins::add(self.home(), &checked.body.hub_id, pin)?;
        match self.confirm_history().await {
            // The receipt is kept, and the next connection asks for the proof.
            Err(error) if error.is_temporary() => Ok(()),
            other => other,
        }
    }

    /// Has the hub prove that one tree goes on from another.
    pub(super) async fn confirm_between(&self, first: Known, second: Known) -> Result<(), Error> {
        let request =
            v1::GetConsistencyProofRequest { first_size: first.tree_size, second_size: second.tree_size };
        let answer = until_answered(|| {
            let mut service = self.evidence_service();
            async move { service.get_consistency_proof(request).await }
        })
        .await?;
        check_history(first, second, &answer.consistency)
            .map_err(|error| self.contradicted(error, None, &answer.consistency))
    }

    /// The hub's head. Nothing from a hub of a time before heads, unless it has given one before.
    pub(super) async fn log_head(
        &self,
        known: Option<Known>,
    ) -> Result<Option<v1::GetLogHeadResponse>, Error> {
        let request = v1::GetLogHeadRequest { known_size: known.map(|known| known.tree_size) };
        let answer = until_answered(|| {
            let mut service = self.evidence_service();
            async move { service.get_log_head(request).await }
        })
        .await;
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(Error::Hub(error))
                if error.code == Code::Unimplemented || error.reason == Some(ErrorReason::NotOffered) =>
            {
                match known {
                    None => Ok(None),
                    Some(_) => {
                        let reason =
                            "the hub has given its word for its history before, and now it proves nothing";
                        Err(self.broken(reason, vec![pins::path(self.home())]))
                    }
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Checks the signature of a head; asks for the hub's keys if it has a new one.
    pub(super) async fn checked_head(&self, head: &v1::SignedLogHead) -> Result<CheckedHead, Error> {
        if !self.key_ring().knows(&head.hub_key_id) {
            self.refresh_hub_keys_ungated().await?;
        }
        check_head(head, &self.config().hub_id, &self.key_ring()).map_err(|error: HeadError| {
            let kept = self.keep_contradiction(&error.to_string(), Some(head), &[]);
            self.broken(&error.to_string(), kept)
        })
    }

    /// The hub's keys that this home knows.
    pub(crate) fn key_ring(&self) -> KeyRing {
        self.config().key_ring()
    }

    fn contradicted(
        &self,
        error: HistoryError,
        head: Option<&v1::SignedLogHead>,
        proof: &[prost::bytes::Bytes],
    ) -> Error {
        let reason = error.to_string();
        let kept = self.keep_contradiction(&reason, head, proof);
        self.broken(&reason, kept)
    }

    fn broken(&self, reason: &str, kept: Vec<PathBuf>) -> Error {
        Error::History(Arc::new(HistoryBroken { reason: reason.to_owned(), kept }))
    }

    /// Writes down what the hub said, beside what it said before. The first contradiction stays.
    fn keep_contradiction(
        &self,
        reason: &str,
        head: Option<&v1::SignedLogHead>,
        proof: &[prost::bytes::Bytes],
    ) -> Vec<PathBuf> {
        let mut kept = vec![pins::path(self.home())];
        let path = self.home().path(CONTRADICTION);
        let content = json!({
            "reason": reason,
            "found_at": crate::clock::now().to_string(),
            "context": mighub::signing::LOG_HEAD_CONTEXT,
            "head": head.map(|head| json!({
                "signed": Base64(head.head.to_vec()),
                "signature": Base64(head.signature.to_vec()),
                "hub_key_id": Base64(head.hub_key_id.to_vec()),
            })),
            "proof": proof.iter().map(|hash| Base64(hash.to_vec())).collect::<Vec<_>>(),
        });
        // What cannot be written down must not hide what was found.
        if path.exists() || files::write_json(&path, &content, Access::Usual).is_ok() {
            kept.push(path);
        }
        kept
    }
}
