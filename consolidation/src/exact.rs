//! Arithmetic on exact decimals: nothing is rounded but where a rule says so.

use mighub_sdmx::Decimal;
use mighub_sdmx::decimal::DIGITS_MAX;

/// Digits of an asymmetry behind the point: a hundredth of a per cent.
const ASYMMETRY_DIGITS: u8 = 4;

/// The sum; nothing if it has more digits than are exact.
pub(crate) fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b, scale) = level(a, b)?;
    within(a.checked_add(b)?, scale)
}

/// The difference.
pub(crate) fn subtract(a: Decimal, b: Decimal) -> Option<Decimal> {
    add(a, Decimal { unscaled: -b.unscaled, ..b })
}

/// The larger of two, the first if they are alike.
pub(crate) fn larger(a: Decimal, b: Decimal) -> Decimal {
    if b.compare(a).is_gt() { b } else { a }
}

/// The smaller of two, the first if they are alike.
pub(crate) fn smaller(a: Decimal, b: Decimal) -> Decimal {
    if b.compare(a).is_lt() { b } else { a }
}

/// The mean of two: half of an odd sum has one digit more.
pub(crate) fn mean(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b, scale) = level(a, b)?;
    let sum = a + b;
    if sum % 2 == 0 { within(sum / 2, scale) } else { within(sum * 5, scale + 1) }
}

/// Whether two counts differ by no more than a share of the larger. What is too long to compare exactly does not agree.
pub(crate) fn agree(a: Decimal, b: Decimal, tolerance: Decimal) -> bool {
    let Some((a, b, _)) = level(a, b) else { return false };
    let left = (a - b).abs().checked_mul(10i128.pow(u32::from(tolerance.scale)));
    let right = a.max(b).checked_mul(i128::from(tolerance.unscaled));
    left.zip(right).is_some_and(|(left, right)| left <= right)
}

/// The gap of two counts as a share of the larger, to four digits, half up; 0 where both are 0.
pub(crate) fn asymmetry(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b, _) = level(a, b)?;
    let (gap, larger) = ((a - b).unsigned_abs(), a.max(b).unsigned_abs());
    if larger == 0 {
        return Some(Decimal::integer(0));
    }
    let parts = 10u64.pow(u32::from(ASYMMETRY_DIGITS));
    let small = u64::try_from(gap)
        .ok()
        .and_then(|gap| gap.checked_mul(2 * parts))
        .zip(u64::try_from(larger * 2).ok());
    let share = match small {
        Some((gap, twice)) => gap.checked_add(twice / 2)? / twice,
        None => {
            u64::try_from(gap.checked_mul(2 * u128::from(parts))?.checked_add(larger)? / (larger * 2)).ok()?
        }
    };
    Some(Decimal { unscaled: share as i64, scale: ASYMMETRY_DIGITS })
}

/// The product, with so many digits behind the point, half away from zero.
pub(crate) fn multiply(a: Decimal, b: Decimal, digits: u8) -> Option<Decimal> {
    let product = i128::from(a.unscaled) * i128::from(b.unscaled);
    let scale = a.scale + b.scale;
    if scale <= digits {
        return within(product, scale);
    }
    let divisor = 10i128.checked_pow(u32::from(scale - digits))?;
    let half = divisor / 2 * product.signum();
    within((product + half) / divisor, digits)
}

/// As a double, for ratios and fitting, never for figures that are copied.
pub(crate) fn to_f64(value: Decimal) -> f64 {
    value.unscaled as f64 / 10f64.powi(i32::from(value.scale))
}

fn level(a: Decimal, b: Decimal) -> Option<(i128, i128, u8)> {
    let scale = a.scale.max(b.scale);
    if a.scale == b.scale {
        return Some((i128::from(a.unscaled), i128::from(b.unscaled), scale));
    }
    let to = |value: Decimal| i128::from(value.unscaled) * 10i128.pow(u32::from(scale - value.scale));
    Some((to(a), to(b), scale))
}

fn within(unscaled: i128, scale: u8) -> Option<Decimal> {
    let fits = unscaled.unsigned_abs() < 10u128.pow(DIGITS_MAX as u32) && usize::from(scale) <= DIGITS_MAX;
    fits.then_some(Decimal { unscaled: unscaled as i64, scale })
}

/// Decimals in artefacts: as text, so that no reader makes doubles of them.
pub(crate) mod text {
    use mighub_sdmx::Decimal;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(value: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        let text = String::deserialize(from)?;
        Decimal::parse(text.as_bytes()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text.as_bytes()).expect(text)
    }

    #[test]
    fn half_of_an_odd_sum_has_one_digit_more() {
        for (a, b, mean_of_both) in
            [("4", "6", "5"), ("4", "5", "4.5"), ("1.5", "2", "1.75"), ("0", "0", "0")]
        {
            assert_eq!(mean(number(a), number(b)), Some(number(mean_of_both)), "{a} and {b}");
        }
    }

    #[test]
    fn the_gap_is_measured_by_the_larger() {
        for (a, b, gap) in [("27568", "21892", "0.2059"), ("0", "5", "1.0000"), ("90", "100", "0.1000")] {
            assert_eq!(asymmetry(number(a), number(b)), Some(number(gap)), "{a} and {b}");
        }
        assert_eq!(asymmetry(number("0"), number("0")), Some(number("0")));
        assert!(agree(number("90"), number("100"), number("0.10")));
        assert!(!agree(number("89.9"), number("100"), number("0.10")));
    }

    #[test]
    fn a_factor_rounds_half_away_from_zero() {
        assert_eq!(multiply(number("5"), number("1.5"), 0), Some(number("8")));
        assert_eq!(multiply(number("3"), number("1.5"), 1), Some(number("4.5")));
    }
}
