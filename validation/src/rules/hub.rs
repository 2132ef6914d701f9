//! What only the hub can ask, for it alone knows what became of a lane meanwhile.

use crate::rule::{Rule, Severity};

/// The lane's head moved while an answer was awaited.
pub static HEAD_MOVED: Rule = Rule {
    id: "HUB-001",
    level: 3,
    severity: Severity::Warning,
    title: "A newer vintage has the same series",
    explanation: "While the office was asked about this submission, another one changed the same series. Its answers were given to something else, so that it is asked again. Where the two have no series in common nothing is asked.",
    remedy: "Look at the newer vintage with `mighub diff`; answer if this submission is to change it all the same, or withdraw it.",
};

/// All rules of this module.
pub static RULES: &[&Rule] = &[&HEAD_MOVED];
