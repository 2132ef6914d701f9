//! What is wrong with a rulebook.

use std::fmt;

/// One mistake in a rulebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulebookProblem {
    /// The rule; empty if it is about the rulebook as a whole or a script.
    pub rule_id: String,
    /// The script; empty if it is not about one.
    pub script: String,
    /// Line of the script, from 1; 0: not known.
    pub line: usize,
    /// Character on the line, from 1; 0: not known.
    pub column: usize,
    /// What is wrong and what to do; may have several lines that show the place.
    pub text: String,
}

impl RulebookProblem {
    pub(super) fn of_rule(rule_id: &str, text: impl Into<String>) -> Self {
        Self { rule_id: rule_id.to_owned(), script: String::new(), line: 0, column: 0, text: text.into() }
    }

    /// A problem of the rulebook as a whole.
    pub fn of_book(text: impl Into<String>) -> Self {
        Self::of_rule("", text)
    }
}

impl fmt::Display for RulebookProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.rule_id.is_empty() {
            write!(f, "{}: ", self.rule_id)?;
        }
        if self.line > 0 {
            write!(f, "{}:{}:{}: ", self.script, self.line, self.column)?;
        }
        f.write_str(&self.text)
    }
}
