//! Where a block ends. A cut depends only on the keys of series and on counts since the cut before, so a
//! revision of values moves no cut, and new series move only the cuts near them.

use std::sync::Arc;

use super::{UNITS_FORCED, UNITS_MIN, UNITS_TARGET};

/// Decides after each piece of a series whether the block ends there.
///
/// A *unit* is one observation, or [`super::TEXT_BYTES_PER_UNIT`] bytes of attribute text. From
/// [`UNITS_MIN`] units on, a block ends after a series whose key's hash falls below a threshold set so that
/// about [`UNITS_TARGET`] units are expected whatever the length of the series; it always ends once it has
/// [`UNITS_FORCED`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Cutter {
    units: u32,
    series: u32,
}

impl Cutter {
    /// Adds a piece of `units`; `ends_series` says whether its series ends with it. True: the block ends.
    pub fn add(&mut self, key_hash: u64, units: u32, ends_series: bool) -> bool {
        self.units += units;
        self.series += u32::from(ends_series);
        let cut = self.units >= UNITS_FORCED
            || (ends_series && self.units >= UNITS_MIN && key_hash < self.threshold());
        if cut {
            *self = Self::default();
        }
        cut
    }

    /// Whether the block holds nothing yet.
    pub fn is_fresh(&self) -> bool {
        self.units == 0
    }

    fn threshold(&self) -> u64 {
        let share = u128::from(u64::MAX) * u128::from(self.units)
            / (u128::from(self.series) * u128::from(UNITS_TARGET - UNITS_MIN));
        u64::try_from(share).unwrap_or(u64::MAX)
    }
}

/// The hash of a series key from the hashes of its codes.
pub fn key_hash(code_hashes: impl Iterator<Item = u64>) -> u64 {
    let mixed =
        code_hashes.fold(0u64, |hash, code| (hash.rotate_left(5) ^ code).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    // Finaliser of MurmurHash3: the threshold looks at the high bits, so they must depend on all of them.
    let mixed = (mixed ^ mixed >> 33).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    let mixed = (mixed ^ mixed >> 33).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    mixed ^ mixed >> 33
}

/// FNV-1a over each code: taken once per distinct code, not per series.
pub(super) fn code_hashes(codes: &[Arc<str>]) -> Vec<u64> {
    let hash = |code: &Arc<str>| {
        code.bytes().fold(0xCBF2_9CE4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
        })
    };
    codes.iter().map(hash).collect()
}
