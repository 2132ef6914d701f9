//! Addresses of cells as Excel writes them.

use std::fmt;
use std::sync::Arc;

/// Most rows of a sheet.
pub(crate) const ROWS_MAX: u32 = 1_048_576;
/// Most columns of a sheet.
pub(crate) const COLUMNS_MAX: u32 = 16_384;

/// A cell of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellRef {
    /// Row, from 1.
    pub row: u32,
    /// Column, from 0: A.
    pub column: u32,
}

/// A cell of a workbook: `Data!F412`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellAddress {
    /// Name of the sheet.
    pub sheet: Arc<str>,
    /// The cell.
    pub cell: CellRef,
}

/// A rectangle of cells, both corners included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: CellRef,
    pub(crate) last: CellRef,
}

impl CellRef {
    /// Reads `F412`, with or without dollar signs. Nothing if no sheet has such a cell.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('$').unwrap_or(text);
        let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (letters, digits) = text.split_at(letters);
        let digits = digits.strip_prefix('$').unwrap_or(digits);
        let row = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()?;
        (1..=ROWS_MAX).contains(&row).then_some(Self { row, column: column_of(letters)? })
    }
}

impl Range {
    /// Reads `A2:A11`, or one cell.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        let (first, last) = (CellRef::parse(first)?, CellRef::parse(last)?);
        (first.row <= last.row && first.column <= last.column).then_some(Self { first, last })
    }
}

impl fmt::Display for CellRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", letters(self.column), self.row)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.first, self.last)
    }
}

impl fmt::Display for CellAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}!{}", quoted(&self.sheet), self.cell)
    }
}

/// The column of letters: A is 0.
pub(crate) fn column_of(letters: &str) -> Option<u32> {
    if !(1..=3).contains(&letters.len()) || !letters.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let digit = |byte: u8| u32::from(byte.to_ascii_uppercase() - b'A') + 1;
    let number = letters.bytes().fold(0, |number, byte| number * 26 + digit(byte));
    (number <= COLUMNS_MAX).then_some(number - 1)
}

/// The letters of a column: 0 is A.
pub(crate) fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// A sheet's name as it stands in a reference: in apostrophes unless it is a plain word.
pub(crate) fn quoted(sheet: &str) -> String {
    let plain = sheet.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && sheet.chars().all(|c| c.is_alphanumeric() || c == '_')
        // `Q1` or `R1C1` without apostrophes would be a cell.
        && !sheet.ends_with(|c: char| c.is_ascii_digit());
    if plain { sheet.to_owned() } else { format!("'{}'", sheet.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_address_is_read_as_it_is_written(row in 1..=ROWS_MAX, column in 0..COLUMNS_MAX) {
            let cell = CellRef { row, column };
            prop_assert_eq!(CellRef::parse(&cell.to_string()), Some(cell));
        }

        #[test]
        fn any_text_is_an_address_or_is_none(text in ".{0,12}") {
            let _ = (CellRef::parse(&text), Range::parse(&text), column_of(&text));
        }
    }

    #[test]
    fn addresses_are_those_of_excel() {
        for (text, row, column) in
            [("A1", 1, 0), ("Z9", 9, 25), ("AA10", 10, 26), ("XFD1048576", 1_048_576, 16_383)]
        {
            assert_eq!(CellRef::parse(text), Some(CellRef { row, column }), "{text}");
        }
        for text in ["", "A", "1", "A0", "XFE1", "A1048577", "A-1", "A+1", "ÄB1", "A1B"] {
            assert_eq!(CellRef::parse(text), None, "{text}");
        }
        assert_eq!(CellRef::parse("$F$412"), CellRef::parse("F412"));
        for (sheet, expected) in [
            ("Data", "Data!F4"),
            ("Flows 2025", "'Flows 2025'!F4"),
            ("d'été", "'d''été'!F4"),
            ("Q1", "'Q1'!F4"),
        ] {
            let address = CellAddress { sheet: sheet.into(), cell: CellRef { row: 4, column: 5 } };
            assert_eq!(address.to_string(), expected);
        }
    }
}
