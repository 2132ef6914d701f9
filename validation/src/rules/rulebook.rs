//! What is said about a rulebook while it judges.

use crate::rule::{Rule, Severity};

/// All of them.
pub static RULES: &[&Rule] = &[&RULE_FAILED];

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

/// A rule of the rulebook ended with an error.
pub static RULE_FAILED: Rule = Rule {
    id: "RBK-001",
    level: 2,
    severity: Severity::Note,
    title: "A rule of the rulebook could not be run: an error of the rulebook, not of the data",
    explanation: "The rule met values that it has no result for, or grew beyond a limit of the judge, so that \
                  nobody knows whether the data meet it. The office has nothing to correct and nothing to answer; \
                  the rule counts as not run, and the hub's operator is told.",
    remedy: "Tell the hub's operator, who corrects the rulebook.",
};
