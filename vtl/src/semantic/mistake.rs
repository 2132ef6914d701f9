//! The mistakes that a script can contain, in one voice.
//!
//! What lives here: the codes of semantic diagnostics, and their sentences where several operators share them.
//! What must not: how a mistake is found.

use crate::ast::Span;
use crate::diagnostic::Diagnostic;

/// A name that means nothing here.
pub(super) const NAME: &str = "SEM-NAME";
/// A name that has two meanings, or is given twice.
pub(super) const DUPLICATE: &str = "SEM-DUPLICATE";
/// A value of the wrong type.
pub(super) const TYPE: &str = "SEM-TYPE";
/// A data set that has not the components an operator needs.
pub(super) const STRUCTURE: &str = "SEM-STRUCTURE";
/// A component in a role that an operator does not allow.
pub(super) const ROLE: &str = "SEM-ROLE";
/// An operator where it has no meaning.
pub(super) const PLACE: &str = "SEM-PLACE";
/// A constant that an operator does not allow.
pub(super) const VALUE: &str = "SEM-VALUE";
/// Results that need each other.
pub(super) const CYCLE: &str = "SEM-CYCLE";
/// A ruleset that contradicts itself or its use.
pub(super) const RULESET: &str = "SEM-RULESET";
/// A user-defined operator that contradicts itself or its use.
pub(super) const OPERATOR: &str = "SEM-OPERATOR";
/// A part of the language that this engine refuses.
pub(super) const UNSUPPORTED: &str = "SEM-UNSUPPORTED";
/// More of something than the analysis allows.
pub(super) const LIMIT: &str = "SEM-LIMIT";
/// Follows from a mistake that is told elsewhere; never shown.
const FOLLOWS: &str = "SEM-FOLLOWS";

const IN_OPERATOR: &str = ", in the operator ";

/// One or more mistakes.
#[derive(Debug, Default)]
pub(super) struct Mistakes(Vec<Diagnostic>);

impl From<Diagnostic> for Mistakes {
    fn from(mistake: Diagnostic) -> Self {
        Self(vec![mistake])
    }
}

impl Mistakes {
    /// Adds what another piece of the script did wrong.
    pub(super) fn add(&mut self, more: impl Into<Self>) {
        self.0.append(&mut more.into().0);
    }

    /// The value if nothing went wrong.
    pub(super) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Keeps a value, or adds what went wrong.
    pub(super) fn take<T, E: Into<Self>>(&mut self, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(mistake) => {
                self.add(mistake);
                None
            }
        }
    }

    /// Tells of those in the body of an operator that the script calls which operator it is.
    pub(super) fn in_operator(mut self, operator: &str, call: Span) -> Self {
        for mistake in &mut self.0 {
            let is_in_call = call.start <= mistake.span.start && mistake.span.end <= call.end;
            if !is_in_call && mistake.code != FOLLOWS && !mistake.message.contains(IN_OPERATOR) {
                mistake.message.push_str(&format!("{IN_OPERATOR}{operator}"));
            }
        }
        self
    }

    /// The first of them, where only one can be told.
    pub(super) fn into_first(self, span: Span) -> Diagnostic {
        self.0.into_iter().next().unwrap_or_else(|| follows(span))
    }

    /// Those that the author must read, in the order of the script.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut told: Vec<_> = self.0.into_iter().filter(|mistake| mistake.code != FOLLOWS).collect();
        told.sort_by_key(|mistake| (mistake.span.start, mistake.span.end));
        told.dedup();
        told
    }
}

/// Both values, or the mistakes of both.
pub(super) fn both<A, B>(a: Result<A, Mistakes>, b: Result<B, Mistakes>) -> Result<(A, B), Mistakes> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut a), Err(b)) => {
            a.add(b);
            Err(a)
        }
        (Err(mistakes), _) | (_, Err(mistakes)) => Err(mistakes),
    }
}

/// All values, or all mistakes.
pub(super) fn all<T, E: Into<Mistakes>>(
    results: impl IntoIterator<Item = Result<T, E>>,
) -> Result<Vec<T>, Mistakes> {
    let mut mistakes = Mistakes::default();
    let values: Vec<T> = results.into_iter().filter_map(|result| mistakes.take(result)).collect();
    mistakes.or(values)
}

/// Something that cannot be judged, because what it needs is wrong already.
pub(super) fn follows(span: Span) -> Diagnostic {
    Diagnostic::semantic(FOLLOWS, span, "")
}

/// A name that means nothing here; `known` are those that would, `what` is what was looked for.
pub(super) fn unknown<'k>(
    what: &str,
    name: &str,
    span: Span,
    known: impl IntoIterator<Item = &'k str>,
) -> Diagnostic {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let mistake = Diagnostic::semantic(NAME, span, format!("there is no {what} {name}"));
    let same = known.iter().find(|other| other.eq_ignore_ascii_case(name));
    let near = known.iter().find(|other| is_near(other, name));
    match (same.or(near), known.len()) {
        (Some(near), _) if same.is_some() => {
            mistake.with_help(format!("names are case sensitive: write {near}"))
        }
        (Some(near), _) => mistake.with_help(format!("did you mean {near}?")),
        (None, 0) => mistake,
        (None, 1..=NAMES_SHOWN) => mistake.with_help(format!("there is {}", known.join(", "))),
        (None, count) => mistake.with_help(format!(
            "there is {}, and {} more",
            known[..NAMES_SHOWN].join(", "),
            count - NAMES_SHOWN
        )),
    }
}

/// Whether one letter more, less or other makes one name the other.
fn is_near(a: &str, b: &str) -> bool {
    let letters = |of: &str| of.chars().count();
    let (shorter, longer) = if letters(a) <= letters(b) { (a, b) } else { (b, a) };
    if letters(longer) - letters(shorter) > 1 || letters(shorter) < 3 {
        return false;
    }
    let same = shorter.chars().zip(longer.chars()).take_while(|(x, y)| x == y).count();
    let rest = |of: &str, skipped| of.chars().skip(skipped).collect::<String>();
    rest(longer, same + 1) == rest(shorter, same) || rest(longer, same + 1) == rest(shorter, same + 1)
}

/// Names that a diagnostic lists; more would bury the sentence.
const NAMES_SHOWN: usize = 12;

/// A data set where a single value is wanted, or the reverse.
pub(super) fn wanted(what: &str, operator: &str, span: Span) -> Diagnostic {
    Diagnostic::semantic(TYPE, span, format!("{operator} needs {what} here"))
}

/// A part of the language that this engine refuses.
pub(super) fn unsupported(what: &str, help: &str, span: Span) -> Diagnostic {
    Diagnostic::semantic(UNSUPPORTED, span, format!("{what} is not supported")).with_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_near_by_are_proposed() {
        let help = |name| unknown("component", name, Span::default(), ["VALUE", "AREA", "OBS_STATUS"]).help;
        for (name, expected) in [
            ("value", "names are case sensitive: write VALUE"),
            ("VALU", "did you mean VALUE?"),
            ("VALUES", "did you mean VALUE?"),
            ("OBS_STATES", "did you mean OBS_STATUS?"),
            ("ARE", "did you mean AREA?"),
            ("SEX", "there is AREA, OBS_STATUS, VALUE"),
        ] {
            assert_eq!(help(name).as_deref(), Some(expected), "{name}");
        }
        assert!(!is_near("ää", "abc"), "bytes are not letters");
    }
}
