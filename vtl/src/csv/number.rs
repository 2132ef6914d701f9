//! Numbers as texts.

use crate::dataset::SCALE_MAX;
use crate::value::Number;

/// Digits that fit into 64 bits whatever they are.
const DIGITS_64: usize = 18;
/// Digits that fit into 128 bits whatever they are.
const DIGITS_128: usize = 38;

/// Reads digits that fit into 64 bits, with a sign and a point: what nearly all numbers look like. Gives them
/// without the point, and how many stand behind it.
#[inline]
pub(super) fn read_short(content: &[u8]) -> Option<(i64, u8)> {
    let (is_negative, digits) = match content.split_first() {
        Some((b'-', digits)) => (true, digits),
        _ => (false, content),
    };
    if digits.is_empty() || digits.len() > DIGITS_64 || digits == b"." {
        return None;
    }
    let (mut value, mut scale, mut has_point) = (0i64, 0, 0);
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value * 10 + i64::from(digit);
            scale += has_point;
        } else if byte == b'.' && has_point == 0 {
            has_point = 1;
        } else {
            return None;
        }
    }
    Some((if is_negative { -value } else { value }, scale))
}

/// Reads any number, also with an exponent: exactly if its digits allow it.
pub(super) fn read_number(text: &str) -> Option<Number> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(place) => (&text[..place], text[place + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (is_negative, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Zeros at the end say nothing, but would need digits.
    let fraction = fraction.trim_end_matches('0');
    let exact = [whole, fraction].concat();
    let scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
    exactly(exact.trim_start_matches('0'), scale, is_negative).or_else(|| {
        let float: f64 = text.parse().ok()?;
        float.is_finite().then_some(Number::Float(float))
    })
}

fn exactly(digits: &str, scale: i64, is_negative: bool) -> Option<Number> {
    if digits.is_empty() {
        return Some(Number::Exact { unscaled: 0, scale: 0 });
    }
    let zeros = usize::try_from(-scale).unwrap_or(0);
    if digits.len().checked_add(zeros)? > DIGITS_128 || scale > i64::from(SCALE_MAX) {
        return None;
    }
    let value = digits.parse::<i128>().ok()?.checked_mul(10i128.checked_pow(u32::try_from(zeros).ok()?)?)?;
    let scale = u8::try_from(scale.max(0)).ok()?;
    Some(Number::Exact { unscaled: if is_negative { -value } else { value }, scale })
}

/// Reads a whole number, also as `2.0` or `2e3`.
pub(super) fn read_integer(text: &str) -> Option<i64> {
    let Number::Exact { unscaled, scale } = read_number(text)? else { return None };
    let unit = 10i128.pow(u32::from(scale));
    (unscaled % unit == 0).then(|| i64::try_from(unscaled / unit).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_exact_where_their_digits_allow_it() {
        for (text, unscaled, scale) in [
            ("0.2e-3", 2, 4),
            ("0.2e+3", 200, 0),
            ("2000e-3", 2, 0),
            ("+1.50", 15, 1),
            (".5", 5, 1),
            ("-0", 0, 0),
            ("7.", 7, 0),
        ] {
            let Some(Number::Exact { unscaled: digits, scale: own }) = read_number(text) else {
                panic!("{text}")
            };
            let (wanted, found) = (unscaled * 10i128.pow(u32::from(own)), digits * 10i128.pow(scale));
            assert_eq!(wanted, found, "{text}");
        }
        assert_eq!(read_number("1e-300"), Some(Number::Float(1e-300)));
        for text in ["", ".", "-", "1,5", "0.2e-e3", "1e", "nan", "inf", "1e999", "0x1", "1 000"] {
            assert_eq!(read_number(text), None, "{text}");
        }
        assert_eq!(
            (read_integer("2.0"), read_integer("2.5"), read_integer("9223372036854775808")),
            (Some(2), None, None)
        );
    }

    proptest! {
        #[test]
        fn the_short_way_reads_what_the_long_way_reads(text in "-?[0-9]{0,19}\\.?[0-9]{0,3}") {
            if let Some((unscaled, scale)) = read_short(text.as_bytes()) {
                let Some(Number::Exact { unscaled: digits, scale: own }) = read_number(&text) else {
                    return Err(TestCaseError::fail("only the short way reads it"));
                };
                prop_assert_eq!(i128::from(unscaled), digits * 10i128.pow(u32::from(scale - own)));
            }
        }
    }
}
