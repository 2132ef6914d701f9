//! Rounding that is random to readers and the same every time: keyed by a secret, by the cell, and by its value.
//!
//! The value is a part of the key, so that two vintages with different values of a cell are rounded independently:
//! keyed by the cell alone, a change by 1 that flips the rounding would tell the value (DETAILS C20).

use zeroize::Zeroizing;

use crate::policy::RoundingBase;

/// Keeps hashes for rounding apart from all others.
const CONTEXT: &str = "mighub disclosure rounding 1";

/// The secret that rounding is keyed by. Whoever has it can narrow what rounding hides.
#[derive(Clone)]
pub struct RoundingKey(Zeroizing<[u8; 32]>);

impl RoundingKey {
    /// Out of at least 16 bytes of a secret.
    pub fn derive(secret: &[u8]) -> Self {
        Self(Zeroizing::new(blake3::derive_key(CONTEXT, secret)))
    }

    /// A figure rounded to one of the two multiples of a base around it, to the nearer one more often, so that on
    /// average nothing is gained or lost. Multiples stay as they are. `unit` is how many of the figure's units make
    /// one; `cell` names the cell.
    pub fn round(&self, figure: i128, base: RoundingBase, unit: i128, cell: &str) -> i128 {
        let step = base.number() * unit;
        let rest = figure.rem_euclid(step);
        if rest == 0 {
            return figure;
        }
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&figure.to_be_bytes());
        hasher.update(&step.to_be_bytes());
        hasher.update(cell.as_bytes());
        let mut drawn = [0; 8];
        hasher.finalize_xof().fill(&mut drawn);
        // The share of draws below `rest / step`.
        let rises = (u128::from(u64::from_be_bytes(drawn)) * step.unsigned_abs()) >> 64 < rest.unsigned_abs();
        figure - rest + if rises { step } else { 0 }
    }
}

impl std::fmt::Debug for RoundingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoundingKey(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> RoundingKey {
        RoundingKey::derive(b"a secret of sixteen bytes or more")
    }

    proptest! {
        #[test]
        fn a_figure_is_rounded_to_a_multiple_next_to_it_and_always_to_the_same(
            figure in -1_000i128..1_000_000,
            five: bool,
            cell in "[A-Z.]{1,20}",
        ) {
            let base = if five { RoundingBase::Five } else { RoundingBase::Three };
            let rounded = key().round(figure, base, 1, &cell);
            prop_assert_eq!(rounded % base.number(), 0);
            prop_assert!((rounded - figure).abs() < base.number());
            prop_assert_eq!(rounded, key().round(figure, base, 1, &cell));
        }
    }

    #[test]
    fn on_average_nothing_is_gained_or_lost() {
        let cells = 20_000;
        let sum: i128 =
            (0..cells).map(|cell| key().round(7, RoundingBase::Five, 1, &format!("cell {cell}"))).sum();
        // The standard error of the mean is 2.45 / sqrt(20,000) = 0.017.
        let mean = sum as f64 / f64::from(cells);
        assert!((mean - 7.0).abs() < 0.1, "7 is rounded to {mean} on average");
    }

    #[test]
    fn another_value_or_another_secret_is_rounded_independently() {
        let draw = |key: &RoundingKey, figure: i128| -> Vec<bool> {
            let rises = |cell| key.round(figure, RoundingBase::Five, 1, &format!("cell {cell}")) > figure;
            (0..64).map(rises).collect()
        };
        assert_ne!(draw(&key(), 12), draw(&key(), 17), "the value is a part of the key");
        assert_ne!(draw(&key(), 12), draw(&RoundingKey::derive(b"another secret of many bytes"), 12));
        assert!(!format!("{:?}", key()).contains(char::is_numeric), "the secret is not printed");
    }
}
