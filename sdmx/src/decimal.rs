//! Exact decimals: what an office wrote is what comes out again. Never a double.

use std::fmt;

/// Most significant digits an observation value may have; more is a finding, never rounded (DETAILS B8).
pub const DIGITS_MAX: usize = 18;

/// An exact number: `unscaled / 10^scale`. `2` and `2.00` are equal in value and differ in scale, so that
/// each is printed as it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits as an integer, at most [`DIGITS_MAX`] of them.
    pub unscaled: i64,
    /// Digits after the decimal point, 0 to [`DIGITS_MAX`].
    pub scale: u8,
}

/// Why a text is not an exact decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Something else than digits, one sign and one point.
    #[error("not a number: write digits with at most one decimal point, such as 1234.5")]
    NotANumber,
    /// `NaN`, `INF` and their kin have no exact value.
    #[error("{0} is not a value: leave the cell empty and say why in OBS_STATUS")]
    Special(&'static str),
    /// `1E5`: which digits are significant cannot be known.
    #[error("a number with an exponent is ambiguous: write all its digits")]
    Exponent,
    /// More digits than an exact value can carry.
    #[error("more than 18 digits: an exact value carries at most 18")]
    TooManyDigits,
}

impl Decimal {
    /// A whole number.
    pub const fn integer(unscaled: i64) -> Self {
        Self { unscaled, scale: 0 }
    }

    /// Reads `text`, which must be a plain decimal numeral: `-12`, `0.50`, `.5`, `7.`.
    pub fn parse(text: &[u8]) -> Result<Self, DecimalError> {
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let mut unscaled: i64 = 0;
        let (mut seen, mut significant, mut scale) = (0usize, 0usize, 0u8);
        let mut after_point = false;
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    seen += 1;
                    significant += usize::from(significant > 0 || byte != b'0');
                    scale += u8::from(after_point);
                    if significant > DIGITS_MAX || usize::from(scale) > DIGITS_MAX {
                        return Err(DecimalError::TooManyDigits);
                    }
                    unscaled = unscaled * 10 + i64::from(byte - b'0');
                }
                b'.' if !after_point => after_point = true,
                _ => return Err(Self::explain(text, seen)),
            }
        }
        if seen == 0 {
            return Err(Self::explain(text, seen));
        }
        Ok(Self { unscaled: if negative { -unscaled } else { unscaled }, scale })
    }

    fn explain(text: &[u8], digits_before: usize) -> DecimalError {
        let bare = text.strip_prefix(b"-").unwrap_or(text);
        if bare.eq_ignore_ascii_case(b"nan") {
            DecimalError::Special("NaN")
        } else if bare.eq_ignore_ascii_case(b"inf") || bare.eq_ignore_ascii_case(b"infinity") {
            DecimalError::Special("INF")
        } else if digits_before > 0 && bare.iter().any(|byte| matches!(byte, b'e' | b'E')) {
            let exponent =
                bare.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
            if exponent { DecimalError::Exponent } else { DecimalError::NotANumber }
        } else {
            DecimalError::NotANumber
        }
    }

    /// Appends the numeral to `out`, with exactly `scale` digits after the point.
    pub fn write(self, out: &mut Vec<u8>) {
        if self.unscaled < 0 {
            out.push(b'-');
        }
        let mut buffer = [b'0'; 20];
        let mut at = buffer.len();
        let mut rest = self.unscaled.unsigned_abs();
        while rest > 0 {
            at -= 1;
            buffer[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let scale = usize::from(self.scale);
        at = at.min(buffer.len() - 1 - scale.min(buffer.len() - 1));
        let point = buffer.len() - scale;
        out.extend_from_slice(&buffer[at..point]);
        if scale > 0 {
            out.push(b'.');
            out.extend_from_slice(&buffer[point..]);
        }
    }

    /// Compares by value: `2` and `2.00` compare equal although they are not the same [`Decimal`].
    pub fn compare(self, other: Self) -> std::cmp::Ordering {
        let scale = self.scale.max(other.scale);
        let at = |number: Self| i128::from(number.unscaled) * 10i128.pow(u32::from(scale - number.scale));
        at(self).cmp(&at(other))
    }

    /// Whether the value has no digits other than 0 after its decimal point.
    pub fn is_integer(self) -> bool {
        self.scale == 0 || self.unscaled % 10i64.pow(u32::from(self.scale)) == 0
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::with_capacity(24);
        self.write(&mut out);
        f.pad(&String::from_utf8_lossy(&out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_printed_as_it_came_in() {
        for text in ["0", "1.5", "2", "2.00", "-0.05", "123456789012345678", "0.000000000000000001"] {
            assert_eq!(Decimal::parse(text.as_bytes()).map(|d| d.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_not_exact_is_refused_with_its_reason() {
        let table = [
            ("", DecimalError::NotANumber),
            (".", DecimalError::NotANumber),
            ("1 234", DecimalError::NotANumber),
            ("1,5", DecimalError::NotANumber),
            ("1.2.3", DecimalError::NotANumber),
            ("NaN", DecimalError::Special("NaN")),
            ("-INF", DecimalError::Special("INF")),
            ("1e5", DecimalError::Exponent),
            ("1e", DecimalError::Exponent),
            ("1st", DecimalError::NotANumber),
            ("1234567890123456789", DecimalError::TooManyDigits),
            ("0.1234567890123456789", DecimalError::TooManyDigits),
        ];
        for (text, expected) in table {
            assert_eq!(Decimal::parse(text.as_bytes()), Err(expected), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn reading_what_was_written_gives_the_same_number(
            unscaled in -999_999_999_999_999_999i64..=999_999_999_999_999_999,
            scale in 0u8..=18,
        ) {
            let number = Decimal { unscaled, scale };
            prop_assert_eq!(Decimal::parse(number.to_string().as_bytes()), Ok(number));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Decimal::parse(&text);
        }
    }
}
