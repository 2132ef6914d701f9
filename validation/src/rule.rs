//! What a rule is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Must be corrected; the submission is not accepted.
    Error,
    /// Must be corrected or answered.
    Warning,
    /// For information.
    Note,
}

impl Severity {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What the judge asks of data. One table holds all rules: [`crate::rules`].
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable name; never used again for another rule.
    pub id: &'static str,
    /// Validation level: 0 file, 1 structure; later 2 dataset, 3 previous vintages, 4 other dataflows,
    /// 5 partners.
    pub level: u8,
    /// What its findings weigh.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// What the rule asks and why, for the page of rules.
    pub explanation: &'static str,
    /// What to do, one sentence.
    pub remedy: &'static str,
}

/// A rule of a rulebook: data, where [`Rule`] is part of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookRule {
    /// Stable name; never used again for another rule.
    pub id: Arc<str>,
    /// Validation level, 2 to 5.
    pub level: u8,
    /// Main type of the rule in the European Statistical System, such as VAD; see [`MainType`].
    pub main_type: MainType,
    /// What its findings weigh.
    pub severity: Severity,
    /// What is said about it, by language; English is always there.
    pub texts: BTreeMap<String, RuleTexts>,
}

/// What is said about a rule in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTexts {
    /// What is wrong, in one line.
    pub title: String,
    /// What the rule asks and why; may be empty but in English.
    pub explanation: String,
    /// What to do, one sentence.
    pub remedy: String,
}

/// Language of the texts that every rule has.
pub const FIRST_LANGUAGE: &str = "en";

impl BookRule {
    /// Its texts in the language that is asked for, or else in English.
    pub fn texts_in(&self, language: &str) -> &RuleTexts {
        static NOTHING: RuleTexts =
            RuleTexts { title: String::new(), explanation: String::new(), remedy: String::new() };
        self.texts.get(language).or_else(|| self.texts.get(FIRST_LANGUAGE)).unwrap_or(&NOTHING)
    }
}

/// Main types of validation rules in the European Statistical System ("Main types of validation rules for
/// ESS data"), and two of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MainType {
    /// Envelope: the file has a name and a place.
    Eva,
    /// Field type.
    Fdt,
    /// Field length.
    Fdl,
    /// Field is mandatory or empty.
    Fdm,
    /// Codes are valid.
    Cov,
    /// Rows are without duplicates.
    Rwd,
    /// Record is required.
    Rep,
    /// Number of records in a range.
    Rnr,
    /// Values in a range.
    Vir,
    /// Values are consistent.
    Vco,
    /// Values of aggregates are consistent with details.
    Vad,
    /// Values are no outliers.
    Vno,
    /// Values are not changed by revision beyond tolerance.
    Vrt,
    /// Values compared with mirror data are plausible.
    Vmp,
}

impl MainType {
    /// Three letters.
    pub fn letters(self) -> &'static str {
        match self {
            Self::Eva => "EVA",
            Self::Fdt => "FDT",
            Self::Fdl => "FDL",
            Self::Fdm => "FDM",
            Self::Cov => "COV",
            Self::Rwd => "RWD",
            Self::Rep => "REP",
            Self::Rnr => "RNR",
            Self::Vir => "VIR",
            Self::Vco => "VCO",
            Self::Vad => "VAD",
            Self::Vno => "VNO",
            Self::Vrt => "VRT",
            Self::Vmp => "VMP",
        }
    }
}

/// A rule of either kind.
#[derive(Clone, Debug)]
pub(crate) enum AnyRule {
    BuiltIn(&'static Rule),
    OfBook(Arc<BookRule>),
}

impl AnyRule {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::BuiltIn(rule) => rule.id,
            Self::OfBook(rule) => &rule.id,
        }
    }

    pub(crate) fn severity(&self) -> Severity {
        match self {
            Self::BuiltIn(rule) => rule.severity,
            Self::OfBook(rule) => rule.severity,
        }
    }

    pub(crate) fn level(&self) -> u8 {
        match self {
            Self::BuiltIn(rule) => rule.level,
            Self::OfBook(rule) => rule.level,
        }
    }

    pub(crate) fn title(&self) -> &str {
        match self {
            Self::BuiltIn(rule) => rule.title,
            Self::OfBook(rule) => &rule.texts_in(FIRST_LANGUAGE).title,
        }
    }

    pub(crate) fn remedy(&self) -> &str {
        match self {
            Self::BuiltIn(rule) => rule.remedy,
            Self::OfBook(rule) => &rule.texts_in(FIRST_LANGUAGE).remedy,
        }
    }

    pub(crate) fn is(&self, rule: &Rule) -> bool {
        matches!(self, Self::BuiltIn(known) if std::ptr::eq(*known, rule))
    }
}

/// Ids are unique.
impl PartialEq for AnyRule {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for AnyRule {}
