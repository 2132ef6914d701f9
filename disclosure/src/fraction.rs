//! Exact fractions. Whatever does not fit is an error, never a wrong number.

use std::cmp::Ordering;
use std::fmt;

/// A fraction in lowest terms; the denominator is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    numerator: i128,
    denominator: i128,
}

/// A number needs more than 127 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number needs more than 127 bits")]
pub struct Overflow;

impl Fraction {
    /// Nothing.
    pub const ZERO: Self = Self::whole(0);
    /// One.
    pub const ONE: Self = Self::whole(1);

    /// A whole number.
    pub const fn whole(number: i128) -> Self {
        Self { numerator: number, denominator: 1 }
    }

    /// `numerator / denominator` in lowest terms; the denominator must not be 0.
    fn reduced(numerator: i128, denominator: i128) -> Result<Self, Overflow> {
        if denominator == 1 {
            return Ok(Self::whole(numerator));
        }
        let divisor = common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i128::try_from(divisor).map_err(|_| Overflow)?.max(1);
        let (numerator, denominator) = (numerator / divisor, denominator / divisor);
        if denominator < 0 {
            let negated = (numerator.checked_neg(), denominator.checked_neg());
            let (Some(numerator), Some(denominator)) = negated else { return Err(Overflow) };
            return Ok(Self { numerator, denominator });
        }
        Ok(Self { numerator, denominator })
    }

    /// Whether it is 0.
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// -1, 0 or 1.
    pub fn sign(self) -> i32 {
        self.numerator.signum() as i32
    }

    /// The whole number it is, if it is one.
    pub fn as_whole(self) -> Option<i128> {
        (self.denominator == 1).then_some(self.numerator)
    }

    /// The largest whole number that is not more.
    pub fn floor(self) -> i128 {
        self.numerator.div_euclid(self.denominator)
    }

    /// The smallest whole number that is not less.
    pub fn ceil(self) -> i128 {
        self.floor() + i128::from(self.numerator.rem_euclid(self.denominator) != 0)
    }

    /// `self + other`.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        if self.denominator == 1 && other.denominator == 1 {
            return self.numerator.checked_add(other.numerator).map(Self::whole).ok_or(Overflow);
        }
        let left = self.numerator.checked_mul(other.denominator);
        let right = other.numerator.checked_mul(self.denominator);
        let below = self.denominator.checked_mul(other.denominator);
        match (left, right, below) {
            (Some(left), Some(right), Some(below)) => {
                Self::reduced(left.checked_add(right).ok_or(Overflow)?, below)
            }
            _ => Err(Overflow),
        }
    }

    /// `self - other`.
    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        self.plus(other.negated()?)
    }

    /// `self * other`.
    pub fn times(self, other: Self) -> Result<Self, Overflow> {
        let above = self.numerator.checked_mul(other.numerator);
        let below = self.denominator.checked_mul(other.denominator);
        match (above, below) {
            (Some(above), Some(below)) => Self::reduced(above, below),
            _ => Err(Overflow),
        }
    }

    /// `self / other`; `other` must not be 0.
    pub fn over(self, other: Self) -> Result<Self, Overflow> {
        debug_assert!(!other.is_zero(), "nothing is divided by 0");
        let above = self.numerator.checked_mul(other.denominator);
        let below = self.denominator.checked_mul(other.numerator);
        match (above, below) {
            (Some(above), Some(below)) => Self::reduced(above, below),
            _ => Err(Overflow),
        }
    }

    /// `-self`.
    pub fn negated(self) -> Result<Self, Overflow> {
        let numerator = self.numerator.checked_neg().ok_or(Overflow)?;
        Ok(Self { numerator, ..self })
    }

    /// Compares by value.
    pub fn compare(self, other: Self) -> Result<Ordering, Overflow> {
        if self.denominator == other.denominator {
            return Ok(self.numerator.cmp(&other.numerator));
        }
        let left = self.numerator.checked_mul(other.denominator).ok_or(Overflow)?;
        let right = other.numerator.checked_mul(self.denominator).ok_or(Overflow)?;
        Ok(left.cmp(&right))
    }
}

impl Default for Fraction {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_whole() {
            Some(number) => write!(f, "{number}"),
            None => write!(f, "{}/{}", self.numerator, self.denominator),
        }
    }
}

fn common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fraction(above: i64, below: i64) -> Fraction {
        Fraction::whole(above.into()).over(Fraction::whole(below.into())).expect("it is small")
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_fractions(a in -99i64..99, b in 1i64..99, c in -99i64..99, d in 1i64..99) {
            let (x, y) = (fraction(a, b), fraction(c, d));
            prop_assert_eq!(x.plus(y), Ok(fraction(a * d + c * b, b * d)));
            prop_assert_eq!(x.minus(y).and_then(|less| less.plus(y)), Ok(x));
            prop_assert_eq!(x.times(y), Ok(fraction(a * c, b * d)));
            prop_assert_eq!(x.compare(y), Ok((a * d).cmp(&(c * b))));
            prop_assert!(Fraction::whole(x.floor()).compare(x).is_ok_and(Ordering::is_le));
            prop_assert!(x.ceil() - x.floor() <= 1);
            if c != 0 {
                prop_assert_eq!(x.over(y).and_then(|ratio| ratio.times(y)), Ok(x));
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let most = Fraction::whole(i128::MAX);
        assert_eq!(most.plus(Fraction::ONE), Err(Overflow));
        assert_eq!(most.times(most), Err(Overflow));
        assert_eq!(Fraction::whole(i128::MIN).negated(), Err(Overflow));
    }
}
