//! Patterns of `match_characters`: extended regular expressions of POSIX, on the whole text.
//!
//! What lives here: their translation, their limits, and those that were read before. What must not: texts.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

/// Bytes a compiled pattern may take: patterns come with scripts from outside, and counted repetition grows fast.
const PATTERN_BYTES_MAX: usize = 1 << 20;
/// Patterns that are kept; a ruleset has a few dozen, a column of patterns may have any number.
const PATTERNS_KEPT: usize = 256;

thread_local! {
    static KNOWN: RefCell<HashMap<Box<str>, Regex>> = RefCell::default();
}

/// Whether a pattern can be read.
pub(crate) fn check_pattern(pattern: &str) -> Result<(), String> {
    compile(pattern).map(drop)
}

/// Whether a pattern matches the whole text.
pub(super) fn matches(text: &str, pattern: &str) -> Result<bool, String> {
    KNOWN.with_borrow_mut(|known| {
        if let Some(regex) = known.get(pattern) {
            return Ok(regex.is_match(text));
        }
        let regex = compile(pattern)
            .map_err(|reason| format!("match_characters cannot read the pattern {pattern}: {reason}"))?;
        if known.len() >= PATTERNS_KEPT {
            known.clear();
        }
        Ok(known.entry(pattern.into()).or_insert(regex).is_match(text))
    })
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let whole = format!(r"\A(?:{})\z", translated(pattern));
    RegexBuilder::new(&whole).size_limit(PATTERN_BYTES_MAX).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it is too large: shorten its repetitions".to_owned(),
        // The last line says what is wrong; the others draw the translated pattern.
        other => other
            .to_string()
            .lines()
            .last()
            .unwrap_or_default()
            .trim()
            .trim_start_matches("error: ")
            .to_owned(),
    })
}

/// POSIX differs within brackets: a backslash is itself only there, `[` too, and `]` right behind the opening.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        out.push(character);
        match character {
            '\\' => out.extend(characters.next()),
            '[' => {
                if characters.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if characters.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
                while let Some(member) = characters.next() {
                    match member {
                        ']' => {
                            out.push(']');
                            break;
                        }
                        '[' if characters.peek() == Some(&':') => {
                            out.push('[');
                            // A class such as [:alpha:] has its own end.
                            for member in characters.by_ref() {
                                out.push(member);
                                if member == ']' {
                                    break;
                                }
                            }
                        }
                        '[' => out.push_str("\\["),
                        '&' | '~' => {
                            out.push('\\');
                            out.push(member);
                        }
                        // Engines read \d and \] within brackets; what POSIX says is kept for none of these.
                        '\\' => {
                            out.push('\\');
                            out.push(characters.next().unwrap_or('\\'));
                        }
                        other => out.push(other),
                    }
                }
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts_as_posix_says() {
        for (pattern, text, expected) in [
            ("a", "ab", false),
            ("a|ab", "ab", true),
            ("[A-Z]{2}[0-9]{3}", "AB123", true),
            ("[[:alpha:]]+", "Geneva", true),
            ("[[:alpha:]_]+", "a_b", true),
            ("[]a]+", "a]", true),
            ("[^]a]+", "bc", true),
            ("[a[]+", "[a", true),
            ("[a&&b]+", "a&b", true),
            (r"\d{4}", "2024", true),
            (r"[\d]{4}", "2024", true),
            ("x*", "", true),
        ] {
            assert_eq!(matches(text, pattern), Ok(expected), "{pattern} on {text}");
        }
    }

    #[test]
    fn patterns_that_grow_or_break_are_refused_in_words() {
        assert!(matches("", "((a{1000}){1000}){1000}").is_err_and(|reason| reason.contains("too large")));
        assert!(check_pattern("(a").is_err_and(|reason| reason.contains("unclosed")));
    }
}
