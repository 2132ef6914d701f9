//! The same checks with the hub in reach: whether its history of today still contains a receipt's record.

use std::path::Path;

use mighub::evidence::{Known, LogProof, check_history, check_receipt};

use super::file::Papers;
use super::verify::{Verification, VerifyOptions, verify};
use super::witness::Witness;
use crate::clock;
use crate::error::Error;
use crate::hub::Hub;

impl Hub {
    /// Checks a receipt as [`verify`] does, and has the hub prove that its history goes on from the receipt's, and from
    /// or to a witness's head.
    pub async fn verify(&self, path: &Path, options: &VerifyOptions) -> Result<Verification, Error> {
        let mut found = verify(path, options)?;
        let papers = Papers::read(path)?;
        let keys = self.key_ring();
        let hub_id = self.config().hub_id;
        let Ok(receipt) = check_receipt(&papers.receipt, &hub_id, &keys) else { return Ok(found) };
        let LogProof::Included { tree, .. } = receipt.log else { return Ok(found) };
        let Some(answer) = self.log_head(Some(tree)).await? else { return Ok(found) };
        let head = self.checked_head(&answer.head.unwrap_or_default()).await?;
        let today = Known { tree_size: head.tree_size, root: head.root };
        found.not_proven.retain(|statement| statement.what != "history");
        match check_history(tree, today, &answer.consistency) {
            Ok(()) => found.prove(
                "history",
                format!(
                    "The hub's history of now, {} records at {}, still contains it.",
                    head.tree_size,
                    clock::of_milliseconds(head.time_ms)
                ),
            ),
            Err(error) => {
                found.fail("history", format!("The hub's history of now does not contain it: {error}."))
            }
        }
        if let Some(path) = &options.against
            && let Ok(witness) = Witness::read(path, &hub_id, &keys)?
        {
            self.verify_against(&witness, tree, today, &mut found).await?;
        }
        Ok(found)
    }

    async fn verify_against(
        &self,
        witness: &Witness,
        tree: Known,
        today: Known,
        found: &mut Verification,
    ) -> Result<(), Error> {
        let known = witness.known();
        let (first, second) = if known.tree_size < tree.tree_size { (known, tree) } else { (tree, known) };
        found.not_proven.retain(|statement| statement.what != "witness");
        if known.tree_size > today.tree_size {
            let text = "The witness holds the hub's word for a longer history than the hub has now: it was rolled back.";
            found.fail("witness", text);
            return Ok(());
        }
        match self.confirm_between(first, second).await {
            Ok(()) => found.prove("witness", "The receipt's history and the witness's are one."),
            Err(Error::History(broken)) => found.fail("witness", format!("The witness: {}.", broken.reason)),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
