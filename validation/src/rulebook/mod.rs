//! Rulebooks: what a dataflow's data are judged by, as an artefact with one identity.
//!
//! What lives here: the artefact (VTL text, parameters, rules with their texts), its canonical bytes, reading it
//! from files, and proving it sound against structures. What must not: data, and running a rule: that is
//! [`crate::judge`].
//!
//! | part | what it says |
//! |---|---|
//! | built in | ids, levels and severities of the rules of levels 0 and 1, which are part of the program |
//! | scripts | VTL 2.1; each persistent result of the form of a check is what a rule reports |
//! | inputs | names of data sets beside `lane`: the lane's previous vintage, other dataflows, partners |
//! | parameters | tolerances and thresholds: single values of the script, which an agreement may change |
//! | rules | id, level, main type, severity, texts in several languages, which result, which dimensions it crosses |

mod artefact;
mod parameter;
mod prepare;
mod problem;
mod prove;
mod script;
mod shipped;
mod source;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use artefact::{
    Artefact, InputSource, ParameterSpec, ParameterType, ResultParts, RuleSpec, Script, Texts,
};
pub use parameter::ParameterError;
pub(crate) use parameter::scalar_of;
pub(crate) use prepare::LANE;
pub use prepare::{Prepared, PreparedInput, PreparedRule};
pub use problem::RulebookProblem;
pub use source::{SourceError, read_source};

use crate::rule::{BookRule, Rule, RuleTexts, Severity};
use crate::rules;

/// Version of what the built-in rules do. It rises when a rule judges otherwise without a change in the table.
const VERSION: u32 = 1;
/// Longest artefact in bytes. The largest that is shipped has a sixth of it.
pub const RULEBOOK_BYTES_MAX: usize = 1024 * 1024;

/// A rulebook.
#[derive(Clone, Debug, PartialEq)]
pub struct Rulebook {
    bytes: Vec<u8>,
    book: Option<Artefact>,
}

#[derive(Serialize)]
struct Written<'a> {
    built_in: u32,
    rules: Vec<WrittenRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    book: Option<&'a Artefact>,
}

#[derive(Serialize)]
struct WrittenRule {
    id: &'static str,
    level: u8,
    severity: Severity,
}

#[derive(Deserialize)]
struct Read {
    built_in: Option<u32>,
    book: Option<Artefact>,
}

/// Why bytes are no rulebook.
#[derive(Debug, thiserror::Error)]
pub enum RulebookError {
    /// Longer than any rulebook may be.
    #[error("the rulebook has {0} bytes; the limit is {RULEBOOK_BYTES_MAX}: divide it, or shorten its texts")]
    TooLong(usize),
    /// Not JSON, or not of this form.
    #[error("the rulebook cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// It names scripts as files instead of containing them.
    #[error("the rulebook names files with VTL instead of containing their text: assemble it first")]
    NotAssembled,
    /// Made with other built-in rules than this program has.
    #[error(
        "the rulebook was made by a program whose built-in rules are of version {found}; here they are of version {known}: use programs of one version"
    )]
    OtherBuiltIn {
        /// Of the rulebook.
        found: u32,
        /// Of this program.
        known: u32,
    },
}

impl Rulebook {
    /// Media type of its bytes.
    pub const MEDIA_TYPE: &str = "application/vnd.mighub.rulebook+json;version=1";

    /// The rules of this program alone: levels 0 and 1.
    pub fn built_in() -> Self {
        Self::written(None)
    }

    /// The rulebook of an artefact. Whether it is sound is proven by [`Self::prepare`].
    pub fn of(book: Artefact) -> Self {
        Self::written(Some(book))
    }

    fn written(book: Option<Artefact>) -> Self {
        let written =
            |rule: &&'static Rule| WrittenRule { id: rule.id, level: rule.level, severity: rule.severity };
        let rules = rules::all().iter().map(written).collect();
        let bytes = serde_json::to_vec(&Written { built_in: VERSION, rules, book: book.as_ref() })
            .expect("text and numbers have a JSON form");
        Self { bytes, book }
    }

    /// Reads a rulebook: its canonical bytes, or an artefact whose scripts stand in it, as people write it.
    pub fn read(bytes: &[u8]) -> Result<Self, RulebookError> {
        if bytes.len() > RULEBOOK_BYTES_MAX {
            return Err(RulebookError::TooLong(bytes.len()));
        }
        let read: Read = serde_json::from_slice(bytes)?;
        let Some(found) = read.built_in else {
            return match serde_json::from_slice::<source::Source>(bytes) {
                Ok(source) if source.names_files() => Err(RulebookError::NotAssembled),
                _ => Ok(Self::of(serde_json::from_slice(bytes)?)),
            };
        };
        let rulebook = Self::written(read.book);
        // Equal versions with other tables can only be a program under development.
        if found != VERSION || rulebook.bytes != bytes {
            return Err(RulebookError::OtherBuiltIn { found, known: VERSION });
        }
        Ok(rulebook)
    }

    /// Always the same bytes for the same rules: their digest is the rulebook's.
    pub fn canonical_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether this program judges by the built-in rules alone when it judges by these bytes.
    pub fn is_built_in(bytes: &[u8]) -> bool {
        Self::built_in().bytes == bytes
    }

    /// Whether bytes are a rulebook by which this program can judge. If not, the sender and the hub may find
    /// different things: one of the two programs is older.
    pub fn is_known(bytes: &[u8]) -> bool {
        Self::read(bytes).is_ok()
    }

    /// Whether bytes have the form of a rulebook, be it of a program with other built-in rules.
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.len() <= RULEBOOK_BYTES_MAX
            && serde_json::from_slice::<Read>(bytes).is_ok_and(|read| read.built_in.is_some())
    }

    /// What it has beyond the built-in rules.
    pub fn book(&self) -> Option<&Artefact> {
        self.book.as_ref()
    }

    /// Proves that it can judge with the parameters that an agreement gives in place of its own.
    pub fn check_parameters(&self, given: &BTreeMap<String, String>) -> Result<(), ParameterError> {
        parameter::check(self.book.as_ref().map_or(&[], |book| &book.parameters), given)
    }

    /// The dataflow it is for, as `AGENCY:ID(VERSION)`.
    pub fn dataflow(&self) -> Option<&str> {
        self.book.as_ref().map(|book| &*book.dataflow)
    }

    /// The version it gives itself; empty for the built-in rules alone.
    pub fn version(&self) -> &str {
        self.book.as_ref().map_or("", |book| &book.version)
    }

    /// Number of rules, built-in ones among them.
    pub fn rule_count(&self) -> usize {
        rules::all().len() + self.book.as_ref().map_or(0, |book| book.rules.len())
    }

    /// The rulebook that comes with this program for a dataflow (its id or `AGENCY:ID(VERSION)`).
    pub fn shipped(dataflow: &str) -> Option<Self> {
        shipped::of_dataflow(dataflow).map(Self::of)
    }

    /// All rulebooks that come with this program.
    pub fn all_shipped() -> Vec<Self> {
        shipped::all().into_iter().map(Self::of).collect()
    }
}

impl RuleSpec {
    /// The rule as findings name it.
    pub fn to_rule(&self) -> BookRule {
        let texts = |texts: &Texts| RuleTexts {
            title: texts.title.clone(),
            explanation: texts.explanation.clone(),
            remedy: texts.remedy.clone(),
        };
        BookRule {
            id: Arc::from(&*self.id),
            level: self.level,
            main_type: self.main_type,
            severity: self.severity,
            texts: self
                .texts
                .iter()
                .map(|(language, of)| (language.clone(), texts(of)))
                .collect::<BTreeMap<_, _>>(),
        }
    }
}
