//! Versions of artefacts.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::compatible::Weight;
use super::id::beginning;

/// Longest version; semantic ones have some dozen characters.
const VERSION_BYTES_MAX: usize = 64;

/// `MAJOR.MINOR.PATCH[-EXTENSION]`, or a legacy version such as `1.0`, which promises nothing; in references also a
/// pattern (see [`Self::parse_pattern`]).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(Arc<str>);

/// Why a text is not a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version: write MAJOR.MINOR.PATCH, such as 1.0.0")]
pub struct VersionError(pub String);

impl Version {
    /// Reads a version.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let (numbers, extension) =
            text.split_once('-').map_or((text, None), |(numbers, rest)| (numbers, Some(rest)));
        let count = numbers.split('.').count();
        let sound = text.len() <= VERSION_BYTES_MAX
            && numbers.split('.').all(is_number)
            && match extension {
                None => (1..=3).contains(&count),
                Some(extension) => count == 3 && extension.split('.').all(is_extension),
            };
        if sound { Ok(Self(Arc::from(text))) } else { Err(VersionError(beginning(text))) }
    }

    /// Reads a version or a pattern of versions, as references may have (SDMX 3.0, semantic versioning):
    ///
    /// - `+`: the newest stable one; `2.3+.1`: the newest stable one of 2.x.y that is not before 2.3.1. What
    ///   stands before the mark is fixed, what stands after it is a minimum within the part that has the mark;
    /// - `~`: the newest one, be it a draft; `2.3~.1` likewise;
    /// - `*`: all, of which the newest counts where one is meant; `2.*`: all of 2.
    ///
    /// Only one mark stands in a pattern.
    pub fn parse_pattern(text: &str) -> Result<Self, VersionError> {
        match Pattern::of(text) {
            Some(_) if text.len() <= VERSION_BYTES_MAX => Ok(Self(Arc::from(text))),
            _ => Self::parse(text),
        }
    }

    /// Whether it is a pattern that several versions may fit.
    pub fn is_pattern(&self) -> bool {
        self.0.contains(['+', '~', '*'])
    }

    /// Whether a version fits this one: equals it, or lies within the pattern.
    pub fn fits(&self, version: &Self) -> bool {
        Pattern::of(&self.0).map_or_else(|| self == version, |pattern| pattern.fits(version))
    }

    /// Version 1.0.0.
    pub fn first() -> Self {
        Self(Arc::from("1.0.0"))
    }

    /// Version 1.0, which schemes of organisations always have.
    pub fn of_organisations() -> Self {
        Self(Arc::from("1.0"))
    }

    /// Whether an artefact of this version never changes: semantic and without extension.
    pub fn is_stable(&self) -> bool {
        self.0.split('.').count() == 3 && !self.0.contains('-')
    }

    /// The next version that may make changes of this weight. What is not semantic has no next one.
    pub fn next(&self, weight: Weight) -> Option<Self> {
        let [major, minor, patch] = self.semantic()?;
        let next = match weight {
            Weight::Major => [major + 1, 0, 0],
            Weight::Minor => [major, minor + 1, 0],
            Weight::Patch => [major, minor, patch + 1],
        };
        Self::parse(&next.map(|number| number.to_string()).join(".")).ok()
    }

    /// MAJOR, MINOR and PATCH of a stable version.
    pub(super) fn semantic(&self) -> Option<[u64; 3]> {
        let (numbers, ..) = self.order();
        numbers.try_into().ok().filter(|_| self.is_stable() && !self.is_pattern())
    }

    fn order(&self) -> (Vec<u64>, bool, &str) {
        let (numbers, extension) = self.0.split_once('-').unwrap_or((&self.0, ""));
        let numbers = numbers.split('.').map(|part| part.parse().unwrap_or(0)).collect();
        (numbers, extension.is_empty(), extension)
    }
}

/// Numbers of which the one with the mark, and all after it, may be greater.
struct Pattern {
    /// What must be equal.
    fixed: Vec<u64>,
    /// What the rest must at least be.
    least: Vec<u64>,
    /// Whether drafts do not fit.
    only_stable: bool,
}

impl Pattern {
    fn of(text: &str) -> Option<Self> {
        let mark = text.find(['+', '~', '*'])?;
        let (before, rest) = text.split_at(mark);
        let (mark, after) = rest.split_at(1);
        let only_stable = mark == "+";
        if before.is_empty() && after.is_empty() {
            return Some(Self { fixed: vec![], least: vec![], only_stable });
        }
        let numbers = |text: &str| -> Option<Vec<u64>> {
            text.split('.').map(|part| is_number(part).then(|| part.parse().ok())?).collect()
        };
        if mark == "*" {
            let fixed = numbers(before.strip_suffix('.')?)?;
            return (after.is_empty() && fixed.len() < 3).then_some(Self {
                fixed,
                least: vec![],
                only_stable,
            });
        }
        let mut fixed = numbers(before)?;
        let mut least = vec![fixed.pop()?];
        if !after.is_empty() {
            least.extend(numbers(after.strip_prefix('.')?)?);
        }
        (fixed.len() + least.len() == 3).then_some(Self { fixed, least, only_stable })
    }

    fn fits(&self, version: &Version) -> bool {
        let (numbers, ..) = version.order();
        let (fixed, rest) = numbers.split_at(self.fixed.len().min(numbers.len()));
        (!self.only_stable || version.is_stable()) && fixed == self.fixed && rest >= &self.least[..]
    }
}

fn is_number(part: &str) -> bool {
    const DIGITS_MAX: usize = 9;
    (1..=DIGITS_MAX).contains(&part.len())
        && part.bytes().all(|byte| byte.is_ascii_digit())
        && (part.len() == 1 || !part.starts_with('0'))
}

fn is_extension(part: &str) -> bool {
    // A number has no zero before it (semantic versioning, 9).
    let is_sound =
        !part.bytes().all(|byte| byte.is_ascii_digit()) || part.len() == 1 || !part.starts_with('0');
    !part.is_empty() && is_sound && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order()).then_with(|| self.0.cmp(&other.0))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_order_by_number_and_drafts_come_first() {
        let mut versions: Vec<_> = ["1.10.0", "1.2.0", "1.10.0-draft", "2.0.0", "1.0"]
            .map(|text| Version::parse(text).expect(text))
            .to_vec();
        versions.sort();
        let texts: Vec<_> = versions.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["1.0", "1.2.0", "1.10.0-draft", "1.10.0", "2.0.0"]);
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            "one",
            "1.",
            "1..0",
            "01.0.0",
            "1.0.0-",
            "1.0-draft",
            "1.0.0.0",
            "1.0.0-a b",
            "1.0.0+",
            "1.0.0-a.09",
        ] {
            assert!(Version::parse(text).is_err(), "{text:?}");
        }
        assert!(Version::parse(&format!("1.0.0-{}", "x".repeat(100))).is_err());
    }

    #[test]
    fn a_pattern_fits_the_versions_it_names() {
        let all = ["1.0", "1.9.9", "2.2.9", "2.3.0", "2.3.1", "2.3.2-draft", "2.4.0", "3.0.0"];
        for (pattern, expected) in [
            ("2.3+.1", &["2.3.1", "2.4.0"][..]),
            ("2.3~.1", &["2.3.1", "2.3.2-draft", "2.4.0"]),
            ("2+.3.1", &["2.3.1", "2.4.0", "3.0.0"]),
            ("2.3.0+", &["2.3.0", "2.3.1"]),
            ("+", &["1.9.9", "2.2.9", "2.3.0", "2.3.1", "2.4.0", "3.0.0"]),
            ("~", &all),
            ("*", &all),
            ("2.*", &["2.2.9", "2.3.0", "2.3.1", "2.3.2-draft", "2.4.0"]),
            ("2.3.*", &["2.3.0", "2.3.1", "2.3.2-draft"]),
            ("2.3.1", &["2.3.1"]),
        ] {
            let pattern = Version::parse_pattern(pattern).expect(pattern);
            let fitting = all.into_iter().filter(|text| pattern.fits(&Version::parse(text).expect(text)));
            assert_eq!(fitting.collect::<Vec<_>>(), expected, "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in
            ["2+", "2.3+", "2+.3+.1", "+.1.0", "2.*.1", "1.0.0.*", "2.3.1*", "**", "2.x+.1", "1.0.0+-draft"]
        {
            assert!(Version::parse_pattern(text).is_err(), "{text:?}");
        }
        assert!(Version::parse("2.3+.1").is_err(), "an artefact's own version is never a pattern");
    }

    #[test]
    fn only_three_numbers_without_extension_are_stable() {
        let stable = |text: &str| Version::parse(text).expect(text).is_stable();
        assert!(
            stable("1.0.0")
                && !stable("1.0")
                && !stable("1")
                && !stable("1.0.0-draft")
                && !stable("1.0.0-a.b")
        );
    }
}
