//! Numbers as offices write them: `1,282`, `1 282`, `1.282,5`, `<5`, `123 bp`, `:`.

use super::mapping::Numbers;
use super::problem::CellTrouble;

/// Largest exponent that is read: values have at most 18 digits.
const EXPONENT_MAX: i32 = 18;

/// What a cell of figures holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    /// A number, as a plain decimal.
    Value(String),
    /// No value; the code of the observation's status.
    Missing(String),
    /// Nothing to be sent.
    Nothing,
    /// Hidden, between these bounds, both inclusive.
    Censored { lower: Option<String>, upper: String },
    /// An empty cell of which the mapping says nothing.
    Empty,
}

/// Reads a cell. The flags are the letters that stand behind the number, if the mapping expects some.
pub(super) fn read<'c>(cell: &'c str, numbers: &Numbers) -> Result<(Figure, &'c str), CellTrouble> {
    let cell = cell.trim();
    if let Some(meaning) = numbers.missing.get(cell) {
        return Ok((meaning.clone().map_or(Figure::Nothing, Figure::Missing), ""));
    }
    let (text, flags) = if numbers.flags_behind { split_flags(cell) } else { (cell, "") };
    if text.is_empty() {
        return if flags.is_empty() { Ok((Figure::Empty, "")) } else { Err(CellTrouble::NoNumber) };
    }
    if let Some(meaning) = numbers.missing.get(text) {
        return Ok((meaning.clone().map_or(Figure::Nothing, Figure::Missing), flags));
    }
    if let Some(censored) = censored(text, numbers)? {
        return Ok((censored, flags));
    }
    plain(text, numbers).map(|value| (Figure::Value(value), flags))
}

/// `123 bp`, `123bp`: the letters at the end.
fn split_flags(cell: &str) -> (&str, &str) {
    let number = cell.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    (number.trim_end(), &cell[number.len()..])
}

/// `<5`, `<=5`, `≤5`: hidden because it is small.
fn censored(text: &str, numbers: &Numbers) -> Result<Option<Figure>, CellTrouble> {
    let (rest, inclusive) = if let Some(rest) = text.strip_prefix("<=").or(text.strip_prefix('≤')) {
        (rest, true)
    } else if let Some(rest) = text.strip_prefix('<') {
        (rest, false)
    } else {
        return Ok(None);
    };
    let bound: i64 = plain(rest.trim(), numbers)?.parse().map_err(|_| CellTrouble::NoNumber)?;
    let upper = if inclusive { bound } else { bound.saturating_sub(1) };
    let lower = numbers.censored.as_ref().and_then(|censored| censored.lower);
    Ok(Some(Figure::Censored { lower: lower.map(|lower| lower.to_string()), upper: upper.to_string() }))
}

/// A number as a plain decimal.
fn plain(text: &str, numbers: &Numbers) -> Result<String, CellTrouble> {
    if let Some((mantissa, exponent)) = text.split_once(['e', 'E']).filter(|_| numbers.exponents) {
        let exponent = exponent.parse().map_err(|_| CellTrouble::NoNumber)?;
        return shifted(&plain_without_exponent(mantissa, numbers)?, exponent).ok_or(CellTrouble::NoNumber);
    }
    plain_without_exponent(text, numbers)
}

/// A plain decimal times a power of ten.
fn shifted(number: &str, exponent: i32) -> Option<String> {
    if exponent.abs() > EXPONENT_MAX {
        return None;
    }
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let point = whole.len() as i32 + exponent;
    let unsigned = if point <= 0 {
        format!("0.{}{all}", "0".repeat(point.unsigned_abs() as usize))
    } else if point as usize >= all.len() {
        format!("{all}{}", "0".repeat(point as usize - all.len()))
    } else {
        format!("{}.{}", &all[..point as usize], &all[point as usize..])
    };
    Some(format!("{sign}{unsigned}"))
}

fn plain_without_exponent(text: &str, numbers: &Numbers) -> Result<String, CellTrouble> {
    let (sign, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let unsigned = match (numbers.decimal, numbers.thousands) {
        (None, None) => undeclared(digits)?,
        (decimal, thousands) => declared(digits, decimal, thousands).ok_or(CellTrouble::NoNumber)?,
    };
    Ok(format!("{sign}{unsigned}"))
}

fn declared(digits: &str, decimal: Option<char>, thousands: Option<char>) -> Option<String> {
    let (whole, fraction) = match decimal.and_then(|decimal| digits.split_once(decimal)) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let separates = |c: char| match thousands {
        // The spaces that programs put there look alike.
        Some(' ') => is_space(c),
        Some(thousands) => c == thousands,
        None => false,
    };
    join(&grouped(whole, separates)?, fraction)
}

/// Without a word from the mapping only what can be read in one way is read.
fn undeclared(digits: &str) -> Result<String, CellTrouble> {
    let is_group = |c: char| is_space(c) || matches!(c, '\'' | '\u{2019}');
    let signs: Vec<char> = digits.chars().filter(|c| matches!(c, '.' | ',')).collect();
    let read = |decimal: Option<char>, thousands: Option<char>| {
        let (whole, fraction) = match decimal.and_then(|sign| digits.split_once(sign)) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        join(&grouped(whole, |c| is_group(c) || Some(c) == thousands)?, fraction)
    };
    let other = |sign: char| if sign == '.' { ',' } else { '.' };
    let (as_decimal, as_thousands) = match signs[..] {
        [] => (read(None, None), None),
        [.., last] => (read(Some(last), Some(other(last))), read(None, Some(last))),
    };
    match (as_decimal, as_thousands) {
        (Some(decimal), Some(thousands)) => {
            Err(CellTrouble::TwoNumbers { as_thousands: thousands, as_decimal: decimal })
        }
        (Some(number), None) | (None, Some(number)) => Ok(number),
        (None, None) => Err(CellTrouble::NoNumber),
    }
}

/// Digits of a whole number without their separators, which stand between groups of three.
fn grouped(whole: &str, separates: impl Fn(char) -> bool) -> Option<String> {
    let mut groups = whole.split(&separates);
    let first = groups.next()?;
    let mut digits = String::from(first);
    let mut is_first_of_several = false;
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        is_first_of_several = true;
        digits.push_str(group);
    }
    let begins_well = !is_first_of_several || (matches!(first.len(), 1..=3) && !first.starts_with('0'));
    (begins_well && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

fn join(whole: &str, fraction: Option<&str>) -> Option<String> {
    match fraction {
        None => Some(whole.to_owned()),
        Some(fraction) => {
            let sound = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
            sound.then(|| format!("{whole}.{fraction}"))
        }
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Censored;
    use proptest::prelude::*;

    fn told(cell: &str, numbers: &Numbers) -> String {
        match read(cell, numbers) {
            Ok((figure, flags)) => format!("{figure:?} {flags}").trim_end().to_owned(),
            Err(CellTrouble::TwoNumbers { as_thousands, as_decimal }) => {
                format!("{as_thousands} or {as_decimal}")
            }
            Err(_) => "no number".to_owned(),
        }
    }

    #[test]
    fn without_a_word_only_what_is_clear_is_read() {
        let numbers = Numbers::default();
        for (cell, expected) in [
            ("1282", "Value(\"1282\")"),
            ("1,282", "1282 or 1.282"),
            ("-1.282", "1282 or 1.282"),
            ("0,282", "Value(\"0.282\")"),
            ("1,28", "Value(\"1.28\")"),
            ("1.28", "Value(\"1.28\")"),
            ("1,282,000", "Value(\"1282000\")"),
            ("1.282,5", "Value(\"1282.5\")"),
            ("1,282.500", "Value(\"1282.500\")"),
            ("1 282", "Value(\"1282\")"),
            ("1\u{202f}282,5", "Value(\"1282.5\")"),
            ("12 82", "no number"),
            ("1,28,200", "no number"),
            ("1.2.3", "no number"),
            (":", "no number"),
            ("1e5", "no number"),
            ("12 bp", "no number"),
            ("NaN", "no number"),
            ("", "Empty"),
            ("<5", "Censored { lower: None, upper: \"4\" }"),
            ("≤ 5", "Censored { lower: None, upper: \"5\" }"),
            ("<x", "no number"),
        ] {
            assert_eq!(told(cell, &numbers), expected, "{cell}");
        }
    }

    #[test]
    fn what_is_declared_is_read_so_and_in_no_other_way() {
        let german = Numbers { decimal: Some(','), thousands: Some('.'), ..Numbers::default() };
        let eurostat = Numbers {
            decimal: Some('.'),
            flags_behind: true,
            missing: [(":".to_owned(), Some("O".to_owned())), ("-".to_owned(), None)].into(),
            censored: Some(Censored { lower: Some(1) }),
            ..Numbers::default()
        };
        let program = Numbers { decimal: Some('.'), exponents: true, ..Numbers::default() };
        for (numbers, cell, expected) in [
            (&program, "1.3e-05", "Value(\"0.000013\")"),
            (&program, "-12.5E+1", "Value(\"-125\")"),
            (&program, "1.25e1", "Value(\"12.5\")"),
            (&program, "1e400", "no number"),
            (&german, "1e5", "no number"),
            (&german, "1.282", "Value(\"1282\")"),
            (&german, "1,282", "Value(\"1.282\")"),
            (&german, "1.28", "no number"),
            (&german, "-12.345.678,90", "Value(\"-12345678.90\")"),
            (&eurostat, "1.282", "Value(\"1.282\")"),
            (&eurostat, "1,282", "no number"),
            (&eurostat, "123 bp", "Value(\"123\") bp"),
            (&eurostat, ": c", "Missing(\"O\") c"),
            (&eurostat, ":", "Missing(\"O\")"),
            (&eurostat, "-", "Nothing"),
            (&eurostat, "<5", "Censored { lower: Some(\"1\"), upper: \"4\" }"),
        ] {
            assert_eq!(told(cell, numbers), expected, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_it_was_written_in_every_declared_form(
            units in any::<i32>(), fraction in "[0-9]{0,3}", form in 0_usize..4,
        ) {
            let (decimal, thousands) = [('.', ','), (',', '.'), (',', ' '), ('.', '\'')][form];
            let plain = if fraction.is_empty() { units.to_string() } else { format!("{units}.{fraction}") };
            let digits = units.unsigned_abs().to_string();
            let mut written = String::from(if units < 0 { "-" } else { "" });
            for (nth, digit) in digits.chars().enumerate() {
                if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
                    written.push(thousands);
                }
                written.push(digit);
            }
            if !fraction.is_empty() {
                written.push(decimal);
                written.push_str(&fraction);
            }
            let numbers = Numbers { decimal: Some(decimal), thousands: Some(thousands), ..Numbers::default() };
            prop_assert_eq!(read(&written, &numbers), Ok((Figure::Value(plain), "")));
        }

        #[test]
        fn no_text_is_read_in_two_ways_or_makes_the_reader_panic(cell in "[-+0-9., <≤:a-z\u{a0}]{0,12}") {
            let _ = read(&cell, &Numbers::default());
        }
    }
}
