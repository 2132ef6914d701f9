//! What came after a receipt: a later head, what the home knows of the hub, what a witness holds.

use std::path::Path;

use mighub::evidence::{
    CheckedReceipt, KeyRing, Known, LogProof, TreeHash, check_head, check_history, check_record,
    verify_inclusion,
};

use super::file::{Later, Papers};
use super::pins::Pins;
use super::verify::{Verification, VerifyOptions};
use super::witness::Witness;
use crate::clock;
use crate::error::Error;

pub(super) fn the_history(
    receipt: &CheckedReceipt,
    papers: &Papers,
    keys: &KeyRing,
    options: &VerifyOptions,
    found: &mut Verification,
) -> Result<(), Error> {
    let body = &receipt.body;
    let tree = match receipt.log {
        LogProof::Included { tree, .. } => Some(tree),
        LogProof::None => None,
    };
    if let Some(later) = &papers.later {
        match the_later_head(receipt, papers, later, tree, keys) {
            Ok(text) => found.prove("head", text),
            Err(text) => found.fail("head", text),
        }
    }
    let Some(tree) = tree else { return Ok(()) };
    if let Some(home) = &options.home
        && let Ok(pins) = Pins::read(home, &body.hub_id)
        && let Some(pinned) = pins.at(tree.tree_size)
        && pinned.root != tree.root
    {
        found.fail(
            "history",
            format!(
                "The hub has given its word to this home for another history of {} records: there are two.",
                tree.tree_size
            ),
        );
    }
    match &options.against {
        Some(path) => against(path, receipt, tree, keys, found),
        None => {
            if papers.later.is_none() {
                found.leave_open(
                    "history",
                    "Whether the hub's history of today still contains it: verify with --online, or --against a witness.",
                );
            }
            Ok(())
        }
    }
}

/// The words of a proven head, or what does not fit.
fn the_later_head(
    receipt: &CheckedReceipt,
    papers: &Papers,
    later: &Later,
    tree: Option<Known>,
    keys: &KeyRing,
) -> Result<String, String> {
    let fails =
        |error: &dyn std::fmt::Display| format!("The later head that comes with it does not fit: {error}.");
    let head = check_head(&later.head, &receipt.body.hub_id, keys).map_err(|error| fails(&error))?;
    let found = Known { tree_size: head.tree_size, root: head.root };
    if let Some(record) = &papers.receipt.record {
        let (leaf, _) = check_record(record, &receipt.body).map_err(|error| fails(&error))?;
        let proof = TreeHash::list(&later.inclusion).ok_or_else(|| fails(&"its proof cannot be read"))?;
        verify_inclusion(leaf, record.position, found.tree_size, &proof, found.root)
            .map_err(|error| fails(&error))?;
    }
    if let Some(tree) = tree {
        check_history(tree, found, &later.consistency).map_err(|error| fails(&error))?;
    } else if papers.receipt.record.is_none() {
        return Err(fails(&"it comes without the record"));
    }
    let time = clock::of_milliseconds(head.time_ms);
    Ok(format!("At {time} the hub's history, of {} records by then, still contained it.", head.tree_size))
}

fn against(
    path: &Path,
    receipt: &CheckedReceipt,
    tree: Known,
    keys: &KeyRing,
    found: &mut Verification,
) -> Result<(), Error> {
    let witness = match Witness::read(path, &receipt.body.hub_id, keys)? {
        Ok(witness) => witness,
        Err(reason) => {
            found.fail("witness", format!("What the witness holds is not the hub's word: {reason}."));
            return Ok(());
        }
    };
    let known = witness.known();
    if known.tree_size == tree.tree_size && known.root != tree.root {
        found.fail("witness", "The hub gave its word to the witness for another history of the same length.");
        return Ok(());
    }
    if known == tree {
        found.prove("witness", "The witness holds the hub's word for the same history.");
        return Ok(());
    }
    match witness.roots(tree.tree_size)? {
        None => found.leave_open(
            "witness",
            "The witness's head alone does not say whether it goes on from the receipt's history: verify with --online, or \
             --against the witness's folder with its leaves.",
        ),
        Some((_, false)) => found.fail("witness", "The leaves that the witness holds are not those that the hub signed for."),
        Some(_) if known.tree_size < tree.tree_size => found.leave_open(
            "witness",
            format!("The witness has seen {} records, and the receipt's is a later one.", known.tree_size),
        ),
        Some((root, true)) if root == tree.root => found.prove(
            "witness",
            format!("The history of {} records that the witness holds contains it.", known.tree_size),
        ),
        Some(_) => found.fail(
            "witness",
            "The history that the witness holds does not contain it: the hub gave its word for two histories.",
        ),
    }
    Ok(())
}
