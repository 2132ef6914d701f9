//! What is said about rules, in the language of the reader.
//!
//! What lives here: languages, and titles and remedies in them. What must not: what was found and what was expected:
//! that is composed for each finding, in English.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use crate::finding::{Finding, Summary};
use crate::rule::{BookRule, RuleTexts};
use crate::rulebook::{Prepared, Rulebook};
use crate::rules;

/// A language in which every rule of this program has its texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English, in which reports are made.
    #[default]
    English,
    /// French.
    French,
    /// Spanish.
    Spanish,
}

/// A language that this program does not speak.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no language of reports: write en, fr or es")]
pub struct UnknownLanguage(pub String);

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::French, Self::Spanish];

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::Spanish => "es",
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|language| language.tag() == text);
        found.ok_or_else(|| UnknownLanguage(text.to_owned()))
    }
}

/// Title and remedy of a rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    title: String,
    remedy: String,
}

type Table = BTreeMap<String, Said>;

/// The built-in rules in a language; nothing in English, in which they are written.
fn built_in(language: Language) -> Option<&'static Table> {
    static FRENCH: LazyLock<Table> = LazyLock::new(|| table(include_str!("rules/texts/fr.json")));
    static SPANISH: LazyLock<Table> = LazyLock::new(|| table(include_str!("rules/texts/es.json")));
    match language {
        Language::English => None,
        Language::French => Some(&FRENCH),
        Language::Spanish => Some(&SPANISH),
    }
}

fn table(json: &str) -> Table {
    serde_json::from_str(json).expect("a file of the program, read by its tests")
}

/// Puts what is said about rules into a language.
#[derive(Clone, Debug, Default)]
pub struct Wording {
    language: Language,
    of_book: BTreeMap<Arc<str>, Arc<BookRule>>,
}

impl Wording {
    /// Words for the built-in rules alone.
    pub fn new(language: Language) -> Self {
        Self { language, of_book: BTreeMap::new() }
    }

    /// Words for those of a rulebook as well.
    pub fn of_rulebook(language: Language, rulebook: &Rulebook) -> Self {
        let rules = rulebook.book().into_iter().flat_map(|book| &book.rules);
        Self::over(language, rules.map(|rule| Arc::new(rule.to_rule())))
    }

    /// The same for one that is ready to judge.
    pub fn of_prepared(language: Language, prepared: &Prepared) -> Self {
        Self::over(language, prepared.rules.iter().map(|rule| rule.rule.clone()))
    }

    fn over(language: Language, rules: impl Iterator<Item = Arc<BookRule>>) -> Self {
        Self { language, of_book: rules.map(|rule| (rule.id.clone(), rule)).collect() }
    }

    pub(crate) fn of_rules(language: Language, rules: &BTreeMap<Arc<str>, Arc<BookRule>>) -> Self {
        Self { language, of_book: rules.clone() }
    }

    /// Its language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Says the titles of groups in the language.
    pub fn summary(&self, summary: &mut Summary) {
        for group in &mut summary.groups {
            if let Some((title, _)) = self.said(&group.rule_id) {
                title.clone_into(&mut group.title);
            }
        }
    }

    /// Says title and remedy of a finding in the language. A remedy that was made for this finding alone stays.
    pub fn finding(&self, finding: &mut Finding) {
        let Some((title, remedy)) = self.said(&finding.rule_id) else { return };
        if self.usual_remedy(&finding.rule_id) == Some(&finding.remedy) {
            remedy.clone_into(&mut finding.remedy);
        }
        title.clone_into(&mut finding.title);
    }

    /// Title and remedy of a rule, where the language has them.
    fn said(&self, rule_id: &str) -> Option<(&str, &str)> {
        let table = built_in(self.language)?;
        if let Some(said) = table.get(rule_id) {
            return Some((&said.title, &said.remedy));
        }
        let RuleTexts { title, remedy, .. } = self.of_book.get(rule_id)?.texts.get(self.language.tag())?;
        Some((title, remedy))
    }

    fn usual_remedy(&self, rule_id: &str) -> Option<&str> {
        let built_in = rules::find(rule_id).or_else(|| rules::rulebook::find(rule_id));
        let of_book =
            || self.of_book.get(rule_id).map(|rule| &*rule.texts_in(Language::English.tag()).remedy);
        built_in.map(|rule| rule.remedy).or_else(of_book)
    }
}

#[cfg(test)]
#[test]
fn every_rule_of_the_program_has_its_texts_in_every_language() {
    let known: std::collections::BTreeSet<&str> =
        rules::all().iter().chain(rules::rulebook::RULES).map(|rule| rule.id).collect();
    for language in [Language::French, Language::Spanish] {
        let table = built_in(language).expect("not English");
        assert_eq!(table.keys().map(String::as_str).collect::<std::collections::BTreeSet<_>>(), known);
        assert!(table.values().all(|said| !said.title.is_empty() && said.remedy.ends_with('.')));
    }
}
