//! Texts that a spreadsheet would take for formulas.
//!
//! CSV has no types: Excel and its kin run a text that begins like a formula when the file is opened, and a formula
//! may send what the sheet holds to somebody else. Figures are not texts, and stay numbers.

use std::borrow::Cow;

use mighub_sdmx::Decimal;

/// With what formulas begin; the wide forms do so where Excel is set to an East Asian language.
const BEGINNINGS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A text that no spreadsheet takes for a formula: an apostrophe before it says that it is a text.
pub(crate) fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(BEGINNINGS) && Decimal::parse(text.as_bytes()).is_err() {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_made_a_text_and_numbers_stay() {
        for (text, expected) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("-", "'-"),
            ("-12.5", "-12.5"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(guarded(text), expected, "{text:?}");
        }
    }
}
