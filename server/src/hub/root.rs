//! The root of the journal's tree, computed anew from any copy of its records.

use mighub::evidence::{Frontier, TreeHash};
use mighub::v1::{self, record::What};
use mighub_store::Position;
use prost::Message;

use super::evidence::Leaves;
use super::moment::Moment;
use super::named::Contents;
use super::refusal::Refusal;

/// Root of the tree over the first `size` records, of which there are so many.
pub fn tree_root(contents: &impl Contents, size: u64) -> Result<TreeHash, Refusal> {
    let founded =
        v1::Record::decode(contents.record(Position(0))?.payload).ok().and_then(|record| record.what);
    let Some(What::Founded(founded)) = founded else {
        return Err(Refusal::internal("the first record does not found a hub"));
    };
    let secret = founded.lane_secret[..].try_into();
    let leaves = Leaves::of_secret(&secret.map_err(|_| Refusal::internal("the hub has no secret"))?);
    let mut tree = Frontier::default();
    for position in 0..size {
        let entry = contents.record(Position(position))?;
        tree.push(leaves.hash(position, Moment(entry.effective_ms), &entry.payload));
    }
    Ok(tree.root())
}
