//! What formats of numbers say about their values.

use std::collections::HashMap;
use std::io::{Read, Seek};

use quick_xml::events::Event;

use super::number::Shows;
use crate::package::{Package, PackageError, attribute, local};

/// Most formats of cells; Excel itself has 65,490.
const FORMATS_MAX: usize = 100_000;

/// Longest format of zeros that is a code's: codes of areas have three digits, of occupations four.
const ZEROS_MAX: usize = 18;

/// What a format makes of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum NumberFormat {
    /// A number.
    #[default]
    Number,
    /// A date.
    Date(Shows),
    /// A time of the day without a day.
    Time,
    /// Per cent: the cell shows a hundred times its value.
    Percent,
    /// `000`: so many digits at least, as codes have them.
    Zeros(usize),
}

/// Formats by the number that cells have.
#[derive(Debug, Default)]
pub(super) struct Styles {
    formats: Vec<NumberFormat>,
}

impl Styles {
    pub(super) fn read<R: Read + Seek>(package: &mut Package<R>, part: &str) -> Result<Self, PackageError> {
        let mut codes: HashMap<u32, NumberFormat> = HashMap::new();
        let mut styles = Self::default();
        let mut in_cell_formats = false;
        let mut xml = package.xml(part)?;
        loop {
            match xml.next()? {
                Event::Eof => return Ok(styles),
                Event::End(element) if local(element.name()) == "cellXfs" => in_cell_formats = false,
                Event::Start(element) | Event::Empty(element) => {
                    let number = |name| attribute(&element, name).and_then(|id| id.parse::<u32>().ok());
                    match local(element.name()) {
                        "cellXfs" => in_cell_formats = true,
                        "numFmt" => {
                            let code = attribute(&element, "formatCode").unwrap_or_default();
                            if let Some(id) = number("numFmtId") {
                                codes.insert(id, of_code(&code));
                            }
                        }
                        "xf" if in_cell_formats => {
                            let id = number("numFmtId").unwrap_or(0);
                            styles.formats.push(codes.get(&id).copied().unwrap_or_else(|| of_builtin(id)));
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
            if styles.formats.len() > FORMATS_MAX || codes.len() > FORMATS_MAX {
                return Err(PackageError::damaged(part, format!("it has more than {FORMATS_MAX} formats")));
            }
        }
    }

    pub(super) fn format(&self, style: usize) -> NumberFormat {
        self.formats.get(style).copied().unwrap_or_default()
    }
}

/// Formats that every workbook has without naming them.
fn of_builtin(id: u32) -> NumberFormat {
    match id {
        9 | 10 => NumberFormat::Percent,
        17 => NumberFormat::Date(Shows::Month),
        14..=16 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58 => NumberFormat::Date(Shows::Day),
        18..=21 | 32..=35 | 45..=47 | 55 | 56 => NumberFormat::Time,
        _ => NumberFormat::Number,
    }
}

/// What a format says, from its part for positive numbers.
fn of_code(code: &str) -> NumberFormat {
    let mut letters = String::new();
    let mut rest = code.chars();
    while let Some(character) = rest.next() {
        match character {
            ';' => break,
            // Texts, padding, and colours or conditions in brackets, which say nothing about the value.
            '"' => drop(rest.by_ref().find(|c| *c == '"')),
            '[' => {
                let inside: String = rest.by_ref().take_while(|c| *c != ']').collect();
                // [h] counts hours beyond the day.
                if inside.chars().all(|c| matches!(c.to_ascii_lowercase(), 'h' | 'm' | 's')) {
                    letters.push_str(&inside);
                }
            }
            '\\' | '_' | '*' => drop(rest.next()),
            character => letters.push(character.to_ascii_lowercase()),
        }
    }
    if letters.contains("general") {
        return NumberFormat::Number;
    }
    let has = |letter| letters.contains(letter);
    if has('%') {
        NumberFormat::Percent
    } else if has('y') || has('d') {
        let year_alone = has('y') && !has('m') && !has('d');
        let shows = if year_alone {
            Shows::Year
        } else if has('d') {
            Shows::Day
        } else {
            Shows::Month
        };
        NumberFormat::Date(shows)
    } else if has('h') || has('s') {
        NumberFormat::Time
    } else if (2..=ZEROS_MAX).contains(&letters.len()) && letters.bytes().all(|byte| byte == b'0') {
        NumberFormat::Zeros(letters.len())
    } else {
        NumberFormat::Number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_tell_dates_and_shares_from_numbers() {
        for (code, expected) in [
            ("General", NumberFormat::Number),
            ("#,##0.00", NumberFormat::Number),
            ("#,##0 \"days\"", NumberFormat::Number),
            ("[Red]-0.0;[Blue]0", NumberFormat::Number),
            ("0.0%", NumberFormat::Percent),
            ("yyyy", NumberFormat::Date(Shows::Year)),
            ("mm/yyyy", NumberFormat::Date(Shows::Month)),
            ("dd.mm.yyyy", NumberFormat::Date(Shows::Day)),
            ("[$-F800]dddd, mmmm dd, yyyy", NumberFormat::Date(Shows::Day)),
            ("[h]:mm", NumberFormat::Time),
            ("000", NumberFormat::Zeros(3)),
            ("0", NumberFormat::Number),
        ] {
            assert_eq!(of_code(code), expected, "{code}");
        }
    }
}
