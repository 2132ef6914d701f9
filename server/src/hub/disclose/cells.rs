//! Lists of cells that are hidden for the sake of others: what a record names, and what a mask looks into.

use std::collections::BTreeSet;

use mighub::v1::ErrorReason;
use mighub_disclosure::table::CELLS_MAX;

use crate::hub::refusal::Refusal;

/// Bytes of a cell's name that are kept: two of a lane's million cells are never taken for one.
const NAME_BYTES: usize = 16;
type Name = [u8; NAME_BYTES];

/// Cells, by the hashes of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellSet(Vec<Name>);

impl CellSet {
    /// Those with these names.
    pub(super) fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let names: BTreeSet<Name> = names.into_iter().map(hash).collect();
        Self(names.into_iter().collect())
    }

    /// Reads what [`CellSet::to_bytes`] wrote.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let (names, rest) = bytes.as_chunks::<NAME_BYTES>();
        if !rest.is_empty() || !names.is_sorted() || names.len() > CELLS_MAX {
            return Err(Refusal::new(ErrorReason::StoreDamaged, "a list of suppressed cells is damaged"));
        }
        Ok(Self(names.to_vec()))
    }

    /// Name after name, ascending.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.as_flattened().to_vec()
    }

    /// Whether a cell is among them. Its name is asked for only if there are any.
    pub(in crate::hub) fn has(&self, name: impl FnOnce() -> String) -> bool {
        !self.0.is_empty() && self.0.binary_search(&hash(&name())).is_ok()
    }

    /// How many there are.
    pub(in crate::hub) fn len(&self) -> usize {
        self.0.len()
    }
}

fn hash(name: &str) -> Name {
    let mut short = Name::default();
    short.copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..NAME_BYTES]);
    short
}
