//! Several statuses of one figure.

use crate::pair::{Definition, Side};

/// The figure is by another definition than the table.
pub(super) const DIFFERS: u8 = b'D';
/// Of several letters of OBS_STATUS, which goes first (DATAFLOWS, standard attributes).
const FIRST: &[u8] = b"MOQLBFIEPDUA";

/// Letters of OBS_STATUS that hold at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Letters(u32);

impl Letters {
    pub(super) fn of_side(side: &Side) -> Self {
        let mut letters = Self::default();
        letters.add_side(side);
        letters
    }

    pub(super) fn add(&mut self, letter: u8) {
        if letter != b'A' {
            self.0 |= 1 << (letter & 31);
        }
    }

    pub(super) fn add_side(&mut self, side: &Side) {
        self.add(side.status);
        if side.definition == Definition::National {
            self.add(DIFFERS);
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn are_several(self) -> bool {
        self.0.count_ones() > 1
    }

    pub(super) fn has(self, letter: u8) -> bool {
        self.0 & 1 << (letter & 31) != 0
    }

    /// The letter that goes first; one that is in no order, such as V, only alone.
    pub(super) fn status(self) -> u8 {
        if self.is_empty() {
            return b'A';
        }
        let known = FIRST.iter().copied().find(|letter| self.has(*letter));
        known.or_else(|| (b'A'..=b'Z').find(|letter| self.has(*letter))).unwrap_or(b'A')
    }

    /// All letters, those that go first first.
    pub(super) fn text(self) -> String {
        let others = (b'A'..=b'Z').filter(|letter| !FIRST.contains(letter));
        FIRST.iter().copied().chain(others).filter(|letter| self.has(*letter)).map(char::from).collect()
    }
}
