//! The identity of the rules that judged: built-in ones now, rule texts of dataflows later.

use serde::Serialize;

use crate::rule::Severity;
use crate::rules;

/// Version of what the built-in rules do. It rises when a rule judges otherwise without a change in the table.
const VERSION: u32 = 1;

/// A rulebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rulebook {
    bytes: Vec<u8>,
}

#[derive(Serialize)]
struct Written {
    built_in: u32,
    rules: Vec<WrittenRule>,
}

#[derive(Serialize)]
struct WrittenRule {
    id: &'static str,
    level: u8,
    severity: Severity,
}

impl Rulebook {
    /// Media type of its bytes.
    pub const MEDIA_TYPE: &str = "application/vnd.mighub.rulebook+json;version=1";

    /// The rules of this program.
    pub fn built_in() -> Self {
        let written = |rule: &&'static crate::Rule| WrittenRule {
            id: rule.id,
            level: rule.level,
            severity: rule.severity,
        };
        let rules = rules::all().iter().map(written).collect();
        let bytes = serde_json::to_vec(&Written { built_in: VERSION, rules })
            .expect("text and numbers have a JSON form");
        Self { bytes }
    }

    /// Always the same bytes for the same rules: their digest is the rulebook's.
    pub fn canonical_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether this program judges by the rulebook with these bytes. If not, the sender and the hub may find
    /// different things: one of the two programs is older.
    pub fn is_built_in(bytes: &[u8]) -> bool {
        Self::built_in().bytes == bytes
    }
}
