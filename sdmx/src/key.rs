//! Which observations are meant: SDMX keys with wildcards, sets of codes, and ranges of periods.
//!
//! What lives here: reading and writing of keys and the test "does this series match". What must not:
//! whether codes exist, and who may see what.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::columns::{Columns, SeriesKey};
use crate::period::{Period, PeriodError};

/// Longest text of a key; real ones have some dozens of bytes.
pub const KEY_BYTES_MAX: usize = 64 * 1024;
/// Most keys one selection may join by commas.
pub const KEYS_MAX: usize = 10_000;

/// Codes of one dimension that match; nothing means that all do.
pub type CodeSet = Option<BTreeSet<Arc<str>>>;

/// One key: a set of codes per dimension, in the order of the DSD, without the time dimension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPattern {
    /// Missing sets at the end match all codes.
    pub sets: Vec<CodeSet>,
}

/// A selection of observations: those whose series matches one of the keys and whose period lies wholly
/// within the range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// No keys at all select every series.
    pub keys: Vec<KeyPattern>,
    /// Periods that begin earlier are left out.
    pub start: Option<Period>,
    /// Periods that end later are left out.
    pub end: Option<Period>,
}

/// Why a text is not a selection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// More parts than the data structure has dimensions.
    #[error(
        "the key {key:?} has {found} parts; this dataflow has {expected} dimensions before TIME_PERIOD: {dimensions}"
    )]
    TooManyParts {
        /// The key as given.
        key: String,
        /// Parts it has.
        found: usize,
        /// Dimensions there are.
        expected: usize,
        /// Their ids, joined by points.
        dimensions: String,
    },
    /// A character that no code may have.
    #[error("{code:?} in the key {key:?} is not a code: codes have letters, digits, _ @ $ -")]
    NotACode {
        /// The key as given.
        key: String,
        /// The part that is no code.
        code: String,
    },
    /// Longer or more than the limits above.
    #[error("the selection is too large: at most {KEYS_MAX} keys and {KEY_BYTES_MAX} bytes")]
    TooLarge,
    /// A bound is no period.
    #[error("{text:?} is not a period: {source}")]
    Period {
        /// The bound as given.
        text: String,
        /// Why not.
        source: PeriodError,
    },
}

impl KeyPattern {
    /// Reads one key, such as `A.SWE+NOR..PRV.*`: an empty part or `*` matches every code, `+` joins codes.
    pub fn parse(text: &str, dimensions: &[Arc<str>]) -> Result<Self, SelectionError> {
        if text.len() > KEY_BYTES_MAX {
            return Err(SelectionError::TooLarge);
        }
        if text.is_empty() || text == "all" || text == "*" {
            return Ok(Self::default());
        }
        let found = text.split('.').count();
        if found > dimensions.len() {
            let (key, expected) = (text.to_owned(), dimensions.len());
            return Err(SelectionError::TooManyParts {
                key,
                found,
                expected,
                dimensions: dimensions.join("."),
            });
        }
        let set = |part: &str| {
            if part.is_empty() || part == "*" {
                return Ok(None);
            }
            let codes: Result<BTreeSet<_>, _> = part.split('+').map(|code| read_code(code, text)).collect();
            codes.map(Some)
        };
        Ok(Self { sets: text.split('.').map(set).collect::<Result<_, _>>()? })
    }

    /// Whether the codes of a key, in order, match.
    pub fn matches<'c>(&self, mut codes: impl Iterator<Item = &'c Arc<str>>) -> bool {
        self.sets.iter().all(|set| {
            let code = codes.next();
            set.as_ref().is_none_or(|set| code.is_some_and(|code| set.contains(code)))
        })
    }

    /// The set of a dimension.
    pub fn set(&self, dimension: usize) -> Option<&BTreeSet<Arc<str>>> {
        self.sets.get(dimension)?.as_ref()
    }
}

fn read_code(code: &str, key: &str) -> Result<Arc<str>, SelectionError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'$' | b'-');
    if code.is_empty() || !code.bytes().all(fits) {
        return Err(SelectionError::NotACode { key: key.to_owned(), code: code.to_owned() });
    }
    Ok(Arc::from(code))
}

impl Selection {
    /// Everything.
    pub fn all() -> Self {
        Self::default()
    }

    /// Reads keys joined by commas and the two bounds of the range.
    pub fn parse(
        keys: &str,
        start: Option<&str>,
        end: Option<&str>,
        dimensions: &[Arc<str>],
    ) -> Result<Self, SelectionError> {
        if keys.bytes().filter(|byte| *byte == b',').count() >= KEYS_MAX {
            return Err(SelectionError::TooLarge);
        }
        let bound = |text: Option<&str>| {
            text.map(|text| {
                Period::parse(text.as_bytes())
                    .map_err(|source| SelectionError::Period { text: text.to_owned(), source })
            })
            .transpose()
        };
        let mut keys: Vec<_> =
            keys.split(',').map(|key| KeyPattern::parse(key, dimensions)).collect::<Result<_, _>>()?;
        if keys.iter().any(|key| key.sets.iter().all(Option::is_none)) {
            keys.clear();
        }
        Ok(Self { keys, start: bound(start)?, end: bound(end)? })
    }

    /// Whether nothing is left out.
    pub fn is_all(&self) -> bool {
        self.keys.is_empty() && self.start.is_none() && self.end.is_none()
    }

    /// Whether a series may have observations that are selected.
    pub fn matches_series(&self, key: SeriesKey<'_>) -> bool {
        self.matches_codes(|| key.codes())
    }

    /// Whether codes, given anew for every key, match one of the keys.
    pub fn matches_codes<'c, I: Iterator<Item = &'c Arc<str>>>(&self, codes: impl Fn() -> I) -> bool {
        self.keys.is_empty() || self.keys.iter().any(|key| key.matches(codes()))
    }

    /// Whether a period lies in the range.
    pub fn matches_period(&self, period: Period) -> bool {
        self.start.is_none_or(|start| period.start() >= start.start())
            && self.end.is_none_or(|end| period.end() <= end.end())
    }

    /// Per series of `columns`, whether it matches. Each distinct code is looked up once.
    pub fn matching_series(&self, columns: &Columns) -> Vec<bool> {
        if self.keys.is_empty() {
            return vec![true; columns.series_count()];
        }
        let mut matching = vec![false; columns.series_count()];
        for key in &self.keys {
            let tables: Vec<Option<Vec<bool>>> = columns
                .dimensions
                .iter()
                .enumerate()
                .map(|(place, column)| {
                    let set = key.set(place)?;
                    Some(column.codes.iter().map(|code| set.contains(code)).collect())
                })
                .collect();
            for (series, matches) in matching.iter_mut().enumerate() {
                *matches |= tables.iter().zip(&columns.dimensions).all(|(table, column)| {
                    table.as_ref().is_none_or(|table| table[column.index[series] as usize])
                });
            }
        }
        matching
    }
}

impl fmt::Display for KeyPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, set) in self.sets.iter().enumerate() {
            if place > 0 {
                f.write_str(".")?;
            }
            for (nth, code) in set.iter().flatten().enumerate() {
                if nth > 0 {
                    f.write_str("+")?;
                }
                f.write_str(code)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dimensions() -> Vec<Arc<str>> {
        ["FREQ", "REF_AREA", "SEX"].map(Arc::from).to_vec()
    }

    fn matches(key: &str, codes: [&str; 3]) -> bool {
        let selection = Selection::parse(key, None, None, &dimensions()).expect(key);
        let codes = codes.map(Arc::from);
        selection.matches_codes(|| codes.iter())
    }

    #[test]
    fn empty_and_missing_parts_match_every_code() {
        assert!(matches("", ["A", "SWE", "F"]));
        assert!(matches("A..", ["A", "SWE", "F"]));
        assert!(matches("A.*.F", ["A", "SWE", "F"]));
        assert!(matches("A", ["A", "SWE", "F"]));
        assert!(!matches("Q", ["A", "SWE", "F"]));
    }

    #[test]
    fn plus_joins_codes_and_comma_joins_keys() {
        assert!(matches("A.NOR+SWE.F", ["A", "SWE", "F"]));
        assert!(!matches("A.NOR+SWE.F", ["A", "FIN", "F"]));
        assert!(matches("A.NOR.F,A.SWE.M", ["A", "SWE", "M"]));
        assert!(!matches("A.NOR.F,A.SWE.M", ["A", "SWE", "F"]));
    }

    #[test]
    fn a_malformed_key_is_refused_with_its_reason() {
        let error = |key| Selection::parse(key, None, None, &dimensions()).map_err(|error| error.to_string());
        assert_eq!(
            error("A.SWE.F.X"),
            Err("the key \"A.SWE.F.X\" has 4 parts; this dataflow has 3 dimensions before TIME_PERIOD: \
                 FREQ.REF_AREA.SEX"
                .to_owned())
        );
        assert!(error("A.SW E").is_err_and(|text| text.contains("\"SW E\"")));
        assert!(error("A.SWE+").is_err());
    }

    #[test]
    fn a_period_is_selected_if_it_lies_wholly_in_the_range() {
        let selection = Selection::parse("", Some("2020-03"), Some("2021"), &[]).expect("periods");
        let matches = |text: &str| selection.matches_period(Period::parse(text.as_bytes()).expect(text));
        assert!(matches("2020-03"));
        assert!(matches("2021-12-31"));
        assert!(!matches("2020-02"));
        assert!(!matches("2020"));
        assert!(!matches("2022-01"));
    }
}
